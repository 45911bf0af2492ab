package storetest

import (
	"cloison"
	"cloison/access/approval"
	"cloison/access/directory"
)

// listOf is a proposal of two newcomers.
func (w *world) listOf(by cloison.AccountID) approval.Proposal {
	p := w.proposal(by, "ML1", noon())
	p.Kind, p.Name, p.Email, p.Roles = approval.NewAccounts, "", "", directory.Adviser|directory.Reception
	p.List = []approval.Colleague{{Line: 2, Name: "Une Personne", Email: "une@ml1.example", Roles: directory.Adviser},
		{Line: 5, Name: "L’autre « <b> »", Email: "autre@ml1.example", Roles: directory.Reception}}
	return p
}

// granted is what approving it makes.
func (w *world) granted(p *approval.Proposal, approver cloison.AccountID) (accounts []directory.Account, codes []approval.Enrolment) {
	p.State, p.DecidedBy, p.Decided = approval.Approved, approver, hours(1)
	for i := range p.List {
		n := &p.List[i]
		n.Account = cloison.NewAccountID()
		accounts = append(accounts, directory.Account{ID: n.Account, Structure: "ML1", Name: n.Name, Email: n.Email, Roles: n.Roles, Created: hours(1),
			CreatedBy: p.By, ApprovedBy: approver, Lineage: p.By, ProbationUntil: hours(24)})
		codes = append(codes, approval.Enrolment{Digest: [32]byte{byte(i + 1), 77}, Account: n.Account, By: approver, Made: hours(1), Expires: hours(9)})
	}
	return accounts, codes
}

func approveList(w *world) {
	maker, approver := w.account("maker"), w.account("approver")
	p := w.listOf(maker.ID)
	w.keeps(func() { w.ok(w.AddList(w.ctx, p, noon(), 1, 1, noon())) })
	same(w, "list", first(w.Proposal(w.ctx, p.ID)), p)
	same(w, "among the open ones", len(first(w.Proposals(w.ctx, "ML1"))), 1)
	accounts, codes := w.granted(&p, approver.ID)
	same(w, "before", first(w.Listed(w.ctx, accounts[0].ID)), false)
	same(w, "nobody", first(w.Listed(w.ctx, 0)), false)

	taken := append([]directory.Account{}, accounts...)
	taken[1].ID = maker.ID // cannot be made: nor is the first
	w.keeps(func() { w.is(cloison.Conflict, w.ApproveList(w.ctx, p, taken, codes)) })
	w.is(cloison.NotFound, second(w.Account(w.ctx, accounts[0].ID)))
	w.is(cloison.NotFound, second(w.Enrolment(w.ctx, codes[0].Digest)))

	w.raises(func() { w.ok(w.ApproveList(w.ctx, p, accounts, codes)) })
	w.keeps(func() { w.is(cloison.Stale, w.ApproveList(w.ctx, p, accounts, codes)) })
	p.Version = 2
	same(w, "approved list", first(w.Proposal(w.ctx, p.ID)), p)
	for i, a := range accounts {
		a.Version = 1
		same(w, "account", w.read(a.ID), a)
		same(w, "listed", first(w.Listed(w.ctx, a.ID)), true)
		same(w, "code", first(w.Enrolment(w.ctx, codes[i].Digest)).Account, a.ID)
	}
	same(w, "the maker", first(w.Listed(w.ctx, maker.ID)), false)
	// Their approver is found even when another account has re-enrolled one since.
	a := w.read(accounts[1].ID)
	a.ApprovedBy = maker.ID
	w.ok(w.UpdateAccount(w.ctx, a))
	found := map[cloison.AccountID]bool{}
	for _, l := range first(w.Descent(w.ctx, []cloison.AccountID{approver.ID}, hours(0))) {
		found[l.To] = true
	}
	same(w, "descent", found[accounts[0].ID] && found[accounts[1].ID], true)
}

func listOrSingly(w *world) {
	maker, approver := w.account("maker"), w.account("approver")
	singly := func(email cloison.Personal, s cloison.StructureID) approval.Proposal {
		p := w.proposal(maker.ID, s, noon())
		p.Email = email
		return p
	}
	w.structure("ML2")
	one := singly("UNE@ml1.example", "ML1")
	w.ok(w.AddProposal(w.ctx, one, noon(), 9, 9))
	list := w.listOf(maker.ID)
	w.is(cloison.Conflict, w.AddList(w.ctx, list, noon(), 9, 9, noon()))
	w.is(cloison.NotFound, second(w.Proposal(w.ctx, list.ID)))
	one.State, one.DecidedBy = approval.Refused, approver.ID
	w.ok(w.DecideProposal(w.ctx, one, nil))
	w.ok(w.AddList(w.ctx, list, noon(), 9, 9, noon()))

	w.is(cloison.Conflict, w.AddProposal(w.ctx, singly("Autre@ML1.example", "ML1"), noon(), 9, 9))
	w.ok(w.AddProposal(w.ctx, singly("autre@ml1.example", "ML2"), noon(), 9, 9))
	w.ok(w.AddProposal(w.ctx, singly("tierce@ml1.example", "ML1"), noon(), 9, 9))
	list.State, list.DecidedBy = approval.Refused, approver.ID
	w.ok(w.DecideProposal(w.ctx, list, nil))
	w.ok(w.AddProposal(w.ctx, singly("autre@ml1.example", "ML1"), noon(), 9, 9))
}

func listLimits(w *world) {
	maker, approver := w.account("maker"), w.account("approver")
	add := func(maxMaker, maxStructure int, listSince int) error {
		p := w.listOf(maker.ID)
		return w.AddList(w.ctx, p, noon(), maxMaker, maxStructure, hours(listSince))
	}
	w.is(cloison.Denied, add(0, 9, 0))
	w.is(cloison.Denied, add(9, 0, 0))
	p := w.listOf(maker.ID)
	w.ok(w.AddList(w.ctx, p, noon(), 9, 9, hours(0)))
	w.is(cloison.Denied, add(9, 9, 0))
	w.is(cloison.Conflict, add(9, 9, 1)) // beyond the period, but one is open
	refused := p
	refused.State, refused.DecidedBy = approval.Refused, approver.ID
	w.ok(w.DecideProposal(w.ctx, refused, nil))
	w.ok(add(9, 9, 0)) // a list that was refused is not the period's
	w.is(cloison.Denied, add(2, 9, 1))

	maker.State, maker.SuspendedAt = directory.Suspended, hours(1)
	w.ok(w.UpdateAccount(w.ctx, maker))
	w.is(cloison.Stale, add(9, 9, 2))
	open := first(w.Proposals(w.ctx, "ML1"))[0]
	open.List = first(w.Proposal(w.ctx, open.ID)).List
	accounts, codes := w.granted(&open, approver.ID)
	w.keeps(func() { w.is(cloison.Stale, w.ApproveList(w.ctx, open, accounts, codes)) }) // cut between
}
