package directory

import (
	"context"
	"strings"
	"time"

	"cloison"
	"cloison/internal/suggest"
	"cloison/ledger/journal"
)

// Course is a training that an account needs to read files.
type Course string

const (
	Awareness      Course = "awareness" // everyone: valid six months
	ManagersCourse Course = "managers"  // managers: valid twelve months
)

// CoursesOf lists the courses that the holder of an account with those roles has to pass.
func CoursesOf(r Role) []Course {
	if r.Machine() {
		return nil
	}
	if r.Has(Manager) {
		return []Course{Awareness, ManagersCourse}
	}
	return []Course{Awareness}
}

// Until returns the end of the course's validity for the account; zero: never passed.
func (c Course) Until(a Account) time.Time {
	if c == ManagersCourse {
		return a.ManagersUntil
	}
	return a.AwarenessUntil
}

// Months returns for how many months a passed course is valid.
func (d *Directory) Months(c Course) int {
	if c == ManagersCourse {
		return d.settings.CourseMonths
	}
	return d.settings.AwarenessMonths
}

// Validity returns the end of a course that was passed at that time.
func (d *Directory) Validity(c Course, at time.Time) time.Time { return d.validity(at, d.Months(c)) }

// Attest records that the account's holder passed a course at that time, and returns until when the course is valid
// now. It is the one way in which a course becomes valid, for an import, a training platform and the built-in course
// alike. Its caller has checked the right: there is no [cloison.Caller]. The source names who says so, as "import" or
// "lms:rouen", in 1 to 64 letters, digits and . _ : - of ASCII; the journal keeps it.
//
// It may be called again with the same attestation, and in any order: no validity is shortened, and what does not
// prolong one changes nothing, moves no fence and is not in the journal. A course that was passed in the future
// beyond Settings.CourseSkew is Invalid: that clock is wrong, and the course would be valid for too long.
func (d *Directory) Attest(ctx context.Context, account cloison.AccountID, course Course, at time.Time, source string) (
	until time.Time, err error,
) {
	switch {
	case course != Awareness && course != ManagersCourse:
		return until, cloison.Errorf(cloison.Invalid, "no such course%s", suggest.DidYouMean(string(course), CourseNames()))
	case at.IsZero() || d.InFuture(at):
		return until, cloison.Errorf(cloison.Invalid, "attest: the time of the course is missing or in the future")
	case !sourceLike(source):
		return until, cloison.Errorf(cloison.Invalid, "attest: source: want 1 to 64 letters, digits or . _ : -")
	}
	valid, prolonged := d.Validity(course, at), false
	err = cloison.RetryStale(func() error {
		a, err := d.store.Account(ctx, account)
		if err != nil {
			return err
		}
		if until = course.Until(a); !valid.After(until) {
			return nil
		}
		if course == ManagersCourse {
			a.ManagersUntil = valid
		} else {
			a.AwarenessUntil = valid
		}
		if err = d.store.UpdateAccount(ctx, a); err == nil {
			until, prolonged = valid, true
		}
		return err
	})
	if prolonged {
		d.Record(ctx, journal.Event{Code: "training.attested", Account: account, Detail: map[string]string{
			"course": string(course), "source": source, "until": until.Format(time.RFC3339)}})
	}
	return until, err
}

// CoursesEnding lists by id, for reminders, the active accounts of which a course ends at or after from and before
// until, from the one after that id, at most limit. The accounts say which course it is; the managers' course of a
// former manager is listed too.
func (d *Directory) CoursesEnding(ctx context.Context, from, until time.Time, after cloison.AccountID, limit int) (
	[]Account, error,
) {
	return d.store.CoursesEnding(ctx, from, until, after, limit)
}

// CourseNames lists the courses.
func CourseNames() []string { return []string{string(Awareness), string(ManagersCourse)} }

// InFuture reports whether the time is further ahead than the clocks of two machines may differ.
func (d *Directory) InFuture(at time.Time) bool { return at.After(d.now().Add(d.settings.CourseSkew)) }

func sourceLike(s string) bool {
	return len(s) > 0 && len(s) <= 64 && !strings.ContainsFunc(s, func(r rune) bool {
		return !('a' <= r && r <= 'z' || 'A' <= r && r <= 'Z' || '0' <= r && r <= '9' || strings.ContainsRune("._:-", r))
	})
}
