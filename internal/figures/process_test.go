package figures

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"runtime"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"
)

const roleVariable = "CLOISON_FIGURES_ROLE"

// role is one process of a measurement. It reads its options, tells with ready that it serves, and works until stop is
// closed or its work is done; what it returns is its report.
type role func(options []byte, ready func(any), stop <-chan struct{}) (report any, err error)

func roles() map[string]role {
	return map[string]role{
		"upstream": upstreamRole, "bare": bareRole, "gateway": gatewayRole, "load": loadRole,
		"ledger roll": ledgerRollRole, "log roll": logRollRole, "log lines": logLinesRole,
	}
}

// TestMain is also the way into the other roles: the parent writes the options on the standard input and closes it to
// end the role; documents come back on the standard output.
func TestMain(m *testing.M) {
	name := os.Getenv(roleVariable)
	if name == "" {
		os.Exit(m.Run())
	}
	if err := act(roles()[name]); err != nil {
		fmt.Fprintf(os.Stderr, "%s: %v\n", name, err)
		os.Exit(1)
	}
}

func act(play role) error {
	in, out := json.NewDecoder(os.Stdin), json.NewEncoder(os.Stdout)
	var options json.RawMessage
	if err := in.Decode(&options); err != nil {
		return err
	}
	stop := make(chan struct{})
	go func() {
		io.Copy(io.Discard, os.Stdin) // the parent closes it, or is gone
		close(stop)
	}()
	var broken error
	report, err := play(options, func(v any) { broken = out.Encode(v) }, stop)
	if err == nil {
		err = out.Encode(report)
	}
	return errors.Join(broken, err)
}

// child is a role under way.
type child struct {
	t      *testing.T
	name   string
	cmd    *exec.Cmd
	in     io.WriteCloser
	out    *json.Decoder
	stderr bytes.Buffer
	ended  bool
	peak   func() float64
}

// begin starts a role. ready, when not nil, is filled with what the role says once it serves.
func begin(t *testing.T, name string, options, ready any) *child {
	t.Helper()
	c := &child{t: t, name: name, cmd: exec.Command(os.Args[0])}
	c.cmd.Env = append(os.Environ(), roleVariable+"="+name)
	c.cmd.Stderr = &c.stderr
	c.cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	in, err := c.cmd.StdinPipe()
	c.must(err)
	out, err := c.cmd.StdoutPipe()
	c.must(err)
	started := make(chan error)
	go func() { // the death signal is tied to the thread that starts the process: this one stays while the child lives
		runtime.LockOSThread()
		err := c.cmd.Start()
		started <- err
		if err == nil {
			<-t.Context().Done()
		}
	}()
	c.must(<-started)
	c.in, c.out, c.peak = in, json.NewDecoder(out), watchPeak(c.cmd.Process.Pid)
	t.Cleanup(func() {
		if !c.ended {
			c.cmd.Process.Kill()
			c.cmd.Wait()
		}
	})
	c.must(json.NewEncoder(in).Encode(options))
	if ready != nil {
		c.must(c.out.Decode(ready))
	}
	return c
}

// end waits for the role's report, after telling it to stop when stop is set, and returns the most memory that it had,
// in MiB.
func (c *child) end(stop bool, report any) float64 {
	c.t.Helper()
	if stop {
		c.must(c.in.Close())
	}
	c.must(c.out.Decode(report))
	c.in.Close()
	c.ended = true
	c.must(c.cmd.Wait())
	return c.peak()
}

func (c *child) must(err error) {
	c.t.Helper()
	if err != nil {
		if c.cmd.Process != nil && !c.ended {
			c.ended = true
			c.cmd.Process.Kill()
			c.cmd.Wait()
		}
		c.t.Fatalf("%s: %v\n%s", c.name, err, c.stderr.String())
	}
}

// watchPeak follows a process and returns, when it has ended, the most resident memory that it had, in MiB. Rusage does
// not do: a child's Maxrss begins at its parent's, whose memory it had until it became another program.
func watchPeak(pid int) (ended func() float64) {
	stop, peak := make(chan struct{}), make(chan float64)
	go func() {
		most := 0.0
		for {
			if status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid)); err == nil {
				_, rest, _ := strings.Cut(string(status), "VmHWM:")
				var kib float64
				if _, err := fmt.Sscan(rest, &kib); err == nil {
					most = max(most, kib/1024)
				}
			}
			select {
			case <-stop:
				peak <- most
				return
			case <-time.After(5 * time.Millisecond):
			}
		}
	}()
	return func() float64 { close(stop); return <-peak }
}

// processorTime is what a running process has used of the cores so far, in steps of 10 ms.
func processorTime(t *testing.T, pid int) time.Duration {
	t.Helper()
	stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		t.Fatal(err)
	}
	_, rest, _ := strings.Cut(string(stat), ") ") // the name may hold spaces
	fields := strings.Fields(rest)
	var ticks int64
	for _, f := range fields[11:13] { // utime and stime, proc(5)
		n, err := strconv.ParseInt(f, 10, 64)
		if err != nil {
			t.Fatal(err)
		}
		ticks += n
	}
	return time.Duration(ticks) * 10 * time.Millisecond
}
