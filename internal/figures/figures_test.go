package figures

import (
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"
)

// size is how much is measured.
type size struct {
	rounds      int
	slice       time.Duration // of load in one measurement
	connections int
	agents      int // who share the load
	caseload    int // persons of each
	callers     int
	rows        int // of the ledger; a fifth are the hijacked accounts'
	lines       int // of the log; likewise
	persons     int // distinct, of the hijacked accounts
	peer        bool
	demo        bool
}

// full is what the promises are about.
func full() size {
	return size{rounds: 5, slice: 3 * time.Second, connections: 32, agents: 32, caseload: 5000, callers: 64,
		rows: 10_000_000, lines: 10_000_000, persons: 1_600_000, peer: true, demo: true}
}

// small goes through the same motions.
func small() size {
	return size{rounds: 1, slice: 200 * time.Millisecond, connections: 4, agents: 4, caseload: 50, callers: 8,
		rows: 5_000, lines: 5_000, persons: 800}
}

// bench is one run.
type bench struct {
	size
	cache   string // kept between runs, on the disk that is measured
	scratch string // gone after the run, on the same disk
	say     io.Writer
	figures []*figure
}

// TestFigures is `make bench`. A goal that is missed does not fail it; a wrong answer does.
func TestFigures(t *testing.T) {
	out := os.Getenv("CLOISON_BENCH_JSON")
	if out == "" {
		t.Skip("make bench runs it")
	}
	cache := os.Getenv("CLOISON_BENCH_DIR")
	scratch, err := os.MkdirTemp(cache, "run-")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(scratch) })
	b := &bench{size: full(), cache: cache, scratch: scratch, say: os.Stderr}
	d := newDocument(time.Now())
	b.run(t, os.Getenv("CLOISON_BENCH_ONLY"))
	d.Figures = b.figures
	printTable(os.Stdout, b.figures)
	if err := d.write(out); err != nil {
		t.Fatal(err)
	}
}

// TestMotions measures next to nothing, so that the benchmark itself stays whole.
func TestMotions(t *testing.T) {
	if testing.Short() {
		t.Skip("a short run: no PostgreSQL server")
	}
	b := &bench{size: small(), cache: t.TempDir(), scratch: t.TempDir(), say: io.Discard}
	b.run(t, "gateway,commits,ledger,log")
	if len(b.figures) != 8 {
		t.Errorf("%d figures", len(b.figures))
	}
	for _, f := range b.figures {
		if f.Skipped == "" && (len(f.Rounds) == 0 || f.Median <= 0) && f.Unit != "syncs" {
			t.Errorf("%s: %+v", f.Name, f)
		}
	}
}

// run measures the groups named in only, or all.
func (b *bench) run(t *testing.T, only string) {
	for _, g := range []struct {
		name    string
		measure func(*testing.T)
	}{{"gateway", b.gateway}, {"commits", b.commits}, {"ledger", b.ledger}, {"log", b.log}, {"pages", b.pages}, {"demo", b.demonstration}} {
		if only == "" || slices.Contains(strings.Split(only, ","), g.name) {
			t.Run(g.name, g.measure)
		}
	}
}

func (b *bench) add(f ...*figure) { b.figures = append(b.figures, f...) }

func (b *bench) progress(format string, args ...any) { fmt.Fprintf(b.say, format+"\n", args...) }

// sample is what one round measured, by name.
type sample map[string]float64

// maxDrift is how far the yardstick may move within a round: more, and the round says more about the neighbours than
// about us.
const maxDrift = 1.4

// drift is how far apart two measurements of the same thing are.
func drift(a, b float64) float64 { return max(a, b) / min(a, b) }

// repeat runs rounds until enough of them were quiet, or three times as many were run; then the quietest count.
func (b *bench) repeat(what string, round func(i int) (s sample, drift float64)) []sample {
	type ran struct {
		sample
		drift float64
	}
	var all []ran
	quiet := 0
	for i := 0; quiet < b.rounds && i < 3*b.rounds; i++ {
		s, moved := round(i)
		all = append(all, ran{s, moved})
		word := ""
		if moved <= maxDrift {
			quiet++
		} else {
			word = fmt.Sprintf("  (disturbed: the yardstick moved %.1f×)", moved)
		}
		b.progress("  %s, round %d: %s%s", what, i+1, s, word)
	}
	slices.SortStableFunc(all, func(x, y ran) int {
		switch {
		case x.drift < y.drift:
			return -1
		case x.drift > y.drift:
			return 1
		}
		return 0
	})
	var kept []sample
	for _, r := range all[:min(b.rounds, len(all))] {
		kept = append(kept, r.sample)
	}
	return kept
}

func (s sample) String() string {
	var parts []string
	for _, name := range slices.Sorted(func(yield func(string) bool) {
		for n := range s {
			if !yield(n) {
				return
			}
		}
	}) {
		parts = append(parts, name+" "+short(s[name]))
	}
	return strings.Join(parts, ", ")
}

// pick is one series of the samples.
func pick(samples []sample, name string) []float64 {
	var v []float64
	for _, s := range samples {
		if x, ok := s[name]; ok {
			v = append(v, x)
		}
	}
	return v
}

// syncTime is the median time of appending 200 bytes to a file of that directory and syncing its data, in µs: the floor
// of every durable answer.
func syncTime(t *testing.T, dir string) float64 {
	t.Helper()
	f, err := os.Create(filepath.Join(dir, "floor"))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	took := make([]float64, 300)
	row := make([]byte, 200)
	for i := range took {
		start := time.Now()
		if _, err := f.Write(row); err != nil {
			t.Fatal(err)
		}
		if err := syscall.Fdatasync(int(f.Fd())); err != nil {
			t.Fatal(err)
		}
		took[i] = float64(time.Since(start).Nanoseconds()) / 1000
	}
	runtime.KeepAlive(f)
	return statOf(took).Median
}
