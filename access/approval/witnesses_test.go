package approval_test

import (
	"strings"
	"testing"
	"time"

	"cloison"
	"cloison/access/approval"
	"cloison/access/directory"
	"cloison/internal/testkit/testworld"
)

// rebind gives the adviser a new code, by proposal and approval.
func (w *world) rebind() approval.Approval {
	w.Helper()
	return w.Approve("approver", w.Propose("manager", approval.Ask{Kind: approval.Rebind, Account: w.Who["adviser"].ID}))
}

func (w *world) try(typed, sub string) error {
	_, err := w.Approvals.Enrol(w.Ctx, typed, directory.Binding{IdP: "idp", Sub: sub}, 1)
	return err
}

// TestACodeByTelephoneOpensNothing: a thief who was told the code and reads the mailbox does not have the witness's
// word.
func TestACodeByTelephoneOpensNothing(t *testing.T) {
	w := newWorld(t, approval.Settings{})
	done := w.rebind()
	code := done.Code.Reveal()
	testworld.WantDenied(t, w.try(code, "thief"), directory.NotWitnessed)
	testworld.WantDenied(t, w.try(code+"-0000", "thief"), directory.NotWitnessed)
	if got := w.Codes(); got[len(got)-1] != "enrolment.unwitnessed" {
		t.Errorf("the journal ends with %v", got)
	}
	p, err := w.Approvals.Witness(w.Ctx, w.By("director"), done.Account.ID)
	if err != nil {
		t.Fatal(err)
	}
	word := p.Word.Reveal()
	wrong := "0000"
	if word == wrong {
		wrong = "1111"
	}
	testworld.WantDenied(t, w.try(code+wrong, "thief"), directory.NotWitnessed) // at the same moment, without the word
	testworld.WantDenied(t, w.try(code, "thief"), directory.NotWitnessed)
	testworld.WantKind(t, w.try(word, "thief"), cloison.Invalid) // the word alone
	testworld.WantKind(t, w.try(code+word+"0", "thief"), cloison.Invalid)
	w.Enrol(cloison.Secret(strings.ToLower(code)+" "+word), "holder")
	testworld.WantKind(t, w.try(code+word, "thief"), cloison.NotFound)
}

func TestAWordLivesAQuarterOfAnHour(t *testing.T) {
	w := newWorld(t, approval.Settings{})
	done := w.rebind()
	p, err := w.Approvals.Witness(w.Ctx, w.By("colleague"), done.Account.ID)
	if err != nil {
		t.Fatal(err)
	}
	w.Clock.Add(15 * time.Minute)
	testworld.WantDenied(t, w.try(done.Code.Reveal()+p.Word.Reveal(), "holder"), directory.NotWitnessed)
	w.Clock.Add(-16 * time.Minute) // a clock that went back
	testworld.WantDenied(t, w.try(done.Code.Reveal()+p.Word.Reveal(), "holder"), directory.NotWitnessed)
	w.Clock.Add(2 * time.Minute)
	old := p.Word
	if p, err = w.Approvals.Witness(w.Ctx, w.By("director"), done.Account.ID); err != nil {
		t.Fatal(err)
	}
	if old != p.Word {
		testworld.WantDenied(t, w.try(done.Code.Reveal()+old.Reveal(), "holder"), directory.NotWitnessed)
	}
	w.Enrol(done.Code+p.Word, "holder")
}

func TestWhoMayWitness(t *testing.T) {
	w := newWorld(t, approval.Settings{})
	w.Join("fresh", "manager2", "approver2")
	w.Join("made", "manager", "approver2")
	w.Change("made", func(a *directory.Account) { a.ProbationUntil = time.Time{} })
	w.Change("near", func(a *directory.Account) { a.CreatedBy = w.Who["adviser"].ID })
	w.Add("ML1", "cutoff", directory.Adviser)
	w.Change("cutoff", func(a *directory.Account) { a.State = directory.Suspended })
	done := w.rebind()
	for name, want := range map[string]directory.DenyReason{
		"manager":  directory.OwnProposal, // the maker
		"approver": directory.NoRole,      // who granted it
		"officer":  directory.NoRole,
		"stranger": directory.OtherStructure,
		"manager3": directory.OtherStructure,
		"adviser":  directory.NotActive, // pending: no session to do it in
		"fresh":    directory.Newcomer,
		"made":     directory.InControl,   // the maker's own creation
		"near":     directory.SameLineage, // the holder's own creation, and so below who re-enrols the holder
		"cutoff":   directory.NotActive,
	} {
		_, err := w.Approvals.Witness(w.Ctx, w.By(name), done.Account.ID)
		if err == nil {
			t.Errorf("%s may witness", name)
			continue
		}
		testworld.WantDenied(t, err, want)
		testworld.WantDenied(t, w.Approvals.MayWitness(w.Ctx, w.By(name), done.Account.ID), want)
	}
	for _, name := range []string{"colleague", "director", "manager2"} {
		if _, err := w.Approvals.Witness(w.Ctx, w.By(name), done.Account.ID); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, err := w.Approvals.Witness(w.Ctx, cloison.Caller{}, done.Account.ID); err == nil {
		t.Error("nobody is a witness")
	}
	if _, err := w.Approvals.Witness(w.Ctx, cloison.Operator(), done.Account.ID); err == nil {
		t.Error("the operator is a witness: it has no eyes")
	}
}

// TestAWitnessWhoIsCutWitnessesNothing: the word of a witness whose account is cut stops working.
func TestAWitnessWhoIsCutWitnessesNothing(t *testing.T) {
	w := newWorld(t, approval.Settings{})
	done := w.rebind()
	p, err := w.Approvals.Witness(w.Ctx, w.By("colleague"), done.Account.ID)
	if err != nil {
		t.Fatal(err)
	}
	w.Change("colleague", func(a *directory.Account) { a.State = directory.Suspended })
	testworld.WantKind(t, w.try(done.Code.Reveal()+p.Word.Reveal(), "thief"), cloison.Stale)
	if a := w.Account(done.Account.ID); a.State != directory.Pending {
		t.Errorf("the account is %s", a.State)
	}
}

// TestOnlyARebindNeedsAWitness: the codes of new accounts and of the operator have no word and take none.
func TestOnlyARebindNeedsAWitness(t *testing.T) {
	w := newWorld(t, approval.Settings{})
	done := w.Approve("approver", w.Propose("manager", testworld.Newcomer()))
	_, err := w.Approvals.Witness(w.Ctx, w.By("director"), done.Account.ID)
	testworld.WantKind(t, err, cloison.Conflict)
	testworld.WantDenied(t, w.try(done.Code.Reveal()+"0000", "camille"), directory.NotWitnessed)
	w.Enrol(done.Code, "camille")
	again := w.rebind()
	code, err := w.Approvals.IssueCode(w.Ctx, again.Account.ID, false)
	if err != nil {
		t.Fatal(err)
	}
	testworld.WantKind(t, w.try(again.Code.Reveal(), "holder"), cloison.NotFound) // replaced
	w.Enrol(code, "holder")
}
