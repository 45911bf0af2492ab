package main

import (
	"bufio"
	"context"
	"io"
	"os/exec"
	"regexp"
	"strings"
	"testing"
	"time"

	"cloison/internal/testkit"
)

// printedDemo is what a newcomer copies from the screen.
type printedDemo struct {
	text   string
	places map[string]string // console, tool, bare
	people []printedPerson
	curl   string
}

type printedPerson struct {
	role, email, password, code string
	factor                      string // what to type, or the mailbox to read it in
}

// TestANewcomerFollowsTheDemo runs the README's first command and signs in, in a real browser, as each person that it
// prints, with nothing but what it prints.
func TestANewcomerFollowsTheDemo(t *testing.T) {
	browser := testkit.Chromium(t)
	demo := startDemo(t)
	for _, p := range demo.people {
		t.Run(p.role, func(t *testing.T) {
			w := browser.Window(p.role)
			w.Open(demo.places["console"] + "/cloison/")
			w.Press(`a[href^="/cloison/signin"]`)
			w.Fill(`input[name=email]`, p.email+"\r")
			w.Fill(`input[name=password]`, p.password+"\r")
			w.Visible(`input[name=code]`)
			factor := p.factor
			if strings.HasPrefix(factor, "http") {
				mailbox := browser.Window("mailbox")
				mailbox.Open(factor)
				mailbox.Visible("output")
				factor = mailbox.Text("output")
			}
			w.Fill(`input[name=code]`, factor+"\r")
			w.Until("main", "Continuer") // past the provider
			if strings.Contains(w.Text("main h1"), "Confirmez") {
				w.Press(`a[href^="/cloison/presence"]`) // the page offers the way of a lost passkey
				w.Press(`a[href="/cloison/enrolement"]`)
			} else {
				w.Press(`a[href="/cloison/enrolement"]`)
			}
			w.Fill(`main input[name=code]`, p.code)
			w.Press(`main form button`)
			w.Visible(`form[data-passkey=create] button`)
			w.Fill(`input[name=name]`, "essai")
			w.Press(`form[data-passkey=create] button`)
			w.Until("main h1", "Confirmez que c’est bien vous")
			w.Press(`form[data-passkey=presence] button`)
			w.Until("main h1", "Tout est prêt")
			w.Open(demo.places["console"] + "/")
			if got := w.Text("main h1"); got == "" || strings.Contains(got, "Confirmez") {
				t.Errorf("the first page says %q", got)
			}
		})
	}
	if len(demo.people) != 4 {
		t.Errorf("%d people are printed, want an adviser, a manager, an approver and an officer:\n%s", len(demo.people), demo.text)
	}
}

// TestWhatTheDemoPrintsIsWhole looks for what a newcomer could not use, and runs the printed command.
func TestWhatTheDemoPrintsIsWhole(t *testing.T) {
	demo := startDemo(t)
	for _, hole := range []string{"redacted", "…?", "=…", "%!", "@example"} {
		if strings.Contains(demo.text, hole) {
			t.Errorf("it prints %q:\n%s", hole, demo.text)
		}
	}
	out, err := exec.Command("sh", "-c", demo.curl).CombinedOutput()
	if err != nil || !strings.Contains(string(out), `"code"`) {
		t.Errorf("%s: %v\n%s", demo.curl, err, out)
	}
}

// startDemo serves a small demo until the test ends, and reads what it prints until it serves.
func startDemo(t *testing.T) printedDemo {
	t.Helper()
	ctx, stop := context.WithCancel(t.Context())
	in, out := io.Pipe()
	ended := make(chan int, 1)
	go func() {
		p := &Program{Stdin: strings.NewReader(""), Stdout: out, Stderr: io.Discard, Now: time.Now}
		ended <- p.Run(ctx, []string{"demo", "--persons", "4000", "--dir", t.TempDir() + "/démo"})
		out.Close()
	}()
	t.Cleanup(func() {
		stop()
		io.Copy(io.Discard, in)
		if code := <-ended; code != 0 {
			t.Errorf("the demo ended with %d", code)
		}
	})
	var text strings.Builder
	for lines := bufio.NewScanner(in); lines.Scan(); {
		text.WriteString(lines.Text() + "\n")
		if strings.Contains(lines.Text(), "Ctrl-C ends") {
			break
		}
	}
	d := printedDemo{text: text.String(), places: map[string]string{}}
	for _, m := range regexp.MustCompile(`(?m)^  (console|tool|bare) +(http\S+)`).FindAllStringSubmatch(d.text, -1) {
		d.places[m[1]] = m[2]
	}
	person := regexp.MustCompile(`as (\w+)\n +e-mail +(\S+)\n +password +(.+)\n +second factor +(?:the code at )?(\S+).*\n +enrolment code +(\S+)\n`)
	for _, m := range person.FindAllStringSubmatch(d.text, -1) {
		d.people = append(d.people, printedPerson{role: m[1], email: m[2], password: m[3], factor: m[4], code: m[5]})
	}
	d.curl = strings.TrimSpace(regexp.MustCompile(`(?m)^  curl .*$`).FindString(d.text))
	return d
}
