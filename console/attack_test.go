package console_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"

	"golang.org/x/net/html"

	"cloison/access/approval"
	"cloison/access/directory"
	"cloison/internal/demo/network"
	"cloison/internal/testkit/consolekit"
	"cloison/ledger/journal"
)

// TestSubjectsAreReadStrictly sends acts in other forms than ours.
func TestSubjectsAreReadStrictly(t *testing.T) {
	w := consolekit.New(t)
	officer := w.Enter(w.Agent(-1, network.Officer, 0))
	target := w.AccountOf(w.Agent(0, network.Adviser, 0)).ID.String()
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
		r, err := http.NewRequest("POST", w.URL+"/actes", strings.NewReader(body))
		w.Must(err)
		r.Header.Set("Content-Type", "application/json")
		r.Header.Set("Accept", "application/json")
		r.Header.Set("Sec-Fetch-Site", "same-origin")
		if a := officer.Send(r); a.Status < 400 || a.Status >= 500 || a.Reason() == "" {
			t.Errorf("%.120q: %d %s", body, a.Status, a.Body)
		}
	}
	for reason, subject := range map[string]any{
		"field": map[string]any{"account": target, "reason": "because I say so"},
	} {
		if a := officer.Begin("suspend", subject); a.Reason() != reason {
			t.Errorf("%v: %d %s", subject, a.Status, a.Body)
		}
	}
}

// TestOtherSitesMayNotPost sends what another site's page could make a browser send.
func TestOtherSitesMayNotPost(t *testing.T) {
	w := consolekit.New(t)
	officer := w.Enter(w.Agent(-1, network.Officer, 0))
	for _, path := range []string{"/actes", "/actes/nabc", "/cloison/enrolement", "/cloison/enrol", "/cloison/sortie", "/cloison/signout", "/cloison/act/presence"} {
		for header, value := range map[string]string{"Sec-Fetch-Site": "cross-site", "Origin": "https://voleur.example"} {
			for _, kind := range []string{"application/json", "application/x-www-form-urlencoded"} {
				r, err := http.NewRequest("POST", w.URL+path, strings.NewReader("{}"))
				w.Must(err)
				r.Header.Set("Content-Type", kind)
				r.Header.Set("Accept", "application/json")
				r.Header.Set(header, value)
				if a := officer.Send(r); a.Status != 403 || a.Reason() != "cross_site" {
					t.Errorf("%s from %s: %s, as %s: %d %s", path, header, value, kind, a.Status, a.Body)
				}
			}
		}
	}
	officer.JSON("/journal", nil) // still signed in
}

// TestEveryAnswerHasItsHeaders looks at pages, refusals, files and JSON.
func TestEveryAnswerHasItsHeaders(t *testing.T) {
	w := consolekit.New(t)
	officer := w.Enter(w.Agent(-1, network.Officer, 0))
	for _, path := range []string{"/", "/journal", "/rien", "/cloison/", "/cloison/presence", "/cloison/refusals/locked", "/cloison/static/cloison.css"} {
		for _, accept := range []string{"text/html", "application/json"} {
			a := officer.Get(path, accept)
			csp := a.Header.Get("Content-Security-Policy")
			for _, part := range []string{"default-src 'none'", "script-src 'self'", "form-action 'self'", "frame-ancestors 'none'", "base-uri 'none'"} {
				if !strings.Contains(csp, part) {
					t.Errorf("%s: the policy %q has no %s", path, csp, part)
				}
			}
			if a.Header.Get("X-Content-Type-Options") != "nosniff" || a.Header.Get("Cache-Control") != "no-store" {
				t.Errorf("%s has %v", path, a.Header)
			}
		}
	}
	page := officer.Get("/", "text/html")
	for _, name := range []string{"cloison.css", "passkey.js"} {
		i := strings.Index(page.Body, "/cloison/static/"+name)
		if i < 0 {
			t.Fatalf("the page does not load %s", name)
		}
		address := page.Body[i:]
		address = address[:strings.IndexByte(address, '"')]
		if a := officer.Get(address, "*/*"); a.Status != 200 || !strings.Contains(a.Header.Get("Cache-Control"), "immutable") {
			t.Errorf("%s: %d %v", address, a.Status, a.Header)
		}
	}
	for _, path := range []string{"/cloison/static/../fr.json", "/cloison/static/%2e%2e%2ffr.json", "/cloison/static/", "/cloison/static/doc.go"} {
		if a := officer.Get(path, "*/*"); a.Status == 200 && !strings.Contains(a.URL.Path, "static") {
			continue
		} else if a.Status == 200 {
			t.Errorf("%s is served", path)
		}
	}
}

// TestNobodyIsSentElsewhere tries to leave by ?return=.
func TestNobodyIsSentElsewhere(t *testing.T) {
	w := consolekit.New(t)
	officer := w.Enter(w.Agent(-1, network.Officer, 0))
	host := strings.TrimPrefix(w.URL, "http://")
	for to, want := range map[string]string{"/journal?before=3": "/journal?before=3", "http://" + host + "/journal": "/journal",
		"https://voleur.example/": "/", "//voleur.example/": "/", `/\voleur.example`: "/", "javascript:alert(1)": "/", "": "/",
		"http://" + host + "@voleur.example/": "/", "http://voleur.example/" + host: "/"} {
		for _, path := range []string{"/cloison/presence", "/cloison/step-up"} {
			a := officer.Get(path+"?return="+url.QueryEscape(to), "text/html")
			if !strings.Contains(a.Body, `data-next="`+html.EscapeString(want)+`"`) {
				t.Errorf("%q leads elsewhere than %s: %s", to, want, a.Body)
			}
		}
	}
}

// TestWhatPeopleTypeStaysText puts markup into every name and looks for it in every page, as a parser of HTML sees
// them.
func TestWhatPeopleTypeStaysText(t *testing.T) {
	w := consolekit.New(t)
	officer := w.Enter(w.Promote(w.Agent(-1, network.Officer, 0), directory.Officer|directory.Approver))
	_, err := w.DB.ImportStructures(w.Ctx, []directory.Structure{{ID: "ML-evil", SIRET: "35600000000048", Label: consolekit.Evil}})
	w.Must(err)
	manager := w.Agent(0, network.Manager, 0)
	for _, a := range []network.Agent{manager, officer.Agent} {
		account := w.AccountOf(a)
		account.Name = consolekit.Evil
		w.Must(w.DB.UpdateAccount(w.Ctx, account))
	}
	account := w.AccountOf(manager)
	account.Structure = "ML-evil"
	w.Must(w.DB.UpdateAccount(w.Ctx, account))
	p := approval.Proposal{ID: 77, Kind: approval.NewAccount, Structure: "ML-evil", Name: consolekit.Evil, Email: consolekit.Evil, Roles: directory.Adviser, By: account.ID,
		Made: account.Created, State: approval.Open}
	w.Must(w.DB.AddProposal(w.Ctx, p, account.Created, 99, 99))
	w.Must(w.DB.AddEvent(w.Ctx, journal.Event{At: account.Created, Code: consolekit.Evil, Actor: account.ID, Account: account.ID, Detail: map[string]string{consolekit.Evil: consolekit.Evil}}))
	id := account.ID.String()
	pages := []consolekit.Answer{
		officer.Form("/actes", "verb", "suspend", "account", id, "reason", "suspicion"),
		officer.Form("/actes", "verb", "propose", "kind", "new_account", "name", consolekit.Evil, "email", "x@exemple.example", "roles", "adviser", "structure", "ML-evil"),
		officer.Form("/actes", "verb", consolekit.Evil),
		officer.Form("/actes/"+url.PathEscape(consolekit.Evil), "assertion", consolekit.Evil),
	}
	for _, path := range []string{"/", "/habilitations", "/habilitations?structure=ML-evil", "/habilitations/" + id, "/propositions", "/exposition?account=" + id,
		"/exposition", "/confinements/apercu?account=" + id, "/releve?accounts=" + id, "/journal", "/registre?account=" + id} {
		pages = append(pages, officer.Get(path, "text/html"))
	}
	for _, path := range []string{"/habilitations?q=", "/habilitations?structure=", "/habilitations?after=", "/exposition?structure=", "/alarmes?since=",
		"/registre?account=", "/releve?accounts=", "/cloison/?return=", "/cloison/presence?return=", "/cloison/refusals/", "/?lang="} {
		pages = append(pages, officer.Get(path+url.QueryEscape(consolekit.Evil), "text/html"))
	}
	seen := 0
	for _, page := range pages {
		if page.Header.Get("Content-Type") != "text/html; charset=utf-8" {
			t.Errorf("%s is %s", page.URL, page.Header.Get("Content-Type"))
		}
		seen += strings.Count(page.Body, "voleur.example")
		for z := html.NewTokenizer(strings.NewReader(page.Body)); z.Next() != html.ErrorToken; {
			token := z.Token()
			if token.Type != html.StartTagToken && token.Type != html.SelfClosingTagToken {
				continue
			}
			for _, a := range token.Attr {
				if token.Data == "img" || strings.HasPrefix(a.Key, "on") || a.Key == "src" && !strings.HasPrefix(a.Val, "/cloison/static/") {
					t.Errorf("%s holds %s", page.URL, token)
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
	w := consolekit.New(t)
	v := w.Visitor()
	ask := func(path, language string) string {
		r, err := http.NewRequest("GET", w.URL+path, nil)
		w.Must(err)
		r.Header.Set("Accept", "text/html")
		r.Header.Set("Accept-Language", language)
		a := v.Send(r)
		return a.Header.Get("Content-Language")
	}
	for _, line := range [][3]string{{"/cloison/", "", "fr"}, {"/cloison/", "de", "fr"}, {"/cloison/", "en-GB,en;q=0.9", "en"}, {"/cloison/", "fr;q=0.5,en", "en"},
		{"/cloison/?lang=fr", "en", "fr"}, {"/cloison/", "en", "fr"}, {"/cloison/?lang=xx", "en", "en"}, {"/cloison/?lang=en", "fr", "en"}, {"/cloison/", "fr", "en"}} {
		if got := ask(line[0], line[1]); got != line[2] {
			t.Errorf("%v: %s", line, got)
		}
	}
}
