package disclose_test

import (
	"context"
	"fmt"
	"log/slog"
	"os"
	"testing"
	"time"

	"cloison"
	"cloison/access/directory"
	"cloison/access/explanation"
	"cloison/internal/testkit"
	"cloison/internal/testkit/testworld"
	"cloison/rules/policy"
	"cloison/store/postgres"
	"cloison/store/sqlite"
	"cloison/store/storetest"
	"cloison/wall/disclose"
)

// world is a store with a structure, on which a test makes accounts and replicas (Disclosers).
type world struct {
	t            *testing.T
	store        storetest.All
	open         storetest.Open // one more replica's hold on the same database
	dir          *directory.Directory
	explanations *explanation.Explanations
	clock        *testkit.Clock
	set          policy.Settings
}

var server testkit.Postgres

func TestMain(m *testing.M) {
	code := m.Run()
	server.Stop()
	os.Exit(code)
}

// onBoth runs the test on each engine.
func onBoth(t *testing.T, test func(w *world)) {
	t.Helper()
	t.Run("sqlite", func(t *testing.T) {
		t.Parallel()
		path := testkit.SQLite(t)
		test(newWorld(t, func(t *testing.T) storetest.All {
			return held(t)(sqlite.Open(t.Context(), path, sqlite.Options{}))
		}))
	})
	t.Run("postgres", func(t *testing.T) {
		t.Parallel()
		url := server.Database(t, func(ctx context.Context, url string) error {
			db, err := postgres.Open(ctx, url, postgres.Options{Migrate: true})
			if err != nil {
				return err
			}
			return db.Close()
		})
		test(newWorld(t, func(t *testing.T) storetest.All {
			return held(t)(postgres.Open(t.Context(), url, postgres.Options{}))
		}))
	})
}

// held closes a store at the end of the test.
func held(t *testing.T) func(s storetest.All, err error) storetest.All {
	return func(s storetest.All, err error) storetest.All {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { s.Close() })
		return s
	}
}

func quiet() *slog.Logger { return slog.New(slog.DiscardHandler) }

func newWorld(t *testing.T, open storetest.Open) *world {
	t.Helper()
	c := testkit.NewClock(time.Date(2025, 12, 1, 9, 0, 0, 0, time.UTC))
	store := open(t)
	w := &world{t: t, store: store, open: open, clock: c, set: policy.Default(), dir: directory.New(store, directory.Settings{}, quiet(), c.Now)}
	w.explanations = explanation.New(store, w.dir, explanation.Settings{}, c.Now)
	w.must(store.ImportStructures(t.Context(), []directory.Structure{{ID: "ML1", Label: "Mission Locale d’essai"}}))
	return w
}

func (w *world) must(refused []error, err error) {
	w.t.Helper()
	for _, r := range append(refused, err) {
		if r != nil {
			w.t.Fatal(r)
		}
	}
}

// adviser imports an established account whose caseload is the persons "n-0" to "n-99", and opens a session for it.
func (w *world) adviser(n int, change ...func(*directory.Account)) disclose.Agent {
	w.t.Helper()
	a := testworld.AddAccount(w.t, w.store, w.clock.Now(), fmt.Sprint("sub-", n), change...)
	var persons []cloison.PersonRef
	for i := range 100 {
		persons = append(persons, person(n, i))
	}
	testworld.AddCaseload(w.t, w.store, w.clock.Now(), a, persons...)
	return w.session(a)
}

func (w *world) session(a directory.Account) disclose.Agent {
	w.t.Helper()
	s := testworld.AddSession(w.t, w.store, w.clock.Now(), a, 20)
	return disclose.Agent{Account: a.ID, Session: policy.Session{ID: s.ID, Assurance: policy.PhishingResistant, PasskeyAt: s.PasskeyAt}}
}

func person(n, i int) cloison.PersonRef { return cloison.PersonRef(fmt.Sprintf("%d-%d", n, i)) }

// replica starts one Discloser on the world's store, or on another handle of the same file.
func (w *world) replica(store disclose.Store, change ...func(*disclose.Options)) *disclose.Discloser {
	w.t.Helper()
	o := disclose.Options{Store: store, Directory: w.dir, Explanations: w.explanations, Settings: w.set, Zone: time.UTC, Log: quiet(), Now: w.clock.Now}
	for _, c := range change {
		c(&o)
	}
	d, err := disclose.New(o)
	if err != nil {
		w.t.Fatal(err)
	}
	ctx, stop := context.WithCancel(context.WithoutCancel(w.t.Context()))
	ended := make(chan struct{})
	go func() { d.Run(ctx); close(ended) }()
	w.t.Cleanup(func() { stop(); <-ended })
	return d
}

func read(who disclose.Agent, ref cloison.PersonRef) disclose.Request {
	return disclose.Request{Agent: who, Tool: "dossiers", Operation: policy.Read, ID: "r",
		Persons: []disclose.Person{{Ref: ref, Fields: cloison.Identity | cloison.NIR}}}
}

func (w *world) reads(d *disclose.Discloser, who disclose.Agent, ref cloison.PersonRef) policy.Decision {
	w.t.Helper()
	a, err := d.Disclose(w.t.Context(), read(who, ref))
	if err != nil {
		w.t.Fatal(err)
	}
	return a.Decision
}
