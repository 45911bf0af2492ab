package directory_test

import (
	"strings"
	"testing"
	"time"

	"cloison"
	"cloison/access/directory"
)

// rebind has a new code granted to the adviser.
func (w *world) rebind() directory.Approval {
	w.Helper()
	return w.approve("approver", w.propose("manager", directory.Ask{Kind: directory.Rebind, Account: w.who["adviser"].ID}))
}

func (w *world) try(typed, sub string) error {
	_, err := w.d.Enrol(w.ctx, typed, directory.Binding{IdP: "idp", Sub: sub}, 1)
	return err
}

// TestACodeByTelephoneOpensNothing: whoever was told the code, and reads the mailbox, is not where the witness is.
func TestACodeByTelephoneOpensNothing(t *testing.T) {
	w := newWorld(t, directory.Settings{})
	done := w.rebind()
	code := done.Code.Reveal()
	wantBar(t, w.try(code, "thief"), directory.NotWitnessed)
	wantBar(t, w.try(code+"-0000", "thief"), directory.NotWitnessed)
	if got := w.codes(); got[len(got)-1] != "enrolment.unwitnessed" {
		t.Errorf("the journal ends with %v", got)
	}
	p, err := w.d.Witness(w.ctx, w.by("director"), done.Account.ID)
	if err != nil {
		t.Fatal(err)
	}
	word := p.Word.Reveal()
	wrong := "0000"
	if word == wrong {
		wrong = "1111"
	}
	wantBar(t, w.try(code+wrong, "thief"), directory.NotWitnessed) // at the same moment, without the word
	wantBar(t, w.try(code, "thief"), directory.NotWitnessed)
	wantKind(t, w.try(word, "thief"), cloison.Invalid) // the word alone
	wantKind(t, w.try(code+word+"0", "thief"), cloison.Invalid)
	w.enrol(cloison.Secret(strings.ToLower(code)+" "+word), "holder")
	wantKind(t, w.try(code+word, "thief"), cloison.NotFound)
}

func TestAWordLivesAQuarterOfAnHour(t *testing.T) {
	w := newWorld(t, directory.Settings{})
	done := w.rebind()
	p, err := w.d.Witness(w.ctx, w.by("colleague"), done.Account.ID)
	if err != nil {
		t.Fatal(err)
	}
	w.clock.add(15 * time.Minute)
	wantBar(t, w.try(done.Code.Reveal()+p.Word.Reveal(), "holder"), directory.NotWitnessed)
	w.clock.add(-16 * time.Minute) // a clock that went back
	wantBar(t, w.try(done.Code.Reveal()+p.Word.Reveal(), "holder"), directory.NotWitnessed)
	w.clock.add(2 * time.Minute)
	old := p.Word
	if p, err = w.d.Witness(w.ctx, w.by("director"), done.Account.ID); err != nil {
		t.Fatal(err)
	}
	if old != p.Word {
		wantBar(t, w.try(done.Code.Reveal()+old.Reveal(), "holder"), directory.NotWitnessed)
	}
	w.enrol(done.Code+p.Word, "holder")
}

func TestWhoMayWitness(t *testing.T) {
	w := newWorld(t, directory.Settings{})
	w.join("fresh", "manager2", "approver2")
	w.join("made", "manager", "approver2")
	w.change("made", func(a *directory.Account) { a.ProbationUntil = time.Time{} })
	w.change("near", func(a *directory.Account) { a.CreatedBy = w.who["adviser"].ID })
	w.add("ML1", "cutoff", directory.Adviser)
	w.change("cutoff", func(a *directory.Account) { a.State = directory.Suspended })
	done := w.rebind()
	for name, want := range map[string]directory.Bar{
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
		_, err := w.d.Witness(w.ctx, w.by(name), done.Account.ID)
		if err == nil {
			t.Errorf("%s may witness", name)
			continue
		}
		wantBar(t, err, want)
		wantBar(t, w.d.MayWitness(w.ctx, w.by(name), done.Account.ID), want)
	}
	for _, name := range []string{"colleague", "director", "manager2"} {
		if _, err := w.d.Witness(w.ctx, w.by(name), done.Account.ID); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, err := w.d.Witness(w.ctx, directory.Caller{}, done.Account.ID); err == nil {
		t.Error("nobody is a witness")
	}
	if _, err := w.d.Witness(w.ctx, directory.Operator(), done.Account.ID); err == nil {
		t.Error("the operator is a witness: it has no eyes")
	}
}

// TestAWitnessWhoIsCutWitnessesNothing: the word dies with the witness's account.
func TestAWitnessWhoIsCutWitnessesNothing(t *testing.T) {
	w := newWorld(t, directory.Settings{})
	done := w.rebind()
	p, err := w.d.Witness(w.ctx, w.by("colleague"), done.Account.ID)
	if err != nil {
		t.Fatal(err)
	}
	w.change("colleague", func(a *directory.Account) { a.State = directory.Suspended })
	wantKind(t, w.try(done.Code.Reveal()+p.Word.Reveal(), "thief"), cloison.Stale)
	if a := w.account(done.Account.ID); a.State != directory.Pending {
		t.Errorf("the account is %s", a.State)
	}
}

// TestOnlyARebindNeedsAWitness: a newcomer's code and the operator's have no word, and take none.
func TestOnlyARebindNeedsAWitness(t *testing.T) {
	w := newWorld(t, directory.Settings{})
	done := w.approve("approver", w.propose("manager", newcomer()))
	_, err := w.d.Witness(w.ctx, w.by("director"), done.Account.ID)
	wantKind(t, err, cloison.Conflict)
	wantBar(t, w.try(done.Code.Reveal()+"0000", "camille"), directory.NotWitnessed)
	w.enrol(done.Code, "camille")
	again := w.rebind()
	code, err := w.d.IssueCode(w.ctx, again.Account.ID, false)
	if err != nil {
		t.Fatal(err)
	}
	wantKind(t, w.try(again.Code.Reveal(), "holder"), cloison.NotFound) // replaced
	w.enrol(code, "holder")
}
