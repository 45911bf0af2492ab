package figures

import (
	"bytes"
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	_ "modernc.org/sqlite"

	"cloison"
	"cloison/incident/accesslog"
	"cloison/incident/exposure"
	store "cloison/store/sqlite"
)

const (
	hijacked   = 3
	allAgents  = 13_000
	ledgerForm = 2 // of fillLedger: another one makes a new file
)

// ledgerBegan is the time of the first row; rows are 3 s apart.
func ledgerBegan() time.Time { return time.Date(2025, 12, 1, 0, 0, 0, 0, time.UTC) }

// agentOf and personOf spread n rows: every fifth is a hijacked account's; those meet every person once, in a scattered
// order, and then the first ones again.
func agentOf(i int) cloison.AccountID {
	if i%5 == 0 {
		return cloison.AccountID(1 + i/5%hijacked)
	}
	return cloison.AccountID(hijacked + 1 + i*7919%(allAgents-hijacked))
}

func personOf(i, persons int) int {
	if i%5 == 0 {
		return i / 5 * 1_000_003 % persons
	}
	return i * 104_729 % persons
}

func fieldsOf(person int) cloison.Fields {
	return cloison.Fields(1 + person*2_654_435_761>>7&0xff)
}

// fillLedger writes so many rows straight into the ledger's table, in their order of time, with its index in place as
// it is when disclosures are recorded. It does not sync: nobody was shown anything.
func fillLedger(ctx context.Context, path string, rows, persons int) error {
	s, err := store.Open(ctx, path, store.Options{Migrate: true})
	if err != nil {
		return err
	}
	if err := s.Close(); err != nil {
		return err
	}
	db, err := sql.Open("sqlite",
		"file:"+path+"?_pragma=journal_mode(OFF)&_pragma=synchronous(OFF)&_pragma=cache_size(-1000000)&_pragma=locking_mode(EXCLUSIVE)")
	if err != nil {
		return err
	}
	defer db.Close()
	db.SetMaxOpenConns(1)
	const together = 50
	tuple := "(?,?,?,'ML-1','dossiers','read',?,?,'caseload',1,'',zeroblob(32),1)"
	insert := "INSERT INTO disclosure (seq, at, account, structure, tool, operation, person, fields, explanation, session, request, nonce, filed) VALUES " +
		strings.Repeat(tuple+",", together-1) + tuple
	tx, err := db.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	statement, err := tx.PrepareContext(ctx, insert)
	if err != nil {
		return err
	}
	var args []any
	for i := range rows {
		person := personOf(i, persons)
		args = append(args, i+1, ledgerBegan().UnixMilli()+3000*int64(i), int64(agentOf(i)), string(ref(person)),
			int64(fieldsOf(person)))
		if len(args) == 5*together {
			if _, err := statement.ExecContext(ctx, args...); err != nil {
				return err
			}
			args = args[:0]
		}
	}
	if len(args) > 0 {
		return fmt.Errorf("%d rows: want a multiple of %d", rows, together)
	}
	if _, err := tx.ExecContext(ctx, "UPDATE gate SET next_seq = ?, last_at = ?, opened_at = ?", rows+1,
		ledgerBegan().UnixMilli()+3000*int64(rows), ledgerBegan().UnixMilli()); err != nil {
		return err
	}
	return tx.Commit()
}

// cached returns a file that make makes once for all runs.
func (b *bench) cached(t *testing.T, name string, make func(path string) error) string {
	t.Helper()
	path := filepath.Join(b.cache, name)
	if _, err := os.Stat(path); err == nil {
		return path
	}
	b.progress("  making %s (once)", path)
	unfinished := path + ".unfinished"
	os.Remove(unfinished)
	if err := make(unfinished); err != nil {
		t.Fatal(err)
	}
	if err := os.Rename(unfinished, path); err != nil {
		t.Fatal(err)
	}
	return path
}

type rollOptions struct {
	Path string `json:"path"`
	Map  string `json:"map,omitempty"`
}

// rolled is what a roll found, and how long it took.
type rolled struct {
	Seconds  float64          `json:"seconds"`
	Plain    float64          `json:"plain"` // the same count by plain SQL
	Rows     int64            `json:"rows"`
	Persons  int64            `json:"persons"`
	PerField map[string]int64 `json:"per_field"`
	Lines    int64            `json:"lines"`
	Unparsed int64            `json:"unparsed"`
}

// ledger measures a roll of the hijacked accounts out of the whole ledger, beside one plain SQL count of their persons.
func (b *bench) ledger(t *testing.T) {
	f := atMost(fmt.Sprintf("roll from the ledger: %d accounts, %s persons out of %s rows on SQLite", hijacked,
		millions(b.persons), millions(b.rows)), 2, "s")
	b.add(f)
	b.progress("roll from the ledger")
	path := b.cached(t, fmt.Sprintf("ledger-%d-%d-%d.db", ledgerForm, b.rows, b.persons), func(path string) error {
		return fillLedger(t.Context(), path, b.rows, b.persons)
	})
	want := map[string]int64{}
	for p := range b.persons {
		for _, name := range fieldsOf(p).Names() {
			want[name]++
		}
	}
	roll := func() (r rolled, peak float64) {
		peak = begin(t, "ledger roll", rollOptions{Path: path}, nil).end(false, &r)
		if r.Rows != int64(b.rows/5) || r.Persons != int64(b.persons) {
			t.Fatalf("the roll has %d rows and %d persons, want %d and %d", r.Rows, r.Persons, b.rows/5, b.persons)
		}
		for name, n := range want {
			if r.PerField[name] != n {
				t.Fatalf("%s of %d persons, want %d", name, r.PerField[name], n)
			}
		}
		return r, peak
	}
	roll() // the file in memory
	samples := b.repeat("roll", func(int) (sample, float64) {
		r, peak := roll()
		again, _ := roll()
		return sample{"roll s": (r.Seconds + again.Seconds) / 2, "plain SQL count s": (r.Plain + again.Plain) / 2,
			"peak MiB":       peak,
			"over plain SQL": (r.Seconds + again.Seconds) / (r.Plain + again.Plain)}, drift(r.Plain, again.Plain)
	})
	f.measured(pick(samples, "roll s"))
	for _, name := range []string{"plain SQL count s", "over plain SQL", "peak MiB"} {
		f.beside(name, pick(samples, name))
	}
}

func millions(n int) string {
	if n < 1_000_000 {
		return fmt.Sprint(n)
	}
	return short(float64(n)/1e6) + " M"
}

// ledgerRollRole draws the roll and counts by plain SQL, each on connections of its own.
func ledgerRollRole(options []byte, _ func(any), _ <-chan struct{}) (any, error) {
	var o rollOptions
	if err := json.Unmarshal(options, &o); err != nil {
		return nil, err
	}
	ctx := context.Background()
	s, err := store.Open(ctx, o.Path, store.Options{})
	if err != nil {
		return nil, err
	}
	defer s.Close()
	var accounts []string
	for id := range cloison.AccountID(hijacked) {
		accounts = append(accounts, (id + 1).String())
	}
	stop, err := profile("ledger")
	if err != nil {
		return nil, err
	}
	start := time.Now()
	r, err := exposure.FromLedger(ctx, s, exposure.Query{Accounts: accounts})
	took := time.Since(start)
	stop()
	if err != nil {
		return nil, err
	}
	result := rolled{Seconds: took.Seconds(), Rows: r.Rows, Persons: r.Persons, PerField: r.PerField}
	db, err := sql.Open("sqlite",
		"file:"+o.Path+"?_pragma=query_only(1)&_pragma=mmap_size(1073741824)&_pragma=temp_store(MEMORY)&_pragma=cache_size(-65536)")
	if err != nil {
		return nil, err
	}
	defer db.Close()
	var persons int64
	start = time.Now()
	if err := db.QueryRowContext(ctx,
		"SELECT count(DISTINCT person) FROM disclosure WHERE account IN (1, 2, 3)").Scan(&persons); err != nil {
		return nil, err
	}
	result.Plain = time.Since(start).Seconds()
	if persons != r.Persons {
		return nil, fmt.Errorf("SQL counts %d persons, the roll %d", persons, r.Persons)
	}
	return result, nil
}

// logMap is the map of design.md §8.
const logMap = `
format: jsonl
time:    {field: ts}
account: {field: user}
person:  {field: path, pattern: '^/dossiers/([0-9]+)'}
fields:  {field: shown}
keep:    {field: status, pattern: '^2'}
`

// log measures a roll out of an access log beside the counting of its lines.
func (b *bench) log(t *testing.T) {
	speed := atLeast(fmt.Sprintf("roll from a JSON Lines log of %s lines, a fifth of them hits", millions(b.lines)),
		800, "MB/s")
	memory := atMost("the same: peak memory", 256, "MiB")
	b.add(speed, memory)
	b.progress("roll from a log")
	path := b.cached(t, fmt.Sprintf("access-1-%d-%d.jsonl", b.lines, b.persons),
		func(path string) error { return writeLog(path, b.lines, b.persons) })
	info, err := os.Stat(path)
	if err != nil {
		t.Fatal(err)
	}
	size := float64(info.Size()) / 1e6
	want := map[string]int64{}
	for p := range b.persons {
		for _, name := range fieldsOf(p).Names() {
			want[name]++
		}
	}
	roll := func() (r rolled, peak float64) {
		peak = begin(t, "log roll", rollOptions{Path: path, Map: logMap}, nil).end(false, &r)
		if r.Lines != int64(b.lines) || r.Unparsed != 0 || r.Rows != int64(b.lines/5) || r.Persons != int64(b.persons) {
			t.Fatalf("wrong roll: %+v", r)
		}
		for name, n := range want {
			if r.PerField[name] != n {
				t.Fatalf("%s of %d persons, want %d", name, r.PerField[name], n)
			}
		}
		return r, peak
	}
	count := func() float64 {
		var r rolled
		begin(t, "log lines", rollOptions{Path: path}, nil).end(false, &r)
		if r.Lines != int64(b.lines) {
			t.Fatalf("%d lines", r.Lines)
		}
		return r.Seconds
	}
	count() // the file in memory
	samples := b.repeat("log", func(int) (sample, float64) {
		before := count()
		r, peak := roll()
		after := count()
		return sample{"MB/s": size / r.Seconds, "line counting MB/s": 2 * size / (before + after),
			"of line counting": (before + after) / 2 / r.Seconds,
			"peak MiB":         peak}, drift(before, after)
	})
	speed.measured(pick(samples, "MB/s")).beside("line counting MB/s", pick(samples, "line counting MB/s")).
		beside("of line counting", pick(samples, "of line counting")).beside("MB", []float64{size})
	memory.measured(pick(samples, "peak MiB"))
}

// writeLog writes lines of about 165 bytes.
func writeLog(path string, lines, persons int) error {
	f, err := os.Create(path)
	if err != nil {
		return err
	}
	defer f.Close()
	shown := make([]string, 256)
	for i := range shown {
		names, err := json.Marshal(fieldsOfByte(i).Names())
		if err != nil {
			return err
		}
		shown[i] = string(names)
	}
	var block []byte
	for i := range lines {
		person, agent := personOf(i, persons), int(agentOf(i))
		at := ledgerBegan().Add(time.Duration(i) * 300 * time.Millisecond)
		block = append(block, `{"ts":"`...)
		block = at.AppendFormat(block, "2006-01-02T15:04:05.000Z")
		block = fmt.Appendf(block,
			`","user":"a%05d","ip":"10.20.%d.7","method":"GET","path":"/dossiers/%07d","status":200,"shown":%s,"ms":%d}`+"\n",
			agent, agent%256, person, shown[int(fieldsOf(person)-1)], i%97)
		if len(block) > 1<<20 {
			if _, err := f.Write(block); err != nil {
				return err
			}
			block = block[:0]
		}
	}
	if _, err := f.Write(block); err != nil {
		return err
	}
	return f.Close()
}

func fieldsOfByte(i int) cloison.Fields { return cloison.Fields(i + 1) }

func logRollRole(options []byte, _ func(any), _ <-chan struct{}) (any, error) {
	var o rollOptions
	if err := json.Unmarshal(options, &o); err != nil {
		return nil, err
	}
	m, err := accesslog.ReadMap(strings.NewReader(o.Map))
	if err != nil {
		return nil, err
	}
	start := time.Now()
	q := exposure.Query{Accounts: []string{"a00001", "a00002", "a00003"}}
	r, err := exposure.FromLogs(context.Background(), []string{o.Path}, m, q, nil)
	if err != nil {
		return nil, err
	}
	return rolled{Seconds: time.Since(start).Seconds(), Rows: r.Rows, Persons: r.Persons, PerField: r.PerField,
		Lines: r.Lines, Unparsed: r.Unparsed}, nil
}

// logLinesRole finds the ends of lines and nothing else, on one core: the floor.
func logLinesRole(options []byte, _ func(any), _ <-chan struct{}) (any, error) {
	var o rollOptions
	if err := json.Unmarshal(options, &o); err != nil {
		return nil, err
	}
	f, err := os.Open(o.Path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	start := time.Now()
	lines, buf := int64(0), make([]byte, 1<<20)
	for {
		n, err := f.Read(buf)
		lines += int64(bytes.Count(buf[:n], []byte("\n")))
		if n == 0 || err != nil {
			break
		}
	}
	return rolled{Seconds: time.Since(start).Seconds(), Lines: lines}, nil
}
