package tenure_test

import (
	"testing"
	"time"

	"cloison"
	"cloison/contain"
	"cloison/directory"
	"cloison/tenure"
)

// TestAClockThatStaysWrong: however long a clock stands months off, and however many sweeps agree by it, nobody is ended by it, because
// nobody can sign in by it. Back in order, everything goes on.
func TestAClockThatStaysWrong(t *testing.T) {
	w := newWorld(t, 3)
	w.pass(200) // a review is open
	honest := w.now
	for _, jump := range []int{400, -90, 60} {
		w.now = honest.AddDate(0, 0, jump)
		for range 25 { // four days of it
			w.now = w.now.Add(4 * time.Hour)
			if s := w.sweepAlone(); !s.Doubtful || s.Dormant+s.Lapsed+s.Opened+s.Closed != 0 {
				t.Fatalf("%d days off: %+v", jump, s)
			}
		}
	}
	if n := w.count(directory.Active, ""); n != len(w.who) {
		t.Errorf("%d of %d accounts are active", n, len(w.who))
	}
	w.now = honest.Add(time.Hour)
	w.sweep()
	w.pass(40)
	if w.state("adviser0") != directory.Suspended || w.review().Closed.IsZero() {
		t.Error("the honest clock does not end what is due")
	}
}

// TestAMergerOfAHijackedOfficer is not carried out once that officer is cut, however long ago both agreed.
func TestAMergerOfAHijackedOfficer(t *testing.T) {
	w := newWorld(t, 1)
	w.add("ML2", "officer2", directory.Officer)
	m, err := w.t.ProposeMerger(w.ctx, w.by("officer"), "ML1", "ML2", w.now.AddDate(0, 0, 10))
	w.ok(err)
	w.ok(w.t.DecideMerger(w.ctx, w.by("officer2"), m.ID, true))
	w.pass(3)
	fence, err := w.db.Fence(w.ctx)
	w.ok(err)
	_, err = w.db.Cut(w.ctx, contain.Cut{ID: cloison.NewActID(), Root: w.who["officer"].ID, At: w.now, Reason: "suspicion", Fence: fence,
		Accounts: []cloison.AccountID{w.who["officer"].ID}})
	w.ok(err)
	w.pass(10)
	if a, err := w.db.Account(w.ctx, w.who["adviser0"].ID); err != nil || a.Structure != "ML1" {
		t.Errorf("it was done: %s, %v", a.Structure, err)
	}
	if got, err := w.db.Merger(w.ctx, m.ID); err != nil || got.State != tenure.MergerRefused {
		t.Errorf("it stands as %s, %v", got.State, err)
	}
}
