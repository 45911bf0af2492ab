package exposure

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/klauspost/compress/gzip"
	"github.com/klauspost/compress/zstd"
	"pgregory.net/rapid"

	"cloison"
	"cloison/incident/accesslog"
)

func personRef(s string) cloison.PersonRef { return cloison.PersonRef(s) }

// rawRefs lets cmp show and compare persons, which redact themselves.
func rawRefs() cmp.Option {
	return cmp.Transformer("person", func(p cloison.PersonRef) string { return string(p) })
}

func mustMap(t testing.TB, text string) accesslog.Map {
	t.Helper()
	m, err := accesslog.ReadMap(strings.NewReader(text))
	if err != nil {
		t.Fatal(err)
	}
	return m
}

func writeFile(t testing.TB, name string, data []byte) string {
	t.Helper()
	if err := os.WriteFile(name, data, 0o600); err != nil {
		t.Fatal(err)
	}
	return name
}

// rollOf draws the roll of one file within given limits.
func rollOf(file string, m accesslog.Map, q Query, l accesslog.Limits) (*Roll, error) {
	return fromLogs(context.Background(), accesslog.Request{Files: []string{file}, Map: m, Limits: l}, q)
}

// agree fails unless the roll of a log is what the naive reading makes of it, however small the blocks are.
func agree(t rapid.TB, file string, log []byte, m accesslog.Map, q Query, l accesslog.Limits) {
	t.Helper()
	if err := os.WriteFile(file, log, 0o600); err != nil {
		t.Fatal(err)
	}
	r, err := rollOf(file, m, q, l)
	if err != nil {
		t.Fatalf("%v\n%q", err, log)
	}
	if diff := cmp.Diff(naiveRoll(log, m, q, l.Line), outcomeOf(r), rawRefs()); diff != "" {
		t.Fatalf("naive (-) and roll (+) differ on %q, limits %+v:\n%s", log, l, diff)
	}
}

// The generators below prefer what is nearly right: odd spaces, escapes, wrong types, duplicates, broken ends.

func anyLimits(t *rapid.T) accesslog.Limits {
	return accesslog.Limits{Block: rapid.IntRange(1, 200).Draw(t, "block"), Line: rapid.IntRange(150, 600).Draw(t, "longest line"), Workers: 3}
}

func anyQuery(t *rapid.T) Query {
	q := Query{Accounts: rapid.SliceOfNDistinct(rapid.SampledFrom([]string{"a", "b", "éa", "7", "true", "c,d", `e"f`}), 1, 3, rapid.ID[string]).Draw(t, "accounts")}
	day := time.Date(2025, 12, 1, 12, 0, 0, 0, time.UTC)
	if rapid.Bool().Draw(t, "since?") {
		q.Since = day
	}
	if rapid.Bool().Draw(t, "until?") {
		q.Until = day.Add(time.Duration(rapid.IntRange(1, 3600).Draw(t, "window")) * time.Second)
	}
	return q
}

func anyTime(t *rapid.T) string {
	at := time.Date(2025, 12, 1, 12, 0, 0, 0, time.UTC).Add(time.Duration(rapid.IntRange(-2, 4000).Draw(t, "second")) * time.Second)
	return rapid.SampledFrom([]string{
		at.Format(time.RFC3339), at.Format("2006-01-02T15:04:05.000Z07:00"),
		at.In(time.FixedZone("", 3600)).Format(time.RFC3339Nano), at.In(time.FixedZone("", -9000)).Format("2006-01-02T15:04:05.000001Z07:00"),
		at.Format("02/Jan/2006:15:04:05 -0700"), at.In(time.FixedZone("", 7200)).Format("02/Jan/2006:15:04:05 -0700"), "soon", "", "2025-13-01T00:00:00Z", "2025-12-01T12:00:60Z",
	}).Draw(t, "time")
}

// jsonText writes a text as JSON in one of the ways that mean the same.
func jsonText(t *rapid.T, s string) string {
	switch rapid.IntRange(0, 5).Draw(t, "spelling") {
	case 0:
		var b strings.Builder
		for _, r := range s {
			fmt.Fprintf(&b, `\u%04x`, r)
		}
		return `"` + b.String() + `"`
	case 1:
		b, _ := json.Marshal(s)
		return strings.ReplaceAll(string(b), "/", `\/`)
	default:
		b, _ := json.Marshal(s)
		return string(b)
	}
}

func anyJSON(t *rapid.T, depth int) string {
	kinds := []string{"null", "true", "false", "0", "-1.5e+3", "12", `""`, `"a"`, `"x\"y\\"`, "text", "list", "object", "broken"}
	switch kind := rapid.SampledFrom(kinds).Draw(t, "value"); {
	case kind == "broken":
		return rapid.SampledFrom([]string{"01", "+1", "1.", ".5", "tru", `"\x"`, "\"\x01\"", "[1,]", "{", `{"a"}`, `"`, "NaN", "'a'", "\"\xff\xe9\""}).Draw(t, "broken")
	case kind == "text":
		return jsonText(t, rapid.SampledFrom([]string{"a", "b", "éa", "/dossiers/12", "/dossiers/é", "/x", "200", "identity,nir", "  "}).Draw(t, "text"))
	case kind == "list" && depth > 0:
		n := rapid.IntRange(0, 3).Draw(t, "length")
		items := make([]string, n)
		for i := range items {
			items[i] = anyJSON(t, depth-1)
		}
		return "[" + strings.Join(items, rapid.SampledFrom([]string{",", " , "}).Draw(t, "comma")) + "]"
	case kind == "object" && depth > 0:
		return anyObject(t, depth-1)
	case kind == "list" || kind == "object":
		return "[]"
	default:
		return kind
	}
}

func anyObject(t *rapid.T, depth int) string {
	space := rapid.SampledFrom([]string{"", "", " ", "\t"}).Draw(t, "space")
	var parts []string
	for range rapid.IntRange(0, 6).Draw(t, "keys") {
		key := rapid.SampledFrom([]string{"ts", "user", "path", "shown", "status", "id", "user.id", "user", "a.b", "x", "très long nom de clé"}).Draw(t, "key")
		parts = append(parts, jsonText(t, key)+space+":"+space+anyJSON(t, depth))
	}
	return space + "{" + space + strings.Join(parts, ","+space) + space + "}" + space
}

func anyJSONLine(t *rapid.T) string {
	switch rapid.IntRange(0, 9).Draw(t, "line") {
	case 0:
		return anyJSON(t, 3)
	case 1, 2, 3:
		return anyObject(t, 3)
	}
	parts := []string{
		`"ts":` + jsonText(t, anyTime(t)),
		`"user":` + rapid.SampledFrom([]string{`"a"`, `"\u0061"`, `"b"`, `"z"`, "7", "7.0", "true", "null", `"éa"`, `{"id":"a"}`, `{"id":7,"id":"b"}`}).Draw(t, "user"),
		`"path":` + rapid.SampledFrom([]string{`"/dossiers/12"`, `"\/dossiers\/13"`, `"/dossiers/"`, `"/login"`, "14", `["/dossiers/1",15,null,true]`, `[]`, "null", "false", "{}", anyJSON(t, 2)}).Draw(t, "path"),
		`"shown":` + rapid.SampledFrom([]string{`["identity","nir"]`, `"identity, nir;birth"`, "[]", "null", "3", "true", "{}", `["a",1,null,{}]`, anyJSON(t, 2)}).Draw(t, "shown"),
		`"status":` + rapid.SampledFrom([]string{"200", "404", `"201"`, "null", "[200]"}).Draw(t, "status"),
	}
	parts = rapid.Permutation(parts).Draw(t, "order")
	if rapid.IntRange(0, 3).Draw(t, "extra?") == 0 {
		parts = append(parts, parts[0], `"user.id":"b"`)
	}
	return "{" + strings.Join(parts[:rapid.IntRange(3, len(parts)).Draw(t, "kept")], ",") + "}"
}

// anyLog joins lines in the ways that files do, and cuts or spoils some.
func anyLog(t *rapid.T, line func(*rapid.T) string, head string) []byte {
	log := []byte(rapid.SampledFrom([]string{"", "", "", "\xef\xbb\xbf"}).Draw(t, "mark") + head)
	n := rapid.IntRange(0, 8).Draw(t, "lines")
	for i := range n {
		b := []byte(line(t))
		if len(b) > 0 && rapid.IntRange(0, 9).Draw(t, "spoil?") == 0 {
			at := rapid.IntRange(0, len(b)-1).Draw(t, "at")
			switch rapid.IntRange(0, 3).Draw(t, "how") {
			case 0:
				b = b[:at]
			case 1:
				b[at] = rapid.SampledFrom([]byte{0, '"', '\\', '\r', 0xe9, ',', '{', '\n', ' '}).Draw(t, "byte")
			case 2:
				b = append(b, bytes.Repeat([]byte(" "), 700)...)
			default:
				b = append(b, b[at:]...)
			}
		}
		log = append(log, b...)
		if i < n-1 || rapid.Bool().Draw(t, "last line ends?") {
			log = append(log, rapid.SampledFrom([]string{"\n", "\n", "\r\n", "\n\n"}).Draw(t, "end")...)
		}
	}
	return log
}

func TestJSONLinesAgree(t *testing.T) {
	file := filepath.Join(t.TempDir(), "log")
	maps := []accesslog.Map{
		mustMap(t, benchMap),
		mustMap(t, "{format: jsonl, time: {field: ts}, account: {field: user.id}, person: {field: path}, fields: {constant: [x, nir]}}"),
		mustMap(t, "{format: jsonl, time: {field: a.b.ts}, account: {field: user}, person: {field: user.path, pattern: '[0-9]'}, fields: {field: a.b}}"),
	}
	rapid.Check(t, func(t *rapid.T) {
		m := rapid.SampledFrom(maps).Draw(t, "map")
		agree(t, file, anyLog(t, anyJSONLine, ""), m, anyQuery(t), anyLimits(t))
	})
}

func anyCell(t *rapid.T) string {
	return rapid.SampledFrom([]string{
		"a", "b", "éa", "7", `"a"`, `"c,d"`, `"e""f"`, `"/dossiers/1"`, "/dossiers/12", `"/dossiers/3` + "\n" + `"`, `"two` + "\r\n" + `lines"`, "200", "404",
		"identity;nir", `"[""identity"",""nir""]"`, `"[1,""/dossiers/2""]"`, "", `""`, " a", `x"y`, `"open`, `"x"y`, anyTime(t),
	}).Draw(t, "cell")
}

func TestCSVAgrees(t *testing.T) {
	file := filepath.Join(t.TempDir(), "log")
	const rest = "time: {field: ts}, account: {field: user}, person: {field: path, pattern: '[0-9]+'}, fields: {field: shown}, keep: {field: status, pattern: '^2'}}"
	maps := []accesslog.Map{mustMap(t, "{format: csv, "+rest), mustMap(t, "{format: csv, delimiter: ';', "+rest)}
	rapid.Check(t, func(t *rapid.T) {
		m := rapid.SampledFrom(maps).Draw(t, "map")
		comma := ","
		if m.Delimiter != "" {
			comma = m.Delimiter
		}
		line := func(t *rapid.T) string {
			cells := []string{anyTime(t), rapid.SampledFrom([]string{"a", "b", `"a"`, `"e""f"`, "7"}).Draw(t, "user"), anyCell(t), anyCell(t),
				rapid.SampledFrom([]string{"200", `"200"`, "404", ""}).Draw(t, "status")}
			if i := rapid.IntRange(0, 12).Draw(t, "odd"); i < 5 {
				cells[i] = anyCell(t)
			} else if i == 5 {
				cells = append(cells, anyCell(t))
			}
			return strings.Join(cells, comma)
		}
		head := rapid.SampledFrom([]string{"ts,user,path,shown,status\n", "\n\r\n\"ts\",user,path,shown,status\r\n"}).Draw(t, "header")
		agree(t, file, anyLog(t, line, strings.ReplaceAll(head, ",", comma)), m, anyQuery(t), anyLimits(t))
	})
}

func TestCombinedAgrees(t *testing.T) {
	file := filepath.Join(t.TempDir(), "log")
	maps := []accesslog.Map{
		mustMap(t, `{format: combined, account: {field: user}, person: {field: path, pattern: '^/dossiers/([0-9]+)'}, fields: {constant: [identity]}, keep: {field: status, pattern: '^2'}}`),
		mustMap(t, `{format: combined, account: {field: remote}, person: {field: agent}, fields: {field: referer}}`),
	}
	line := func(t *rapid.T) string {
		user := rapid.SampledFrom([]string{"a", "b", "-", "éa", `\x61`, `e\"f`, "c,d", "x y"}).Draw(t, "user")
		request := rapid.SampledFrom([]string{"GET /dossiers/12 HTTP/1.1", "GET /dossiers/é HTTP/1.1", "POST /dossiers/3", "-", `\x16\x03`, `GET /dossiers/4?q=\"x\" HTTP/1.1`,
			"GET  HTTP/1.0", `GET /dossiers/5\\`, `"`, ""}).Draw(t, "request")
		tail := rapid.SampledFrom([]string{"", ` "-" "a"`, ` "x;y" "7"`, ` "a" "b" extra "z`, ` "a"`, ` "\"" "\\"`, " x"}).Draw(t, "tail")
		return fmt.Sprintf(`%s - %s [%s] "%s" %s %s%s`, rapid.SampledFrom([]string{"7", "a", "192.0.2.1", ""}).Draw(t, "remote"), user, anyTime(t), request,
			rapid.SampledFrom([]string{"200", "404", "-", "20"}).Draw(t, "status"), rapid.SampledFrom([]string{"12", "-", "x"}).Draw(t, "size"), tail)
	}
	rapid.Check(t, func(t *rapid.T) {
		agree(t, file, anyLog(t, line, ""), rapid.SampledFrom(maps).Draw(t, "map"), anyQuery(t), anyLimits(t))
	})
}

func compressed(t *testing.T, name string, parts ...string) []byte {
	t.Helper()
	var out bytes.Buffer
	for _, p := range parts {
		switch name {
		case "gzip":
			z := gzip.NewWriter(&out)
			z.Write([]byte(p))
			z.Close()
		case "zstd":
			z, err := zstd.NewWriter(&out)
			if err != nil {
				t.Fatal(err)
			}
			z.Write([]byte(p))
			z.Close()
		default:
			out.WriteString(p)
		}
	}
	return out.Bytes()
}

const (
	lineA = `{"ts":"2025-12-01T12:00:00Z","user":"a","path":"/dossiers/1","status":200,"shown":["nir"]}` + "\n"
	lineB = `{"ts":"2025-12-01T13:00:00+01:00","user":"b","path":"/dossiers/2","status":200,"shown":"identity nir"}` + "\n"
)

func TestManyFilesOfManyKinds(t *testing.T) {
	dir := t.TempDir()
	// The kind is known by the first bytes; the names mislead on purpose. Members and frames follow each other.
	writeFile(t, filepath.Join(dir, "1.zst"), compressed(t, "gzip", lineA+lineB[:10], lineB[10:]))
	writeFile(t, filepath.Join(dir, "2.gz"), compressed(t, "zstd", lineA[:5], lineA[5:]))
	writeFile(t, filepath.Join(dir, "3.log"), compressed(t, "plain", "\xef\xbb\xbf"+lineA, "\r\n", strings.TrimSpace(lineB)))
	writeFile(t, filepath.Join(dir, "4.log"), nil)
	files := []string{filepath.Join(dir, "?.*"), filepath.Join(dir, "3.log"), filepath.Join(dir, ".", "1.zst")}
	var done, total int64
	progress := func(d, all int64) { done, total = d, all }
	r, err := FromLogs(t.Context(), files, mustMap(t, benchMap), Query{Accounts: []string{"a", "b", "a", "c"}}, progress)
	if err != nil {
		t.Fatal(err)
	}
	if r.Rows != 5 || r.Persons != 2 || r.Lines != 6 || r.Unparsed != 0 || r.PerField["nir"] != 2 || r.PerField["identity"] != 1 {
		t.Errorf("roll: %+v", r)
	}
	if diff := cmp.Diff(map[string]int64{"a": 1, "b": 1, "c": 0}, r.PerAccount); diff != "" {
		t.Error(diff)
	}
	if !r.First.Equal(r.Last) || r.First.Location() != time.UTC {
		t.Errorf("first %v, last %v: want one moment, in UTC", r.First, r.Last)
	}
	if done == 0 || done != total {
		t.Errorf("progress ended at %d of %d", done, total)
	}
}

func TestStandardInput(t *testing.T) {
	in, err := os.Open(writeFile(t, filepath.Join(t.TempDir(), "in"), compressed(t, "gzip", lineA)))
	if err != nil {
		t.Fatal(err)
	}
	old := os.Stdin
	os.Stdin = in
	defer func() { os.Stdin = old }()
	r, err := FromLogs(t.Context(), []string{"-", "-"}, mustMap(t, benchMap), Query{Accounts: []string{"a"}}, nil)
	if err != nil || r.Rows != 1 {
		t.Errorf("%+v, %v", r, err)
	}
}

func TestWhatCanNotBeReadIsSaid(t *testing.T) {
	dir := t.TempDir()
	whole := compressed(t, "gzip", strings.Repeat(lineA+lineB, 5000))
	cases := map[string]struct {
		data []byte
		kind cloison.Kind
		text string
	}{
		"utf16":  {[]byte("\xff\xfe{\x00}\x00"), cloison.Invalid, "UTF-16"},
		"xz":     {[]byte("\xfd7zXZ\x00rest"), cloison.Invalid, "decompress it first"},
		"nogzip": {[]byte("\x1f\x8bhello, world"), cloison.Invalid, "gzip"},
	}
	for name, c := range cases {
		file := writeFile(t, filepath.Join(dir, name), c.data)
		_, err := FromLogs(t.Context(), []string{file}, mustMap(t, benchMap), Query{Accounts: []string{"a"}}, nil)
		if err == nil || cloison.KindOf(err) != c.kind || !strings.Contains(err.Error(), c.text) || !strings.Contains(err.Error(), name) {
			t.Errorf("%s: %v", name, err)
		}
	}
	for _, bad := range [][]string{nil, {dir}, {filepath.Join(dir, "none")}, {filepath.Join(dir, "none*")}} {
		if _, err := FromLogs(t.Context(), bad, mustMap(t, benchMap), Query{Accounts: []string{"a"}}, nil); err == nil || cloison.KindOf(err) == cloison.Internal {
			t.Errorf("files %v: %v", bad, err)
		}
	}
	cut := writeFile(t, filepath.Join(dir, "cut"), whole[:len(whole)-20])
	r, err := FromLogs(t.Context(), []string{cut}, mustMap(t, benchMap), Query{Accounts: []string{"a"}, Universe: 10}, nil)
	if err != nil || r.Rows == 0 {
		t.Fatalf("%+v, %v", r, err)
	}
	if last := r.Gaps[len(r.Gaps)-1]; last.Kind != CutShort || last.File != cut || r.Classes[Excluded] != 0 || r.Classes[Possible] != 9 {
		t.Errorf("gaps %+v, classes %v", r.Gaps, r.Classes)
	}
}

func TestQueryIsChecked(t *testing.T) {
	now := time.Now()
	file := writeFile(t, filepath.Join(t.TempDir(), "log"), []byte(lineA))
	for _, q := range []Query{{}, {Accounts: []string{""}}, {Accounts: []string{"a"}, Since: now, Until: now}, {Accounts: make([]string, 1<<16+1)}} {
		if _, err := FromLogs(t.Context(), []string{file}, mustMap(t, benchMap), q, nil); cloison.KindOf(err) != cloison.Invalid {
			t.Errorf("query with %d accounts: %v", len(q.Accounts), err)
		}
	}
}

func TestUnparsedLinesAreShownInOrder(t *testing.T) {
	var log strings.Builder
	for i := range 2000 {
		log.WriteString(lineB)
		if i%10 == 0 {
			log.WriteString("{broken \"a\"\n")
		}
	}
	log.WriteString(strings.Repeat("x", 3000) + "\n")
	log.WriteString(strings.Replace(lineA, "2025-12-01T", "2025-12-01 ", 1))
	file := writeFile(t, filepath.Join(t.TempDir(), "log"), []byte(log.String()))
	r, err := rollOf(file, mustMap(t, benchMap), Query{Accounts: []string{"a"}}, accesslog.Limits{Block: 512, Line: 1000, Workers: 3})
	if err != nil {
		t.Fatal(err)
	}
	if r.Lines != 2202 || r.Unparsed != 202 || len(r.UnparsedShown) != 20 {
		t.Fatalf("%d lines, %d unparsed, %d shown", r.Lines, r.Unparsed, len(r.UnparsedShown))
	}
	for i, l := range r.UnparsedShown {
		if l.Line != int64(2+11*i) || l.File != file || l.Reason != "not JSON" {
			t.Errorf("shown %d: %+v", i, l)
		}
	}
	want := []Gap{{Kind: UnparsedLines, Account: "a", Lines: 201}, {Kind: UnparsedLines, Lines: 1}}
	if diff := cmp.Diff(want, r.Gaps); diff != "" {
		t.Error(diff)
	}
	if r.Rows != 0 || r.Persons != 0 || r.Classes[Possible] != 1 {
		t.Errorf("a person at an unreadable time must be possible, not proven: %+v", r)
	}
}

func TestTooManyFieldNames(t *testing.T) {
	var log strings.Builder
	for i := range 64 + 1 {
		fmt.Fprintf(&log, `{"ts":"2025-12-01T12:00:00Z","user":"a","path":"/dossiers/1","status":200,"shown":["f%d"]}`+"\n", i)
	}
	file := writeFile(t, filepath.Join(t.TempDir(), "log"), []byte(log.String()))
	_, err := FromLogs(t.Context(), []string{file}, mustMap(t, benchMap), Query{Accounts: []string{"a"}}, nil)
	if cloison.KindOf(err) != cloison.Invalid || !strings.Contains(err.Error(), "64 distinct field names") {
		t.Error(err)
	}
}

func TestCancelled(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	file := writeFile(t, filepath.Join(t.TempDir(), "log"), []byte(lineA))
	if _, err := FromLogs(ctx, []string{file}, mustMap(t, benchMap), Query{Accounts: []string{"a"}}, nil); err != context.Canceled {
		t.Error(err)
	}
}
