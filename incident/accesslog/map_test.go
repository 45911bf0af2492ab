package accesslog

import (
	"bytes"
	"strings"
	"testing"

	"cloison"
)

func TestReadMapRefuses(t *testing.T) {
	const good = "format: jsonl\ntime: {field: ts}\naccount: {field: user}\nperson: {field: path}\nfields: {constant: [nir]}\n"
	if _, err := ReadMap(strings.NewReader(good)); err != nil {
		t.Fatal(err)
	}
	cases := map[string]struct{ text, want string }{
		"unknown key":         {good + "accont: {field: u}\n", `line 6: unknown key "accont" at the top: did you mean "account"?`},
		"unknown inner key":   {strings.Replace(good, "{field: ts}", "{feild: ts}", 1), `line 2: unknown key "feild" under time: did you mean "field"?`},
		"inner key elsewhere": {strings.Replace(good, "{field: user}", "\n  field: user\n  layout: x", 1), `line 5: unknown key "layout" under account: known are field`},
		"twice":               {good + "format: csv\n", "line 6"},
		"wrong type":          {strings.Replace(good, "[nir]", "{a: b}", 1), "line 5"},
		"not YAML":            {"format: [", "map file"},
		"empty":               {"", "format is missing"},
		"format":              {strings.Replace(good, "jsonl", "json", 1), `format "json" is not known: did you mean "jsonl"?`},
		"no account":          {strings.Replace(good, "account: {field: user}\n", "", 1), "account.field is missing"},
		"no person":           {strings.Replace(good, "person: {field: path}\n", "", 1), "person.field is missing"},
		"no time":             {strings.Replace(good, "time: {field: ts}\n", "", 1), "time.field is missing"},
		"no fields":           {strings.Replace(good, "fields: {constant: [nir]}\n", "", 1), "fields is missing"},
		"both fields":         {strings.Replace(good, "{constant: [nir]}", "{constant: [nir], field: x}", 1), "not both"},
		"empty name":          {strings.Replace(good, "[nir]", "['']", 1), "empty name"},
		"pattern":             {strings.Replace(good, "{field: path}", "{field: path, pattern: '('}", 1), "person.pattern"},
		"keep":                {good + "keep: {field: status}\n", "keep.pattern is missing"},
		"strftime":            {strings.Replace(good, "{field: ts}", "{field: ts, layout: '%Y-%m-%d'}", 1), "Go's time package"},
		"no layout":           {strings.Replace(good, "{field: ts}", "{field: ts, layout: iso}", 1), "Go's time package"},
		"zone":                {strings.Replace(good, "{field: ts}", "{field: ts, zone: Mars}", 1), "Europe/Paris"},
		"delimiter":           {good + "delimiter: ';'\n", "for format csv only"},
		"long delimiter":      {strings.Replace(good, "jsonl", "csv\ndelimiter: ';;'", 1), "one ASCII character"},
		"combined field":      {strings.Replace(good, "jsonl", "combined", 1), `time.field: "ts" is not a field of combined`},
		"huge":                {"# " + strings.Repeat("x", maxMapFile), "larger than 1 MiB"},
	}
	for name, c := range cases {
		_, err := ReadMap(strings.NewReader(c.text))
		if cloison.KindOf(err) != cloison.Invalid || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v; want %s", name, err, c.want)
		}
	}
}

// exampleMap is the map of design.md §8.
const exampleMap = `
format: jsonl
time:    {field: ts}
account: {field: user}
person:  {field: path, pattern: '^/dossiers/([0-9]+)'}
fields:  {field: shown}
keep:    {field: status, pattern: '^2'}
`

func FuzzMap(f *testing.F) {
	f.Add([]byte(exampleMap))
	f.Add([]byte("format: csv\ndelimiter: tab\ntime: {field: t, layout: unix, zone: Europe/Paris}\nfields: {constant: [a, b]}"))
	f.Add([]byte("format: combined\nacount: {field: user}"))
	f.Add([]byte("a: &a [*a]\n? {b: c}\n: !!x 1"))
	f.Fuzz(func(t *testing.T, text []byte) {
		m, err := ReadMap(bytes.NewReader(text))
		if err != nil {
			if !strings.Contains(err.Error(), "map file") {
				t.Fatalf("an error that does not say where it comes from: %v", err)
			}
			return
		}
		if m.Account.Field == "" || m.Person.Field == "" {
			t.Fatalf("accepted without account or person: %+v", m)
		}
	})
}
