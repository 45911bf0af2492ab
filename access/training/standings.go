package training

import (
	"context"
	"slices"
	"time"

	"cloison/access/directory"
)

// Standing is an account's standing in one of its courses.
type Standing struct {
	Course    Course
	Until     time.Time // the end of its validity; zero: never followed
	Valid     bool      // now
	Open      *Attempt  // to be resumed
	Left      int       // attempts that may still begin now
	Next      time.Time // when the next attempt may begin, if none is left
	Certified *Certificate
}

// Standings returns the learner's standing in each course that its roles ask for. It attests a certificate that the
// directory does not have because of a crash.
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
