package approval_test

import (
	"fmt"
	"testing"
	"time"

	"cloison"
	"cloison/access/approval"
	"cloison/access/directory"
	"cloison/internal/testkit/testworld"
)

// TestPuppetApprover: an officer who made somebody an approver is not approved by that account, also when the account
// was there before.
func TestPuppetApprover(t *testing.T) {
	w := newWorld(t, approval.Settings{})
	w.Add("ML2", "officer2", directory.Officer)
	w.Approve("approver", w.Propose("officer", approval.Ask{Kind: approval.NewRoles, Account: w.Who["stranger"].ID, Roles: directory.Approver}))
	mine, other := w.Propose("officer", testworld.Newcomer()), w.Propose("officer2", testworld.Newcomer())
	_, err := w.Approvals.Approve(w.Ctx, w.By("stranger"), mine.ID, mine.Version)
	testworld.WantDenied(t, err, directory.SameLineage)
	testworld.WantDenied(t, approval.Independent(w.Ctx, w.DB, w.Who["officer"], w.Account(w.Who["stranger"].ID)), directory.SameLineage)
	if err := approval.Independent(w.Ctx, w.DB, w.Who["approver"], w.Account(w.Who["stranger"].ID)); err == nil {
		t.Error("who approved the puppet counts as independent of it")
	}
	w.Approve("stranger", other) // for everybody else's it is a second pair of eyes

	// Other roles without a hold on anybody change no lineage.
	before := w.Account(w.Who["adviser"].ID)
	w.Approve("approver", w.Propose("manager", approval.Ask{Kind: approval.NewRoles, Account: before.ID, Roles: directory.Reception}))
	if after := w.Account(before.ID); after.Lineage != before.Lineage || after.ApprovedBy != 0 {
		t.Errorf("other roles moved the account: %+v", after)
	}
}

// TestApproversOwnAddress: nobody approves an account for an address of their own, alone or in a list.
func TestApproversOwnAddress(t *testing.T) {
	w := newWorld(t, approval.Settings{})
	own := testworld.Newcomer()
	own.Email = "Approver@ML.example"
	p := w.Propose("manager", own)
	_, err := w.Approvals.Approve(w.Ctx, w.By("approver"), p.ID, p.Version)
	testworld.WantDenied(t, err, directory.Oneself)
	testworld.WantDenied(t, w.Approvals.MayDecide(w.Ctx, w.By("approver"), p), directory.Oneself)
	w.Approve("approver2", p)

	l := w.proposeList("manager2", "nom;courriel;rôles\nUn;un@ml.example;conseiller\nDeux;approver2@ml.example;conseiller\n")
	_, _, err = w.Approvals.ApproveList(w.Ctx, w.By("approver2"), l.ID, l.Version)
	testworld.WantDenied(t, err, directory.Oneself)
	if _, _, err = w.Approvals.ApproveList(w.Ctx, w.By("approver"), l.ID, l.Version); err != nil {
		t.Error(err)
	}
}

// TestManySubjectsGuessNoMore: a thief with many subjects has as many guesses for a witness's word as one with one
// subject.
func TestManySubjectsGuessNoMore(t *testing.T) {
	w := newWorld(t, approval.Settings{CodeTries: 5})
	done := w.rebind()
	p, err := w.Approvals.Witness(w.Ctx, w.By("director"), done.Account.ID)
	if err != nil {
		t.Fatal(err)
	}
	code, wrong := done.Code.Reveal(), "0000"
	if p.Word.Reveal() == wrong {
		wrong = "1111"
	}
	for i := range 20 { // the code alone is no guess: its holder may type it too soon, and nobody locks the holder out by it
		testworld.WantDenied(t, w.try(code, fmt.Sprint("early", i)), directory.NotWitnessed)
	}
	for i := range 20 {
		want := directory.NotWitnessed
		if i >= 5 {
			want = directory.CodeLocked
		}
		testworld.WantDenied(t, w.try(code+wrong, fmt.Sprint("thief", i)), want)
	}
	testworld.WantDenied(t, w.try(code+p.Word.Reveal(), "thief"), directory.CodeLocked)
	w.Clock.Add(time.Hour + time.Second) // or another code
	w.Recover(done, "colleague", "holder")
}

// TestAnAgentOfTwoStructures: an agent with an account is proposed in another structure, under the same address. The
// approver sees it. The code makes no second account for the same subject, does not take over the first one, and
// still works for another subject.
func TestAnAgentOfTwoStructures(t *testing.T) {
	w := newWorld(t, approval.Settings{})
	ask := testworld.Newcomer()
	ask.Email = "Stranger@ML.example"
	p := w.Propose("manager", ask)
	if found, err := w.Approvals.Likenesses(w.Ctx, p); err != nil || len(found) != 1 || found[0].Why != approval.SameEmail || found[0].Account.ID != w.Who["stranger"].ID {
		t.Errorf("the approver is shown %+v, %v", found, err)
	}
	done := w.Approve("approver", p)
	testworld.WantKind(t, w.try(done.Code.Reveal(), "stranger"), cloison.Conflict)
	if a := w.Account(w.Who["stranger"].ID); a != w.Who["stranger"] {
		t.Errorf("the first account is %+v", a)
	}
	if a := w.Account(done.Account.ID); a.State != directory.Pending || a.Binding != (directory.Binding{}) {
		t.Errorf("the second account is %+v", a)
	}
	if a := w.Enrol(done.Code, "somebody else"); a.ID != done.Account.ID || a.State != directory.Active {
		t.Errorf("the code is used up: %+v", a)
	}
}
