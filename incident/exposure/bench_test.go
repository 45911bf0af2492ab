package exposure

import (
	"bufio"
	"bytes"
	"io"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"cloison/incident/accesslog"
)

const (
	benchLines   = 10_000_000
	benchPersons = 1_600_000
	benchAgents  = 13_000
)

// benchMap is the map of design.md §8.
const benchMap = `
format: jsonl
time:    {field: ts}
account: {field: user}
person:  {field: path, pattern: '^/dossiers/([0-9]+)'}
fields:  {field: shown}
keep:    {field: status, pattern: '^2'}
`

// writeLog writes lines of about 165 bytes, one in five of which is of the accounts a00001, a00002 and a00003. Those
// read every person once, in a scattered order, then the first ones again.
func writeLog(w io.Writer, lines int) error {
	out := bufio.NewWriterSize(w, 1<<20)
	shown := []string{`["identity","birth"]`, `["identity","birth","nir","postal"]`, `["identity"]`, `["identity","email","phone","nir"]`}
	at := time.Date(2025, 12, 1, 0, 0, 0, 0, time.UTC)
	var b []byte
	for i, hit := 0, 0; i < lines; i++ {
		agent, person := 4+i*7919%(benchAgents-4), i*104729%benchPersons
		if i%5 == 0 {
			agent, person = 1+hit%3, hit*1_000_003%benchPersons
			hit++
		}
		b = append(b[:0], `{"ts":"`...)
		b = at.Add(time.Duration(i)*time.Millisecond).AppendFormat(b, "2006-01-02T15:04:05.000Z")
		b = append(b, `","user":"a`...)
		b = appendPadded(b, agent, 5)
		b = append(b, `","ip":"10.20.`...)
		b = strconv.AppendInt(b, int64(agent%256), 10)
		b = append(b, `.7","method":"GET","path":"/dossiers/`...)
		b = appendPadded(b, person, 7)
		b = append(b, `","status":200,"shown":`...)
		b = append(b, shown[person%len(shown)]...)
		b = append(b, `,"ms":`...)
		b = strconv.AppendInt(b, int64(i%97), 10)
		b = append(b, "}\n"...)
		if _, err := out.Write(b); err != nil {
			return err
		}
	}
	return out.Flush()
}

func appendPadded(b []byte, n, width int) []byte {
	digits := strconv.Itoa(n)
	return append(append(b, "0000000"[:width-len(digits)]...), digits...)
}

// benchLog returns a log in a temporary directory, or the one that EXPOSURE_BENCH_LOG names, made if need be.
func benchLog(b *testing.B) string {
	name := os.Getenv("EXPOSURE_BENCH_LOG")
	if name == "" {
		name = filepath.Join(b.TempDir(), "access.jsonl")
	}
	if _, err := os.Stat(name); err == nil {
		return name
	}
	f, err := os.Create(name)
	if err != nil {
		b.Fatal(err)
	}
	if err := writeLog(f, benchLines); err != nil {
		b.Fatal(err)
	}
	if err := f.Close(); err != nil {
		b.Fatal(err)
	}
	return name
}

// BenchmarkRawLog draws the roll of 3 accounts with 1.6 M persons out of a log of 10 M lines (roll), beside the mere
// counting of its lines by one core (floor), in one run. It reports the process's peak memory.
func BenchmarkRawLog(b *testing.B) {
	name := benchLog(b)
	info, err := os.Stat(name)
	if err != nil {
		b.Fatal(err)
	}
	m, err := accesslog.ReadMap(strings.NewReader(benchMap))
	if err != nil {
		b.Fatal(err)
	}
	b.Run("floor", func(b *testing.B) {
		b.SetBytes(info.Size())
		for b.Loop() {
			if n := countLines(b, name); n != benchLines {
				b.Fatalf("%d lines", n)
			}
		}
	})
	var last *Roll
	b.Run("roll", func(b *testing.B) {
		b.SetBytes(info.Size())
		for b.Loop() {
			q := Query{Accounts: []string{"a00001", "a00002", "a00003"}}
			r, err := FromLogs(b.Context(), []string{name}, m, q, nil)
			if err != nil {
				b.Fatal(err)
			}
			last = r
			if r.Lines != benchLines || r.Rows != benchLines/5 || r.Persons != benchPersons || r.Unparsed != 0 {
				b.Fatalf("wrong roll: %+v", r)
			}
		}
		b.ReportMetric(peakMemory(b), "peak-MiB")
	})
	b.Run("csv", func(b *testing.B) {
		if last == nil {
			b.Skip("needs the roll of the one before")
		}
		for b.Loop() {
			if err := last.WriteCSV(io.Discard); err != nil {
				b.Fatal(err)
			}
		}
		b.ReportMetric(peakMemory(b), "peak-MiB")
	})
}

func countLines(b *testing.B, name string) int {
	f, err := os.Open(name)
	if err != nil {
		b.Fatal(err)
	}
	defer f.Close()
	buf, n := make([]byte, 256<<10), 0
	for {
		got, err := f.Read(buf)
		n += bytes.Count(buf[:got], []byte("\n"))
		if err == io.EOF {
			return n
		} else if err != nil {
			b.Fatal(err)
		}
	}
}

// peakMemory returns the most resident memory that this process had, in MiB.
func peakMemory(b *testing.B) float64 {
	status, err := os.ReadFile("/proc/self/status")
	if err != nil {
		b.Skip("no /proc: peak memory is not known")
	}
	_, rest, _ := strings.Cut(string(status), "VmHWM:")
	fields := strings.Fields(rest)
	kib, err := strconv.ParseFloat(fields[0], 64)
	if err != nil {
		b.Fatal(err)
	}
	return kib / 1024
}
