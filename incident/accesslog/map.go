package accesslog

import (
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/goccy/go-yaml"
	"github.com/goccy/go-yaml/token"

	"cloison"
	"cloison/incident/accesslog/fast"
	"cloison/internal/suggest"
)

// Map says where a log keeps what a roll needs. Its file is YAML:
//
//	format: jsonl                                  # jsonl | csv | combined
//	delimiter: ";"                                 # csv only; default ","
//	time:    {field: ts}                           # RFC 3339; layout: a Go layout, unix, unix_ms; zone: if it has none
//	account: {field: user}
//	person:  {field: path, pattern: '^/dossiers/([0-9]+)'}
//	fields:  {field: shown}                        # a list, or {constant: [identity, nir]}
//	keep:    {field: status, pattern: '^2'}        # other lines disclosed nothing
//
// In jsonl a dotted field is a key of that very name, or else a path into nested objects. In csv fields are names of
// the header. In combined they are remote, user, time, method, path, status, bytes, referer and agent.
type Map struct {
	Format    string     `yaml:"format"`
	Delimiter string     `yaml:"delimiter"`
	Time      TimeOf     `yaml:"time"`
	Account   FieldOf    `yaml:"account"`
	Person    PatternOf  `yaml:"person"`
	Fields    FieldsOf   `yaml:"fields"`
	Keep      *PatternOf `yaml:"keep"`
}

// FieldOf names the field of a log line.
type FieldOf struct {
	Field string `yaml:"field"`
}

// PatternOf takes the pattern's first group, or the whole match when it has none, out of a field; without a pattern,
// the whole field.
type PatternOf struct {
	Field   string `yaml:"field"`
	Pattern string `yaml:"pattern"`
}

// TimeOf says where and how the time of a line is written.
type TimeOf struct {
	Field  string `yaml:"field"`
	Layout string `yaml:"layout"` // of Go's time package, unix or unix_ms; empty: RFC 3339, in combined the server's
	Zone   string `yaml:"zone"`   // IANA name, for times without an offset; empty: UTC
}

// FieldsOf says which fields of a person a line disclosed: the names that a field of the line lists, or always the
// same.
type FieldsOf struct {
	Field    string   `yaml:"field"`
	Constant []string `yaml:"constant"`
}

const (
	formatJSONL    = "jsonl"
	formatCSV      = "csv"
	formatCombined = "combined"
	combinedLayout = "02/Jan/2006:15:04:05 -0700"
	maxMapFile     = 1 << 20
)

// mapKeys lists the keys under a parent: "" is the top.
func mapKeys(parent string) []string {
	switch parent {
	case "":
		return []string{"format", "delimiter", "time", "account", "person", "fields", "keep"}
	case "time":
		return []string{"field", "layout", "zone"}
	case "account":
		return []string{"field"}
	case "fields":
		return []string{"field", "constant"}
	default:
		return []string{"field", "pattern"}
	}
}

// ReadMap reads and checks a map file. Its errors are cloison.Invalid, name the line where they can and say what is
// right; an unknown key is refused with the nearest right one.
func ReadMap(r io.Reader) (Map, error) {
	text, err := io.ReadAll(io.LimitReader(r, maxMapFile+1))
	if err != nil {
		return Map{}, fmt.Errorf("reading the map file: %w", err)
	}
	if len(text) > maxMapFile {
		return Map{}, cloison.Errorf(cloison.Invalid, "the map file is larger than 1 MiB: that is not a map file")
	}
	var m Map
	if err := yaml.UnmarshalWithOptions(text, &m, yaml.Strict()); err != nil {
		return Map{}, mapError(err)
	}
	_, err = m.compile()
	return m, err
}

// mapError words the YAML library's errors for the author of the file.
func mapError(err error) error {
	var unknown *yaml.UnknownFieldError
	if errors.As(err, &unknown) && unknown.Token != nil {
		parent := parentKey(unknown.Token)
		keys := mapKeys(parent)
		where := "at the top"
		if parent != "" {
			where = "under " + parent
		}
		return cloison.Errorf(cloison.Invalid, "map file, line %d: unknown key %q %s: %s",
			unknown.Token.Position.Line, unknown.Token.Value, where, didYouMean(unknown.Token.Value, keys))
	}
	var located yaml.Error
	if errors.As(err, &located) && located.GetToken() != nil {
		line := located.GetToken().Position.Line
		return cloison.Errorf(cloison.Invalid, "map file, line %d: %s", line, located.GetMessage())
	}
	return cloison.Errorf(cloison.Invalid, "map file: %w", err)
}

// parentKey finds the top-level key under which a token stands; "" for a top-level key.
func parentKey(t *token.Token) string {
	if t.Position.Column == 1 {
		return ""
	}
	for p := t.Prev; p != nil; p = p.Prev {
		if p.Position.Column == 1 && slices.Contains(mapKeys(""), p.Value) {
			return p.Value
		}
	}
	return ""
}

// didYouMean proposes the nearest of the known words, and lists them.
func didYouMean(word string, known []string) string {
	list := "known are " + strings.Join(known, ", ")
	if near := suggest.Word(word, known); near != "" {
		return fmt.Sprintf("did you mean %q? (%s)", near, list)
	}
	return list
}

// compiledMap is a checked map, its patterns and times compiled.
type compiledMap struct {
	Map
	comma    byte
	clock    clock
	person   *fast.Pattern // nil: the whole field
	keep     *fast.Pattern // nil: every line
	constant []string
}

func (m Map) compile() (*compiledMap, error) {
	p := &compiledMap{Map: m, comma: ','}
	for _, step := range []func() error{p.checkFormat, p.checkFields, p.checkTime, p.checkPatterns} {
		if err := step(); err != nil {
			return nil, err
		}
	}
	return p, nil
}

// wanted returns the field of each want; empty: there is none.
func (p *compiledMap) wanted() [wants]string {
	names := [wants]string{
		wantAccount: p.Account.Field, wantTime: p.Time.Field, wantPerson: p.Person.Field, wantFields: p.Fields.Field,
	}
	if p.Keep != nil {
		names[wantKeep] = p.Keep.Field
	}
	return names
}

func (p *compiledMap) newReader() lineReader {
	switch p.Format {
	case formatCSV:
		return &csvLines{comma: p.comma}
	case formatCombined:
		return newCombined(p)
	default:
		return newJSONL(p)
	}
}

func (p *compiledMap) checkFormat() error {
	formats := []string{formatJSONL, formatCSV, formatCombined}
	switch {
	case p.Format == "":
		return invalidMap("format is missing: want one of %s", strings.Join(formats, ", "))
	case !slices.Contains(formats, p.Format):
		return invalidMap("format %q is not known: %s", p.Format, didYouMean(p.Format, formats))
	case p.Delimiter == "":
		return nil
	case p.Format != formatCSV:
		return invalidMap("delimiter is for format csv only")
	}
	if p.Delimiter == "tab" || p.Delimiter == `\t` {
		p.Delimiter = "\t"
	}
	if c := p.Delimiter[0]; len(p.Delimiter) != 1 || c == '"' || c == '\r' || c == '\n' || c == 0 || c >= 0x80 {
		return invalidMap(`delimiter must be one ASCII character other than ", or tab`)
	}
	p.comma = p.Delimiter[0]
	return nil
}

func (p *compiledMap) checkFields() error {
	if p.Time.Field == "" && p.Format == formatCombined {
		p.Time.Field = "time"
	}
	type name struct{ key, field string }
	named := []name{{"time", p.Time.Field}, {"account", p.Account.Field}, {"person", p.Person.Field}}
	if p.Keep != nil {
		named = append(named, name{"keep", p.Keep.Field})
	}
	switch both := p.Fields.Field != ""; {
	case both && p.Fields.Constant != nil:
		return invalidMap("fields: give field or constant, not both")
	case both:
		named = append(named, name{"fields", p.Fields.Field})
	case len(p.Fields.Constant) == 0:
		return invalidMap("fields is missing: want {field: NAME} or {constant: [identity, …]}")
	}
	for _, n := range named {
		if n.field == "" {
			return invalidMap("%s.field is missing: want the name of a field of the log", n.key)
		}
		if strings.ContainsRune(n.field, utf8.RuneError) {
			return invalidMap("%s.field is not valid UTF-8", n.key)
		}
		if known := combinedFields(); p.Format == formatCombined && !slices.Contains(known, n.field) {
			return invalidMap("%s.field: %q is not a field of combined: %s", n.key, n.field, didYouMean(n.field, known))
		}
	}
	for _, name := range p.Fields.Constant {
		if name = strings.TrimSpace(name); name == "" {
			return invalidMap("fields.constant holds an empty name")
		}
		p.constant = append(p.constant, name)
	}
	return nil
}

func (p *compiledMap) checkTime() (err error) {
	if p.Time.Layout == "" && p.Format == formatCombined {
		p.Time.Layout = combinedLayout
	}
	zone := time.UTC
	if p.Time.Zone != "" {
		if zone, err = time.LoadLocation(p.Time.Zone); err != nil || p.Time.Zone == "Local" {
			return invalidMap("time.zone: %q is not a known IANA time zone, as Europe/Paris", p.Time.Zone)
		}
	}
	p.clock, err = newClock(p.Time.Layout, zone)
	return err
}

func (p *compiledMap) checkPatterns() (err error) {
	if p.person, err = compilePattern("person", p.Person.Pattern); err != nil || p.Keep == nil {
		return err
	}
	if p.Keep.Pattern == "" {
		return invalidMap("keep.pattern is missing: want the regular expression of the lines that disclosed something")
	}
	p.keep, err = compilePattern("keep", p.Keep.Pattern)
	return err
}

// compilePattern compiles a pattern of the map; nil when there is none.
func compilePattern(key, pattern string) (*fast.Pattern, error) {
	if pattern == "" {
		return nil, nil
	}
	p, err := fast.Compile(pattern)
	if err != nil {
		return nil, invalidMap("%s.pattern: %w", key, err)
	}
	return p, nil
}

func invalidMap(format string, args ...any) error {
	return cloison.Errorf(cloison.Invalid, "map file: "+format, args...)
}
