package storetest

import (
	"fmt"
	"sync"
	"sync/atomic"

	"cloison"
	"cloison/access/directory"
	"cloison/access/training"
)

func trainingTests() []test {
	return []test{
		{"courses that end are listed by pages", coursesEnding},
		{"an attempt comes back as it was stored, and changes while it is open", attemptRoundTrip},
		{"attempts are limited, and forgotten", attemptLimits},
		{"attempts begun at once are limited too", attemptRace},
		{"an attempt has one certificate at most", certificates},
	}
}

func coursesEnding(w *world) {
	due := func(name string, awareness, managers int, state directory.State) cloison.AccountID {
		a := w.account(name)
		if awareness != 0 {
			a.AwarenessUntil = hours(awareness)
		}
		if managers != 0 {
			a.ManagersUntil = hours(managers)
		}
		a.State = state
		w.ok(w.UpdateAccount(w.ctx, a))
		return a.ID
	}
	want := map[cloison.AccountID]bool{
		due("first instant", 24, 0, directory.Active): true, due("course", 500, 30, directory.Active): true,
		due("both", 47, 40, directory.Active): true,
	}
	for i := range 4 {
		want[due(fmt.Sprint("other ", i), 30+i, 0, directory.Active)] = true
	}
	due("never", 0, 0, directory.Active)
	due("earlier", 23, 0, directory.Active)
	due("last instant", 48, 48, directory.Active)
	due("suspended", 30, 30, directory.Suspended)
	due("pending", 30, 30, directory.Pending)

	var after cloison.AccountID
	for range len(want) + 1 {
		page, err := w.CoursesEnding(w.ctx, hours(24), hours(48), after, 2)
		w.ok(err)
		if len(page) == 0 {
			break
		}
		for _, a := range page {
			if a.ID <= after || !want[a.ID] {
				w.Errorf("%s is listed, after %v", a.Email.Reveal(), after)
			}
			same(w, "account", a, w.read(a.ID))
			after = a.ID
			delete(want, a.ID)
		}
	}
	same(w, "not listed", want, map[cloison.AccountID]bool{})
	never, err := w.CoursesEnding(w.ctx, hours(-100000), hours(-99999), 0, 10)
	w.ok(err)
	same(w, "long ago", len(never), 0)
}

func (w *world) attempt(of cloison.AccountID, course directory.Course, began int) training.Attempt {
	return training.Attempt{ID: cloison.NewActID(), Account: of, Course: course, Edition: "e1", State: training.Open, Began: hours(began),
		Round: 2, Version: 1, Questions: []training.Question{
			{Situation: "usb", Order: []int{2, 0, 1}, Chosen: 3, Right: true, At: hours(began)}, {Situation: "mail", Order: []int{0, 1, 2}}}}
}

// begins opens an attempt, at most that number within an hour.
func (w *world) begins(a training.Attempt, since, most int) error {
	return w.BeginAttempt(w.ctx, a, hours(since), most, hours(-1000))
}

// ends ends an attempt.
func (w *world) ends(a training.Attempt, how training.State) {
	w.Helper()
	a.State, a.Ended = how, a.Began.Add(1)
	w.ok(w.UpdateAttempt(w.ctx, a, nil))
}

func attemptRoundTrip(w *world) {
	claire, paul := w.account("claire"), w.account("paul")
	a, b := w.attempt(claire.ID, "awareness", 1), w.attempt(claire.ID, "managers", 2)
	w.keeps(func() { w.ok(w.begins(a, 0, 5)) })
	w.ok(w.begins(b, 0, 5))
	w.ok(w.begins(w.attempt(paul.ID, "awareness", 1), 0, 5))
	got, err := w.Attempt(w.ctx, a.ID)
	w.ok(err)
	same(w, "attempt", got, a)
	a.Questions[1].Chosen, a.Questions[1].At = 1, hours(3)
	w.keeps(func() { w.ok(w.UpdateAttempt(w.ctx, a, nil)) })
	w.is(cloison.Stale, w.UpdateAttempt(w.ctx, a, nil))
	a.Version++
	list, err := w.Attempts(w.ctx, claire.ID, hours(50)) // open ones however old
	w.ok(err)
	same(w, "open attempts", list, []training.Attempt{b, a})
	a.State, a.Ended = training.Failed, hours(4)
	w.ok(w.UpdateAttempt(w.ctx, a, nil))
	a.Version++
	w.is(cloison.Stale, w.UpdateAttempt(w.ctx, a, nil)) // it is over
	list, err = w.Attempts(w.ctx, claire.ID, hours(2))
	w.ok(err)
	same(w, "attempts", list, []training.Attempt{b})
	list, err = w.Attempts(w.ctx, claire.ID, hours(1))
	w.ok(err)
	same(w, "attempts", list, []training.Attempt{b, a})
	_, err = w.Attempt(w.ctx, a.ID+1)
	w.is(cloison.NotFound, err)
	a.ID++
	w.is(cloison.NotFound, w.UpdateAttempt(w.ctx, a, nil))
}

func attemptLimits(w *world) {
	id := w.account("claire").ID
	first := w.attempt(id, "awareness", 1)
	w.ok(w.begins(first, 0, 2))
	w.is(cloison.Conflict, w.begins(w.attempt(id, "awareness", 2), 0, 9))
	w.ends(first, training.Failed)
	second := w.attempt(id, "awareness", 2)
	w.ok(w.begins(second, 0, 2))
	w.ends(second, training.Passed)
	w.is(cloison.Denied, w.begins(w.attempt(id, "awareness", 3), 1, 2))
	w.ok(w.begins(w.attempt(id, "managers", 3), 1, 2))   // another course
	w.ok(w.begins(w.attempt(id, "awareness", 26), 2, 2)) // the first one is not counted any more
	_, err := w.Attempt(w.ctx, first.ID)
	w.ok(err)
	w.ok(w.BeginAttempt(w.ctx, w.attempt(w.account("paul").ID, "awareness", 90), hours(80), 2, hours(80)))
	_, err = w.Attempt(w.ctx, first.ID)
	w.ok(err) // another account's are not forgotten with it
	w.is(cloison.Conflict, w.BeginAttempt(w.ctx, w.attempt(id, "managers", 90), hours(80), 2, hours(2)))
	w.ok(w.BeginAttempt(w.ctx, w.attempt(id, "managers", 90), hours(80), 2, hours(4))) // the open one is forgotten
	_, err = w.Attempt(w.ctx, first.ID)
	w.is(cloison.NotFound, err)
}

// attemptRace begins from two replicas at once: one attempt is open, and no more than allowed are ever begun.
func attemptRace(w *world) {
	id := w.account("claire").ID
	stores := []All{w.All, w.replica()}
	var begun atomic.Int32
	var wg sync.WaitGroup
	for i := range 8 {
		wg.Go(func() {
			for range 4 {
				a := w.attempt(id, "awareness", 1)
				err := stores[i%2].BeginAttempt(w.ctx, a, hours(0), 3, hours(-1000))
				switch {
				case err == nil:
					begun.Add(1)
					a.State, a.Ended = training.Failed, hours(2)
					if err := stores[i%2].UpdateAttempt(w.ctx, a, nil); err != nil {
						w.Error(err)
					}
				case cloison.KindOf(err) != cloison.Conflict && cloison.KindOf(err) != cloison.Denied:
					w.Error(err)
				}
			}
		})
	}
	wg.Wait()
	if n := begun.Load(); n < 1 || n > 3 {
		w.Errorf("%d attempts were begun, want 1 to 3", n)
	}
}

func certificates(w *world) {
	id := w.account("claire").ID
	var want []training.Certificate
	for i := range 3 {
		a := w.attempt(id, "awareness", 10*i)
		w.ok(w.begins(a, 10*i, 1))
		c := training.Certificate{ID: a.ID, Account: id, Course: "awareness", Edition: "e1", Right: 11, Of: 12, At: hours(10*i + 1),
			Until: hours(1000 + i)}
		a.State, a.Ended = training.Passed, c.At
		w.keeps(func() { w.ok(w.UpdateAttempt(w.ctx, a, &c)) })
		w.is(cloison.Stale, w.UpdateAttempt(w.ctx, a, &c))
		want = append([]training.Certificate{c}, want...)
	}
	got, err := w.Certificate(w.ctx, want[1].ID)
	w.ok(err)
	same(w, "certificate", got, want[1])
	list, err := w.Certificates(w.ctx, id, 2)
	w.ok(err)
	same(w, "certificates", list, want[:2])
	_, err = w.Certificate(w.ctx, want[1].ID+1)
	w.is(cloison.NotFound, err)

	// A number that is taken leaves the attempt open.
	a := w.attempt(id, "awareness", 100)
	w.ok(w.begins(a, 100, 1))
	taken := want[0]
	ended := a
	ended.State, ended.Ended = training.Passed, hours(101)
	w.is(cloison.Conflict, w.UpdateAttempt(w.ctx, ended, &taken))
	after, err := w.Attempt(w.ctx, a.ID)
	w.ok(err)
	same(w, "attempt", after, a)
}
