package exposure

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

func TestRollCSV(t *testing.T) {
	log := lineA + strings.Replace(lineB, "/dossiers/2", "/dossiers/1", 1) + lineB + strings.Replace(lineA, "12:00:00Z", "12:00:00.5Z", 1) +
		strings.Replace(strings.Replace(lineA, "2025", "MMXXV", 1), "/1", "/9", 1)
	r, err := FromLogs(t.Context(), []string{writeFile(t, filepath.Join(t.TempDir(), "log"), []byte(log))}, mustMap(t, benchMap), Query{Accounts: []string{"b", "a"}}, nil)
	if err != nil {
		t.Fatal(err)
	}
	var out bytes.Buffer
	if err := r.WriteCSV(&out); err != nil {
		t.Fatal(err)
	}
	const want = `person,account,fields,first,last,times,class,how
1,a,nir,2025-12-01T12:00:00Z,2025-12-01T12:00:00.5Z,2,proven,
1,b,"identity,nir",2025-12-01T12:00:00Z,2025-12-01T12:00:00Z,1,proven,
2,b,"identity,nir",2025-12-01T12:00:00Z,2025-12-01T12:00:00Z,1,proven,
9,a,nir,,,0,possible,
`
	if diff := cmp.Diff(want, out.String()); diff != "" {
		t.Error(diff)
	}
}

// TestRollCSVIsSafeAndExact: no cell starts like a formula, and every name comes back as it was.
func TestRollCSVIsSafeAndExact(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		names := rapid.SliceOfNDistinct(rapid.StringOfN(rapid.SampledFrom([]rune("=+-@'\t0123a,\";é ")), 1, 8, -1), 1, 10, rapid.ID[string]).Draw(t, "names")
		r := &Roll{table: newTable(), accounts: []string{"=1+1"}}
		for _, n := range names {
			r.table.add([]byte(n), sighting{timed: true})
		}
		var out bytes.Buffer
		if err := r.WriteCSV(&out); err != nil {
			t.Fatal(err)
		}
		lines, err := csv.NewReader(&out).ReadAll()
		if err != nil {
			t.Fatal(err)
		}
		var back []string
		for _, l := range lines[1:] {
			for _, cell := range l {
				if cell != "" && strings.ContainsRune("=+-@\t\r", rune(cell[0])) {
					t.Fatalf("the cell %q would run", cell)
				}
			}
			back = append(back, strings.TrimPrefix(l[0], "'"))
		}
		slices.Sort(names)
		if !slices.Equal(names, back) {
			t.Fatalf("wrote %q, read %q", names, back)
		}
	})
}

func TestRollJSONKeys(t *testing.T) {
	file := writeFile(t, filepath.Join(t.TempDir(), "log"), []byte(lineA))
	log, err := FromLogs(t.Context(), []string{file}, mustMap(t, benchMap), Query{Accounts: []string{"a"}}, nil)
	if err != nil {
		t.Fatal(err)
	}
	got, err := json.Marshal(log)
	if err != nil {
		t.Fatal(err)
	}
	const want = `{"rows":1,"persons":1,"per_field":{"nir":1},"per_account":{"a":1},"per_account_rows":{"a":1},` +
		`"first":"2025-12-01T12:00:00Z","last":"2025-12-01T12:00:00Z","lines":1,"unparsed":0,"unparsed_shown":[],"no_account":0,` +
		`"class_counts":{"excluded":0,"possible":0,"proven":1},"gaps":[]}`
	if string(got) != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
}
