package disclose

import (
	"sync/atomic"

	"cloison"
)

// counts are the stage's own figures, for metrics.
type counts struct{ rows, commits, refusals, stale atomic.Int64 }

// Figures is what the stage has done since it was made.
type Metrics struct {
	Rows     int64 // disclosed
	Commits  int64 // groups made durable
	Refusals int64 // recorded
	Stale    int64 // decisions overtaken by a change of facts
	Waiting  int   // requests in the queue now
}

// Figures may be read at any moment.
func (d *Discloser) Metrics() Metrics {
	c := &d.counts
	return Metrics{c.rows.Load(), c.commits.Load(), c.refusals.Load(), c.stale.Load(), len(d.queue)}
}

// knock counts one account's refusals of a day in this process.
type refusalQuota struct {
	day int32
	n   int
}

// maxKnocks is how many refusals of one account and day are written: enough for any evidence, too few to fill a disk.
const maxRefusals = 1000

// knock reports whether one more refusal of the account is worth a row.
func (d *Discloser) recordsRefusal(id cloison.AccountID, day int32) bool {
	k := d.quotas[id]
	if k.day != day {
		k = refusalQuota{day: day}
	}
	k.n++
	if len(d.quotas) >= maxAccounts {
		clear(d.quotas)
	}
	d.quotas[id] = k
	return k.n <= maxRefusals
}
