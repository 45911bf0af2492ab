package approval

import (
	"time"

	"cloison"
	"cloison/access/directory"
)

// Approvals is the stage. Its methods may be called from many goroutines, in many processes on one store.
type Approvals struct {
	store     Store
	directory *directory.Directory
	settings  Settings
	now       func() time.Time
}

// Settings of the stage. The zero value of each field means the default in its comment, which is the safe one.
type Settings struct {
	PerManager   int // proposals of one manager in any 24 hours: 3
	PerStructure int // proposals for one structure in any 24 hours: 10; it does not hold an officer's

	ProbationDays     int           // working days that a new or re-enrolled account is on probation: 10
	ListLines         int           // colleagues that one list may propose: 200
	ListProbationDays int           // working days of probation of an account that a list made: 20, and at least ProbationDays
	ListEvery         time.Duration // a structure makes one list in: 7 days

	CodeLife   time.Duration // how long an enrolment code is valid: 7 days
	CodeTries  int           // codes that one subject may try within CodeWindow: 10
	CodeWindow time.Duration // 1 hour

	// Proposable is the roles that a manager may propose, and whose accounts it may re-enrol: Adviser and Reception.
	// An officer proposes all others, or the operator imports them.
	Proposable directory.Role
	// SameStructureApproval lets an approver of the manager's own structure approve, for a network that has no other.
	SameStructureApproval bool
	// CourseOptional lets a manager propose without a valid managers' course.
	CourseOptional bool
}

// Effective returns the settings in force: defaults in place of zero values.
func (s Settings) Effective() Settings {
	cloison.Default(&s.PerManager, 3)
	cloison.Default(&s.PerStructure, 10)
	cloison.Default(&s.ProbationDays, 10)
	cloison.Default(&s.ListLines, 200)
	cloison.Default(&s.ListProbationDays, 20)
	s.ListProbationDays = max(s.ListProbationDays, s.ProbationDays) // a list gives no shorter probation
	cloison.Default(&s.ListEvery, 7*24*time.Hour)
	cloison.Default(&s.CodeLife, 7*24*time.Hour)
	cloison.Default(&s.CodeTries, 10)
	cloison.Default(&s.CodeWindow, time.Hour)
	if s.Proposable == 0 {
		s.Proposable = directory.Adviser | directory.Reception
	}
	return s
}

// New returns the stage on that store.
func New(store Store, d *directory.Directory, settings Settings, now func() time.Time) *Approvals {
	return &Approvals{store: store, directory: d, settings: settings.Effective(),
		now: cloison.Clock(now)}
}

// Settings returns the settings in force.
func (ap *Approvals) Settings() Settings { return ap.settings }
