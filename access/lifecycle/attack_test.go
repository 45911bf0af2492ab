package lifecycle_test

import (
	"errors"
	"testing"
	"time"

	"cloison"
	"cloison/access/directory"
	"cloison/access/explanation"
	"cloison/access/lifecycle"
	"cloison/incident/contain"
	"cloison/internal/testkit"
)

// TestAClockThatStaysWrong: however long a clock stands months off, and however many sweeps agree by it, nobody is
// ended by it, because nobody can sign in by it. Back in order, everything goes on.
func TestAClockThatStaysWrong(t *testing.T) {
	w := newWorld(t, 3)
	w.pass(200) // a review is open
	honest := w.Now()
	for _, jump := range []int{400, -90, 60} {
		w.Clock.Set(honest.AddDate(0, 0, jump))
		for range 25 { // four days of it
			w.Clock.Add(4 * time.Hour)
			if s := w.sweepAlone(); !s.Doubtful || s.Dormant+s.Lapsed+s.Opened+s.Closed != 0 {
				t.Fatalf("%d days off: %+v", jump, s)
			}
		}
	}
	if n := w.count(directory.Active, ""); n != len(w.Who) {
		t.Errorf("%d of %d accounts are active", n, len(w.Who))
	}
	w.Clock.Set(honest.Add(time.Hour))
	w.sweep()
	w.pass(40)
	if w.State("adviser0") != directory.Suspended || w.review().Closed.IsZero() {
		t.Error("the honest clock does not end what is due")
	}
}

// TestAMergerOfAHijackedOfficer is not carried out once that officer is cut, however long ago both agreed.
func TestAMergerOfAHijackedOfficer(t *testing.T) {
	w := newWorld(t, 1)
	w.add("ML2", "officer2", directory.Officer)
	m, err := w.t.ProposeMerger(w.Ctx, w.By("officer"), "ML1", "ML2", w.Now().AddDate(0, 0, 10))
	w.Must(err)
	w.Must(w.t.DecideMerger(w.Ctx, w.By("officer2"), m.ID, true))
	w.pass(3)
	fence, err := w.DB.Fence(w.Ctx)
	w.Must(err)
	_, err = w.DB.Cut(w.Ctx, contain.Cut{ID: cloison.NewActID(), Root: w.Who["officer"].ID, At: w.Now(), Reason: "suspicion", Fence: fence,
		Accounts: []cloison.AccountID{w.Who["officer"].ID}})
	w.Must(err)
	w.pass(10)
	if a, err := w.DB.Account(w.Ctx, w.Who["adviser0"].ID); err != nil || a.Structure != "ML1" {
		t.Errorf("it was done: %s, %v", a.Structure, err)
	}
	if got, err := w.DB.Merger(w.Ctx, m.ID); err != nil || got.State != lifecycle.MergerRefused {
		t.Errorf("it stands as %s, %v", got.State, err)
	}
}

// TestAMergerWidensNoTurn: who was put at the desk of one structure meets nobody of the other because they merged: the
// roster is made again by who knows both. Break-glasses of the structure that goes stay in sight of the director who
// remains.
func TestAMergerWidensNoTurn(t *testing.T) {
	w := newWorld(t, 2)
	w.add("ML2", "officer2", directory.Officer)
	w.add("ML2", "theirs", directory.Adviser)
	w.add("ML2", "desk", directory.Adviser)
	now := func() time.Time { return w.Now() }
	explanations := explanation.New(w.DB, directory.New(w.DB, directory.Settings{}, testkit.Quiet(), now), explanation.Settings{}, now)
	for name, person := range map[string]cloison.PersonRef{"adviser0": "p1", "theirs": "p2"} {
		_, err := w.DB.ImportCaseload(w.Ctx, []explanation.Assignment{{Binding: w.Who[name].Binding, Person: person, Means: explanation.Caseload, Since: w.Now()}})
		w.Must(err)
	}
	m, err := w.t.ProposeMerger(w.Ctx, w.By("officer"), "ML1", "ML2", w.Now())
	w.Must(err)
	w.Must(w.t.DecideMerger(w.Ctx, w.By("officer2"), m.ID, true))
	for by, holder := range map[string]string{"manager": "adviser1", "stranger": "desk"} {
		for _, in := range []time.Duration{0, time.Hour} {
			_, err := explanations.DeclareDuty(w.Ctx, w.By(by), explanation.DutyAsk{For: w.Who[holder].ID, Since: w.Now().Add(in), Until: w.Now().Add(in + 8*time.Hour)})
			w.Must(err)
		}
	}
	glass := explanation.Request{ID: cloison.NewActID(), Kind: explanation.BreakGlassRequest, Structure: "ML1", By: w.Who["adviser0"].ID, Asked: w.Who["adviser1"].ID, Person: "p9",
		Made: w.Now(), Expires: w.Now().Add(time.Hour), State: explanation.Open}
	w.Must(w.DB.AddRequest(w.Ctx, glass, w.Now(), 9, 9))
	meets := func(name string) int {
		all, err := explanations.Explanations(w.Ctx, w.Who[name].ID, w.Now())
		w.Must(err)
		return len(all)
	}
	w.Clock.Add(time.Minute)
	if a, b := meets("adviser1"), meets("desk"); a != 1 || b != 1 {
		t.Fatalf("before the merger the desks meet %d and %d persons", a, b)
	}
	w.sweep()
	for _, after := range []time.Duration{time.Minute, 2 * time.Hour} {
		w.Clock.Add(after)
		if a, b := meets("adviser1"), meets("desk"); a != 0 || b != 0 {
			t.Errorf("after it they meet %d and %d", a, b)
		}
	}
	if list, err := w.DB.Requests(w.Ctx, explanation.RequestQuery{Structure: "ML2", Kind: explanation.BreakGlassRequest}); err != nil || len(list) != 1 {
		t.Errorf("the director who remains sees %d break-glasses, %v", len(list), err)
	}
}

// TestKeepersOfTheirOwn: nobody on probation keeps an account, nobody keeps who made them, and a manager's new tools
// are kept by somebody else, or end with the review; each may be stopped by those who could stop it before.
func TestKeepersOfTheirOwn(t *testing.T) {
	w := newWorld(t, 3)
	w.add("ML1", "manager2", directory.Manager)
	w.pass(200)
	change := func(name string, edit func(a *directory.Account)) {
		t.Helper()
		a, err := w.DB.Account(w.Ctx, w.Who[name].ID)
		w.Must(err)
		edit(&a)
		w.Must(w.DB.UpdateAccount(w.Ctx, a))
	}
	made := func(days int) func(a *directory.Account) { // by the manager, out of probation for so long
		return func(a *directory.Account) {
			a.CreatedBy, a.Lineage, a.ProbationUntil = w.Who["manager"].ID, w.Who["manager"].ID, w.Now().AddDate(0, 0, -days)
		}
	}
	change("adviser0", made(1))
	change("adviser1", made(31))
	change("manager2", func(a *directory.Account) { a.ProbationUntil = w.Now().AddDate(0, 0, 1) })
	try := func(by, of string, verdict lifecycle.Answer, want directory.DenyReason) {
		t.Helper()
		err := w.answer(by, verdict, of)
		var bar directory.DenyReason
		errors.As(err, &bar)
		if bar != want || want == "" && err != nil {
			t.Errorf("%s says %s of %s: %v, want %q", by, verdict, of, err, want)
		}
	}
	try("manager", "adviser0", lifecycle.Keep, directory.TooClose)
	try("manager", "adviser1", lifecycle.Keep, "")
	try("manager", "manager", lifecycle.Keep, directory.Oneself)
	try("manager2", "adviser2", lifecycle.Keep, directory.Newcomer)
	try("manager2", "adviser2", lifecycle.Suspend, "")
	change("manager2", made(-5))
	try("manager2", "adviser1", lifecycle.Keep, directory.Newcomer)
	change("manager2", made(31))
	try("manager2", "manager", lifecycle.Keep, directory.TooClose)
	try("manager2", "adviser0", lifecycle.Keep, directory.TooClose) // a fellow's
	try("director", "adviser0", lifecycle.Keep, "")
	try("manager", "adviser0", lifecycle.Leaves, "")
	w.Clock.Set(w.review().Due)
	if err := w.answer("director", lifecycle.Keep, "manager"); cloison.KindOf(err) != cloison.Conflict {
		t.Errorf("whose own answer is overdue is kept after the day: %v", err)
	}
}
