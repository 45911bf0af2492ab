// Command testrun runs the tests of every package, or of those that it is given, and says what it is doing and how far it
// is: a line for each package that ends, what still runs when nothing has ended for half a minute, the whole output of a
// test that failed, and at the end the counts. One time limit holds for the run, none for a package: how long a package
// takes depends on what else the machine does. It exits with 1 when anything failed.
package main

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"syscall"
	"time"
)

func main() {
	quick := flag.Bool("quick", false, "leave out what needs a browser or another server, and the race detector")
	limit := flag.Duration("limit", 80*time.Minute, "time limit of the whole run")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	packages := flag.Args()
	if len(packages) == 0 {
		packages = []string{"./..."}
	}
	ok, err := run(ctx, *quick, *limit, packages)
	if err != nil {
		fmt.Fprintln(os.Stderr, "testrun:", err)
	}
	if err != nil || !ok {
		os.Exit(1)
	}
}

// notEngine leaves SQLite itself out of the race detector: C that was translated to Go, with locks of its own. Under the
// detector it takes six times the processor and keeps it from our own code. The driver around it stays inside.
const notEngine = "-gcflags=modernc.org/sqlite/lib=-race=false"

// run reports whether every test passed.
func run(ctx context.Context, quick bool, limit time.Duration, packages []string) (bool, error) {
	total, err := countPackages(ctx, packages)
	if err != nil {
		return false, err
	}
	args := []string{"test", "-json", "-vet=off", "-timeout", "0"}
	if quick {
		args = append(args, "-short")
	} else {
		args = append(args, "-race", notEngine)
	}
	limited, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	tests := exec.CommandContext(limited, "go", append(args, packages...)...)
	tests.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	tests.Cancel = func() error { return syscall.Kill(-tests.Process.Pid, syscall.SIGTERM) } // the test programs, too
	tests.WaitDelay = 10 * time.Second
	tests.Stderr = os.Stderr
	out, err := tests.StdoutPipe()
	if err != nil {
		return false, err
	}
	fmt.Printf("testing %d packages\n", total)
	if err := tests.Start(); err != nil {
		return false, err
	}
	r := newReport(os.Stdout, total, time.Now())
	follow(bufio.NewReader(out), r)
	ended := tests.Wait()
	r.finish(time.Now())
	switch {
	case ctx.Err() != nil:
		return false, errors.New("interrupted")
	case limited.Err() != nil:
		return false, fmt.Errorf("the run took longer than %s and was ended; give it more with -limit", limit)
	case ended != nil && !r.failed():
		return false, fmt.Errorf("go test failed without a failed test: %w", ended)
	}
	return !r.failed(), nil
}

// follow hands the report each event as it comes, and the time when none comes.
func follow(out *bufio.Reader, r *report) {
	lines := make(chan []byte)
	go func() {
		defer close(lines)
		for {
			line, err := out.ReadBytes('\n')
			if len(line) > 0 {
				lines <- line
			}
			if err != nil {
				return
			}
		}
	}()
	tick := time.NewTicker(5 * time.Second)
	defer tick.Stop()
	for {
		select {
		case line, more := <-lines:
			if !more {
				return
			}
			r.take(line, time.Now())
		case now := <-tick.C:
			r.wait(now)
		}
	}
}

func countPackages(ctx context.Context, packages []string) (int, error) {
	list := exec.CommandContext(ctx, "go", append([]string{"list"}, packages...)...)
	list.Stderr = os.Stderr
	out, err := list.Output()
	if err != nil {
		return 0, fmt.Errorf("go list: %w", err)
	}
	return bytes.Count(out, []byte("\n")), nil
}
