package explanation

import (
	"context"
	"log/slog"
	"time"

	"cloison"
	"cloison/access/directory"
)

// Grant is an explanation for one account and one person, made by a visit, a code or a confirmed break-glass.
type Grant struct {
	ID        cloison.ActID
	Account   cloison.AccountID
	Structure cloison.StructureID // the account's
	Person    cloison.PersonRef
	Means     Means
	By        cloison.AccountID // the maker; zero only for a Code, which the person gave
	Made      time.Time         // it holds for reads after that
	Until     time.Time
}

// Grants is the stage that makes the explanations of the day: visits, codes, and requests that a colleague confirms.
// Its methods may be called from many goroutines, in many processes on one store.
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

// Evidence records that an account asked for a person in vain, as a refused read does. A nil Evidence records
// nothing.
type Evidence func(ctx context.Context, by cloison.Caller, person cloison.PersonRef) error

// NewGrants returns the stage on that store. With the zero Codes it takes no code. Days end in the zone of the
// directory.
func NewGrants(store GrantStore, ex *Explanations, codes Codes, evidence Evidence, log *slog.Logger) *Grants {
	return &Grants{store: store, explanations: ex, directory: ex.directory, codes: codes, evidence: evidence, settings: ex.settings,
		zone: ex.directory.Settings().Zone, log: log, now: ex.now}
}

// Settings returns the settings in force.
func (d *Grants) Settings() Settings { return d.settings }

// TakesCodes reports whether there is a key to make persons' codes with.
func (d *Grants) TakesCodes() bool { return len(d.codes.master) > 0 }

// colleague returns another account of the caller's structure; any other is NotFound.
func (d *Grants) colleague(ctx context.Context, of directory.Account, id cloison.AccountID) (directory.Account, error) {
	a, err := d.directory.Account(ctx, id)
	if err == nil && a.Structure != of.Structure {
		err = cloison.Errorf(cloison.NotFound, "the structure has no such account")
	}
	return a, err
}

// reads returns why the account may not be given persons at all, or nil.
func reads(a directory.Account) error {
	if a.State != directory.Active {
		return cloison.Errorf(cloison.Conflict, "the account that would read is %s", a.State)
	}
	if a.Roles&(directory.Adviser|directory.Reception) == 0 {
		return directory.Deny(directory.NoRole)
	}
	return nil
}

// today returns when the day begins and when it ends.
func (d *Grants) today(now time.Time) (begins, ends time.Time) {
	year, month, day := now.In(d.zone).Date()
	return time.Date(year, month, day, 0, 0, 0, 0, d.zone).UTC(), time.Date(year, month, day+1, 0, 0, 0, 0, d.zone).UTC()
}
