package config

import (
	"cmp"
	"embed"
	"io/fs"
	"reflect"
	"slices"
	"strings"
	"time"

	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/parser"

	"cloison/console/oversight"
	"cloison/internal/i18n"
)

// settings/fr.json and settings/en.json say what each key of the config means. A key without words, and words without a
// key, fail a test.
//
//go:embed settings
var settingFiles embed.FS

func settingWords() (*i18n.Catalogue, error) {
	sub, err := fs.Sub(settingFiles, "settings")
	if err != nil {
		return nil, err
	}
	return i18n.Load(sub)
}

// setting is one key of the config, with what the tags of its field say: the only place where they are written.
type setting struct {
	key     string
	section string // the first part of the key; general for a key without
	unit    string // what a number counts: a key of the catalogue
	since   string // the version that knew it first
	value   reflect.Value
}

// each lists every key in the order of the file; a list is one key.
func (c *Config) each() (all []setting) {
	var walk func(v reflect.Value, under string)
	walk = func(v reflect.Value, under string) {
		for i := range v.NumField() {
			tag := v.Type().Field(i).Tag
			name := tag.Get("yaml")
			switch f := v.Field(i); {
			case name == "":
			case f.Kind() == reflect.Struct:
				walk(f, under+name+".")
			default:
				all = append(all, setting{key: under + name, section: cmp.Or(strings.TrimSuffix(under, "."), "general"),
					unit: tag.Get("unit"), since: tag.Get("since"), value: f})
			}
		}
	}
	walk(reflect.ValueOf(*c), "")
	slices.SortStableFunc(all, func(a, b setting) int { return cmp.Compare(rank(a.section), rank(b.section)) })
	return all
}

// rank puts what decides about people first.
func rank(section string) int {
	if section == "policy" {
		return 0
	}
	return 1
}

// Settings lists every key with the value that holds, by sections. No secret is among them: the file has none.
func (c *Config) Settings() ([]oversight.SettingGroup, error) {
	words, err := settingWords()
	if err != nil {
		return nil, err
	}
	say := func(key i18n.Key) map[string]string {
		both := map[string]string{}
		for _, l := range i18n.Languages() {
			both[l.String()] = words.Say(l, key, nil)
		}
		return both
	}
	var groups []oversight.SettingGroup
	for _, of := range c.each() {
		s := oversight.Setting{Key: of.key, Value: settingValue(of.value), Source: "default", Meaning: say(i18n.Key("setting." + of.key))}
		if of.unit != "" {
			s.Unit = say(i18n.Key("unit." + of.unit))
		}
		if line := c.lines[of.key]; line > 0 {
			s.Source, s.Line = c.file, line
		}
		if n := len(groups); n == 0 || groups[n-1].Name != of.section {
			groups = append(groups, oversight.SettingGroup{Name: of.section, Title: say(i18n.Key("section." + of.section))})
		}
		g := &groups[len(groups)-1]
		g.Settings = append(g.Settings, s)
	}
	return groups, nil
}

// settingValue is a value as a reader takes it: a duration as 4h, the parts of a list by their names.
func settingValue(v reflect.Value) any {
	if d, ok := v.Interface().(time.Duration); ok {
		text := strings.TrimSuffix(d.String(), "0s")
		if strings.HasSuffix(text, "h0m") {
			text = strings.TrimSuffix(text, "0m")
		}
		return text
	}
	if v.Kind() != reflect.Slice {
		return v.Interface()
	}
	names := []string{}
	for i := range v.Len() {
		e := v.Index(i)
		if e.Kind() == reflect.Struct {
			for _, name := range []string{"Name", "Label", "IdP"} {
				if f := e.FieldByName(name); f.IsValid() && f.String() != "" {
					e = f
					break
				}
			}
		}
		names = append(names, e.String())
	}
	return names
}

// keyLines finds the line of each key in a YAML text that was decoded before.
func keyLines(b []byte) map[string]int {
	lines := map[string]int{}
	file, err := parser.ParseBytes(b, 0)
	if err != nil || len(file.Docs) == 0 {
		return lines
	}
	var walk func(n ast.Node, under string)
	walk = func(n ast.Node, under string) {
		var members []*ast.MappingValueNode
		switch n := n.(type) {
		case *ast.MappingNode:
			members = n.Values
		case *ast.MappingValueNode:
			members = []*ast.MappingValueNode{n}
		}
		for _, m := range members {
			t := m.Key.GetToken()
			lines[under+t.Value] = t.Position.Line
			walk(m.Value, under+t.Value+".")
		}
	}
	walk(file.Docs[0].Body, "")
	return lines
}
