package main

import (
	"bufio"
	"context"
	"encoding/json"
	"io"
	"net/http"
	"os"
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
	person string // somebody else's, whose code opens the file
	desk   string // where the adviser types it
}

type printedPerson struct {
	role, email, password, code string
	factor                      string // what to type, or the mailbox to read it in
}

// TestANewcomerFollowsTheDemo runs the README's first command and signs in, in a real browser, as each person that it
// prints, with nothing but what it prints. The adviser then opens a stranger's file by the code of the printed command.
func TestANewcomerFollowsTheDemo(t *testing.T) {
	browser := testkit.Chromium(t)
	demo := startDemo(t)
	windows := map[string]*testkit.Window{}
	for _, p := range demo.people {
		t.Run(p.role, func(t *testing.T) { windows[p.role] = demo.signIn(browser, p) })
	}
	adviser := windows["adviser"]
	if len(windows) != 4 || adviser == nil {
		t.Fatalf("want an adviser, a manager, an approver and an officer:\n%s", demo.text)
	}
	adviser.Open(demo.desk)
	adviser.Fill(`form:has(input[name=code]) input[name=person]`, demo.person)
	adviser.Fill(`form:has(input[name=code]) input[name=code]`, demo.readOut(t)+"\r")
	adviser.Until("main h1", "Confirmez par votre clé d’accès")
	adviser.Press(`form[data-passkey=act] button`)
	adviser.Until("main", "ouvert")
	adviser.Open(demo.desk)
	if opened := adviser.Text("#ouverts ~ div tbody"); !strings.Contains(opened, demo.person) {
		t.Errorf("opened are %q, want %s", opened, demo.person)
	}
}

// signIn follows the pages as the printed text says it, in a window of the person's own, until nothing is missing.
func (d printedDemo) signIn(browser *testkit.Browser, p printedPerson) *testkit.Window {
	w := browser.Window(p.role)
	w.Open(d.places["console"] + "/cloison/")
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
	}
	w.Press(`a[href="/cloison/enrolement"]`)
	w.Fill(`main input[name=code]`, p.code)
	w.Press(`main form button`)
	w.Visible(`form[data-passkey=create] button`)
	w.Fill(`input[name=name]`, "essai")
	w.Press(`form[data-passkey=create] button`)
	w.Until("main h1", "Confirmez que c’est bien vous")
	w.Press(`form[data-passkey=presence] button`)
	w.Until("main h1", "Tout est prêt")
	w.Open(d.places["console"] + "/")
	if got := w.Text("main h1"); got == "" || strings.Contains(got, "Confirmez") {
		w.Errorf("the first page says %q", got)
	}
	return w
}

// TestWhatTheDemoPrintsIsWhole looks for what a newcomer could not use, without a browser.
func TestWhatTheDemoPrintsIsWhole(t *testing.T) {
	demo := startDemo(t)
	for _, hole := range []string{"redacted", "…?", "=…", "%!", "@example"} {
		if strings.Contains(demo.text, hole) {
			t.Errorf("it prints %q:\n%s", hole, demo.text)
		}
	}
	for _, p := range demo.people {
		if p.email == "" || p.password == "" || p.factor == "" || len(p.code) != len("H3M9-K2X7-QRE4-0TWV") {
			t.Errorf("the %s cannot sign in:\n%s", p.role, demo.text)
		}
	}
	if len(demo.people) != 4 || len(demo.places) != 3 || demo.person == "" {
		t.Errorf("%d people, %d places and the person %q are printed, want 4, 3 and somebody:\n%s", len(demo.people), len(demo.places), demo.person, demo.text)
	}
	if code := demo.readOut(t); len(code) != 8 {
		t.Errorf("the printed command answers a code of %d characters", len(code))
	}
}

// readOut does what the printed command does, on a machine that may have no curl, and returns the person's code.
func (d printedDemo) readOut(t *testing.T) string {
	t.Helper()
	line := regexp.MustCompile(`curl -s -H "Authorization: Bearer \$\(cat '(.+)'\)" -d '(.+)' (http://\S+)`).FindStringSubmatch(d.text)
	if line == nil {
		t.Fatalf("the demo prints no command:\n%s", d.text)
	}
	secret, err := os.ReadFile(line[1])
	if err != nil {
		t.Fatal(err)
	}
	r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, line[3], strings.NewReader(line[2]))
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Authorization", "Bearer "+strings.TrimSpace(string(secret)))
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded") // curl's
	resp, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	var answer struct{ Code string }
	if err := json.NewDecoder(resp.Body).Decode(&answer); err != nil || resp.StatusCode != http.StatusOK {
		t.Fatalf("%s: %d, %v", line[3], resp.StatusCode, err)
	}
	return answer.Code
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
	if m := regexp.MustCompile(`(?m)^Person (\S+) `).FindStringSubmatch(d.text); m != nil {
		d.person = m[1]
	}
	if m := regexp.MustCompile(`types it at (\S+),`).FindStringSubmatch(d.text); m != nil {
		d.desk = m[1]
	}
	return d
}
