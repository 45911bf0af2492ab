package disclose_test

import (
	"testing"
	"time"

	"cloison"
	"cloison/access/directory"
	"cloison/access/training"
	"cloison/internal/i18n"
	"cloison/rules/policy"
	"cloison/wall/disclose"
)

// TestTrainingThatEndsWithinASession: one file opens, the training ends, the next file of the same open session does
// not, on any replica; after the course is passed it opens at once.
func TestTrainingThatEndsWithinASession(t *testing.T) {
	for _, course := range []directory.Course{directory.Awareness, directory.ManagersCourse} {
		t.Run(string(course), func(t *testing.T) {
			onBoth(t, func(w *world) {
				ends := w.Clock.Now().Add(10 * time.Minute)
				who := w.adviser(1, func(a *directory.Account) {
					a.Roles |= directory.Manager
					a.ManagersUntil = a.AwarenessUntil
					if course == directory.ManagersCourse {
						a.ManagersUntil = ends
					} else {
						a.AwarenessUntil = ends
					}
				})
				here, there := w.replica(w.DB), w.replica(w.Replica())
				w.Clock.Set(ends.Add(-time.Millisecond))
				if d := w.reads(here, who, person(1, 0)); d.Outcome != policy.Permit {
					w.Fatalf("before its end: %+v", d.Reasons)
				}
				w.Clock.Set(ends)
				for _, replica := range []*disclose.Discloser{here, there} {
					d := w.reads(replica, who, person(1, 1))
					if d.Outcome == policy.Permit || len(d.Reasons) == 0 || d.Reasons[0].Code != policy.Training ||
						d.Reasons[0].Course != policy.Course(course) || !d.Reasons[0].Until.Equal(ends) {
						w.Fatalf("at its end: %v %+v", d.Outcome, d.Reasons)
					}
				}
				w.passes(who.Account, course)
				for _, replica := range []*disclose.Discloser{there, here} {
					if d := w.reads(replica, who, person(1, 1)); d.Outcome != policy.Permit {
						w.Fatalf("after the course: %+v", d.Reasons)
					}
				}
			})
		})
	}
}

// passes answers a course to its end.
func (w *world) passes(account cloison.AccountID, course directory.Course) {
	w.Helper()
	school, err := training.New(w.DB, w.Directory, training.Settings{}, w.Clock.Now)
	w.Must(err)
	learner := training.Learner{Account: account, Proved: true}
	a, err := school.Begin(w.Ctx, learner, course)
	w.Must(err)
	content, _ := school.Course(course)
	for n := 1; a.State == training.Open; n++ {
		s, _ := content.Situation(i18n.French, a.Questions[n-1].Situation)
		for i, at := range a.Questions[n-1].Order {
			if s.Choices[at].Best {
				a, err = school.Answer(w.Ctx, learner, a.ID, n, i+1)
				w.Must(err)
			}
		}
	}
}
