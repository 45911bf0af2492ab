package seal_test

import (
	"context"
	"slices"
	"sync"
	"testing"
	"time"

	"cloison/internal/testkit"
	"cloison/ledger"
	"cloison/ledger/seal"
)

// BenchmarkSealBacklog seals rows that are committed already, from SQLite to a marked checkpoint.
func BenchmarkSealBacklog(b *testing.B) {
	const n = 200_000
	for b.Loop() {
		b.StopTimer()
		bench := newBench(b)
		bench.commit(b, n)
		s, err := seal.New(bench.sqliteLedger, seal.Config{Dir: bench.logDir(), Key: bench.key, Holder: "one"},
			testkit.Quiet(), time.Now)
		if err != nil {
			b.Fatal(err)
		}
		b.StartTimer()
		stop := start(s)
		bench.waitSealed(b, n)
		b.StopTimer()
		if err := stop(); err != nil {
			b.Fatal(err)
		}
		b.StartTimer()
	}
	b.ReportMetric(n*float64(b.N)/b.Elapsed().Seconds(), "rows/s")
}

// timedStore notes when each mark was stored.
type timedStore struct {
	*sqliteLedger
	mu    sync.Mutex
	marks []seal.Mark
	at    []time.Time
}

func (s *timedStore) MarkSealed(ctx context.Context, m seal.Mark) error {
	err := s.sqliteLedger.MarkSealed(ctx, m)
	s.mu.Lock()
	defer s.mu.Unlock()
	s.marks, s.at = append(s.marks, m), append(s.at, time.Now())
	return err
}

// BenchmarkSealLatency commits single rows at about 200 a second for each op, with the default pace, and reports the
// time from a row's commit to its stored mark.
func BenchmarkSealLatency(b *testing.B) {
	for name, wake := range map[string]bool{"woken": true, "polling": false} {
		b.Run(name, func(b *testing.B) {
			bench := newBench(b)
			store := &timedStore{sqliteLedger: bench.sqliteLedger}
			s, err := seal.New(store, seal.Config{Dir: bench.logDir(), Key: bench.key, Holder: "one"}, testkit.Quiet(), time.Now)
			if err != nil {
				b.Fatal(err)
			}
			stop := start(s)
			var committed []time.Time
			for b.Loop() {
				for range 200 {
					bench.commit(b, 1)
					committed = append(committed, time.Now())
					if wake {
						s.Wake()
					}
					time.Sleep(5 * time.Millisecond)
				}
			}
			bench.waitSealed(b, uint64(len(committed)))
			if err := stop(); err != nil {
				b.Fatal(err)
			}
			var took []time.Duration
			for i, m := 0, 0; i < len(committed); i++ {
				for store.marks[m].Seq < int64(i+1) {
					m++
				}
				took = append(took, store.at[m].Sub(committed[i]))
			}
			slices.Sort(took)
			b.ReportMetric(float64(took[len(took)/2].Milliseconds()), "p50-ms")
			b.ReportMetric(float64(took[len(took)*99/100].Milliseconds()), "p99-ms")
			b.ReportMetric(float64(took[len(took)-1].Milliseconds()), "max-ms")
		})
	}
}

func BenchmarkProve(b *testing.B) {
	bench := newBench(b)
	bench.commit(b, 100_000)
	s := bench.sealer(b, "one")
	stop := start(s)
	bench.waitSealed(b, 100_000)
	defer stop()
	var p ledger.Proof
	for i := int64(1); b.Loop(); i++ {
		var err error
		if p, err = bench.prove(1 + i*7919%100_000); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(len(p.Marshal())), "bytes")
}
