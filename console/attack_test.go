package console_test

import (
	"log/slog"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"golang.org/x/net/html"

	"cloison/access/approval"
	"cloison/access/directory"
	"cloison/internal/demo/network"
)

func quiet() *slog.Logger { return slog.New(slog.DiscardHandler) }

// TestSubjectsAreReadStrictly sends acts in other forms than ours.
func TestSubjectsAreReadStrictly(t *testing.T) {
	w := newWorld(t)
	officer := w.enter(w.agent(-1, network.Officer, 0))
	target := w.accountOf(w.agent(0, network.Adviser, 0)).ID.String()
	for _, body := range []string{
		``, `null`, `[]`, `"suspend"`, `{`, `{"verb":"suspend"}`, `{"verb":"suspend","subject":null}`, `{"verb":"suspend","subject":[]}`,
		`{"verb":"suspend","subject":{"account":"` + target + `","reason":"other","force":true}}`,
		`{"verb":"suspend","subject":{"account":"` + target + `","account":"` + target + `","reason":"other"}}`,
		`{"verb":"suspend","subject":{"ACCOUNT":"` + target + `","reason":"other"}}`,
		`{"verb":"suspend","subject":{"account":12,"reason":"other"}}`,
		`{"verb":"suspend","subject":{"account":"a-","reason":"other"}}`,
		`{"verb":"suspend","subject":{"account":"` + target + `","reason":"other"}}{}`,
		`{"verb":"suspend","verb":"contain","subject":{"account":"` + target + `","reason":"other"}}`,
		`{"verb":"suspend","subject":{"account":"` + target + `","reason":"other"},"by":"me"}`,
		"{\"verb\":\"suspend\",\"subject\":{\"account\":\"" + target + "\",\"reason\":\"\xff\"}}",
		`{"verb":"suspend","subject":{"account":"` + target + `","reason":"` + strings.Repeat("x", 70<<10) + `"}}`,
	} {
		r, err := http.NewRequest("POST", w.url+"/actes", strings.NewReader(body))
		w.must(err)
		r.Header.Set("Content-Type", "application/json")
		r.Header.Set("Accept", "application/json")
		r.Header.Set("Sec-Fetch-Site", "same-origin")
		if a := officer.send(r); a.status < 400 || a.status >= 500 || a.reason() == "" {
			t.Errorf("%.120q: %d %s", body, a.status, a.body)
		}
	}
	for reason, subject := range map[string]any{
		"field": map[string]any{"account": target, "reason": "because I say so"},
	} {
		if a := officer.begin("suspend", subject); a.reason() != reason {
			t.Errorf("%v: %d %s", subject, a.status, a.body)
		}
	}
}

// TestOtherSitesMayNotPost sends what another site's page could make a browser send.
func TestOtherSitesMayNotPost(t *testing.T) {
	w := newWorld(t)
	officer := w.enter(w.agent(-1, network.Officer, 0))
	for _, path := range []string{"/actes", "/actes/nabc", "/cloison/enrolement", "/cloison/enrol", "/cloison/sortie", "/cloison/signout", "/cloison/act/presence"} {
		for header, value := range map[string]string{"Sec-Fetch-Site": "cross-site", "Origin": "https://voleur.example"} {
			for _, kind := range []string{"application/json", "application/x-www-form-urlencoded"} {
				r, err := http.NewRequest("POST", w.url+path, strings.NewReader("{}"))
				w.must(err)
				r.Header.Set("Content-Type", kind)
				r.Header.Set("Accept", "application/json")
				r.Header.Set(header, value)
				if a := officer.send(r); a.status != 403 || a.reason() != "cross_site" {
					t.Errorf("%s from %s: %s, as %s: %d %s", path, header, value, kind, a.status, a.body)
				}
			}
		}
	}
	officer.json("/journal", nil) // still signed in
}

// TestEveryAnswerHasItsHeaders looks at pages, refusals, files and JSON.
func TestEveryAnswerHasItsHeaders(t *testing.T) {
	w := newWorld(t)
	officer := w.enter(w.agent(-1, network.Officer, 0))
	for _, path := range []string{"/", "/journal", "/rien", "/cloison/", "/cloison/presence", "/cloison/refusals/locked", "/cloison/static/cloison.css"} {
		for _, accept := range []string{"text/html", "application/json"} {
			a := officer.get(path, accept)
			csp := a.header.Get("Content-Security-Policy")
			for _, part := range []string{"default-src 'none'", "script-src 'self'", "form-action 'self'", "frame-ancestors 'none'", "base-uri 'none'"} {
				if !strings.Contains(csp, part) {
					t.Errorf("%s: the policy %q has no %s", path, csp, part)
				}
			}
			if a.header.Get("X-Content-Type-Options") != "nosniff" || a.header.Get("Cache-Control") != "no-store" {
				t.Errorf("%s has %v", path, a.header)
			}
		}
	}
	page := officer.get("/", "text/html")
	for _, name := range []string{"cloison.css", "passkey.js"} {
		i := strings.Index(page.body, "/cloison/static/"+name)
		if i < 0 {
			t.Fatalf("the page does not load %s", name)
		}
		address := page.body[i:]
		address = address[:strings.IndexByte(address, '"')]
		if a := officer.get(address, "*/*"); a.status != 200 || !strings.Contains(a.header.Get("Cache-Control"), "immutable") {
			t.Errorf("%s: %d %v", address, a.status, a.header)
		}
	}
	for _, path := range []string{"/cloison/static/../fr.json", "/cloison/static/%2e%2e%2ffr.json", "/cloison/static/", "/cloison/static/doc.go"} {
		if a := officer.get(path, "*/*"); a.status == 200 && !strings.Contains(a.url.Path, "static") {
			continue
		} else if a.status == 200 {
			t.Errorf("%s is served", path)
		}
	}
}

// TestNobodyIsSentElsewhere tries to leave by ?return=.
func TestNobodyIsSentElsewhere(t *testing.T) {
	w := newWorld(t)
	officer := w.enter(w.agent(-1, network.Officer, 0))
	host := strings.TrimPrefix(w.url, "http://")
	for to, want := range map[string]string{"/journal?before=3": "/journal?before=3", "http://" + host + "/journal": "/journal",
		"https://voleur.example/": "/", "//voleur.example/": "/", `/\voleur.example`: "/", "javascript:alert(1)": "/", "": "/",
		"http://" + host + "@voleur.example/": "/", "http://voleur.example/" + host: "/"} {
		for _, path := range []string{"/cloison/presence", "/cloison/step-up"} {
			a := officer.get(path+"?return="+url.QueryEscape(to), "text/html")
			if !strings.Contains(a.body, `data-next="`+html.EscapeString(want)+`"`) {
				t.Errorf("%q leads elsewhere than %s: %s", to, want, a.body)
			}
		}
	}
}

// evil is what a partner may type in a name.
const evil = `"><script src=//voleur.example></script><img src=x onerror=alert(1)>'"&{{.}}`

// TestWhatPeopleTypeStaysText puts markup into every name and looks for it in every page, as a parser of HTML sees
// them.
func TestWhatPeopleTypeStaysText(t *testing.T) {
	w := newWorld(t)
	officer := w.enter(w.promote(w.agent(-1, network.Officer, 0), directory.Officer|directory.Approver))
	_, err := w.db.ImportStructures(w.ctx, []directory.Structure{{ID: "ML-evil", SIRET: "35600000000048", Label: evil}})
	w.must(err)
	manager := w.agent(0, network.Manager, 0)
	for _, a := range []network.Agent{manager, officer.agent} {
		account := w.accountOf(a)
		account.Name = evil
		w.must(w.db.UpdateAccount(w.ctx, account))
	}
	account := w.accountOf(manager)
	account.Structure = "ML-evil"
	w.must(w.db.UpdateAccount(w.ctx, account))
	p := approval.Proposal{ID: 77, Kind: approval.NewAccount, Structure: "ML-evil", Name: evil, Email: evil, Roles: directory.Adviser, By: account.ID,
		Made: account.Created, State: approval.Open}
	w.must(w.db.AddProposal(w.ctx, p, account.Created, 99, 99))
	w.must(w.db.AddEvent(w.ctx, directory.Event{At: account.Created, Code: evil, Actor: account.ID, Account: account.ID, Detail: map[string]string{evil: evil}}))
	id := account.ID.String()
	pages := []answer{
		officer.form("/actes", "verb", "suspend", "account", id, "reason", "suspicion"),
		officer.form("/actes", "verb", "propose", "kind", "new_account", "name", evil, "email", "x@exemple.example", "roles", "adviser", "structure", "ML-evil"),
		officer.form("/actes", "verb", evil),
		officer.form("/actes/"+url.PathEscape(evil), "assertion", evil),
	}
	for _, path := range []string{"/", "/habilitations", "/habilitations?structure=ML-evil", "/habilitations/" + id, "/propositions", "/exposition?account=" + id,
		"/exposition", "/confinements/apercu?account=" + id, "/releve?accounts=" + id, "/journal", "/registre?account=" + id} {
		pages = append(pages, officer.get(path, "text/html"))
	}
	for _, path := range []string{"/habilitations?q=", "/habilitations?structure=", "/habilitations?after=", "/exposition?structure=", "/alarmes?since=",
		"/registre?account=", "/releve?accounts=", "/cloison/?return=", "/cloison/presence?return=", "/cloison/refusals/", "/?lang="} {
		pages = append(pages, officer.get(path+url.QueryEscape(evil), "text/html"))
	}
	seen := 0
	for _, page := range pages {
		if page.header.Get("Content-Type") != "text/html; charset=utf-8" {
			t.Errorf("%s is %s", page.url, page.header.Get("Content-Type"))
		}
		seen += strings.Count(page.body, "voleur.example")
		for z := html.NewTokenizer(strings.NewReader(page.body)); z.Next() != html.ErrorToken; {
			token := z.Token()
			if token.Type != html.StartTagToken && token.Type != html.SelfClosingTagToken {
				continue
			}
			for _, a := range token.Attr {
				if token.Data == "img" || strings.HasPrefix(a.Key, "on") || a.Key == "src" && !strings.HasPrefix(a.Val, "/cloison/static/") {
					t.Errorf("%s holds %s", page.url, token)
				}
			}
		}
	}
	if seen < 20 {
		t.Errorf("the name is in the pages %d times only: the test looks at nothing", seen)
	}
}

// TestBothLanguages asks for pages by what a browser says, by address and by choice.
func TestBothLanguages(t *testing.T) {
	w := newWorld(t)
	v := w.visitor()
	ask := func(path, language string) string {
		r, err := http.NewRequest("GET", w.url+path, nil)
		w.must(err)
		r.Header.Set("Accept", "text/html")
		r.Header.Set("Accept-Language", language)
		a := v.send(r)
		return a.header.Get("Content-Language")
	}
	for _, line := range [][3]string{{"/cloison/", "", "fr"}, {"/cloison/", "de", "fr"}, {"/cloison/", "en-GB,en;q=0.9", "en"}, {"/cloison/", "fr;q=0.5,en", "en"},
		{"/cloison/?lang=fr", "en", "fr"}, {"/cloison/", "en", "fr"}, {"/cloison/?lang=xx", "en", "en"}, {"/cloison/?lang=en", "fr", "en"}, {"/cloison/", "fr", "en"}} {
		if got := ask(line[0], line[1]); got != line[2] {
			t.Errorf("%v: %s", line, got)
		}
	}
}
