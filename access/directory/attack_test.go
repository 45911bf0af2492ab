package directory_test

import (
	"fmt"
	"testing"
	"time"

	"cloison"
	"cloison/access/directory"
)

// TestPuppetApprover: whoever had somebody made an approver is approved by that one in nothing, also when the account
// was there before.
func TestPuppetApprover(t *testing.T) {
	w := newWorld(t, directory.Settings{})
	w.add("ML2", "officer2", directory.Officer)
	w.approve("approver", w.propose("officer", directory.Ask{Kind: directory.NewRoles, Account: w.who["stranger"].ID, Roles: directory.Approver}))
	mine, other := w.propose("officer", newcomer()), w.propose("officer2", newcomer())
	_, err := w.d.Approve(w.ctx, w.by("stranger"), mine.ID, mine.Version)
	wantBar(t, err, directory.SameLineage)
	wantBar(t, directory.Independent(w.ctx, w.db, w.who["officer"], w.account(w.who["stranger"].ID)), directory.SameLineage)
	if err := directory.Independent(w.ctx, w.db, w.who["approver"], w.account(w.who["stranger"].ID)); err == nil {
		t.Error("who approved the puppet counts as independent of it")
	}
	w.approve("stranger", other) // for everybody else's it is a second pair of eyes

	// Other roles without a hold on anybody change no lineage.
	before := w.account(w.who["adviser"].ID)
	w.approve("approver", w.propose("manager", directory.Ask{Kind: directory.NewRoles, Account: before.ID, Roles: directory.Reception}))
	if after := w.account(before.ID); after.Lineage != before.Lineage || after.ApprovedBy != 0 {
		t.Errorf("other roles moved the account: %+v", after)
	}
}

// TestApproversOwnAddress: nobody approves an account for an address of their own, alone or in a list.
func TestApproversOwnAddress(t *testing.T) {
	w := newWorld(t, directory.Settings{})
	own := newcomer()
	own.Email = "Approver@ML.example"
	p := w.propose("manager", own)
	_, err := w.d.Approve(w.ctx, w.by("approver"), p.ID, p.Version)
	wantBar(t, err, directory.Oneself)
	wantBar(t, w.d.MayDecide(w.ctx, w.by("approver"), p), directory.Oneself)
	w.approve("approver2", p)

	l := w.proposeList("manager2", "nom;courriel;rôles\nUn;un@ml.example;conseiller\nDeux;approver2@ml.example;conseiller\n")
	_, _, err = w.d.ApproveList(w.ctx, w.by("approver2"), l.ID, l.Version)
	wantBar(t, err, directory.Oneself)
	if _, _, err = w.d.ApproveList(w.ctx, w.by("approver"), l.ID, l.Version); err != nil {
		t.Error(err)
	}
}

// TestTransferLaundered: a manager who moves caseloads to one tool of its own, for another tool to cover, explains
// nothing by it, although an honest colleague declares the cover.
func TestTransferLaundered(t *testing.T) {
	w := newWorld(t, directory.Settings{})
	w.caseload("colleague", "p1")
	w.caseload("stranger", "p9")
	w.join("tool", "manager", "approver")
	w.join("mule", "manager", "approver")
	w.clock.add(time.Hour)
	if _, _, err := w.d.Transfer(w.ctx, w.by("manager"), directory.TransferAsk{From: w.who["colleague"].ID, To: w.who["mule"].ID}); err != nil {
		t.Fatal(err)
	}
	if _, err := w.cover("director", "tool", "mule", 9); err != nil {
		t.Fatal(err)
	}
	w.clock.add(time.Hour)
	if e, ok := w.explained("tool")["p1"]; !ok || !e.SelfGranted {
		t.Errorf("a laundered caseload explains the file: %+v", e)
	}

	// What an honest hand moved is lent as ever.
	w.caseload("adviser", "p2")
	w.clock.add(time.Hour)
	if _, _, err := w.d.Transfer(w.ctx, w.by("director"), directory.TransferAsk{From: w.who["adviser"].ID, To: w.who["mule"].ID}); err != nil {
		t.Fatal(err)
	}
	w.clock.add(time.Hour)
	if e, ok := w.explained("tool")[cloison.PersonRef("p2")]; !ok || e.SelfGranted {
		t.Errorf("an honest transfer is not lent: %+v %v", e, ok)
	}
}

// TestManySubjectsGuessNoMore: the word of a witness is guessed by one thief with many identities as often as with one.
func TestManySubjectsGuessNoMore(t *testing.T) {
	w := newWorld(t, directory.Settings{CodeTries: 5})
	done := w.rebind()
	p, err := w.d.Witness(w.ctx, w.by("director"), done.Account.ID)
	if err != nil {
		t.Fatal(err)
	}
	code, wrong := done.Code.Reveal(), "0000"
	if p.Word.Reveal() == wrong {
		wrong = "1111"
	}
	for i := range 20 { // the code alone is no guess: its holder may type it too soon, and nobody locks the holder out by it
		wantBar(t, w.try(code, fmt.Sprint("early", i)), directory.NotWitnessed)
	}
	for i := range 20 {
		want := directory.NotWitnessed
		if i >= 5 {
			want = directory.CodeLocked
		}
		wantBar(t, w.try(code+wrong, fmt.Sprint("thief", i)), want)
	}
	wantBar(t, w.try(code+p.Word.Reveal(), "thief"), directory.CodeLocked)
	w.clock.add(time.Hour + time.Second) // or another code
	w.recover(done, "colleague", "holder")
}

// TestAnAgentOfTwoStructures: somebody who has an account is proposed in another structure, under the same address. The
// approver is shown it; the code makes no second account for the same identity, nor takes the first one over, and still
// works for another.
func TestAnAgentOfTwoStructures(t *testing.T) {
	t.Parallel()
	w := newWorld(t, directory.Settings{})
	ask := newcomer()
	ask.Email = "Stranger@ML.example"
	p := w.propose("manager", ask)
	if found, err := w.d.Likenesses(w.ctx, p); err != nil || len(found) != 1 || found[0].Why != directory.SameEmail || found[0].Account.ID != w.who["stranger"].ID {
		t.Errorf("the approver is shown %+v, %v", found, err)
	}
	done := w.approve("approver", p)
	wantKind(t, w.try(done.Code.Reveal(), "stranger"), cloison.Conflict)
	if a := w.account(w.who["stranger"].ID); a != w.who["stranger"] {
		t.Errorf("the first account is %+v", a)
	}
	if a := w.account(done.Account.ID); a.State != directory.Pending || a.Binding != (directory.Binding{}) {
		t.Errorf("the second account is %+v", a)
	}
	if a := w.enrol(done.Code, "somebody else"); a.ID != done.Account.ID || a.State != directory.Active {
		t.Errorf("the code is used up: %+v", a)
	}
}
