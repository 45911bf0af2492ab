package figures

import (
	"encoding/json"
	"fmt"
	"io"
	"math"
	"os"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"text/tabwriter"
	"time"
)

// figure is one line of the table: a goal, and what was measured in each round.
type figure struct {
	Name    string          `json:"name"`
	Goal    string          `json:"goal"` // in words; Bound and Most are the same for programs
	Bound   float64         `json:"bound"`
	Most    bool            `json:"at_most"` // the bound is the most; else it is the least
	Unit    string          `json:"unit"`
	Median  float64         `json:"median"`
	Min     float64         `json:"min"`
	Max     float64         `json:"max"`
	Met     bool            `json:"met"`
	Rounds  []float64       `json:"rounds"`
	Beside  map[string]stat `json:"beside,omitempty"`  // what it was compared with, and floors
	Skipped string          `json:"skipped,omitempty"` // why it was not measured
	Note    string          `json:"note,omitempty"`

	order []string // of Beside, in the table
}

// stat is a series: its median, smallest and largest.
type stat struct {
	Median float64 `json:"median"`
	Min    float64 `json:"min"`
	Max    float64 `json:"max"`
}

func statOf(values []float64) stat {
	v := slices.Sorted(slices.Values(values))
	if len(v) == 0 {
		return stat{}
	}
	median := v[len(v)/2]
	if len(v)%2 == 0 {
		median = (v[len(v)/2-1] + median) / 2
	}
	return stat{median, v[0], v[len(v)-1]}
}

// atLeast and atMost make figures whose rounds are still to come.
func atLeast(name string, bound float64, unit string) *figure {
	return &figure{Name: name, Goal: "≥ " + short(bound) + unitText(unit), Bound: bound, Unit: unit}
}

func atMost(name string, bound float64, unit string) *figure {
	return &figure{Name: name, Goal: "≤ " + short(bound) + unitText(unit), Bound: bound, Most: true, Unit: unit}
}

func unitText(unit string) string {
	if unit == "×" {
		return unit
	}
	return " " + unit
}

// measured fills in the rounds.
func (f *figure) measured(rounds []float64) *figure {
	s := statOf(rounds)
	f.Rounds, f.Median, f.Min, f.Max = rounds, s.Median, s.Min, s.Max
	f.Met = len(rounds) > 0 && (f.Most && s.Median <= f.Bound || !f.Most && s.Median >= f.Bound)
	return f
}

// beside adds a series that explains the figure.
func (f *figure) beside(name string, values []float64) *figure {
	if f.Beside == nil {
		f.Beside = map[string]stat{}
	}
	f.Beside[name] = statOf(values)
	f.order = append(f.order, name)
	return f
}

// short writes a number as a reader wants it: three figures, no exponent.
func short(v float64) string {
	switch a := math.Abs(v); {
	case a >= 100 || v == math.Trunc(v):
		return strconv.FormatFloat(v, 'f', 0, 64)
	case a >= 10:
		return strconv.FormatFloat(v, 'f', 1, 64)
	default:
		return strconv.FormatFloat(v, 'f', 2, 64)
	}
}

// verdict is the last word of a line.
func (f *figure) verdict() string {
	switch {
	case f.Skipped != "":
		return "not measured"
	case f.Met:
		return "met"
	default:
		return "MISSED"
	}
}

// printTable writes the figures for people.
func printTable(w io.Writer, figures []*figure) {
	table := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	fmt.Fprintln(table, "figure\tgoal\tmeasured\t[min – max]\t")
	for _, f := range figures {
		if f.Skipped != "" {
			fmt.Fprintf(table, "%s\t%s\t\t\t%s\n", f.Name, f.Goal, f.verdict())
			continue
		}
		fmt.Fprintf(table, "%s\t%s\t%s\t[%s – %s]\t%s\n", f.Name, f.Goal, short(f.Median)+unitText(f.Unit),
			short(f.Min), short(f.Max), f.verdict())
	}
	table.Flush()
	fmt.Fprintln(w)
	for _, f := range figures {
		if f.Skipped != "" {
			fmt.Fprintf(w, "%s: not measured: %s\n", f.Name, f.Skipped)
			continue
		}
		var parts []string
		for _, name := range f.order {
			parts = append(parts, name+" "+short(f.Beside[name].Median))
		}
		if f.Note != "" {
			parts = append(parts, f.Note)
		}
		if len(parts) > 0 {
			fmt.Fprintf(w, "%s: %s\n", f.Name, strings.Join(parts, ", "))
		}
	}
}

// document is bench.json.
type document struct {
	At      time.Time `json:"at"`
	Go      string    `json:"go"`
	System  string    `json:"system"`
	CPUs    int       `json:"cpus"`
	Load    string    `json:"load"` // of the last minute, at the beginning: other programs disturb
	Figures []*figure `json:"figures"`
}

func newDocument(at time.Time) document {
	load, _ := os.ReadFile("/proc/loadavg") // absent elsewhere: then nothing is said
	first, _, _ := strings.Cut(string(load), " ")
	return document{At: at.UTC().Truncate(time.Second), Go: runtime.Version(),
		System: runtime.GOOS + "/" + runtime.GOARCH,
		CPUs:   runtime.NumCPU(), Load: first}
}

func (d document) write(name string) error {
	b, err := json.MarshalIndent(d, "", "  ")
	if err != nil {
		return err
	}
	return os.WriteFile(name, append(b, '\n'), 0o644)
}
