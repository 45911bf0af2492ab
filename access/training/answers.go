package training

import (
	"context"
	"time"

	"cloison"
	"cloison/internal/i18n"
)

// Answer answers question number (from 1) of the learner's own attempt with the choice at that position (from 1), and
// returns the attempt as it becomes. Questions are answered in order, each once: the first answer counts, the same one
// again changes nothing, and another one is a Conflict.
//
// After the first round, fewer right answers than the pass mark end the attempt; else the missed situations come again,
// in another order, until they are right. The last right answer passes the attempt: the certificate is stored with the
// answer, then the directory gets the attestation.
func (t *Training) Answer(ctx context.Context, who Learner, id cloison.ActID, number, choice int) (Attempt, error) {
	if _, err := t.learner(ctx, who); err != nil {
		return Attempt{}, err
	}
	var a Attempt
	var c *Certificate
	err := cloison.RetryStale(func() (err error) {
		c = nil
		if a, err = t.own(ctx, who, id); err != nil {
			return err
		}
		switch answered := a.Answered(); {
		case number < 1 || number > len(a.Questions):
			return cloison.Errorf(cloison.NotFound, "the attempt has no question of that number")
		case number <= answered && a.Questions[number-1].Chosen == choice:
			return nil
		case number <= answered:
			return cloison.Errorf(cloison.Conflict, "the question is answered: the first answer counts")
		case a.State != Open:
			return cloison.Errorf(cloison.Conflict, "the attempt is over: begin another one")
		case number > answered+1:
			return cloison.Errorf(cloison.NotFound, "an earlier question comes first")
		}
		if c, err = t.answer(&a, choice); err != nil {
			return err
		}
		err = t.store.UpdateAttempt(ctx, a, c)
		a.Version++
		return err
	})
	if err != nil || c == nil {
		return a, err
	}
	_, err = t.attest(ctx, *c)
	return a, err
}

// answer puts the choice into the next question, and changes the attempt by it.
func (t *Training) answer(a *Attempt, choice int) (*Certificate, error) {
	c, _ := t.Course(a.Course) // of this edition: the attempt is open
	q := &a.Questions[a.Answered()]
	if choice < 1 || choice > len(q.Order) {
		return nil, cloison.Errorf(cloison.Invalid, "want one of the choices, 1 to %d", len(q.Order))
	}
	now := t.now()
	if now.Before(a.last().Add(-t.settings.ClockDoubted)) {
		return nil, cloison.Errorf(cloison.Unavailable, "the clock has gone back behind the last answer")
	}
	s, _ := c.Situation(i18n.French, q.Situation)
	q.At = latest(now, a.last())
	q.Chosen, q.Right = choice, q.Order[choice-1] == s.best()
	if a.Answered() < len(a.Questions) {
		return nil, nil
	}
	missed := a.Missed()
	switch {
	case a.Score() < t.Needed(*a), len(a.Questions)+len(missed) > maxRounds*a.Round:
		a.State, a.Ended = Failed, q.At
	case len(missed) > 0:
		a.Questions = append(a.Questions, draw(c, missed)...)
	default:
		a.State, a.Ended = Passed, q.At
		return &Certificate{ID: a.ID, Account: a.Account, Course: a.Course, Edition: a.Edition, Right: a.Score(), Of: a.Round, At: q.At,
			Until: t.directory.Validity(a.Course, q.At)}, nil
	}
	return nil, nil
}

// maxRounds bounds how often missed situations come again, and so the size of a row.
const maxRounds = 3

func latest(a, b time.Time) time.Time {
	if b.After(a) {
		return b
	}
	return a
}

// attest gives a certificate to the directory, and returns until when the course is valid.
func (t *Training) attest(ctx context.Context, c Certificate) (time.Time, error) {
	return t.directory.Attest(context.WithoutCancel(ctx), c.Account, c.Course, c.At, source)
}

// source is how the journal names this package's attestations.
const source = "cloison"
