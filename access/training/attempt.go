package training

import (
	"context"
	crand "crypto/rand"
	"math/rand/v2"
	"slices"
	"time"

	"cloison"
	"cloison/access/directory"
	"cloison/internal/i18n"
)

const day = 24 * time.Hour

// Attempt is one attempt at a course, by one account.
type Attempt struct {
	ID      cloison.ActID
	Account cloison.AccountID
	Course  directory.Course
	Edition string // of the course when it began
	State   State
	Began   time.Time
	Ended   time.Time // zero while it is open
	// Round is how many situations the course has: that many questions count, the further ones repeat the missed ones.
	Round     int
	Questions []Question
	Version   int64
}

// State is where an attempt stands.
type State string

const (
	Open   State = "open"
	Passed State = "passed"
	Failed State = "failed"
	Lapsed State = "lapsed" // left open for too long, or the course has changed since
)

// Question is one situation as it is asked in one attempt.
type Question struct {
	Situation string    `json:"situation"`
	Order     []int     `json:"order"`            // the choices' places in the course, as they are shown
	Chosen    int       `json:"chosen,omitempty"` // the place shown that was chosen, from 1; 0: not answered
	Right     bool      `json:"right,omitempty"`
	At        time.Time `json:"at,omitzero"`
}

// Answered is how many questions are answered: always the first ones.
func (a Attempt) Answered() int {
	n := slices.IndexFunc(a.Questions, func(q Question) bool { return q.Chosen == 0 })
	if n < 0 {
		return len(a.Questions)
	}
	return n
}

// Score is how many situations were judged rightly at first sight, up to now.
func (a Attempt) Score() (right int) {
	for _, q := range a.Questions[:min(a.Round, len(a.Questions))] {
		if q.Right {
			right++
		}
	}
	return right
}

// Missed lists the situations whose last answer was wrong, in the order asked.
func (a Attempt) Missed() []string {
	var missed []string
	for _, q := range a.Questions[:a.Answered()] {
		i := slices.Index(missed, q.Situation)
		switch {
		case q.Right && i >= 0:
			missed = slices.Delete(missed, i, i+1)
		case !q.Right && i < 0:
			missed = append(missed, q.Situation)
		}
	}
	return missed
}

// last is the time of the last answer, or of the beginning.
func (a Attempt) last() time.Time {
	if n := a.Answered(); n > 0 {
		return a.Questions[n-1].At
	}
	return a.Began
}

// Begin opens an attempt at a course, or returns the open one. A new attempt has a new order; it may follow a failed
// one at once, a few times a day.
func (t *Training) Begin(ctx context.Context, who Learner, course directory.Course) (Attempt, error) {
	account, err := t.learner(ctx, who)
	if err != nil {
		return Attempt{}, err
	}
	c, ok := t.Course(course)
	switch {
	case !ok:
		return Attempt{}, cloison.Errorf(cloison.NotFound, "there is no such course")
	case !slices.Contains(directory.CoursesOf(account.Roles), course):
		return Attempt{}, deny(NotYours)
	}
	var a Attempt
	err = cloison.RetryStale(func() (err error) {
		a, err = t.begin(ctx, account.ID, c)
		if cloison.KindOf(err) == cloison.Conflict {
			err = cloison.Errorf(cloison.Stale, "another tab began an attempt: %w", err)
		}
		return err
	})
	return a, err
}

func (t *Training) begin(ctx context.Context, account cloison.AccountID, c Course) (Attempt, error) {
	now := t.now()
	attempts, err := t.store.Attempts(ctx, account, now.Add(-day))
	if err != nil {
		return Attempt{}, err
	}
	for _, a := range attempts {
		switch {
		case a.Course != c.ID || a.State != Open:
		case !t.lapsed(a):
			return a, nil
		default:
			a.State, a.Ended = Lapsed, now
			if err := t.store.UpdateAttempt(ctx, a, nil); err != nil {
				return Attempt{}, err
			}
		}
	}
	var ids []string
	for _, s := range c.Situations(i18n.French) {
		ids = append(ids, s.ID)
	}
	a := Attempt{ID: cloison.NewActID(), Account: account, Course: c.ID, Edition: c.Edition, State: Open, Began: now,
		Round: len(ids), Questions: draw(c, ids), Version: 1}
	err = t.store.BeginAttempt(ctx, a, now.Add(-day), t.settings.PerDay, now.Add(-t.settings.AnswersKept))
	if cloison.KindOf(err) == cloison.Denied && err != nil {
		return Attempt{}, deny(TooMany)
	}
	return a, err
}

// Attempt returns an attempt of the learner's own; NotFound for another account's. An attempt that cannot be resumed is
// Lapsed.
func (t *Training) Attempt(ctx context.Context, who Learner, id cloison.ActID) (Attempt, error) {
	if _, err := t.learner(ctx, who); err != nil {
		return Attempt{}, err
	}
	return t.own(ctx, who, id)
}

func (t *Training) own(ctx context.Context, who Learner, id cloison.ActID) (Attempt, error) {
	a, err := t.store.Attempt(ctx, id)
	switch {
	case err != nil:
		return Attempt{}, err
	case a.Account != who.Account:
		return Attempt{}, cloison.Errorf(cloison.NotFound, "there is no such attempt of that account")
	case t.lapsed(a):
		a.State = Lapsed
	}
	return a, nil
}

// lapsed reports whether an open attempt cannot be resumed: it is too old, or of another edition.
func (t *Training) lapsed(a Attempt) bool {
	c, ok := t.Course(a.Course)
	return a.State == Open && (!ok || c.Edition != a.Edition || !t.now().Before(a.Began.Add(t.settings.AttemptLife)))
}

// draw makes questions of situations, in random order and with their choices in random order. The order comes from
// ChaCha8 under a key of the system's randomness, so that it cannot be predicted.
func draw(c Course, situations []string) []Question {
	var key [32]byte
	crand.Read(key[:]) // never fails: crypto/rand ends the program instead
	order := rand.New(rand.NewChaCha8(key))
	questions := make([]Question, len(situations))
	for i, at := range order.Perm(len(situations)) {
		s, _ := c.Situation(i18n.French, situations[at])
		questions[i] = Question{Situation: s.ID, Order: order.Perm(len(s.Choices))}
	}
	return questions
}
