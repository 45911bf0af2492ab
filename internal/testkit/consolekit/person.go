package consolekit

import (
	"bytes"
	"cloison"
	"cloison/access/directory"
	"cloison/internal/demo/network"
	"cloison/internal/fakes/softkey"
	"cloison/internal/testkit"
	"encoding/json"
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"strings"

	"golang.org/x/net/html"
)

// SignIn goes through the provider's pages.
func (w *World) SignIn(c *testkit.Window, a network.Agent, inspect func(name string)) {
	w.Helper()
	c.Open(w.At("/cloison/"))
	inspect("porte-1-connexion")
	c.Press(`a[href^="/cloison/signin"]`)
	c.Fill(`input[name=email]`, a.Email+"\r")
	c.Fill(`input[name=password]`, a.Password+"\r")
	c.Visible(`input[name=code]`)
	answer := a.Key
	if answer == "" {
		answer, _ = w.Provider.CodeFor(a.Email)
	}
	c.Fill(`input[name=code]`, answer+"\r")
	c.Until(Title, "Il vous manque")
}

// Gesture reads the options out of the page that asks for the passkey, lets the key answer, and sends the page's form
// as the script does.
func (p *Person) Gesture(page Answer) Answer {
	p.W.Helper()
	form := Find(Parse(page.Body), func(n *html.Node) bool { return Attr(n, "data-passkey") == "act" })
	if form == nil {
		p.W.Fatalf("%d: the page asks for no passkey: %s", page.Status, page.Body)
	}
	assertion, err := p.Key.Assert(p.W.URL, []byte(Attr(form, "data-options")))
	p.W.Must(err)
	return p.Form(Attr(form, "action"), "assertion", string(assertion), "back", Values(form, "back")[0])
}

// Person is somebody with a browser and a key.
type Person struct {
	W       *World
	Client  *http.Client
	Key     *softkey.Key
	Agent   network.Agent
	Account directory.Account

	LastAttempt string // the path of the course that it followed last
}

func (w *World) Visitor() *Person {
	jar, err := cookiejar.New(nil)
	w.Must(err)
	return &Person{W: w, Client: &http.Client{Jar: jar}, Key: softkey.New()}
}

// Enter signs an agent in, enrols it with the operator's code, and shows its passkey.
func (w *World) Enter(a network.Agent) *Person {
	w.Helper()
	p := w.Visitor()
	p.Agent = a
	p.SignIn()
	account, err := w.DB.AccountByBinding(w.Ctx, directory.Binding{IdP: a.IdP, Sub: a.Sub})
	w.Must(err)
	code, err := w.Approvals.IssueCode(w.Ctx, account.ID, false)
	w.Must(err)
	p.Enrol(code.Reveal())
	p.Presence()
	return p
}

// Lend gives somebody's session to a real browser, which must be the one of w.browser.
func (p *Person) Lend(c *testkit.Window) {
	p.W.Helper()
	at, err := url.Parse(p.W.URL)
	p.W.Must(err)
	c.Open(p.W.At("/cloison/"))
	for _, k := range p.Client.Jar.Cookies(at) {
		testkit.Eval[bool](c, "document.cookie = '"+k.Name+"="+k.Value+"; path=/'; true")
	}
}

func (p *Person) SignIn() {
	p.W.Helper()
	resp := p.Get("/cloison/signin?return=%2Fcloison%2F", "text/html")
	for range 5 {
		form := FormOf(resp.Body)
		if form == nil || !strings.Contains(form.action, "/interaction/") {
			break
		}
		if _, ok := form.values["password"]; ok {
			form.values.Set("password", p.Agent.Password)
		} else if _, ok := form.values["code"]; ok && p.Agent.Key != "" {
			form.values.Set("code", p.Agent.Key)
		} else if ok {
			code, _ := p.W.Provider.CodeFor(p.Agent.Email)
			form.values.Set("code", code)
		} else {
			form.values.Set("email", p.Agent.Email)
		}
		to, err := resp.URL.Parse(form.action)
		p.W.Must(err)
		r, err := http.NewRequest("POST", to.String(), strings.NewReader(form.values.Encode()))
		p.W.Must(err)
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		resp = p.Send(r)
	}
	if resp.Status != 200 || resp.URL.Path != "/cloison/" {
		p.W.Fatalf("sign-in ended at %s with %d: %s", resp.URL, resp.Status, resp.Body)
	}
}

func (p *Person) Enrol(code string) {
	p.W.Helper()
	p.OK(p.Post("/cloison/enrol", map[string]string{"code": code}), nil)
	var options json.RawMessage
	p.OK(p.Post("/cloison/passkey/options", struct{}{}), &options)
	made, err := p.Key.Register(p.W.URL, options)
	p.W.Must(err)
	p.OK(p.Post("/cloison/passkey", json.RawMessage(made)), nil)
	var session struct{ Account cloison.AccountID }
	p.OK(p.Get("/cloison/session", "application/json"), &session)
	p.Account, err = p.W.DB.Account(p.W.Ctx, session.Account)
	p.W.Must(err)
}

func (p *Person) Presence() {
	p.W.Helper()
	var begun struct {
		Act     string
		Options json.RawMessage
	}
	p.OK(p.Post("/cloison/act/presence/options", struct{}{}), &begun)
	assertion, err := p.Key.Assert(p.W.URL, begun.Options)
	p.W.Must(err)
	p.OK(p.Post("/cloison/act/presence", map[string]any{"act": begun.Act, "assertion": json.RawMessage(assertion)}), nil)
}

// Answer is what somebody received.
type Answer struct {
	Status int
	Header http.Header
	Body   string
	URL    *url.URL
}

// Reason is the last part of a problem's type; empty when it is none.
func (a Answer) Reason() string {
	var p struct{ Type string }
	if a.Header.Get("Content-Type") != "application/problem+json" || json.Unmarshal([]byte(a.Body), &p) != nil {
		return ""
	}
	return p.Type[strings.LastIndexByte(p.Type, '/')+1:]
}

func (p *Person) Get(path, accept string) Answer {
	p.W.Helper()
	r, err := http.NewRequest("GET", p.W.URL+path, nil)
	p.W.Must(err)
	r.Header.Set("Accept", accept)
	return p.Send(r)
}

func (p *Person) JSON(path string, into any) Answer {
	p.W.Helper()
	a := p.Get(path, "application/json")
	p.OK(a, into)
	return a
}

func (p *Person) Post(path string, body any) Answer {
	p.W.Helper()
	b, err := json.Marshal(body)
	p.W.Must(err)
	r, err := http.NewRequest("POST", p.W.URL+path, bytes.NewReader(b))
	p.W.Must(err)
	r.Header.Set("Content-Type", "application/json")
	r.Header.Set("Accept", "application/json")
	r.Header.Set("Sec-Fetch-Site", "same-origin")
	return p.Send(r)
}

// Form sends a form as a browser without scripts does.
func (p *Person) Form(path string, fields ...string) Answer {
	p.W.Helper()
	values := url.Values{}
	for i := 0; i < len(fields); i += 2 {
		values.Add(fields[i], fields[i+1])
	}
	r, err := http.NewRequest("POST", p.W.URL+path, strings.NewReader(values.Encode()))
	p.W.Must(err)
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	r.Header.Set("Accept", "text/html")
	r.Header.Set("Sec-Fetch-Site", "same-origin")
	return p.Send(r)
}

func (p *Person) Send(r *http.Request) Answer {
	p.W.Helper()
	if p.W.Browser != "" {
		r.Header.Set("User-Agent", p.W.Browser)
	}
	resp, err := p.Client.Do(r)
	p.W.Must(err)
	defer resp.Body.Close()
	b, err := io.ReadAll(resp.Body)
	p.W.Must(err)
	return Answer{resp.StatusCode, resp.Header, string(b), resp.Request.URL}
}

// OK reads the JSON of an answer that is not a refusal.
func (p *Person) OK(a Answer, into any) {
	p.W.Helper()
	if a.Status >= 300 {
		p.W.Fatalf("%s answered %d: %s", a.URL.Path, a.Status, a.Body)
	}
	if into != nil {
		p.W.Must(json.Unmarshal([]byte(a.Body), into))
	}
}

// Begin asks for an act.
func (p *Person) Begin(verb string, subject any) Answer {
	p.W.Helper()
	return p.Post("/actes", map[string]any{"verb": verb, "subject": subject})
}

// Act does one whole act with the passkey, and reads its result.
func (p *Person) Act(verb string, subject, into any) (says string) {
	p.W.Helper()
	var begun struct {
		Act, Says string
		Options   json.RawMessage
	}
	p.OK(p.Begin(verb, subject), &begun)
	assertion, err := p.Key.Assert(p.W.URL, begun.Options)
	p.W.Must(err)
	p.OK(p.Post("/actes/"+begun.Act, json.RawMessage(assertion)), into)
	return begun.Says
}

// form is the first POST form of a page.
type form struct {
	action string
	values url.Values
}

func FormOf(page string) *form {
	var f *form
	for z := html.NewTokenizer(strings.NewReader(page)); ; {
		switch z.Next() {
		case html.ErrorToken:
			return f
		case html.StartTagToken, html.SelfClosingTagToken:
			t := z.Token()
			attribute := map[string]string{}
			for _, a := range t.Attr {
				attribute[a.Key] = a.Val
			}
			switch {
			case t.Data == "form" && strings.EqualFold(attribute["method"], "post") && f == nil:
				f = &form{attribute["action"], url.Values{}}
			case t.Data == "input" && f != nil && attribute["name"] != "":
				f.values.Set(attribute["name"], attribute["value"])
			}
		case html.EndTagToken:
			if t := z.Token(); t.Data == "form" && f != nil {
				return f
			}
		}
	}
}
