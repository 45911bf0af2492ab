package testworld

import (
	"context"
	"errors"
	"log/slog"
	"strings"
	"testing"
	"time"

	"cloison"
	"cloison/access/approval"
	"cloison/access/directory"
	"cloison/access/explanation"
	"cloison/access/imports"
	"cloison/access/lifecycle"
	"cloison/internal/testkit"
	"cloison/ledger/journal"
	"cloison/store/sqlite"
)

// Options are those of the stages; the zero value is the defaults.
type Options struct {
	Directory   directory.Settings
	Approval    approval.Settings
	Explanation explanation.Settings
}

// World is two partner bodies of one network on a real store, with one bearer of each role.
type World struct {
	*testing.T
	Ctx          context.Context
	DB           *sqlite.DB
	Directory    *directory.Directory
	Approvals    *approval.Approvals
	Explanations *explanation.Explanations
	Imports      *imports.Importer
	Clock        *testkit.Clock
	Who          map[string]directory.Account
}

func New(t *testing.T, s Options) *World {
	t.Helper()
	w := &World{T: t, Ctx: t.Context(), Who: map[string]directory.Account{},
		Clock: testkit.NewClock(time.Date(2025, 12, 1, 9, 0, 0, 0, time.UTC))}
	db, err := sqlite.Open(w.Ctx, testkit.SQLite(t), sqlite.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { db.Close() })
	w.DB = db
	w.Directory = directory.New(db, s.Directory, slog.New(slog.DiscardHandler), w.Clock.Now)
	w.Approvals = approval.New(db, w.Directory, s.Approval, w.Clock.Now)
	w.Explanations = explanation.New(db, w.Directory, s.Explanation, w.Clock.Now)
	w.Imports = imports.New(db, w.Directory, w.Clock.Now)
	_, err = db.ImportStructures(w.Ctx, []directory.Structure{{ID: "ML1", SIRET: "35600000000048",
		Label: "Mission locale un"},
		{ID: "ML2", SIRET: "35600000000048", Label: "Mission locale deux"}})
	if err != nil {
		t.Fatal(err)
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

// Add imports an account that is bound to (idp, its name).
func (w *World) Add(structure cloison.StructureID, name string, roles directory.Role) {
	w.Helper()
	w.Who[name] = AddAccount(w.T, w.DB, w.Clock.Now(), name, func(a *directory.Account) {
		a.Structure, a.Roles, a.ManagersUntil = structure, roles, w.Clock.Now().AddDate(1, 0, 0)
		a.AwarenessUntil, a.LastSeen = time.Time{}, time.Time{}
	})
}

func (w *World) Account(id cloison.AccountID) directory.Account {
	w.Helper()
	a, err := w.DB.Account(w.Ctx, id)
	if err != nil {
		w.Fatal(err)
	}
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
	if err != nil {
		w.Fatal(err)
	}
	return p
}

func (w *World) Approve(name string, p approval.Proposal) approval.Approval {
	w.Helper()
	done, err := w.Approvals.Approve(w.Ctx, w.By(name), p.ID, p.Version)
	if err != nil {
		w.Fatal(err)
	}
	return done
}

func (w *World) Enrol(code cloison.Secret, sub string) directory.Account {
	w.Helper()
	a, err := w.Approvals.Enrol(w.Ctx, code.Reveal(), directory.Binding{IdP: "idp", Sub: sub}, 1)
	if err != nil {
		w.Fatal(err)
	}
	return a
}

// Recover enrols with a code that a Rebind granted, before that witness.
func (w *World) Recover(done approval.Approval, witness, sub string) directory.Account {
	w.Helper()
	p, err := w.Approvals.Witness(w.Ctx, w.By(witness), done.Account.ID)
	if err != nil {
		w.Fatal(err)
	}
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
	if err := w.DB.UpdateAccount(w.Ctx, a); err != nil {
		w.Fatal(err)
	}
	w.Who[name] = w.Account(a.ID)
}

// WantDenied fails unless err is a denial for that reason.
func WantDenied(t *testing.T, err error, want directory.DenyReason) {
	t.Helper()
	var b directory.DenyReason
	if !errors.As(err, &b) || b != want || cloison.KindOf(err) != cloison.Denied {
		t.Errorf("got %v, want to be denied by %s", err, want)
	}
}

func WantKind(t *testing.T, err error, want cloison.Kind) {
	t.Helper()
	if err == nil || cloison.KindOf(err) != want {
		t.Errorf("got %v, want an error of kind %s", err, want)
	}
}

// Codes lists the Codes of the journal.
func (w *World) Codes() []string {
	w.Helper()
	events, err := w.DB.Events(w.Ctx, 0, 1000)
	if err != nil {
		w.Fatal(err)
	}
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
	m := lifecycle.Merger{ID: cloison.NewActID(), Gone: "ML1", Kept: "ML2", Since: w.Clock.Now(), By: w.Who["officer"].ID, Made: w.Clock.Now(), State: lifecycle.MergerOpen}
	err := w.DB.AddMerger(w.Ctx, m, journal.Event{At: m.Made, Code: "merger.proposed"})
	m.State, m.DecidedBy, m.Decided = lifecycle.MergerApproved, w.Who["approver"].ID, m.Made
	err = errors.Join(err, w.DB.DecideMerger(w.Ctx, m, journal.Event{At: m.Made, Code: "merger.approved"}),
		w.DB.Merge(w.Ctx, m.ID, m.Made, journal.Event{At: m.Made, Code: "merger.done"}))
	if err != nil {
		w.Fatal(err)
	}
}

func (w *World) Caseload(name string, persons ...cloison.PersonRef) {
	w.Helper()
	var lines []explanation.Assignment
	for _, p := range persons {
		lines = append(lines, explanation.Assignment{Binding: w.Who[name].Binding, Person: p, Means: explanation.Caseload,
			Since: w.Clock.Now().AddDate(0, 0, -1)})
	}
	if _, err := w.DB.ImportCaseload(w.Ctx, lines); err != nil {
		w.Fatal(err)
	}
}

func (w *World) Explained(name string) map[cloison.PersonRef]explanation.Explanation {
	w.Helper()
	all, err := w.Explanations.Explanations(w.Ctx, w.Who[name].ID, w.Clock.Now())
	if err != nil {
		w.Fatal(err)
	}
	return all
}
