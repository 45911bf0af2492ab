package config

import (
	"embed"
	"io/fs"
	"reflect"
	"slices"
	"strings"
	"time"

	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/parser"

	"cloison/access/directory"
	"cloison/console/oversight"
	"cloison/internal/i18n"
	"cloison/ledger/retention"
)

// settings/fr.json and settings/en.json say what each key of the config means. They are the table of settings: a key
// without words, and words without a key, fail a test.
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

// units says what the numbers count.
func units() map[string]string {
	return map[string]string{
		"policy.account_per_day": "persons_day", "policy.probation_per_day": "persons_day", "policy.lineage_per_day": "persons_day",
		"policy.structure_floor": "persons_day", "policy.structure_factor": "times_median", "policy.presence": "persons",
		"policy.list_rows": "rows", "policy.unexplained_share": "share", "policy.soft_level": "level", "policy.hard_level": "level",
		"policy.probation_days": "working_days", "policy.proposals_per_manager": "per_day", "policy.proposals_per_structure": "per_day",
		"policy.leavers_per_structure": "per_day", "policy.leavers_per_machine": "per_day",
		"policy.awareness_months": "months", "ledger.retention_months": "months", "policy.managers_course_months": "months", "policy.training_pass_mark": "percent",
		"policy.training_attempts_per_day": "per_day",
		"policy.dormant_days":              "days", "policy.review_months": "months", "policy.review_days": "days",
		"policy.list_lines": "rows", "policy.list_probation_days": "working_days", "policy.list_every_days": "days", "intake.per_minute": "per_minute",
		"desk.codes_per_minute": "per_minute", "desk.visits_per_reception": "per_day", "desk.visits_per_structure": "per_day",
		"desk.break_glass_per_account": "per_day", "desk.break_glass_per_structure": "per_day",
	}
}

// inherited is what a key that the file leaves at zero stands for, where the stages have defaults of their own.
func (c *Config) inherited() map[string]any {
	s, d, a := c.PolicySettings().Bound, c.DirectorySettings().Effective(), c.ApprovalSettings().Effective()
	return map[string]any{
		"policy.account_per_day": s.Caps.AccountPerDay, "policy.probation_per_day": s.Caps.ProbationPerDay,
		"policy.lineage_per_day": s.Caps.LineagePerDay, "policy.structure_floor": s.Caps.StructureFloor,
		"policy.structure_factor": s.Caps.StructureFactor, "policy.presence": s.Caps.PresencePersons, "policy.list_rows": s.Caps.ListRows,
		"policy.unexplained_share": s.Detector.Q0, "policy.soft_level": s.Detector.Soft, "policy.hard_level": s.Detector.Hard,
		"policy.probation_days": a.ProbationDays, "policy.proposals_per_manager": a.PerManager,
		"policy.proposals_per_structure": a.PerStructure, "policy.leavers_per_structure": d.LeaversPerStructure,
		"policy.leavers_per_machine": d.LeaversPerSource, "policy.awareness_months": d.AwarenessMonths,
		"policy.managers_course_months": d.CourseMonths, "policy.training_pass_mark": 80, "policy.training_attempts_per_day": 5,
		"policy.training_clock_skew": d.CourseSkew, "mail.port": 587, "mail.starttls": "required", "mail.language": "fr",
		"ledger.retention_months": retention.MonthsKept, "ledger.clock_gain": "1m", "intake.per_minute": 600, "policy.dormant_days": int(directory.DormantAfter / (24 * time.Hour)), "policy.review_months": 6,
		"policy.review_days": 30, "policy.list_lines": a.ListLines, "policy.list_probation_days": a.ListProbationDays,
		"policy.list_every_days": int(a.ListEvery / (24 * time.Hour)),
		"desk.codes_per_minute":  6000, "desk.code_tries": 10, "desk.visits_per_reception": 40, "desk.visits_per_structure": 120,
		"desk.break_glass_per_account": 3, "desk.break_glass_per_structure": 10, "desk.break_glass_life": "4h",
	}
}

// settings lists every key with the value that holds, by sections, what decides about people first. No secret is among
// them: the file has none.
func (c *Config) Settings() ([]oversight.SettingGroup, error) {
	words, err := settingWords()
	if err != nil {
		return nil, err
	}
	said := func(key string) map[string]string {
		both := map[string]string{}
		for _, l := range i18n.Languages() {
			both[l.String()] = words.Say(l, i18n.Key(key), nil)
		}
		return both
	}
	inherited, units := c.inherited(), units()
	var groups []oversight.SettingGroup
	walkConfig(reflect.ValueOf(*c), "", func(key string, v reflect.Value) {
		name, _, sectioned := strings.Cut(key, ".")
		if !sectioned {
			name = "general"
		}
		s := oversight.Setting{Key: key, Value: settingValue(v), Source: "default", Meaning: said("setting." + key)}
		if v.IsZero() && inherited[key] != nil {
			s.Value = inherited[key]
		}
		if u := units[key]; u != "" {
			s.Unit = said("unit." + u)
		}
		if line := c.lines[key]; line > 0 {
			s.Source, s.Line = c.file, line
		}
		if n := len(groups); n == 0 || groups[n-1].Name != name {
			groups = append(groups, oversight.SettingGroup{Name: name, Title: said("section." + name)})
		}
		g := &groups[len(groups)-1]
		g.Settings = append(g.Settings, s)
	})
	slices.SortStableFunc(groups, func(a, b oversight.SettingGroup) int {
		switch {
		case a.Name == "policy" && b.Name != "policy":
			return -1
		case b.Name == "policy" && a.Name != "policy":
			return 1
		}
		return 0
	})
	return groups, nil
}

// walkConfig visits the keys of a struct; a list is one key.
func walkConfig(v reflect.Value, under string, visit func(key string, v reflect.Value)) {
	for i := range v.NumField() {
		tag := v.Type().Field(i).Tag.Get("yaml")
		if tag == "" {
			continue
		}
		if f := v.Field(i); f.Kind() == reflect.Struct {
			walkConfig(f, under+tag+".", visit)
		} else {
			visit(under+tag, f)
		}
	}
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
