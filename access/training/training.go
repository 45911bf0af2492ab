package training

import (
	"context"
	"slices"
	"time"

	"cloison"
	"cloison/access/directory"
)

// Training is the stage. Its methods may be called from many goroutines, in many processes on one store.
type Training struct {
	store     Store
	directory *directory.Directory
	courses   []Course
	settings  Settings
	now       func() time.Time
}

// Settings of the courses. The zero value of each field means the default in its comment. For how long a course is
// valid is the directory's setting.
type Settings struct {
	PassMark     int           // per cent of the situations that must be judged rightly at first sight: 80
	PerDay       int           // attempts at one course in any 24 hours: 5
	AttemptLife  time.Duration // how long an attempt may be resumed: 7 days
	AnswersKept  time.Duration // how long answers are kept after their attempt began: 365 days
	ClockDoubted time.Duration // how far the clock may go back during an attempt: 1 minute
}

// Effective returns the settings in force: defaults in place of zero values.
func (s Settings) Effective() Settings {
	if s.PassMark <= 0 || s.PassMark > 100 {
		s.PassMark = 80
	}
	cloison.Default(&s.PerDay, 5)
	cloison.Default(&s.AttemptLife, 7*24*time.Hour)
	cloison.Default(&s.AnswersKept, 365*24*time.Hour)
	cloison.Default(&s.ClockDoubted, time.Minute)
	return s
}

// New reads the embedded courses. now gives the time of every decision; whole milliseconds of it are kept, in UTC.
func New(store Store, dir *directory.Directory, settings Settings, now func() time.Time) (*Training, error) {
	courses, err := load(content)
	if err != nil {
		return nil, err
	}
	return &Training{store: store, directory: dir, courses: courses, settings: settings.Effective(), now: cloison.Clock(now)}, nil
}

// Learner is an account in a session where its own passkey was used. The zero Learner is no account.
type Learner struct {
	Account cloison.AccountID
	Proved  bool // by the passkey, in this session
}

// DenyReason is why an account may not follow a course: a code of the catalogue, in the chain of every Denied error of
// this package.
type DenyReason string

const (
	Unproved  DenyReason = "training_unproved"  // the passkey was not used in this session
	NotActive DenyReason = "training_inactive"  // the account is unknown, pending, suspended or closed
	TooMany   DenyReason = "training_too_many"  // the day's attempts are used up
	NotYours  DenyReason = "training_not_yours" // no role of the account asks for that course
)

func (r DenyReason) Error() string { return "not allowed: " + string(r) }

func deny(r DenyReason) error { return &cloison.Error{Kind: cloison.Denied, Err: r} }

// PassMark is the share of situations that must be judged rightly at first sight, in per cent.
func (t *Training) PassMark() int { return t.settings.PassMark }

// Needed is how many situations of an attempt must be judged rightly at first sight.
func (t *Training) Needed(a Attempt) int { return (t.settings.PassMark*a.Round + 99) / 100 }

// Course returns the course of that name; false: there is none.
func (t *Training) Course(id directory.Course) (Course, bool) {
	i := slices.IndexFunc(t.courses, func(c Course) bool { return c.ID == id })
	if i < 0 {
		return Course{}, false
	}
	return t.courses[i], true
}

// learner reads the account of a learner that may follow a course now.
func (t *Training) learner(ctx context.Context, who Learner) (directory.Account, error) {
	switch {
	case who.Account == 0:
		return directory.Account{}, deny(NotActive)
	case !who.Proved:
		return directory.Account{}, deny(Unproved)
	}
	a, err := t.directory.Account(ctx, who.Account)
	switch {
	case err != nil && cloison.KindOf(err) != cloison.NotFound:
		return a, err
	case err != nil, a.State != directory.Active:
		return directory.Account{}, deny(NotActive)
	}
	return a, nil
}
