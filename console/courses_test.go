package console_test

import (
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"testing"
	"time"

	"golang.org/x/net/html"

	"cloison"
	"cloison/access/directory"
	"cloison/access/training"
	"cloison/internal/demo/network"
	"cloison/internal/i18n"
)

// certified gives an account a certificate of an awareness course that it passed, and returns its number.
func (w *world) certified(a directory.Account) cloison.ActID {
	w.Helper()
	now := time.Now().UTC().Truncate(time.Millisecond)
	attempt := training.Attempt{ID: cloison.NewActID(), Account: a.ID, Course: directory.Awareness, Edition: "e", State: training.Open, Began: now,
		Round: 1, Questions: []training.Question{{Situation: "usb", Order: []int{0, 1, 2, 3}, Chosen: 1, At: now}}, Version: 1}
	w.must(w.db.BeginAttempt(w.ctx, attempt, now, 9, time.Time{}))
	attempt.State, attempt.Ended = training.Passed, now
	w.must(w.db.UpdateAttempt(w.ctx, attempt, &training.Certificate{ID: attempt.ID, Account: a.ID, Course: directory.Awareness, Edition: "e", Right: 1,
		Of: 1, At: now, Until: now.AddDate(0, 6, 0)}))
	return attempt.ID
}

// expire ends the awareness of an account.
func (w *world) expire(p *person, at time.Time) {
	w.Helper()
	a, err := w.db.Account(w.ctx, p.account.ID)
	w.must(err)
	a.AwarenessUntil = at
	w.must(w.db.UpdateAccount(w.ctx, a))
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
	school, err := training.New(nil, nil, training.Settings{}, nil, time.Now)
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
	w := newWorld(t)
	w.run()
	p := w.enter(w.agent(0, network.Adviser, 0))
	w.expire(p, time.Now().Add(-24*time.Hour))
	if n := w.read(p, w.caseload(p.account.ID, 1)...); n != 0 {
		t.Fatal("a file opens without training")
	}
	door := p.get("/cloison/training?return=%2Foutil%2Fdossier%3Fonglet%3D2", "text/html")
	if !strings.Contains(door.body, "échue depuis le") || !strings.Contains(door.body, "/formation?return=") {
		t.Fatalf("the door says: %s", door.body)
	}
	link := between(t, door.body, `href="`+w.url+"/formation", `"`)
	courses := p.get("/formation"+html.UnescapeString(link), "text/html")
	f := formOf(strings.ReplaceAll(courses.body, `action="/cloison/sortie"`, ""))
	page := p.form("/formation/awareness", "return", returnOf(t, courses.body))
	if f == nil || page.status != 200 || !strings.HasPrefix(page.url.Path, "/formation/tentatives/") {
		t.Fatalf("it begins at %s: %d", page.url, page.status)
	}
	attempt := page.url.Path
	mistakes := 0
	for n := 1; n < 60; n++ {
		var s shown
		p.json(attempt, &s)
		if s.Result != nil {
			if s.Result.State != "passed" || s.Result.Right != s.Result.Of-1 {
				t.Fatalf("it ended with %+v", *s.Result)
			}
			break
		}
		place, secrets := cheat(t, s)
		for _, accept := range []string{"application/json", "text/html"} {
			body := p.get(attempt, accept).body
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
			if a := p.form(attempt + "/2"); a.status != 422 || !strings.Contains(a.body, `role="alert"`) {
				t.Fatalf("without a choice: %d %s", a.status, a.body)
			}
			place, mistakes = place%len(s.Situation.Choices)+1, 1
		}
		a := p.form(attempt+"/"+strconv.Itoa(s.Number), "choice", strconv.Itoa(place))
		if a.status != 200 || a.url.Path != attempt+"/"+strconv.Itoa(s.Number) || strings.Count(a.body, `class="best"`) != 1 {
			t.Fatalf("answered at %s: %d %s", a.url, a.status, a.body)
		}
		for _, secret := range secrets[:2] {
			if !strings.Contains(a.body, html.EscapeString(secret)) && !strings.Contains(a.body, secret) && n == 1 && a.header.Get("Content-Language") == "fr" {
				t.Errorf("the explanation lacks %q", secret)
			}
		}
	}
	result := p.get(attempt, "text/html")
	if !strings.Contains(result.body, `href="`+w.url+`/outil/dossier?onglet=2"`) {
		t.Errorf("the result does not lead back: %s", result.body)
	}
	if n := w.read(p, w.caseload(p.account.ID, 1)...); n != 1 {
		t.Error("after the course no file opens")
	}
	number := attempt[strings.LastIndexByte(attempt, '/')+1:]
	certificate := p.get("/formation/attestations/"+number, "text/html")
	if certificate.status != 200 || !strings.Contains(certificate.body, html.EscapeString(p.account.Name.Reveal())) || !strings.Contains(certificate.body, number) {
		t.Errorf("the certificate: %d %s", certificate.status, certificate.body)
	}
	officer := w.enter(w.agent(-1, network.Officer, 0))
	typed := strings.ToUpper(number[:5]) + " " + number[5:9] + "-" + number[9:]
	if a := officer.get("/formation/attestations?numero="+url.QueryEscape(typed), "text/html"); !strings.Contains(a.body, "authentique") {
		t.Errorf("the officer checks it: %s", a.body)
	}
	if a := officer.get("/formation/attestations?numero=n0000000000zz", "text/html"); !strings.Contains(a.body, "Aucune attestation ne porte") {
		t.Errorf("an invented number: %s", a.body)
	}
	var seen map[string]any
	officer.json("/formation/attestations/"+number, &seen)
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
	w := newWorld(t)
	p, other := w.enter(w.agent(0, network.Adviser, 0)), w.enter(w.agent(0, network.Adviser, 1))
	attempt := p.form("/formation/awareness").url.Path
	for path, want := range map[string]int{attempt + "/2": 404, attempt + "/0": 404, attempt + "/-1": 404, attempt + "/x": 404, attempt + "/99": 404,
		attempt + "/1%00": 404, "/formation/tentatives/n0000000000zz/1": 404, "/formation/managers": 403, "/formation/rien": 404} {
		if a := p.form(path, "choice", "1"); a.status != want {
			t.Errorf("%s: %d, want %d", path, a.status, want)
		}
	}
	for _, choice := range []string{"0", "5", "-1", "99999999"} {
		if a := p.form(attempt+"/1", "choice", choice); a.status != 400 {
			t.Errorf("choice %q: %d", choice, a.status)
		}
	}
	for _, choice := range []string{"", "x", "1e0", "99999999999999999999999"} {
		if a := p.form(attempt+"/1", "choice", choice); a.status != 422 || !strings.Contains(a.body, `role="alert"`) {
			t.Errorf("choice %q: %d", choice, a.status)
		}
	}
	for _, path := range []string{attempt, attempt + "/1"} {
		if a := other.get(path, "application/json"); a.status != 404 {
			t.Errorf("somebody else opens %s: %d", path, a.status)
		}
	}
	if a := other.form(attempt+"/1", "choice", "1"); a.status != 404 {
		t.Errorf("somebody else answers: %d", a.status)
	}
	if a := p.get(attempt+"/1/explication", "text/html"); a.status != 404 {
		t.Errorf("a page that is not there: %d", a.status)
	}

	var first, after shown
	p.json(attempt, &first)
	right, _ := cheat(t, first)
	wrong := right%len(first.Situation.Choices) + 1
	for _, choice := range []int{wrong, right, wrong, right} { // the explanation was read, and the browser sent back
		p.form(attempt+"/1", "choice", strconv.Itoa(choice))
	}
	p.json(attempt+"/1", &after)
	if !after.Situation.Answered || after.Situation.Right || !after.Situation.Choices[wrong-1].Chosen {
		t.Errorf("the second answer counts: %+v", after.Situation)
	}

	// A stolen cookie, in a browser where the passkey was not shown.
	thief := w.visitor()
	thief.agent = p.agent
	thief.signIn()
	for _, path := range []string{"/formation/awareness", attempt + "/2"} {
		if a := thief.form(path, "choice", "1"); a.status != http.StatusUnauthorized {
			t.Errorf("without the passkey %s: %d", path, a.status)
		}
	}
	if a := thief.get(attempt, "application/json"); a.status != http.StatusUnauthorized {
		t.Errorf("without the passkey: %d", a.status)
	}
	for _, path := range []string{"/formation/awareness", attempt + "/2"} {
		r, err := http.NewRequest("POST", w.url+path, strings.NewReader("choice=1"))
		w.must(err)
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		r.Header.Set("Sec-Fetch-Site", "cross-site")
		r.Header.Set("Accept", "application/json")
		if a := p.send(r); a.status != 403 || a.reason() != "cross_site" {
			t.Errorf("from another site %s: %d %s", path, a.status, a.body)
		}
	}
	for range 4 {
		w.fails(p, "awareness")
	}
	w.fails(p, "awareness")
	if a := p.form("/formation/awareness"); a.status != 403 || !strings.Contains(a.body, "assez pour aujourd’hui") || !strings.Contains(a.body, `href="/formation"`) {
		t.Errorf("a sixth attempt: %d %s", a.status, a.body)
	}
	if a := p.get("/formation", "text/html"); a.status != 200 || strings.Contains(a.body, `action="/formation/awareness"`) {
		t.Errorf("the page offers another attempt: %d", a.status)
	}
}

// fails takes an attempt to its end with wrong answers alone.
func (w *world) fails(p *person, course string) {
	w.Helper()
	attempt := p.form("/formation/" + course).url.Path
	for range 50 {
		var s shown
		p.json(attempt, &s)
		if s.Result != nil {
			if s.Result.State != "failed" || len(s.Result.Missed) == 0 {
				w.Errorf("it ended with %+v", *s.Result)
			}
			return
		}
		place, _ := cheat(w.TB.(*testing.T), s)
		p.form(attempt+"/"+strconv.Itoa(s.Number), "choice", strconv.Itoa(place%len(s.Situation.Choices)+1))
	}
	w.Error("the attempt does not end")
}

// TestNobodyIsLedAway tries to make the way back from a course lead elsewhere, by the address, the form and the cookie.
func TestNobodyIsLedAway(t *testing.T) {
	w := newWorld(t)
	p := w.enter(w.agent(0, network.Adviser, 0))
	host := strings.TrimPrefix(w.url, "http://")
	for to, want := range map[string]string{
		w.url + "/outil/a?b=c": w.url + "/outil/a?b=c", "/journal?x=1": "/journal?x=1", "https://voleur.example/": "", "//voleur.example/": "",
		`/\voleur.example`: "", "javascript:alert(1)": "", "http://" + host + "@voleur.example/": "", "http://voleur.example/" + host: "",
		"https://" + host + "/": "", "http://" + host + ".voleur.example/": "", "http://u:p@" + host + "/x": "", "": "", "http://" + host + "//voleur.example/": "/",
		"http://" + host + `/\x`: "/%5Cx", "http://" + host + "\\@voleur.example/": "", "data:text/html,x": "",
	} {
		page := p.get("/formation?return="+url.QueryEscape(to), "text/html")
		got := ""
		if strings.Contains(page.body, `name="return"`) {
			got = returnOf(t, page.body)
		}
		if strings.TrimPrefix(got, w.url) != strings.TrimPrefix(want, w.url) || strings.Contains(got, "voleur") {
			t.Errorf("%q leads to %q, want %q", to, got, want)
		}
	}
	p.expireAndPass(t)
	for _, cookie := range []string{"https%3A%2F%2Fvoleur.example%2F", "javascript%3Aalert(1)", "%zz", "//voleur.example", url.QueryEscape(evil)} {
		r, err := http.NewRequest("GET", w.url+p.lastAttempt, nil)
		w.must(err)
		r.Header.Set("Accept", "text/html")
		r.AddCookie(&http.Cookie{Name: "cloison-return", Value: cookie})
		if a := p.send(r); a.status != 200 || strings.Contains(a.body, "voleur") || strings.Contains(a.body, "javascript:") {
			t.Errorf("the cookie %q is believed: %d %s", cookie, a.status, a.body)
		}
	}
}

// expireAndPass passes the awareness course.
func (p *person) expireAndPass(t *testing.T) {
	p.w.Helper()
	p.lastAttempt = p.form("/formation/awareness").url.Path
	for range 50 {
		var s shown
		p.json(p.lastAttempt, &s)
		if s.Result != nil {
			return
		}
		place, _ := cheat(t, s)
		p.form(p.lastAttempt+"/"+strconv.Itoa(s.Number), "choice", strconv.Itoa(place))
	}
}

// TestWordsForEveryBar: what the stage may refuse has words.
func TestWordsForEveryBar(t *testing.T) {
	w := newWorld(t)
	v := w.visitor()
	for _, bar := range []training.Bar{training.Unproved, training.NotActive, training.TooMany, training.NotYours} {
		if a := v.get("/cloison/refusals/"+string(bar), "text/html"); a.status != 200 {
			t.Errorf("%s: %d", bar, a.status)
		}
	}
}
