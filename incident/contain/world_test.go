package contain_test

import (
	"testing"
	"time"

	"cloison"
	"cloison/access/approval"
	"cloison/access/directory"
	"cloison/incident/contain"
	"cloison/internal/testkit"
	"cloison/internal/testkit/testworld"
)

// world is the shared one with a container, and no account but those that a test adds.
type world struct {
	*testworld.World
	c *contain.Container
}

func open(t *testing.T) *world {
	t.Helper()
	w := &world{World: testworld.New(t, testworld.Options{Empty: true, Start: time.Date(2025, 12, 1, 19, 40, 0, 0, time.UTC),
		Approval: approval.Settings{PerManager: 1 << 30, PerStructure: 1 << 30}})}
	w.c = contain.New(w.DB, w.DB, contain.Settings{}, testkit.Quiet(), w.Now)
	return w
}

func (w *world) add(structure cloison.StructureID, name string, roles directory.Role) cloison.AccountID {
	w.Helper()
	return w.Add(structure, name, roles).ID
}

// join takes a newcomer through proposal, approval and enrolment under that name.
func (w *world) join(name string, maker, approver cloison.AccountID) (cloison.AccountID, error) {
	m, err := w.DB.Account(w.Ctx, maker)
	if err != nil {
		return 0, err
	}
	p, err := w.Approvals.Propose(w.Ctx, cloison.Caller{Account: maker}, approval.Ask{Kind: approval.NewAccount,
		Structure: m.Structure, Name: "Camille Exemple", Email: cloison.Personal(name + "@ml.example"), Roles: directory.Adviser})
	if err != nil {
		return 0, err
	}
	done, err := w.Approvals.Approve(w.Ctx, cloison.Caller{Account: approver}, p.ID, p.Version)
	if err != nil {
		return 0, err
	}
	_, err = w.Approvals.Enrol(w.Ctx, done.Code.Reveal(), directory.Binding{IdP: "idp", Sub: name}, 0)
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

func approvalsOn(store interface {
	directory.Store
	approval.Store
}, s approval.Settings, now func() time.Time) *approval.Approvals {
	return approval.New(store, directory.New(store, directory.Settings{}, testkit.Quiet(), now), s, now)
}
