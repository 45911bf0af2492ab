package gateway_test

import (
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"cloison"
	"cloison/internal/demo/network"
	"cloison/internal/fakes/tool"
	"cloison/internal/testkit"
	"cloison/wall/mapping"
)

func TestAFileLeavesMaskedAndRecorded(t *testing.T) {
	w := newWorld(t, files())
	a := w.do("GET", "/api/dossiers/07")
	want := strings.Replace(fileOf("07"), `"204050000000097"`, `"••••••••"`, 1)
	if a.status != 200 || a.body != want {
		t.Fatalf("%d %s", a.status, a.body)
	}
	for header, want := range map[string]string{"Cache-Control": "no-store", "Content-Length": strconv.Itoa(len(want)),
		"Content-Type": "application/json", "X-Content-Type-Options": "nosniff", "Cloison-Withheld": "", "Etag": ""} {
		if got := a.header.Get(header); got != want {
			t.Errorf("%s: %q, want %q", header, got, want)
		}
	}
	rows := w.rows()
	if len(rows) != 1 {
		t.Fatalf("%d rows", len(rows))
	}
	if r := rows[0]; r.Person != "07" || r.Fields != cloison.Identity|cloison.Phone || r.Operation != "read" || r.Tool != "dossiers" ||
		r.Request != a.header.Get("Cloison-Request") || r.Account != w.who.Account || r.Session != w.session.ID {
		t.Errorf("%+v", r)
	}
}

func TestARevealIsADisclosureOfItsOwn(t *testing.T) {
	w := newWorld(t, files())
	a := w.do("GET", "/api/dossiers/07", "Cloison-Reveal", "nir")
	if a.status != 200 || a.body != fileOf("07") {
		t.Fatalf("%d %s", a.status, a.body)
	}
	if rows := w.rows(); len(rows) != 1 || rows[0].Operation != "reveal" || !rows[0].Fields.Has(cloison.NIR) {
		t.Errorf("%+v", rows)
	}
	for path, reveal := range map[string]string{"/api/recherche": "nir", "/api/dossiers/08": "number", "/static/x": "nir"} {
		if p := w.do("GET", path, "Cloison-Reveal", reveal).problem(t); p.Status != 400 || p.Reasons[0].Code != "reveal" {
			t.Errorf("%s: %+v", path, p)
		}
	}
	if len(w.rows()) != 1 {
		t.Error("a refused reveal left a row")
	}
}

func TestRowsOfStrangersAreWithheld(t *testing.T) {
	w := newWorld(t, says(`{"total":4,"resultats":[{"id":"77","nom":"A"}, {"id":"01","nom":"B"},{"id":78,"nom":"C"},{"id":"02","nom":"D"}],"page":1}`))
	a := w.do("GET", "/api/recherche?nom=m")
	if a.status != 200 || a.body != `{"total":4,"resultats":[ {"id":"01","nom":"B"},{"id":"02","nom":"D"}],"page":1}` {
		t.Fatalf("%d %s", a.status, a.body)
	}
	if a.header.Get("Cloison-Withheld") != "2" || a.header.Get("Cloison-Withheld-For") != "not_explained=2" {
		t.Error(a.header)
	}
	if rows := w.rows(); len(rows) != 2 || rows[0].Person != "01" || rows[1].Person != "02" {
		t.Errorf("%+v", rows)
	}
}

func TestAListThatShowsNobodySaysWhy(t *testing.T) {
	w := newWorld(t, says(`{"resultats":[{"id":"01"},{"id":"02"},{"id":"77"}]}`))
	w.Must(w.DB.RenewPresence(t.Context(), w.session.ID, 1))
	a := w.do("GET", "/api/recherche")
	if a.status != 200 || a.body != `{"resultats":[{"id":"01"}]}` || a.header.Get("Cloison-Withheld-For") != "presence=1, not_explained=1" ||
		a.header.Get("Cloison-Step-Up") != public+"/cloison/step-up?return=%2F" {
		t.Errorf("%+v", a)
	}
	w.Must(w.DB.RenewPresence(t.Context(), w.session.ID, 0))
	w = newWorld(t, says(`{"resultats":[{"id":"02"},{"id":"77"}]}`))
	w.Must(w.DB.RenewPresence(t.Context(), w.session.ID, 0))
	a = w.do("GET", "/api/recherche")
	if p := a.problem(t); p.Status != 403 || len(p.Reasons) != 2 || p.Action != public+"/cloison/step-up?return=%2F" {
		t.Errorf("%+v", p)
	}
	w = newWorld(t, says(`{"resultats":[{"id":"77"}]}`))
	if a = w.do("GET", "/api/recherche"); a.status != 200 || a.body != `{"resultats":[]}` || a.header.Get("Cloison-Withheld") != "1" {
		t.Errorf("%+v", a)
	}
}

func TestAStrangersFileIsRefusedInBothLanguages(t *testing.T) {
	w := newWorld(t, files())
	for lang, want := range map[string][2]string{
		"":         {"Ce dossier n’est pas rattaché à votre portefeuille.", "fr"},
		"en-GB,fr": {"This file is not in your caseload.", "en"},
	} {
		a := w.do("GET", "/api/dossiers/99", "Accept-Language", lang)
		if p := a.problem(t); p.Status != 403 || p.Detail != want[0] || a.header.Get("Content-Language") != want[1] || p.Reasons[0].Code != "not_explained" {
			t.Errorf("%+v", p)
		}
		page := w.do("GET", "/api/dossiers/99", "Accept-Language", lang, "Sec-Fetch-Mode", "navigate")
		if page.status != 403 || !strings.HasPrefix(page.body, "<!doctype html>\n<html lang=\""+want[1]) || !strings.Contains(page.body, want[0]) ||
			!strings.Contains(page.body, page.header.Get("Cloison-Request")) {
			t.Errorf("%d %s", page.status, page.body)
		}
		_, style, _ := strings.Cut(page.body, "<style>")
		style, _, _ = strings.Cut(style, "</style>")
		sum := sha256.Sum256([]byte(style))
		if csp := page.header.Get("Content-Security-Policy"); !strings.Contains(csp, "'sha256-"+base64.StdEncoding.EncodeToString(sum[:])+"'") {
			t.Errorf("the page's own style is not allowed: %s", csp)
		}
		if strings.Contains(a.body+page.body, "Ménard") {
			t.Error("a refusal names the person")
		}
	}
	if len(w.rows()) != 0 {
		t.Error("a refusal left a row")
	}
}

func TestStepUp(t *testing.T) {
	w := newWorld(t, files())
	a := w.do("GET", "/api/dossiers/01?x=1", "Cookie", "__Host-cloison=weak", "Sec-Fetch-Mode", "cors", "Referer", w.url+"/static/page?q=1")
	if p := a.problem(t); p.Status != 401 || p.Reasons[0].Code != "weak_factor" || p.Action != public+"/cloison/step-up?return="+url.QueryEscape("/static/page?q=1") {
		t.Errorf("%+v", p)
	}
	if got := a.header.Get("WWW-Authenticate"); got != `Bearer error="insufficient_user_authentication", error_description="weak_factor", acr_values="own_passkey"` {
		t.Error(got)
	}
	for i := 1; i <= 20; i++ {
		if a := w.do("GET", "/api/dossiers/"+string(ref(i))); a.status != 200 {
			t.Fatalf("person %d: %d %s", i, a.status, a.body)
		}
	}
	a = w.do("GET", "/api/dossiers/21")
	if p := a.problem(t); p.Status != 401 || p.Reasons[0].Code != "presence" || !strings.Contains(a.header.Get("WWW-Authenticate"), `max_age="0"`) {
		t.Errorf("%+v %v", p, a.header)
	}
	if len(w.rows()) != 20 {
		t.Errorf("%d rows", len(w.rows()))
	}
}

func TestWhoIsNotSignedIn(t *testing.T) {
	var asked atomic.Int32
	w := newWorld(t, http.HandlerFunc(func(http.ResponseWriter, *http.Request) { asked.Add(1) }))
	a := w.do("GET", "/api/dossiers/01?a=b", "Cookie", "x=y", "Accept", "text/html,*/*")
	if a.status != 303 || a.header.Get("Location") != public+"/cloison/signin?return="+url.QueryEscape("/api/dossiers/01?a=b") {
		t.Errorf("%d %v", a.status, a.header)
	}
	a = w.do("GET", "/static/x", "Cookie", "x=y")
	if p := a.problem(t); p.Status != 401 || p.Reasons[0].Code != "signed_out" || a.header.Get("WWW-Authenticate") == "" {
		t.Errorf("%+v", p)
	}
	a = w.do("GET", "//elsewhere.example/x", "Cookie", "x=y", "Accept", "text/html")
	if a.status != 303 || a.header.Get("Location") != public+"/cloison/signin?return=%2F" {
		t.Errorf("a way to another site: %d %v", a.status, a.header)
	}
	if p := w.do("GET", "/nothing", "Cookie", "x=y").problem(t); p.Status != 401 {
		t.Errorf("routes can be probed without a session: %+v", p)
	}
	if p := w.do("GET", "/static/x", "Cookie", "__Host-cloison=nobody").problem(t); p.Status != 403 || p.Reasons[0].Code != "no_account" {
		t.Errorf("%+v", p)
	}
	if p := w.do("GET", "/static/x", "Cookie", "__Host-cloison=broken").problem(t); p.Status != 503 || p.Reasons[0].Code != "closed_ledger" {
		t.Errorf("%+v", p)
	}
	if asked.Load() != 0 {
		t.Error("the tool was asked")
	}
}

func TestUnknownAddressesNeverReachTheTool(t *testing.T) {
	var asked atomic.Int32
	w := newWorld(t, http.HandlerFunc(func(http.ResponseWriter, *http.Request) { asked.Add(1) }))
	for request, want := range map[string]string{
		"GET /api/export":                    "404 unknown_route",
		"DELETE /api/dossiers/01":            "404 unknown_route",
		"OPTIONS /api/dossiers/01":           "404 unknown_route",
		"TRACE /static/x":                    "404 unknown_route",
		"GET /static/%2e%2e/api/dossiers/01": "404 unknown_route",
		"GET /static/..%2fapi":               "404 unknown_route",
		"GET /cloison/anything":              "404 unknown_route",
		"GET /api/recherche?a=%zz":           "400 bad_request",
		"GET /api/recherche?a;b":             "400 bad_request",
		"GET /api/recherche?a=é":             "400 bad_request",
	} {
		method, path, _ := strings.Cut(request, " ")
		p := w.do(method, path).problem(t)
		if got := strconv.Itoa(p.Status) + " " + p.Reasons[0].Code; got != want {
			t.Errorf("%s: %s, want %s", request, got, want)
		}
	}
	if a := w.do("HEAD", "/api/dossiers/01"); a.status != 405 || a.header.Get("Allow") != "GET" || a.body != "" {
		t.Errorf("HEAD: %+v", a)
	}
	for _, headers := range [][]string{{"Content-Encoding", "gzip"}, {"Sec-Fetch-Site", "cross-site"},
		{"Sec-Fetch-Site", "cross-site", "Sec-Fetch-Mode", "navigate"}, {"Sec-Fetch-Site", "same-site", "Sec-Fetch-Mode", "navigate"}} {
		if a := w.do("GET", "/api/dossiers/01", headers...); a.status != 400 && a.status != 403 {
			t.Errorf("%v: %d", headers, a.status)
		}
	}
	if a := w.send("POST", "/api/dossiers/01/notes", strings.NewReader("{}"), "Origin", "https://elsewhere.example", "Sec-Fetch-Site", "cross-site"); a.status != 403 {
		t.Errorf("a form of another site: %d", a.status)
	}
	if a := w.send("POST", "/api/dossiers/01/notes", strings.NewReader(strings.Repeat("x", 2000))); a.status != 413 {
		t.Errorf("a large body: %d", a.status)
	}
	if asked.Load() != 0 {
		t.Error("the tool was asked")
	}
	if a := w.send("POST", "/api/dossiers/01/notes", io.MultiReader(strings.NewReader(strings.Repeat("x", 2000)))); a.status != 413 {
		t.Errorf("a large body of unknown length: %d", a.status)
	}
}

func TestWhatTheToolIsTold(t *testing.T) {
	var got http.Header
	var path, host string
	w := newWorld(t, http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		got, path, host = r.Header, r.RequestURI, r.Host
		says(`{"id":"01"}`)(rw, r)
	}), func(tool *mapping.Tool) { tool.Cookies, tool.Headers = []string{"outil"}, []string{"X-Outil"} })
	w.do("GET", "/api/dossiers/%C3%A9@1?q=a%20b&q=c", "Cookie", "__Host-cloison=agent; outil=1; autre=2", "Authorization", "Basic eA==",
		"X-Forwarded-For", "1.2.3.4", "X-Forwarded-Host", "evil.example", "Forwarded", "for=1.2.3.4", "Cloison-Assertion", "forged", "Cloison_Assertion", "forged",
		"X-HTTP-Method-Override", "DELETE", "If-None-Match", `"x"`, "If-Modified-Since", "Tue, 15 Nov 1994 12:45:26 GMT", "Range", "bytes=0-9",
		"Accept-Encoding", "gzip, br", "Connection", "X-Outil, close", "Te", "trailers", "Upgrade", "websocket", "X-Outil", "yes", "Referer", "http://x/", "Accept", "text/html")
	if path != "/api/dossiers/%C3%A9@1?q=a%20b&q=c" || strings.Contains(w.url, host) {
		t.Errorf("path %q, host %q", path, host)
	}
	for header, want := range map[string]string{"Cookie": "outil=1", "X-Outil": "yes", "Accept": "application/json", "Accept-Encoding": "identity"} {
		if len(got[header]) != 1 || got.Get(header) != want {
			t.Errorf("%s: %q, want %q", header, got[header], want)
		}
	}
	for header := range got {
		switch header {
		case "Cookie", "X-Outil", "Accept", "Accept-Encoding", "User-Agent", "Cloison-Assertion", "Cloison-Request":
		default:
			t.Errorf("%s reached the tool: %q", header, got[header])
		}
	}
	if len(got["Cloison-Assertion"]) != 1 || got.Get("Cloison-Assertion") == "forged" {
		t.Errorf("assertion %q", got["Cloison-Assertion"])
	}
}

// TestBadAnswers: each bad answer of the stand-in tool is refused and not recorded, and the log says why without a
// value.
func TestBadAnswers(t *testing.T) {
	n, err := network.New(network.Options{Seed: 1, Persons: 4000, Structures: 4, Agents: 60})
	if err != nil {
		t.Fatal(err)
	}
	var fault atomic.Int32
	w := newWorld(t, tool.New(n, tool.Options{Fault: func(*http.Request) tool.Fault { return tool.Fault(fault.Load()) }}))
	for f, want := range map[tool.Fault]string{tool.Truncated: "truncated", tool.CutJSON: "truncated", tool.Huge: "too_large", tool.DeeplyNested: "malformed",
		tool.DuplicateKeys: "duplicate", tool.Latin1: "not_utf8", tool.WithoutID: "unmapped", tool.TrailingData: "malformed", tool.NotJSON: "malformed",
		tool.UnmappedField: "unmapped", tool.WrongTypes: "unmapped"} {
		fault.Store(int32(f))
		i := 1
		for f == tool.Latin1 && !strings.ContainsAny(n.Person(i).Address()+n.Person(i).Given, "éèêàçîôâ") {
			i++
		}
		before := w.refused(strings.Fields(want)...)
		a := w.do("GET", "/api/dossiers/"+n.ID(i))
		if p := a.problem(t); p.Status != 502 || p.Reasons[0].Code != "answer_refused" || strings.Contains(a.body, n.Person(i).Surname) {
			t.Errorf("fault %d: %d %s", f, a.status, a.body)
		}
		if got := w.refused(strings.Fields(want)...) - before; got != 1 {
			t.Errorf("fault %d: %v answers counted as refused for %s", f, got, want)
		}
		log := w.Logs.String()
		if strings.Contains(log, n.Person(i).Surname) || strings.Contains(log, n.ID(i)) {
			t.Errorf("fault %d: the log names the person: %s", f, log)
		}
		if len(w.rows()) != 0 {
			t.Fatalf("fault %d left a row", f)
		}
	}
	fault.Store(int32(tool.ServerError))
	if a := w.do("GET", "/api/dossiers/"+n.ID(1)); a.problem(t).Reasons[0].Code != "tool_failed" || strings.Contains(a.body, "panic") {
		t.Errorf("%s", a.body)
	}
	fault.Store(int32(tool.FaultNone))
	if a := w.do("GET", "/api/dossiers/12345678901"); a.problem(t).Status != 403 {
		t.Errorf("%s", a.body)
	}
}

func TestAnswersThatAreNotPassed(t *testing.T) {
	file := fileOf("01")
	for name, test := range map[string]struct {
		answer func(http.ResponseWriter)
		status int
	}{
		"other type": {func(w http.ResponseWriter) { w.Header().Set("Content-Type", "text/html"); io.WriteString(w, file) }, 502},
		"no type":    {func(w http.ResponseWriter) { w.Header()["Content-Type"] = nil; io.WriteString(w, file) }, 502},
		"latin charset": {func(w http.ResponseWriter) {
			w.Header().Set("Content-Type", "application/json; charset=iso-8859-1")
			io.WriteString(w, file)
		}, 502},
		"coding": {func(w http.ResponseWriter) {
			json_(w)
			w.Header().Set("Content-Encoding", "gzip")
			io.WriteString(w, file)
		}, 502},
		"events": {func(w http.ResponseWriter) {
			w.Header().Set("Content-Type", "text/event-stream")
			io.WriteString(w, "data: "+file)
		}, 502},
		"not modified": {func(w http.ResponseWriter) { w.WriteHeader(304) }, 502},
		"partial":      {func(w http.ResponseWriter) { json_(w); w.WriteHeader(206); io.WriteString(w, file) }, 502},
		"redirect":     {func(w http.ResponseWriter) { w.Header().Set("Location", "/api/dossiers/02"); w.WriteHeader(302) }, 502},
		"unauthorized": {func(w http.ResponseWriter) { w.WriteHeader(401); io.WriteString(w, file) }, 502},
		"forbidden":    {func(w http.ResponseWriter) { w.WriteHeader(403); io.WriteString(w, file) }, 403},
		"conflict":     {func(w http.ResponseWriter) { json_(w); w.WriteHeader(409); io.WriteString(w, file) }, 409},
		"teapot 5xx":   {func(w http.ResponseWriter) { w.WriteHeader(599); io.WriteString(w, file) }, 502},
		"hang up":      {func(http.ResponseWriter) { panic(http.ErrAbortHandler) }, 502},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t, http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
				w.Header().Set("Set-Cookie", "trace=Ménard")
				w.Header().Set("X-Person", "Menard")
				test.answer(w)
			}))
			a := w.do("GET", "/api/dossiers/01")
			a.problem(t)
			if a.status != test.status || strings.Contains(a.body, "nard") || a.header.Get("Set-Cookie") != "" || a.header.Get("X-Person") != "" {
				t.Errorf("%d %v %s", a.status, a.header, a.body)
			}
			for _, r := range w.rows() { // that the tool forbids it is learned of a person, but no field
				if test.status != 403 || r.Fields != 0 {
					t.Errorf("a row was left: %+v", r)
				}
			}
		})
	}
}

func json_(w http.ResponseWriter) { w.Header().Set("Content-Type", "application/json") }

func TestPlainRoutesPassForTheSignedIn(t *testing.T) {
	w := newWorld(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch r.URL.Path {
		case "/static/to":
			http.Redirect(w, r, "/static/a?b=c", http.StatusFound)
		case "/static/away":
			http.Redirect(w, r, "https://elsewhere.example/", http.StatusFound)
		case "/static/slash":
			w.Header().Set("Location", "//elsewhere.example/")
			w.WriteHeader(302)
		case "/static/error":
			http.Error(w, "stack trace", 500)
		default:
			w.Header().Set("Etag", `"1"`)
			w.Header().Set("X-Secret", "x")
			w.Header().Set("Content-Type", "text/css")
			w.Header().Add("Set-Cookie", "outil=1; Domain=example.example; Path=/")
			w.Header().Add("Set-Cookie", "autre=1")
			if r.Header.Get("If-None-Match") == `"1"` {
				w.WriteHeader(304)
				return
			}
			io.WriteString(w, "body{}")
		}
	}), func(tool *mapping.Tool) { tool.Cookies = []string{"outil"} })
	a := w.do("GET", "/static/a.css")
	if a.status != 200 || a.body != "body{}" || a.header.Get("Etag") != `"1"` || a.header.Get("X-Secret") != "" || a.header.Get("Cache-Control") != "private, no-cache" {
		t.Errorf("%+v", a)
	}
	if c := a.header.Values("Set-Cookie"); len(c) != 1 || c[0] != "outil=1; Path=/; HttpOnly; Secure; SameSite=Lax" {
		t.Errorf("%q", c)
	}
	if a := w.do("HEAD", "/static/a.css"); a.status != 200 || a.body != "" {
		t.Errorf("%+v", a)
	}
	if a := w.do("GET", "/static/a.css", "If-None-Match", `"1"`); a.status != 304 {
		t.Errorf("%+v", a)
	}
	if a := w.do("GET", "/static/to"); a.status != 302 || a.header.Get("Location") != "/static/a?b=c" || a.body != "" {
		t.Errorf("%+v", a)
	}
	for _, path := range []string{"/static/away", "/static/slash", "/static/error"} {
		if a := w.do("GET", path); a.status != 502 || a.header.Get("Location") != "" || strings.Contains(a.body, "stack") {
			t.Errorf("%s: %+v", path, a)
		}
	}
}

func TestAWriteAnswersWithItsOwnMapping(t *testing.T) {
	w := newWorld(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		b, _ := io.ReadAll(r.Body)
		json_(w)
		w.WriteHeader(201)
		json.NewEncoder(w).Encode(map[string]string{"texte": string(b)})
	}))
	if a := w.send("POST", "/api/dossiers/01/notes", strings.NewReader("Reçu")); a.status != 201 || a.body != "{\"texte\":\"Reçu\"}\n" {
		t.Errorf("%+v", a)
	}
	if a := w.send("POST", "/api/dossiers/01/notes", io.MultiReader(strings.NewReader("Reçu"))); a.status != 201 {
		t.Errorf("chunked: %+v", a)
	}
}

func TestACutAccountSeesNothingMore(t *testing.T) {
	w := newWorld(t, files())
	if a := w.do("GET", "/api/dossiers/01"); a.status != 200 {
		t.Fatal(a)
	}
	account, err := w.DB.Account(t.Context(), w.who.Account)
	w.Must(err)
	account.State, account.SuspendedAt = 2, time.Now()
	w.Must(w.DB.UpdateAccount(t.Context(), account))
	testkit.Until(t, "the cut is not seen", func() bool { // what Admit reads may be cached; what Disclose reads may not
		a := w.do("GET", "/api/dossiers/01")
		if a.status == 200 {
			t.Fatal("a suspended account was shown a file")
		}
		p := a.problem(t)
		return p.Reasons[0].Code == "suspended_system" && p.Status == 403
	})
	if len(w.rows()) != 1 {
		t.Errorf("%d rows", len(w.rows()))
	}
}

func TestMetricsNameNobody(t *testing.T) {
	w := newWorld(t, files())
	w.do("GET", "/api/dossiers/01")
	w.do("GET", "/api/dossiers/99")
	w.do("GET", "/nothing/01")
	families, err := w.metrics.Gather()
	w.Must(err)
	seen := map[string]float64{}
	for _, f := range families {
		for _, m := range f.GetMetric() {
			key := f.GetName()
			for _, l := range m.GetLabel() {
				key += " " + l.GetValue()
				if strings.Contains(l.GetValue(), "01") || strings.Contains(l.GetValue(), "99") {
					t.Errorf("a label names somebody: %s", key)
				}
			}
			seen[key] = m.GetCounter().GetValue()
		}
	}
	for _, key := range []string{"GET /api/dossiers/{id} dossiers shown", "GET /api/dossiers/{id} dossiers denied", "none dossiers bad_request"} {
		if seen["cloison_gateway_requests_total "+key] != 1 {
			t.Errorf("%s is missing in %v", key, seen)
		}
	}
}
