package exposure

import (
	"context"
	"math"
	"runtime"
	"slices"
	"strings"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"

	"cloison"
)

// FromLedger draws the roll of the query's accounts from the ledger. It reads up to one slice of time per core at once,
// so that one account with most of the rows does not wait for a single core, and needs memory for the persons found
// alone.
//
// Rows that are committed after the call began may be missing. An account that the ledger does not know has no rows.
// Errors are cloison.Invalid when the query is not what it should be, otherwise the store's.
func FromLedger(ctx context.Context, store Store, q Query) (*Roll, error) {
	accounts, err := q.check()
	if err != nil {
		return nil, err
	}
	r := &Roll{table: newTable(), accounts: accounts, fields: cloison.FieldNames()}
	g := &gatherer{store: store, table: r.table}
	group, running := errgroup.WithContext(ctx)
	group.SetLimit(runtime.GOMAXPROCS(0))
	// Enough slices that the last ones to end do not leave cores idle.
	windows := max(1, 8*runtime.GOMAXPROCS(0)/len(accounts))
	for i, text := range accounts {
		id, err := cloison.ParseAccountID(text)
		if err != nil {
			return nil, err
		}
		first, last, err := store.Span(ctx, id, q.Since, q.Until)
		if err != nil {
			return nil, err
		}
		if first.IsZero() {
			continue
		}
		for _, w := range split(first, last, windows) {
			group.Go(func() error { return g.read(running, uint16(i), id, w) })
		}
	}
	if err := group.Wait(); err != nil {
		return nil, err
	}
	coverage, err := store.Coverage(ctx, q.Since, q.Until)
	if err != nil {
		return nil, err
	}
	r.hows = g.kinds
	r.count(q.Universe)
	r.Gaps = gaps(coverage, q, r.Last)
	r.classify(0, q.Universe)
	return r, nil
}

// window is a half-open stretch of time.
type window struct{ since, until time.Time }

// split divides the time from first to last, both included, into at most n windows of whole milliseconds.
func split(first, last time.Time, n int) []window {
	from, to := first.UnixMilli(), last.UnixMilli()+1
	step := max(1, (to-from+int64(n)-1)/int64(n))
	var windows []window
	for ; from < to; from += step {
		windows = append(windows, window{time.UnixMilli(from), time.UnixMilli(min(from+step, to))})
	}
	return windows
}

// gatherer adds the rows of all slices to the table.
type gatherer struct {
	store Store
	table *table

	mu    sync.Mutex
	kinds []string // of explanations, by bit
}

const maxKinds = 16 // bits of entry.hows; the last stands for all kinds beyond

// read adds the rows of one account in one window.
func (g *gatherer) read(ctx context.Context, account uint16, id cloison.AccountID, w window) error {
	known := map[string]uint16{}
	return g.store.Disclosures(ctx, id, w.since, w.until, func(d Disclosed) error {
		kind, _, _ := strings.Cut(d.Explanation, ":")
		how, ok := known[kind]
		if !ok {
			how = g.bit(kind)
			known[kind] = how
		}
		if len(d.Person) > maxPerson {
			return cloison.Errorf(cloison.Internal, "drawing the roll: a row has a person of %d bytes", len(d.Person))
		}
		const most = math.MaxInt64 / int64(time.Millisecond)
		at := min(max(d.At, -most), most) * int64(time.Millisecond)
		s := sighting{account: account, fields: uint64(d.Fields), hows: how, at: at, timed: true}
		g.table.add([]byte(d.Person), s)
		return nil
	})
}

// bit returns the bit of a kind of explanation.
func (g *gatherer) bit(kind string) uint16 {
	if kind == "" {
		return 0
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	if i := slices.Index(g.kinds, kind); i >= 0 {
		return 1 << i
	}
	if len(g.kinds) == maxKinds-1 {
		kind = "other"
	}
	if len(g.kinds) < maxKinds {
		g.kinds = append(g.kinds, strings.Clone(kind))
	}
	return 1 << (len(g.kinds) - 1)
}

// gaps names what the ledger cannot vouch for in the window of the query. Last is the time of the last row of the roll.
func gaps(c Coverage, q Query, last time.Time) []Gap {
	g := &gapList{since: q.Since, until: q.Until}
	switch {
	case c.Opened.IsZero():
		g.add(BeforeLedger, q.Since, q.Until)
	case !q.Since.IsZero() && q.Since.Before(c.Opened):
		g.add(BeforeLedger, q.Since, c.Opened)
	}
	if !c.Kept.IsZero() {
		g.add(Retention, time.Time{}, c.Kept)
	}
	switch unverified := !q.Until.IsZero() && q.Until.After(q.Verified); {
	case q.Verified.IsZero():
		g.add(Unverified, q.Since, q.Until)
	case unverified, q.Until.IsZero() && !last.Before(q.Verified):
		g.add(Unverified, q.Verified, q.Until)
	}
	if !c.Opened.IsZero() && !last.Before(c.Sealed) { // also when nothing is sealed
		g.add(Unsealed, c.Sealed, time.Time{})
	}
	for _, d := range c.Doubts {
		g.add(d.Kind, d.From, d.To)
	}
	return g.gaps
}

// gapList keeps the parts of gaps that lie within a window.
type gapList struct {
	since, until time.Time
	gaps         []Gap
}

func (g *gapList) add(kind GapKind, from, to time.Time) {
	if from.Before(g.since) {
		from = g.since
	}
	if to.IsZero() || !g.until.IsZero() && g.until.Before(to) {
		to = g.until
	}
	if to.IsZero() || from.Before(to) {
		g.gaps = append(g.gaps, Gap{Kind: kind, From: from.UTC(), To: to.UTC()})
	}
}
