package seal

import (
	"sync/atomic"
	"time"

	"cloison/ledger"
)

// Stats are the sealer's counters since it was made, for a metrics endpoint.
type Stats struct {
	Leading  bool          // this replica seals
	Size     int64         // rows under the latest checkpoint that this replica knows
	Rows     int64         // rows sealed by this replica
	Batches  int64         // checkpoints signed for them
	Failures int64         // times that sealing was delayed
	Lag      time.Duration // age of the oldest row of the last batch when it was sealed, by this replica's clock
}

type meter struct {
	leading                            atomic.Bool
	size, rows, batches, failures, lag atomic.Int64
}

func (m *meter) sealed(rows []ledger.Row, at time.Time) {
	m.rows.Add(int64(len(rows)))
	m.batches.Add(1)
	m.lag.Store(int64(max(0, at.Sub(rows[0].At))))
}

// Stats returns the counters. They are read one by one, so they may be one batch apart.
func (s *Sealer) Stats() Stats {
	m := &s.meter
	return Stats{Leading: m.leading.Load(), Size: m.size.Load(), Rows: m.rows.Load(), Batches: m.batches.Load(),
		Failures: m.failures.Load(), Lag: time.Duration(m.lag.Load())}
}
