package exposure

import (
	"bytes"
	"encoding/json"
	"path/filepath"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

// wholeQuery asks for the accounts that the seeds know.
func wholeQuery() Query { return Query{Accounts: []string{"a", "b"}} }

// fuzzAgree compares with the naive roll, with blocks so small that lines are cut everywhere.
func fuzzAgree(f *testing.F, mapText string, seeds []string) {
	m := mustMap(f, mapText)
	for _, s := range seeds {
		f.Add([]byte(s), uint8(20))
	}
	file := filepath.Join(f.TempDir(), "log")
	f.Fuzz(func(t *testing.T, log []byte, block uint8) {
		for _, magic := range []string{"\x1f\x8b", "\x28\xb5\x2f\xfd", "\xfd7zXZ", "BZh", "PK\x03\x04", "\xff\xfe", "\xfe\xff"} {
			if bytes.HasPrefix(log, []byte(magic)) {
				return
			}
		}
		if m.Format == formatCSV {
			log = append([]byte("ts,user,path,shown,status\n"), log...)
		}
		agree(t, file, log, m, wholeQuery(), limits{block: 1 + int(block), line: 1 << 10}, 1)
	})
}

func FuzzJSONLines(f *testing.F) {
	fuzzAgree(f, benchMap, []string{
		lineA + lineB,
		`{"\u0074s":"2025-12-01T12:00:00Z","us\u0065r":"\u0061","path":"\/dossiers\/1","status":2e2,"shown":[]}`,
		`{"ts":"2025-12-01T12:00:00Z","user":"b","user":"a","path":["/dossiers/1",2],"status":"200","shown":"x y"} ` + "\r\n\x00\n{}",
		`{"ts":1,"user":"a","path":"/dossiers/1","status":200}` + "\n[]\nnull\n\"a\"\n{\"a\":1}}",
		"{\"user\":\"a\",\"path\":\"/dossiers/1\xff\",\"status\":200,\"ts\":\"2025-12-01T12:00:00+01:00\",\"shown\":{}}",
	})
}

func FuzzCSV(f *testing.F) {
	const m = "{format: csv, time: {field: ts}, account: {field: user}, person: {field: path}, fields: {field: shown}, keep: {field: status, pattern: '^2'}}"
	fuzzAgree(f, m, []string{
		"2025-12-01T12:00:00Z,a,1,identity nir,200\n2025-12-01T12:00:00Z,\"b\",\"[\"\"1\"\",2]\",,200",
		"\"two\r\nlines\",a,\"open\n2025-12-01T12:00:00Z,a,\"x\"\"\",\"y\",200\r\n\r",
		"2025-12-01T12:00:00Z,a,x\"y,,200\n,,,,,\n\n\"\",\"\",\"\",\"\",\"\"x",
	})
}

func FuzzCombined(f *testing.F) {
	const m = `{format: combined, account: {field: user}, person: {field: path, pattern: '^/dossiers/([^/?]+)'}, fields: {field: agent}}`
	fuzzAgree(f, m, []string{
		`192.0.2.1 - a [01/Dec/2025:12:00:00 +0100] "GET /dossiers/1?x HTTP/1.1" 200 12 "-" "x y"` + "\n",
		`192.0.2.1 - a b [01/Dec/2025:12:00:00 +0100] "GET /dossiers/\"\xe9\\ HTTP/1.1" 200 -`,
		`h - a [01/Dec/2025:12:00:00 +0100] "-" 408 - "\"" "\x61\n\q"` + "\r\n" + `h - \x61 [x] "GET  " 200 0 "" ""`,
	})
}

func FuzzMap(f *testing.F) {
	f.Add([]byte(benchMap))
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

// FuzzQuickJSON holds the quick reading of a line to encoding/json: what it accepts is valid, and what it found is what
// encoding/json finds; what it refuses, encoding/json decides.
func FuzzQuickJSON(f *testing.F) {
	for _, s := range []string{lineA, `{"ts" : -0.5e+1 , "a":{"b":[{}, null]}}`, `{"ts":tru}`, `{"ts":"\ud800"}`, `{"ts":01}`, "{\"ts\":\"\x7f\xff\"}", `{}`} {
		f.Add([]byte(strings.TrimSpace(s)))
	}
	p, err := mustMap(f, "{format: jsonl, time: {field: ts}, account: {field: user.id}, person: {field: path}, fields: {field: shown}}").compile()
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, line []byte) {
		j := newJSONL(p)
		for range 2 { // the second time the layout is known
			j.parse(nil)
			if !j.quick(line) {
				continue
			}
			var top map[string]json.RawMessage
			if err := json.Unmarshal(line, &top); err != nil {
				t.Fatalf("accepted %q: %v", line, err)
			}
			for _, s := range j.slots {
				want := valueOf(top[s.key])
				if want.kind == escaped && bytes.IndexByte(want.raw, '\\') < 0 {
					want.kind = quoted
				}
				if s.val.kind != want.kind || want.kind != absent && !bytes.Equal(s.val.raw, want.raw) {
					t.Fatalf("%q: %s is %q, want %q", line, s.key, s.val.raw, want.raw)
				}
			}
		}
	})
}

// TestDeepNesting agrees with encoding/json on the depth at which it gives up.
func TestDeepNesting(t *testing.T) {
	p, err := mustMap(t, benchMap).compile()
	if err != nil {
		t.Fatal(err)
	}
	for depth := maxDepth - 2; depth < maxDepth+2; depth++ {
		line := []byte(`{"x":` + strings.Repeat("[", depth) + strings.Repeat("]", depth) + "}")
		j := newJSONL(p)
		if quick, valid := j.quick(line), json.Valid(line); quick != valid {
			t.Errorf("depth %d: quick says %v, encoding/json %v", depth, quick, valid)
		}
	}
}

// TestPatternsAgree compares the stepwise matcher with regexp.
func TestPatternsAgree(t *testing.T) {
	patterns := []string{
		`^/dossiers/([0-9]+)`, `/dossiers/([0-9]+)`, `^2`, `id=([^&]+)`, `id=([^&]*)$`, `^/p/(\d+)/notes$`, `(ab)[a-z]+`, `^/x/([a-z]+)([0-9]+)`,
		`a+b`, `(?i)dossier`, `/d/([0-9]+?)`, `^(?:GET|POST)`, `é([^/]+)/`, `x(\w*)-(\w*)`, `x([[:alpha:]]*)`, `^`, `$`, `()`, `x[é]+`, `ab*`, `a(b)?`,
		`/dossiers/([0-9]+)/`, `^/a(/[0-9]+)+`, `a([^b]*)b`, "(?m)^a", `x\z`, `a[0-9]*a`,
	}
	stepwise := 0
	rapid.Check(t, func(t *rapid.T) {
		m, err := newMatcher("person", rapid.SampledFrom(patterns).Draw(t, "pattern"))
		if err != nil {
			t.Fatal(err)
		}
		if m.steps != nil {
			stepwise++
		}
		pieces := rapid.SliceOfN(rapid.SampledFrom([]string{"/dossiers/", "12", "7", "/", "id=", "&", "a", "b", "ab", "é", "\xe9", "x", "-", "/p/", "/notes", "/x/", "2", "\n"}), 0, 6)
		text := []byte(strings.Join(pieces.Draw(t, "pieces"), ""))
		plain := &matcher{re: m.re}
		got, want := m.extract(text), plain.extract(text)
		if !bytes.Equal(got, want) || m.match(text) != plain.match(text) {
			t.Fatalf("%s on %q: %q, %v; regexp has %q, %v", m.re, text, got, m.match(text), want, plain.match(text))
		}
	})
	if stepwise == 0 {
		t.Error("no pattern was matched stepwise: the shortcut is dead")
	}
}
