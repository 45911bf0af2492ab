package ledger_test

import (
	"os"
	"syscall"
	"testing"
	"time"

	"cloison/ledger"
)

func BenchmarkLeaf(b *testing.B) {
	row := sampleRows(1, 1)[0]
	for b.Loop() {
		row.Leaf()
	}
}

// BenchmarkVerifyLog verifies a log of 10^6 rows whose tiles are files, page cache warm.
func BenchmarkVerifyLog(b *testing.B) {
	const n = 1_000_000
	s := newSample(b, sampleRows(1, n))
	dir := b.TempDir()
	if err := os.CopyFS(dir, s.tiles); err != nil {
		b.Fatal(err)
	}
	l := s.log(s.rows)
	l.Tiles = os.DirFS(dir)
	b.ReportAllocs()
	began := cpu()
	for b.Loop() {
		if v := verify(b, l); !v.OK() || v.Rows != n {
			b.Fatal(v.Faults)
		}
	}
	b.ReportMetric(float64(n)*float64(b.N)/b.Elapsed().Seconds(), "rows/s")
	b.ReportMetric(float64((cpu()-began).Nanoseconds())/(n*float64(b.N)), "cpu-ns/row") // steady on a busy machine
}

// cpu returns the processor time that the process has used.
func cpu() time.Duration {
	var use syscall.Rusage
	syscall.Getrusage(syscall.RUSAGE_SELF, &use)
	return time.Duration(use.Utime.Nano() + use.Stime.Nano())
}

func BenchmarkProofVerify(b *testing.B) {
	s := newSample(b, sampleRows(1, 100_000))
	p, err := ledger.Prove(s.tiles, s.signed, s.key, s.rows[77_777])
	if err != nil {
		b.Fatal(err)
	}
	for b.Loop() {
		if _, err := p.Verify(s.key); err != nil {
			b.Fatal(err)
		}
	}
}
