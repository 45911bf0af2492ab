package disclose

import (
	"sync/atomic"

	"cloison"
)

// counts are the stage's own figures, for metrics.
type counts struct{ rows, commits, refusals, stale atomic.Int64 }

// Figures is what the stage has done since it was made.
type Figures struct {
	Rows     int64 // disclosed
	Commits  int64 // groups made durable
	Refusals int64 // recorded
	Stale    int64 // decisions overtaken by a change of facts
	Waiting  int   // requests in the queue now
}

// Figures may be read at any moment.
func (d *Discloser) Figures() Figures {
	c := &d.counts
	return Figures{c.rows.Load(), c.commits.Load(), c.refusals.Load(), c.stale.Load(), len(d.queue)}
}

// knock counts one account's refusals of a day in this process.
type knock struct {
	day int32
	n   int
}

// maxKnocks is how many refusals of one account and day are written: enough for any evidence, too few to fill a disk.
const maxKnocks = 1000

// knock reports whether one more refusal of the account is worth a row.
func (d *Discloser) knock(id cloison.AccountID, day int32) bool {
	k := d.knocks[id]
	if k.day != day {
		k = knock{day: day}
	}
	k.n++
	if len(d.knocks) >= maxAccounts {
		clear(d.knocks)
	}
	d.knocks[id] = k
	return k.n <= maxKnocks
}
