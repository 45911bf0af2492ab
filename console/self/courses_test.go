package self_test

import (
	"cloison/access/directory"
	"cloison/access/training"
	"cloison/internal/demo/network"
	"cloison/internal/i18n"
	"cloison/internal/testkit/consolekit"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"testing"
	"time"

	"golang.org/x/net/html"
)

// expire ends the awareness of an account.
func expire(w *consolekit.World, p *consolekit.Person, at time.Time) {
	w.Helper()
	a, err := w.DB.Account(w.Ctx, p.Account.ID)
	w.Must(err)
	a.AwarenessUntil = at
	w.Must(w.DB.UpdateAccount(w.Ctx, a))
}

// shown is a situation as its learner has it.
type shown struct {
	Attempt   string
	Number    int
	Step      struct{ N, Of int }
	Situation *struct {
		Title, Scene, Question, Memory, Next string
		Answered, Right, Over, Again         bool
		Choices                              []struct {
			Text, Why    string
			Best, Chosen bool
		}
	}
	Result *struct {
		State             string
		Right, Of, Needed int
		Missed            []struct{ Title, Memory string }
		AttemptsLeft      int `json:"attempts_left"`
	}
}

// cheat is what somebody knows who has the courses beside them: the right choice of a situation, and what is secret of
// it.
func cheat(t *testing.T, s shown) (place int, secrets []string) {
	t.Helper()
	school, err := training.New(nil, nil, training.Settings{}, time.Now)
	if err != nil {
		t.Fatal(err)
	}
	for _, id := range []directory.Course{directory.Awareness, directory.ManagersCourse} {
		c, _ := school.Course(id)
		for _, l := range i18n.Languages() {
			for _, known := range c.Situations(l) {
				if known.Scene != s.Situation.Scene {
					continue
				}
				secrets = append(secrets, known.Memory)
				for _, choice := range known.Choices {
					secrets = append(secrets, choice.Why)
					for i, c := range s.Situation.Choices {
						if choice.Best && c.Text == choice.Text {
							place = i + 1
						}
					}
				}
			}
		}
	}
	if place == 0 {
		t.Fatalf("the situation is unknown: %+v", s.Situation)
	}
	return place, secrets
}

// TestACourseFromDoorToCertificate is somebody whose training has expired: the tool's door, the course without scripts,
// with one mistake and a question left out, the certificate, and the way back to the tool.
func TestACourseFromDoorToCertificate(t *testing.T) {
	w := consolekit.New(t)
	w.Run()
	p := w.Enter(w.Agent(0, network.Adviser, 0))
	expire(w, p, time.Now().Add(-24*time.Hour))
	if n := w.Read(p, w.Caseload(p.Account.ID, 1)...); n != 0 {
		t.Fatal("a file opens without training")
	}
	door := p.Get("/cloison/training?return=%2Foutil%2Fdossier%3Fonglet%3D2", "text/html")
	if !strings.Contains(door.Body, "échue depuis le") || !strings.Contains(door.Body, "/formation?return=") {
		t.Fatalf("the door says: %s", door.Body)
	}
	link := between(t, door.Body, `href="`+w.URL+"/formation", `"`)
	courses := p.Get("/formation"+html.UnescapeString(link), "text/html")
	f := consolekit.FormOf(strings.ReplaceAll(courses.Body, `action="/cloison/sortie"`, ""))
	page := p.Form("/formation/awareness", "return", returnOf(t, courses.Body))
	if f == nil || page.Status != 200 || !strings.HasPrefix(page.URL.Path, "/formation/tentatives/") {
		t.Fatalf("it begins at %s: %d", page.URL, page.Status)
	}
	attempt := page.URL.Path
	mistakes := 0
	for n := 1; n < 60; n++ {
		var s shown
		p.JSON(attempt, &s)
		if s.Result != nil {
			if s.Result.State != "passed" || s.Result.Right != s.Result.Of-1 {
				t.Fatalf("it ended with %+v", *s.Result)
			}
			break
		}
		place, secrets := cheat(t, s)
		for _, accept := range []string{"application/json", "text/html"} {
			body := p.Get(attempt, accept).Body
			for _, secret := range secrets {
				if strings.Contains(body, secret) || strings.Contains(body, html.EscapeString(secret)) {
					t.Fatalf("%s says before it is answered: %s", accept, secret)
				}
			}
			if strings.Contains(body, `"best"`) || strings.Contains(body, `class="best"`) {
				t.Fatalf("%s marks the right choice: %s", accept, body)
			}
		}
		if s.Number == 2 && mistakes == 0 {
			if a := p.Form(attempt + "/2"); a.Status != 422 || !strings.Contains(a.Body, `role="alert"`) {
				t.Fatalf("without a choice: %d %s", a.Status, a.Body)
			}
			place, mistakes = place%len(s.Situation.Choices)+1, 1
		}
		a := p.Form(attempt+"/"+strconv.Itoa(s.Number), "choice", strconv.Itoa(place))
		if a.Status != 200 || a.URL.Path != attempt+"/"+strconv.Itoa(s.Number) || strings.Count(a.Body, `class="best"`) != 1 {
			t.Fatalf("answered at %s: %d %s", a.URL, a.Status, a.Body)
		}
		for _, secret := range secrets[:2] {
			if !strings.Contains(a.Body, html.EscapeString(secret)) && !strings.Contains(a.Body, secret) && n == 1 && a.Header.Get("Content-Language") == "fr" {
				t.Errorf("the explanation lacks %q", secret)
			}
		}
	}
	result := p.Get(attempt, "text/html")
	if !strings.Contains(result.Body, `href="`+w.URL+`/outil/dossier?onglet=2"`) {
		t.Errorf("the result does not lead back: %s", result.Body)
	}
	if n := w.Read(p, w.Caseload(p.Account.ID, 1)...); n != 1 {
		t.Error("after the course no file opens")
	}
	number := attempt[strings.LastIndexByte(attempt, '/')+1:]
	certificate := p.Get("/formation/attestations/"+number, "text/html")
	if certificate.Status != 200 || !strings.Contains(certificate.Body, html.EscapeString(p.Account.Name.Reveal())) || !strings.Contains(certificate.Body, number) {
		t.Errorf("the certificate: %d %s", certificate.Status, certificate.Body)
	}
	officer := w.Enter(w.Agent(-1, network.Officer, 0))
	typed := strings.ToUpper(number[:5]) + " " + number[5:9] + "-" + number[9:]
	if a := officer.Get("/formation/attestations?numero="+url.QueryEscape(typed), "text/html"); !strings.Contains(a.Body, "authentique") {
		t.Errorf("the officer checks it: %s", a.Body)
	}
	if a := officer.Get("/formation/attestations?numero=n0000000000zz", "text/html"); !strings.Contains(a.Body, "Aucune attestation ne porte") {
		t.Errorf("an invented number: %s", a.Body)
	}
	var seen map[string]any
	officer.JSON("/formation/attestations/"+number, &seen)
	if _, told := seen["score"]; told {
		t.Error("the officer is told how many mistakes were made")
	}
}

// between is what stands in a page after one text and before the next.
func between(t *testing.T, page, from, to string) string {
	t.Helper()
	_, rest, ok := strings.Cut(page, from)
	found, _, closed := strings.Cut(rest, to)
	if !ok || !closed {
		t.Fatalf("no %q in %s", from, page)
	}
	return found
}

func returnOf(t *testing.T, page string) string {
	return html.UnescapeString(between(t, page, `name="return" value="`, `"`))
}

// TestAttemptsUnderAttack sends what a browser would not.
func TestAttemptsUnderAttack(t *testing.T) {
	w := consolekit.New(t)
	p, other := w.Enter(w.Agent(0, network.Adviser, 0)), w.Enter(w.Agent(0, network.Adviser, 1))
	attempt := p.Form("/formation/awareness").URL.Path
	for path, want := range map[string]int{attempt + "/2": 404, attempt + "/0": 404, attempt + "/-1": 404, attempt + "/x": 404, attempt + "/99": 404,
		attempt + "/1%00": 404, "/formation/tentatives/n0000000000zz/1": 404, "/formation/managers": 403, "/formation/rien": 404} {
		if a := p.Form(path, "choice", "1"); a.Status != want {
			t.Errorf("%s: %d, want %d", path, a.Status, want)
		}
	}
	for _, choice := range []string{"0", "5", "-1", "99999999"} {
		if a := p.Form(attempt+"/1", "choice", choice); a.Status != 400 {
			t.Errorf("choice %q: %d", choice, a.Status)
		}
	}
	for _, choice := range []string{"", "x", "1e0", "99999999999999999999999"} {
		if a := p.Form(attempt+"/1", "choice", choice); a.Status != 422 || !strings.Contains(a.Body, `role="alert"`) {
			t.Errorf("choice %q: %d", choice, a.Status)
		}
	}
	for _, path := range []string{attempt, attempt + "/1"} {
		if a := other.Get(path, "application/json"); a.Status != 404 {
			t.Errorf("somebody else opens %s: %d", path, a.Status)
		}
	}
	if a := other.Form(attempt+"/1", "choice", "1"); a.Status != 404 {
		t.Errorf("somebody else answers: %d", a.Status)
	}
	if a := p.Get(attempt+"/1/explication", "text/html"); a.Status != 404 {
		t.Errorf("a page that is not there: %d", a.Status)
	}

	var first, after shown
	p.JSON(attempt, &first)
	right, _ := cheat(t, first)
	wrong := right%len(first.Situation.Choices) + 1
	for _, choice := range []int{wrong, right, wrong, right} { // the explanation was read, and the browser sent back
		p.Form(attempt+"/1", "choice", strconv.Itoa(choice))
	}
	p.JSON(attempt+"/1", &after)
	if !after.Situation.Answered || after.Situation.Right || !after.Situation.Choices[wrong-1].Chosen {
		t.Errorf("the second answer counts: %+v", after.Situation)
	}

	// A stolen cookie, in a browser where the passkey was not shown.
	thief := w.Visitor()
	thief.Agent = p.Agent
	thief.SignIn()
	for _, path := range []string{"/formation/awareness", attempt + "/2"} {
		if a := thief.Form(path, "choice", "1"); a.Status != http.StatusUnauthorized {
			t.Errorf("without the passkey %s: %d", path, a.Status)
		}
	}
	if a := thief.Get(attempt, "application/json"); a.Status != http.StatusUnauthorized {
		t.Errorf("without the passkey: %d", a.Status)
	}
	for _, path := range []string{"/formation/awareness", attempt + "/2"} {
		r, err := http.NewRequest("POST", w.URL+path, strings.NewReader("choice=1"))
		w.Must(err)
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		r.Header.Set("Sec-Fetch-Site", "cross-site")
		r.Header.Set("Accept", "application/json")
		if a := p.Send(r); a.Status != 403 || a.Reason() != "cross_site" {
			t.Errorf("from another site %s: %d %s", path, a.Status, a.Body)
		}
	}
	for range 4 {
		fails(w, p, "awareness")
	}
	fails(w, p, "awareness")
	if a := p.Form("/formation/awareness"); a.Status != 403 || !strings.Contains(a.Body, "assez pour aujourd’hui") || !strings.Contains(a.Body, `href="/formation"`) {
		t.Errorf("a sixth attempt: %d %s", a.Status, a.Body)
	}
	if a := p.Get("/formation", "text/html"); a.Status != 200 || strings.Contains(a.Body, `action="/formation/awareness"`) {
		t.Errorf("the page offers another attempt: %d", a.Status)
	}
}

// fails takes an attempt to its end with wrong answers alone.
func fails(w *consolekit.World, p *consolekit.Person, course string) {
	w.Helper()
	attempt := p.Form("/formation/" + course).URL.Path
	for range 50 {
		var s shown
		p.JSON(attempt, &s)
		if s.Result != nil {
			if s.Result.State != "failed" || len(s.Result.Missed) == 0 {
				w.Errorf("it ended with %+v", *s.Result)
			}
			return
		}
		place, _ := cheat(w.TB.(*testing.T), s)
		p.Form(attempt+"/"+strconv.Itoa(s.Number), "choice", strconv.Itoa(place%len(s.Situation.Choices)+1))
	}
	w.Error("the attempt does not end")
}

// TestNobodyIsLedAway tries to make the way back from a course lead elsewhere, by the address, the form and the cookie.
func TestNobodyIsLedAway(t *testing.T) {
	w := consolekit.New(t)
	p := w.Enter(w.Agent(0, network.Adviser, 0))
	host := strings.TrimPrefix(w.URL, "http://")
	for to, want := range map[string]string{
		w.URL + "/outil/a?b=c": w.URL + "/outil/a?b=c", "/journal?x=1": "/journal?x=1", "https://voleur.example/": "", "//voleur.example/": "",
		`/\voleur.example`: "", "javascript:alert(1)": "", "http://" + host + "@voleur.example/": "", "http://voleur.example/" + host: "",
		"https://" + host + "/": "", "http://" + host + ".voleur.example/": "", "http://u:p@" + host + "/x": "", "": "", "http://" + host + "//voleur.example/": "/",
		"http://" + host + `/\x`: "/%5Cx", "http://" + host + "\\@voleur.example/": "", "data:text/html,x": "",
	} {
		page := p.Get("/formation?return="+url.QueryEscape(to), "text/html")
		got := ""
		if strings.Contains(page.Body, `name="return"`) {
			got = returnOf(t, page.Body)
		}
		if strings.TrimPrefix(got, w.URL) != strings.TrimPrefix(want, w.URL) || strings.Contains(got, "voleur") {
			t.Errorf("%q leads to %q, want %q", to, got, want)
		}
	}
	expireAndPass(p, t)
	for _, cookie := range []string{"https%3A%2F%2Fvoleur.example%2F", "javascript%3Aalert(1)", "%zz", "//voleur.example", url.QueryEscape(consolekit.Evil)} {
		r, err := http.NewRequest("GET", w.URL+p.LastAttempt, nil)
		w.Must(err)
		r.Header.Set("Accept", "text/html")
		r.AddCookie(&http.Cookie{Name: "cloison-return", Value: cookie})
		if a := p.Send(r); a.Status != 200 || strings.Contains(a.Body, "voleur") || strings.Contains(a.Body, "javascript:") {
			t.Errorf("the cookie %q is believed: %d %s", cookie, a.Status, a.Body)
		}
	}
}

// expireAndPass passes the awareness course.
func expireAndPass(p *consolekit.Person, t *testing.T) {
	p.W.Helper()
	p.LastAttempt = p.Form("/formation/awareness").URL.Path
	for range 50 {
		var s shown
		p.JSON(p.LastAttempt, &s)
		if s.Result != nil {
			return
		}
		place, _ := cheat(t, s)
		p.Form(p.LastAttempt+"/"+strconv.Itoa(s.Number), "choice", strconv.Itoa(place))
	}
}

// TestWordsForEveryBar: what the stage may refuse has words.
func TestWordsForEveryBar(t *testing.T) {
	w := consolekit.New(t)
	v := w.Visitor()
	for _, bar := range []training.DenyReason{training.Unproved, training.NotActive, training.TooMany, training.NotYours} {
		if a := v.Get("/cloison/refusals/"+string(bar), "text/html"); a.Status != 200 {
			t.Errorf("%s: %d", bar, a.Status)
		}
	}
}
