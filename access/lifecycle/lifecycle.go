package lifecycle

import (
	"context"
	"log/slog"
	"time"

	"cloison"
	"cloison/access/directory"
	"cloison/ledger/journal"
)

// Reasons of a suspension by a sweep; codes of the message catalogue.
const (
	Dormant    = "dormant"
	Unreviewed = "review"
)

// Lifecycle is the stage. Its methods may be called from many goroutines, in many processes on one store.
type Lifecycle struct {
	store    Store
	settings Settings
	log      *slog.Logger
	now      func() time.Time
	zone     *time.Location
}

// Settings of the stage. The zero value of each field means the default in its comment.
type Settings struct {
	DormantAfter time.Duration // unused for so long: 90 days
	ReviewMonths int           // between the openings of two reviews of a structure: 6
	ReviewDays   int           // to answer: 30
	ReminderDays int           // before the day: 7
	Every        time.Duration // between two sweeps: 1 hour
	MedianFloor  int           // a median day may rise to this at once: 100, a third of the structure's floor
}

// Effective returns the settings in force: defaults in place of zero values.
func (s Settings) Effective() Settings {
	cloison.Default(&s.DormantAfter, directory.DormantAfter)
	cloison.Default(&s.Every, time.Hour)
	cloison.Default(&s.ReviewMonths, 6)
	cloison.Default(&s.ReviewDays, 30)
	cloison.Default(&s.ReminderDays, 7)
	cloison.Default(&s.MedianFloor, 100)
	return s
}

// Settings are those that hold.
func (lc *Lifecycle) Settings() Settings { return lc.settings }

// New returns the stage on that store. Days begin in the zone.
func New(store Store, settings Settings, zone *time.Location, log *slog.Logger, now func() time.Time) *Lifecycle {
	return &Lifecycle{store: store, settings: settings.Effective(), log: log, zone: zone,
		now: cloison.Clock(now)}
}

// Run sweeps until ctx ends. A sweep that fails is logged, and the next one continues it.
func (lc *Lifecycle) Run(ctx context.Context) error {
	tick := time.NewTicker(lc.settings.Every)
	defer tick.Stop()
	for {
		if _, err := lc.Sweep(ctx); err != nil && ctx.Err() == nil {
			lc.log.WarnContext(ctx, "a sweep of the accounts failed: the next one continues it", "err", err)
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-tick.C:
		}
	}
}

// Swept is what a sweep did.
type Swept struct {
	Doubtful bool // the clock jumped, or nobody swept or signed in for a day: no account was ended
	Dormant  int  // accounts suspended as unused
	Lapsed   int  // accounts suspended as not confirmed
	Opened   int  // reviews
	Closed   int
}

// longestGap is the longest time between two sweeps before the clock is in doubt.
const longestGap = 24 * time.Hour

// Sweep does all that is due. It is idempotent.
//
// A clock that is a year ahead would end every account. So a sweep ends nothing when the sweep before it noted a time
// more than a day away, or ahead, nor while nobody has signed in for a day by its clock. The next sweep does, if its
// clock agrees with this one's and with the provider's.
func (lc *Lifecycle) Sweep(ctx context.Context) (s Swept, err error) {
	now := lc.now()
	before, err := lc.store.Pass(ctx, now)
	if err != nil {
		return s, err
	}
	if gap := now.Sub(before); before.IsZero() || gap < 0 || gap > longestGap {
		lc.log.InfoContext(ctx, "the last sweep of the accounts is more than a day away: this one ends nothing, the next one may",
			"before", before, "now", now)
		s.Doubtful = true
		return s, nil
	}
	// The provider dates its tokens, and a sign-in is refused when our clock differs from it by a minute. So a recent
	// sign-in proves the clock. Over a weekend nothing is ended.
	switch signedIn, err := lc.store.AnybodySignedIn(ctx, now.Add(-longestGap), now.Add(time.Minute)); {
	case err != nil:
		return s, err
	case !signedIn:
		lc.log.InfoContext(ctx, "nobody signed in for a day: this sweep of the accounts ends nothing, as its clock may be wrong", "now", now)
		s.Doubtful = true
		return s, nil
	}
	if s.Dormant, err = lc.endIdle(ctx, now); err != nil {
		return s, err
	}
	if err := lc.merge(ctx, now); err != nil {
		return s, err
	}
	if err := lc.review(ctx, now, &s); err != nil {
		return s, err
	}
	return s, lc.measure(ctx, now)
}

// batch is how many accounts one transaction ends: during it nothing is disclosed.
const batch = 200

// endIdle suspends the unused accounts.
func (lc *Lifecycle) endIdle(ctx context.Context, now time.Time) (ended int, err error) {
	var after cloison.AccountID
	for {
		page, err := lc.store.Idle(ctx, now.Add(-lc.settings.DormantAfter), after, batch)
		if err != nil || len(page) == 0 {
			return ended, err
		}
		after = page[len(page)-1].ID
		var endings []Ending
		for _, a := range page {
			if !a.Roles.Machine() && a.Dormant(now, lc.settings.DormantAfter) {
				endings = append(endings, suspended(a, now, Dormant, 0))
			}
		}
		n, err := lc.store.End(ctx, 0, endings)
		if ended += n; err != nil {
			return ended, err
		}
	}
}

// Ending is an account as it becomes, and the journal's line.
type Ending struct {
	Account directory.Account
	Event   journal.Event
}

// suspended is the account as the system suspends it.
func suspended(a directory.Account, now time.Time, reason string, act cloison.ActID) Ending {
	a.State, a.SuspendedAt, a.SuspendedBy, a.Reason = directory.Suspended, now, 0, reason
	return Ending{a, journal.Event{At: now, Code: "account.suspended", Account: a.ID, Act: act,
		Detail: map[string]string{"reason": reason, "structure": string(a.Structure)}}}
}
