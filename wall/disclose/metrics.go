package disclose

import (
	"sync/atomic"

	"cloison"
)

// counts are the metrics as they are counted.
type counts struct{ rows, commits, refusals, stale atomic.Int64 }

// Metrics is what the stage has done since it was made.
type Metrics struct {
	Rows     int64 // disclosed
	Commits  int64 // groups made durable
	Refusals int64 // recorded
	Stale    int64 // groups decided again, because a fact had changed
	Waiting  int   // requests in the queue now
}

// Metrics is safe for concurrent use.
func (d *Discloser) Metrics() Metrics {
	c := &d.counts
	return Metrics{c.rows.Load(), c.commits.Load(), c.refusals.Load(), c.stale.Load(), len(d.queue)}
}

// refusalQuota counts one account's refusals of a day in this process.
type refusalQuota struct {
	day int32
	n   int
}

// maxRefusals is how many refusals of one account and day are recorded: enough as evidence, too few to fill a disk.
const maxRefusals = 1000

// recordsRefusal counts one more refusal of the account, and reports whether it is within the daily quota of recorded
// refusals.
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
