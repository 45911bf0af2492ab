package disclose_test

import (
	"context"
	"fmt"
	"os"
	"testing"
	"time"

	"cloison"
	"cloison/access/directory"
	"cloison/internal/testkit"
	"cloison/internal/testkit/testworld"
	"cloison/rules/policy"
	"cloison/store/postgres"
	"cloison/store/storetest"
	"cloison/wall/disclose"
)

// world is the shared one, on which a test makes accounts and replicas (Disclosers).
type world struct {
	*testworld.World
	set policy.Settings
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
		test(newWorld(t, nil))
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
		test(newWorld(t, func(t testing.TB) storetest.All {
			db, err := postgres.Open(t.Context(), url, postgres.Options{})
			if err != nil {
				t.Fatal(err)
			}
			return db
		}))
	})
}

func newWorld(t *testing.T, open testworld.Open) *world {
	t.Helper()
	return &world{testworld.New(t, testworld.Options{Empty: true, Open: open}), policy.Default()}
}

// adviser imports an established account whose caseload is the persons "n-0" to "n-99", and opens a session for it.
func (w *world) adviser(n int, change ...func(*directory.Account)) disclose.Agent {
	w.Helper()
	a := testworld.AddAccount(w.TB, w.DB, w.Clock.Now(), fmt.Sprint("sub-", n), change...)
	var persons []cloison.PersonRef
	for i := range 100 {
		persons = append(persons, person(n, i))
	}
	testworld.AddCaseload(w.TB, w.DB, w.Clock.Now(), a, persons...)
	return w.session(a)
}

func (w *world) session(a directory.Account) disclose.Agent {
	w.Helper()
	s := testworld.AddSession(w.TB, w.DB, w.Clock.Now(), a, 20)
	return disclose.Agent{Account: a.ID, Session: policy.Session{ID: s.ID, Assurance: policy.PhishingResistant, PasskeyAt: s.PasskeyAt}}
}

func person(n, i int) cloison.PersonRef { return cloison.PersonRef(fmt.Sprintf("%d-%d", n, i)) }

// replica starts one Discloser on the world's store, or on another handle of the same file.
func (w *world) replica(store disclose.Store, change ...func(*disclose.Options)) *disclose.Discloser {
	w.Helper()
	o := disclose.Options{Store: store, Directory: w.Directory, Explanations: w.Explanations, Settings: w.set, Zone: time.UTC, Log: testkit.Quiet(), Now: w.Clock.Now}
	for _, c := range change {
		c(&o)
	}
	d, err := disclose.New(o)
	w.Must(err)
	ctx, stop := context.WithCancel(context.WithoutCancel(w.Ctx))
	ended := make(chan struct{})
	go func() { d.Run(ctx); close(ended) }()
	w.Cleanup(func() { stop(); <-ended })
	return d
}

func read(who disclose.Agent, ref cloison.PersonRef) disclose.Request {
	return disclose.Request{Agent: who, Tool: "dossiers", Operation: policy.Read, ID: "r",
		Persons: []disclose.Person{{Ref: ref, Fields: cloison.Identity | cloison.NIR}}}
}

func (w *world) reads(d *disclose.Discloser, who disclose.Agent, ref cloison.PersonRef) policy.Decision {
	w.Helper()
	a, err := d.Disclose(w.Ctx, read(who, ref))
	w.Must(err)
	return a.Decision
}
