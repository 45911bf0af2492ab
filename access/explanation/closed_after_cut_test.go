package explanation_test

import (
	"testing"
	"time"

	"cloison/access/approval"
	"cloison/access/directory"
	"cloison/access/explanation"
)

// TestCloseKeepsTheCut: the explanations of a cut account count as none, also once the account is closed.
func TestCloseKeepsTheCut(t *testing.T) {
	w := newWorld(t, approval.Settings{})
	w.Caseload("adviser", "p1")
	w.Clock.Add(time.Hour)
	if _, err := w.Explanations.DeclareCover(w.Ctx, w.By("director"), explanation.CoverAsk{For: w.Who["colleague"].ID, Of: w.Who["adviser"].ID,
		Until: w.Clock.Now().AddDate(0, 0, 9)}); err != nil {
		t.Fatal(err)
	}
	w.Clock.Add(time.Hour)
	if w.Explained("colleague")["p1"].SelfGranted {
		t.Fatal("an honest cover counts for none")
	}
	w.Change("director", func(a *directory.Account) { a.State, a.SuspendedIn = directory.Suspended, 99 })
	if err := w.Directory.Close(w.Ctx, w.By("officer"), w.Who["director"].ID, directory.Left); err != nil {
		t.Fatal(err)
	}
	if !w.Explained("colleague")["p1"].SelfGranted {
		t.Error("a cut account's word counts again once it is closed")
	}
}
