package console_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"net/url"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"golang.org/x/net/html"

	"cloison"
	"cloison/access/approval"
	"cloison/access/directory"
	"cloison/access/explanation"
	"cloison/access/imports"
	"cloison/access/letters"
	"cloison/access/lifecycle"
	"cloison/access/signin"
	"cloison/access/training"
	"cloison/console"
	"cloison/console/web"
	"cloison/incident/contain"
	"cloison/incident/exposure"
	"cloison/incident/watch"
	"cloison/internal/demo/network"
	"cloison/internal/fakes/proconnect"
	"cloison/internal/fakes/softkey"
	"cloison/internal/testkit"
	"cloison/ledger/register"
	"cloison/ledger/retention"
	"cloison/ledger/seal"
	"cloison/rules/policy"
	"cloison/store/sqlite"
	"cloison/store/storetest"
	"cloison/wall/disclose"
)

const clientSecret = "secret-de-test-0123456789-abcdefghij"

// world is a whole Cloison without gateways, on a small synthetic network: real store, stages, sign-in and provider.
type world struct {
	testing.TB
	ctx          context.Context
	net          *network.Network
	db           storetest.All
	dir          *directory.Directory
	approvals    *approval.Approvals
	explanations *explanation.Explanations
	imports      *imports.Importer
	provider     *proconnect.Provider
	signin       *signin.Signin
	stage        *disclose.Discloser
	watch        *watch.Watch
	tenure       *lifecycle.Tenure
	keeper       *retention.Keeper
	register     *register.Register
	holds        *retention.LegalHolds
	desk         *explanation.Grants
	codes        explanation.Codes
	sealer       *seal.Sealer
	console      *console.Console
	logDir       string
	url          string // of the console, as browsers know it
	browser      string // what persons say that they come with, if anything
}

// late is a handler that is set after its server has an address.
type late struct{ handler http.Handler }

func (l *late) ServeHTTP(w http.ResponseWriter, r *http.Request) { l.handler.ServeHTTP(w, r) }

func serve(t testing.TB) (*late, string) {
	l := &late{http.NotFoundHandler()}
	server := httptest.NewServer(l)
	t.Cleanup(server.Close)
	return l, strings.Replace(server.URL, "127.0.0.1", "localhost", 1)
}

func newWorld(t testing.TB) *world {
	t.Helper()
	return newWorldOf(t, network.Options{Seed: 1, Persons: 3000, Structures: 2, Agents: 40, AsOf: time.Now()})
}

func newWorldOf(t testing.TB, size network.Options) *world {
	t.Helper()
	db, err := sqlite.Open(t.Context(), testkit.SQLite(t), sqlite.Options{})
	if err != nil {
		t.Fatal(err)
	}
	return newWorldOn(t, size, db)
}

// newWorldOn closes the store at the end.
func newWorldOn(t testing.TB, size network.Options, db storetest.All) *world {
	t.Helper()
	w := &world{TB: t, ctx: t.Context(), db: db, logDir: filepath.Join(t.TempDir(), "log")}
	quiet := slog.New(slog.DiscardHandler)
	var err error
	w.net, err = network.New(size)
	w.must(err)
	pages, address := serve(t)
	w.url = address
	provider, issuer := serve(t)
	accounts, organizations := proconnect.FromNetwork(w.net)
	w.provider, err = proconnect.New(proconnect.Options{Issuer: issuer + "/api/v2", Accounts: accounts, Organizations: organizations, Log: quiet,
		Mailbox: true, Clients: []proconnect.Client{{ID: "cloison", Secret: clientSecret, RedirectURIs: []string{w.url + "/cloison/callback"},
			PostLogoutURIs: []string{w.url + "/"}}}})
	w.must(err)
	provider.handler = w.provider
	t.Cleanup(func() { w.db.Close() })
	w.dir = directory.New(w.db, directory.Settings{}, quiet, time.Now)
	w.approvals = approval.New(w.db, w.dir, approval.Settings{}, time.Now)
	w.explanations = explanation.New(w.db, w.dir, explanation.Settings{}, time.Now)
	w.imports = imports.New(w.db, w.dir, time.Now)
	w.importAll()
	w.signin, err = signin.New(w.db, w.db, signin.Settings{Issuer: issuer + "/api/v2", ClientID: "cloison", ClientSecret: clientSecret,
		Origins: []string{w.url}, RPID: "localhost"}, quiet, time.Now)
	w.must(err)
	w.stage, err = disclose.New(disclose.Options{Store: w.db, Directory: w.dir, Explanations: w.explanations, Settings: policy.Default(), Zone: paris(t), Log: quiet, Now: time.Now})
	w.must(err)
	key, err := seal.GenerateKey(filepath.Join(t.TempDir(), "key"), "cloison.invalid/test")
	w.must(err)
	w.sealer, err = seal.New(w.db, seal.Config{Dir: w.logDir, Key: key, Holder: "test"}, quiet, time.Now)
	w.must(err)
	verifier, err := key.Verifier()
	w.must(err)
	container := contain.New(w.db, w.db, contain.Settings{}, quiet, time.Now)
	w.watch = watch.New(w.db, container, w.db, watch.Settings{Poll: 20 * time.Millisecond}, quiet, time.Now)
	mail, err := letters.New(w.db, w.db, w.approvals, nil, letters.Settings{}, time.UTC, "here", quiet, time.Now)
	w.must(err)
	w.codes, err = explanation.NewCodes(bytes.Repeat([]byte{7}, 32))
	w.must(err)
	w.desk = explanation.NewGrants(w.db, w.explanations, w.codes, nil, quiet)
	w.tenure = lifecycle.New(w.db, lifecycle.Settings{}, paris(t), quiet, time.Now)
	courses, err := training.New(w.db, w.dir, training.Settings{}, quiet, time.Now)
	w.must(err)
	w.keeper = retention.New(w.db, w.logDir, key, retention.Settings{}, quiet, time.Now)
	w.holds = retention.NewLegalHolds(w.db, approval.LedgerRights{Directory: w.dir, Approvals: w.approvals}, time.Now)
	w.register = register.New(w.db, w.dir, register.Log{Dir: w.logDir, Key: verifier}, slog.New(slog.NewTextHandler(testLog{t}, nil)), time.Now)
	w.console, err = console.New(console.Config{Store: w.db, Signin: w.signin, Directory: w.dir, Approvals: w.approvals, Explanations: w.explanations,
		Container: container, Watch: w.watch, Rolls: exposure.NewRolls(w.db, w.dir, time.Now), Tenure: w.tenure, Courier: mail, Desk: w.desk, Keeper: w.keeper, Holds: w.holds, Training: courses,
		Gauge:    disclose.Gauge{Store: w.db, Accounts: w.db, Bound: policy.Default().Bound, Zone: paris(t), Now: time.Now},
		Register: w.register, URL: w.url, Tools: []web.Tool{{Name: "Dossiers", URL: w.url + "/outil"}},
		Settings: settingsShown(),
		Log:      slog.New(slog.NewTextHandler(testLog{t}, nil)), Now: time.Now})
	w.must(err)
	mux := http.NewServeMux()
	mux.Handle("/cloison/", w.console.Doors())
	mux.Handle("/", w.console.Pages())
	pages.handler = mux
	return w
}

// testLog shows the console's log beside a failing test.
type testLog struct{ t testing.TB }

func (l testLog) Write(b []byte) (int, error) {
	l.t.Log(strings.TrimSpace(string(b)))
	return len(b), nil
}

func paris(t testing.TB) *time.Location {
	zone, err := time.LoadLocation("Europe/Paris")
	if err != nil {
		t.Fatal(err)
	}
	return zone
}

func (w *world) must(err error) {
	w.Helper()
	if err != nil {
		w.Fatal(err)
	}
}

// run runs the stages that follow rows until the test ends.
func (w *world) run() {
	ctx, stop := context.WithCancel(context.Background())
	ended := make(chan struct{}, 4)
	for _, stage := range []func(context.Context) error{w.stage.Run, w.sealer.Run, w.register.Run, func(ctx context.Context) error { return w.watch.Run(ctx, nil) }} {
		go func() { stage(ctx); ended <- struct{}{} }()
	}
	w.Cleanup(func() { stop(); <-ended; <-ended; <-ended; <-ended })
}

func (w *world) importAll() {
	feed, err := w.net.Feed(network.CSV)
	w.must(err)
	for _, f := range []struct {
		kind  imports.Kind
		write func(io.Writer) error
	}{{imports.StructuresFile, feed.WriteStructures}, {imports.AccountsFile, feed.WriteAccounts}, {imports.CaseloadFile, feed.WriteCaseload}} {
		var b bytes.Buffer
		w.must(f.write(&b))
		sum, err := w.imports.Import(w.ctx, f.kind, &b, imports.CSV, imports.Options{Refused: func(line int, reason string) { w.Errorf("line %d: %s", line, reason) }})
		if err != nil || sum.Refused > 0 {
			w.Fatalf("import of %s: %+v, %v", f.kind, sum, err)
		}
	}
}

// person is somebody with a browser and a key.
type person struct {
	w       *world
	client  *http.Client
	key     *softkey.Key
	agent   network.Agent
	account directory.Account

	lastAttempt string // the path of the course that it followed last
}

// agent finds the nth agent of a structure with a role; structure -1 is the network's own body.
func (w *world) agent(structure int, role network.Role, nth int) network.Agent {
	w.Helper()
	if structure < 0 {
		structure = w.net.Structures()
	}
	lo, hi := w.net.Team(structure)
	for i := lo; i < hi; i++ {
		if a := w.net.Agent(i); a.Has(role) {
			if nth == 0 {
				return a
			}
			nth--
		}
	}
	w.Fatalf("structure %d has not so many agents with the role %s", structure, role)
	return network.Agent{}
}

func (w *world) visitor() *person {
	jar, err := cookiejar.New(nil)
	w.must(err)
	return &person{w: w, client: &http.Client{Jar: jar}, key: softkey.New()}
}

// enter signs an agent in, enrols it with the operator's code, and shows its passkey.
func (w *world) enter(a network.Agent) *person {
	w.Helper()
	p := w.visitor()
	p.agent = a
	p.signIn()
	account, err := w.db.AccountByBinding(w.ctx, directory.Binding{IdP: a.IdP, Sub: a.Sub})
	w.must(err)
	code, err := w.approvals.IssueCode(w.ctx, account.ID, false)
	w.must(err)
	p.enrol(code.Reveal())
	p.presence()
	return p
}

// lend gives somebody's session to a real browser, which must be the one of w.browser.
func (p *person) lend(c *testkit.Window) {
	p.w.Helper()
	at, err := url.Parse(p.w.url)
	p.w.must(err)
	c.Open(p.w.at("/cloison/"))
	for _, k := range p.client.Jar.Cookies(at) {
		testkit.Eval[bool](c, "document.cookie = '"+k.Name+"="+k.Value+"; path=/'; true")
	}
}

func (p *person) signIn() {
	p.w.Helper()
	resp := p.get("/cloison/signin?return=%2Fcloison%2F", "text/html")
	for range 5 {
		form := formOf(resp.body)
		if form == nil || !strings.Contains(form.action, "/interaction/") {
			break
		}
		if _, ok := form.values["password"]; ok {
			form.values.Set("password", p.agent.Password)
		} else if _, ok := form.values["code"]; ok && p.agent.Key != "" {
			form.values.Set("code", p.agent.Key)
		} else if ok {
			code, _ := p.w.provider.CodeFor(p.agent.Email)
			form.values.Set("code", code)
		} else {
			form.values.Set("email", p.agent.Email)
		}
		to, err := resp.url.Parse(form.action)
		p.w.must(err)
		r, err := http.NewRequest("POST", to.String(), strings.NewReader(form.values.Encode()))
		p.w.must(err)
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		resp = p.send(r)
	}
	if resp.status != 200 || resp.url.Path != "/cloison/" {
		p.w.Fatalf("sign-in ended at %s with %d: %s", resp.url, resp.status, resp.body)
	}
}

func (p *person) enrol(code string) {
	p.w.Helper()
	p.ok(p.post("/cloison/enrol", map[string]string{"code": code}), nil)
	var options json.RawMessage
	p.ok(p.post("/cloison/passkey/options", struct{}{}), &options)
	made, err := p.key.Register(p.w.url, options)
	p.w.must(err)
	p.ok(p.post("/cloison/passkey", json.RawMessage(made)), nil)
	var session struct{ Account cloison.AccountID }
	p.ok(p.get("/cloison/session", "application/json"), &session)
	p.account, err = p.w.db.Account(p.w.ctx, session.Account)
	p.w.must(err)
}

func (p *person) presence() {
	p.w.Helper()
	var begun struct {
		Act     string
		Options json.RawMessage
	}
	p.ok(p.post("/cloison/act/presence/options", struct{}{}), &begun)
	assertion, err := p.key.Assert(p.w.url, begun.Options)
	p.w.must(err)
	p.ok(p.post("/cloison/act/presence", map[string]any{"act": begun.Act, "assertion": json.RawMessage(assertion)}), nil)
}

// answer is what somebody received.
type answer struct {
	status int
	header http.Header
	body   string
	url    *url.URL
}

// reason is the last part of a problem's type; empty when it is none.
func (a answer) reason() string {
	var p struct{ Type string }
	if a.header.Get("Content-Type") != "application/problem+json" || json.Unmarshal([]byte(a.body), &p) != nil {
		return ""
	}
	return p.Type[strings.LastIndexByte(p.Type, '/')+1:]
}

func (p *person) get(path, accept string) answer {
	p.w.Helper()
	r, err := http.NewRequest("GET", p.w.url+path, nil)
	p.w.must(err)
	r.Header.Set("Accept", accept)
	return p.send(r)
}

func (p *person) json(path string, into any) answer {
	p.w.Helper()
	a := p.get(path, "application/json")
	p.ok(a, into)
	return a
}

func (p *person) post(path string, body any) answer {
	p.w.Helper()
	b, err := json.Marshal(body)
	p.w.must(err)
	r, err := http.NewRequest("POST", p.w.url+path, bytes.NewReader(b))
	p.w.must(err)
	r.Header.Set("Content-Type", "application/json")
	r.Header.Set("Accept", "application/json")
	r.Header.Set("Sec-Fetch-Site", "same-origin")
	return p.send(r)
}

// form sends a form as a browser without scripts does.
func (p *person) form(path string, fields ...string) answer {
	p.w.Helper()
	values := url.Values{}
	for i := 0; i < len(fields); i += 2 {
		values.Add(fields[i], fields[i+1])
	}
	r, err := http.NewRequest("POST", p.w.url+path, strings.NewReader(values.Encode()))
	p.w.must(err)
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	r.Header.Set("Accept", "text/html")
	r.Header.Set("Sec-Fetch-Site", "same-origin")
	return p.send(r)
}

func (p *person) send(r *http.Request) answer {
	p.w.Helper()
	if p.w.browser != "" {
		r.Header.Set("User-Agent", p.w.browser)
	}
	resp, err := p.client.Do(r)
	p.w.must(err)
	defer resp.Body.Close()
	b, err := io.ReadAll(resp.Body)
	p.w.must(err)
	return answer{resp.StatusCode, resp.Header, string(b), resp.Request.URL}
}

// ok reads the JSON of an answer that is not a refusal.
func (p *person) ok(a answer, into any) {
	p.w.Helper()
	if a.status >= 300 {
		p.w.Fatalf("%s answered %d: %s", a.url.Path, a.status, a.body)
	}
	if into != nil {
		p.w.must(json.Unmarshal([]byte(a.body), into))
	}
}

// begin asks for an act.
func (p *person) begin(verb string, subject any) answer {
	p.w.Helper()
	return p.post("/actes", map[string]any{"verb": verb, "subject": subject})
}

// act does one whole act with the passkey, and reads its result.
func (p *person) act(verb string, subject, into any) (says string) {
	p.w.Helper()
	var begun struct {
		Act, Says string
		Options   json.RawMessage
	}
	p.ok(p.begin(verb, subject), &begun)
	assertion, err := p.key.Assert(p.w.url, begun.Options)
	p.w.must(err)
	p.ok(p.post("/actes/"+begun.Act, json.RawMessage(assertion)), into)
	return begun.Says
}

// form is the first POST form of a page.
type form struct {
	action string
	values url.Values
}

func formOf(page string) *form {
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

// read shows persons to an account, as the gateway does, and returns how many were shown.
func (w *world) read(p *person, refs ...cloison.PersonRef) int {
	w.Helper()
	live, err := w.db.SessionsOf(w.ctx, p.account.ID)
	w.must(err)
	if len(live) == 0 {
		return 0 // it was cut
	}
	shown := 0
	for _, ref := range refs {
		a, err := w.stage.Disclose(w.ctx, disclose.Request{Agent: disclose.Agent{Account: p.account.ID, Session: policy.Session{ID: live[0].ID,
			Assurance: policy.OwnPasskey, PasskeyAt: time.Now().Add(-time.Second)}}, Tool: "dossiers", Operation: policy.Read, ID: "t" + string(ref),
			Persons: []disclose.Person{{Ref: ref, Fields: cloison.Identity | cloison.Postal}}})
		w.must(err)
		for _, o := range a.Decision.Persons {
			if a.Decision.Outcome == policy.Permit && o.Shown() {
				shown++
			}
		}
	}
	return shown
}

// caseload lists persons explained to an account.
func (w *world) caseload(id cloison.AccountID, n int) []cloison.PersonRef {
	w.Helper()
	all, err := w.db.Caseload(w.ctx, id, time.Now())
	w.must(err)
	var refs []cloison.PersonRef
	for ref := range all {
		if len(refs) < n {
			refs = append(refs, ref)
		}
	}
	if len(refs) < n {
		w.Fatal(errors.New("the caseload is smaller than the test needs"))
	}
	return refs
}
