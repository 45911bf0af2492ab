package contain

import (
	"context"
	"log/slog"
	"sync/atomic"
	"time"

	"cloison"
	"cloison/access/approval"
	"cloison/access/directory"
	"cloison/access/signin"
	"cloison/ledger/journal"
)

// Facts is what a plan reads beside the lineage, and the journal. The errors are those of directory.Store and
// signin.Store, which hold the contracts.
type Facts interface {
	Account(ctx context.Context, id cloison.AccountID) (directory.Account, error)
	Proposals(ctx context.Context, structure cloison.StructureID) ([]approval.Proposal, error)
	SessionsOf(ctx context.Context, account cloison.AccountID) ([]signin.Session, error)
	AddEvent(ctx context.Context, e journal.Event) error
}

// Settings of containment. The zero value of each field means the default in its comment.
type Settings struct {
	// Lookback is how far before an alarm the presumed compromise lies when nobody named it: 21 days, and never after
	// the creation of a fresh account, so that its maker stays in reach.
	Lookback time.Duration
}

// Container is the stage. Its methods may be called from many goroutines, in many processes on one store.
type Container struct {
	store    Store
	facts    Facts
	settings Settings
	log      *slog.Logger
	now      func() time.Time

	cuts, accounts, sessions, stale, failed, lastMillis atomic.Int64
}

// New returns a container on that store. now gives the time of every cut.
func New(store Store, facts Facts, settings Settings, log *slog.Logger, now func() time.Time) *Container {
	if settings.Lookback <= 0 {
		settings.Lookback = 21 * 24 * time.Hour
	}
	return &Container{store: store, facts: facts, settings: settings, log: log,
		now: cloison.Clock(now)}
}

// Counts is what this process did since it started, for metrics.
type Counts struct {
	Cuts, Accounts, Sessions int64 // committed cuts, and what they ended
	Stale                    int64 // plans made again because the fence moved meanwhile
	Failed                   int64 // cuts that did not commit
	LastMillis               int64 // of the last cut, from the call or the alarm to its commit
}

// Counts returns a snapshot.
func (c *Container) Counts() Counts {
	return Counts{Cuts: c.cuts.Load(), Accounts: c.accounts.Load(), Sessions: c.sessions.Load(), Stale: c.stale.Load(),
		Failed: c.failed.Load(), LastMillis: c.lastMillis.Load()}
}

// Cuts lists them, newest first.
func (c *Container) Cuts(ctx context.Context) ([]Cut, error) { return c.store.Cuts(ctx) }

// record appends to the journal after the act, which is durable already.
func (c *Container) record(ctx context.Context, e journal.Event) {
	e.At = c.now()
	journal.Record(ctx, c.facts, c.log, e)
}
