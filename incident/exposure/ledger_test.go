package exposure

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	_ "modernc.org/sqlite"
	"pgregory.net/rapid"

	"cloison"
)

// rows is a Store on SQLite: the table and the covering index that store.go asks for, and nothing else.
type rows struct {
	db       *sql.DB
	coverage Coverage
}

func openRows(t testing.TB, file string) *rows {
	t.Helper()
	db, err := sql.Open("sqlite", "file:"+file+"?_pragma=journal_mode(wal)&_pragma=synchronous(off)&_pragma=mmap_size(4294967296)")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { db.Close() })
	_, err = db.Exec(`CREATE TABLE IF NOT EXISTS disclosure
		(seq INTEGER PRIMARY KEY, at INTEGER NOT NULL, account INTEGER NOT NULL, person TEXT NOT NULL, fields INTEGER NOT NULL,
		explanation TEXT NOT NULL, request TEXT NOT NULL)`)
	if err != nil {
		t.Fatal(err)
	}
	return &rows{db: db}
}

const rowsIndex = `CREATE INDEX IF NOT EXISTS roll ON disclosure (account, at, person, fields, explanation)`

func (r *rows) add(t testing.TB, account cloison.AccountID, ds ...Disclosed) {
	t.Helper()
	for _, d := range ds {
		_, err := r.db.Exec(`INSERT INTO disclosure (at, account, person, fields, explanation, request) VALUES (?, ?, ?, ?, ?, '')`,
			d.At, int64(account), string(d.Person), int64(d.Fields), d.Explanation)
		if err != nil {
			t.Fatal(err)
		}
	}
}

func milli(t time.Time, open int64) int64 {
	if t.IsZero() {
		return open
	}
	return t.UnixMilli()
}

func (r *rows) Disclosures(ctx context.Context, account cloison.AccountID, since, until time.Time, each func(Disclosed) error) error {
	found, err := r.db.QueryContext(ctx, `SELECT at, person, fields, explanation FROM disclosure
		WHERE account = ? AND at >= ? AND at < ? ORDER BY at`, int64(account), milli(since, math.MinInt64), milli(until, math.MaxInt64))
	if err != nil {
		return err
	}
	defer found.Close()
	var d Disclosed
	for found.Next() {
		if err := found.Scan(&d.At, (*string)(&d.Person), (*uint32)(&d.Fields), &d.Explanation); err != nil {
			return err
		}
		if err := each(d); err != nil {
			return err
		}
	}
	return found.Err()
}

func (r *rows) Span(ctx context.Context, account cloison.AccountID, since, until time.Time) (first, last time.Time, err error) {
	var from, to sql.NullInt64
	const end = `(SELECT %s(at) FROM disclosure WHERE account = ?1 AND at >= ?2 AND at < ?3)`
	err = r.db.QueryRowContext(ctx, fmt.Sprintf("SELECT "+end+", "+end, "min", "max"),
		int64(account), milli(since, math.MinInt64), milli(until, math.MaxInt64)).Scan(&from, &to)
	if err != nil || !from.Valid {
		return first, last, err
	}
	return time.UnixMilli(from.Int64), time.UnixMilli(to.Int64), nil
}

func (r *rows) Coverage(context.Context, time.Time, time.Time) (Coverage, error) {
	return r.coverage, nil
}

func noon() time.Time { return time.Date(2025, 12, 1, 12, 0, 0, 0, time.UTC) }

func TestLedgerRollIsEveryRow(t *testing.T) {
	store := openRows(t, filepath.Join(t.TempDir(), "db"))
	if _, err := store.db.Exec(rowsIndex); err != nil {
		t.Fatal(err)
	}
	accounts := []cloison.AccountID{1, 2, 1 << 59}
	rapid.Check(t, func(rt *rapid.T) {
		if _, err := store.db.Exec("DELETE FROM disclosure"); err != nil {
			t.Fatal(err)
		}
		store.coverage = Coverage{Opened: noon().Add(-time.Hour), Sealed: noon().Add(time.Hour)}
		q := Query{Accounts: []string{accounts[0].String(), accounts[2].String()}, Verified: noon().Add(time.Hour), Universe: 20}
		if rapid.Bool().Draw(rt, "since?") {
			q.Since = noon()
		}
		if rapid.Bool().Draw(rt, "until?") {
			q.Until = noon().Add(time.Second)
		}
		n := &naive{q: q, entries: map[[2]string]*Entry{}, rows: map[string]int64{}}
		hows := map[[2]string][]string{}
		for range rapid.IntRange(0, 40).Draw(rt, "rows") {
			account := rapid.SampledFrom(accounts).Draw(rt, "account")
			d := Disclosed{
				At:          noon().UnixMilli() + rapid.Int64Range(-5, 1005).Draw(rt, "at"),
				Person:      cloison.PersonRef(rapid.SampledFrom([]string{"1", "2", "p-3", "é"}).Draw(rt, "person")),
				Fields:      cloison.Fields(rapid.Uint32Range(0, 1<<16-1).Draw(rt, "fields")),
				Explanation: rapid.SampledFrom([]string{"caseload", "cover:n123", "cover:n4", "none"}).Draw(rt, "explanation"),
			}
			store.add(t, account, d)
			at := time.UnixMilli(d.At).UTC()
			if account == accounts[1] || !q.Since.IsZero() && at.Before(q.Since) || !q.Until.IsZero() && !at.Before(q.Until) {
				continue
			}
			n.add(string(d.Person), account.String(), d.Fields.Names(), at, true)
			key := [2]string{string(d.Person), account.String()}
			how := map[byte]string{'a': "caseload", 'o': map[bool]string{true: "cover", false: "none"}[d.Explanation[0] == 'c']}[d.Explanation[1]]
			if !slices.Contains(hows[key], how) {
				hows[key] = append(hows[key], how)
				slices.Sort(hows[key])
			}
		}
		want := n.outcome()
		for i, e := range want.Entries {
			want.Entries[i].How = hows[[2]string{string(e.Person), e.Account}]
		}
		r, err := FromLedger(t.Context(), store, q)
		if err != nil {
			rt.Fatal(err)
		}
		if diff := cmp.Diff(want, outcomeOf(r), rawRefs()); diff != "" {
			rt.Fatal(diff)
		}
		if len(r.Gaps) != 0 || r.Classes[Proven] != r.Persons || r.Classes[Excluded] != 20-r.Persons {
			rt.Fatalf("gaps %v, classes %v", r.Gaps, r.Classes)
		}
		for e := range r.Entries() {
			if c := r.Class(e.Person, e.Account); c != Proven {
				rt.Fatalf("a person with a row is %s", c)
			}
		}
		if c := r.Class("nobody", q.Accounts[0]); c != Excluded {
			rt.Fatalf("a person without a row, in a whole record, is %s", c)
		}
	})
}

func TestGapsOfTheLedger(t *testing.T) {
	hour := func(h int) time.Time { return noon().Add(time.Duration(h) * time.Hour) }
	whole := Coverage{Opened: hour(-9), Sealed: hour(9)}
	q := Query{Since: hour(0), Until: hour(2), Verified: hour(9)}
	cases := map[string]struct {
		coverage Coverage
		query    Query
		last     time.Time
		want     []Gap
	}{
		"none":                   {whole, q, hour(1), nil},
		"empty ledger":           {Coverage{}, q, time.Time{}, []Gap{{Kind: BeforeLedger, From: hour(0), To: hour(2)}}},
		"younger ledger":         {Coverage{Opened: hour(1), Sealed: hour(9)}, q, hour(1), []Gap{{Kind: BeforeLedger, From: hour(0), To: hour(1)}}},
		"open window":            {whole, Query{Verified: hour(9)}, hour(1), nil},
		"retention":              {Coverage{Opened: hour(-9), Kept: hour(1), Sealed: hour(9)}, q, hour(1), []Gap{{Kind: Retention, From: hour(0), To: hour(1)}}},
		"older retention":        {Coverage{Opened: hour(-9), Kept: hour(0), Sealed: hour(9)}, q, hour(1), nil},
		"retention, open":        {Coverage{Opened: hour(-9), Kept: hour(-5), Sealed: hour(9)}, Query{Verified: hour(9)}, hour(1), []Gap{{Kind: Retention, To: hour(-5)}}},
		"not verified":           {whole, Query{Since: hour(0), Until: hour(2)}, hour(1), []Gap{{Kind: Unverified, From: hour(0), To: hour(2)}}},
		"verified in part":       {whole, Query{Since: hour(0), Until: hour(2), Verified: hour(1)}, hour(1), []Gap{{Kind: Unverified, From: hour(1), To: hour(2)}}},
		"row after verification": {whole, Query{Verified: hour(1)}, hour(1), []Gap{{Kind: Unverified, From: hour(1)}}},
		"nothing sealed":         {Coverage{Opened: hour(-9)}, q, hour(1), []Gap{{Kind: Unsealed, From: hour(0), To: hour(2)}}},
		"last row not sealed":    {Coverage{Opened: hour(-9), Sealed: hour(1)}, q, hour(1), []Gap{{Kind: Unsealed, From: hour(1), To: hour(2)}}},
		"doubts": {Coverage{Opened: hour(-9), Sealed: hour(9), Doubts: []Gap{{Kind: ClockStep, From: hour(-3), To: hour(-2)}, {Kind: Suspended, From: hour(1), To: hour(3)}}}, q,
			hour(1), []Gap{{Kind: Suspended, From: hour(1), To: hour(2)}}},
	}
	for name, c := range cases {
		if diff := cmp.Diff(c.want, gaps(c.coverage, c.query, c.last)); diff != "" {
			t.Errorf("%s: %s", name, diff)
		}
	}
}

func TestGapsMakePersonsPossible(t *testing.T) {
	store := openRows(t, filepath.Join(t.TempDir(), "db"))
	store.add(t, 7, Disclosed{At: noon().UnixMilli(), Person: "1", Fields: cloison.NIR, Explanation: "none"})
	store.coverage = Coverage{Opened: noon(), Sealed: noon().Add(time.Hour)}
	account := cloison.AccountID(7).String()
	r, err := FromLedger(t.Context(), store, Query{Accounts: []string{account}, Since: noon().Add(-time.Hour), Verified: noon().Add(time.Hour), Universe: 100})
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(map[Class]int64{Proven: 1, Possible: 99, Excluded: 0}, r.Classes); diff != "" {
		t.Error(diff)
	}
	if r.Class("1", account) != Proven || r.Class("2", account) != Possible {
		t.Errorf("classes: %s, %s", r.Class("1", account), r.Class("2", account))
	}
}

func TestLedgerErrorsPass(t *testing.T) {
	store := openRows(t, filepath.Join(t.TempDir(), "db"))
	store.add(t, 7, Disclosed{At: 1, Person: "1"})
	if _, err := FromLedger(t.Context(), store, Query{Accounts: []string{"user"}}); cloison.KindOf(err) != cloison.Invalid {
		t.Errorf("an account that is no account id: %v", err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := FromLedger(ctx, store, Query{Accounts: []string{cloison.AccountID(7).String()}}); !errors.Is(err, context.Canceled) {
		t.Errorf("cancelled: %v", err)
	}
	store.db.Close()
	if r, err := FromLedger(t.Context(), store, Query{Accounts: []string{cloison.AccountID(7).String()}}); err == nil {
		t.Errorf("a closed database gave %+v", r)
	}
}

func TestSplitCoversTheSpanOnce(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		first := time.UnixMilli(rapid.Int64Range(-1e13, 1e13).Draw(t, "first"))
		last := first.Add(time.Duration(rapid.Int64Range(0, 1e12).Draw(t, "span")) * time.Millisecond)
		n := rapid.IntRange(1, 40).Draw(t, "n")
		windows := split(first, last, n)
		if len(windows) > n || !windows[0].since.Equal(first) || !windows[len(windows)-1].until.Equal(last.Add(time.Millisecond)) {
			t.Fatalf("%d windows from %v to %v", len(windows), windows[0].since, windows[len(windows)-1].until)
		}
		for i := range windows[1:] {
			if !windows[i].until.Equal(windows[i+1].since) {
				t.Fatalf("window %d does not touch the next", i)
			}
		}
	})
}

// BenchmarkLedger draws the roll of 3 accounts with 2 M rows on 1.6 M persons out of 10 M rows in SQLite.
func BenchmarkLedger(b *testing.B) {
	file := os.Getenv("EXPOSURE_BENCH_DB")
	if file == "" {
		file = filepath.Join(b.TempDir(), "db")
	}
	_, err := os.Stat(file)
	store := openRows(b, file)
	if err != nil {
		fillRows(b, store)
	}
	store.coverage = Coverage{Opened: noon(), Sealed: noon().Add(time.Hour)}
	q := Query{Accounts: []string{cloison.AccountID(1).String(), cloison.AccountID(2).String(), cloison.AccountID(3).String()}}
	b.Run(fmt.Sprintf("roll-%d-cores", runtime.GOMAXPROCS(0)), func(b *testing.B) {
		for b.Loop() {
			r, err := FromLedger(b.Context(), store, q)
			if err != nil {
				b.Fatal(err)
			}
			if r.Rows != benchLines/5 || r.Persons != benchPersons {
				b.Fatalf("wrong roll: %+v", r)
			}
		}
		b.ReportMetric(peakMemory(b), "peak-MiB")
	})
}

func fillRows(b *testing.B, store *rows) {
	tx, err := store.db.Begin()
	if err != nil {
		b.Fatal(err)
	}
	insert, err := tx.Prepare(`INSERT INTO disclosure (at, account, person, fields, explanation, request) VALUES (?, ?, ?, ?, ?, ?)`)
	if err != nil {
		b.Fatal(err)
	}
	for i, hit := 0, 0; i < benchLines; i++ {
		account, person, why := 4+i*7919%(benchAgents-4), i*104729%benchPersons, "caseload"
		if i%5 == 0 {
			account, person, why = 1+hit%3, hit*1_000_003%benchPersons, "none"
			hit++
		}
		if _, err := insert.Exec(noon().UnixMilli()+int64(i), account, fmt.Sprintf("%07d", person), 1+i%63, why, "00112233445566778899"); err != nil {
			b.Fatal(err)
		}
	}
	if err := tx.Commit(); err != nil {
		b.Fatal(err)
	}
	if _, err := store.db.Exec(rowsIndex); err != nil {
		b.Fatal(err)
	}
}
