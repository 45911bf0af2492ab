package imports

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"cloison/access/directory"
)

// FuzzImport feeds any bytes to every parser: no panic, no endless loop; each line is a value or a reason, and each
// value is well-formed.
func FuzzImport(f *testing.F) {
	for _, seed := range []string{"", "idp,sub,person,since\nidp,a,p,2025-01-01\n",
		`{"idp":"i","sub":"s","person":"p","since":"2025-01-01"}`,
		"\ufeffcode;siret;label\r\nML1;35600000000048;\"x;\"\"y\"\"\"\r\n", "structure,name,email,roles\nML1,\"A\n",
		"idp\tsub\tperson\tsince\n\t\t\t\n",
		"{\"idp\":[\"a\",\"b\"],\"idp\":null}\n{", "idp,sub,person,since\ni,s,\xff,2025-01-01\n" + strings.Repeat("x",
			70000)} {
		f.Add([]byte(seed))
	}
	d := New(nil, directory.New(nil, directory.Settings{}, slog.New(slog.DiscardHandler), time.Now), time.Now)
	f.Fuzz(func(t *testing.T, file []byte) {
		for _, format := range []Format{Auto, CSV, JSONL} {
			for _, latin := range []bool{false, true} {
				fuzzKind(t, file, format, latin, structureColumns(), func(rec []string) string {
					s, why := parseStructure(rec)
					if why == "" && (s.ID == "" || directory.CheckStructure(s) != "" || s.Label == "") {
						t.Fatalf("took %+v", s)
					}
					return why
				})
				fuzzKind(t, file, format, latin, accountColumns(), func(rec []string) string {
					a, why := d.parseAccount(rec)
					if why == "" && (a.ID == 0 || a.Lineage != a.ID || a.Roles == 0 || a.Name == "" || a.Email == "" ||
						(a.State == directory.Active) != (a.Binding != directory.Binding{})) {
						t.Fatalf("took %+v", a)
					}
					return why
				})
				fuzzKind(t, file, format, latin, caseloadColumns(), func(rec []string) string {
					a, why := d.parseAssignment(rec)
					if why == "" && (a.Person.Check() != nil || a.Binding.Sub == "" || !a.Until.IsZero() &&
						!a.Since.Before(a.Until)) {
						t.Fatalf("took %+v", a)
					}
					return why
				})
			}
		}
	})
}

func fuzzKind(t *testing.T, file []byte, format Format, latin bool, columns []Column, parse func([]string) string) {
	l, err := OpenLines(bytes.NewReader(file), format, latin, columns)
	if err != nil {
		return
	}
	for last := 0; ; last = l.Number {
		rec, why, err := l.Next()
		switch {
		case err == io.EOF:
			return
		case err != nil:
			t.Fatal(err)
		case l.Number <= last:
			t.Fatalf("line %d after line %d", l.Number, last)
		case why == "" && len(rec) != len(columns):
			t.Fatalf("%d fields", len(rec))
		case why == "":
			parse(rec)
		}
	}
}

// TestSplitIsRFC4180: the splitter says of each line what encoding/csv says of the whole file.
func TestSplitIsRFC4180(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		const width = 3
		comma := rapid.SampledFrom([]byte{',', ';', '\t'}).Draw(t, "comma")
		want := rapid.SliceOfN(rapid.SliceOfN(rapid.StringMatching(`[ab ,;"é]{0,4}`), width, width), 1, 5).Draw(t,
			"records")
		var file bytes.Buffer
		out := csv.NewWriter(&file)
		out.Comma = rune(comma)
		out.UseCRLF = rapid.Bool().Draw(t, "crlf")
		out.WriteAll(want)
		r := newRecords(comma, []int{0, 1, 2})
		var got [][]string
		for line := range bytes.Lines(file.Bytes()) {
			rec := make([]string, width)
			if why := r.split(bytes.TrimRight(line, "\r\n"), rec); why != "" {
				t.Fatalf("%q: %s", line, why)
			}
			got = append(got, rec)
		}
		if !slices.EqualFunc(got, want, slices.Equal) {
			t.Fatalf("got %q, want %q", got, want)
		}
	})
}

// TestObjectsAreJSON: the splitter reads what encoding/json writes.
func TestObjectsAreJSON(t *testing.T) {
	columns := []Column{{"a", false}, {"b", false}}
	o := newObjects(columns)
	rapid.Check(t, func(t *rapid.T) {
		m := map[string]string{"a": rapid.String().Draw(t, "a"), "b": rapid.String().Draw(t, "b")}
		line, err := json.Marshal(m)
		if err != nil {
			t.Fatal(err)
		}
		rec := make([]string, 2)
		if why := o.split(line, rec); why != "" || rec[0] != m["a"] || rec[1] != m["b"] {
			t.Fatalf("%s: got %q, %s", line, rec, why)
		}
	})
}

// BenchmarkLines measures reading and checking caseload lines, without a store.
func BenchmarkLines(b *testing.B) {
	d := New(nil, directory.New(nil, directory.Settings{}, slog.New(slog.DiscardHandler), time.Now), time.Now)
	const n = 100_000
	var plain, quoted, jsonl bytes.Buffer
	fmt.Fprintln(&plain, "idp,sub,person,since,until")
	fmt.Fprintln(&quoted, `"idp","sub","person","since","until"`)
	for i := range n {
		fmt.Fprintf(&plain, "idp-%d,sub-%d,%08d,2025-01-01,\n", i%7, i/100, i)
		fmt.Fprintf(&quoted, "\"idp-%d\",\"sub-%d\",\"%08d\",\"2025-01-01\",\"\"\n", i%7, i/100, i)
		fmt.Fprintf(&jsonl, "{\"idp\":\"idp-%d\",\"sub\":\"sub-%d\",\"person\":\"%08d\",\"since\":\"2025-01-01\"}\n",
			i%7, i/100, i)
	}
	for name, file := range map[string][]byte{"csv": plain.Bytes(), "quoted": quoted.Bytes(), "jsonl": jsonl.Bytes()} {
		b.Run(name, func(b *testing.B) {
			b.SetBytes(int64(len(file)))
			for b.Loop() {
				l, err := OpenLines(bytes.NewReader(file), Auto, false, caseloadColumns())
				if err != nil {
					b.Fatal(err)
				}
				got := 0
				for {
					rec, why, err := l.Next()
					if err == io.EOF {
						break
					}
					if _, why2 := d.parseAssignment(rec); why != "" || why2 != "" {
						b.Fatal(why, why2)
					}
					got++
				}
				if got != n {
					b.Fatal(got)
				}
			}
			b.ReportMetric(float64(n)*float64(b.N)/b.Elapsed().Seconds(), "lines/s")
		})
	}
}
