package directory_test

import (
	"testing"
	"time"

	"cloison/access/directory"
)

// TestTwoToolsOfOneManager: a hijacked manager has two accounts made, and waits out their probation. Neither explains
// anybody to the other, nor is its witness; an old colleague of the same maker's does explain, or no structure could
// work.
func TestTwoToolsOfOneManager(t *testing.T) {
	t.Parallel()
	w := newWorld(t, directory.Settings{CourseOptional: true})
	w.caseload("colleague", "p1")
	w.join("old", "manager", "approver")
	w.clock.add(70 * 24 * time.Hour)
	w.join("one", "manager", "approver")
	w.join("two", "manager", "approver2")
	w.clock.add(16 * 24 * time.Hour)
	for _, name := range []string{"one", "two"} {
		if w.who[name].OnProbation(w.clock.now()) {
			t.Fatal("the tools are on probation still")
		}
	}
	if _, err := w.cover("two", "one", "colleague", 5); err != nil {
		t.Fatal(err)
	}
	w.counts("one", "self:cover", "p1")
	wantBar(t, w.d.Vouch(w.ctx, w.who["two"], w.who["one"]), directory.TooClose)
	if err := w.d.Vouch(w.ctx, w.who["old"], w.who["one"]); err != nil {
		t.Errorf("an old colleague does not count: %v", err)
	}
	if err := w.d.Vouch(w.ctx, w.who["two"], w.who["old"]); err != nil { // the gain would be the old one's, who has a name
		t.Errorf("nor does a newer one for it: %v", err)
	}
	if _, err := w.cover("old", "one", "colleague", 5); err != nil {
		t.Fatal(err)
	}
	w.counts("one", "cover", "p1")

	// Of a lost key, no fellow is a witness, ever.
	w.clock.add(24 * time.Hour)
	p := w.propose("manager2", directory.Ask{Kind: directory.Rebind, Account: w.who["one"].ID})
	w.approve("approver", p)
	wantBar(t, w.d.MayWitness(w.ctx, w.by("manager2"), w.who["one"].ID), directory.OwnProposal)
	w.join("three", "manager2", "approver")
	w.clock.add(300 * 24 * time.Hour)
	p = w.propose("manager2", directory.Ask{Kind: directory.Rebind, Account: w.who["one"].ID})
	w.approve("approver", p)
	wantBar(t, w.d.MayWitness(w.ctx, w.by("three"), w.who["one"].ID), directory.InControl)
}

// TestToolOfATool: an officer's word for what its own new manager made is the officer's own, as long as that manager is
// new.
func TestToolOfATool(t *testing.T) {
	t.Parallel()
	w := newWorld(t, directory.Settings{CourseOptional: true})
	w.caseload("stranger", "p1")
	w.caseload("adviser", "p2")
	ask := newcomer()
	ask.Roles = directory.Manager
	w.who["puppet"] = w.enrol(w.approve("approver", w.propose("officer", ask)).Code, "puppet")
	w.clock.add(16 * 24 * time.Hour)
	w.join("tool", "puppet", "approver2")
	w.clock.add(time.Hour)
	w.transfer("officer", "stranger", "tool", 0)
	w.counts("tool", "self:caseload", "p1")

	w.clock.add(60 * 24 * time.Hour)
	w.transfer("officer", "adviser", "tool", 0)
	w.counts("tool", "caseload", "p2")
}

// TestApproverTwiceRemoved: whoever had an officer made, who had an approver made, is approved by that one in nothing,
// however long it waits; nor does the approver decide for those between them, nor do the first and the last agree on
// anything.
func TestApproverTwiceRemoved(t *testing.T) {
	t.Parallel()
	w := newWorld(t, directory.Settings{})
	w.add("ML2", "officer2", directory.Officer)
	raise := func(name, maker, approver string, roles directory.Role) {
		t.Helper()
		ask := newcomer()
		ask.Structure, ask.Roles = "ML2", roles
		w.who[name] = w.enrol(w.approve(approver, w.propose(maker, ask)).Code, name)
		w.clock.add(60 * 24 * time.Hour)
	}
	raise("second", "officer", "approver", directory.Officer)
	raise("third", "second", "approver2", directory.Officer)
	raise("puppet", "third", "approver", directory.Approver)
	for _, maker := range []string{"officer", "second", "third"} {
		p := w.propose(maker, newcomer())
		if err := w.d.MayDecide(w.ctx, w.by("puppet"), p); err == nil {
			t.Errorf("the puppet decides for %s", maker)
		}
		each, err := w.d.MayDecideEach(w.ctx, w.by("puppet"), []directory.Proposal{p})
		if err != nil || each[0] == nil {
			t.Errorf("by the list the puppet decides for %s, %v", maker, err)
		}
		_, err = w.d.Approve(w.ctx, w.by("puppet"), p.ID, p.Version)
		if err == nil {
			t.Errorf("the puppet approved for %s", maker)
		}
	}
	w.approve("puppet", w.propose("officer2", newcomer()))
	if err := directory.Independent(w.ctx, w.db, w.who["officer"], w.who["third"]); err == nil {
		t.Error("the first officer and the third agree as two")
	}
	if err := directory.Independent(w.ctx, w.db, w.who["officer2"], w.who["third"]); err != nil {
		t.Error(err)
	}
}

// TestANewcomerSpeaksForNobody: a hijacked manager's tool says that somebody else, who is no kin of it and hijacked
// too, meets a caseload: by a cover, a turn at the desk or a transfer. On probation its word is not taken, but about
// its own caseload.
func TestANewcomerSpeaksForNobody(t *testing.T) {
	t.Parallel()
	w := newWorld(t, directory.Settings{})
	w.caseload("colleague", "p1")
	w.join("tool", "manager", "approver")
	w.change("tool", func(a *directory.Account) { a.Roles = directory.Manager | directory.Adviser })
	w.caseload("tool", "own")
	_, err := w.cover("tool", "adviser", "colleague", 5)
	wantBar(t, err, directory.Newcomer)
	_, err = w.d.DeclareDuty(w.ctx, w.by("tool"), directory.DutyAsk{For: w.who["adviser"].ID, Until: w.clock.now().Add(time.Hour)})
	wantBar(t, err, directory.Newcomer)
	_, _, err = w.d.Transfer(w.ctx, w.by("tool"), directory.TransferAsk{From: w.who["colleague"].ID, To: w.who["adviser"].ID})
	wantBar(t, err, directory.Newcomer)
	if _, err := w.cover("tool", "adviser", "tool", 5); err != nil {
		t.Error(err)
	}
	w.counts("adviser", "cover", "own")
	w.counts("adviser", "", "p1")
}
