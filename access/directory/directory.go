package directory

import (
	"context"
	"log/slog"
	"time"

	"cloison"
	"cloison/ledger/journal"
)

// Directory is the stage. Its methods may be called from many goroutines, in many processes on one store.
type Directory struct {
	store    Store
	settings Settings
	log      *slog.Logger
	now      func() time.Time
}

// Settings of the directory. The zero value of each field means the default in its comment, which is the safe one.
type Settings struct {
	LeaversPerStructure int // accounts of a structure that machines suspend in any 24 hours: 10
	LeaversPerSource    int // accounts that one machine suspends in any 24 hours: 200

	AwarenessMonths int           // validity of the awareness training: 6
	CourseMonths    int           // validity of the managers' course: 12
	CourseSkew      time.Duration // how far ahead of ours the clock of a training platform may be: 1 minute

	Zone *time.Location // of working days and of dates without a time: Europe/Paris
}

// Effective returns the settings in force: defaults in place of zero values.
func (s Settings) Effective() Settings {
	cloison.Default(&s.LeaversPerStructure, 10)
	cloison.Default(&s.LeaversPerSource, 200)
	cloison.Default(&s.AwarenessMonths, 6)
	cloison.Default(&s.CourseMonths, 12)
	cloison.Default(&s.CourseSkew, time.Minute)
	if s.Zone == nil {
		s.Zone = paris()
	}
	return s
}

// New returns the stage on that store. now gives the time of every decision.
func New(store Store, settings Settings, log *slog.Logger, now func() time.Time) *Directory {
	return &Directory{store: store, settings: settings.Effective(), log: log,
		now: cloison.Clock(now)}
}

// Settings returns the settings in force.
func (d *Directory) Settings() Settings { return d.settings }

// Account returns one account, or NotFound.
func (d *Directory) Account(ctx context.Context, id cloison.AccountID) (Account, error) {
	return d.store.Account(ctx, id)
}

// AccountOf returns the account bound to that subject. NotFound means that the subject has no account, whatever its
// e-mail address.
func (d *Directory) AccountOf(ctx context.Context, b Binding) (Account, error) {
	if b.IdP == "" || b.Sub == "" {
		return Account{}, cloison.Errorf(cloison.NotFound, "an empty subject is bound to no account")
	}
	return d.store.AccountByBinding(ctx, b)
}

// Accounts lists the accounts of a structure ("" is all) by structure and id, from the one after that id, at most
// limit.
func (d *Directory) Accounts(ctx context.Context, structure cloison.StructureID, after cloison.AccountID, limit int) ([]Account, error) {
	return d.store.Accounts(ctx, structure, after, limit)
}

// FindAccounts lists the accounts of a search.
func (d *Directory) FindAccounts(ctx context.Context, s Search) ([]Account, error) {
	return d.store.FindAccounts(ctx, s)
}

// Members returns what the blast radii of a structure ("" is all) are made of, by id.
func (d *Directory) Members(ctx context.Context, structure cloison.StructureID) ([]Member, error) {
	return d.store.Members(ctx, structure)
}

// Structures lists all of them.
func (d *Directory) Structures(ctx context.Context) ([]Structure, error) {
	return d.store.Structures(ctx)
}

// Events lists the events of a search, the newest first.
func (d *Directory) Events(ctx context.Context, s journal.Search) ([]journal.Event, error) {
	return d.store.EventsWhere(ctx, s)
}

// Structure returns one structure, or NotFound.
func (d *Directory) Structure(ctx context.Context, id cloison.StructureID) (Structure, error) {
	return d.store.Structure(ctx, id)
}

// Caller returns the account of a caller. An unknown one is Denied as NotActive.
func (d *Directory) Caller(ctx context.Context, by cloison.Caller) (Account, error) {
	if by.Account == 0 {
		return Account{}, Deny(NotActive)
	}
	a, err := d.store.Account(ctx, by.Account)
	if cloison.KindOf(err) == cloison.NotFound && err != nil {
		return Account{}, Deny(NotActive)
	}
	return a, err
}

// Record appends the line of an act that is durable already. A failure is logged, and does not undo the act.
func (d *Directory) Record(ctx context.Context, e journal.Event) {
	e.At = d.now()
	journal.Record(ctx, d.store, d.log, e)
}
