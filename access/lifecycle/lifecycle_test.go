package lifecycle_test

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"testing"
	"time"

	"cloison"
	"cloison/access/directory"
	"cloison/access/lifecycle"
	"cloison/access/signin"
	"cloison/internal/testkit"
	"cloison/internal/testkit/testworld"
)

// world is the shared one with the stage.
type world struct {
	*testworld.World
	t *lifecycle.Lifecycle
}

// newWorld is one structure with a manager, a director and some advisers, another one, and an officer. Its test runs
// beside others: most of a sweep is waiting for the disk.
func newWorld(t *testing.T, advisers int) *world {
	t.Helper()
	t.Parallel()
	w := &world{World: testworld.New(t, testworld.Options{Empty: true, Start: time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC)})}
	w.t = w.stage(w.DB)
	w.add("ML1", "manager", directory.Manager)
	w.add("ML1", "director", directory.Director)
	w.add("ML2", "stranger", directory.Manager)
	w.add("ML2", "officer", directory.Officer)
	for i := range advisers {
		w.add("ML1", fmt.Sprint("adviser", i), directory.Adviser)
	}
	w.sweep() // the first one knows no clock before it
	return w
}

func (w *world) stage(s lifecycle.Store) *lifecycle.Lifecycle {
	return lifecycle.New(s, lifecycle.Settings{}, testkit.Paris(w), testkit.Quiet(), w.Now)
}

func (w *world) add(structure cloison.StructureID, name string, roles directory.Role) {
	w.Helper()
	w.Add(structure, name, roles, func(a *directory.Account) { a.Created, a.ManagersUntil = w.Now(), time.Time{} })
}

// count counts the accounts in a state, by reason.
func (w *world) count(state directory.State, reason string) (n int) {
	w.Helper()
	all, err := w.DB.Accounts(w.Ctx, "", 0, 10000)
	w.Must(err)
	for _, a := range all {
		if a.State == state && a.Reason == reason {
			n++
		}
	}
	return n
}

// sweep sweeps by a clock by which somebody can sign in.
func (w *world) sweep() lifecycle.Swept {
	w.Helper()
	s := signin.Session{ID: cloison.NewSessionID(), Opened: w.Now(), LastSeen: w.Now(), Expires: w.Now().Add(time.Hour)}
	copy(s.Token[:], s.ID.String())
	w.Must(w.DB.AddSession(w.Ctx, s, 0))
	return w.sweepAlone()
}

func (w *world) sweepAlone() lifecycle.Swept {
	w.Helper()
	s, err := w.t.Sweep(w.Ctx)
	w.Must(err)
	return s
}

// pass lets days go by, a sweep in each, while everybody signs in.
func (w *world) pass(days int) (all []lifecycle.Swept) {
	w.Helper()
	for day := range days {
		w.Clock.Set(w.Now().AddDate(0, 0, 1))
		for _, a := range w.Who {
			if day%50 != 0 {
				break
			}
			w.Must(w.DB.TouchAccount(w.Ctx, a.ID, w.Now(), w.Now().Add(-directory.DormantAfter)))
		}
		all = append(all, w.sweep())
	}
	return all
}

// open is the review of ML1 that is open.
func (w *world) review() lifecycle.Review {
	w.Helper()
	list, err := w.t.Reviews(w.Ctx, "ML1", 1)
	w.Must(err)
	if len(list) == 0 {
		w.Fatal("no review was opened")
	}
	return list[0]
}

func (w *world) answer(by string, verdict lifecycle.Answer, names ...string) error {
	answers := lifecycle.Answers{}
	for _, n := range names {
		answers[w.Who[n].ID] = verdict
	}
	return w.t.Answer(w.Ctx, w.By(by), w.review().ID, answers)
}

func (w *world) events(code string) int { return len(w.Events(code)) }

func TestDormancy(t *testing.T) {
	w := newWorld(t, 3)
	used := w.Who["adviser1"].ID
	w.Clock.Set(w.Now().AddDate(0, 0, 60))
	w.Must(w.DB.TouchAccount(w.Ctx, used, w.Now(), w.Now().Add(-directory.DormantAfter)))
	w.Clock.Set(w.Now().AddDate(0, 0, 30).Add(-time.Millisecond))
	w.sweep()
	w.Clock.Add(time.Millisecond / 2)
	if s := w.sweep(); s.Dormant != 0 {
		t.Errorf("%+v, a moment too early", s)
	}
	w.Clock.Add(time.Millisecond)
	before, _ := w.DB.Fence(w.Ctx)
	if s := w.sweep(); s.Dormant != 6 || s.Doubtful {
		t.Errorf("%+v, want all but the one that was used", s)
	}
	if after, _ := w.DB.Fence(w.Ctx); after != before+1 {
		t.Errorf("one batch moved the fence by %d", after-before)
	}
	if w.State("adviser1") != directory.Active || w.State("adviser2") != directory.Suspended {
		t.Error("the wrong ones were suspended")
	}
	if s := w.sweep(); s.Dormant != 0 || w.events("account.suspended") != 6 {
		t.Errorf("again: %+v, %d events", s, w.events("account.suspended"))
	}
}

// TestAClockThatJumps: a sweep whose clock stands a year ahead ends nobody; nor does the next honest one.
func TestAClockThatJumps(t *testing.T) {
	w := newWorld(t, 2)
	honest := w.Now()
	for _, jump := range []int{400, 0, 400, 0, -400, 0} {
		w.Clock.Set(honest.AddDate(0, 0, jump).Add(time.Hour))
		if s := w.sweep(); jump != 0 && !s.Doubtful {
			t.Errorf("a clock %d days off is believed: %+v", jump, s)
		}
	}
	if n := w.count(directory.Suspended, lifecycle.Dormant); n != 0 {
		t.Errorf("%d accounts were suspended by a wrong clock", n)
	}
}

func TestReview(t *testing.T) {
	w := newWorld(t, 4)
	for _, s := range w.pass(180) {
		if s.Opened != 0 {
			t.Fatal("a review opened before six months were over")
		}
	}
	w.pass(5) // from 2 March to 2 September: the clocks changed in between
	r := w.review()
	if want := time.Date(2026, 9, 2, 9, 0, 0, 0, time.UTC); !r.Opened.Equal(want) || r.Accounts != 6 {
		t.Fatalf("opened at %v with %d accounts, want %v and 6", r.Opened, r.Accounts, want)
	}
	if want := time.Date(2026, 10, 2, 22, 0, 0, 0, time.UTC); !r.Due.Equal(want) { // midnight in Paris, after thirty whole days
		t.Errorf("due at %v, want %v", r.Due, want)
	}
	if n := w.events("review.opened"); n != 2 { // one in each structure
		t.Errorf("%d reviews in the journal", n)
	}
	for _, c := range []struct {
		by      string
		verdict lifecycle.Answer
		of      string
		bar     directory.DenyReason
	}{
		{"adviser0", lifecycle.Keep, "adviser1", directory.NoRole},
		{"manager", lifecycle.Keep, "manager", directory.Oneself},
		{"officer", lifecycle.Keep, "officer", directory.Oneself},
		{"stranger", lifecycle.Keep, "adviser1", directory.OtherStructure},
		{"manager", lifecycle.Suspend, "director", directory.Overseer},
		{"manager", lifecycle.Leaves, "director", directory.Overseer},
		{"director", lifecycle.Suspend, "adviser1", directory.NoRole},
	} {
		var bar directory.DenyReason
		if err := w.answer(c.by, c.verdict, c.of); !errors.As(err, &bar) || bar != c.bar {
			t.Errorf("%s answers %s for %s: %v, want %s", c.by, c.verdict, c.of, err, c.bar)
		}
	}
	if err := w.answer("manager", "perhaps", "adviser0"); cloison.KindOf(err) != cloison.Invalid {
		t.Errorf("an unknown answer: %v", err)
	}
	if err := w.answer("officer", lifecycle.Keep, "stranger"); cloison.KindOf(err) != cloison.NotFound {
		t.Errorf("an account of another review: %v", err)
	}
	w.Must(w.answer("manager", lifecycle.Keep, "adviser0", "director"))
	w.Must(w.answer("manager", lifecycle.Keep, "adviser0", "director")) // sent twice
	w.Must(w.answer("director", lifecycle.Leaves, "adviser1"))
	w.Must(w.answer("manager", lifecycle.Suspend, "adviser2"))
	if w.State("adviser1") != directory.Closed || w.State("adviser2") != directory.Suspended {
		t.Error("the answers did nothing")
	}
	w.pass(29)
	if n := w.events("review.due"); n != 2 {
		t.Errorf("%d reminders, want one for each review", n)
	}
	if w.count(directory.Suspended, lifecycle.Unreviewed) != 1 { // adviser2, by the manager's word
		t.Error("somebody was suspended before the day")
	}
	w.pass(2)
	if w.State("manager") != directory.Suspended || w.State("adviser3") != directory.Suspended || w.State("adviser0") != directory.Active {
		t.Error("on the day the wrong ones were suspended")
	}
	r = w.review()
	if r.Closed.IsZero() || r.Answers[lifecycle.Lapsed] != 2 || r.Answers[lifecycle.Keep] != 2 || r.Answers[lifecycle.Waiting] != 0 {
		t.Errorf("closed as %+v", r)
	}
	if err := w.answer("officer", lifecycle.Keep, "manager"); cloison.KindOf(err) != cloison.Conflict {
		t.Errorf("an answer after the day: %v", err)
	}
	w.pass(100)
	if n := w.events("review.opened"); n != 2 {
		t.Errorf("%d reviews opened", n)
	}
}

// due takes a world to the hour before its review's day, and past it without a sweep.
func (w *world) due() {
	w.Helper()
	w.pass(214)
	w.Clock.Set(w.review().Due.Add(time.Minute))
}

// killed is a store whose process dies after that many batches.
type killed struct {
	lifecycle.Store
	left int
	late func() // happens between the reading of a page and its batch
}

var errKilled = errors.New("killed")

func (k *killed) End(ctx context.Context, review cloison.ActID, batch []lifecycle.Ending) (int, error) {
	if k.late != nil {
		k.late()
		k.late = nil
	}
	if k.left--; k.left < 0 {
		return 0, errKilled
	}
	return k.Store.End(ctx, review, batch)
}

// TestASweepThatIsKilled goes on where it was, and says nothing twice.
func TestASweepThatIsKilled(t *testing.T) {
	w := newWorld(t, 250)
	w.due()
	_, err := w.stage(&killed{Store: w.DB, left: 1}).Sweep(w.Ctx)
	if !errors.Is(err, errKilled) {
		t.Fatal(err)
	}
	half := w.count(directory.Suspended, lifecycle.Unreviewed)
	if half == 0 || half >= 254 {
		t.Errorf("%d were suspended before it was killed", half)
	}
	w.Clock.Add(time.Hour)
	w.sweep()
	if n := w.count(directory.Suspended, lifecycle.Unreviewed); n != 254 { // ML2's two as well
		t.Errorf("%d are suspended, want all", n)
	}
	if n := w.events("account.suspended"); n != 254 {
		t.Errorf("%d suspensions in the journal", n)
	}
	if n := w.events("review.closed"); n != 2 {
		t.Errorf("%d reviews closed", n)
	}
}

// TestTwoSweepsAtOnce do the work of one.
func TestTwoSweepsAtOnce(t *testing.T) {
	w := newWorld(t, 250)
	w.due()
	var group sync.WaitGroup
	lapsed := make([]int, 3)
	for i := range lapsed {
		stage := w.stage(w.Replica())
		group.Go(func() {
			for {
				s, err := stage.Sweep(w.Ctx)
				lapsed[i] += s.Lapsed
				if err == nil {
					return
				}
				if cloison.KindOf(err) != cloison.Unavailable { // on a slow machine the others hold the database for long
					t.Error(err)
					return
				}
			}
		})
	}
	group.Wait()
	if n := w.count(directory.Suspended, lifecycle.Unreviewed); n != 254 || w.events("account.suspended") != 254 || lapsed[0]+lapsed[1]+lapsed[2] != 254 {
		t.Errorf("%d suspended, %d in the journal, %v by each", n, w.events("account.suspended"), lapsed)
	}
}

// TestAnAccountThatIsConfirmedDuringTheSweep stays, whatever the sweep read before.
func TestAnAccountThatIsConfirmedDuringTheSweep(t *testing.T) {
	w := newWorld(t, 20)
	w.due()
	id, day := w.review().ID, w.Now()
	k := &killed{Store: w.DB, left: 9, late: func() { // a replica whose clock is a minute behind
		w.Clock.Set(day.Add(-2 * time.Minute))
		w.Must(w.t.Answer(w.Ctx, w.By("officer"), id, lifecycle.Answers{w.Who["adviser7"].ID: lifecycle.Keep}))
		w.Clock.Set(day)
	}}
	_, err := w.stage(k).Sweep(w.Ctx)
	w.Must(err)
	if w.State("adviser7") != directory.Active || w.State("adviser6") != directory.Suspended {
		t.Error("the confirmed account was suspended, or another one was not")
	}
}
