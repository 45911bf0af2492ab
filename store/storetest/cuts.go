package storetest

import (
	"time"

	"cloison"
	"cloison/access/approval"
	"cloison/access/directory"
	"cloison/incident/contain"
	"cloison/ledger"
	"cloison/wall/disclose"
)

func containTests() []test {
	return []test{
		{"descent follows creation approval and re-enrolment", descent},
		{"a cut ends everything that an account acts with", cutEnds},
		{"a cut on an old fence is stale", cutStale},
		{"a cut comes back and is unique", cutRoundTrip},
		{"undo takes two and gives back the state", undo},
		{"undo leaves what something later suspended", undoLater},
		{"undoing in the wrong order gives back the first state", undoOutOfOrder},
	}
}

func descent(w *world) {
	root, other := w.account("root"), w.account("other")
	made := func(name string, at time.Time, change func(*directory.Account)) directory.Account {
		a := w.account(name)
		a.Created = at
		change(&a)
		w.ok(w.UpdateAccount(w.ctx, a))
		return w.read(a.ID)
	}
	created := made("created", hours(1), func(a *directory.Account) { a.CreatedBy, a.ApprovedBy = root.ID, other.ID })
	approved := made("approved", hours(2), func(a *directory.Account) { a.CreatedBy, a.ApprovedBy = other.ID, root.ID })
	made("earlier", hours(-9), func(a *directory.Account) { a.CreatedBy = root.ID })
	rebound := w.account("rebound")
	propose := func(kind approval.ProposalKind, of, by, decided cloison.AccountID, at time.Time, state approval.ProposalState) {
		p := w.proposal(by, "ML1", at)
		p.Kind, p.Account = kind, of
		w.ok(w.AddProposal(w.ctx, p, at, 99, 99))
		p.State, p.DecidedBy, p.Decided = state, decided, at.Add(time.Minute)
		w.ok(w.DecideProposal(w.ctx, p, nil))
	}
	propose(approval.Rebind, rebound.ID, root.ID, other.ID, hours(3), approval.Approved)
	propose(approval.Rebind, rebound.ID, root.ID, other.ID, hours(4), approval.Approved)
	propose(approval.Reinstate, created.ID, other.ID, root.ID, hours(5), approval.Approved)
	propose(approval.Rebind, approved.ID, root.ID, other.ID, hours(6), approval.Refused)

	got, err := w.Descent(w.ctx, []cloison.AccountID{root.ID}, noon())
	w.ok(err)
	same(w, "links of root", got, []contain.Link{
		{From: root.ID, To: created.ID, How: "created", At: hours(1), Account: created},
		{From: root.ID, To: approved.ID, How: "approved", At: hours(2), Account: approved},
		{From: root.ID, To: rebound.ID, How: "re-enrolled", At: hours(4).Add(time.Minute), Account: rebound},
		{From: root.ID, To: created.ID, How: "approved", At: hours(5).Add(time.Minute), Account: created},
	})
	got, err = w.Descent(w.ctx, []cloison.AccountID{root.ID, other.ID}, hours(5))
	w.ok(err)
	if len(got) != 2 || got[0].At.After(got[1].At) || got[0].How == got[1].How {
		w.Errorf("links of both since 17:00: %+v, want one reinstated and one approved", got)
	}
	got, err = w.Descent(w.ctx, nil, time.Time{})
	w.ok(err)
	same(w, "links of nobody", len(got), 0)
	got, err = w.Descent(w.ctx, []cloison.AccountID{0}, time.Time{})
	w.ok(err)
	same(w, "links of the operator", len(got), 0)
}

func (w *world) cut(c contain.Cut) contain.Effect {
	w.Helper()
	c.Fence = w.fence()
	e, err := w.Cut(w.ctx, c)
	w.ok(err)
	return e
}

func cutEnds(w *world) {
	a, b, closed, other := w.account("a"), w.account("b"), w.account("closed"), w.account("other")
	sa, sb, so := w.session(a.ID, 9), w.session(b.ID, 9), w.session(other.ID, 9)
	for _, by := range []cloison.AccountID{a.ID, other.ID} {
		w.ok(w.AddProposal(w.ctx, w.proposal(by, "ML1", noon()), noon(), 9, 9))
	}
	about := w.proposal(other.ID, "ML1", noon())
	about.Kind, about.Account = approval.Rebind, b.ID
	w.ok(w.AddProposal(w.ctx, about, noon(), 9, 9))
	for i, e := range []approval.Enrolment{{Account: a.ID, By: other.ID}, {Account: closed.ID, By: b.ID}, {Account: other.ID, By: other.ID}} {
		e.Digest, e.Made, e.Expires = [32]byte{byte(i + 1)}, noon(), hours(9)
		w.ok(w.SetEnrolment(w.ctx, e))
	}
	closed.State = directory.Closed
	w.ok(w.UpdateAccount(w.ctx, closed))

	c := contain.Cut{ID: 5, Root: a.ID, Accounts: []cloison.AccountID{b.ID, a.ID, closed.ID}, Since: noon(), At: hours(1), By: other.ID,
		Reason: "contained"}
	var e contain.Effect
	w.raises(func() { e = w.cut(c) })
	same(w, "effect", e, contain.Effect{Accounts: 2, Sessions: 2, Proposals: 2, Codes: 2})
	for _, was := range []directory.Account{a, b} {
		was.State, was.SuspendedAt, was.SuspendedBy, was.SuspendedIn, was.Reason = directory.Suspended, hours(1), other.ID, 5, "contained"
		was.Version++
		same(w, "cut account", w.read(was.ID), was)
	}
	same(w, "closed account", w.read(closed.ID).State, directory.Closed)
	w.is(cloison.NotFound, second(w.Session(w.ctx, sa.Token)))
	w.is(cloison.NotFound, second(w.Session(w.ctx, sb.Token)))
	w.ok(second(w.Session(w.ctx, so.Token)))
	same(w, "lease", w.lease(sa.ID).Version, -1)
	same(w, "open proposals", len(first(w.Proposals(w.ctx, ""))), 1)
	same(w, "state", first(w.Proposal(w.ctx, about.ID)).State, approval.Cancelled)
	w.is(cloison.NotFound, second(w.Enrolment(w.ctx, [32]byte{1})))
	w.is(cloison.NotFound, second(w.Enrolment(w.ctx, [32]byte{2})))
	w.ok(second(w.Enrolment(w.ctx, [32]byte{3})))
}

func cutStale(w *world) {
	a := w.account("a")
	s := w.session(a.ID, 9)
	old := w.fence()
	w.ok(w.UpdateAccount(w.ctx, a))
	w.keeps(func() {
		w.is(cloison.Stale, second(w.Cut(w.ctx, contain.Cut{ID: 1, Accounts: []cloison.AccountID{a.ID}, Fence: old, At: noon()})))
		w.is(cloison.NotFound, second(w.Cut(w.ctx, contain.Cut{ID: 1, Accounts: []cloison.AccountID{a.ID, 99}, Fence: w.fence(), At: noon()})))
	})
	same(w, "state", w.read(a.ID).State, directory.Active)
	w.ok(second(w.Session(w.ctx, s.Token)))
	w.is(cloison.NotFound, second(w.CutByID(w.ctx, 1)))

	c := disclose.Commit{Fence: w.fence(), At: noon(), Rows: []ledger.Row{row(a.ID, "p", noon())}}
	w.cut(contain.Cut{ID: 1, Accounts: []cloison.AccountID{a.ID}, At: noon()})
	w.is(cloison.Stale, second(w.Commit(w.ctx, c)))
}

func cutRoundTrip(w *world) {
	a, b := w.account("a"), w.account("b")
	c := contain.Cut{ID: 9, Root: a.ID, Accounts: []cloison.AccountID{b.ID, a.ID}, Since: hours(-3), At: noon(), Alarm: 4,
		Reason: "alarm", Fence: w.fence()}
	c.Effect = w.cut(c)
	same(w, "cut", first(w.CutByID(w.ctx, 9)), c)
	same(w, "the cut of its alarm", first(w.CutOfAlarm(w.ctx, 4)), c)
	w.is(cloison.NotFound, second(w.CutOfAlarm(w.ctx, 5)))
	c.Fence = w.fence()
	w.keeps(func() { w.is(cloison.Conflict, second(w.Cut(w.ctx, c))) })
	w.cut(contain.Cut{ID: 3, Root: a.ID, At: hours(1)})
	cuts, err := w.Cuts(w.ctx)
	w.ok(err)
	if len(cuts) != 2 || cuts[0].ID != 3 || cuts[1].ID != 9 || len(cuts[0].Accounts) != 0 {
		w.Errorf("cuts %+v, want 3 then 9", cuts)
	}
}

func undo(w *world) {
	a, pending := w.account("a"), w.account("pending")
	pending.State = directory.Pending
	w.ok(w.UpdateAccount(w.ctx, pending))
	pending = w.read(pending.ID)
	s := w.session(a.ID, 9)
	w.cut(contain.Cut{ID: 1, Accounts: []cloison.AccountID{a.ID, pending.ID}, At: noon(), Reason: "contained"})
	w.is(cloison.Conflict, w.Undo(w.ctx, 1, 8, hours(1)))
	w.keeps(func() { w.ok(w.AskUndo(w.ctx, 1, 8, hours(1))) })
	w.is(cloison.Conflict, w.AskUndo(w.ctx, 1, 9, hours(1)))
	w.is(cloison.Conflict, w.Undo(w.ctx, 1, 8, hours(1)))
	same(w, "who asked", first(w.CutByID(w.ctx, 1)).UndoAsk, 8)
	w.raises(func() { w.ok(w.Undo(w.ctx, 1, 9, hours(2))) })
	for _, was := range []directory.Account{a, pending} {
		was.Version += 2
		same(w, "account", w.read(was.ID), was)
	}
	w.is(cloison.NotFound, second(w.Session(w.ctx, s.Token)))
	same(w, "undone", first(w.CutByID(w.ctx, 1)).Undone, hours(2))
	w.is(cloison.Conflict, w.Undo(w.ctx, 1, 9, hours(3)))
	w.is(cloison.Conflict, w.AskUndo(w.ctx, 1, 9, hours(3)))
	w.is(cloison.NotFound, w.Undo(w.ctx, 2, 9, hours(3)))
	w.is(cloison.NotFound, w.AskUndo(w.ctx, 2, 9, hours(3)))
}

func (w *world) undone(id cloison.ActID) {
	w.Helper()
	w.ok(w.AskUndo(w.ctx, id, 8, hours(5)))
	w.ok(w.Undo(w.ctx, id, 9, hours(5)))
}

func undoLater(w *world) {
	a, closed := w.account("a"), w.account("closed")
	w.cut(contain.Cut{ID: 1, Accounts: []cloison.AccountID{a.ID, closed.ID}, At: noon(), Reason: "first"})
	a, closed = w.read(a.ID), w.read(closed.ID)
	a.SuspendedIn, a.Reason, closed.State = 0, "dormant", directory.Closed
	w.ok(w.UpdateAccount(w.ctx, a))
	w.ok(w.UpdateAccount(w.ctx, closed))
	w.undone(1)
	same(w, "state of what was suspended otherwise", w.read(a.ID).State, directory.Suspended)
	same(w, "state of what was closed since", w.read(closed.ID).State, directory.Closed)
}

func undoOutOfOrder(w *world) {
	a := w.account("a")
	for id := range cloison.ActID(3) {
		w.cut(contain.Cut{ID: id + 1, Accounts: []cloison.AccountID{a.ID}, At: noon(), Reason: "cut"})
	}
	w.undone(2)
	same(w, "suspended in", w.read(a.ID).SuspendedIn, 3)
	w.undone(1)
	same(w, "suspended in", w.read(a.ID).SuspendedIn, 3)
	w.undone(3)
	a.Version = w.read(a.ID).Version
	same(w, "account", w.read(a.ID), a)
}
