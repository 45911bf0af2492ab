package training_test

import (
	"context"
	"errors"
	"log/slog"
	"testing"
	"time"

	"cloison"
	"cloison/access/directory"
	"cloison/access/training"
	"cloison/internal/i18n"
	"cloison/internal/testkit"
	"cloison/internal/testkit/testworld"
	"cloison/store/sqlite"
)

// world is a structure with some accounts on a real store.
type world struct {
	*testing.T
	ctx   context.Context
	db    *sqlite.DB
	dir   *directory.Directory
	t     *training.Training
	clock *testkit.Clock
	who   map[string]directory.Account
}

func newWorld(t *testing.T, s training.Settings) *world {
	t.Helper()
	w := &world{T: t, ctx: t.Context(), who: map[string]directory.Account{}, clock: testkit.NewClock(time.Date(2025, 12, 1, 9, 0, 0, 0, time.UTC))}
	var err error
	w.db, err = sqlite.Open(w.ctx, testkit.SQLite(t), sqlite.Options{})
	w.must(err)
	t.Cleanup(func() { w.db.Close() })
	quiet := slog.New(slog.DiscardHandler)
	w.dir = directory.New(w.db, directory.Settings{}, quiet, w.clock.Now)
	w.t, err = training.New(w.db, w.dir, s, quiet, w.clock.Now)
	w.must(err)
	_, err = w.db.ImportStructures(w.ctx, []directory.Structure{{ID: "ML1", SIRET: "35600000000048", Label: "Mission locale un"}})
	w.must(err)
	w.add("adviser", directory.Adviser)
	w.add("manager", directory.Manager)
	w.add("stranger", directory.Adviser)
	return w
}

func (w *world) add(name string, roles directory.Role) {
	w.Helper()
	w.who[name] = testworld.AddAccount(w.T, w.db, w.clock.Now(), name, func(a *directory.Account) {
		a.Roles, a.Created, a.AwarenessUntil = roles, w.clock.Now(), time.Time{}
	})
}

func (w *world) must(err error) {
	w.Helper()
	if err != nil {
		w.Fatal(err)
	}
}

func (w *world) learner(name string) training.Learner {
	return training.Learner{Account: w.who[name].ID, Proved: true}
}

func (w *world) begin(name string, c directory.Course) training.Attempt {
	w.Helper()
	a, err := w.t.Begin(w.ctx, w.learner(name), c)
	w.must(err)
	return a
}

// place is where the right choice, or a wrong one, is shown in the next question.
func (w *world) place(a training.Attempt, right bool) int {
	w.Helper()
	return placeOf(w.t, a, a.Answered()+1, right)
}

func placeOf(t *training.Training, a training.Attempt, number int, right bool) int {
	c, _ := t.Course(a.Course)
	q := a.Questions[number-1]
	s, _ := c.Situation(i18n.English, q.Situation)
	for i, at := range q.Order {
		if s.Choices[at].Best == right {
			return i + 1
		}
	}
	return 0
}

// answer answers the next question rightly or wrongly.
func (w *world) answer(name string, a training.Attempt, right bool) training.Attempt {
	w.Helper()
	w.clock.Add(20 * time.Second)
	a, err := w.t.Answer(w.ctx, w.learner(name), a.ID, a.Answered()+1, w.place(a, right))
	w.must(err)
	return a
}

// follow answers until the attempt ends, with that many wrong ones at first.
func (w *world) follow(name string, a training.Attempt, wrong int) training.Attempt {
	w.Helper()
	for a.State == training.Open {
		a = w.answer(name, a, a.Answered() >= wrong)
	}
	return a
}

func (w *world) awareness(name string) time.Time {
	w.Helper()
	a, err := w.db.Account(w.ctx, w.who[name].ID)
	w.must(err)
	return a.AwarenessUntil
}

func wantKind(t *testing.T, err error, want cloison.Kind) {
	t.Helper()
	if err == nil || cloison.KindOf(err) != want {
		t.Errorf("got %v, want an error of kind %s", err, want)
	}
}

func wantBar(t *testing.T, err error, want training.DenyReason) {
	t.Helper()
	var b training.DenyReason
	if !errors.As(err, &b) || b != want || cloison.KindOf(err) != cloison.Denied {
		t.Errorf("got %v, want to be denied by %s", err, want)
	}
}
