package watch

import (
	"context"
	"log/slog"
	"sync/atomic"
	"time"

	"cloison"
	"cloison/access/directory"
	"cloison/ledger/journal"
	"cloison/wall/disclose"
)

// Accounts is what the sentence of an alarm reads, and the journal that keeps it. directory.Store has the contracts.
type Accounts interface {
	Account(ctx context.Context, id cloison.AccountID) (directory.Account, error)
	AddEvent(ctx context.Context, e journal.Event) error
}

// Settings of the watch. The zero value of each field means the default in its comment.
type Settings struct {
	Manual bool          // true: a hard alarm is only written into the journal; false: it cuts the lineage at once
	Poll   time.Duration // longest time between two reads without a wake-up, as of another replica's alarms: 1 s
}

// Watch is the stage. Run it once.
type Watch struct {
	store     Store
	container Container
	accounts  Accounts
	settings  Settings
	log       *slog.Logger
	now       func() time.Time

	read    int64            // the last alarm read by this process
	pending []disclose.Alarm // read and not handled yet; oldest first

	hard, soft, cuts, failed atomic.Int64
}

// cursor is the name under which the store keeps our place.
const cursor = "watch.alarms"

// batch is how many alarms are read at a time.
const batch = 100

// New returns a watch. Redundant instances on one store are safe.
func New(store Store, container Container, accounts Accounts, settings Settings, log *slog.Logger,
	now func() time.Time) *Watch {
	if settings.Poll <= 0 {
		settings.Poll = time.Second
	}
	return &Watch{store: store, container: container, accounts: accounts, settings: settings, log: log,
		now: cloison.Clock(now)}
}

// Counts is what this process saw and did since it started, for metrics.
type Counts struct{ Hard, Soft, Cuts, Failed int64 }

// Counts returns a snapshot.
func (w *Watch) Counts() Counts {
	return Counts{w.hard.Load(), w.soft.Load(), w.cuts.Load(), w.failed.Load()}
}

// Since lists at most limit alarms of a structure, or of all for "", at or after a time, newest first.
func (w *Watch) Since(ctx context.Context, structure cloison.StructureID, since time.Time, limit int) ([]disclose.Alarm, error) {
	return w.store.AlarmsSince(ctx, structure, since, limit)
}

// Run follows the alarms until ctx ends, and returns nil then. A send on wake says that an alarm was committed in this
// process; wake may be nil. A store that does not answer is tried again at the next wake-up or poll.
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
				w.log.WarnContext(ctx, "reading the alarm cursor failed", "err", err)
			}
		}
		if started {
			if err := w.pass(ctx); err != nil && ctx.Err() == nil {
				w.log.WarnContext(ctx, "handling alarms failed, retrying", "pending", len(w.pending), "err", err)
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

// pass handles every pending and new alarm, and moves the durable cursor to just before the oldest that is left.
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
			if err := w.handle(ctx, a); err != nil {
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
			// A crash before this line repeats the alarms that were handled above.
			if err := w.store.SetCursor(ctx, cursor, done); err != nil && cloison.KindOf(err) != cloison.Stale {
				return err
			}
		}
		if len(alarms) < batch {
			return first
		}
	}
}

// handle cuts first and writes the journal afterwards: the thief does not wait.
func (w *Watch) handle(ctx context.Context, a disclose.Alarm) error {
	hard := a.Level == "hard"
	cut := hard && !w.settings.Manual
	before, err := w.accounts.Account(ctx, a.Account)
	if err != nil {
		before = directory.Account{ID: a.Account} // the sentence says less; the cut does not wait for it
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
	return w.accounts.AddEvent(ctx, journal.Event{At: w.now(), Code: "alarm." + a.Level, Account: a.Account,
		Detail: s.Detail()})
}
