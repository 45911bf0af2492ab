package signin_test

import (
	"bytes"
	"database/sql"
	"encoding/json"
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"net/netip"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	"cloison"
	"cloison/access/directory"
	"cloison/access/signin"
	"cloison/access/signin/refusal"
	"cloison/internal/fakes/proconnect"
	"cloison/internal/fakes/softkey"
	"cloison/internal/testkit"
	"cloison/internal/testkit/testworld"
)

const (
	clientID   = "cloison"
	clientKey  = "secret-de-test-0123456789-abcdefghij"
	strongIdP  = "fi-cle"
	mailIdP    = "fi-courriel"
	home       = "192.0.2.7"
	elsewhere  = "198.51.100.7"
	rightPass  = "mot-de-passe-juste"
	keysAnswer = "reponse-de-la-cle"
)

// world is the shared one with a provider, and a service that relies on both, on loopback.
type world struct {
	*testworld.World
	skew     time.Duration // of the clock that the service believes
	provider *proconnect.Provider
	signin   *signin.Signin
	settings signin.Settings
	service  *late
	origin   string
	issuer   string
	file     string // of the store
}

// ours is the time that the service believes it is.
func (w *world) ours() time.Time { return w.Now().Add(w.skew) }

// late is a handler that is set after its server has an address.
type late struct{ handler http.Handler }

func (l *late) ServeHTTP(w http.ResponseWriter, r *http.Request) { l.handler.ServeHTTP(w, r) }

func serve(t testing.TB) (*late, string) {
	l := &late{http.NotFoundHandler()}
	server := httptest.NewServer(l)
	t.Cleanup(server.Close)
	return l, server.URL
}

// newWorld starts it; change may alter the settings.
func newWorld(t testing.TB, change ...func(*signin.Settings)) *world {
	t.Helper()
	file := testkit.SQLite(t)
	w := &world{file: file, World: testworld.New(t, testworld.Options{Empty: true, Start: time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC),
		Open: testworld.SQLite(file)})}
	provider, address := serve(t)
	w.issuer = address + "/api/v2"
	w.serve()
	var err error
	w.provider, err = proconnect.New(proconnect.Options{Issuer: w.issuer, Now: w.Now, Log: testkit.Quiet(),
		Clients: []proconnect.Client{{ID: clientID,
			Secret: clientKey, RedirectURIs: []string{w.origin + "/cloison/callback"}, PostLogoutURIs: []string{w.origin + "/"}}}})
	w.Must(err)
	provider.handler = w.provider
	w.people()
	w.start(change...)
	return w
}

// replica is one more process's Signin on the same store.
func (w *world) replica(s signin.Settings) *signin.Signin {
	w.Helper()
	n, err := signin.New(w.DB, w.DB, s, testkit.Quiet(), w.ours)
	w.Must(err)
	return n
}

// onProvider is the world again, with a service of its own that relies on another provider.
func (w *world) onProvider(issuer string, change ...func(*signin.Settings)) *world {
	w.Helper()
	own := *w
	own.issuer = issuer
	own.serve()
	own.start(change...)
	return &own
}

// serve gives the service an origin.
func (w *world) serve() {
	var address string
	w.service, address = serve(w.TB)
	w.origin = strings.Replace(address, "127.0.0.1", "localhost", 1)
}

// start starts the service anew, with the world's issuer.
func (w *world) start(change ...func(*signin.Settings)) {
	w.Helper()
	w.settings = signin.Settings{Issuer: w.issuer, ClientID: clientID, ClientSecret: clientKey, Trusted: []string{strongIdP},
		Origins: []string{w.origin}, RPID: "localhost", ClientAddr: addressOf}
	for _, f := range change {
		f(&w.settings)
	}
	w.signin = w.replica(w.settings)
	mux := http.NewServeMux()
	mux.Handle(signin.Prefix, w.signin.Handler(w.Approvals, nil))
	mux.HandleFunc("/", func(w http.ResponseWriter, r *http.Request) { io.WriteString(w, "at "+r.URL.RequestURI()) })
	w.service.handler = http.NewCrossOriginProtection().Handler(mux)
}

// addressOf believes what a test says of where it is.
func addressOf(r *http.Request) netip.Addr {
	a, err := netip.ParseAddr(r.Header.Get("X-Test-Address"))
	if err != nil {
		return netip.MustParseAddr(home)
	}
	return a
}

// people imports an agent at each identity provider, and a manager without a binding.
func (w *world) people() {
	w.agent("strong", strongIdP)
	w.agent("mail", mailIdP)
	w.at("nobody", mailIdP)
}

func email(name string) string { return name + "@ml.example" }

// at gives somebody an account at an identity provider.
func (w *world) at(name, idp string) proconnect.Account {
	a := proconnect.Account{Email: email(name), IdP: idp, Sub: "sub-" + idp + "-" + name, Password: rightPass, Given: "Camille", Usual: "Exemple"}
	if idp == strongIdP {
		a.Key, a.Amr, a.Acr = keysAnswer, []string{"pwd", "pop", "mfa"}, "eidas2"
	} else {
		a.Amr, a.Acr, a.MailCode = []string{"pwd"}, "eidas1", true
	}
	w.provider.Add(a)
	return a
}

// agent makes an account at an identity provider and the one of Cloison that is bound to it.
func (w *world) agent(name, idp string) directory.Account {
	w.Helper()
	p := w.at(name, idp)
	return w.Add("ML1", name, directory.Adviser, func(a *directory.Account) {
		a.Email, a.Binding = cloison.Personal(email(name)), directory.Binding{IdP: idp, Sub: p.Sub}
		a.AwarenessUntil, a.ManagersUntil = w.Now().AddDate(0, 3, 0), time.Time{}
	})
}

// browser is somebody's browser.
type browser struct {
	w       *world
	client  *http.Client
	address string
	agent   string
	key     *softkey.Key
}

func (w *world) browser() *browser {
	jar, err := cookiejar.New(nil)
	w.Must(err)
	return &browser{w: w, client: &http.Client{Jar: jar}, address: home, agent: "Navigateur/1", key: softkey.New()}
}

// stolen is another browser with this one's cookies.
func (b *browser) stolen() *browser {
	thief := b.w.browser()
	u, err := url.Parse(b.w.origin)
	b.w.Must(err)
	thief.client.Jar.SetCookies(u, b.client.Jar.Cookies(u))
	thief.key = b.key
	return thief
}

// page is where a browser is.
type page struct {
	status int
	body   string
	url    *url.URL
	header http.Header
}

func (p page) reason() refusal.Reason {
	var problem refusal.Problem
	if json.Unmarshal([]byte(p.body), &problem) != nil {
		return ""
	}
	return problem.Reason
}

func (b *browser) do(r *http.Request) page {
	b.w.Helper()
	r.Header.Set("User-Agent", b.agent)
	r.Header.Set("X-Test-Address", b.address)
	resp, err := b.client.Do(r)
	b.w.Must(err)
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	b.w.Must(err)
	return page{resp.StatusCode, string(body), resp.Request.URL, resp.Header}
}

func (b *browser) get(u string) page {
	b.w.Helper()
	if strings.HasPrefix(u, "/") {
		u = b.w.origin + u
	}
	r, err := http.NewRequestWithContext(b.w.Ctx, http.MethodGet, u, nil)
	b.w.Must(err)
	return b.do(r)
}

// stay makes the browser show a redirect instead of following it off the path.
func (b *browser) stay(at string) {
	b.client.CheckRedirect = func(r *http.Request, _ []*http.Request) error {
		if strings.Contains(r.URL.Path, at) {
			return http.ErrUseLastResponse
		}
		return nil
	}
}

// fill submits the page's form with those values.
func (b *browser) fill(p page, values ...string) page {
	b.w.Helper()
	action := regexp.MustCompile(`action="([^"]+)"`).FindStringSubmatch(p.body)
	if action == nil {
		b.w.Fatalf("no form on %s: %d %s", p.url, p.status, p.body)
	}
	form := url.Values{}
	for i := 0; i < len(values); i += 2 {
		form.Set(values[i], values[i+1])
	}
	to, err := p.url.Parse(action[1])
	b.w.Must(err)
	r, err := http.NewRequestWithContext(b.w.Ctx, http.MethodPost, to.String(), strings.NewReader(form.Encode()))
	b.w.Must(err)
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	return b.do(r)
}

// signIn goes through the provider's pages and returns where it ends.
func (b *browser) signIn(name, back string) page {
	b.w.Helper()
	return b.identify(b.get("/cloison/signin?return="+url.QueryEscape(back)), name)
}

func (b *browser) identify(p page, name string) page {
	b.w.Helper()
	if strings.Contains(p.body, `name="email"`) {
		p = b.fill(p, "email", email(name))
	}
	if strings.Contains(p.body, `name="password"`) {
		p = b.fill(p, "password", rightPass)
	}
	if strings.Contains(p.body, `name="code"`) {
		code, ok := b.w.provider.CodeFor(email(name))
		if !ok {
			code = keysAnswer
		}
		p = b.fill(p, "code", code)
	}
	return p
}

// in signs somebody in, with success.
func (b *browser) in(name string) *browser {
	b.w.Helper()
	if p := b.signIn(name, "/dossiers?page=2"); p.body != "at /dossiers?page=2" {
		b.w.Fatalf("%s is not in: %d %s", name, p.status, p.body)
	}
	return b
}

// send posts JSON, or another method's.
func (b *browser) send(method, path string, body any) page {
	b.w.Helper()
	encoded, err := json.Marshal(body)
	b.w.Must(err)
	r, err := http.NewRequestWithContext(b.w.Ctx, method, b.w.origin+path, bytes.NewReader(encoded))
	b.w.Must(err)
	r.Header.Set("Content-Type", "application/json")
	r.Header.Set("Sec-Fetch-Site", "same-origin")
	return b.do(r)
}

// shown is GET session; nil when refused.
func (b *browser) shown() *signin.Shown {
	b.w.Helper()
	p := b.get("/cloison/session")
	if p.status != http.StatusOK {
		return nil
	}
	var s signin.Shown
	b.w.Must(json.Unmarshal([]byte(p.body), &s))
	return &s
}

// begun is an act under way.
type begun struct {
	Act     cloison.ActID   `json:"act"`
	Options json.RawMessage `json:"options"`
}

// act approves an act that begins here with the browser's key.
func (b *browser) act(verb signin.Verb) page {
	b.w.Helper()
	p := b.send(http.MethodPost, "/cloison/act/"+string(verb)+"/options", struct{}{})
	if p.status != http.StatusOK {
		return p
	}
	var act begun
	b.w.Must(json.Unmarshal([]byte(p.body), &act))
	assertion, err := b.key.Assert(b.w.origin, act.Options)
	b.w.Must(err)
	return b.send(http.MethodPost, "/cloison/act/"+string(verb), map[string]any{"act": act.Act, "assertion": json.RawMessage(assertion)})
}

// register makes a passkey in the browser's key.
func (b *browser) register(name string) page {
	b.w.Helper()
	p := b.send(http.MethodPost, "/cloison/passkey/options", struct{}{})
	if p.status != http.StatusOK {
		return p
	}
	answer, err := b.key.Register(b.w.origin, []byte(p.body))
	b.w.Must(err)
	var named map[string]any
	b.w.Must(json.Unmarshal(answer, &named))
	named["name"] = name
	return b.send(http.MethodPost, "/cloison/passkey", named)
}

// enrolled is a browser of somebody who has signed in, enrolled by the operator's code and made a passkey; nobody was
// present yet.
func (w *world) enrolled(name string) *browser {
	w.Helper()
	b := w.browser().in(name)
	code, err := w.Approvals.IssueCode(w.Ctx, w.Who[name].ID, false)
	w.Must(err)
	w.want(b.send(http.MethodPost, "/cloison/enrol", map[string]string{"code": code.Reveal()}), http.StatusOK, "")
	w.want(b.register("Téléphone"), http.StatusOK, "")
	return b
}

// present is an enrolled browser whose passkey was used.
func (w *world) present(name string) *browser {
	w.Helper()
	b := w.enrolled(name)
	w.want(b.act(signin.Presence), http.StatusOK, "")
	return b
}

func (w *world) want(p page, status int, reason refusal.Reason) {
	w.Helper()
	if p.status != status || p.reason() != reason {
		w.Errorf("%s: %d %s, want %d %q", p.url, p.status, p.body, status, reason)
	}
}

// live is the session of a browser as the stage sees it.
func (w *world) live(b *browser) signin.Session {
	w.Helper()
	s, err := w.session(b)
	w.Must(err)
	return s
}

func (w *world) session(b *browser) (signin.Session, error) {
	u, err := url.Parse(w.origin)
	w.Must(err)
	r := httptest.NewRequest(http.MethodGet, w.origin+"/dossiers", nil)
	r.Header.Set("User-Agent", b.agent)
	r.Header.Set("X-Test-Address", b.address)
	for _, c := range b.client.Jar.Cookies(u) {
		r.AddCookie(c)
	}
	return w.signin.Session(w.Ctx, r)
}

func (w *world) wantReason(err error, reason refusal.Reason) {
	w.Helper()
	if err == nil || refusal.ReasonOf(err) != reason {
		w.Errorf("got %v, want %s", err, reason)
	}
}

// stored counts the rows of every table.
func (w *world) stored() string {
	w.Helper()
	db, err := sql.Open("sqlite", w.file)
	w.Must(err)
	defer db.Close()
	var counts, all string
	w.Must(db.QueryRow(`SELECT group_concat(printf('SELECT %Q AS t, count(*) AS n FROM %s', name, name), ' UNION ALL ')
		FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite%'`).Scan(&counts))
	w.Must(db.QueryRow("SELECT group_concat(t || ' ' || n, ', ') FROM (" + counts + ")").Scan(&all))
	return all
}
