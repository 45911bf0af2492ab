package exposure

import (
	"bytes"
	"path/filepath"
	"testing"

	"cloison/incident/accesslog"
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
		if m.Format == "csv" {
			log = append([]byte("ts,user,path,shown,status\n"), log...)
		}
		agree(t, file, log, m, wholeQuery(), accesslog.Limits{Block: 1 + int(block), Line: 1 << 10, Workers: 1})
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
