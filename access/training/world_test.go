package training_test

import (
	"testing"
	"time"

	"cloison/access/directory"
	"cloison/access/training"
	"cloison/internal/i18n"
	"cloison/internal/testkit/testworld"
)

// world is the shared one with the courses.
type world struct {
	*testworld.World
	t *training.Training
}

func newWorld(t *testing.T, s training.Settings) *world {
	t.Helper()
	w := &world{World: testworld.New(t, testworld.Options{Empty: true})}
	var err error
	w.t, err = training.New(w.DB, w.Directory, s, w.Now)
	w.Must(err)
	w.add("adviser", directory.Adviser)
	w.add("manager", directory.Manager)
	w.add("stranger", directory.Adviser)
	return w
}

func (w *world) add(name string, roles directory.Role) {
	w.Helper()
	w.Add("ML1", name, roles, func(a *directory.Account) { a.Created, a.ManagersUntil = w.Now(), time.Time{} })
}

func (w *world) learner(name string) training.Learner {
	return training.Learner{Account: w.Who[name].ID, Proved: true}
}

func (w *world) begin(name string, c directory.Course) training.Attempt {
	w.Helper()
	a, err := w.t.Begin(w.Ctx, w.learner(name), c)
	w.Must(err)
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
	w.Clock.Add(20 * time.Second)
	a, err := w.t.Answer(w.Ctx, w.learner(name), a.ID, a.Answered()+1, w.place(a, right))
	w.Must(err)
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
	return w.Account(w.Who[name].ID).AwarenessUntil
}
