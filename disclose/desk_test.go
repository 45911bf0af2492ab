package disclose_test

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"cloison"
	"cloison/bound"
	"cloison/directory"
	"cloison/disclose"
	"cloison/policy"
	"cloison/signin"
	"cloison/store/sqlite"
)

// world is a store with a structure, accounts and caseloads, and one Discloser (replica) or several on it.
type world struct {
	t     *testing.T
	store *sqlite.DB
	path  string
	dir   *directory.Directory
	clock *clock
	set   policy.Settings
}

// clock is a time that tests move.
type clock struct {
	mu sync.Mutex
	t  time.Time
}

func (c *clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.t
}

func (c *clock) Set(t time.Time) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.t = t
}

func (c *clock) Add(d time.Duration) { c.Set(c.Now().Add(d)) }

func quiet() *slog.Logger { return slog.New(slog.NewTextHandler(io.Discard, nil)) }

func newWorld(t *testing.T) *world {
	t.Helper()
	path := filepath.Join(t.TempDir(), "cloison.db")
	store, err := sqlite.Open(t.Context(), path, sqlite.Options{Migrate: true})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { store.Close() })
	c := &clock{t: time.Date(2025, 12, 1, 9, 0, 0, 0, time.UTC)}
	w := &world{t: t, store: store, path: path, clock: c, set: policy.Default(), dir: directory.New(store, directory.Settings{}, quiet(), c.Now)}
	w.must(store.ImportStructures(t.Context(), []directory.Structure{{ID: "ML-1", Label: "Mission Locale d’essai"}}))
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
func (w *world) adviser(n int, change ...func(*directory.Account)) disclose.Who {
	w.t.Helper()
	ctx, b := w.t.Context(), directory.Binding{IdP: "idp", Sub: fmt.Sprint("sub-", n)}
	a := directory.Account{
		ID: cloison.NewAccountID(), Structure: "ML-1", Name: "Agent", Email: cloison.Personal(fmt.Sprintf("agent%d@ml.example", n)), Binding: b,
		Roles: directory.Adviser, State: directory.Active, Created: w.clock.Now().AddDate(-1, 0, 0), AwarenessUntil: w.clock.Now().AddDate(0, 3, 0),
	}
	a.Lineage = a.ID
	for _, c := range change {
		c(&a)
	}
	w.must(w.store.ImportAccounts(ctx, []directory.Account{a}))
	stored, err := w.store.AccountByBinding(ctx, b)
	w.must(nil, err)
	if len(change) > 0 {
		a.ID, a.Version = stored.ID, stored.Version
		w.must(nil, w.store.UpdateAccount(ctx, a))
	}
	var batch []directory.Assignment
	for i := range 100 {
		batch = append(batch, directory.Assignment{Binding: b, Person: person(n, i), Means: directory.Caseload, Since: w.clock.Now().AddDate(0, -1, 0)})
	}
	w.must(w.store.ImportCaseload(ctx, batch))
	return w.session(stored.ID, b, 20)
}

func (w *world) session(id cloison.AccountID, b directory.Binding, left int32) disclose.Who {
	w.t.Helper()
	s := signin.Session{ID: cloison.NewSessionID(), Account: id, Binding: b, Opened: w.clock.Now(), LastSeen: w.clock.Now(),
		PasskeyAt: w.clock.Now(), Expires: w.clock.Now().Add(4 * time.Hour), Token: [32]byte{byte(id), byte(id >> 8), byte(time.Now().UnixNano())}}
	w.must(nil, w.store.AddSession(w.t.Context(), s, left))
	return disclose.Who{Account: id, Session: policy.Session{ID: s.ID, Assurance: policy.PhishingResistant, PasskeyAt: s.PasskeyAt}}
}

func person(n, i int) cloison.PersonRef { return cloison.PersonRef(fmt.Sprintf("%d-%d", n, i)) }

// replica starts one Discloser on the world's store, or on another handle of the same file.
func (w *world) replica(store disclose.Store) *disclose.Discloser {
	w.t.Helper()
	d, err := disclose.New(disclose.Options{Store: store, Directory: w.dir, Settings: w.set, Zone: time.UTC, Log: quiet(), Now: w.clock.Now})
	if err != nil {
		w.t.Fatal(err)
	}
	ctx, stop := context.WithCancel(context.WithoutCancel(w.t.Context()))
	ended := make(chan struct{})
	go func() { d.Run(ctx); close(ended) }()
	w.t.Cleanup(func() { stop(); <-ended })
	return d
}

func read(who disclose.Who, ref cloison.PersonRef) disclose.Request {
	return disclose.Request{Who: who, Tool: "dossiers", Operation: policy.Read, ID: "r",
		Persons: []disclose.Person{{Ref: ref, Fields: cloison.Identity | cloison.NIR}}}
}

func (w *world) reads(d *disclose.Discloser, who disclose.Who, ref cloison.PersonRef) policy.Decision {
	w.t.Helper()
	a, err := d.Disclose(w.t.Context(), read(who, ref))
	if err != nil {
		w.t.Fatal(err)
	}
	return a.Decision
}

func TestAnExplainedPersonIsShownAndRecorded(t *testing.T) {
	w := newWorld(t)
	who, d := w.adviser(1), w.replica(w.store)
	decision := w.reads(d, who, person(1, 3))
	if decision.Verdict != policy.Permit || decision.Persons[0].Show != cloison.Identity || decision.Persons[0].Mask != cloison.NIR {
		t.Fatalf("%+v", decision)
	}
	rows, err := w.store.Rows(t.Context(), 0, 10)
	if err != nil || len(rows) != 1 {
		t.Fatal(rows, err)
	}
	if r := rows[0]; r.Seq != 1 || r.Person != person(1, 3) || r.Fields != cloison.Identity || r.Explanation != "caseload" || r.Account != who.Account {
		t.Fatalf("%+v", r)
	}
}

func TestAStrangerIsRefusedAndTheAttemptCounts(t *testing.T) {
	w := newWorld(t)
	who, d := w.adviser(1), w.replica(w.store)
	var hard bool
	for i := range 10 {
		decision := w.reads(d, who, person(2, i))
		if decision.Verdict != policy.Refuse || decision.Persons[0].Shown() {
			t.Fatalf("%+v", decision)
		}
	}
	alarms, err := w.store.Alarms(t.Context(), 0, 10)
	if err != nil {
		t.Fatal(err)
	}
	for _, a := range alarms {
		hard = hard || a.Level == bound.Hard.String() && a.Subject == disclose.AccountSubject(who.Account)
	}
	if !hard {
		t.Fatalf("ten strangers asked for and no hard alarm: %+v", alarms)
	}
	if rows, _ := w.store.Rows(t.Context(), 0, 10); len(rows) != 0 {
		t.Fatal("a refusal left rows")
	}
	if w.reads(d, who, person(1, 0)).Verdict != policy.Permit {
		t.Fatal("the caseload stays open")
	}
}

// TestCapsHoldOnTwoReplicas lets two replicas with their own handles race for one account, whose passkey is shown again and again.
func TestCapsHoldOnTwoReplicas(t *testing.T) {
	w := newWorld(t)
	second, err := sqlite.Open(t.Context(), w.path, sqlite.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { second.Close() })
	who := w.adviser(1)
	replicas := []*disclose.Discloser{w.replica(w.store), w.replica(second)}
	var shown sync.Map
	var group sync.WaitGroup
	for i := range 100 {
		group.Go(func() {
			for try := 0; ; try++ {
				a, err := replicas[(i+try)%2].Disclose(t.Context(), read(who, person(1, i)))
				switch {
				case err != nil:
					t.Error(err)
					return
				case a.Decision.Verdict == policy.Permit:
					shown.Store(i, true)
					return
				case a.Decision.Verdict == policy.StepUp && try < 50:
					if err := w.store.RenewPresence(t.Context(), who.Session.ID, 20); err != nil {
						t.Error(err)
						return
					}
					continue
				}
				return
			}
		})
	}
	group.Wait()
	n := 0
	shown.Range(func(any, any) bool { n++; return true })
	roll, _ := w.store.Shown(t.Context(), who.Account, "dossiers", w.clock.Now().Add(-time.Hour))
	if n != 60 || len(roll) != 60 {
		t.Fatalf("%d persons shown, %d in rows: the cap is 60", n, len(roll))
	}
}

func TestPresenceLeaseEndsAStolenCookie(t *testing.T) {
	w := newWorld(t)
	who, d := w.adviser(1), w.replica(w.store)
	shown := 0
	for i := range 40 {
		decision := w.reads(d, who, person(1, i))
		if decision.Verdict == policy.Permit {
			shown++
		} else if decision.Proof != policy.PasskeyProof || decision.Reasons[0].Code != policy.Presence {
			t.Fatalf("%+v", decision)
		}
	}
	if shown != 20 {
		t.Fatalf("%d persons shown on one touch", shown)
	}
	if w.reads(d, who, person(1, 0)).Verdict != policy.Permit {
		t.Fatal("a person already shown today costs no lease")
	}
}

func TestAClockThatGoesBackClosesTheLedger(t *testing.T) {
	w := newWorld(t)
	who, d := w.adviser(1), w.replica(w.store)
	w.reads(d, who, person(1, 0))
	w.clock.Add(-2 * time.Second)
	if w.reads(d, who, person(1, 1)).Verdict != policy.Permit {
		t.Fatal("two replicas' clocks may differ by a little")
	}
	w.clock.Add(-time.Hour)
	if decision := w.reads(d, who, person(1, 2)); decision.Verdict != policy.Refuse || decision.Reasons[0].Code != policy.ClosedLedger {
		t.Fatalf("%+v", decision)
	}
	w.clock.Add(2 * time.Hour)
	if w.reads(d, who, person(1, 3)).Verdict != policy.Permit {
		t.Fatal("the clock is right again")
	}
}
