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

// Tenure is the stage. Its methods may be called from many goroutines, in many processes on one store.
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
	MedianFloor  int           // a median day up to this may be reached at once: 100, a third of the structure's floor
}

// Effective is the settings that hold: defaults in place of zero values.
func (s Settings) Effective() Settings { return s.withDefaults() }

func (s Settings) withDefaults() Settings {
	orElse := func(v *int, otherwise int) {
		if *v <= 0 {
			*v = otherwise
		}
	}
	if s.DormantAfter <= 0 {
		s.DormantAfter = directory.DormantAfter
	}
	if s.Every <= 0 {
		s.Every = time.Hour
	}
	orElse(&s.ReviewMonths, 6)
	orElse(&s.ReviewDays, 30)
	orElse(&s.ReminderDays, 7)
	orElse(&s.MedianFloor, 100)
	return s
}

// Settings are those that hold.
func (lc *Lifecycle) Settings() Settings { return lc.settings }

// New returns the stage on that store. Days begin in the zone.
func New(store Store, settings Settings, zone *time.Location, log *slog.Logger, now func() time.Time) *Lifecycle {
	return &Lifecycle{store: store, settings: settings.withDefaults(), log: log, zone: zone,
		now: cloison.Clock(now)}
}

// Run sweeps now and then until ctx ends. A sweep that fails is told and tried again by the next.
func (lc *Lifecycle) Run(ctx context.Context) error {
	tick := time.NewTicker(lc.settings.Every)
	defer tick.Stop()
	for {
		if _, err := lc.Sweep(ctx); err != nil && ctx.Err() == nil {
			lc.log.WarnContext(ctx, "a sweep of the accounts was not finished: the next one goes on", "err", err)
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
	Doubtful bool // the clock has jumped, or nobody swept or signed in for long: nothing was ended
	Dormant  int  // accounts suspended because nobody used them
	Lapsed   int  // accounts suspended because nobody confirmed them
	Opened   int  // reviews
	Closed   int
}

// longestGap is how far two sweeps may lie apart before the clock is doubted.
const longestGap = 24 * time.Hour

// Sweep does all that is due. It is idempotent: what it did is not due any more.
//
// A clock that stands a year ahead would end every account. So a sweep ends nothing when the sweep before it noted a
// time more than a day away, or ahead, nor while nobody has signed in for a day by its clock. The next one, if its
// clock agrees with this one's and with the provider's, does.
func (lc *Lifecycle) Sweep(ctx context.Context) (s Swept, err error) {
	now := lc.now()
	before, err := lc.store.Pass(ctx, now)
	if err != nil {
		return s, err
	}
	if gap := now.Sub(before); before.IsZero() || gap < 0 || gap > longestGap {
		lc.log.InfoContext(ctx, "the last sweep of the accounts lies far off: this one ends nothing, the next one may",
			"before", before, "now", now)
		s.Doubtful = true
		return s, nil
	}
	// Whoever signs in brings tokens that the provider has dated, and that are refused when our clock is a minute off:
	// behind a clock that is wrong, nobody comes in. So a sweep works when somebody has come in lately; over a weekend
	// it rests.
	switch told, err := lc.store.AnybodySignedIn(ctx, now.Add(-longestGap), now.Add(time.Minute)); {
	case err != nil:
		return s, err
	case !told:
		lc.log.InfoContext(ctx, "nobody has signed in for a day: this sweep of the accounts ends nothing, as its clock may be wrong", "now", now)
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

// batch is how many accounts one transaction ends: while it lasts, nothing is disclosed.
const batch = 200

// endIdle suspends the accounts that nobody uses.
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

// suspended is the account as the system suspends it.
func suspended(a directory.Account, now time.Time, reason string, act cloison.ActID) Ending {
	a.State, a.SuspendedAt, a.SuspendedBy, a.Reason = directory.Suspended, now, 0, reason
	return Ending{a, journal.Event{At: now, Code: "account.suspended", Account: a.ID, Act: act,
		Detail: map[string]string{"reason": reason, "structure": string(a.Structure)}}}
}
