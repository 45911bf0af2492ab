package disclose

import (
	"context"
	"runtime"
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
