package drill

import (
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"cloison"
)

// TestForm reads the first form that posts, and only that of an HTML page.
func TestForm(t *testing.T) {
	at, err := url.Parse("https://provider.example/a/page?x")
	if err != nil {
		t.Fatal(err)
	}
	read := func(kind, body string) *form {
		return (&page{header: http.Header{"Content-Type": {kind}}, body: []byte(body), url: at}).form()
	}
	f := read("text/html; charset=utf-8", `<p><form><input name=q></form><FORM METHOD=Post ACTION="../next?a=1&amp;b=2">
		<input name="token" value="é&quot;&lt;"><input type=hidden name=empty><button name="go" value="1">x</button><input value="no name">
		<script>"<input name='script'>"</script></form><form method=post action=/other><input name=later></form>`)
	if f == nil || f.action != "https://provider.example/next?a=1&b=2" {
		t.Fatalf("%+v", f)
	}
	if want := (url.Values{"token": {`é"<`}, "empty": {""}, "go": {"1"}}); fmt.Sprint(f.values) != fmt.Sprint(want) {
		t.Errorf("values %v, want %v", f.values, want)
	}
	if !f.has("empty") || f.has("later") || f.has("q") || f.has("script") {
		t.Errorf("inputs %v", f.inputs)
	}
	for name, f := range map[string]*form{"JSON": read("application/json", `<form method=post></form>`), "no form": read("text/html", "<p>"),
		"get only": read("text/html", "<form><input name=q></form>"), "bad action": read("text/html", "<form method=post action='http://[::1'>")} {
		if f != nil {
			t.Errorf("%s: %+v", name, f)
		}
	}
}

// TestSignIn goes through the pages of a provider as a person would.
func TestSignIn(t *testing.T) {
	s := newStub(t)
	right := Actor{Email: "manager@net.example", Password: "manager"}
	b := newBrowser(s.console.URL, "test")
	if err := b.signIn(t.Context(), s.console.URL, right); err != nil {
		t.Fatal(err)
	}
	var me sessionSeen
	if err := b.ask(t.Context(), "GET", s.console.URL+"/cloison/session", nil, &me); err != nil || me.Account == 0 {
		t.Errorf("%+v, %v", me, err)
	}
	thief := newBrowser(s.console.URL, "thief")
	var p *problem
	if err := thief.ask(t.Context(), "GET", s.console.URL+"/cloison/session", nil, &me); !errors.As(err, &p) || p.Reason != "no_session" || p.Status != 401 {
		t.Errorf("without the cookie: %v", err)
	}
	if err := thief.steal(b, s.console.URL, s.tool.URL); err != nil {
		t.Fatal(err)
	}
	if err := thief.ask(t.Context(), "GET", s.console.URL+"/cloison/session", nil, &me); err != nil {
		t.Errorf("with the stolen cookie: %v", err)
	}
	if err := thief.steal(b, "http://[::1"); err == nil {
		t.Error("stole from no address")
	}

	coded := listen(t, map[string]http.HandlerFunc{
		"GET /cloison/signin": func(w http.ResponseWriter, r *http.Request) {
			htmlPage(w, `<form method=post action=/code><input name=code></form>`)
		},
		"POST /code": func(w http.ResponseWriter, r *http.Request) {
			if r.FormValue("code") != "123456" {
				refuse(w, 403, "wrong_code")
			}
		},
	})
	for name, c := range map[string]struct {
		actor Actor
		want  string // in the error; empty: none
	}{
		"the code":   {Actor{Mailbox: mailbox("123456")}, ""},
		"wrong code": {Actor{Mailbox: mailbox("000000")}, "403"},
		"no mailbox": {Actor{}, "no access to the mailbox"},
	} {
		err := newBrowser(coded.URL, "test").signIn(t.Context(), coded.URL, c.actor)
		if (err == nil) != (c.want == "") || err != nil && !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if err := newBrowser(coded.URL, "test").signUp(t.Context(), s.console.URL+"/signup", Actor{Email: "rogue@net.example", Mailbox: mailbox("1")}); err != nil {
		t.Errorf("signing up: %v", err)
	}
}

// TestActs asks for the challenge of an act and answers it with the key.
func TestActs(t *testing.T) {
	s := newStub(t)
	w := s.world(t)
	b := newBrowser(s.console.URL, "test")
	if err := b.enter(t.Context(), s.console.URL, w.Officer); err != nil {
		t.Fatal(err)
	}
	var roll struct{ Entries []any }
	if err := b.act(t.Context(), w.Officer.Key, "export", map[string]any{}, &roll); err != nil || roll.Entries == nil {
		t.Errorf("export: %v", err)
	}
	var p *problem
	if err := b.act(t.Context(), w.Officer.Key, "propose", map[string]any{}, nil); !errors.As(err, &p) || p.Reason != "no_role" || !strings.Contains(p.Error(), "403") {
		t.Errorf("propose: %v", err)
	}
	if err := b.act(t.Context(), nil, "propose", map[string]any{}, nil); !errors.Is(err, errNoKey) {
		t.Errorf("without a key: %v", err)
	}
	if err := b.presence(t.Context(), s.console.URL, newKey()); !errors.Is(err, errNoKey) {
		t.Errorf("with another key: %v", err)
	}
	if err := b.enrol(t.Context(), s.console.URL, "0000", newKey()); !errors.As(err, &p) || p.Reason != "passkey_required" {
		t.Errorf("enrolling: %v", err)
	}
	if err := b.ask(t.Context(), "GET", s.console.URL+"/signup", nil, &roll); err == nil || errors.As(err, &p) && p.Status == 200 {
		t.Errorf("HTML read as JSON: %v", err)
	}
}

func TestRefusal(t *testing.T) {
	for name, c := range map[string]struct {
		page page
		want string // the reason; empty: none
	}{
		"a page":         {page{status: 200}, ""},
		"a problem":      {page{status: 403, body: []byte(`{"type":"https://cloison.example/reasons/day_full","title":"x"}`)}, "day_full"},
		"no JSON":        {page{status: 502, body: []byte("<html>")}, "http_502"},
		"JSON, no type":  {page{status: 404, body: []byte(`{}`)}, "http_404"},
		"sent elsewhere": {page{status: 303}, "http_303"},
	} {
		r := c.page.refusal()
		if (r == nil) != (c.want == "") || r != nil && (r.Reason != c.want || r.Status != c.page.status) {
			t.Errorf("%s: %+v", name, r)
		}
	}
}

// TestVisit reads as an ordinary agent does.
func TestVisit(t *testing.T) {
	tool := listen(t, map[string]http.HandlerFunc{})
	if _, err := SignIn(t.Context(), tool.URL, Actor{}); err == nil {
		t.Error("signed in where there is no sign-in")
	}
	s := newStub(t)
	s.lease = 1
	w := s.world(t)
	v, err := SignIn(t.Context(), s.console.URL, w.Officer)
	if err != nil {
		t.Fatal(err)
	}
	v.tool = s.tool.URL
	if status, body, err := v.Open(t.Context(), "1"); err != nil || status != 200 || !strings.Contains(string(body), `"id":"1"`) {
		t.Errorf("%d %s %v", status, body, err)
	}
	if status, _, err := v.Open(t.Context(), "2"); err != nil || status != 401 {
		t.Errorf("beyond the lease: %d, %v", status, err)
	}
	if status, _, err := v.Get(t.Context(), "/nothing"); err != nil || status != 404 {
		t.Errorf("%d, %v", status, err)
	}
}

func TestReadFile(t *testing.T) {
	const good = `
tool: https://tool.example
sign_up: https://provider.example/signup
mailbox: https://mail.example/last?to=
persons: 1600000
communes: ["35238"]
manager: {email: manager@net.example, password: p, answer: "123456"}
officer: {email: officer@net.example, password: p, code: 0000-1111}
rogues: [{email: r1@net.example, password: p, subject: s1}]
`
	f, err := ReadFile(strings.NewReader(good))
	if err != nil || f.Persons != 1_600_000 || f.Officer.Code != "0000-1111" || f.Rogues[0].Subject != "s1" {
		t.Fatalf("%+v, %v", f, err)
	}
	for _, bad := range []string{good + "typo: 1\n", "tool: [", strings.Replace(good, "persons: 1600000", "persons: many", 1)} {
		if _, err := ReadFile(strings.NewReader(bad)); cloison.KindOf(err) != cloison.Invalid {
			t.Errorf("%q: %v", bad, err)
		}
	}
	f.Officer.Code = "" // no console is at hand to enrol at
	w, err := f.World(t.Context(), "https://console.example")
	if err != nil || w.Console != "https://console.example" || w.Subject("r1@net.example") != "s1" || w.Subject("other") != "" || w.Manager.Key != nil {
		t.Fatalf("%+v, %v", w, err)
	}
	if code, err := w.Manager.Mailbox(t.Context()); code != "123456" || err != nil {
		t.Errorf("the answer: %q, %v", code, err)
	}
	mail := listen(t, map[string]http.HandlerFunc{"GET /last": func(w http.ResponseWriter, r *http.Request) {
		if r.FormValue("to") == "r1@net.example" {
			htmlPage(w, "<p>Votre code : 204060. Il a 6 chiffres, et la page 1234567 non.")
		}
	}})
	f.Mailbox = mail.URL + "/last?to="
	if code, err := f.actor(f.Rogues[0]).Mailbox(t.Context()); code != "204060" || err != nil {
		t.Errorf("the mailbox: %q, %v", code, err)
	}
	if _, err := f.actor(FileActor{Email: "nobody@net.example"}).Mailbox(t.Context()); cloison.KindOf(err) != cloison.NotFound {
		t.Errorf("an empty mailbox: %v", err)
	}
	f.Officer.Code = "0000-1111"
	s := newStub(t)
	f.Officer.Password = "officer"
	if _, err := f.World(t.Context(), s.console.URL); err == nil {
		t.Error("a code that the console refuses enrolled an actor")
	}
}
