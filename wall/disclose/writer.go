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

// waiting is one request in the writer's queue.
type queued struct {
	ctx     context.Context
	request *Request
	facts   *facts // under the gate's fence; the writer's, as are the subjects
	counted countedSet
	answer  Answer
	err     error
	done    chan struct{}
}

// Run is the writer: it settles group after group until ctx ends, then answers those who still wait with Unavailable.
// Exactly one Run per Discloser; several processes may each have one on the same store.
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

// drain adds whoever waits, without waiting for anybody. While cores are busy it lets in first those who are about to
// ask, as long as each turn brings somebody: what a commit costs is then shared by more of them, at the moment when it
// matters.
func (d *Discloser) drain(group []*queued) []*queued {
	rows := len(group[0].request.Persons)
	for {
		runtime.Gosched()
		before := len(group)
		for len(d.queue) > 0 && len(group) < maxGroup && rows < maxGroupRows {
			w := <-d.queue // nobody else takes from the queue
			group = append(group, w)
			rows += len(w.request.Persons)
		}
		if len(group) == before || len(group) >= maxGroup || rows >= maxGroupRows {
			return group
		}
	}
}

// settle decides a group and commits it, again and again while the facts change under it. Every waiting request has its
// answer or its error afterwards.
//
// A commit finds out what the desk remembers wrongly. A list that shows nobody commits nothing: before counters
// withhold it, as before a passkey was shown, they are read.
func (d *Discloser) settle(ctx context.Context, group []*queued) {
	doubt := true
	for try := range maxTries {
		if try > 1 { // another replica is at the same counters: let one of us go first
			time.Sleep(jitter.N(time.Millisecond << min(try, 7)))
		}
		dr, err := d.draft(ctx, group)
		if err == nil {
			err = d.commit(ctx, dr)
		}
		switch {
		case err == nil && doubt && dr.withheld && dr.idle():
			doubt = false
			d.state.forget(group)
		case err == nil:
			return
		case cloison.KindOf(err) == cloison.Stale:
			d.counts.stale.Add(1)
			d.state.forget(group)
		default:
			d.state.forget(group)
			d.Log.ErrorContext(ctx, "the ledger did not record: nothing is disclosed", "kind", cloison.KindOf(err).String(), "err", err)
			fail(group, err)
			return
		}
	}
	fail(group, cloison.Errorf(cloison.Unavailable, "the ledger is too contended: %d decisions were overtaken", maxTries))
}

func fail(group []*queued, err error) {
	for _, w := range group {
		w.answer, w.err = Answer{}, err
	}
}

// commit makes the draft durable. A crash before Store.Commit returns leaves rows that nobody was shown, or none; a
// crash after it leaves rows whose answer may have left. There is no third case.
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

// enqueue hands the request to the writer and waits for its answer. A caller who leaves early leaves the answer unread:
// its rows may be committed, and then list a disclosure that did not happen.
func (d *Discloser) enqueue(ctx context.Context, r *Request) (Answer, error) {
	w := &queued{ctx: ctx, request: r, done: make(chan struct{})}
	select {
	case d.queue <- w:
	case <-ctx.Done():
		return Answer{}, cloison.Errorf(cloison.Unavailable, "the ledger is busy: %w", ctx.Err())
	case <-d.stopped:
		return Answer{}, errStopped()
	}
	select {
	case <-w.done:
		return w.answer, w.err
	case <-ctx.Done():
		return Answer{}, cloison.Errorf(cloison.Unavailable, "the ledger is slow: %w", ctx.Err())
	case <-d.stopped:
		return Answer{}, errStopped()
	}
}

func errStopped() error {
	return cloison.Errorf(cloison.Unavailable, "the ledger's writer has stopped: nothing is disclosed until it runs")
}

const (
	maxGroup     = 256             // requests in one commit
	maxGroupRows = 4096            // rows in one commit, but for the last request's own
	maxTries     = 8               // decisions of one group before it is given up as too contended
	clockBack    = 5 * time.Second // how far this clock may be behind the ledger's last commit
)
