package directory_test

import (
	"testing"
	"time"

	"cloison"
	"cloison/access/directory"
)

// TestClose: who leaves is gone for good, and nobody closes whom they have no hold on.
func TestClose(t *testing.T) {
	w := newWorld(t, directory.Settings{})
	close := func(by, whom string) error { return w.d.Close(w.ctx, w.by(by), w.who[whom].ID, directory.Left) }
	wantBar(t, close("adviser", "colleague"), directory.NoRole)
	wantBar(t, close("adviser", "adviser"), directory.NoRole)
	wantBar(t, close("manager", "manager"), directory.Oneself)
	wantBar(t, close("manager", "director"), directory.Overseer)
	wantBar(t, close("manager3", "adviser"), directory.OtherStructure)
	for _, by := range []string{"director", "manager", "officer"} { // the later ones change nothing
		if err := close(by, "adviser"); err != nil {
			t.Fatal(err)
		}
	}
	a := w.account(w.who["adviser"].ID)
	if a.State != directory.Closed || a.SuspendedBy != w.who["director"].ID || a.Reason != directory.Left {
		t.Errorf("closed as %+v", a)
	}
	if got := w.codes(); len(got) != 1 || got[0] != "account.closed" {
		t.Errorf("the journal has %v", got)
	}
	wantKind(t, w.d.Suspend(w.ctx, w.by("officer"), a.ID, "other"), cloison.Conflict)
	if _, err := w.d.Propose(w.ctx, w.by("manager"), directory.Ask{Kind: directory.Reinstate, Account: a.ID}); err == nil {
		t.Error("a closed account was proposed to come back")
	}
	if err := w.d.Close(w.ctx, directory.Operator(), w.who["colleague"].ID, directory.Left); err != nil {
		t.Error(err)
	}
}

// TestCloseKeepsTheCut: closing somebody whom a cut suspended launders nothing that they declared for others.
func TestCloseKeepsTheCut(t *testing.T) {
	w := newWorld(t, directory.Settings{})
	w.caseload("adviser", "p1")
	w.clock.add(time.Hour)
	if _, err := w.d.DeclareCover(w.ctx, w.by("director"), directory.CoverAsk{For: w.who["colleague"].ID, Of: w.who["adviser"].ID,
		Until: w.clock.now().AddDate(0, 0, 9)}); err != nil {
		t.Fatal(err)
	}
	w.clock.add(time.Hour)
	if w.explained("colleague")["p1"].SelfGranted {
		t.Fatal("an honest cover counts for none")
	}
	w.change("director", func(a *directory.Account) { a.State, a.SuspendedIn = directory.Suspended, 99 })
	if err := w.d.Close(w.ctx, w.by("officer"), w.who["director"].ID, directory.Left); err != nil {
		t.Fatal(err)
	}
	if !w.explained("colleague")["p1"].SelfGranted {
		t.Error("a cut account's word counts again once it is closed")
	}
}

func (w *world) caseload(name string, persons ...cloison.PersonRef) {
	w.Helper()
	var lines []directory.Assignment
	for _, p := range persons {
		lines = append(lines, directory.Assignment{Binding: w.who[name].Binding, Person: p, Means: directory.Caseload,
			Since: w.clock.now().AddDate(0, 0, -1)})
	}
	if _, err := w.db.ImportCaseload(w.ctx, lines); err != nil {
		w.Fatal(err)
	}
}

func (w *world) explained(name string) map[cloison.PersonRef]directory.Explanation {
	w.Helper()
	all, err := w.d.Explanations(w.ctx, w.who[name].ID, w.clock.now())
	if err != nil {
		w.Fatal(err)
	}
	return all
}

// TestDuty: a third person's roster opens the structure's caseloads for the turn, and nothing else.
func TestDuty(t *testing.T) {
	w := newWorld(t, directory.Settings{})
	w.caseload("adviser", "p1", "p2")
	w.caseload("stranger", "p3") // of another structure
	ask := directory.DutyAsk{For: w.who["colleague"].ID, Since: w.clock.now().Add(time.Hour), Until: w.clock.now().Add(9 * time.Hour)}
	declare := func(by string, ask directory.DutyAsk) error {
		_, err := w.d.DeclareDuty(w.ctx, w.by(by), ask)
		return err
	}
	wantBar(t, declare("colleague", ask), directory.NoRole) // not for oneself, whoever one is
	wantBar(t, declare("adviser", ask), directory.NoRole)
	wantBar(t, declare("manager3", ask), directory.OtherStructure)
	wantBar(t, declare("officer", ask), directory.NoRole)
	own := ask
	own.For = w.who["manager"].ID
	wantBar(t, declare("manager", own), directory.Oneself)
	long := ask
	long.Until = ask.Since.Add(12*time.Hour + time.Second)
	wantKind(t, declare("manager", long), cloison.Invalid)
	wantKind(t, declare("manager", directory.DutyAsk{For: ask.For, Since: w.clock.now().Add(-9 * time.Hour), Until: w.clock.now()}), cloison.Invalid)
	if err := declare("manager", ask); err != nil {
		t.Fatal(err)
	}
	if got := w.explained("colleague"); len(got) != 0 {
		t.Errorf("before the turn: %v", got)
	}
	w.clock.add(2 * time.Hour)
	got := w.explained("colleague")
	if len(got) != 2 || got["p1"].Means != directory.Duty || got["p1"].By != w.who["manager"].ID || got["p1"].SelfGranted || got["p1"].Ref == 0 {
		t.Errorf("during the turn: %+v", got)
	}
	w.change("colleague", func(a *directory.Account) { a.Structure = "ML2" })
	if got := w.explained("colleague"); len(got) != 0 {
		t.Errorf("gone to another structure: %v", got)
	}
	w.change("colleague", func(a *directory.Account) { a.Structure = "ML1" })
	w.clock.add(7 * time.Hour)
	if got := w.explained("colleague"); len(got) != 0 {
		t.Errorf("after the turn: %v", got)
	}
}

// TestDutyOfOnesOwnMaking: a manager that puts its own creation at the desk explains nobody to it.
func TestDutyOfOnesOwnMaking(t *testing.T) {
	w := newWorld(t, directory.Settings{})
	w.caseload("adviser", "p1")
	tool := w.join("tool", "manager", "approver")
	if _, err := w.d.DeclareDuty(w.ctx, w.by("manager"), directory.DutyAsk{For: tool.ID, Until: w.clock.now().Add(time.Hour)}); err != nil {
		t.Fatal(err)
	}
	if _, _, err := w.d.Transfer(w.ctx, w.by("manager"), directory.TransferAsk{From: w.who["adviser"].ID, To: tool.ID,
		Since: w.clock.now().Add(30 * time.Minute)}); err != nil {
		t.Fatal(err)
	}
	for _, after := range []time.Duration{time.Minute, 40 * time.Minute} {
		w.clock.add(after)
		if e := w.explained("tool")["p1"]; !e.SelfGranted {
			t.Errorf("after %v its own maker's word counts: %+v", after, e)
		}
	}
	// Another's word beats it.
	if _, err := w.d.DeclareDuty(w.ctx, w.by("director"), directory.DutyAsk{For: tool.ID, Until: w.clock.now().Add(time.Hour)}); err != nil {
		t.Fatal(err)
	}
	w.clock.add(time.Minute)
	if e := w.explained("tool")["p1"]; e.SelfGranted || e.By != w.who["director"].ID {
		t.Errorf("the director's word counts for none: %+v", e)
	}
}

// TestTransfer: a caseload changes hands on its day, by the word of a third person.
func TestTransfer(t *testing.T) {
	w := newWorld(t, directory.Settings{})
	w.caseload("adviser", "p1", "p2")
	ask := directory.TransferAsk{From: w.who["adviser"].ID, To: w.who["colleague"].ID, Since: w.clock.now().AddDate(0, 0, 2)}
	transfer := func(by string, ask directory.TransferAsk) error {
		_, _, err := w.d.Transfer(w.ctx, w.by(by), ask)
		return err
	}
	wantBar(t, transfer("colleague", ask), directory.NoRole)
	wantBar(t, transfer("adviser", ask), directory.NoRole) // nor by the one who gives
	wantBar(t, transfer("manager3", ask), directory.OtherStructure)
	away := directory.TransferAsk{From: ask.From, To: w.who["stranger"].ID}
	wantBar(t, transfer("manager", away), directory.OtherStructure)
	wantBar(t, transfer("manager3", away), directory.OtherStructure)
	wantBar(t, transfer("manager", directory.TransferAsk{From: ask.From, To: w.who["manager"].ID}), directory.Oneself)
	wantKind(t, transfer("manager", directory.TransferAsk{From: ask.From, To: ask.From}), cloison.Invalid)
	if err := transfer("manager", ask); err != nil {
		t.Fatal(err)
	}
	w.clock.add(24 * time.Hour)
	if a, b := len(w.explained("adviser")), len(w.explained("colleague")); a != 2 || b != 0 {
		t.Errorf("on the day before: %d and %d persons", a, b)
	}
	w.clock.add(25 * time.Hour)
	got := w.explained("colleague")
	if a := len(w.explained("adviser")); a != 0 || len(got) != 2 {
		t.Errorf("on the day: %d and %d persons", a, len(got))
	}
	if e := got["p1"]; e.Means != directory.Caseload || e.By != w.who["manager"].ID || e.SelfGranted || e.Ref == 0 {
		t.Errorf("explained by %+v", e)
	}
	// On to another structure: the officer's.
	if err := transfer("officer", directory.TransferAsk{From: ask.To, To: w.who["stranger"].ID}); err != nil {
		t.Fatal(err)
	}
	w.clock.add(time.Hour)
	if a, b := len(w.explained("colleague")), len(w.explained("stranger")); a != 0 || b != 2 {
		t.Errorf("passed on: %d and %d persons", a, b)
	}
}
