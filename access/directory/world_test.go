package directory_test

import (
	"context"
	"errors"
	"log/slog"
	"sync"
	"testing"
	"time"

	"cloison"
	"cloison/access/directory"
	"cloison/internal/testkit"
	"cloison/store/sqlite"
)

// world is two partner bodies of one network on a real store, with one bearer of each role.
type world struct {
	*testing.T
	ctx   context.Context
	db    *sqlite.DB
	d     *directory.Directory
	clock *clock
	who   map[string]directory.Account
}

// clock is a time that tests move by hand.
type clock struct {
	mu sync.Mutex
	t  time.Time
}

func (c *clock) now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.t
}

func (c *clock) add(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.t = c.t.Add(d)
}

func newWorld(t *testing.T, s directory.Settings) *world {
	t.Helper()
	w := &world{T: t, ctx: t.Context(), who: map[string]directory.Account{},
		clock: &clock{t: time.Date(2025, 12, 1, 9, 0, 0, 0, time.UTC)}}
	db, err := sqlite.Open(w.ctx, testkit.SQLite(t), sqlite.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { db.Close() })
	w.db = db
	w.d = directory.New(db, s, slog.New(slog.DiscardHandler), w.clock.now)
	_, err = db.ImportStructures(w.ctx, []directory.Structure{{ID: "ML1", SIRET: "35600000000048",
		Label: "Mission locale un"},
		{ID: "ML2", SIRET: "35600000000048", Label: "Mission locale deux"}})
	if err != nil {
		t.Fatal(err)
	}
	w.add("ML1", "adviser", directory.Adviser)
	w.add("ML1", "colleague", directory.Adviser)
	w.add("ML1", "manager", directory.Manager)
	w.add("ML1", "manager2", directory.Manager)
	w.add("ML1", "director", directory.Director)
	w.add("ML1", "near", directory.Approver|directory.Adviser)
	w.add("ML2", "stranger", directory.Adviser)
	w.add("ML2", "manager3", directory.Manager)
	w.add("ML2", "approver", directory.Approver)
	w.add("ML2", "approver2", directory.Approver)
	w.add("ML2", "officer", directory.Officer)
	return w
}

// add imports an account that is bound to (idp, its name).
func (w *world) add(structure cloison.StructureID, name string, roles directory.Role) {
	w.Helper()
	a := directory.Account{ID: cloison.NewAccountID(), Structure: structure, Name: cloison.Personal(name), Roles: roles,
		Email: cloison.Personal(name + "@ml.example"), Binding: directory.Binding{IdP: "idp", Sub: name},
		State:   directory.Active,
		Created: w.clock.now().AddDate(-1, 0, 0), ManagersUntil: w.clock.now().AddDate(1, 0, 0)}
	a.Lineage = a.ID
	refused, err := w.db.ImportAccounts(w.ctx, []directory.Account{a})
	if err := errors.Join(append(refused, err)...); err != nil {
		w.Fatal(err)
	}
	w.who[name] = w.account(a.ID)
}

func (w *world) account(id cloison.AccountID) directory.Account {
	w.Helper()
	a, err := w.db.Account(w.ctx, id)
	if err != nil {
		w.Fatal(err)
	}
	return a
}

// by is a caller.
func (w *world) by(name string) directory.Caller {
	w.Helper()
	a, ok := w.who[name]
	if !ok {
		w.Fatalf("nobody is called %s", name)
	}
	return directory.Caller{Account: a.ID, Session: 7}
}

// newcomer is somebody else each time.
func newcomer() directory.Ask {
	return directory.Ask{Kind: directory.NewAccount, Structure: "ML1", Name: "Camille Exemple",
		Email: cloison.Personal(cloison.NewActID().String() + "@ml.example"),
		Roles: directory.Adviser}
}

func (w *world) propose(name string, ask directory.Ask) directory.Proposal {
	w.Helper()
	p, err := w.d.Propose(w.ctx, w.by(name), ask)
	if err != nil {
		w.Fatal(err)
	}
	return p
}

func (w *world) approve(name string, p directory.Proposal) directory.Approval {
	w.Helper()
	done, err := w.d.Approve(w.ctx, w.by(name), p.ID, p.Version)
	if err != nil {
		w.Fatal(err)
	}
	return done
}

func (w *world) enrol(code cloison.Secret, sub string) directory.Account {
	w.Helper()
	a, err := w.d.Enrol(w.ctx, code.Reveal(), directory.Binding{IdP: "idp", Sub: sub}, 1)
	if err != nil {
		w.Fatal(err)
	}
	return a
}

// recover enrols with a code that a Rebind granted, before that witness.
func (w *world) recover(done directory.Approval, witness, sub string) directory.Account {
	w.Helper()
	p, err := w.d.Witness(w.ctx, w.by(witness), done.Account.ID)
	if err != nil {
		w.Fatal(err)
	}
	return w.enrol(done.Code+"-"+p.Word, sub)
}

// join takes a newcomer through proposal, approval and enrolment, as name.
func (w *world) join(name, maker, approver string) directory.Account {
	w.Helper()
	ask := newcomer()
	ask.Email = cloison.Personal(name + "@ml.example")
	w.who[name] = w.enrol(w.approve(approver, w.propose(maker, ask)).Code, name)
	return w.who[name]
}

// change edits an account in the store.
func (w *world) change(name string, edit func(*directory.Account)) {
	w.Helper()
	a := w.account(w.who[name].ID)
	edit(&a)
	if err := w.db.UpdateAccount(w.ctx, a); err != nil {
		w.Fatal(err)
	}
	w.who[name] = w.account(a.ID)
}

// wantBar fails unless err is a denial for that reason.
func wantBar(t *testing.T, err error, want directory.Bar) {
	t.Helper()
	var b directory.Bar
	if !errors.As(err, &b) || b != want || cloison.KindOf(err) != cloison.Denied {
		t.Errorf("got %v, want to be denied by %s", err, want)
	}
}

func wantKind(t *testing.T, err error, want cloison.Kind) {
	t.Helper()
	if err == nil || cloison.KindOf(err) != want {
		t.Errorf("got %v, want an error of kind %s", err, want)
	}
}

// codes lists the codes of the journal.
func (w *world) codes() []string {
	w.Helper()
	events, err := w.db.Events(w.ctx, 0, 1000)
	if err != nil {
		w.Fatal(err)
	}
	var codes []string
	for _, e := range events {
		codes = append(codes, e.Code)
	}
	return codes
}
