package training_test

import (
	"math"
	"slices"
	"sync"
	"testing"
	"time"

	"pgregory.net/rapid"

	"cloison"
	"cloison/access/directory"
	"cloison/access/training"
	"cloison/internal/testkit/testworld"
)

// TestPassing follows the awareness course with two mistakes: they come back, and the last right answer attests.
func TestPassing(t *testing.T) {
	w := newWorld(t, training.Settings{})
	a := w.begin("adviser", directory.Awareness)
	first := a.Questions[0].Situation
	a = w.answer("adviser", a, false)
	a = w.answer("adviser", a, false)
	again := w.begin("adviser", directory.Awareness) // the browser was closed
	if again.ID != a.ID || again.Answered() != 2 || again.Questions[0].Situation != first {
		t.Fatalf("resumed %v at %d", again.ID, again.Answered())
	}
	for a.Answered() < a.Round {
		a = w.answer("adviser", a, true)
	}
	if a.State != training.Open || len(a.Questions) != a.Round+2 || !slices.Contains(a.Missed(), first) || !w.awareness("adviser").IsZero() {
		t.Fatalf("after the first round: %s, %d questions, missed %v", a.State, len(a.Questions), a.Missed())
	}
	a = w.answer("adviser", a, false) // still not right: it comes once more
	a = w.follow("adviser", a, 0)
	if a.State != training.Passed || a.Score() != a.Round-2 || len(a.Missed()) != 0 || !a.Ended.Equal(w.Clock.Now()) {
		t.Fatalf("%s with %d of %d, missed %v", a.State, a.Score(), a.Round, a.Missed())
	}
	until := w.Directory.Validity(directory.Awareness, w.Clock.Now())
	if !w.awareness("adviser").Equal(until) {
		t.Errorf("valid until %v, want %v", w.awareness("adviser"), until)
	}
	c, err := w.t.Certificate(w.Ctx, a.ID)
	w.Must(err)
	if c.Account != w.Who["adviser"].ID || c.Course != directory.Awareness || c.Right != a.Round-2 || c.Of != a.Round || !c.Until.Equal(until) ||
		!c.At.Equal(a.Ended) {
		t.Errorf("the certificate says %+v", c)
	}
	events, err := w.DB.Events(w.Ctx, 0, 10)
	w.Must(err)
	if len(events) != 1 || events[0].Code != "training.attested" || events[0].Detail["source"] != "cloison" {
		t.Errorf("the journal says %+v", events)
	}
	s, err := w.t.Standings(w.Ctx, w.learner("adviser"))
	w.Must(err)
	if len(s) != 1 || !s[0].Valid || s[0].Open != nil || s[0].Certified == nil || s[0].Left != 4 {
		t.Errorf("stands at %+v", s)
	}
	if w.begin("adviser", directory.Awareness).ID == a.ID {
		t.Error("a passed attempt was begun again")
	}
}

func TestFailing(t *testing.T) {
	w := newWorld(t, training.Settings{PerDay: 2})
	a := w.begin("manager", directory.ManagersCourse)
	a = w.follow("manager", a, a.Round-w.t.Needed(a)+1)
	if a.State != training.Failed || len(a.Questions) != a.Round || a.Score() != w.t.Needed(a)-1 {
		t.Fatalf("%s with %d of %d", a.State, a.Score(), a.Round)
	}
	if _, err := w.t.Certificate(w.Ctx, a.ID); cloison.KindOf(err) != cloison.NotFound {
		t.Errorf("a failed attempt has a certificate: %v", err)
	}
	b := w.begin("manager", directory.ManagersCourse) // at once
	if b.ID == a.ID {
		t.Fatal("the failed attempt is open")
	}
	w.follow("manager", b, b.Round)
	_, err := w.t.Begin(w.Ctx, w.learner("manager"), directory.ManagersCourse)
	testworld.WantDenied(t, err, training.TooMany)
	s, err := w.t.Standings(w.Ctx, w.learner("manager"))
	w.Must(err)
	if s[1].Left != 0 || !s[1].Next.Equal(a.Began.Add(24*time.Hour)) || s[0].Left != 2 || s[1].Valid {
		t.Errorf("stands at %+v", s)
	}
	w.Clock.Add(s[1].Next.Sub(w.Clock.Now()) + time.Millisecond)
	if s := w.begin("manager", directory.ManagersCourse); s.State != training.Open {
		t.Error("the day after, none may be begun")
	}
	if account, _ := w.DB.Account(w.Ctx, w.Who["manager"].ID); !account.ManagersUntil.IsZero() {
		t.Error("who failed is attested")
	}
}

// TestWhateverIsAnswered answers at random, with whatever a browser may send: no question is answered twice, no order
// changes, exactly those pass whose first answers reach the mark, and they alone are attested.
func TestWhateverIsAnswered(t *testing.T) {
	w := newWorld(t, training.Settings{PerDay: 1 << 20})
	c, _ := w.t.Course(directory.Awareness)
	rapid.Check(t, func(r *rapid.T) {
		account, err := w.DB.Account(w.Ctx, w.Who["adviser"].ID)
		w.Must(err)
		account.AwarenessUntil = time.Time{}
		w.Must(w.DB.UpdateAccount(w.Ctx, account))
		a := w.begin("adviser", directory.Awareness)
		if len(a.Questions) != c.Len() || a.Round != c.Len() {
			r.Fatalf("%d questions", len(a.Questions))
		}
		for steps := 0; a.State == training.Open; steps++ {
			before := a
			number := rapid.SampledFrom([]int{a.Answered() + 1, a.Answered() + 1, a.Answered() + 1, a.Answered(), a.Answered() + 2, 0, -1, 99}).Draw(r, "question")
			choice := rapid.SampledFrom([]int{1, 2, 3, 4, 0, -1, math.MaxInt, w.place(a, true), w.place(a, true), w.place(a, true), w.place(a, true)}).Draw(r, "choice")
			_, err := w.t.Answer(w.Ctx, w.learner("adviser"), a.ID, number, choice)
			if err != nil && cloison.KindOf(err) == cloison.Internal {
				r.Fatal(err)
			}
			a, err = w.t.Attempt(w.Ctx, w.learner("adviser"), a.ID)
			w.Must(err)
			if n := a.Answered() - before.Answered(); n < 0 || n > 1 || n == 1 && (number != before.Answered()+1 || choice < 1) {
				r.Fatalf("question %d answered with %d: %d answers more", number, choice, n)
			}
			for i, q := range before.Questions[:before.Answered()] {
				if now := a.Questions[i]; now.Chosen != q.Chosen || now.Right != q.Right || !slices.Equal(now.Order, q.Order) {
					r.Fatalf("question %d became %+v", i+1, now)
				}
			}
			if steps > 5000 {
				r.Fatal("it does not end")
			}
		}
		passed := a.State == training.Passed
		if passed && a.Score() < w.t.Needed(a) || passed != !w.awareness("adviser").IsZero() {
			r.Fatalf("%s with %d, attested until %v", a.State, a.Score(), w.awareness("adviser"))
		}
		if _, err := w.t.Certificate(w.Ctx, a.ID); (err == nil) != passed {
			r.Fatalf("%s, certificate: %v", a.State, err)
		}
		for _, q := range a.Questions {
			sorted := slices.Clone(q.Order)
			slices.Sort(sorted)
			for i, at := range sorted {
				if i != at {
					r.Fatalf("the order %v is no permutation", q.Order)
				}
			}
		}
		w.Clock.Add(time.Hour)
	})
}

// TestOrdersDiffer: neither situations nor choices come in the course's own order, nor twice in the same.
func TestOrdersDiffer(t *testing.T) {
	w := newWorld(t, training.Settings{PerDay: 50})
	seen := map[string]bool{}
	places := map[int]int{}
	for range 20 {
		a := w.begin("adviser", directory.Awareness)
		order := ""
		for i, q := range a.Questions {
			order += q.Situation + " "
			places[placeOf(w.t, a, i+1, true)]++
		}
		if seen[order] {
			t.Error("the same order of fourteen situations came twice")
		}
		seen[order] = true
		a = w.follow("adviser", a, a.Round)
	}
	for place := 1; place <= 3; place++ {
		if places[place] < 20 {
			t.Errorf("the right choice was at place %d only %d times of 280", place, places[place])
		}
	}
}

func TestOthersAttemptsDoNotExist(t *testing.T) {
	w := newWorld(t, training.Settings{})
	a := w.begin("adviser", directory.Awareness)
	_, err := w.t.Attempt(w.Ctx, w.learner("stranger"), a.ID)
	testworld.WantKind(t, err, cloison.NotFound)
	_, err = w.t.Answer(w.Ctx, w.learner("stranger"), a.ID, 1, 1)
	testworld.WantKind(t, err, cloison.NotFound)
	_, err = w.t.Attempt(w.Ctx, w.learner("adviser"), a.ID+1)
	testworld.WantKind(t, err, cloison.NotFound)
	if after, _ := w.t.Attempt(w.Ctx, w.learner("adviser"), a.ID); after.Answered() != 0 {
		t.Error("somebody else answered")
	}
}

// TestWhoMayFollow tries without the passkey, as nobody, as somebody who was suspended, and the course of another role.
func TestWhoMayFollow(t *testing.T) {
	w := newWorld(t, training.Settings{})
	a := w.begin("adviser", directory.Awareness)
	tries := func(who training.Learner, want training.DenyReason) {
		t.Helper()
		_, err := w.t.Begin(w.Ctx, who, directory.Awareness)
		testworld.WantDenied(t, err, want)
		_, err = w.t.Attempt(w.Ctx, who, a.ID)
		testworld.WantDenied(t, err, want)
		_, err = w.t.Answer(w.Ctx, who, a.ID, 1, 1)
		testworld.WantDenied(t, err, want)
		_, err = w.t.Standings(w.Ctx, who)
		testworld.WantDenied(t, err, want)
	}
	tries(training.Learner{Account: w.Who["adviser"].ID}, training.Unproved)
	tries(training.Learner{Proved: true}, training.NotActive)
	tries(training.Learner{Account: 7, Proved: true}, training.NotActive)
	_, err := w.t.Begin(w.Ctx, w.learner("adviser"), directory.ManagersCourse)
	testworld.WantDenied(t, err, training.NotYours)
	_, err = w.t.Begin(w.Ctx, w.learner("adviser"), "cooking")
	testworld.WantKind(t, err, cloison.NotFound)
	w.Must(w.Directory.Suspend(w.Ctx, cloison.Caller{Account: w.Who["adviser"].ID}, w.Who["adviser"].ID, "lost_key"))
	tries(w.learner("adviser"), training.NotActive)
}

// TestTwoTabs answers one question from many tabs at once, rightly and wrongly: one answer counts, and no attempt ends
// twice. The same with two beginnings.
func TestTwoTabs(t *testing.T) {
	w := newWorld(t, training.Settings{})
	var wg sync.WaitGroup
	var mu sync.Mutex
	begun := map[cloison.ActID]bool{}
	for range 8 {
		wg.Go(func() {
			a, err := w.t.Begin(w.Ctx, w.learner("adviser"), directory.Awareness)
			mu.Lock()
			defer mu.Unlock()
			if err != nil {
				t.Error(err)
			}
			begun[a.ID] = true
		})
	}
	wg.Wait()
	if len(begun) != 1 {
		t.Fatalf("%d attempts are open", len(begun))
	}
	a := w.begin("adviser", directory.Awareness)
	for a.State == training.Open {
		number, fine := a.Answered()+1, 0
		for i := range 6 {
			wg.Go(func() {
				_, err := w.t.Answer(w.Ctx, w.learner("adviser"), a.ID, number, 1+i%3)
				mu.Lock()
				defer mu.Unlock()
				if err == nil {
					fine++
				} else if cloison.KindOf(err) != cloison.Conflict {
					t.Error(err)
				}
			})
		}
		wg.Wait()
		var err error
		a, err = w.t.Attempt(w.Ctx, w.learner("adviser"), a.ID)
		w.Must(err)
		if fine != 2 || a.Answered() != number { // the answer that counts, and its repetition
			t.Fatalf("question %d: %d answers were taken, %d are stored", number, fine, a.Answered())
		}
	}
}

func TestSentTwice(t *testing.T) {
	w := newWorld(t, training.Settings{})
	a := w.begin("adviser", directory.Awareness)
	wrong, right := w.place(a, false), w.place(a, true)
	for range 3 { // a double click
		after, err := w.t.Answer(w.Ctx, w.learner("adviser"), a.ID, 1, wrong)
		w.Must(err)
		if after.Answered() != 1 || after.Version != 2 {
			t.Fatalf("%d answers, version %d", after.Answered(), after.Version)
		}
	}
	_, err := w.t.Answer(w.Ctx, w.learner("adviser"), a.ID, 1, right) // the back button, having read why
	testworld.WantKind(t, err, cloison.Conflict)
	_, err = w.t.Answer(w.Ctx, w.learner("adviser"), a.ID, 3, right)
	testworld.WantKind(t, err, cloison.NotFound)
	a = w.follow("adviser", w.begin("adviser", directory.Awareness), 0)
	if a.State != training.Passed || a.Score() != a.Round-1 {
		t.Fatalf("%s with %d", a.State, a.Score())
	}
	until := w.awareness("adviser")
	w.Clock.Add(time.Hour)
	last := len(a.Questions)
	if _, err := w.t.Answer(w.Ctx, w.learner("adviser"), a.ID, last, a.Questions[last-1].Chosen); err != nil {
		t.Error(err)
	}
	if !w.awareness("adviser").Equal(until) {
		t.Error("replaying the last answer prolonged the validity")
	}
}

func TestLeftOpen(t *testing.T) {
	w := newWorld(t, training.Settings{})
	a := w.answer("adviser", w.begin("adviser", directory.Awareness), true)
	w.Clock.Add(7 * 24 * time.Hour)
	lapsed, err := w.t.Attempt(w.Ctx, w.learner("adviser"), a.ID)
	w.Must(err)
	if lapsed.State != training.Lapsed {
		t.Errorf("a week later it is %s", lapsed.State)
	}
	_, err = w.t.Answer(w.Ctx, w.learner("adviser"), a.ID, 2, 1)
	testworld.WantKind(t, err, cloison.Conflict)
	s, err := w.t.Standings(w.Ctx, w.learner("adviser"))
	w.Must(err)
	if s[0].Open != nil || s[0].Left != 5 {
		t.Errorf("stands at %+v", s[0])
	}
	if b := w.begin("adviser", directory.Awareness); b.ID == a.ID || b.State != training.Open {
		t.Errorf("began %v", b)
	}
	w.Clock.Add(400 * 24 * time.Hour)
	w.begin("adviser", directory.Awareness)
	_, err = w.t.Attempt(w.Ctx, w.learner("adviser"), a.ID)
	testworld.WantKind(t, err, cloison.NotFound) // its answers are forgotten
}

// TestAnotherEdition: an attempt that was begun on other content is not judged by this one.
func TestAnotherEdition(t *testing.T) {
	w := newWorld(t, training.Settings{})
	a := training.Attempt{ID: 77, Account: w.Who["adviser"].ID, Course: directory.Awareness, Edition: "older", State: training.Open,
		Began: w.Clock.Now(), Round: 1, Questions: []training.Question{{Situation: "gone", Order: []int{0, 1, 2}}}, Version: 1}
	w.Must(w.DB.BeginAttempt(w.Ctx, a, w.Clock.Now(), 9, time.Time{}))
	_, err := w.t.Answer(w.Ctx, w.learner("adviser"), 77, 1, 1)
	testworld.WantKind(t, err, cloison.Conflict)
	if b := w.begin("adviser", directory.Awareness); b.ID == 77 {
		t.Error("it was resumed")
	}
}

func TestTheClockGoesBack(t *testing.T) {
	w := newWorld(t, training.Settings{})
	a := w.answer("adviser", w.begin("adviser", directory.Awareness), true)
	w.Clock.Add(-30 * time.Second) // as clocks are set right
	a = w.answer("adviser", a, true)
	if a.Questions[1].At.Before(a.Questions[0].At) {
		t.Error("an answer is earlier than the one before")
	}
	w.Clock.Add(-2 * time.Hour)
	_, err := w.t.Answer(w.Ctx, w.learner("adviser"), a.ID, 3, w.place(a, true))
	testworld.WantKind(t, err, cloison.Unavailable)
}

// TestAttestedAfterACrash: the certificate is stored, the directory has not learned of it. The next look at the courses
// makes up for that.
func TestAttestedAfterACrash(t *testing.T) {
	w := newWorld(t, training.Settings{})
	a := w.begin("adviser", directory.Awareness)
	c := training.Certificate{ID: a.ID, Account: a.Account, Course: a.Course, Edition: a.Edition, Right: a.Round, Of: a.Round, At: w.Clock.Now(),
		Until: w.Directory.Validity(a.Course, w.Clock.Now())}
	a.State, a.Ended = training.Passed, c.At
	w.Must(w.DB.UpdateAttempt(w.Ctx, a, &c))
	w.Clock.Add(48 * time.Hour)
	for range 2 {
		s, err := w.t.Standings(w.Ctx, w.learner("adviser"))
		w.Must(err)
		if !s[0].Valid || !s[0].Until.Equal(c.Until) || !w.awareness("adviser").Equal(c.Until) {
			t.Fatalf("valid until %v, want %v", s[0].Until, c.Until)
		}
	}
	if events, _ := w.DB.Events(w.Ctx, 0, 10); len(events) != 1 {
		t.Errorf("%d lines in the journal", len(events))
	}
}
