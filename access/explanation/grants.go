package explanation

import (
	"context"
	"log/slog"
	"time"

	"cloison"
	"cloison/access/directory"
)

// Grant says that an account meets one person, from the moment when it was made: a visit, a code or a break-glass.
// Package explanation makes them.
type Grant struct {
	ID        cloison.ActID
	Account   cloison.AccountID
	Structure cloison.StructureID // the account's
	Person    cloison.PersonRef
	Means     Means
	By        cloison.AccountID // who said so; zero only for a Code: the person did
	Made      time.Time         // the grant holds for reads after it
	Until     time.Time
}

// Grants is the stage. Its methods may be called from many goroutines, in many processes on one store.
type Grants struct {
	store        GrantStore
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

// NewGrants returns a desk on that store. The zero Codes takes none. zone is that of the days.
func NewGrants(store GrantStore, ex *Explanations, codes Codes, evidence Evidence, zone *time.Location, log *slog.Logger) *Grants {
	return &Grants{store: store, explanations: ex, directory: ex.directory, codes: codes, evidence: evidence, settings: ex.settings, zone: zone,
		log: log, now: ex.now}
}

// Settings are those in force.
func (d *Grants) Settings() Settings { return d.settings }

// TakesCodes reports whether persons can be given codes here.
func (d *Grants) TakesCodes() bool { return len(d.codes.master) > 0 }

// colleague reads another account of the caller's structure; any other is NotFound.
func (d *Grants) colleague(ctx context.Context, of directory.Account, id cloison.AccountID) (directory.Account, error) {
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
func (d *Grants) today(now time.Time) (begins, ends time.Time) {
	year, month, day := now.In(d.zone).Date()
	return time.Date(year, month, day, 0, 0, 0, 0, d.zone).UTC(), time.Date(year, month, day+1, 0, 0, 0, 0, d.zone).UTC()
}
