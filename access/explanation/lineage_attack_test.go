package explanation_test

import (
	"testing"
	"time"

	"cloison/access/approval"
	"cloison/access/directory"
	"cloison/access/explanation"
	"cloison/internal/testkit/testworld"
)

// TestTwoToolsOfOneManager: a hijacked manager has two accounts made, and waits out their probation. Neither explains
// anybody to the other, nor is its witness. A settled colleague of the same maker does explain, or no structure could
// work.
func TestTwoToolsOfOneManager(t *testing.T) {
	w := newWorld(t, approval.Settings{CourseOptional: true})
	w.Caseload("colleague", "p1")
	w.Join("old", "manager", "approver")
	w.Clock.Add(70 * 24 * time.Hour)
	w.Join("one", "manager", "approver")
	w.Join("two", "manager", "approver2")
	w.Clock.Add(16 * 24 * time.Hour)
	for _, name := range []string{"one", "two"} {
		if w.Who[name].OnProbation(w.Clock.Now()) {
			t.Fatal("the tools are on probation still")
		}
	}
	if _, err := w.cover("two", "one", "colleague", 5); err != nil {
		t.Fatal(err)
	}
	w.counts("one", "self:cover", "p1")
	testworld.WantDenied(t, w.Explanations.MayVouch(w.Ctx, w.Who["two"], w.Who["one"]), directory.TooClose)
	if err := w.Explanations.MayVouch(w.Ctx, w.Who["old"], w.Who["one"]); err != nil {
		t.Errorf("an old colleague does not count: %v", err)
	}
	if err := w.Explanations.MayVouch(w.Ctx, w.Who["two"], w.Who["old"]); err != nil { // the gain would be the old one's, who has a name
		t.Errorf("nor does a newer one for it: %v", err)
	}
	if _, err := w.cover("old", "one", "colleague", 5); err != nil {
		t.Fatal(err)
	}
	w.counts("one", "cover", "p1")

	// Of a lost key, no fellow is a witness, ever.
	w.Clock.Add(24 * time.Hour)
	p := w.Propose("manager2", approval.Ask{Kind: approval.Rebind, Account: w.Who["one"].ID})
	w.Approve("approver", p)
	testworld.WantDenied(t, w.Approvals.MayWitness(w.Ctx, w.By("manager2"), w.Who["one"].ID), directory.OwnProposal)
	w.Join("three", "manager2", "approver")
	w.Clock.Add(300 * 24 * time.Hour)
	p = w.Propose("manager2", approval.Ask{Kind: approval.Rebind, Account: w.Who["one"].ID})
	w.Approve("approver", p)
	testworld.WantDenied(t, w.Approvals.MayWitness(w.Ctx, w.By("three"), w.Who["one"].ID), directory.InControl)
}

// TestToolOfATool: an officer explains nothing to what its own new manager made, as long as that manager is new.
func TestToolOfATool(t *testing.T) {
	w := newWorld(t, approval.Settings{CourseOptional: true})
	w.Caseload("stranger", "p1")
	w.Caseload("adviser", "p2")
	ask := testworld.Newcomer()
	ask.Roles = directory.Manager
	w.Who["puppet"] = w.Enrol(w.Approve("approver", w.Propose("officer", ask)).Code, "puppet")
	w.Clock.Add(16 * 24 * time.Hour)
	w.Join("tool", "puppet", "approver2")
	w.Clock.Add(time.Hour)
	w.transfer("officer", "stranger", "tool", 0)
	w.counts("tool", "self:caseload", "p1")

	w.Clock.Add(60 * 24 * time.Hour)
	w.transfer("officer", "adviser", "tool", 0)
	w.counts("tool", "caseload", "p2")
}

// TestApproverTwiceRemoved: an account that had an officer made, who had an approver made, is never approved by that
// approver, however long it waits; nor does the approver decide for those between them, nor do the first and the last
// agree on anything.
func TestApproverTwiceRemoved(t *testing.T) {
	w := newWorld(t, approval.Settings{})
	w.Add("ML2", "officer2", directory.Officer)
	raise := func(name, maker, approver string, roles directory.Role) {
		t.Helper()
		ask := testworld.Newcomer()
		ask.Structure, ask.Roles = "ML2", roles
		w.Who[name] = w.Enrol(w.Approve(approver, w.Propose(maker, ask)).Code, name)
		w.Clock.Add(60 * 24 * time.Hour)
	}
	raise("second", "officer", "approver", directory.Officer)
	raise("third", "second", "approver2", directory.Officer)
	raise("puppet", "third", "approver", directory.Approver)
	for _, maker := range []string{"officer", "second", "third"} {
		p := w.Propose(maker, testworld.Newcomer())
		if err := w.Approvals.MayDecide(w.Ctx, w.By("puppet"), p); err == nil {
			t.Errorf("the puppet decides for %s", maker)
		}
		each, err := w.Approvals.MayDecideEach(w.Ctx, w.By("puppet"), []approval.Proposal{p})
		if err != nil || each[0] == nil {
			t.Errorf("by the list the puppet decides for %s, %v", maker, err)
		}
		_, err = w.Approvals.Approve(w.Ctx, w.By("puppet"), p.ID, p.Version)
		if err == nil {
			t.Errorf("the puppet approved for %s", maker)
		}
	}
	w.Approve("puppet", w.Propose("officer2", testworld.Newcomer()))
	if err := approval.Independent(w.Ctx, w.DB, w.Who["officer"], w.Who["third"]); err == nil {
		t.Error("the first officer and the third agree as two")
	}
	if err := approval.Independent(w.Ctx, w.DB, w.Who["officer2"], w.Who["third"]); err != nil {
		t.Error(err)
	}
}

// TestANewcomerSpeaksForNobody: a hijacked manager's tool declares a cover, a turn or a transfer for a hijacked
// account of another lineage. On probation it may declare nothing but a cover of its own caseload.
func TestANewcomerSpeaksForNobody(t *testing.T) {
	w := newWorld(t, approval.Settings{})
	w.Caseload("colleague", "p1")
	w.Join("tool", "manager", "approver")
	w.Change("tool", func(a *directory.Account) { a.Roles = directory.Manager | directory.Adviser })
	w.Caseload("tool", "own")
	_, err := w.cover("tool", "adviser", "colleague", 5)
	testworld.WantDenied(t, err, directory.Newcomer)
	_, err = w.Explanations.DeclareDuty(w.Ctx, w.By("tool"), explanation.DutyAsk{For: w.Who["adviser"].ID, Until: w.Clock.Now().Add(time.Hour)})
	testworld.WantDenied(t, err, directory.Newcomer)
	_, _, err = w.Explanations.Transfer(w.Ctx, w.By("tool"), explanation.TransferAsk{From: w.Who["colleague"].ID, To: w.Who["adviser"].ID})
	testworld.WantDenied(t, err, directory.Newcomer)
	if _, err := w.cover("tool", "adviser", "tool", 5); err != nil {
		t.Error(err)
	}
	w.counts("adviser", "cover", "own")
	w.counts("adviser", "", "p1")
}
