package training

import (
	"context"
	"slices"

	"cloison"
	"cloison/access/directory"
	"cloison/internal/i18n"
)

// Begin opens an attempt at a course, or returns the open one, to be gone on with. A new attempt has a new order; after
// a failed one it may be begun at once, a few times a day.
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
	err = again(func() (err error) {
		a, err = t.begin(ctx, account.ID, c)
		return err
	}, cloison.Stale, cloison.Conflict) // another tab was quicker
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
