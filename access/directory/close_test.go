package directory_test

import (
	"testing"

	"cloison"
	"cloison/access/approval"
	"cloison/access/directory"
	"cloison/internal/testkit/testworld"
)

// TestClose: a closed account never comes back, and nobody closes an account over which they have no right.
func TestClose(t *testing.T) {
	w := testworld.New(t, testworld.Options{})
	close := func(by, whom string) error { return w.Directory.Close(w.Ctx, w.By(by), w.Who[whom].ID, directory.Left) }
	testworld.WantDenied(t, close("adviser", "colleague"), directory.NoRole)
	testworld.WantDenied(t, close("adviser", "adviser"), directory.NoRole)
	testworld.WantDenied(t, close("manager", "manager"), directory.Oneself)
	testworld.WantDenied(t, close("manager", "director"), directory.Overseer)
	testworld.WantDenied(t, close("manager3", "adviser"), directory.OtherStructure)
	for _, by := range []string{"director", "manager", "officer"} { // the later ones change nothing
		if err := close(by, "adviser"); err != nil {
			t.Fatal(err)
		}
	}
	a := w.Account(w.Who["adviser"].ID)
	if a.State != directory.Closed || a.SuspendedBy != w.Who["director"].ID || a.Reason != directory.Left {
		t.Errorf("closed as %+v", a)
	}
	if got := w.Codes(); len(got) != 1 || got[0] != "account.closed" {
		t.Errorf("the journal has %v", got)
	}
	testworld.WantKind(t, w.Directory.Suspend(w.Ctx, w.By("officer"), a.ID, "other"), cloison.Conflict)
	if _, err := w.Approvals.Propose(w.Ctx, w.By("manager"), approval.Ask{Kind: approval.Reinstate, Account: a.ID}); err == nil {
		t.Error("a closed account was proposed to come back")
	}
	if err := w.Directory.Close(w.Ctx, cloison.Operator(), w.Who["colleague"].ID, directory.Left); err != nil {
		t.Error(err)
	}
}

// TestWhatMayBeStopped: the May functions answer as the acts do.
func TestWhatMayBeStopped(t *testing.T) {
	manager := directory.Account{ID: 1, Structure: "ML1", Roles: directory.Manager, State: directory.Active}
	for state, want := range map[directory.State][2]bool{directory.Pending: {true, true}, directory.Active: {true, true},
		directory.Suspended: {false, true}, directory.Closed: {false, false}} {
		subject := directory.Account{ID: 2, Structure: "ML1", Roles: directory.Adviser, State: state}
		for i, may := range []func(by, subject directory.Account) error{directory.MaySuspend, directory.MayClose} {
			if err := may(manager, subject); (err == nil) != want[i] || err != nil && cloison.KindOf(err) != cloison.Conflict {
				t.Errorf("%d of an account that is %s: %v", i, state, err)
			}
		}
		subject.Structure = "ML2"
		testworld.WantDenied(t, directory.MaySuspend(manager, subject), directory.OtherStructure)
		testworld.WantDenied(t, directory.MayClose(manager, subject), directory.OtherStructure)
	}
}
