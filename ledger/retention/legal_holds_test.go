package retention_test

import (
	"strings"
	"testing"
	"time"

	"cloison"
	"cloison/access/approval"
	"cloison/access/directory"
	"cloison/internal/testkit"
	"cloison/internal/testkit/testworld"
	"cloison/ledger/retention"
)

// world is a ledger whose rows are thirteen months old, and the people who may hold it.
type world struct {
	*testworld.World
	k     *retention.Keeper
	holds *retention.LegalHolds
}

func newWorld(t *testing.T) *world {
	t.Helper()
	w := &world{World: testworld.New(t, testworld.Options{Start: time.Date(2025, 1, 15, 9, 0, 0, 0, time.UTC)})}
	log, key := w.LogFiles()
	w.k = retention.New(w.DB, log, key, 0, testkit.Quiet(), w.Now)
	w.holds = retention.NewLegalHolds(w.DB, approval.LedgerRights{Directory: w.Directory, Approvals: w.Approvals}, w.Now)
	w.Add("ML2", "dpo", directory.DPO)
	w.Add("ML2", "auditor", directory.Auditor)
	w.Read("adviser", "p", 10)
	w.Seal(log, key)
	w.Clock.Set(w.Now().AddDate(0, 13, 0))
	return w
}

// pass opens a session and makes one pass.
func (w *world) pass() retention.Passed {
	w.Helper()
	w.SignIn("adviser")
	p, err := w.k.Pass(w.Ctx)
	w.Must(err)
	return p
}

func (w *world) kept(what string) {
	w.Helper()
	if p := w.pass(); p.Dropped != 0 || p.Why != retention.Held || w.k.Figures().Held != 1 {
		w.Errorf("%s: %+v", what, p)
	}
}

// TestAHoldIsEasyToSetAndTakesTwoToLose, and a week.
func TestAHoldIsEasyToSetAndTakesTwoToLose(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	for _, name := range []string{"manager", "auditor"} {
		if _, err := w.holds.Hold(w.Ctx, w.By(name), "RG 26/1"); cloison.KindOf(err) != cloison.Denied {
			t.Errorf("%s holds: %v", name, err)
		}
	}
	for _, reason := range []string{"", "  ", "a\nb", strings.Repeat("x", 201)} {
		if _, err := w.holds.Hold(w.Ctx, w.By("officer"), reason); cloison.KindOf(err) != cloison.Invalid {
			t.Errorf("reason %q: %v", reason, err)
		}
	}
	h, err := w.holds.Hold(w.Ctx, w.By("dpo"), " RG 26/00123 ")
	w.Must(err)
	w.kept("a hold")
	lift := func(name string, want bool, kind cloison.Kind) {
		t.Helper()
		lifted, err := w.holds.Lift(w.Ctx, w.By(name), h.ID)
		if lifted != want || (err == nil) != (kind == 0) || err != nil && cloison.KindOf(err) != kind {
			t.Errorf("%s: %v, %v", name, lifted, err)
		}
	}
	if _, err := w.holds.Lift(w.Ctx, w.By("dpo"), h.ID+1); cloison.KindOf(err) != cloison.NotFound {
		t.Errorf("another one: %v", err)
	}
	lift("manager", false, cloison.Denied)
	lift("dpo", false, 0)
	lift("dpo", false, cloison.Denied)
	w.Add("ML2", "child", directory.Officer, func(a *directory.Account) { a.CreatedBy, a.Lineage = w.Who["dpo"].ID, w.Who["dpo"].Lineage })
	lift("child", false, cloison.Denied) // the first one's own hand
	w.kept("one has asked")

	w.Change("dpo", func(a *directory.Account) { a.State = directory.Suspended })
	lift("officer", false, 0) // who asked was stopped: this one asks anew
	w.kept("one has asked again")
	w.Add("ML2", "dpo2", directory.DPO)
	lift("dpo2", true, 0)
	w.kept("lifted just now")
	w.Clock.Add(6 * 24 * time.Hour)
	w.kept("six days later")
	second, err := w.holds.Hold(w.Ctx, cloison.Operator(), "the operator's")
	w.Must(err)
	w.Clock.Add(9 * 24 * time.Hour)
	w.kept("another hold")
	if lifted, err := w.holds.Lift(w.Ctx, cloison.Operator(), second.ID); err != nil || !lifted {
		t.Errorf("the operator: %v, %v", lifted, err)
	}
	if _, err := w.holds.Lift(w.Ctx, cloison.Operator(), second.ID); cloison.KindOf(err) != cloison.Conflict {
		t.Errorf("twice: %v", err)
	}
	w.Clock.Add(8 * 24 * time.Hour)
	if p := w.pass(); p.Dropped != 10 || w.k.Figures().Dropped != 10 || w.k.Figures().Held != 0 {
		t.Errorf("a week later: %+v", p)
	}
}
