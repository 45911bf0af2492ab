package exposure

import (
	"path/filepath"
	"strings"
	"testing"
)

// TestHostileLines holds what each odd line of a log must come to, for the account "a".
func TestHostileLines(t *testing.T) {
	const tail = `"path":"/dossiers/1","status":200,"shown":["nir"]}`
	cases := map[string]struct {
		line                 string
		rows, unparsed, none int64 // none: lines that name no account
	}{
		"plain":                     {`{"ts":"2025-12-01T12:00:00Z","user":"a",` + tail, 1, 0, 0},
		"escaped account":           {`{"ts":"2025-12-01T12:00:00Z","user":"\u0061",` + tail, 1, 0, 0},
		"escaped key":               {`{"ts":"2025-12-01T12:00:00Z","\u0075ser":"a",` + tail, 1, 0, 0},
		"reordered keys":            {`{"shown":["nir"],"status":200,"path":"/dossiers/1","user":"a","ts":"2025-12-01T12:00:00Z"}`, 1, 0, 0},
		"the last duplicate wins":   {`{"user":"a","ts":"2025-12-01T12:00:00Z","user":"z",` + tail, 0, 0, 0},
		"even an escaped one":       {`{"user":"z","ts":"2025-12-01T12:00:00Z","\u0075ser":"a",` + tail, 1, 0, 0},
		"account inside a text":     {`{"ts":"2025-12-01T12:00:00Z","note":"\"user\":\"a\"","user":"z",` + tail, 0, 0, 0},
		"account in a nested value": {`{"ts":"2025-12-01T12:00:00Z","by":{"user":"a"},` + tail, 0, 0, 1},
		"a number is no text":       {`{"ts":"2025-12-01T12:00:00Z","user":10,` + tail, 0, 0, 0},
		"no account":                {`{"ts":"2025-12-01T12:00:00Z",` + tail, 0, 0, 1},
		"number as person":          {`{"ts":"2025-12-01T12:00:00Z","user":"a","path":["/dossiers/1","/dossiers/22"],"status":200}`, 2, 0, 0},
		"escaped slashes":           {`{"ts":"2025-12-01T12:00:00Z","user":"a","path":"\/dossiers\/1","status":200}`, 1, 0, 0},
		"no person":                 {`{"ts":"2025-12-01T12:00:00Z","user":"a","path":"/login","status":200}`, 0, 0, 0},
		"dropped by keep":           {`{"ts":"2025-12-01T12:00:00Z","user":"a","path":"/dossiers/1","status":404}`, 0, 0, 0},
		"person of a wrong type":    {`{"ts":"2025-12-01T12:00:00Z","user":"a","path":{"id":1},"status":200}`, 0, 1, 0},
		"fields of a wrong type":    {`{"ts":"2025-12-01T12:00:00Z","user":"a","path":"/dossiers/1","status":200,"shown":{}}`, 1, 1, 0},
		"unreadable time":           {`{"ts":"yesterday","user":"a",` + tail, 0, 1, 0},
		"no time, no person":        {`{"user":"a","path":"/login","status":200}`, 0, 0, 0},
		"trailing text":             {`{"ts":"2025-12-01T12:00:00Z","user":"a",` + tail + `}`, 0, 1, 0},
		"trailing comma":            {`{"ts":"2025-12-01T12:00:00Z","user":"a","status":200,}`, 0, 1, 0},
		"control character":         {"{\"user\":\"a\x01\"}", 0, 1, 0},
		"NULs":                      {"\x00\x00\x00\x00" + `{"user":"a"}`, 0, 1, 0},
		"a byte of latin-1":         {"{\"ts\":\"2025-12-01T12:00:00Z\",\"user\":\"a\",\"ville\":\"Orl\xe9ans\"," + tail, 1, 0, 0},
		"not an object":             {`["a"]`, 0, 1, 0},
		"CRLF":                      {`{"ts":"2025-12-01T12:00:00Z","user":"a",` + tail + "\r", 1, 0, 0},
		"huge":                      {`{"ts":"2025-12-01T12:00:00Z","user":"a","x":"` + strings.Repeat("é", 1<<20) + `",` + tail, 1, 0, 0},
		"too long":                  {`{"ts":"2025-12-01T12:00:00Z","user":"a","x":"` + strings.Repeat("é", 1<<21) + `",` + tail, 0, 1, 0},
		"deep":                      {`{"ts":"2025-12-01T12:00:00Z","user":"a","x":` + strings.Repeat("[", 5000) + strings.Repeat("]", 5000) + `,` + tail, 1, 0, 0},
		"too deep":                  {`{"user":"a","x":` + strings.Repeat("[", 20000) + strings.Repeat("]", 20000) + `,` + tail, 0, 1, 0},
		"person too long":           {`{"ts":"2025-12-01T12:00:00Z","user":"a","path":"/dossiers/` + strings.Repeat("1", 2000) + `","status":200}`, 0, 1, 0},
	}
	file := filepath.Join(t.TempDir(), "log")
	for name, c := range cases {
		// The odd line stands between usual ones, whose layout the quick reading has in mind; the last one has no end.
		writeFile(t, file, []byte(lineB+c.line+"\n"+strings.TrimSpace(lineB)))
		r, err := FromLogs(t.Context(), []string{file}, mustMap(t, benchMap), Query{Accounts: []string{"a"}}, nil)
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if r.Lines != 3 || r.Rows != c.rows || r.Unparsed != c.unparsed || r.NoAccount != c.none {
			t.Errorf("%s: %d lines, %d rows, %d unparsed, %d without account; want 3, %d, %d, %d", name,
				r.Lines, r.Rows, r.Unparsed, r.NoAccount, c.rows, c.unparsed, c.none)
		}
	}
}

// TestAccountOfReplacedBytes: what is not UTF-8 in JSON is U+FFFD, also in an account's name.
func TestAccountOfReplacedBytes(t *testing.T) {
	log := strings.Replace(lineA, `"a"`, "\"Orl\xe9ans\"", 1)
	file := writeFile(t, filepath.Join(t.TempDir(), "log"), []byte(log))
	for account, want := range map[string]int64{"Orl\ufffdans": 1, "Orl\xe9ans": 0, "Orléans": 0} {
		r, err := FromLogs(t.Context(), []string{file}, mustMap(t, benchMap), Query{Accounts: []string{account}}, nil)
		if err != nil || r.Rows != want {
			t.Errorf("account %q: %+v, %v; want %d rows", account, r, err, want)
		}
	}
}

// TestRealServerLog reads lines of a real Apache server; testdata/README says where they are from.
func TestRealServerLog(t *testing.T) {
	m := mustMap(t, `{format: combined, account: {field: remote}, person: {field: path}, fields: {constant: [page]}, keep: {field: status, pattern: '^2'}}`)
	r, err := FromLogs(t.Context(), []string{"testdata/combined.log"}, m, Query{Accounts: []string{"192.0.2.1"}}, nil)
	if err != nil {
		t.Fatal(err)
	}
	if r.Lines != 40 || r.Unparsed != 0 || r.Rows == 0 || r.First.Year() != 2015 {
		t.Errorf("%+v", r)
	}
}
