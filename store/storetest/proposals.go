package storetest

import (
	"net/netip"
	"time"

	"cloison"
	"cloison/access/approval"
	"cloison/access/directory"
	"cloison/access/signin"
)

func proposeTwice(w *world) {
	a, b := w.account("a"), w.account("b")
	w.structure("ML2")
	p := w.proposal(a.ID, "ML1", noon())
	add := func(edit func(*approval.Proposal)) error {
		again := p
		again.ID = cloison.NewActID()
		edit(&again)
		return w.AddProposal(w.ctx, again, noon(), 99, 99)
	}
	w.ok(w.AddProposal(w.ctx, p, noon(), 99, 99))
	w.is(cloison.Conflict, add(func(p *approval.Proposal) { p.By, p.Email = b.ID, cloison.Personal(upper(p.Email)) }))
	w.ok(add(func(p *approval.Proposal) { p.Structure = "ML2" })) // in two structures
	rebind := func(p *approval.Proposal) { p.Kind, p.Account = approval.Rebind, b.ID }
	w.ok(add(rebind))
	w.is(cloison.Conflict, add(rebind))
	w.ok(add(func(p *approval.Proposal) { p.Kind, p.Account = approval.Rebind, a.ID }))
	p.State = approval.Cancelled
	w.ok(w.DecideProposal(w.ctx, p, nil))
	w.ok(add(func(p *approval.Proposal) { p.State = approval.Open })) // a decided proposal blocks no new one
}

func upper(email cloison.Personal) string {
	b := []byte(email.Reveal())
	for i := range b {
		if 'a' <= b[i] && b[i] <= 'z' {
			b[i] -= 'a' - 'A'
		}
	}
	return string(b)
}

func proposalPlace(w *world) {
	a := w.account("a")
	s := signin.Session{ID: cloison.NewSessionID(), Account: a.ID, Amr: []string{"pwd"}, Opened: noon(), LastSeen: noon(), Expires: hours(4), Version: 1,
		Network: netip.MustParsePrefix("192.0.2.0/24"), UserAgent: "digest", Device: "firefox linux", Token: [32]byte{9, 9}}
	w.ok(w.AddSession(w.ctx, s, 1))
	p := w.proposal(a.ID, "ML1", hours(2))
	p.Session = s.ID
	from := func(id int) approval.Place {
		p.ID, p.Email = cloison.NewActID(), cloison.Personal(string(rune('a'+id))+"@ml1.example")
		w.ok(w.AddProposal(w.ctx, p, noon(), 99, 99))
		return first(w.Proposal(w.ctx, p.ID)).From
	}
	same(w, "a place where nobody was seen", from(1), approval.Place{Device: "firefox linux", Network: "192.0.2.0/24"})
	w.ok(second(w.SeenAt(w.ctx, a.ID, s.Network, s.UserAgent, hours(-30))))
	w.ok(second(w.SeenAt(w.ctx, a.ID, s.Network, s.UserAgent, hours(1))))
	same(w, "a place where the passkey was never shown", from(4), approval.Place{Device: "firefox linux", Network: "192.0.2.0/24"})
	w.keeps(func() {
		w.ok(w.ProvedAt(w.ctx, a.ID, s.Network, s.UserAgent, hours(-20)))
		w.ok(w.ProvedAt(w.ctx, a.ID, s.Network, s.UserAgent, hours(-10)))
		w.ok(w.ProvedAt(w.ctx, a.ID, s.Network, "a browser never seen", hours(-30)))
	})
	want := approval.Place{Device: "firefox linux", Network: "192.0.2.0/24", Since: hours(-20)}
	same(w, "a place that is known", from(2), want)
	for _, listed := range first(w.Proposals(w.ctx, "ML1")) {
		if listed.ID == p.ID {
			same(w, "in the list", listed.From, want)
		}
	}
	p.Session = 77
	same(w, "a session that is gone", from(3), approval.Place{})
}

func proposalCounts(w *world) {
	maker, other, decider := w.account("maker").ID, w.account("other").ID, w.account("decider").ID
	decide := func(by cloison.AccountID, h int, state approval.ProposalState) {
		p := w.proposal(by, "ML1", hours(h))
		w.ok(w.AddProposal(w.ctx, p, noon(), 99, 99))
		if state == approval.Open {
			return
		}
		p.State, p.DecidedBy, p.Decided = state, decider, hours(h+1)
		w.ok(w.DecideProposal(w.ctx, p, nil))
	}
	for h := range 4 {
		decide(maker, h, approval.Approved)
	}
	decide(maker, 5, approval.Refused)
	decide(maker, 6, approval.Open)
	decide(other, 2, approval.Approved)
	same(w, "since 02:00 of its day", first(w.ProposalsBy(w.ctx, maker, hours(2))),
		map[approval.ProposalState]int{approval.Approved: 2, approval.Refused: 1, approval.Open: 1})
	same(w, "of nobody", first(w.ProposalsBy(w.ctx, decider, hours(-99))), map[approval.ProposalState]int{})
	same(w, "pairs", first(w.Approvals(w.ctx, hours(2))), []approval.Pair{{Maker: maker, Decider: decider, Approved: 3}, {Maker: other, Decider: decider, Approved: 1}})
	same(w, "pairs of the future", len(first(w.Approvals(w.ctx, hours(99)))), 0)
}

func (w *world) proposal(by cloison.AccountID, structure cloison.StructureID, at time.Time) approval.Proposal {
	id := cloison.NewActID()
	return approval.Proposal{ID: id, Kind: approval.NewAccount, Structure: structure, Name: "Nouvelle Personne",
		Email: cloison.Personal(id.String() + "@ml1.example"), Roles: directory.Adviser, By: by, Made: at, Session: 5, State: approval.Open, Version: 1}
}

func proposalLimits(w *world) {
	a, b, c := w.account("a"), w.account("b"), w.account("c")
	w.structure("ML2")
	add := func(by directory.Account, s cloison.StructureID, at time.Time) error {
		return w.AddProposal(w.ctx, w.proposal(by.ID, s, at), noon(), 2, 3)
	}
	w.ok(add(a, "ML1", hours(-1))) // before since: not counted
	w.ok(add(a, "ML1", noon()))
	w.ok(add(a, "ML1", hours(1)))
	w.is(cloison.Denied, add(a, "ML2", hours(1)))
	w.ok(add(b, "ML1", hours(1)))
	w.is(cloison.Denied, add(c, "ML1", hours(1)))
	w.ok(add(c, "ML2", hours(1)))
	list, err := w.Proposals(w.ctx, "ML1")
	w.ok(err)
	if len(list) != 4 || !list[0].Made.Equal(hours(-1)) {
		w.Errorf("%d open proposals of ML1, want 4, oldest first", len(list))
	}
	list, err = w.Proposals(w.ctx, "")
	w.ok(err)
	same(w, "open proposals", len(list), 5)
	p := w.proposal(b.ID, "nowhere", noon())
	w.is(cloison.NotFound, w.AddProposal(w.ctx, p, noon(), 9, 9))
	p.Structure, p.ID = "ML1", list[0].ID
	w.is(cloison.Conflict, w.AddProposal(w.ctx, p, noon(), 9, 9))
	c.State = directory.Suspended
	w.ok(w.UpdateAccount(w.ctx, c))
	w.is(cloison.Stale, w.AddProposal(w.ctx, w.proposal(c.ID, "ML1", hours(1)), hours(1), 9, 9)) // of who was cut meanwhile
}
