package explanation_test

import (
	"testing"
	"time"

	"cloison"
	"cloison/access/approval"
	"cloison/access/directory"
	"cloison/access/explanation"
	"cloison/internal/testkit/testworld"
)

// TestDuty: a turn that a third person declared opens the structure's caseloads while it lasts, and nothing else.
func TestDuty(t *testing.T) {
	w := newWorld(t, approval.Settings{})
	w.Caseload("adviser", "p1", "p2")
	w.Caseload("stranger", "p3") // of another structure
	ask := explanation.DutyAsk{For: w.Who["colleague"].ID, Since: w.Clock.Now().Add(time.Hour), Until: w.Clock.Now().Add(9 * time.Hour)}
	declare := func(by string, ask explanation.DutyAsk) error {
		_, err := w.Explanations.DeclareDuty(w.Ctx, w.By(by), ask)
		return err
	}
	testworld.WantDenied(t, declare("colleague", ask), directory.NoRole) // not for oneself, whoever one is
	testworld.WantDenied(t, declare("adviser", ask), directory.NoRole)
	testworld.WantDenied(t, declare("manager3", ask), directory.OtherStructure)
	testworld.WantDenied(t, declare("officer", ask), directory.NoRole)
	own := ask
	own.For = w.Who["manager"].ID
	testworld.WantDenied(t, declare("manager", own), directory.Oneself)
	long := ask
	long.Until = ask.Since.Add(12*time.Hour + time.Second)
	testworld.WantKind(t, declare("manager", long), cloison.Invalid)
	testworld.WantKind(t, declare("manager", explanation.DutyAsk{For: ask.For, Since: w.Clock.Now().Add(-9 * time.Hour), Until: w.Clock.Now()}), cloison.Invalid)
	if err := declare("manager", ask); err != nil {
		t.Fatal(err)
	}
	if got := w.Explained("colleague"); len(got) != 0 {
		t.Errorf("before the turn: %v", got)
	}
	w.Clock.Add(2 * time.Hour)
	got := w.Explained("colleague")
	if len(got) != 2 || got["p1"].Means != explanation.Duty || got["p1"].By != w.Who["manager"].ID || got["p1"].SelfGranted || got["p1"].Ref == 0 {
		t.Errorf("during the turn: %+v", got)
	}
	w.Change("colleague", func(a *directory.Account) { a.Structure = "ML2" })
	if got := w.Explained("colleague"); len(got) != 0 {
		t.Errorf("gone to another structure: %v", got)
	}
	w.Change("colleague", func(a *directory.Account) { a.Structure = "ML1" })
	w.Clock.Add(7 * time.Hour)
	if got := w.Explained("colleague"); len(got) != 0 {
		t.Errorf("after the turn: %v", got)
	}
}

// TestDutyOfOnesOwnMaking: a manager that puts an account of its making on duty explains nobody to it.
func TestDutyOfOnesOwnMaking(t *testing.T) {
	w := newWorld(t, approval.Settings{})
	w.Caseload("adviser", "p1")
	tool := w.Join("tool", "manager", "approver")
	if _, err := w.Explanations.DeclareDuty(w.Ctx, w.By("manager"), explanation.DutyAsk{For: tool.ID, Until: w.Clock.Now().Add(time.Hour)}); err != nil {
		t.Fatal(err)
	}
	if _, _, err := w.Explanations.Transfer(w.Ctx, w.By("manager"), explanation.TransferAsk{From: w.Who["adviser"].ID, To: tool.ID,
		Since: w.Clock.Now().Add(30 * time.Minute)}); err != nil {
		t.Fatal(err)
	}
	for _, after := range []time.Duration{time.Minute, 40 * time.Minute} {
		w.Clock.Add(after)
		if e := w.Explained("tool")["p1"]; !e.SelfGranted {
			t.Errorf("after %v its own maker's word counts: %+v", after, e)
		}
	}
	// Another's word beats it.
	if _, err := w.Explanations.DeclareDuty(w.Ctx, w.By("director"), explanation.DutyAsk{For: tool.ID, Until: w.Clock.Now().Add(time.Hour)}); err != nil {
		t.Fatal(err)
	}
	w.Clock.Add(time.Minute)
	if e := w.Explained("tool")["p1"]; e.SelfGranted || e.By != w.Who["director"].ID {
		t.Errorf("the director's word counts for none: %+v", e)
	}
}

// TestTransfer: a caseload that a third person transfers goes over on its day.
func TestTransfer(t *testing.T) {
	w := newWorld(t, approval.Settings{})
	w.Caseload("adviser", "p1", "p2")
	ask := explanation.TransferAsk{From: w.Who["adviser"].ID, To: w.Who["colleague"].ID, Since: w.Clock.Now().AddDate(0, 0, 2)}
	transfer := func(by string, ask explanation.TransferAsk) error {
		_, _, err := w.Explanations.Transfer(w.Ctx, w.By(by), ask)
		return err
	}
	testworld.WantDenied(t, transfer("colleague", ask), directory.NoRole)
	testworld.WantDenied(t, transfer("adviser", ask), directory.NoRole) // nor by the one who gives
	testworld.WantDenied(t, transfer("manager3", ask), directory.OtherStructure)
	away := explanation.TransferAsk{From: ask.From, To: w.Who["stranger"].ID}
	testworld.WantDenied(t, transfer("manager", away), directory.OtherStructure)
	testworld.WantDenied(t, transfer("manager3", away), directory.OtherStructure)
	testworld.WantDenied(t, transfer("manager", explanation.TransferAsk{From: ask.From, To: w.Who["manager"].ID}), directory.Oneself)
	testworld.WantKind(t, transfer("manager", explanation.TransferAsk{From: ask.From, To: ask.From}), cloison.Invalid)
	if err := transfer("manager", ask); err != nil {
		t.Fatal(err)
	}
	w.Clock.Add(24 * time.Hour)
	if a, b := len(w.Explained("adviser")), len(w.Explained("colleague")); a != 2 || b != 0 {
		t.Errorf("on the day before: %d and %d persons", a, b)
	}
	w.Clock.Add(25 * time.Hour)
	got := w.Explained("colleague")
	if a := len(w.Explained("adviser")); a != 0 || len(got) != 2 {
		t.Errorf("on the day: %d and %d persons", a, len(got))
	}
	if e := got["p1"]; e.Means != explanation.Caseload || e.By != w.Who["manager"].ID || e.SelfGranted || e.Ref == 0 {
		t.Errorf("explained by %+v", e)
	}
	// On to another structure: the officer's.
	if err := transfer("officer", explanation.TransferAsk{From: ask.To, To: w.Who["stranger"].ID}); err != nil {
		t.Fatal(err)
	}
	w.Clock.Add(time.Hour)
	if a, b := len(w.Explained("colleague")), len(w.Explained("stranger")); a != 0 || b != 2 {
		t.Errorf("passed on: %d and %d persons", a, b)
	}
}
