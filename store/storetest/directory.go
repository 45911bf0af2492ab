package storetest

import (
	"fmt"
	"strings"
	"time"

	"cloison"
	"cloison/access/approval"
	"cloison/access/directory"
	"cloison/access/explanation"
	"cloison/access/signin"
	"cloison/ledger/journal"
)

func directoryTests() []test {
	return []test{
		{"an account comes back as it was stored", accountRoundTrip},
		{"an account is updated once per version", accountVersions},
		{"a binding belongs to one account", bindingUnique},
		{"accounts are listed by structure then id", accountPages},
		{"accounts are found by words, state and role, in three orders", findAccounts},
		{"members are what a blast radius is made of", members},
		{"importing structures twice changes nothing", importStructures},
		{"importing accounts updates what it may", importAccounts},
		{"a line without identity is matched by structure and address", importUnbound},
		{"a refused line does not stop the others", importRefusals},
		{"a caseload explains at its time only", caseload},
		{"importing a caseload twice changes nothing", importCaseload},
		{"covers hold at their time", covers},
		{"proposals are limited per maker and structure", proposalLimits},
		{"the same is not proposed twice at a time", proposeTwice},
		{"a list is approved whole, once", approveList},
		{"who stands in an open list is not proposed singly, nor the other way", listOrSingly},
		{"one list in a period, in the numbers of the day", listLimits},
		{"a proposal keeps from which place it came", proposalPlace},
		{"what a maker proposed, and who approved it, is counted", proposalCounts},
		{"a proposal is decided once", decideOnce},
		{"a refusal keeps its note, and its maker finds it", refuseWithANote},
		{"a proposal of an account that is cut is not approved", decideAfterCut},
		{"an account that is not active has no sessions", suspendedSessions},
		{"an enrolment code works once", enrolOnce},
		{"an enrolment that fails spends nothing", enrolFails},
		{"wrong codes are counted", enrolFailures},
		{"events are numbered", events},
		{"what is not there is not found", directoryNotFound},
		{"machines suspend so many in a time", leavers},
		{"a former address is kept for a month", formerAddresses},
	}
}

func accountRoundTrip(w *world) {
	a := w.account("claire")
	if a.Version != 1 || a.Lineage != a.ID {
		w.Errorf("imported with version %d and lineage %v, want 1 and itself", a.Version, a.Lineage)
	}
	a.Name, a.Email, a.Binding = "Claire Exemple", "Claire@ML1.example", directory.Binding{IdP: "x", Sub: "y"}
	a.Roles, a.State = directory.Manager|directory.Director, directory.Suspended
	a.CreatedBy, a.ApprovedBy, a.ReenrolledBy, a.Lineage = 1, 2, 3, 4
	a.Created, a.ProbationUntil, a.AwarenessUntil, a.ManagersUntil = hours(1), hours(2), hours(3), hours(4)
	a.SuspendedAt, a.SuspendedBy, a.SuspendedIn, a.Reason, a.LastSeen = hours(5), 6, 7, "dormant", hours(6).Add(3*time.Millisecond)
	w.raises(func() { w.ok(w.UpdateAccount(w.ctx, a)) })
	a.Version++
	same(w, "account", w.read(a.ID), a)
	again, err := w.AccountByBinding(w.ctx, a.Binding)
	w.ok(err)
	same(w, "account by binding", again, a)
}

func accountVersions(w *world) {
	a := w.account("claire")
	w.ok(w.UpdateAccount(w.ctx, a))
	w.keeps(func() { w.is(cloison.Stale, w.UpdateAccount(w.ctx, a)) })
	a.ID++
	w.keeps(func() { w.is(cloison.NotFound, w.UpdateAccount(w.ctx, a)) })
}

func bindingUnique(w *world) {
	a, b := w.account("a"), w.account("b")
	b.Binding = a.Binding
	w.keeps(func() { w.is(cloison.Conflict, w.UpdateAccount(w.ctx, b)) })
	a.Binding = directory.Binding{}
	w.ok(w.UpdateAccount(w.ctx, a))
	b = w.read(b.ID)
	b.Binding = directory.Binding{}
	w.ok(w.UpdateAccount(w.ctx, b)) // the zero binding is no identity: two accounts may have it
	_, err := w.AccountByBinding(w.ctx, directory.Binding{})
	w.is(cloison.NotFound, err)
	b = w.read(b.ID)
	byEmail, err := w.AccountsByEmail(w.ctx, cloison.Personal(strings.ToUpper(b.Email.Reveal())))
	w.ok(err)
	same(w, "accounts by address", byEmail, []directory.Account{b})
	byID, err := w.AccountsByID(w.ctx, []cloison.AccountID{b.ID, 404, b.ID})
	w.ok(err)
	same(w, "accounts by id", byID, []directory.Account{b})
	same(w, "nobody by no id", len(first(w.AccountsByID(w.ctx, nil))), 0)
}

func accountPages(w *world) {
	w.structure("ML1")
	w.structure("ML2")
	var batch []directory.Account
	for i := range 9 {
		batch = append(batch, directory.Account{ID: cloison.AccountID(100 - i), State: directory.Active,
			Structure: cloison.StructureID(fmt.Sprintf("ML%d", 1+i%2)), Binding: directory.Binding{IdP: "idp", Sub: fmt.Sprint(i)}})
	}
	w.accepted(w.ImportAccounts(w.ctx, batch))
	page := func(structure cloison.StructureID) (ids []cloison.AccountID) {
		var after cloison.AccountID
		for range 20 {
			list, err := w.Accounts(w.ctx, structure, after, 2)
			w.ok(err)
			if len(list) == 0 {
				return ids
			}
			for _, a := range list {
				ids, after = append(ids, a.ID), a.ID
			}
		}
		w.Fatal("the pages do not end")
		return nil
	}
	same(w, "accounts of ML2", page("ML2"), []cloison.AccountID{93, 95, 97, 99})
	same(w, "all accounts", page(""), []cloison.AccountID{92, 94, 96, 98, 100, 93, 95, 97, 99})
}

func importStructures(w *world) {
	list := []directory.Structure{{ID: "B", SIRET: "1", Label: "l", Network: "n", Area: "a", Commune: "c", MedianDay: 3}, {ID: "A"}}
	w.raises(func() { w.accepted(w.ImportStructures(w.ctx, list)) })
	w.keeps(func() { w.accepted(w.ImportStructures(w.ctx, list)) })
	all, err := w.Structures(w.ctx)
	w.ok(err)
	same(w, "structures", all, []directory.Structure{list[1], list[0]})
	list[0].MedianDay = 7 // an import knows no median
	w.keeps(func() { w.accepted(w.ImportStructures(w.ctx, list)) })
	same(w, "median day", first(w.Structure(w.ctx, "B")).MedianDay, 3)
	list[1].Label = "other"
	w.raises(func() { w.accepted(w.ImportStructures(w.ctx, list)) })
	s, err := w.Structure(w.ctx, "A")
	w.ok(err)
	same(w, "structure", s, list[1])
	refused, err := w.ImportStructures(w.ctx, []directory.Structure{{}, {ID: "C"}})
	w.ok(err)
	w.is(cloison.Invalid, refused[0])
	w.ok(refused[1])
}

func importAccounts(w *world) {
	a := w.account("claire")
	line := a
	line.ID = cloison.NewAccountID() // an import does not know the ids: the binding finds the account
	w.keeps(func() { w.accepted(w.ImportAccounts(w.ctx, []directory.Account{line})) })
	line.Name, line.Roles, line.AwarenessUntil, line.ManagersUntil = "Claire E.", directory.Reception, hours(1), hours(2)
	line.State, line.Created = directory.Closed, hours(9)
	w.raises(func() { w.accepted(w.ImportAccounts(w.ctx, []directory.Account{line})) })
	a.Name, a.Roles, a.AwarenessUntil, a.ManagersUntil, a.Version = line.Name, line.Roles, hours(1), hours(2), a.Version+1
	same(w, "account", w.read(a.ID), a)
	twice := []directory.Account{line, line}
	twice[0].Binding.Sub, twice[1].Binding.Sub = "new", "new"
	twice[0].Email, twice[1].Email = "new@ml1.example", "new@ml1.example"
	twice[0].ID, twice[1].ID = 0, 0
	w.accepted(w.ImportAccounts(w.ctx, twice))
	b, err := w.AccountByBinding(w.ctx, twice[0].Binding)
	w.ok(err)
	if b.ID == 0 || b.Lineage != b.ID || b.Version != 1 {
		w.Errorf("a line without id became %+v", b)
	}
}

func importUnbound(w *world) {
	w.structure("ML1")
	w.structure("ML2")
	line := directory.Account{Structure: "ML1", Name: "Attend", Email: "attend@ml1.example", Created: noon()}
	w.raises(func() { w.accepted(w.ImportAccounts(w.ctx, []directory.Account{line})) })
	w.keeps(func() { w.accepted(w.ImportAccounts(w.ctx, []directory.Account{line})) })
	list, err := w.Accounts(w.ctx, "ML1", 0, 9)
	w.ok(err)
	if len(list) != 1 || list[0].State != directory.Pending {
		w.Fatalf("two equal lines became %+v", list)
	}
	a := list[0]
	a.Binding, a.State = directory.Binding{IdP: "idp", Sub: "enrolled"}, directory.Active
	w.ok(w.UpdateAccount(w.ctx, a))
	line.Name, line.Email = "Attendait", "ATTEND@ml1.example"
	w.raises(func() { w.accepted(w.ImportAccounts(w.ctx, []directory.Account{line})) })
	a.Name, a.Email, a.Version = line.Name, line.Email, a.Version+2
	same(w, "account", w.read(a.ID), a)
	line.Structure = "ML2"
	refused, err := w.ImportAccounts(w.ctx, []directory.Account{line, {Structure: "ML1"}})
	w.ok(err)
	w.is(cloison.Conflict, refused[0])
	w.is(cloison.Invalid, refused[1])
}

func importRefusals(w *world) {
	a := w.account("claire")
	line := func(sub, email, structure string) directory.Account {
		return directory.Account{Structure: cloison.StructureID(structure), Email: cloison.Personal(email),
			Binding: directory.Binding{IdP: "idp", Sub: sub}, State: directory.Active}
	}
	refused, err := w.ImportAccounts(w.ctx, []directory.Account{
		line("s1", "one@ml1.example", "ML1"),
		line("s2", "two@ml1.example", "nowhere"),
		line("s3", "CLAIRE@ml1.example", "ML1"),
		line("", "four@ml1.example", "ML1"),
		line("s5", "one@ML1.example", "ML1"),
		line("s6", "six@ml1.example", "ML1"),
	})
	w.ok(err)
	for i, want := range []cloison.Kind{0, cloison.NotFound, cloison.Conflict, cloison.Invalid, cloison.Conflict, 0} {
		if want == 0 {
			w.ok(refused[i])
		} else {
			w.is(want, refused[i])
		}
	}
	for _, sub := range []string{"s1", "s6"} {
		_, err := w.AccountByBinding(w.ctx, directory.Binding{IdP: "idp", Sub: sub})
		w.ok(err)
	}
	refused, err = w.ImportCaseload(w.ctx, []explanation.Assignment{
		{Binding: a.Binding, Person: "p1", Means: explanation.Caseload, Since: hours(-1)},
		{Binding: directory.Binding{IdP: "idp", Sub: "nobody"}, Person: "p1", Means: explanation.Caseload},
		{Binding: a.Binding, Person: "", Means: explanation.Caseload},
		{Binding: a.Binding, Person: "p1", Means: explanation.BreakGlass},
		{Binding: a.Binding, Person: "p2", Means: explanation.Caseload, Since: hours(-1)},
	})
	w.ok(err)
	for i, want := range []cloison.Kind{0, cloison.NotFound, cloison.Invalid, cloison.Invalid, 0} {
		if want == 0 {
			w.ok(refused[i])
		} else {
			w.is(want, refused[i])
		}
	}
	c, err := w.Caseload(w.ctx, a.ID, noon())
	w.ok(err)
	if len(c) != 2 {
		w.Errorf("%d persons in the caseload, want 2", len(c))
	}
}

func caseload(w *world) {
	a, other := w.account("claire"), w.account("marc")
	w.accepted(w.ImportCaseload(w.ctx, []explanation.Assignment{
		{Binding: a.Binding, Person: "open", Means: explanation.Caseload, Since: hours(-5)},
		{Binding: a.Binding, Person: "past", Means: explanation.Caseload, Since: hours(-5), Until: noon()},
		{Binding: a.Binding, Person: "future", Means: explanation.Caseload, Since: noon()},
		{Binding: a.Binding, Person: "visit", Means: explanation.Appointment, Since: hours(-1), Until: hours(1)},
		{Binding: a.Binding, Person: "both", Means: explanation.Appointment, Since: hours(-9), Until: hours(9)},
		{Binding: a.Binding, Person: "both", Means: explanation.Caseload, Since: hours(-2)},
		{Binding: other.Binding, Person: "else", Means: explanation.Caseload, Since: hours(-2)},
	}))
	got, err := w.Caseload(w.ctx, a.ID, noon())
	w.ok(err)
	same(w, "caseload", got, map[cloison.PersonRef]explanation.Explanation{
		"open":  {Means: explanation.Caseload, Since: hours(-5)},
		"visit": {Means: explanation.Appointment, Since: hours(-1), Until: hours(1)},
		"both":  {Means: explanation.Caseload, Since: hours(-2)},
	})
	for p, e := range got {
		if !e.Covers(noon()) {
			w.Errorf("%s is explained, but not at the time that was asked for", string(p))
		}
	}
}

func importCaseload(w *world) {
	a := w.account("claire")
	var batch []explanation.Assignment
	for i := range 1000 {
		batch = append(batch, explanation.Assignment{Binding: a.Binding, Person: cloison.PersonRef(fmt.Sprintf("p%d", i)),
			Means: explanation.Caseload, Since: hours(-1)})
	}
	batch = append(batch, batch[:10]...)
	w.raises(func() { w.accepted(w.ImportCaseload(w.ctx, batch)) })
	w.keeps(func() { w.accepted(w.ImportCaseload(w.ctx, batch)) })
	batch[3].Until = hours(-1).Add(time.Minute)
	w.raises(func() { w.accepted(w.ImportCaseload(w.ctx, batch[:4])) })
	got, err := w.Caseload(w.ctx, a.ID, noon())
	w.ok(err)
	if len(got) != 999 {
		w.Errorf("%d persons, want 999", len(got))
	}
	w.keeps(func() { w.accepted(w.ImportCaseload(w.ctx, nil)) })
}

func covers(w *world) {
	a, b, by := w.account("a"), w.account("b"), w.account("by")
	c := explanation.CoverDeclared{ID: 1, For: a.ID, Of: b.ID, By: by.ID, Made: hours(-3), Since: hours(-1), Until: hours(1)}
	w.raises(func() { w.ok(w.AddCover(w.ctx, c)) })
	w.is(cloison.Conflict, w.AddCover(w.ctx, c))
	open := explanation.CoverDeclared{ID: 2, For: a.ID, Of: b.ID, By: by.ID, Made: hours(-2), Since: hours(-2)}
	w.ok(w.AddCover(w.ctx, open))
	got, err := w.Covers(w.ctx, a.ID, noon())
	w.ok(err)
	same(w, "covers at noon", got, []explanation.CoverDeclared{c, open})
	got, err = w.Covers(w.ctx, a.ID, hours(1))
	w.ok(err)
	same(w, "covers later", got, []explanation.CoverDeclared{open})
	got, err = w.Covers(w.ctx, a.ID, hours(-2))
	w.ok(err)
	same(w, "covers at the moment they begin", len(got), 0)
}

func decideOnce(w *world) {
	maker, approver := w.account("maker").ID, w.account("approver").ID
	p := w.proposal(maker, "ML1", noon())
	w.ok(w.AddProposal(w.ctx, p, noon(), 1, 1))
	got, err := w.Proposal(w.ctx, p.ID)
	w.ok(err)
	same(w, "proposal", got, p)
	a := directory.Account{ID: cloison.NewAccountID(), Structure: "ML1", Name: p.Name, Email: p.Email, Roles: p.Roles,
		Created: hours(1), CreatedBy: maker, ApprovedBy: approver, Lineage: maker, ProbationUntil: hours(24)}
	p.State, p.DecidedBy, p.Decided, p.Account, p.Reason = approval.Approved, approver, hours(1), a.ID, "ok"
	w.raises(func() { w.ok(w.DecideProposal(w.ctx, p, &a)) })
	a.Version = 1
	same(w, "account", w.read(a.ID), a)
	w.keeps(func() { w.is(cloison.Stale, w.DecideProposal(w.ctx, p, nil)) })
	p.Version = 2
	same(w, "decided proposal", first(w.Proposal(w.ctx, p.ID)), p)
	w.is(cloison.Stale, w.DecideProposal(w.ctx, p, nil)) // no longer open

	q := w.proposal(maker, "ML1", hours(1))
	w.ok(w.AddProposal(w.ctx, q, hours(1), 1, 1))
	q.State, q.DecidedBy, a.Version = approval.Approved, approver, 7
	w.is(cloison.Stale, w.DecideProposal(w.ctx, q, &a)) // the account changed: the proposal stays open
	same(w, "state", first(w.Proposal(w.ctx, q.ID)).State, approval.Open)
	a.Version, a.ReenrolledBy = 1, 9
	w.ok(w.DecideProposal(w.ctx, q, &a))
	same(w, "version", w.read(a.ID).Version, 2)
}

func refuseWithANote(w *world) {
	maker, other := w.account("maker").ID, w.account("other").ID
	refuse := func(by cloison.AccountID, at int, note cloison.Personal) approval.Proposal {
		p := w.proposal(by, "ML1", noon())
		w.ok(w.AddProposal(w.ctx, p, noon(), 9, 9))
		p.State, p.DecidedBy, p.Decided, p.Reason, p.Note = approval.Refused, other, hours(at), "duplicate", note
		w.keeps(func() { w.ok(w.DecideProposal(w.ctx, p, nil)) }) // no file is opened by a refusal
		p.Version++
		same(w, "refused proposal", first(w.Proposal(w.ctx, p.ID)), p)
		return p
	}
	old, late := refuse(maker, 1, "« l’été » \\ ' \" ?1 $1 \U0001f600"), refuse(maker, 3, "")
	refuse(other, 2, "to somebody else")
	list := func(since, most int) []approval.Proposal { return first(w.Refused(w.ctx, maker, hours(since), most)) }
	same(w, "both", list(1, 9), []approval.Proposal{late, old})
	same(w, "the later", list(2, 9), []approval.Proposal{late})
	same(w, "one", list(0, 1), []approval.Proposal{late})
	same(w, "none", len(list(4, 9)), 0)
}

func decideAfterCut(w *world) {
	maker, approver := w.account("maker"), w.account("approver")
	suspend := func(a directory.Account) directory.Account {
		a.State, a.SuspendedAt = directory.Suspended, hours(1)
		w.ok(w.UpdateAccount(w.ctx, a))
		return w.read(a.ID)
	}
	p := w.proposal(maker.ID, "ML1", noon())
	w.ok(w.AddProposal(w.ctx, p, noon(), 9, 9))
	approved, refused := p, p
	approved.State, approved.DecidedBy = approval.Approved, approver.ID
	refused.State, refused.DecidedBy = approval.Refused, approver.ID
	maker = suspend(maker)
	w.keeps(func() { w.is(cloison.Stale, w.DecideProposal(w.ctx, approved, nil)) })
	maker.State = directory.Active
	w.ok(w.UpdateAccount(w.ctx, maker))
	suspend(approver)
	w.is(cloison.Stale, w.DecideProposal(w.ctx, approved, nil))
	w.ok(w.DecideProposal(w.ctx, refused, nil)) // refusing takes nothing from anybody
}

func suspendedSessions(w *world) {
	a, b := w.account("a"), w.account("b")
	for _, id := range []cloison.AccountID{a.ID, a.ID, b.ID} {
		w.session(id, 20)
	}
	sessions := func(of cloison.AccountID) int {
		list, err := w.SessionsOf(w.ctx, of)
		w.ok(err)
		return len(list)
	}
	a.Roles = directory.Manager
	w.ok(w.UpdateAccount(w.ctx, a))
	same(w, "sessions while active", sessions(a.ID), 2)
	a = w.read(a.ID)
	a.State = directory.Suspended
	w.ok(w.UpdateAccount(w.ctx, a))
	same(w, "sessions once suspended", sessions(a.ID), 0)
	same(w, "sessions of another", sessions(b.ID), 1)
	a = w.read(a.ID)
	a.State = directory.Active
	w.ok(w.UpdateAccount(w.ctx, a))
	same(w, "sessions once back", sessions(a.ID), 0)
}

// first drops the error of a read that a test has already made.
func first[T any](v T, _ error) T { return v }

// second keeps the error.
func second[T any](_ T, err error) error { return err }

func enrolOnce(w *world) {
	a, by := w.account("claire"), w.account("by")
	e := approval.Enrolment{Digest: [32]byte{1}, Account: a.ID, By: by.ID, Made: noon(), Expires: hours(1)}
	w.ok(w.SetEnrolment(w.ctx, e))
	same(w, "code", first(w.Enrolment(w.ctx, e.Digest)), e)
	old := e.Digest
	e.Digest = [32]byte{2}
	w.ok(w.SetEnrolment(w.ctx, e)) // replaces the other
	_, err := w.Enrolment(w.ctx, old)
	w.is(cloison.NotFound, err)
	w.is(cloison.Conflict, w.UseEnrolment(w.ctx, old, a))
	s := w.session(a.ID, 20)
	w.ok(w.AddPasskey(w.ctx, signin.Passkey{ID: []byte("old"), Account: a.ID, Credential: []byte("{}"), Made: noon()}))
	a.Binding, a.State, a.ReenrolledBy = directory.Binding{IdP: "idp", Sub: "fresh"}, directory.Active, by.ID
	w.raises(func() { w.ok(w.UseEnrolment(w.ctx, e.Digest, a)) })
	a.Version++
	same(w, "account", w.read(a.ID), a)
	w.is(cloison.NotFound, second(w.Session(w.ctx, s.Token)))
	w.is(cloison.NotFound, w.RenewPresence(w.ctx, s.ID, 20))
	same(w, "passkeys left", len(first(w.Passkeys(w.ctx, a.ID))), 0)
	w.is(cloison.Conflict, w.UseEnrolment(w.ctx, e.Digest, a))
	_, err = w.Enrolment(w.ctx, e.Digest)
	w.is(cloison.NotFound, err)
}

func enrolFails(w *world) {
	a, b := w.account("a"), w.account("b")
	e := approval.Enrolment{Digest: [32]byte{1}, Account: a.ID, Made: noon(), Expires: hours(1)}
	w.ok(w.SetEnrolment(w.ctx, e))
	taken := a
	taken.Binding = b.Binding
	w.keeps(func() { w.is(cloison.Conflict, w.UseEnrolment(w.ctx, e.Digest, taken)) })
	changed := a
	changed.Version = 8
	w.keeps(func() { w.is(cloison.Stale, w.UseEnrolment(w.ctx, e.Digest, changed)) })
	w.is(cloison.Conflict, w.UseEnrolment(w.ctx, e.Digest, b)) // the code of another account
	w.ok(w.UseEnrolment(w.ctx, e.Digest, a))                   // none of them spent it
	w.is(cloison.NotFound, w.SetEnrolment(w.ctx, approval.Enrolment{Digest: [32]byte{3}, Account: 12345}))
	b.State = directory.Suspended
	w.ok(w.UpdateAccount(w.ctx, b))
	w.is(cloison.Stale, w.SetEnrolment(w.ctx, approval.Enrolment{Digest: [32]byte{4}, Account: b.ID}))
	w.is(cloison.Stale, w.SetEnrolment(w.ctx, approval.Enrolment{Digest: [32]byte{4}, Account: a.ID, By: b.ID}))
}

func enrolFailures(w *world) {
	b, other := directory.Binding{IdP: "i", Sub: "s"}, directory.Binding{IdP: "is", Sub: ""}
	for i, want := range []int{1, 2, 3} {
		n, err := w.FailEnrolment(w.ctx, b, hours(i), noon())
		w.ok(err)
		same(w, "failures", n, want)
	}
	n, err := w.FailEnrolment(w.ctx, b, hours(3), hours(2))
	w.ok(err)
	same(w, "failures since", n, 2)
	n, err = w.FailEnrolment(w.ctx, other, hours(3), noon())
	w.ok(err)
	same(w, "failures of another", n, 1)
}

func events(w *world) {
	e := journal.Event{At: noon(), Code: "account.approved", Actor: 1, Account: 2, Session: 3, Act: 4, Detail: map[string]string{"k": "é\"'"}}
	w.ok(w.AddEvent(w.ctx, e))
	w.ok(w.AddEvent(w.ctx, journal.Event{At: hours(1), Code: "x"}))
	list, err := w.Events(w.ctx, 0, 10)
	w.ok(err)
	if len(list) != 2 || list[0].Seq <= 0 || list[1].Seq <= list[0].Seq {
		w.Fatalf("events are not numbered upwards: %+v", list)
	}
	e.Seq = list[0].Seq
	same(w, "event", list[0], e)
	if len(list[1].Detail) != 0 {
		w.Errorf("detail %v out of nothing", list[1].Detail)
	}
	list, err = w.Events(w.ctx, e.Seq, 10)
	w.ok(err)
	same(w, "events after the first", len(list), 1)
	list, err = w.Events(w.ctx, 0, 1)
	w.ok(err)
	same(w, "events at most one", len(list), 1)
}

func directoryNotFound(w *world) {
	_, err := w.Account(w.ctx, 77)
	w.is(cloison.NotFound, err)
	_, err = w.AccountByBinding(w.ctx, directory.Binding{IdP: "i", Sub: "s"})
	w.is(cloison.NotFound, err)
	_, err = w.Structure(w.ctx, "none")
	w.is(cloison.NotFound, err)
	_, err = w.Proposal(w.ctx, 77)
	w.is(cloison.NotFound, err)
	_, err = w.Enrolment(w.ctx, [32]byte{7})
	w.is(cloison.NotFound, err)
	c, err := w.Caseload(w.ctx, 77, noon())
	w.ok(err)
	same(w, "caseload of nobody", len(c), 0)
}
