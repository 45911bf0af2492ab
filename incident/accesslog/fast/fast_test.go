package fast

import (
	"bytes"
	"encoding/json"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

// FuzzLine holds the quick reading of a line to encoding/json: what it accepts is valid, and what it finds is what
// encoding/json finds; what it refuses, encoding/json decides.
func FuzzLine(f *testing.F) {
	for _, s := range []string{`{"ts":"2025-12-01T12:00:00Z","user":"a","path":"/dossiers/1","status":200,"shown":["nir"]}`,
		`{"ts" : -0.5e+1 , "a":{"b":[{}, null]}}`, `{"ts":tru}`, `{"ts":"\ud800"}`, `{"ts":01}`, "{\"ts\":\"\x7f\xff\"}", `{}`} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, line []byte) {
		var l Line
		for _, key := range []string{"ts", "user", "user.id", "path", "shown"} {
			l.Want(key)
		}
		for range 2 { // the second time the layout is known
			l.Read(nil)
			if !l.quick(line) {
				continue
			}
			var top map[string]json.RawMessage
			if err := json.Unmarshal(line, &top); err != nil {
				t.Fatalf("accepted %q: %v", line, err)
			}
			for _, s := range l.slots {
				want := ValueOf(top[s.key])
				if want.Kind == Escaped && bytes.IndexByte(want.Raw, '\\') < 0 {
					want.Kind = Quoted
				}
				if s.value.Kind != want.Kind || want.Kind != Absent && !bytes.Equal(s.value.Raw, want.Raw) {
					t.Fatalf("%q: %s is %q, want %q", line, s.key, s.value.Raw, want.Raw)
				}
			}
		}
	})
}

// TestReadEqualsTheNaiveReading draws JSON that is nearly right and compares Read with encoding/json.
func TestReadEqualsTheNaiveReading(t *testing.T) {
	quick := 0
	rapid.Check(t, func(t *rapid.T) {
		var l Line
		keys := []string{"ts", "user", "é"}
		for _, key := range keys {
			l.Want(key)
		}
		for range 3 { // the layout of one line helps the next
			line := []byte(anyObject(t, 3))
			if len(line) > 0 && rapid.IntRange(0, 3).Draw(t, "spoil?") == 0 {
				line[rapid.IntRange(0, len(line)-1).Draw(t, "at")] = rapid.SampledFrom([]byte("\"\\{}[],: 0e-\x00\xff")).Draw(t, "byte")
			}
			l.Read(nil)
			if l.quick(line) {
				quick++
			}
			reason := l.Read(line)
			var top map[string]json.RawMessage
			err := json.Unmarshal(line, &top)
			if (reason == "") != (err == nil && top != nil) {
				t.Fatalf("%q: %q, encoding/json says %v", line, reason, err)
			}
			if reason != "" {
				continue
			}
			for i, key := range keys {
				var got, want any
				if raw := top[key]; raw != nil {
					want = plainOf(t, ValueOf(raw))
				}
				if v := l.Value(i); v.Kind != Absent {
					got = plainOf(t, v)
				}
				if got != want {
					t.Fatalf("%q: %s is %v, want %v", line, key, got, want)
				}
			}
		}
	})
	if quick == 0 {
		t.Error("no line was read quickly: the short way is dead")
	}
}

// plainOf is a value's text, or its JSON when it has none.
func plainOf(t *rapid.T, v Value) any {
	var scratch []byte
	switch v.Kind {
	case Absent:
		return nil
	case Array, Object:
		return string(v.Raw)
	}
	text, ok := v.Plain(&scratch)
	if !ok {
		t.Fatalf("no text in %q", v.Raw)
	}
	return string(text)
}

// anyValue and anyObject write JSON in the many ways that mean the same, and some that mean nothing.
func anyValue(t *rapid.T, depth int) string {
	values := []string{"null", "true", "false", "0", "-1.5e+3", "12", `""`, `"a"`, `"x\"y\\"`, `"\u0061\ud83d\ude00"`, `"é"`, "\"\xff\"", "[]", "{}", " 7 ", "tru", "01", "nested"}
	switch v := rapid.SampledFrom(values).Draw(t, "value"); {
	case v == "nested" && depth > 0 && rapid.Bool().Draw(t, "list"):
		return "[" + anyValue(t, depth-1) + "," + anyValue(t, depth-1) + "]"
	case v == "nested" && depth > 0:
		return anyObject(t, depth-1)
	case v == "nested":
		return "[1, 2]"
	default:
		return v
	}
}

func anyObject(t *rapid.T, depth int) string {
	space := rapid.SampledFrom([]string{"", "", " ", "\t", "\r"}).Draw(t, "space")
	var members []string
	for range rapid.IntRange(0, 5).Draw(t, "members") {
		key := rapid.SampledFrom([]string{`"ts"`, `"user"`, `"us\u0065r"`, `"é"`, `"other, a longer one"`, `""`, `ts`}).Draw(t, "key")
		members = append(members, key+space+":"+space+anyValue(t, depth))
	}
	return space + "{" + strings.Join(members, ","+space) + "}" + space
}

// TestDeepNesting agrees with encoding/json on the depth at which it gives up.
func TestDeepNesting(t *testing.T) {
	for depth := maxDepth - 2; depth < maxDepth+2; depth++ {
		line := []byte(`{"x":` + strings.Repeat("[", depth) + strings.Repeat("]", depth) + "}")
		var l Line
		if quick, valid := l.quick(line), json.Valid(line); quick != valid {
			t.Errorf("depth %d: quick says %v, encoding/json %v", depth, quick, valid)
		}
	}
}

// TestPatternsAgree compares the stepwise matching with regexp.
func TestPatternsAgree(t *testing.T) {
	patterns := []string{
		`^/dossiers/([0-9]+)`, `/dossiers/([0-9]+)`, `^2`, `id=([^&]+)`, `id=([^&]*)$`, `^/p/(\d+)/notes$`, `(ab)[a-z]+`, `^/x/([a-z]+)([0-9]+)`,
		`a+b`, `(?i)dossier`, `/d/([0-9]+?)`, `^(?:GET|POST)`, `é([^/]+)/`, `x(\w*)-(\w*)`, `x([[:alpha:]]*)`, `^`, `$`, `()`, `x[é]+`, `ab*`, `a(b)?`,
		`/dossiers/([0-9]+)/`, `^/a(/[0-9]+)+`, `a([^b]*)b`, "(?m)^a", `x\z`, `a[0-9]*a`,
	}
	stepwise := 0
	rapid.Check(t, func(t *rapid.T) {
		m, err := Compile(rapid.SampledFrom(patterns).Draw(t, "pattern"))
		if err != nil {
			t.Fatal(err)
		}
		if m.steps != nil {
			stepwise++
		}
		pieces := rapid.SliceOfN(rapid.SampledFrom([]string{"/dossiers/", "12", "7", "/", "id=", "&", "a", "b", "ab", "é", "\xe9", "x", "-", "/p/", "/notes", "/x/", "2", "\n"}), 0, 6)
		text := []byte(strings.Join(pieces.Draw(t, "pieces"), ""))
		plain := &Pattern{re: m.re}
		got, want := m.Extract(text), plain.Extract(text)
		if !bytes.Equal(got, want) || m.Match(text) != plain.Match(text) {
			t.Fatalf("%s on %q: %q, %v; regexp has %q, %v", m.re, text, got, m.Match(text), want, plain.Match(text))
		}
	})
	if stepwise == 0 {
		t.Error("no pattern was matched stepwise: the shortcut is dead")
	}
}
