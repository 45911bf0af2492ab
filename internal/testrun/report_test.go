package main

import (
	"strings"
	"testing"
	"time"
)

// feed gives the report one event a second and returns what it printed.
func feed(total int, lines ...string) (*report, string) {
	var out strings.Builder
	now := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	r := newReport(&out, total, now)
	for _, l := range lines {
		now = now.Add(time.Second)
		r.take([]byte(l+"\n"), now)
	}
	now = now.Add(quiet)
	r.wait(now)
	r.finish(now)
	return r, out.String()
}

func TestReport(t *testing.T) {
	for name, c := range map[string]struct {
		events []string
		failed bool
		want   []string
		not    string
	}{
		"passed": {[]string{`{"Action":"start","Package":"cloison/a"}`, `{"Action":"run","Package":"cloison/a","Test":"TestX"}`,
			`{"Action":"pass","Package":"cloison/a","Test":"TestX","Elapsed":1}`, `{"Action":"pass","Package":"cloison/a","Elapsed":1.5}`},
			false, []string{"[1/2] ok    a 1.5 s, 1 tests", "1 of 2 packages", "\n1 passed, 0 failed, 0 skipped\n"}, "FAIL"},
		"failed, with its output": {[]string{`{"Action":"run","Package":"cloison/a","Test":"TestX"}`,
			`{"Action":"output","Package":"cloison/a","Test":"TestX","Output":"    x_test.go:3: wrong\n"}`,
			`{"Action":"fail","Package":"cloison/a","Test":"TestX","Elapsed":2}`, `{"Action":"fail","Package":"cloison/a","Elapsed":2}`},
			true, []string{"x_test.go:3: wrong", "failed: a TestX", "0 passed, 1 failed, 0 skipped"}, "failed: a\n"},
		"did not build": {[]string{`{"ImportPath":"cloison/a [cloison/a.test]","Action":"build-output","Output":"a.go:1: undefined: x\n"}`,
			`{"Action":"start","Package":"cloison/a"}`, `{"Action":"fail","Package":"cloison/a","FailedBuild":"cloison/a [cloison/a.test]"}`},
			true, []string{"undefined: x", "failed: a\n"}, ""},
		"ended outside of a test": {[]string{`{"Action":"start","Package":"cloison/a"}`,
			`{"Action":"output","Package":"cloison/a","Output":"panic: no\n"}`, `{"Action":"fail","Package":"cloison/a"}`},
			true, []string{"panic: no", "failed: a\n"}, ""},
		"what runs, but not its parents": {[]string{`{"Action":"start","Package":"cloison/a"}`, `{"Action":"run","Package":"cloison/a","Test":"TestX"}`,
			`{"Action":"run","Package":"cloison/a","Test":"TestX/part"}`},
			false, []string{"a TestX/part 30 s", "unfinished: a TestX/part"}, "TestX 3"},
		"why tests were left out": {[]string{`{"Action":"output","Package":"cloison/a","Test":"TestX","Output":"    x_test.go:3: needs a browser\n"}`,
			`{"Action":"output","Package":"cloison/a","Test":"TestX","Output":"--- SKIP: TestX (0.00s)\n"}`,
			`{"Action":"skip","Package":"cloison/a","Test":"TestX"}`}, false, []string{"skipped 1: needs a browser", "1 skipped"}, ""},
		"what is no event": {[]string{`go: downloading x`}, false, []string{"go: downloading x"}, ""},
	} {
		t.Run(name, func(t *testing.T) {
			r, got := feed(2, c.events...)
			if r.failed() != c.failed {
				t.Errorf("failed is %v", r.failed())
			}
			for _, w := range c.want {
				if !strings.Contains(got, w) {
					t.Errorf("no %q in\n%s", w, got)
				}
			}
			if c.not != "" && strings.Contains(got, c.not) {
				t.Errorf("%q in\n%s", c.not, got)
			}
		})
	}
}
