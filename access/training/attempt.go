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

// Answered is how many questions are answered: always the first ones.
func (a Attempt) Answered() int {
	n := slices.IndexFunc(a.Questions, func(q Question) bool { return q.Chosen == 0 })
	if n < 0 {
		return len(a.Questions)
	}
	return n
}

// Score is how many situations were judged rightly at first sight, so far.
func (a Attempt) Score() (right int) {
	for _, q := range a.Questions[:min(a.Round, len(a.Questions))] {
		if q.Right {
			right++
		}
	}
	return right
}

// Missed lists the situations that were answered, and wrongly the last time, in the order asked.
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

// last is when something last happened in the attempt.
func (a Attempt) last() time.Time {
	if n := a.Answered(); n > 0 {
		return a.Questions[n-1].At
	}
	return a.Began
}

// Attempt returns an attempt of the learner's own; NotFound when it is anybody else's. One that can't be resumed any
// more comes back as Lapsed.
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

// lapsed says whether an open attempt can't be gone on with: it is too old, or was begun on another edition.
func (t *Training) lapsed(a Attempt) bool {
	c, ok := t.Course(a.Course)
	return a.State == Open && (!ok || c.Edition != a.Edition || !t.now().Before(a.Began.Add(t.settings.AttemptLife)))
}

// draw makes questions of situations: these in random order, each with its choices in random order. The order comes
// from ChaCha8 under a key of the system's randomness: nobody foresees it.
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

// Standing is where an account stands with one of its courses.
type Standing struct {
	Course    Course
	Until     time.Time // the end of its validity; zero: never followed
	Valid     bool      // now
	Open      *Attempt  // to be resumed
	Left      int       // attempts that may still be begun now
	Next      time.Time // when one may be begun again, if none is left
	Certified *Certificate
}

// Standings says where the learner stands with each course that its roles ask for. A certificate that the directory
// does not know of yet, because a crash came between, is attested here.
func (t *Training) Standings(ctx context.Context, who Learner) ([]Standing, error) {
	account, err := t.learner(ctx, who)
	if err != nil {
		return nil, err
	}
	now := t.now()
	attempts, err := t.store.Attempts(ctx, account.ID, now.Add(-day))
	if err != nil {
		return nil, err
	}
	certificates, err := t.store.Certificates(ctx, account.ID, 50)
	if err != nil {
		return nil, err
	}
	var all []Standing
	for _, id := range directory.CoursesOf(account.Roles) {
		c, _ := t.Course(id)
		s := Standing{Course: c, Until: id.Until(account), Left: t.settings.PerDay}
		if i := slices.IndexFunc(certificates, func(c Certificate) bool { return c.Course == id }); i >= 0 {
			s.Certified = &certificates[i]
			if s.Certified.Until.After(s.Until) {
				if s.Until, err = t.attest(ctx, certificates[i]); err != nil {
					return nil, err
				}
			}
		}
		s.Valid = now.Before(s.Until)
		for i, a := range attempts { // newest first
			switch {
			case a.Course != id:
				continue
			case a.State == Open && !t.lapsed(a):
				s.Open = &attempts[i]
			}
			if !a.Began.Before(now.Add(-day)) {
				s.Left, s.Next = s.Left-1, a.Began.Add(day)
			}
		}
		if s.Left = max(s.Left, 0); s.Left > 0 {
			s.Next = time.Time{}
		}
		all = append(all, s)
	}
	return all, nil
}

const day = 24 * time.Hour
