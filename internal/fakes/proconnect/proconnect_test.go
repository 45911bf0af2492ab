package proconnect_test

import (
	"encoding/json"
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"net/url"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"cloison/internal/demo/network"
	"cloison/internal/fakes/proconnect"

	"github.com/coreos/go-oidc/v3/oidc"
	"golang.org/x/oauth2"
)

const (
	clientID = "cloison"
	secret   = "secret-de-test-0123456789-abcdefghij"
	nonce    = "nonce-de-test-0123456789-0123456789-x"
	callback = "http://service.test/retour"
	want2FA  = `{"id_token":{"acr":{"essential":true,"values":["eidas1-mfa","eidas2","eidas3"]},"amr":{"essential":true}}}`
)

// village is one small network for all tests: a Network never changes.
var village = sync.OnceValues(func() (*network.Network, error) {
	return network.New(network.Options{Seed: 1, Persons: 4000, Structures: 4, Agents: 60})
})

// world is a provider, and a service that relies on it through coreos/go-oidc, which shares no code with it.
type world struct {
	t        *testing.T
	provider *proconnect.Provider
	issuer   string
	oidc     *oidc.Provider
	oauth    oauth2.Config
	net      *network.Network

	mu    sync.Mutex
	clock time.Duration
}

func start(t *testing.T) *world {
	t.Helper()
	n, err := village()
	if err != nil {
		t.Fatal(err)
	}
	w := &world{t: t, net: n}
	var handler http.Handler
	server := httptest.NewServer(http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) { handler.ServeHTTP(rw, r) }))
	t.Cleanup(server.Close)
	w.issuer = server.URL + "/api/v2"
	accounts, organizations := proconnect.FromNetwork(n)
	w.provider, err = proconnect.New(proconnect.Options{Issuer: w.issuer, Accounts: accounts, Organizations: organizations,
		Mailbox: true, Now: w.now, Clients: []proconnect.Client{{ID: clientID, Secret: secret, RedirectURIs: []string{callback},
			PostLogoutURIs: []string{"http://service.test/"}}}})
	if err != nil {
		t.Fatal(err)
	}
	handler = w.provider
	if w.oidc, err = oidc.NewProvider(t.Context(), w.issuer); err != nil {
		t.Fatal(err)
	}
	w.oauth = oauth2.Config{ClientID: clientID, ClientSecret: secret, RedirectURL: callback, Endpoint: w.oidc.Endpoint(),
		Scopes: []string{"openid", "given_name", "usual_name", "email", "uid", "siret", "idp_id", "organization_label"}}
	w.oauth.Endpoint.AuthStyle = oauth2.AuthStyleInParams
	return w
}

func (w *world) now() time.Time {
	w.mu.Lock()
	defer w.mu.Unlock()
	return time.Now().Add(w.clock)
}

func (w *world) wait(d time.Duration) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.clock += d
}

// browser is an HTTP client with cookies that stops at the service's door.
type browser struct {
	w      *world
	client *http.Client
}

func (w *world) browser() *browser {
	jar, err := cookiejar.New(nil)
	if err != nil {
		w.t.Fatal(err)
	}
	return &browser{w, &http.Client{Jar: jar, CheckRedirect: func(r *http.Request, _ []*http.Request) error {
		if r.URL.Host == "service.test" {
			return http.ErrUseLastResponse
		}
		return nil
	}}}
}

// page is where the browser is: a page of the provider, or an answer to the service.
type page struct {
	status int
	body   string
	answer url.Values // not nil when sent back to the service
	path   string
}

func (b *browser) read(resp *http.Response, err error) page {
	b.w.t.Helper()
	if err != nil {
		b.w.t.Fatal(err)
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		b.w.t.Fatal(err)
	}
	p := page{status: resp.StatusCode, body: string(body), path: resp.Request.URL.Path}
	if to := resp.Header.Get("Location"); to != "" {
		u, err := url.Parse(to)
		if err != nil {
			b.w.t.Fatal(err)
		}
		p.answer = u.Query()
	}
	return p
}

func (b *browser) open(opts ...oauth2.AuthCodeOption) page {
	b.w.t.Helper()
	opts = append([]oauth2.AuthCodeOption{oidc.Nonce(nonce)}, opts...)
	return b.read(b.client.Get(b.w.oauth.AuthCodeURL("etat-0123456789-0123456789-012345678", opts...)))
}

func (b *browser) post(p page, values ...string) page {
	b.w.t.Helper()
	action := regexp.MustCompile(`action="([^"]+)"`).FindStringSubmatch(p.body)
	if action == nil {
		b.w.t.Fatalf("no form on %s: %s", p.path, p.body)
	}
	form := url.Values{}
	for i := 0; i < len(values); i += 2 {
		form.Set(values[i], values[i+1])
	}
	return b.read(b.client.PostForm(strings.TrimSuffix(b.w.issuer, "/api/v2")+action[1], form))
}

func claims(c string) oauth2.AuthCodeOption { return oauth2.SetAuthURLParam("claims", c) }

// login goes through the pages as a person would and returns the answer to the service.
func (b *browser) login(a proconnect.Account, opts ...oauth2.AuthCodeOption) page {
	b.w.t.Helper()
	p := b.post(b.open(opts...), "email", a.Email)
	p = b.post(p, "password", a.Password)
	if p.answer == nil && strings.Contains(p.body, `name="code"`) {
		code := a.Key
		if code == "" {
			code, _ = b.w.provider.CodeFor(a.Email)
		}
		p = b.post(p, "code", code)
	}
	return p
}

type idClaims struct {
	ACR   string   `json:"acr"`
	AMR   []string `json:"amr"`
	SID   string   `json:"sid"`
	Nonce string   `json:"nonce"`
	Iss   string   `json:"iss"`
	Aud   any      `json:"aud"`
	IdP   string   `json:"idp_id"`
	SIRET string   `json:"siret"`
	Usual string   `json:"usual_name"`
	Email string   `json:"email"`
	Exp   int64    `json:"exp"`
}

// redeem exchanges the code and verifies both tokens as a service does; it fails where a careful service refuses.
func (w *world) redeem(p page, opts ...oauth2.AuthCodeOption) (*oidc.IDToken, idClaims, idClaims, error) {
	w.t.Helper()
	var id, info idClaims
	token, err := w.oauth.Exchange(w.t.Context(), p.answer.Get("code"), opts...)
	if err != nil {
		return nil, id, info, err
	}
	raw, _ := token.Extra("id_token").(string)
	verified, err := w.oidc.Verifier(&oidc.Config{ClientID: clientID, Now: w.now}).Verify(w.t.Context(), raw)
	if err != nil {
		return nil, id, info, err
	}
	if err := verified.Claims(&id); err != nil {
		return nil, id, info, err
	}
	if id.Nonce != nonce {
		return nil, id, info, errRefused("nonce")
	}
	userinfo, err := w.oidc.UserInfo(w.t.Context(), oauth2.StaticTokenSource(token))
	if err != nil {
		return nil, id, info, err
	}
	if err := userinfo.Claims(&info); err != nil {
		return nil, id, info, err
	}
	switch {
	case info.Iss != w.issuer:
		return nil, id, info, errRefused("userinfo issuer")
	case info.Aud != clientID:
		return nil, id, info, errRefused("userinfo audience")
	case info.Exp < w.now().Unix():
		return nil, id, info, errRefused("userinfo expiry")
	case userinfo.Subject != verified.Subject:
		return nil, id, info, errRefused("userinfo subject")
	}
	return verified, id, info, nil
}

type errRefused string

func (e errRefused) Error() string { return string(e) }

// account returns the account of an agent with a factor or without one.
func (w *world) account(strong bool) proconnect.Account {
	w.t.Helper()
	accounts, _ := proconnect.FromNetwork(w.net)
	for i := range w.net.Agents() {
		if a, _ := accounts(w.net.Agent(i).Email); (a.Key != "") == strong {
			return a
		}
	}
	w.t.Fatal("no such account")
	return proconnect.Account{}
}

func TestMailCodeIsNoSecondFactorButPasses(t *testing.T) {
	w := start(t)
	a := w.account(false)
	p := w.browser().login(a, claims(want2FA))
	token, id, info, err := w.redeem(p)
	if err != nil {
		t.Fatal(err)
	}
	if id.ACR != "eidas1-mfa" || strings.Join(id.AMR, ",") != "pwd,mail" {
		t.Errorf("acr %s, amr %v", id.ACR, id.AMR)
	}
	if token.Subject != a.Sub || info.Email != a.Email || info.SIRET != a.SIRET || info.IdP != a.IdP || info.Usual != a.Usual {
		t.Errorf("sub %s, userinfo %+v, account %+v", token.Subject, info, a)
	}
	if id.SID == "" || id.Email != "" {
		t.Errorf("id token holds %+v: want a sid and no e-mail", id)
	}
}

func TestOwnFactor(t *testing.T) {
	w := start(t)
	_, id, _, err := w.redeem(w.browser().login(w.account(true), claims(want2FA)))
	if err != nil {
		t.Fatal(err)
	}
	if id.ACR != "eidas2" || strings.Join(id.AMR, ",") != "pwd,pop,mfa" {
		t.Errorf("acr %s, amr %v", id.ACR, id.AMR)
	}
}

func TestAMROnlyWhenAsked(t *testing.T) {
	w := start(t)
	_, id, _, err := w.redeem(w.browser().login(w.account(false)))
	if err != nil {
		t.Fatal(err)
	}
	if id.AMR != nil || id.ACR != "eidas1" {
		t.Errorf("acr %s, amr %v", id.ACR, id.AMR)
	}
}

func TestACR(t *testing.T) {
	essential := func(values string) string {
		return `{"id_token":{"acr":{"essential":true,"values":[` + values + `]},"amr":null}}`
	}
	for _, test := range []struct {
		name, claims, acrValues string
		account                 proconnect.Account
		acr, amr, err           string
	}{
		{"weak account, strong level", essential(`"eidas2","eidas3"`), "", proconnect.Account{MailCode: true}, "", "", "access_denied"},
		{"no mail code to add", essential(`"eidas1-mfa"`), "", proconnect.Account{}, "", "", "access_denied"},
		{"unsupported value", essential(`"https://proconnect.gouv.fr/assurance/consistency-checked-2fa"`), "",
			proconnect.Account{Acr: "eidas3"}, "", "", "access_denied"},
		{"declared identity", essential(`"eidas0-mfa"`), "", proconnect.Account{Acr: "eidas0", MailCode: true}, "eidas0-mfa", "pwd,mail", ""},
		{"hardware key", essential(`"eidas3"`), "", proconnect.Account{Acr: "eidas3", Amr: []string{"pop", "pin", "mfa"}}, "eidas3", "pop,pin,mfa", ""},
		{"not essential", `{"id_token":{"acr":{"values":["eidas3"]},"amr":null}}`, "", proconnect.Account{}, "eidas1", "pwd", ""},
		{"acr_values hides the level", `{"id_token":{"amr":null}}`, "eidas1", proconnect.Account{Acr: "eidas0"}, "eidas1", "pwd", ""},
		{"acr_values beside essential", essential(`"eidas3"`), "eidas1", proconnect.Account{}, "eidas1", "pwd", ""},
	} {
		t.Run(test.name, func(t *testing.T) {
			w := start(t)
			test.account.Email, test.account.Password = "essai@corps.example", "mot-de-passe"
			w.provider.Add(test.account)
			opts := []oauth2.AuthCodeOption{claims(test.claims)}
			if test.acrValues != "" {
				opts = append(opts, oauth2.SetAuthURLParam("acr_values", test.acrValues))
			}
			p := w.browser().login(test.account, opts...)
			if got := p.answer.Get("error"); got != test.err {
				t.Fatalf("error %q, want %q (%s)", got, test.err, p.body)
			}
			if test.err != "" {
				if d := p.answer.Get("error_description"); d != "requested ACRs could not be satisfied" {
					t.Errorf("description %q", d)
				}
				return
			}
			_, id, _, err := w.redeem(p)
			if err != nil {
				t.Fatal(err)
			}
			if id.ACR != test.acr || strings.Join(id.AMR, ",") != test.amr {
				t.Errorf("acr %s, amr %v", id.ACR, id.AMR)
			}
		})
	}
}

func TestUnknownParameters(t *testing.T) {
	w := start(t)
	for _, name := range []string{"max_age", "display", "ui_locales", "request", "toto"} {
		p := w.browser().open(oauth2.SetAuthURLParam(name, "1"))
		if p.status != http.StatusBadRequest || !strings.Contains(p.body, "Y000400") || p.answer != nil {
			t.Errorf("%s: %d %s", name, p.status, p.body)
		}
	}
}

func TestPKCE(t *testing.T) {
	w := start(t)
	verifier := oauth2.GenerateVerifier()
	a := w.account(false)
	p := w.browser().login(a, oauth2.S256ChallengeOption(verifier))
	if _, _, _, err := w.redeem(p); err == nil {
		t.Error("a code was redeemed without its verifier")
	}
	p = w.browser().login(a, oauth2.S256ChallengeOption(verifier))
	if _, _, _, err := w.redeem(p, oauth2.VerifierOption(verifier)); err != nil {
		t.Error(err)
	}
	p = w.browser().open(oauth2.SetAuthURLParam("code_challenge", verifier), oauth2.SetAuthURLParam("code_challenge_method", "plain"))
	if p.answer.Get("error") != "invalid_request" {
		t.Errorf("plain: %+v", p)
	}
}

func TestCodes(t *testing.T) {
	w := start(t)
	a := w.account(false)
	p := w.browser().login(a)
	if _, _, _, err := w.redeem(p); err != nil {
		t.Fatal(err)
	}
	if _, _, _, err := w.redeem(p); err == nil {
		t.Error("a code was redeemed twice")
	}
	p = w.browser().login(a)
	w.wait(61 * time.Second)
	if _, _, _, err := w.redeem(p); err == nil {
		t.Error("a code was redeemed after a minute")
	}
	basic := w.oauth
	basic.Endpoint.AuthStyle = oauth2.AuthStyleInHeader
	if _, err := basic.Exchange(t.Context(), w.browser().login(a).answer.Get("code")); err == nil {
		t.Error("client_secret_basic was accepted")
	}
}

func TestSingleSignOn(t *testing.T) {
	w := start(t)
	a, b := w.account(false), w.browser()
	b.login(a, claims(want2FA))
	again := b.open(claims(want2FA))
	_, id, _, err := w.redeem(again)
	if err != nil || strings.Join(id.AMR, ",") != "pwd,mail" {
		t.Fatalf("second login: %v, amr %v", err, id.AMR)
	}
	for name, opt := range map[string]oauth2.AuthCodeOption{
		"prompt=login":       oauth2.SetAuthURLParam("prompt", "login"),
		"another login_hint": oauth2.SetAuthURLParam("login_hint", "autre@corps.example"),
		"another idp_hint":   oauth2.SetAuthURLParam("idp_hint", network.StrongProvider),
		"strong levels only": claims(`{"id_token":{"acr":{"essential":true,"values":["eidas2","eidas3"]}}}`),
	} {
		if p := b.open(opt); p.answer != nil {
			t.Errorf("%s: the session was reused", name)
		}
	}
	w.wait(7 * time.Hour)
	if p := b.open(); p.answer.Get("code") == "" {
		t.Error("the session ended before 12 h")
	}
	w.wait(6 * time.Hour) // used at 7 h: were it sliding it would live
	if p := b.open(oauth2.SetAuthURLParam("prompt", "none")); p.answer.Get("error") != "login_required" {
		t.Errorf("after 13 h: %+v", p.answer)
	}
}

func TestLogout(t *testing.T) {
	w := start(t)
	b := w.browser()
	token, err := w.oauth.Exchange(t.Context(), b.login(w.account(false)).answer.Get("code"))
	if err != nil {
		t.Fatal(err)
	}
	hint, _ := token.Extra("id_token").(string)
	q := url.Values{"id_token_hint": {hint}, "state": {"s"}, "post_logout_redirect_uri": {"http://service.test/"}}
	p := b.read(b.client.Get(w.issuer + "/session/end?" + q.Encode()))
	if p.answer.Get("state") != "s" {
		t.Errorf("logout: %d %s", p.status, p.body)
	}
	if p := b.open(oauth2.SetAuthURLParam("prompt", "none")); p.answer.Get("error") != "login_required" {
		t.Errorf("after the logout: %+v", p.answer)
	}
	if _, err := w.oidc.UserInfo(t.Context(), oauth2.StaticTokenSource(token)); err != nil {
		t.Errorf("the access token died with the session, which ProConnect's does not: %v", err)
	}
}

func TestBlockedAndWrong(t *testing.T) {
	w := start(t)
	a, b := w.account(false), w.browser()
	p := b.post(b.open(), "email", a.Email)
	if p = b.post(p, "password", "faux"); !strings.Contains(p.body, "Mot de passe incorrect") {
		t.Errorf("wrong password: %s", p.body)
	}
	b.login(a)
	a.Blocked = true
	w.provider.Add(a)
	if p := b.open(); !strings.Contains(p.body, "Y500024") {
		t.Errorf("a blocked account with a session: %s", p.body)
	}
	b = w.browser()
	if p := b.post(b.open(), "email", a.Email); !strings.Contains(p.body, "Y500024") {
		t.Errorf("a blocked account: %s", p.body)
	}
}

func TestSameMailOtherProviderOtherSub(t *testing.T) {
	w := start(t)
	a := w.account(false)
	twin := proconnect.Account{Email: a.Email, IdP: "autre-fournisseur", Password: "x"}
	first, _, _, err := w.redeem(w.browser().login(a))
	if err != nil {
		t.Fatal(err)
	}
	w.provider.Add(twin)
	second, _, info, err := w.redeem(w.browser().login(twin))
	if err != nil {
		t.Fatal(err)
	}
	if first.Subject == second.Subject || info.Email != a.Email {
		t.Errorf("subs %s and %s", first.Subject, second.Subject)
	}
}

// A thief who reads a mailbox of the structure's domain makes an account there, over HTTP alone.
func TestSignUpNeedsOnlyAMailbox(t *testing.T) {
	w := start(t)
	s := w.net.Structure(1)
	email := "nouveau@" + s.Domain
	b := w.browser()
	p := b.post(b.read(b.client.Get(w.issuer+"/inscription")), "email", email)
	box := b.read(b.client.Get(w.issuer + "/boite?email=" + url.QueryEscape(email)))
	code := regexp.MustCompile(`<output>(\d{6})</output>`).FindStringSubmatch(box.body)
	if code == nil {
		t.Fatalf("no code in the mailbox: %s", box.body)
	}
	p = b.post(p, "email", email, "code", code[1], "given_name", "Jean", "usual_name", "Faux", "password", "motdepasse-long")
	if p.status != http.StatusCreated {
		t.Fatalf("sign-up: %s", p.body)
	}
	_, id, info, err := w.redeem(w.browser().login(proconnect.Account{Email: email, Password: "motdepasse-long"}, claims(want2FA)))
	if err != nil {
		t.Fatal(err)
	}
	if info.SIRET != s.SIRET || id.ACR != "eidas1-mfa" {
		t.Errorf("the account has siret %s and acr %s", info.SIRET, id.ACR)
	}
	p = b.post(b.read(b.client.Get(w.issuer+"/inscription")), "email", "x@ailleurs.example")
	if !strings.Contains(p.body, "aucune organisation") {
		t.Errorf("sign-up from nowhere: %s", p.body)
	}
}

func TestEveryLieIsSeenByACarefulService(t *testing.T) {
	w := start(t)
	a := w.account(false)
	for _, lie := range proconnect.Attacks() {
		w.provider.Attack(lie)
		_, id, _, err := w.redeem(w.browser().login(a, claims(want2FA)))
		switch lie {
		case proconnect.OtherAMR, proconnect.UserinfoPlain: // go-oidc leaves both to the service
			if err != nil && lie == proconnect.OtherAMR || strings.Join(id.AMR, ",") != "pwd,mail" {
				t.Errorf("%v: amr %v, %v", lie, id.AMR, err)
			}
		default:
			if err == nil {
				t.Errorf("%v was not refused", lie)
			}
		}
	}
	w.provider.Attack(proconnect.Honest)
	if _, _, _, err := w.redeem(w.browser().login(a, claims(want2FA))); err != nil {
		t.Errorf("honest again: %v", err)
	}
}

func TestDiscovery(t *testing.T) {
	w := start(t)
	var doc map[string]any
	if err := json.Unmarshal([]byte(w.browser().read(http.Get(w.issuer+"/.well-known/openid-configuration")).body), &doc); err != nil {
		t.Fatal(err)
	}
	for key, path := range map[string]string{"authorization_endpoint": "/authorize", "token_endpoint": "/token",
		"userinfo_endpoint": "/userinfo", "jwks_uri": "/jwks", "end_session_endpoint": "/session/end"} {
		if doc[key] != w.issuer+path {
			t.Errorf("%s is %v", key, doc[key])
		}
	}
	if doc["claims_parameter_supported"] != true || doc["backchannel_logout_supported"] != false {
		t.Errorf("claims parameter %v, back-channel logout %v", doc["claims_parameter_supported"], doc["backchannel_logout_supported"])
	}
}

func TestNewRefuses(t *testing.T) {
	for _, issuer := range []string{"", "http://127.0.0.1", "http://127.0.0.1/api/v3", "::"} {
		if _, err := proconnect.New(proconnect.Options{Issuer: issuer}); err == nil {
			t.Errorf("issuer %q was taken", issuer)
		}
	}
}

func TestManyAtOnce(t *testing.T) {
	w := start(t)
	var done sync.WaitGroup
	for i := range 16 {
		a := proconnect.Account{Email: "agent" + string(rune('a'+i)) + "@corps.example", Password: "mot-de-passe", MailCode: true}
		w.provider.Add(a)
		done.Go(func() {
			_, _, info, err := w.redeem(w.browser().login(a, claims(want2FA)))
			if err != nil || info.Email != a.Email {
				t.Errorf("%s signed in as %s: %v", a.Email, info.Email, err)
			}
		})
	}
	done.Wait()
}
