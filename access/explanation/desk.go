package explanation

import (
	"context"
	"log/slog"
	"time"

	"cloison"
	"cloison/access/directory"
)

// Desk is the stage. Its methods may be called from many goroutines, in many processes on one store.
type Desk struct {
	store        DeskStore
	explanations *Explanations
	directory    *directory.Directory
	codes        Codes
	evidence     Evidence
	settings     Settings
	zone         *time.Location // in which days end
	log          *slog.Logger
	now          func() time.Time
}

// Evidence takes note that an account asked for a person in vain, as a refused read does. A nil Evidence takes none.
type Evidence func(ctx context.Context, by directory.Caller, person cloison.PersonRef) error

// Settings of the stage. The zero value of each field means the default in its comment.
type Settings struct {
	LongestCover time.Duration // 31 days
	LongestDuty  time.Duration // one turn at the duty desk: 12 hours

	VisitsPerReception int // visits that one account registers in a day: 40
	VisitsPerStructure int // and all of a structure: 120

	CodeTries int // codes tried in an hour by one account, and for one person: 10

	BreakGlassPerAccount   int           // break-glasses that one account asks for in a day: 3
	BreakGlassPerStructure int           // and all of a structure: 10
	BreakGlassLife         time.Duration // how long one opens the file; to the end of the day at most: 4 hours

	CoversPerAccount int           // covers that one account asks for in a day: 5
	RequestLife      time.Duration // how long a request waits for its colleague: 24 hours; a break-glass, 1 hour at most
}

func (s Settings) withDefaults() Settings {
	for v, def := range map[*int]int{&s.VisitsPerReception: 40, &s.VisitsPerStructure: 120, &s.CodeTries: 10, &s.BreakGlassPerAccount: 3,
		&s.BreakGlassPerStructure: 10, &s.CoversPerAccount: 5} {
		if *v <= 0 {
			*v = def
		}
	}
	for v, def := range map[*time.Duration]time.Duration{&s.LongestCover: 31 * 24 * time.Hour, &s.LongestDuty: 12 * time.Hour,
		&s.BreakGlassLife: 4 * time.Hour, &s.RequestLife: 24 * time.Hour} {
		if *v <= 0 {
			*v = def
		}
	}
	return s
}

// NewDesk returns a desk on that store. The zero Codes takes none. zone is that of the days.
func NewDesk(store DeskStore, ex *Explanations, codes Codes, evidence Evidence, zone *time.Location, log *slog.Logger) *Desk {
	return &Desk{store: store, explanations: ex, directory: ex.directory, codes: codes, evidence: evidence, settings: ex.settings, zone: zone,
		log: log, now: ex.now}
}

// Settings are those in force.
func (d *Desk) Settings() Settings { return d.settings }

// TakesCodes reports whether persons can be given codes here.
func (d *Desk) TakesCodes() bool { return len(d.codes.master) > 0 }

// colleague reads another account of the caller's structure; any other is NotFound.
func (d *Desk) colleague(ctx context.Context, of directory.Account, id cloison.AccountID) (directory.Account, error) {
	a, err := d.directory.Account(ctx, id)
	if err == nil && a.Structure != of.Structure {
		err = cloison.Errorf(cloison.NotFound, "the structure has no such account")
	}
	return a, err
}

// reads says whether the account may be given persons at all.
func reads(a directory.Account) error {
	if a.State != directory.Active {
		return cloison.Errorf(cloison.Conflict, "the account that would read is %s", a.State)
	}
	if a.Roles&(directory.Adviser|directory.Reception) == 0 {
		return directory.Deny(directory.NoRole)
	}
	return nil
}

// today is the day's first moment and the next one's.
func (d *Desk) today(now time.Time) (begins, ends time.Time) {
	year, month, day := now.In(d.zone).Date()
	return time.Date(year, month, day, 0, 0, 0, 0, d.zone).UTC(), time.Date(year, month, day+1, 0, 0, 0, 0, d.zone).UTC()
}
