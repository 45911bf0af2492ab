package figures

import (
	"context"
	"crypto/rand"
	"fmt"
	"os"
	"path/filepath"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"cloison"
	"cloison/disclose"
	"cloison/internal/testkit"
	"cloison/policy"
)

const peerConnections = 16 // where PostgreSQL is at its best on two cores

// commits measures how many disclosures become durable each second when so many callers each wait for their own, through the
// whole stage (decision, caps, detector, row) on SQLite, beside single-row commits on PostgreSQL with fsync on, on the same disk.
func (b *bench) commits(t *testing.T) {
	f := atLeast(fmt.Sprintf("commits, %d waiting callers through disclose on SQLite, over PostgreSQL's single rows", b.callers), 3, "×")
	b.add(f)
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
	p := beginPostgres(t)

	turn, rows, single := 0, 0, 0
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
		ours := sqliteRate()
		m, after := p.insertFor(t, b.slice)
		single += n + m
		s := sample{"SQLite rows/s": ours, "PostgreSQL rows/s": (before + after) / 2, "sync µs": floor}
		s["ratio"] = ours / s["PostgreSQL rows/s"]
		return s, drift(before, after)
	})
	stop()
	f.measured(pick(samples, "ratio"))
	for _, name := range []string{"SQLite rows/s", "PostgreSQL rows/s", "sync µs"} {
		f.beside(name, pick(samples, name))
	}
	f.beside("rows a commit", []float64{float64(rows) / float64(w.stage.Figures().Commits)})
	cancel()
	<-ended
	report, err := w.report()
	if err != nil {
		t.Fatal(err)
	}
	if report.Rows != rows {
		t.Fatalf("%d disclosures were answered, but the ledger has %d rows", rows, report.Rows)
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
				a, err := w.stage.Disclose(t.Context(), disclose.Request{Who: who, Tool: "dossiers", Operation: policy.Read, ID: id,
					Persons: []disclose.Person{{Ref: ref(i*b.caseload + j%b.caseload), Fields: fields}}})
				if err != nil {
					t.Error(err)
					return
				}
				if len(a.Decision.Persons) != 1 || !a.Decision.Persons[0].Shown() || a.Decision.Persons[0].Show.Has(cloison.NIR) {
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
			tool text NOT NULL, operation text NOT NULL, person text NOT NULL, fields integer NOT NULL, explanation text NOT NULL,
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
