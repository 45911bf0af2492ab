package main

import (
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
	"time"
)

// quiet is how long the report says nothing before it says what still runs.
const quiet = 30 * time.Second

// event is one line of `go test -json` (see go doc test2json).
type event struct {
	Action      string
	Package     string
	ImportPath  string // of build-output and build-fail
	FailedBuild string
	Test        string
	Elapsed     float64 // seconds
	Output      string
}

// name is a test, or a package itself when test is "".
type name struct{ pkg, test string }

// report turns events into lines for people. It is used by one goroutine.
type report struct {
	w       io.Writer
	total   int // packages
	ended   int
	began   time.Time
	said    time.Time
	running map[name]time.Time
	output  map[name]*strings.Builder
	counts  map[string]int // of tests, by pass, fail, skip
	tests   map[string]int // of a package, that passed
	skips   map[string]int // by reason
	bad     []string
}

func newReport(w io.Writer, total int, now time.Time) *report {
	return &report{w: w, total: total, began: now, said: now, running: map[name]time.Time{}, output: map[name]*strings.Builder{},
		counts: map[string]int{}, tests: map[string]int{}, skips: map[string]int{}}
}

// take reads one line. One that is no event is printed as it is.
func (r *report) take(line []byte, now time.Time) {
	var e event
	if json.Unmarshal(line, &e) != nil || e.Action == "" {
		r.say(now, "%s", strings.TrimRight(string(line), "\n"))
		return
	}
	n := name{e.Package, e.Test}
	switch e.Action {
	case "build-output":
		r.text(name{pkg: e.ImportPath}).WriteString(e.Output)
	case "output":
		r.text(n).WriteString(e.Output)
	case "start", "run", "cont":
		r.running[n] = now
	case "pause":
		delete(r.running, n)
	case "pass", "fail", "skip":
		delete(r.running, n)
		if e.Test == "" {
			r.endPackage(e, now)
		} else {
			r.endTest(n, e, now)
		}
		delete(r.output, n)
	}
}

func (r *report) text(n name) *strings.Builder {
	if r.output[n] == nil {
		r.output[n] = &strings.Builder{}
	}
	return r.output[n]
}

func (r *report) endTest(n name, e event, now time.Time) {
	r.counts[e.Action]++
	switch e.Action {
	case "pass":
		r.tests[n.pkg]++
	case "skip":
		r.skips[skipReason(r.text(n).String())]++
	case "fail":
		r.bad = append(r.bad, short(n.pkg)+" "+n.test)
		r.say(now, "FAIL    %s %s after %.1f s\n%s", short(n.pkg), n.test, e.Elapsed, r.text(n))
	}
}

func (r *report) endPackage(e event, now time.Time) {
	r.ended++
	place := fmt.Sprintf("[%*d/%d]", len(fmt.Sprint(r.total)), r.ended, r.total)
	switch e.Action {
	case "pass":
		r.say(now, "%s ok    %s %.1f s, %d tests", place, short(e.Package), e.Elapsed, r.tests[e.Package])
	case "skip":
		r.say(now, "%s -     %s has no tests", place, short(e.Package))
	case "fail":
		if !slices.ContainsFunc(r.bad, func(b string) bool { return strings.HasPrefix(b, short(e.Package)+" ") }) {
			r.bad = append(r.bad, short(e.Package)) // it did not build, or ended outside of a test
			r.say(now, "%s%s", r.text(name{pkg: e.FailedBuild}), r.text(name{pkg: e.Package}))
		}
		r.say(now, "%s FAIL  %s %.1f s", place, short(e.Package), e.Elapsed)
	}
}

// wait says what still runs, the longest first, when nothing was said for a while.
func (r *report) wait(now time.Time) {
	if now.Sub(r.said) < quiet {
		return
	}
	inside := map[string]bool{} // packages and tests of which a test or a part is named
	for n := range r.running {
		if n.test == "" {
			continue
		}
		inside[n.pkg] = true
		for at := strings.LastIndex(n.test, "/"); at > 0; at = strings.LastIndex(n.test[:at], "/") {
			inside[n.pkg+" "+n.test[:at]] = true
		}
	}
	var names []name
	for n := range r.running {
		if n.test == "" && !inside[n.pkg] || n.test != "" && !inside[n.pkg+" "+n.test] {
			names = append(names, n)
		}
	}
	slices.SortFunc(names, func(a, b name) int { return r.running[a].Compare(r.running[b]) })
	var parts []string
	for _, n := range names[:min(len(names), 4)] {
		parts = append(parts, strings.TrimSpace(fmt.Sprintf("%s %s %.0f s", short(n.pkg), n.test, now.Sub(r.running[n]).Seconds())))
	}
	if len(parts) == 0 {
		parts = []string{"building"}
	}
	r.say(now, "        … after %s: %s", now.Sub(r.began).Round(time.Second), strings.Join(parts, "; "))
}

// finish prints the counts; the last line has the plain form that other tools read.
func (r *report) finish(now time.Time) {
	for _, reason := range slices.Sorted(maps.Keys(r.skips)) {
		fmt.Fprintf(r.w, "skipped %d: %s\n", r.skips[reason], reason)
	}
	for _, b := range r.bad {
		fmt.Fprintf(r.w, "failed: %s\n", b)
	}
	for n, since := range r.running {
		if n.test != "" {
			fmt.Fprintf(r.w, "unfinished: %s %s, for %.0f s\n", short(n.pkg), n.test, now.Sub(since).Seconds())
		}
	}
	fmt.Fprintf(r.w, "%d of %d packages in %s\n", r.ended, r.total, now.Sub(r.began).Round(time.Second))
	fmt.Fprintf(r.w, "%d passed, %d failed, %d skipped\n", r.counts["pass"], len(r.bad), r.counts["skip"])
}

func (r *report) failed() bool { return len(r.bad) > 0 }

func (r *report) say(now time.Time, format string, args ...any) {
	r.said = now
	fmt.Fprintln(r.w, strings.TrimRight(fmt.Sprintf(format, args...), "\n"))
}

// short is a package without the name of the module.
func short(pkg string) string { return strings.TrimPrefix(pkg, "cloison/") }

// skipReason is the last line that the test itself wrote, without the place in the source.
func skipReason(output string) string {
	reason := "no reason given"
	for line := range strings.Lines(output) {
		line = strings.TrimSpace(line)
		if line == "" || strings.HasPrefix(line, "===") || strings.HasPrefix(line, "---") {
			continue
		}
		if _, after, found := strings.Cut(line, ".go:"); found {
			if _, text, found := strings.Cut(after, ": "); found {
				line = text
			}
		}
		reason = line
	}
	return reason
}
