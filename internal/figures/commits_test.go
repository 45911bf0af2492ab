package figures

import (
	"context"
	"crypto/rand"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"cloison"
	"cloison/internal/testkit"
	"cloison/ledger"
	"cloison/rules/policy"
	"cloison/wall/disclose"
)

const peerConnections = 16 // where PostgreSQL is at its best on two cores

// commits measures how many rows become durable each second when so many callers each wait for their own on SQLite,
// beside single-row commits on PostgreSQL with fsync on, on the same disk: once like for like, the ledger's row alone
// through the store's Commit behind a queue; and once through the whole stage, which for each row also decides and
// stores three counters.
func (b *bench) commits(t *testing.T) {
	alone := atLeast(fmt.Sprintf("commits, %d waiting callers, the row alone, SQLite over PostgreSQL", b.callers), 3,
		"×")
	whole := atLeast(fmt.Sprintf("commits, %d waiting callers, the whole of disclose on SQLite over PostgreSQL's row alone", b.callers), 3, "×")
	b.add(alone, whole)
	b.progress("commits")
	dir := filepath.Join(b.scratch, "commits")
	if err := os.MkdirAll(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	w, err := newWorld(ctx, dir, b.callers, b.caseload)
	if err != nil {
		t.Fatal(err)
	}
	ended := make(chan struct{})
	go func() { w.stage.Run(ctx); close(ended) }()
	defer func() { cancel(); <-ended }()
	q := &queue{store: w.store, waiting: make(chan *commit, b.callers)}
	go q.run(ctx, t)
	p := beginPostgres(t)

	turn, rows, queued, single := 0, 0, 0, 0
	sqliteRate := func() float64 {
		n, rate := b.discloseFor(t, w, turn)
		turn, rows = turn+n/b.callers+10, rows+n
		return rate
	}
	sqliteRate() // warm
	stop, err := profile("commits")
	if err != nil {
		t.Fatal(err)
	}
	samples := b.repeat("commits", func(int) (sample, float64) {
		floor := syncTime(t, dir)
		n, before := p.insertFor(t, b.slice)
		m, ours := b.queueFor(t, q, w)
		all := sqliteRate()
		o, after := p.insertFor(t, b.slice)
		single, queued = single+n+o, queued+m
		s := sample{"row alone/s": ours, "whole/s": all, "PostgreSQL rows/s": (before + after) / 2, "sync µs": floor}
		s["alone"], s["through disclose"] = ours/s["PostgreSQL rows/s"], all/s["PostgreSQL rows/s"]
		return s, drift(before, after)
	})
	stop()
	alone.measured(pick(samples, "alone"))
	whole.measured(pick(samples, "through disclose"))
	for _, name := range []string{"row alone/s", "PostgreSQL rows/s", "sync µs"} {
		alone.beside(name, pick(samples, name))
	}
	alone.beside("rows a commit", []float64{float64(queued) / float64(q.commits)})
	whole.beside("whole/s", pick(samples, "whole/s")).beside("rows a commit",
		[]float64{float64(rows) / float64(w.stage.Metrics().Commits)})
	cancel()
	<-ended
	report, err := w.report()
	if err != nil {
		t.Fatal(err)
	}
	if report.Rows != rows+queued {
		t.Fatalf("%d disclosures and %d rows were answered, but the ledger has %d", rows, queued, report.Rows)
	}
	if n := p.count(t); n != single {
		t.Fatalf("%d rows were inserted, but PostgreSQL has %d", single, n)
	}
}

// discloseFor has every caller disclose one person after the other, each a new one, and wait for the row.
func (b *bench) discloseFor(t *testing.T, w *world, from int) (n int, rate float64) {
	t.Helper()
	var total, request atomic.Int64
	var group sync.WaitGroup
	fields := cloison.Identity | cloison.Birth | cloison.NIR | cloison.Postal | cloison.Email | cloison.Phone
	began := time.Now()
	until := began.Add(b.slice)
	for i := range b.callers {
		group.Go(func() {
			who := w.who(i)
			for j := from; time.Now().Before(until); j++ {
				id := fmt.Sprintf("%d-%d", from, request.Add(1))
				a, err := w.stage.Disclose(t.Context(), disclose.Request{Agent: who, Tool: "dossiers",
					Operation: policy.Read, ID: id,
					Persons: []disclose.Person{{Ref: ref(i*b.caseload + j%b.caseload), Fields: fields}}})
				if err != nil {
					t.Error(err)
					return
				}
				if len(a.Decision.Persons) != 1 || !a.Decision.Persons[0].Shown() ||
					a.Decision.Persons[0].Show.Has(cloison.NIR) {
					t.Errorf("decided %+v", a.Decision)
					return
				}
				total.Add(1)
			}
		})
	}
	group.Wait()
	if total.Load() == 0 {
		t.Fatal("nothing was disclosed")
	}
	return int(total.Load()), float64(total.Load()) / time.Since(began).Seconds()
}

// queue is a group commit in its simplest form: whoever waits goes into the next transaction.
type queue struct {
	store   disclose.Store
	waiting chan *commit
	commits int
}

// commit is one caller's row; done has room for the one answer.
type commit struct {
	row  ledger.Row
	done chan error
}

func (q *queue) run(ctx context.Context, t *testing.T) {
	gate, err := q.store.Gate(ctx)
	if err != nil {
		t.Error(err)
		return
	}
	var rows []ledger.Row
	var group []*commit
	for {
		rows, group = rows[:0], group[:0]
		select {
		case <-ctx.Done():
			return
		case c := <-q.waiting:
			rows, group = append(rows, c.row), append(group, c)
		}
		runtime.Gosched()
		for len(q.waiting) > 0 {
			c := <-q.waiting
			rows, group = append(rows, c.row), append(group, c)
		}
		_, err := q.store.Commit(ctx, disclose.Commit{Fence: gate.Fence, At: time.Now(), Rows: rows})
		q.commits++
		for _, c := range group {
			c.done <- err
		}
	}
}

// queueFor has every caller commit the ledger's row, alone, one after the other.
func (b *bench) queueFor(t *testing.T, q *queue, w *world) (n int, rate float64) {
	t.Helper()
	var total atomic.Int64
	var group sync.WaitGroup
	began := time.Now()
	until := began.Add(b.slice)
	for i := range b.callers {
		group.Go(func() {
			c := &commit{done: make(chan error, 1), row: ledger.Row{Account: w.sessions[i].Account,
				Structure: "ML-1", Tool: "dossiers",
				Operation: "read", Fields: 127, Explanation: "caseload", Session: w.sessions[i].ID,
				Request: "0123456789abcdef"}}
			for j := 0; time.Now().Before(until); j++ {
				c.row.At, c.row.Person = time.Now(), ref(j)
				rand.Read(c.row.Nonce[:])
				q.waiting <- c
				if err := <-c.done; err != nil {
					t.Error(err)
					return
				}
				total.Add(1)
			}
		})
	}
	group.Wait()
	return int(total.Load()), float64(total.Load()) / time.Since(began).Seconds()
}

// postgres is a private server with a table like the ledger's and one index.
type postgres struct{ connections []*pgx.Conn }

func beginPostgres(t *testing.T) *postgres {
	t.Helper()
	ctx := context.Background()
	server := &testkit.Postgres{}
	t.Cleanup(server.Stop)
	at := server.Database(t, func(ctx context.Context, url string) error {
		c, err := pgx.Connect(ctx, url)
		if err != nil {
			return err
		}
		defer c.Close(ctx)
		_, err = c.Exec(ctx, `CREATE TABLE ledger (seq bigserial PRIMARY KEY, at bigint NOT NULL, account bigint NOT NULL, structure text NOT NULL,
			tool text NOT NULL, operation text NOT NULL, person text NOT NULL, fields integer NOT NULL,
				explanation text NOT NULL,
			session bigint NOT NULL, request text NOT NULL, nonce bytea NOT NULL);
			CREATE INDEX ON ledger (account, at)`)
		return err
	})
	p := &postgres{}
	for range peerConnections {
		c, err := pgx.Connect(ctx, at)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { c.Close(ctx) })
		p.connections = append(p.connections, c)
	}
	for name, want := range map[string]string{"fsync": "on", "synchronous_commit": "on"} {
		var got string
		if err := p.connections[0].QueryRow(ctx, "SHOW "+name).Scan(&got); err != nil || got != want {
			t.Fatalf("%s is %q (%v), want %q", name, got, err, want)
		}
	}
	p.insertFor(t, 100*time.Millisecond) // prepares the statements
	if _, err := p.connections[0].Exec(ctx, "TRUNCATE ledger"); err != nil {
		t.Fatal(err)
	}
	return p
}

// insertFor commits single rows over all connections.
func (p *postgres) insertFor(t *testing.T, slice time.Duration) (n int, rate float64) {
	t.Helper()
	ctx := context.Background()
	var total atomic.Int64
	var group sync.WaitGroup
	began := time.Now()
	until := began.Add(slice)
	for i, c := range p.connections {
		group.Go(func() {
			var nonce [32]byte
			rand.Read(nonce[:])
			for j := 0; time.Now().Before(until); j++ {
				_, err := c.Exec(ctx, `INSERT INTO ledger (at, account, structure, tool, operation, person, fields, explanation, session, request, nonce)
					VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)`, time.Now().UnixMilli(), int64(i+1)<<40, "ML-1", "dossiers", "read",
					string(ref(j)), 127, "caseload", int64(i+1)<<41, "0123456789abcdef", nonce[:])
				if err != nil {
					t.Error(err)
					return
				}
				total.Add(1)
			}
		})
	}
	group.Wait()
	return int(total.Load()), float64(total.Load()) / time.Since(began).Seconds()
}

func (p *postgres) count(t *testing.T) (n int) {
	t.Helper()
	if err := p.connections[0].QueryRow(context.Background(), "SELECT count(*) FROM ledger").Scan(&n); err != nil {
		t.Fatal(err)
	}
	return n
}
