package retention

import (
	"context"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"strconv"
	"sync/atomic"
	"time"

	"golang.org/x/mod/sumdb/note"

	"cloison"
	"cloison/internal/durable"
	"cloison/ledger"
	"cloison/ledger/journal"
	"cloison/ledger/seal"
)

// MonthsKept is how long rows are kept when nobody says otherwise.
const MonthsKept = 12

const (
	every    = time.Hour           // between two passes; rows go once a day at most
	grace    = 7 * 24 * time.Hour  // a lifted hold still holds
	stride   = 31 * 24 * time.Hour // the most that one day drops, in time of rows
	daily    = 23 * time.Hour      // between two drops: an hour of slack for a pass that comes a little early
	lockFile = "retention.lock"
)

// Keeper is the stage. Its methods may be called from many goroutines, in many processes on one store and one log.
type Keeper struct {
	store  Store
	dir    string
	key    seal.Key
	months int
	log    *slog.Logger
	now    func() time.Time

	dropped, failures, oldest, held atomic.Int64
}

// New returns the stage on that store and on the log in dir, whose key signs its statements; rows are kept for that
// number of months, 0: MonthsKept. It touches neither before Run.
func New(store Store, dir string, key seal.Key, months int, log *slog.Logger, now func() time.Time) *Keeper {
	if months <= 0 {
		months = MonthsKept
	}
	return &Keeper{store: store, dir: dir, key: key, months: months, log: log, now: cloison.Clock(now)}
}

// Months is how long rows are kept.
func (k *Keeper) Months() int { return k.months }

// Figures are what this process knows, for metrics.
type Figures struct {
	Dropped  int64 // rows, by this process
	Failures int64 // passes that failed
	Oldest   int64 // the oldest row's time at the last pass, in Unix seconds; 0: there is none
	Held     int64 // 1: the last pass kept a row that has reached its end
}

// Figures returns a snapshot.
func (k *Keeper) Figures() Figures {
	return Figures{Dropped: k.dropped.Load(), Failures: k.failures.Load(), Oldest: k.oldest.Load(), Held: k.held.Load()}
}

// Run makes a pass at once and then every hour, until ctx ends. A pass that fails is logged; the next one
// tries again.
func (k *Keeper) Run(ctx context.Context) error {
	tick := time.NewTicker(every)
	defer tick.Stop()
	for {
		if _, err := k.Pass(ctx); err != nil && ctx.Err() == nil {
			k.failures.Add(1)
			k.log.ErrorContext(ctx, "retention pass failed, retrying at the next", "err", err)
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-tick.C:
		}
	}
}

// Passed is what one pass did, or why it did nothing.
type Passed struct {
	Dropped int64 // rows
	Why     SkipReason
}

// SkipReason is why a pass dropped nothing, or less than was due.
type SkipReason string

const (
	Nothing   SkipReason = "nothing"   // no row has reached its end
	Held      SkipReason = "held"      // a hold, or a cut that may need the rows
	Elsewhere SkipReason = "elsewhere" // another replica drops, or there is no log yet
	Today     SkipReason = "today"     // this day's rows went already
	Doubtful  SkipReason = "doubtful"  // nobody signed in within a day: the clock may be wrong
)

// Pass drops the rows that have reached their end. It is idempotent, and first finishes what a crash interrupted.
func (k *Keeper) Pass(ctx context.Context) (p Passed, err error) {
	unlock, err := durable.Lock(filepath.Join(k.dir, lockFile))
	switch {
	case os.IsNotExist(err), cloison.KindOf(err) == cloison.Conflict:
		return Passed{Why: Elsewhere}, nil
	case err != nil:
		return p, cloison.Errorf(cloison.Unavailable, "locking the log for retention: %w", err)
	}
	defer unlock()
	d, oldest, why, err := k.due(ctx)
	if err != nil || d.Before.IsZero() {
		return Passed{Why: why}, err
	}
	if d.Last >= oldest && oldest > 0 {
		p.Dropped = d.Last - oldest + 1
	}
	p.Why = why
	for more := true; more; {
		if more, err = k.store.Drop(ctx, d); err != nil {
			return Passed{Why: why}, err
		}
	}
	k.dropped.Add(p.Dropped)
	return p, nil
}

// due finds what may go, and announces it in the journal and the log. oldest is the oldest row's number. A zero Before
// means that nothing goes.
func (k *Keeper) due(ctx context.Context) (d Drop, oldest int64, why SkipReason, err error) {
	key, err := k.key.Verifier()
	if err != nil {
		return d, 0, "", err
	}
	log, now := os.DirFS(k.dir), k.now()
	said, err := ledger.Retained(log, key)
	if err != nil {
		return d, 0, "", err
	}
	rows, err := k.store.Rows(ctx, 0, 1)
	if err != nil {
		return d, 0, "", err
	}
	end := now.AddDate(0, -k.months, 0)
	before := end
	if len(rows) > 0 {
		oldest = rows[0].Seq
		k.oldest.Store(rows[0].At.Unix())
		if limit := rows[0].At.Add(stride); limit.Before(before) {
			before = limit
		}
	} else {
		k.oldest.Store(0)
	}
	q := Question{LiftedAfter: now.Add(-grace), CutAfter: end}
	need, err := k.store.Needs(ctx, q)
	if err != nil {
		return d, oldest, "", err
	}
	if oldest > 0 && oldest < said.From { // announced before a crash, not dropped yet
		k.noteHeld(need.Keeps(said.Before))
		if need.Keeps(said.Before) {
			return d, oldest, Held, nil
		}
		return Drop{Last: said.From - 1, Before: said.Before, Question: q}, oldest, "", nil
	}
	if need.Hold || need.Cut && need.Since.Before(before) {
		why, before = Held, need.Since
	}
	k.noteHeld(why == Held && oldest > 0 && rows[0].At.Before(end))
	if need.Hold || before.IsZero() {
		return d, oldest, Held, nil
	}
	if since := now.Sub(said.At); since >= 0 && since < daily {
		if !need.Keeps(said.Before) { // a crash may have left refused requests of that time
			d = Drop{Last: said.From - 1, Before: said.Before, Question: q}
		}
		return d, oldest, Today, nil
	}
	signedIn, err := k.store.AnybodySignedIn(ctx, now.Add(-24*time.Hour), now.Add(time.Minute))
	if err != nil || !signedIn {
		return d, oldest, Doubtful, err
	}
	d = Drop{Before: before, Question: q}
	if d.Last, err = k.store.Expired(ctx, before); err != nil || oldest == 0 || d.Last < oldest {
		d.Last = max(said.From-1, 0) // a crash may have left refused requests of that time
		if why == "" {
			why = Nothing
		}
		return d, oldest, why, err
	}
	if err := seal.Compare(ctx, k.store, log, key, oldest-1, d.Last); err != nil {
		return Drop{}, oldest, "", err
	}
	return d, oldest, why, k.announce(ctx, d, oldest, now)
}

func (k *Keeper) noteHeld(held bool) {
	n := int64(0)
	if held {
		n = 1
	}
	k.held.Store(n)
}

// announce writes into the journal, then signs into the log, which rows go.
func (k *Keeper) announce(ctx context.Context, d Drop, oldest int64, now time.Time) error {
	err := k.store.AddEvent(ctx, journal.Event{At: now, Code: "ledger.dropped", Detail: map[string]string{
		"first": strconv.FormatInt(oldest, 10), "last": strconv.FormatInt(d.Last, 10), "before": d.Before.UTC().Format(time.RFC3339)}})
	if err != nil {
		return err
	}
	said := ledger.Retention{Origin: k.key.Signer.Name(), From: d.Last + 1, Before: d.Before, At: now}
	signed, err := note.Sign(&note.Note{Text: said.String()}, k.key.Signer)
	if err != nil {
		return cloison.Errorf(cloison.Internal, "signing the statement of retention: %w", err)
	}
	if err := durable.WriteFile(filepath.Join(k.dir, ledger.RetentionFile), signed, fs.FileMode(0o644)); err != nil {
		return cloison.Errorf(cloison.Unavailable, "publishing the statement of retention: %w", err)
	}
	k.log.InfoContext(ctx, "dropping rows at the end of their retention", "first", oldest, "last", d.Last, "before", d.Before)
	return nil
}
