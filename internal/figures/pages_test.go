package figures

import (
	"bufio"
	"bytes"
	"fmt"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"
)

// pages measures every page of the console as everybody who may open it, on a store as a busy month of a network of
// French size leaves it: console.BenchmarkPages, built and run as a program of its own. The figure is the slowest
// page's.
func (b *bench) pages(t *testing.T) {
	program := filepath.Join(b.scratch, "pages")
	if out, err := exec.Command("go", "test", "-c", "-o", program, "cloison/console").CombinedOutput(); err != nil {
		t.Fatalf("console's benchmark does not build: %v\n%s", err, out)
	}
	for _, engine := range []struct{ name, called string }{{"sqlite", "SQLite"}, {"postgres", "PostgreSQL"}} {
		f := atMost("slowest page of the console, 13 000 accounts, on "+engine.called+": 95 loads of 100", 150, "ms")
		b.add(f)
		b.progress("pages on %s", engine.called)
		c := exec.Command(program, "-test.run", "^$", "-test.bench", "^BenchmarkPages$/^"+engine.name+"$", "-test.benchtime", "1x", "-test.timeout", "1h")
		c.Dir = b.scratch
		start := time.Now()
		out, err := c.CombinedOutput()
		if err != nil {
			t.Fatalf("pages on %s: %v\n%s", engine.called, err, out)
		}
		list := pagesOf(out)
		if len(list) == 0 {
			f.Skipped = "the benchmark did not run: is " + engine.called + " there?"
			continue
		}
		b.progress("  %d pages in %v", len(list), time.Since(start).Round(time.Second))
		slowest, over := list[0], 0
		for _, p := range list {
			if p.p95 > slowest.p95 {
				slowest = p
			}
			if p.p95 > f.Bound {
				over++
			}
		}
		f.measured([]float64{slowest.p95}).beside("the same page at its best", []float64{slowest.least})
		f.Note = fmt.Sprintf("it is %s; %d of %d pages are over %.0f ms", slowest.name, over, len(list), f.Bound)
	}
}

// opened is one page as one person opened it, in milliseconds.
type opened struct {
	name       string
	p95, least float64
}

// pagesOf reads what a benchmark printed.
func pagesOf(out []byte) (list []opened) {
	for s := bufio.NewScanner(bytes.NewReader(out)); s.Scan(); {
		words := strings.Fields(s.Text())
		if len(words) < 2 || !strings.HasPrefix(words[0], "BenchmarkPages/") {
			continue
		}
		one := opened{name: words[0][strings.LastIndexByte(words[0], '/')+1:]}
		for i := 1; i < len(words); i++ {
			v, err := strconv.ParseFloat(words[i-1], 64)
			switch {
			case err != nil:
			case words[i] == "p95-ms":
				one.p95 = v
			case words[i] == "least-ms":
				one.least = v
			}
		}
		if one.p95 > 0 {
			list = append(list, one)
		}
	}
	return list
}
