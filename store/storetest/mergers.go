package storetest

import (
	"log/slog"
	"strings"
	"sync"
	"time"

	"cloison"
	"cloison/access/approval"
	"cloison/access/directory"
	"cloison/access/explanation"
	"cloison/access/imports"
	"cloison/access/lifecycle"
	"cloison/ledger/journal"
)

// merge makes gone a part of kept, by two.
func (w *world) merge(gone, kept cloison.StructureID, one, two cloison.AccountID) {
	w.Helper()
	m := lifecycle.Merger{ID: cloison.NewActID(), Gone: gone, Kept: kept, Since: noon(), By: one, Made: noon(), State: lifecycle.MergerOpen}
	w.ok(w.AddMerger(w.ctx, m, journal.Event{At: noon(), Code: "merger.proposed"}))
	m.State, m.DecidedBy, m.Decided = lifecycle.MergerApproved, two, noon()
	w.ok(w.DecideMerger(w.ctx, m, journal.Event{At: noon(), Code: "merger.approved"}))
	w.ok(w.Merge(w.ctx, m.ID, noon(), journal.Event{At: noon(), Code: "merger.done"}))
}

// mergedAway: nothing is stored any more under the name of a structure that has become part of another one.
func mergedAway(w *world) {
	w.structure("ML2")
	w.structure("ML3")
	a, b := w.account("a"), w.account("b")
	w.merge("ML1", "ML2", a.ID, b.ID)
	s := first(w.Structure(w.ctx, "ML1"))
	same(w, "into", s.Into, "ML2")
	w.keeps(func() {
		w.is(cloison.Stale, w.AddProposal(w.ctx, w.proposal(a.ID, "ML1", noon()), noon(), 9, 9))
		list := w.listOf(a.ID)
		list.Structure = "ML1"
		w.is(cloison.Stale, w.AddList(w.ctx, list, noon(), 9, 9, noon()))
		w.is(cloison.Stale, w.AddDuty(w.ctx, explanation.DutyDeclared{ID: 8, For: a.ID, Structure: "ML1", By: b.ID, Made: noon(), Since: noon(), Until: hours(4)}))
		refused, err := w.ImportAccounts(w.ctx, []directory.Account{
			{Structure: "ML1", Email: "neu@ml1.example"},
			{Structure: "ML1", Binding: directory.Binding{IdP: "idp", Sub: "new"}, State: directory.Active},
			{Structure: "ML9", Email: "neuf@ml1.example"}})
		w.ok(err)
		w.is(cloison.Stale, refused[0])
		w.is(cloison.Stale, refused[1])
		w.is(cloison.NotFound, refused[2])
	})
	w.merge("ML2", "ML3", a.ID, b.ID) // and on: the first name is one of what exists now
	same(w, "structures", []cloison.StructureID{first(w.Structure(w.ctx, "ML1")).Into, first(w.Structure(w.ctx, "ML2")).Into}, []cloison.StructureID{"ML3", "ML3"})
	s.Label = "a line of an old list"
	w.accepted(w.ImportStructures(w.ctx, []directory.Structure{{ID: "ML1", Label: s.Label}}))
	same(w, "a line undoes no merger", first(w.Structure(w.ctx, "ML1")).Into, "ML3")
}

// raceMergers: whatever an import and a manager do while structures are merged one into the next, nothing stays under a
// name that is gone.
func raceMergers(w *world) {
	names := []cloison.StructureID{"ML1", "ML2", "ML3", "ML4"}
	for _, s := range names {
		w.structure(s)
	}
	manager, one, two := w.account("manager"), w.account("one"), w.account("two")
	manager.Roles, manager.ManagersUntil = directory.Officer, hours(99)
	w.ok(w.UpdateAccount(w.ctx, manager))
	now := func() time.Time { return noon() }
	file := "structure,name,email,idp,sub,roles,awareness_at,managers_course_at,created_at\n" +
		"ML1,A Exemple,a@exemple.example,,,adviser,,,\nML3,B Exemple,b@exemple.example,idp,b,adviser,,,\n"
	done := make(chan struct{})
	var group sync.WaitGroup
	for i, db := range []All{w.replica(), w.replica()} {
		d := directory.New(db, directory.Settings{}, slog.New(slog.DiscardHandler), now)
		importer, approvals := imports.New(db, d, now), approval.New(db, d, approval.Settings{PerManager: 999, PerStructure: 999}, now)
		group.Go(func() {
			for n := 0; ; n++ {
				sum, err := importer.Import(w.ctx, imports.AccountsFile, strings.NewReader(file), imports.CSV, imports.Options{})
				if err != nil || sum.Stored != 2 {
					w.Errorf("import: %+v, %v", sum, err)
				}
				_, err = approvals.Propose(w.ctx, cloison.Caller{Account: manager.ID}, approval.Ask{Kind: approval.NewAccount, Structure: names[n%3],
					Name: "Nouvelle Personne", Email: cloison.Personal(cloison.NewActID().String() + "@ml.example"), Roles: directory.Adviser})
				if k := cloison.KindOf(err); err != nil && k != cloison.Conflict {
					w.Errorf("propose, %d: %v", i, err)
				}
				select {
				case <-done:
					return
				default:
				}
			}
		})
	}
	for i := range 3 {
		w.merge(names[i], names[i+1], one.ID, two.ID)
	}
	close(done)
	group.Wait()
	for _, s := range names[:3] {
		left := first(w.Accounts(w.ctx, s, 0, 9))
		open := first(w.Proposals(w.ctx, s))
		same(w, "left in "+string(s), []int{len(left), len(open)}, []int{0, 0})
	}
}
