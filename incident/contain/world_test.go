package contain_test

import (
	"context"
	"errors"
	"log/slog"
	"sync/atomic"
	"testing"
	"time"

	"cloison"
	"cloison/access/approval"
	"cloison/access/directory"
	"cloison/incident/contain"
	"cloison/internal/testkit"
	"cloison/store/sqlite"
)

// fataler is a *testing.T or a *rapid.T.
type fataler interface {
	Helper()
	Fatal(...any)
	Fatalf(string, ...any)
}

// world is two structures on a real store, with the stages that act on accounts.
type world struct {
	fataler
	ctx       context.Context
	db        *sqlite.DB
	approvals *approval.Approvals
	c         *contain.Container
	at        atomic.Int64 // Unix milliseconds
}

func (w *world) now() time.Time { return time.UnixMilli(w.at.Load()).UTC() }

func open(t *testing.T) *world {
	t.Helper()
	ctx := t.Context()
	db, err := sqlite.Open(ctx, testkit.SQLite(t), sqlite.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { db.Close() })
	w := &world{fataler: t, ctx: ctx, db: db}
	w.at.Store(time.Date(2025, 12, 1, 19, 40, 0, 0, time.UTC).UnixMilli())
	quiet := slog.New(slog.DiscardHandler)
	w.approvals = approvalsOn(db, approval.Settings{PerManager: 1 << 30, PerStructure: 1 << 30}, w.now)
	w.c = contain.New(db, db, contain.Settings{}, quiet, w.now)
	if _, err = db.ImportStructures(ctx, []directory.Structure{{ID: "ML1"}, {ID: "ML2"}}); err != nil {
		t.Fatal(err)
	}
	return w
}

// add imports an established account that is bound to (idp, its name).
func (w *world) add(structure cloison.StructureID, name string, roles directory.Role) cloison.AccountID {
	w.Helper()
	a := directory.Account{ID: cloison.NewAccountID(), Structure: structure, Name: cloison.Personal(name), Roles: roles,
		Email: cloison.Personal(name + "@ml.example"), Binding: directory.Binding{IdP: "idp", Sub: name},
		State:   directory.Active,
		Created: w.now().AddDate(-1, 0, 0), ManagersUntil: w.now().AddDate(1, 0, 0)}
	refused, err := w.db.ImportAccounts(w.ctx, []directory.Account{a})
	if err := errors.Join(append(refused, err)...); err != nil {
		w.Fatal(err)
	}
	return a.ID
}

// join takes a newcomer through proposal, approval and enrolment under that name.
func (w *world) join(name string, maker, approver cloison.AccountID) (cloison.AccountID, error) {
	m, err := w.db.Account(w.ctx, maker)
	if err != nil {
		return 0, err
	}
	p, err := w.approvals.Propose(w.ctx, cloison.Caller{Account: maker}, approval.Ask{Kind: approval.NewAccount,
		Structure: m.Structure, Name: "Camille Exemple", Email: cloison.Personal(name + "@ml.example"), Roles: directory.Adviser})
	if err != nil {
		return 0, err
	}
	done, err := w.approvals.Approve(w.ctx, cloison.Caller{Account: approver}, p.ID, p.Version)
	if err != nil {
		return 0, err
	}
	_, err = w.approvals.Enrol(w.ctx, done.Code.Reveal(), directory.Binding{IdP: "idp", Sub: name}, 0)
	return done.Account.ID, err
}

func (w *world) mustJoin(name string, maker, approver cloison.AccountID) cloison.AccountID {
	w.Helper()
	id, err := w.join(name, maker, approver)
	if err != nil {
		w.Fatal(err)
	}
	return id
}

func (w *world) account(id cloison.AccountID) directory.Account {
	w.Helper()
	a, err := w.db.Account(w.ctx, id)
	if err != nil {
		w.Fatal(err)
	}
	return a
}

func approvalsOn(store interface {
	directory.Store
	approval.Store
}, s approval.Settings, now func() time.Time) *approval.Approvals {
	return approval.New(store, directory.New(store, directory.Settings{}, slog.New(slog.DiscardHandler), now), s, now)
}
