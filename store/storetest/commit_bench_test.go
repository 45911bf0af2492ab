package storetest_test

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"

	"cloison"
	"cloison/internal/testkit"
	"cloison/ledger"
	"cloison/rules/limits"
	"cloison/store/postgres"
	"cloison/store/sqlite"
	"cloison/wall/disclose"
)

var server testkit.Postgres

func TestMain(m *testing.M) {
	code := m.Run()
	server.Stop()
	os.Exit(code)
}

// queue is the smallest group commit: callers wait, one writer drains all who wait into one transaction. It holds the
// counters' versions, as the stage does.
type queue struct {
	store    disclose.Store
	calls    chan call
	versions map[disclose.Counted]int64
	fence    int64
}

type call struct {
	row      ledger.Row
	counters [4]disclose.Counted
	done     chan error
}

func (q *queue) run(ctx context.Context) {
	for first := range q.calls {
		group := q.drain([]call{first})
		commit := disclose.Commit{Fence: q.fence, At: time.Now()}
		seen := map[disclose.Counted]bool{}
		for _, c := range group {
			commit.Rows = append(commit.Rows, c.row)
			for _, s := range c.counters {
				if !seen[s] {
					seen[s] = true
					commit.Counters = append(commit.Counters, disclose.Counter{Counted: s, Version: q.versions[s],
						Tally: limits.Tally{Day: 20_000, Persons: int32(q.versions[s]) & 0xffff}})
				}
			}
		}
		_, err := q.store.Commit(ctx, commit)
		for s := range seen {
			q.versions[s]++
		}
		for _, c := range group {
			c.done <- err
		}
	}
}

// drain adds all who wait, and lets those who were just woken ask too, as long as any do: no timer, and full groups.
func (q *queue) drain(group []call) []call {
	for grown := true; grown; {
		runtime.Gosched()
		grown = false
		for n := len(q.calls); n > 0; n-- {
			c, ok := <-q.calls
			if !ok {
				return group
			}
			group, grown = append(group, c), true
		}
	}
	return group
}

// benchCall is what the n-th request of an agent leaves: one person shown.
func benchCall(agent, n int) call {
	account := cloison.AccountID(agent + 1)
	c := call{done: make(chan error, 1), row: ledger.Row{At: time.Now().UTC().Truncate(time.Millisecond), Account: account,
		Structure: cloison.StructureID(fmt.Sprintf("ML%03d", agent%440)), Tool: "dossiers", Operation: "read",
		Person: cloison.PersonRef(fmt.Sprintf("%08d", (agent*7919+n*104729)%1_600_000)), Fields: 0x7f, Explanation: "caseload",
		Session: cloison.SessionID(agent + 1), Request: fmt.Sprintf("r%016x", n), Nonce: [16]byte{byte(n), byte(agent)}}}
	c.counters = [4]disclose.Counted{disclose.CountedAccount(account), disclose.CountedLineage(account),
		disclose.CountedStructure(c.row.Structure), disclose.Counted("b:" + account.String())}
	return c
}

// grouped commits through a queue, with that number of callers, until stopped; it returns the rows that were acknowledged.
func grouped(b *testing.B, store disclose.Store, callers int, d time.Duration) int64 {
	gate, err := store.Gate(b.Context())
	if err != nil {
		b.Fatal(err)
	}
	q := &queue{store: store, calls: make(chan call, callers), versions: map[disclose.Counted]int64{}, fence: gate.Fence}
	var subjects []disclose.Counted
	for agent := range callers {
		for _, s := range benchCall(agent, 0).counters {
			subjects = append(subjects, s)
		}
	}
	counters, err := store.Tallies(b.Context(), subjects)
	if err != nil {
		b.Fatal(err)
	}
	for _, c := range counters {
		q.versions[c.Counted] = c.Version
	}
	var writer, waiting sync.WaitGroup
	writer.Go(func() { q.run(b.Context()) })
	var n atomic.Int64
	end := time.Now().Add(d)
	for agent := range callers {
		waiting.Go(func() {
			for i := 0; time.Now().Before(end); i++ {
				c := benchCall(agent, i)
				q.calls <- c
				if err := <-c.done; err != nil {
					b.Error(err)
					return
				}
				n.Add(1)
			}
		})
	}
	waiting.Wait()
	close(q.calls)
	writer.Wait()
	return n.Load()
}

func openSQLite(b testing.TB) *sqlite.DB {
	db, err := sqlite.Open(b.Context(), filepath.Join(b.TempDir(), "cloison.db"), sqlite.Options{Migrate: true})
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { db.Close() })
	return db
}

func openPostgres(b testing.TB, o postgres.Options) (*postgres.DB, string) {
	url := server.Database(b, func(ctx context.Context, url string) error {
		db, err := postgres.Open(ctx, url, postgres.Options{Migrate: true})
		if err != nil {
			return err
		}
		return db.Close()
	})
	db, err := postgres.Open(b.Context(), url, o)
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { db.Close() })
	if err := db.Maintain(b.Context(), time.Now()); err != nil {
		b.Fatal(err)
	}
	return db, url
}

// singleRows is the peer: PostgreSQL used as usual, one transaction for each row, by that number of connections, on a plain
// table with the same columns and one index. With counters, the transaction also upserts the four counters of its row,
// by one statement; nothing orders the rows. It returns the rows that were acknowledged.
func singleRows(b *testing.B, pool *pgxpool.Pool, connections int, d time.Duration, withCounters bool) int64 {
	const insert = `INSERT INTO plain (at, account, structure, tool, operation, person, fields, explanation, session, request, nonce)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)`
	const upsert = `WITH c AS (INSERT INTO counter SELECT s, 1, $12::bytea FROM unnest($13::text[]) s ORDER BY s
		ON CONFLICT (subject) DO UPDATE SET version = counter.version + 1, tally = excluded.tally) ` + insert
	tally, err := limits.Tally{Day: 20_000, Persons: 3}.MarshalBinary()
	if err != nil {
		b.Fatal(err)
	}
	var waiting sync.WaitGroup
	var n atomic.Int64
	end := time.Now().Add(d)
	for agent := range connections {
		waiting.Go(func() {
			for i := 0; time.Now().Before(end); i++ {
				c := benchCall(agent, i)
				r := c.row
				args := []any{r.At, int64(r.Account), string(r.Structure), r.Tool, r.Operation, string(r.Person), int64(r.Fields),
					r.Explanation, int64(r.Session), r.Request, r.Nonce[:]}
				query := insert
				if withCounters {
					var subjects []string
					for _, s := range c.counters {
						subjects = append(subjects, string(s))
					}
					query, args = upsert, append(args, tally, subjects)
				}
				if _, err := pool.Exec(b.Context(), query, args...); err != nil {
					b.Error(err)
					return
				}
				n.Add(1)
			}
		})
	}
	waiting.Wait()
	return n.Load()
}

// BenchmarkCommits takes turns, a second each, and reports medians of rates and of the ratios within a turn: SQLite by
// 64 waiting callers against PostgreSQL row by row by 16 connections (with and without counters), and our own store on
// PostgreSQL by 64 callers.
func BenchmarkCommits(b *testing.B) {
	lite := openSQLite(b)
	pg, url := openPostgres(b, postgres.Options{})
	config, err := pgxpool.ParseConfig(url)
	if err != nil {
		b.Fatal(err)
	}
	config.MaxConns = 16
	pool, err := pgxpool.NewWithConfig(b.Context(), config)
	if err != nil {
		b.Fatal(err)
	}
	defer pool.Close()
	if _, err := pool.Exec(b.Context(), `CREATE TABLE plain (seq bigint GENERATED ALWAYS AS IDENTITY, at timestamptz NOT NULL,
		account bigint NOT NULL, structure text NOT NULL, tool text NOT NULL, operation text NOT NULL, person text NOT NULL,
		fields bigint NOT NULL, explanation text NOT NULL, session bigint NOT NULL, request text NOT NULL, nonce bytea NOT NULL);
		CREATE INDEX ON plain (account, at)`); err != nil {
		b.Fatal(err)
	}
	var results [4][]float64
	round := func(d time.Duration) {
		for i, rate := range []func() int64{
			func() int64 { return grouped(b, lite, 64, d) },
			func() int64 { return singleRows(b, pool, 16, d, false) },
			func() int64 { return singleRows(b, pool, 16, d, true) },
			func() int64 { return grouped(b, pg, 64, d) },
		} {
			results[i] = append(results[i], float64(rate())/d.Seconds())
		}
	}
	round(200 * time.Millisecond)
	results = [4][]float64{}
	for b.Loop() {
		round(time.Second)
	}
	for i, name := range []string{"sqlite64", "pgrow16", "pgrowcounters16", "pg64"} {
		b.ReportMetric(median(results[i]), name+"/s")
	}
	b.ReportMetric(median(ratios(results[0], results[1])), "sqlite÷pgrow")
	b.ReportMetric(median(ratios(results[0], results[2])), "sqlite÷pgrowcounters")
	b.ReportMetric(median(ratios(results[3], results[1])), "pg÷pgrow")
}

func ratios(a, b []float64) []float64 {
	r := make([]float64, len(a))
	for i := range a {
		r[i] = a[i] / b[i]
	}
	return r
}

func median(x []float64) float64 {
	x = slices.Sorted(slices.Values(x))
	return x[len(x)/2]
}
