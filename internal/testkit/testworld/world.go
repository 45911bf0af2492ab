package testworld

import (
	"cmp"
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"cloison"
	"cloison/access/approval"
	"cloison/access/directory"
	"cloison/access/explanation"
	"cloison/access/imports"
	"cloison/access/lifecycle"
	"cloison/access/signin"
	"cloison/internal/testkit"
	"cloison/ledger/journal"
	"cloison/store/sqlite"
	"cloison/store/storetest"
)

// Options are what a test wants otherwise; the zero value is the defaults.
type Options struct {
	Directory   directory.Settings
	Approval    approval.Settings
	Explanation explanation.Settings
	Start       time.Time             // zero is 1 December 2025, 9:00 UTC
	Now         func() time.Time      // nil is the Clock; time.Now where a real one runs beside
	Structures  []directory.Structure // nil is ML1 and ML2
	Empty       bool                  // no accounts but those that the test adds
	Open        Open                  // nil is SQLite
}

// Open opens one more hold on the same database.
type Open func(t testing.TB) storetest.All

// World is two partner bodies of one network on a real store, with one bearer of each role.
type World struct {
	testing.TB
	Ctx          context.Context
	DB           storetest.All
	Directory    *directory.Directory
	Approvals    *approval.Approvals
	Explanations *explanation.Explanations
	Imports      *imports.Importer
	Clock        *testkit.Clock
	Logs         *testkit.Log
	Who          map[string]directory.Account
	open         Open
	now          func() time.Time
}

// New makes a world; its store closes at the end of the test.
func New(t testing.TB, o Options) *World {
	t.Helper()
	w := &World{TB: t, Ctx: t.Context(), Who: map[string]directory.Account{}, Logs: &testkit.Log{}, open: o.Open,
		Clock: testkit.NewClock(cmp.Or(o.Start, time.Date(2025, 12, 1, 9, 0, 0, 0, time.UTC)))}
	w.now = o.Now
	if w.now == nil {
		w.now = w.Clock.Now
	}
	if w.open == nil {
		w.open = SQLite(testkit.SQLite(t))
	}
	w.DB = w.Replica()
	w.Directory = directory.New(w.DB, o.Directory, w.Logs.Logger(), w.Now)
	w.Approvals = approval.New(w.DB, w.Directory, o.Approval, w.Now)
	w.Explanations = explanation.New(w.DB, w.Directory, o.Explanation, w.Now)
	w.Imports = imports.New(w.DB, w.Directory, w.Now)
	if o.Structures == nil {
		o.Structures = []directory.Structure{{ID: "ML1", SIRET: "35600000000048", Label: "Mission locale un"},
			{ID: "ML2", SIRET: "35600000000048", Label: "Mission locale deux"}}
	}
	refused, err := w.DB.ImportStructures(w.Ctx, o.Structures)
	w.Must(append(refused, err)...)
	if o.Empty {
		return w
	}
	w.Add("ML1", "adviser", directory.Adviser)
	w.Add("ML1", "colleague", directory.Adviser)
	w.Add("ML1", "manager", directory.Manager)
	w.Add("ML1", "manager2", directory.Manager)
	w.Add("ML1", "director", directory.Director)
	w.Add("ML1", "near", directory.Approver|directory.Adviser)
	w.Add("ML2", "stranger", directory.Adviser)
	w.Add("ML2", "manager3", directory.Manager)
	w.Add("ML2", "approver", directory.Approver)
	w.Add("ML2", "approver2", directory.Approver)
	w.Add("ML2", "officer", directory.Officer)
	return w
}

// SQLite opens holds on the database file at path.
func SQLite(path string) Open {
	return func(t testing.TB) storetest.All {
		t.Helper()
		db, err := sqlite.Open(t.Context(), path, sqlite.Options{})
		must(t, err)
		return db
	}
}

// Replica opens one more hold on the database. It closes at the end of the test.
func (w *World) Replica() storetest.All {
	w.Helper()
	db := w.open(w.TB)
	w.Cleanup(func() { db.Close() })
	return db
}

// Must ends the test when there is an error.
func (w *World) Must(errs ...error) {
	w.Helper()
	must(w.TB, errs...)
}

// Now is the time of the stages.
func (w *World) Now() time.Time { return w.now() }

// Add imports an account that is bound to (idp, its name), long there, who has attended the course of managers and no
// other, and has not signed in yet. Edits change it before it is stored.
func (w *World) Add(structure cloison.StructureID, name string, roles directory.Role, edits ...func(*directory.Account)) directory.Account {
	w.Helper()
	base := func(a *directory.Account) {
		a.Structure, a.Roles, a.ManagersUntil = structure, roles, w.Now().AddDate(1, 0, 0)
		a.AwarenessUntil, a.LastSeen = time.Time{}, time.Time{}
	}
	w.Who[name] = AddAccount(w.TB, w.DB, w.Now(), name, append([]func(*directory.Account){base}, edits...)...)
	return w.Who[name]
}

func (w *World) Account(id cloison.AccountID) directory.Account {
	w.Helper()
	a, err := w.DB.Account(w.Ctx, id)
	w.Must(err)
	return a
}

// By is a caller.
func (w *World) By(name string) cloison.Caller {
	w.Helper()
	a, ok := w.Who[name]
	if !ok {
		w.Fatalf("nobody is called %s", name)
	}
	return cloison.Caller{Account: a.ID, Session: 7}
}

// Newcomer is somebody else each time.
func Newcomer() approval.Ask {
	return approval.Ask{Kind: approval.NewAccount, Structure: "ML1", Name: "Camille Exemple",
		Email: cloison.Personal(cloison.NewActID().String() + "@ml.example"),
		Roles: directory.Adviser}
}

func (w *World) Propose(name string, ask approval.Ask) approval.Proposal {
	w.Helper()
	p, err := w.Approvals.Propose(w.Ctx, w.By(name), ask)
	w.Must(err)
	return p
}

func (w *World) Approve(name string, p approval.Proposal) approval.Approval {
	w.Helper()
	done, err := w.Approvals.Approve(w.Ctx, w.By(name), p.ID, p.Version)
	w.Must(err)
	return done
}

func (w *World) Enrol(code cloison.Secret, sub string) directory.Account {
	w.Helper()
	a, err := w.Approvals.Enrol(w.Ctx, code.Reveal(), directory.Binding{IdP: "idp", Sub: sub}, 1)
	w.Must(err)
	return a
}

// Recover enrols with a code that a Rebind granted, before that witness.
func (w *World) Recover(done approval.Approval, witness, sub string) directory.Account {
	w.Helper()
	p, err := w.Approvals.Witness(w.Ctx, w.By(witness), done.Account.ID)
	w.Must(err)
	return w.Enrol(done.Code+"-"+p.Word, sub)
}

// Join takes a newcomer through proposal, approval and enrolment, as name.
func (w *World) Join(name, maker, approver string) directory.Account {
	w.Helper()
	ask := Newcomer()
	ask.Email = cloison.Personal(name + "@ml.example")
	w.Who[name] = w.Enrol(w.Approve(approver, w.Propose(maker, ask)).Code, name)
	return w.Who[name]
}

// Change edits an account in the store.
func (w *World) Change(name string, edit func(*directory.Account)) {
	w.Helper()
	a := w.Account(w.Who[name].ID)
	edit(&a)
	w.Must(w.DB.UpdateAccount(w.Ctx, a))
	w.Who[name] = w.Account(a.ID)
}

// WantDenied fails unless err is a denial for that reason.
func WantDenied[Reason interface {
	comparable
	error
}](t testing.TB, err error, want Reason) {
	t.Helper()
	var got Reason
	if !errors.As(err, &got) || got != want || cloison.KindOf(err) != cloison.Denied {
		t.Errorf("got %v, want to be denied by %v", err, want)
	}
}

func WantKind(t testing.TB, err error, want cloison.Kind) {
	t.Helper()
	if err == nil || cloison.KindOf(err) != want {
		t.Errorf("got %v, want an error of kind %s", err, want)
	}
}

// State is the state of somebody's account now.
func (w *World) State(name string) directory.State {
	w.Helper()
	return w.Account(w.Who[name].ID).State
}

// SignIn opens a session of somebody who has just used the passkey, with a presence lease of 20 persons.
func (w *World) SignIn(name string) signin.Session {
	w.Helper()
	return AddSession(w.TB, w.DB, w.Now(), w.Who[name], 20)
}

// Events lists the journal's lines of a code, the newest first.
func (w *World) Events(code string) []journal.Event {
	w.Helper()
	events, err := w.DB.EventsWhere(w.Ctx, journal.Search{Code: code, Limit: 100_000})
	w.Must(err)
	return events
}

// Codes lists the Codes of the journal.
func (w *World) Codes() []string {
	w.Helper()
	events, err := w.DB.Events(w.Ctx, 0, 1000)
	w.Must(err)
	var codes []string
	for _, e := range events {
		codes = append(codes, e.Code)
	}
	return codes
}

// Source imports a machine's account as an operator does, and returns it.
func (w *World) Source(structure, role string) directory.Account {
	w.Helper()
	name := role + "@" + strings.ToLower(structure) + ".example"
	_, refused, err := w.Load(imports.AccountsFile, "structure,name,email,idp,sub,roles\n"+structure+",Annuaire,"+name+",,,"+role+"\n",
		imports.Options{})
	if err != nil || len(refused) > 0 {
		w.Fatal(refused, err)
	}
	found, err := w.DB.AccountsByEmail(w.Ctx, cloison.Personal(name))
	if err != nil || len(found) != 1 {
		w.Fatal(found, err)
	}
	return found[0]
}

// Refusals keeps what an import reports.
type Refusals map[int]string

func (w *World) Load(kind imports.Kind, file string, opts imports.Options) (imports.Summary, Refusals, error) {
	w.Helper()
	got := Refusals{}
	last := 0
	opts.Refused = func(line int, why string) {
		if line <= last {
			w.Errorf("line %d is reported after line %d", line, last)
		}
		got[line], last = why, line
	}
	sum, err := w.Imports.Import(w.Ctx, kind, strings.NewReader(file), imports.Auto, opts)
	if sum.Refused != len(got) || sum.Lines != sum.Stored+sum.Refused {
		w.Errorf("%+v, with %d lines reported", sum, len(got))
	}
	return sum, got, err
}

// Merge makes ML1 a part of ML2.
func (w *World) Merge() {
	w.Helper()
	m := lifecycle.Merger{ID: cloison.NewActID(), Gone: "ML1", Kept: "ML2", Since: w.Now(), By: w.Who["officer"].ID, Made: w.Now(), State: lifecycle.MergerOpen}
	err := w.DB.AddMerger(w.Ctx, m, journal.Event{At: m.Made, Code: "merger.proposed"})
	m.State, m.DecidedBy, m.Decided = lifecycle.MergerApproved, w.Who["approver"].ID, m.Made
	err = errors.Join(err, w.DB.DecideMerger(w.Ctx, m, journal.Event{At: m.Made, Code: "merger.approved"}),
		w.DB.Merge(w.Ctx, m.ID, m.Made, journal.Event{At: m.Made, Code: "merger.done"}))
	w.Must(err)
}

func (w *World) Caseload(name string, persons ...cloison.PersonRef) {
	w.Helper()
	var lines []explanation.Assignment
	for _, p := range persons {
		lines = append(lines, explanation.Assignment{Binding: w.Who[name].Binding, Person: p, Means: explanation.Caseload,
			Since: w.Now().AddDate(0, 0, -1)})
	}
	if _, err := w.DB.ImportCaseload(w.Ctx, lines); err != nil {
		w.Fatal(err)
	}
}

func (w *World) Explained(name string) map[cloison.PersonRef]explanation.Explanation {
	w.Helper()
	all, err := w.Explanations.Explanations(w.Ctx, w.Who[name].ID, w.Now())
	w.Must(err)
	return all
}
