package watch

import (
	"context"
	"log/slog"
	"sync/atomic"
	"time"

	"cloison"
	"cloison/access/directory"
	"cloison/wall/disclose"
)

// Accounts is what the sentence of an alarm reads, and the journal that it is told in. directory.Store has the
// contracts.
type Accounts interface {
	Account(ctx context.Context, id cloison.AccountID) (directory.Account, error)
	AddEvent(ctx context.Context, e directory.Event) error
}

// Settings of the watch. The zero value of each field means the default in its comment.
type Settings struct {
	Manual bool          // true: a hard alarm is told and cuts nothing; false: it cuts the lineage at once
	Poll   time.Duration // how often to look when nobody wakes us, as on another replica: 1 s
}

// Watch is the follower of alarms.
type Watch struct {
	store     Store
	container Container
	accounts  Accounts
	settings  Settings
	log       *slog.Logger
	now       func() time.Time

	read    int64            // the last alarm read by this process
	pending []disclose.Alarm // read, and not dealt with yet; oldest first

	hard, soft, cuts, failed atomic.Int64
}

// cursor is the name under which the store keeps our place.
const cursor = "watch.alarms"

// batch is how many alarms are read at a time.
const batch = 100

// New returns a watch. A second one on the same store does no harm, and no good.
func New(store Store, container Container, accounts Accounts, settings Settings, log *slog.Logger,
	now func() time.Time) *Watch {
	if settings.Poll <= 0 {
		settings.Poll = time.Second
	}
	return &Watch{store: store, container: container, accounts: accounts, settings: settings, log: log,
		now: cloison.Clock(now)}
}

// Counts is what this process has seen and done since it started, for metrics.
type Counts struct{ Hard, Soft, Cuts, Failed int64 }

// Counts returns a snapshot.
func (w *Watch) Counts() Counts {
	return Counts{w.hard.Load(), w.soft.Load(), w.cuts.Load(), w.failed.Load()}
}

// Run follows the alarms until ctx ends, and returns nil then. wake tells it that an alarm was committed in this
// process; it may be nil. A store that does not answer is tried again at the next wake or poll.
func (w *Watch) Run(ctx context.Context, wake <-chan struct{}) error {
	tick := time.NewTicker(w.settings.Poll)
	defer tick.Stop()
	started := false
	for {
		if !started {
			at, err := w.store.Cursor(ctx, cursor)
			if started = err == nil; started {
				w.read = at
			} else if ctx.Err() == nil {
				w.log.WarnContext(ctx, "the watch cannot read its place", "err", err)
			}
		}
		if started {
			if err := w.pass(ctx); err != nil && ctx.Err() == nil {
				w.log.WarnContext(ctx, "the watch will try again", "pending", len(w.pending), "err", err)
			}
		}
		select {
		case <-ctx.Done():
			return nil
		case <-wake:
		case <-tick.C:
		}
	}
}

// pass deals with everything that is pending or new, and moves the durable place to just before the oldest that is
// left.
func (w *Watch) pass(ctx context.Context) error {
	var first error
	for {
		alarms, err := w.store.Alarms(ctx, w.read, batch)
		if err != nil {
			return err
		}
		todo := append(w.pending, alarms...)
		w.pending = nil
		for _, a := range todo {
			if err := w.deal(ctx, a); err != nil {
				w.failed.Add(1)
				w.pending = append(w.pending, a)
				if first == nil {
					first = err
				}
			}
		}
		if len(alarms) > 0 {
			w.read = alarms[len(alarms)-1].ID
		}
		done := w.read
		if len(w.pending) > 0 {
			done = w.pending[0].ID - 1
		}
		if len(todo) > 0 && done > 0 {
			// A crash before this line repeats what was dealt with above.
			if err := w.store.SetCursor(ctx, cursor, done); err != nil && cloison.KindOf(err) != cloison.Stale {
				return err
			}
		}
		if len(alarms) < batch {
			return first
		}
	}
}

// deal cuts first and tells afterwards: the journal can wait, the thief does not.
func (w *Watch) deal(ctx context.Context, a disclose.Alarm) error {
	hard := a.Level == "hard"
	cut := hard && !w.settings.Manual
	before, err := w.accounts.Account(ctx, a.Account)
	if err != nil {
		before = directory.Account{ID: a.Account} // the sentence is poorer; the cut does not wait for it
	}
	if cut {
		if err := w.container.CutFor(ctx, a.Account, a); err != nil {
			return err
		}
		w.cuts.Add(1)
	}
	if hard {
		w.hard.Add(1)
	} else {
		w.soft.Add(1)
	}
	s := Explain(a, before)
	s.Cut = cut
	return w.accounts.AddEvent(ctx, directory.Event{At: w.now(), Code: "alarm." + a.Level, Account: a.Account,
		Detail: s.Detail()})
}
