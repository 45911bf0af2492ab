package directory

import (
	"context"
	"log/slog"
	"time"

	"cloison"
)

// Directory is the stage. Its methods may be called from many goroutines, in many processes on one store.
type Directory struct {
	store    Store
	settings Settings
	log      *slog.Logger
	now      func() time.Time
	zone     *time.Location // French legal time: working days and dates without a time are in it
}

// Settings of the directory. The zero value of each field means the default in its comment, which is the safe one.
type Settings struct {
	PerManager   int // proposals of one manager in any 24 hours: 3
	PerStructure int // proposals for one structure in any 24 hours: 10; an officer's do not wait for it

	LeaversPerStructure int // accounts of a structure that machines suspend in any 24 hours: 10
	LeaversPerSource    int // accounts that one machine suspends in any 24 hours: 200

	ProbationDays     int           // working days that a new or re-enrolled account is on probation: 10
	ListLines         int           // colleagues that one list may propose: 200
	ListProbationDays int           // working days of probation of who came by a list: 20, and never less than ProbationDays
	ListEvery         time.Duration // a structure makes one list in: 7 days

	CodeLife   time.Duration // how long an enrolment code is valid: 7 days
	CodeTries  int           // codes that one subject may try within CodeWindow: 10
	CodeWindow time.Duration // 1 hour

	AwarenessMonths int           // validity of the awareness training: 6
	CourseMonths    int           // validity of the managers' course: 12
	CourseSkew      time.Duration // how far ahead of ours the clock of a training platform may be: 1 minute
	LongestCover    time.Duration // 31 days
	LongestDuty     time.Duration // one turn at the duty desk: 12 hours

	// Proposable is what roles a manager may ask for, and whose accounts it may re-enrol: Adviser and Reception. All
	// others are given by an officer's proposal or by the operator's import.
	Proposable Role
	// SameStructureApproval lets an approver of the manager's own structure approve, for a network that has no other.
	SameStructureApproval bool
	// CourseOptional lets a manager propose without a valid managers' course.
	CourseOptional bool
}

// Effective is the settings that hold: defaults in place of zero values.
func (s Settings) Effective() Settings { return s.withDefaults() }

func (s Settings) withDefaults() Settings {
	orInt := func(v *int, def int) {
		if *v <= 0 {
			*v = def
		}
	}
	orTime := func(v *time.Duration, def time.Duration) {
		if *v <= 0 {
			*v = def
		}
	}
	orInt(&s.PerManager, 3)
	orInt(&s.PerStructure, 10)
	orInt(&s.LeaversPerStructure, 10)
	orInt(&s.LeaversPerSource, 200)
	orInt(&s.ProbationDays, 10)
	orInt(&s.ListLines, 200)
	orInt(&s.ListProbationDays, 20)
	s.ListProbationDays = max(s.ListProbationDays, s.ProbationDays) // a list is no way to a shorter one
	orTime(&s.ListEvery, 7*24*time.Hour)
	orInt(&s.CodeTries, 10)
	orInt(&s.AwarenessMonths, 6)
	orInt(&s.CourseMonths, 12)
	orTime(&s.CodeLife, 7*24*time.Hour)
	orTime(&s.CodeWindow, time.Hour)
	orTime(&s.CourseSkew, time.Minute)
	orTime(&s.LongestCover, 31*24*time.Hour)
	orTime(&s.LongestDuty, 12*time.Hour)
	if s.Proposable == 0 {
		s.Proposable = Adviser | Reception
	}
	return s
}

// New returns a directory on that store. now gives the time of every decision; the directory keeps whole
// milliseconds, in UTC.
func New(store Store, settings Settings, log *slog.Logger, now func() time.Time) *Directory {
	return &Directory{store: store, settings: settings.withDefaults(), log: log, zone: paris(),
		now: func() time.Time { return now().UTC().Truncate(time.Millisecond) }}
}

// Settings are those that hold.
func (d *Directory) Settings() Settings { return d.settings }

// Caller is who asks for an act.
type Caller = cloison.Caller

// Operator is the caller at the command line of the machine that holds the database.
func Operator() Caller { return cloison.Operator() }

// Account returns one account, or NotFound.
func (d *Directory) Account(ctx context.Context, id cloison.AccountID) (Account, error) {
	return d.store.Account(ctx, id)
}

// AccountOf returns the account bound to that subject, or NotFound: then the subject is nobody here, whatever its
// e-mail.
func (d *Directory) AccountOf(ctx context.Context, b Binding) (Account, error) {
	if b.IdP == "" || b.Sub == "" {
		return Account{}, cloison.Errorf(cloison.NotFound, "an empty subject is bound to no account")
	}
	return d.store.AccountByBinding(ctx, b)
}

// Structure returns one structure, or NotFound.
func (d *Directory) Structure(ctx context.Context, id cloison.StructureID) (Structure, error) {
	return d.store.Structure(ctx, id)
}

// caller reads the account of a caller; an unknown one is denied like one without rights.
func (d *Directory) caller(ctx context.Context, by Caller) (Account, error) {
	if by.Account == 0 {
		return Account{}, deny(NotActive)
	}
	a, err := d.store.Account(ctx, by.Account)
	if cloison.KindOf(err) == cloison.NotFound && err != nil {
		return Account{}, deny(NotActive)
	}
	return a, err
}

// record appends to the journal after an act. The act is already durable in its own table, so a journal that fails is
// reported to the operator and does not undo it; nor does a client who hung up.
func (d *Directory) record(ctx context.Context, e Event) {
	e.At = d.now()
	if err := d.store.AddEvent(context.WithoutCancel(ctx), e); err != nil {
		d.log.ErrorContext(ctx, "an act is missing from the journal of accounts", "code", e.Code,
			"account", e.Account.String(), "act", e.Act.String(), "err", err)
	}
}

// attempts bounds how often a decision is taken again on changed facts before Stale goes to the caller.
const attempts = 5

// again runs decide until it returns something else than Stale.
func again(decide func() error) (err error) {
	for range attempts {
		if err = decide(); err == nil || cloison.KindOf(err) != cloison.Stale {
			return err
		}
	}
	return err
}
