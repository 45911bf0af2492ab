package figures

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os/exec"
	"path/filepath"
	"testing"
	"time"
)

// demonstration measures the whole replay, as a newcomer runs it, from a program that is built already.
func (b *bench) demonstration(t *testing.T) {
	clock := atMost("demo --once with 1.6 M persons", 60, "s")
	memory := atMost("the same: peak memory", 1024, "MiB")
	b.add(clock, memory)
	b.progress("demo --once")
	program := filepath.Join(b.scratch, "cloison")
	if out, err := exec.Command("go", "build", "-trimpath", "-o", program,
		"cloison/cmd/cloison").CombinedOutput(); err != nil {
		clock.Skipped = fmt.Sprintf("cmd/cloison does not build: %v", err)
		memory.Skipped = clock.Skipped
		b.progress("%s", out)
		return
	}
	samples := b.repeat("demo", func(i int) (sample, float64) {
		c := exec.Command(program, "demo", "--once", "--json")
		var out, messages bytes.Buffer
		c.Stdout, c.Stderr = &out, &messages
		start := time.Now()
		if err := c.Start(); err != nil {
			t.Fatal(err)
		}
		peak := watchPeak(c.Process.Pid)
		err := c.Wait()
		took := time.Since(start).Seconds()
		if err != nil {
			t.Fatalf("demo: %v\n%s\n%s", err, messages.String(), out.String())
		}
		var report struct {
			Persons int `json:"persons_total"`
			Drills  []struct {
				Strength string `json:"strength"`
				Pass     bool   `json:"pass"`
			} `json:"drills"`
		}
		if err := json.Unmarshal(out.Bytes(), &report); err != nil {
			t.Fatal(err)
		}
		if report.Persons != 1_600_000 || len(report.Drills) == 0 {
			t.Fatalf("the demo reports %d persons and %d drills", report.Persons, len(report.Drills))
		}
		for _, d := range report.Drills {
			if !d.Pass {
				t.Fatalf("the drill %s does not pass", d.Strength)
			}
		}
		return sample{"s": took, "peak MiB": peak(),
			"CPU s": (c.ProcessState.UserTime() + c.ProcessState.SystemTime()).Seconds()}, 1
	})
	clock.measured(pick(samples, "s")).beside("CPU s", pick(samples, "CPU s"))
	memory.measured(pick(samples, "peak MiB"))
}
