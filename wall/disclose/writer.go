package disclose

import (
	"context"
	"maps"
	jitter "math/rand/v2"
	"runtime"
	"slices"
	"time"

	"cloison"
)

// queued is one request in the writer's queue.
type queued struct {
	ctx     context.Context
	request *Request
	facts   *facts     // under the gate's fence; set by the writer
	counted countedSet // likewise
	answer  Answer
	err     error
	done    chan struct{}
}

// Run is the writer: it settles group after group until ctx ends; requests that still wait then fail as Unavailable.
// Call it once per Discloser. Several processes may each run a writer on the same store.
func (d *Discloser) Run(ctx context.Context) error {
	defer close(d.stopped)
	group := make([]*queued, 0, maxGroup)
	for {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case w := <-d.queue:
			group = d.drain(append(group[:0], w))
		}
		d.settle(ctx, group)
		for _, w := range group {
			close(w.done)
		}
	}
}

// drain adds the requests that wait, and waits for none. It first yields the processor to the requests that are about
// to be queued, as long as each turn brings one: on busy cores more of them then share the cost of a commit.
func (d *Discloser) drain(group []*queued) []*queued {
	rows := len(group[0].request.Persons)
	for {
		runtime.Gosched()
		before := len(group)
		for len(d.queue) > 0 && len(group) < maxGroup && rows < maxGroupRows {
			w := <-d.queue // the writer alone receives: this does not block
			group = append(group, w)
			rows += len(w.request.Persons)
		}
		if len(group) == before || len(group) >= maxGroup || rows >= maxGroupRows {
			return group
		}
	}
}

// settle decides a group and commits it, again while a commit is stale. Every request of the group then has its answer
// or its error.
//
// A commit detects outdated counters. A group that shows nobody commits nothing, so its refusals could rest on outdated
// counters (a passkey used on another replica renews a lease): the counters are read again before they withhold.
func (d *Discloser) settle(ctx context.Context, group []*queued) {
	reread := false
	for try := range maxTries {
		if try > 1 { // another replica moves the same counters: let one of them go first
			time.Sleep(jitter.N(time.Millisecond << min(try, 7)))
		}
		dr, err := d.draft(ctx, group)
		if err == nil {
			err = d.commit(ctx, dr)
		}
		switch {
		case err == nil && !reread && dr.withheld && dr.idle():
			reread = true
			d.state.forget(group)
		case err == nil:
			return
		case cloison.KindOf(err) == cloison.Stale:
			d.counts.stale.Add(1)
			d.state.forget(group)
		default:
			d.state.forget(group)
			d.Log.ErrorContext(ctx, "committing disclosures failed", "kind", cloison.KindOf(err).String(), "err", err)
			fail(group, err)
			return
		}
	}
	fail(group, cloison.Errorf(cloison.Unavailable, "commit: the ledger is contended, %d attempts were stale; try again later", maxTries))
}

func fail(group []*queued, err error) {
	for _, w := range group {
		w.answer, w.err = Answer{}, err
	}
}

// commit makes the draft durable. A crash before Store.Commit returns leaves no rows, or rows of persons who were not
// shown. A crash after it leaves rows whose answer may have left. There is no third case.
func (d *Discloser) commit(ctx context.Context, dr *draft) error {
	c := &dr.commit
	if dr.idle() {
		return nil
	}
	c.Counters = slices.Collect(maps.Values(dr.counters))
	first, err := d.Store.Commit(context.WithoutCancel(ctx), *c)
	if err != nil {
		return err
	}
	k := d.state
	for s, counter := range dr.counters {
		counter.Version++
		k.counters[s] = counter
	}
	k.gate.LastAt, k.gate.NextSeq = dr.at, first+int64(len(c.Rows))
	for m := range dr.shown {
		mark(k.day(m.account, dr.day).shown, m.tool, m.person)
	}
	for m := range dr.refused {
		mark(k.day(m.account, dr.day).refused, m.tool, m.person)
	}
	d.counts.rows.Add(int64(len(c.Rows)))
	d.counts.commits.Add(1)
	d.counts.refusals.Add(int64(len(c.Refusals)))
	d.Committed(len(c.Alarms))
	return nil
}

// enqueue gives the request to the writer and waits for its answer. When ctx ends first, the rows may be committed all
// the same: they then list a disclosure that did not happen.
func (d *Discloser) enqueue(ctx context.Context, r *Request) (Answer, error) {
	w := &queued{ctx: ctx, request: r, done: make(chan struct{})}
	select {
	case d.queue <- w:
	case <-ctx.Done():
		return Answer{}, cloison.Errorf(cloison.Unavailable, "queue request: the ledger is busy; try again later: %w", ctx.Err())
	case <-d.stopped:
		return Answer{}, errStopped()
	}
	select {
	case <-w.done:
		return w.answer, w.err
	case <-ctx.Done():
		return Answer{}, cloison.Errorf(cloison.Unavailable, "wait for the commit: the ledger is slow; try again later: %w", ctx.Err())
	case <-d.stopped:
		return Answer{}, errStopped()
	}
}

func errStopped() error {
	return cloison.Errorf(cloison.Unavailable, "disclose: the writer is not running; start it again")
}

const (
	maxGroup     = 256             // requests in one commit
	maxGroupRows = 4096            // rows in one commit, but for the last request's own
	maxTries     = 8               // decisions of one group before it fails as contended
	clockBack    = 5 * time.Second // how far the clock may be behind the ledger's last commit
)
