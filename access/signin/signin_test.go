package signin_test

import (
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"cloison"
	"cloison/access/directory"
	"cloison/access/signin"
	"cloison/access/signin/refusal"
	"cloison/internal/fakes/proconnect"
	"cloison/rules/policy"
)

func TestSignInIsWorthWhatItsFactorIs(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	for name, want := range map[string]policy.Assurance{"strong": policy.PhishingResistant, "mail": policy.Weak} {
		shown := w.browser().in(name).shown()
		if shown.Account != w.Who[name].ID || shown.Assurance != want || shown.Name != name {
			t.Errorf("%s: %+v", name, shown)
		}
		if slices.Contains(shown.Missing, "presence") != (want == policy.Weak) || !slices.Contains(shown.Missing, "passkey") {
			t.Errorf("%s misses %v", name, shown.Missing)
		}
	}
	untrusting := newWorld(t, func(s *signin.Settings) { s.Trusted = nil })
	if shown := untrusting.browser().in("strong").shown(); shown.Assurance != policy.Weak {
		t.Errorf("a provider whom nobody trusts is believed: %+v", shown)
	}
}

func TestWithoutPKCE(t *testing.T) {
	t.Parallel()
	w := newWorld(t, func(s *signin.Settings) { s.WithoutPKCE = true })
	b := w.browser()
	b.stay("/authorize")
	if p := b.get("/cloison/signin"); strings.Contains(p.header.Get("Location"), "code_challenge") {
		t.Errorf("it asks with PKCE: %s", p.header.Get("Location"))
	}
	w.browser().in("mail")
}

// TestTheRequest: exactly the parameters of design.md §6.
func TestTheRequest(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	b := w.browser()
	b.stay("/authorize")
	u, err := url.Parse(b.get("/cloison/signin?return=/x").header.Get("Location"))
	w.Must(err)
	q := u.Query()
	for name, want := range map[string]string{"client_id": clientID, "response_type": "code", "redirect_uri": w.origin + "/cloison/callback",
		"code_challenge_method": "S256", "scope": "openid email idp_id",
		"claims": `{"id_token":{"acr":{"essential":true,"values":["eidas1-mfa","eidas2","eidas3"]},"amr":{"essential":true}}}`} {
		if q.Get(name) != want {
			t.Errorf("%s is %q, want %q", name, q.Get(name), want)
		}
		q.Del(name)
	}
	if len(q.Get("state")) < 32 || len(q.Get("nonce")) < 32 || len(q.Get("code_challenge")) != 43 || q.Get("state") == q.Get("nonce") {
		t.Errorf("state, nonce, challenge: %v", q)
	}
	for _, name := range []string{"state", "nonce", "code_challenge"} {
		q.Del(name)
	}
	if len(q) != 0 {
		t.Errorf("and it says %v", q)
	}
}

// TestLies: whatever the provider forges, nobody gets in.
func TestLies(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	for _, lie := range proconnect.Attacks() {
		if lie == proconnect.OtherAMR { // well signed: judged for what it says
			continue
		}
		w.provider.Attack(lie)
		b := w.browser()
		if p := b.signIn("strong", "/"); p.status != http.StatusForbidden || p.reason() != refusal.TokenRefused {
			t.Errorf("%s: %d %s", lie, p.status, p.body)
		}
		if b.shown() != nil {
			t.Errorf("%s: a session was opened", lie)
		}
	}
	w.provider.Attack(proconnect.OtherAMR)
	if shown := w.browser().in("strong").shown(); shown.Assurance != policy.Weak {
		t.Errorf("a code by mail is worth %s", shown.Assurance)
	}
}

func TestTokensAreForNow(t *testing.T) {
	t.Parallel()
	for late, in := range map[time.Duration]bool{0: true, 50 * time.Second: true, -50 * time.Second: true, -70 * time.Second: false, 62 * time.Minute: false} {
		w := newWorld(t)
		w.skew = late
		b := w.browser()
		p := b.signIn("mail", "/")
		if got := p.status == http.StatusOK; got != in {
			t.Errorf("our clock is %s ahead of the provider's: %d %s", late, p.status, p.body)
		}
	}
}

// TestLevels: the levels that are refused, from any identity provider.
func TestLevels(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	for _, test := range []struct {
		acr    string
		amr    []string
		reason refusal.Reason
	}{
		{"eidas0-mfa", []string{"pwd", "pop", "mfa"}, refusal.FactorTooWeak},
		{"eidas2", []string{"mail", "mfa"}, refusal.FactorMailOnly},
		{"eidas1", []string{"pwd"}, refusal.FactorTooWeak},
	} {
		w.provider.Add(proconnect.Account{Email: email("strong"), IdP: strongIdP, Sub: "sub-" + strongIdP + "-strong", Password: rightPass,
			Acr: test.acr, Amr: test.amr})
		b := w.browser()
		w.want(b.signIn("strong", "/"), http.StatusForbidden, test.reason)
		if b.shown() != nil {
			t.Errorf("%s %v: a session was opened", test.acr, test.amr)
		}
	}
}

// TestTheMailboxGivesNothing: who takes a mailbox over gets another sub at another provider, and no account by it.
func TestTheMailboxGivesNothing(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	thief := w.at("strong", mailIdP) // the same address at another provider
	b := w.browser()
	w.want(b.signIn("strong", "/"), http.StatusForbidden, refusal.OtherSubject)
	if b.shown() != nil {
		t.Error("a session was opened")
	}
	thief.Email = strings.ToUpper(thief.Email[:1]) + thief.Email[1:]
	w.provider.Add(thief)
	w.want(w.browser().signIn("strong", "/"), http.StatusForbidden, refusal.OtherSubject)

	if _, err := w.Approvals.IssueCode(w.Ctx, w.Who["strong"].ID, true); err != nil { // the operator undoes the binding
		t.Fatal(err)
	}
	if shown := w.browser().in("strong").shown(); shown.Account != 0 || !slices.Equal(shown.Missing, []string{"enrolment"}) {
		t.Errorf("who may enrol again is %+v", shown)
	}
}

func TestSuspendedAccountsStayOut(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	a := w.Who["mail"]
	a.State = directory.Suspended
	w.Must(w.DB.UpdateAccount(w.Ctx, a))
	w.want(w.browser().signIn("mail", "/"), http.StatusForbidden, refusal.NotActive)
}

// answer gets as far as the provider's answer, and returns it without giving it to the service.
func (b *browser) answer(name string) *url.URL {
	b.w.Helper()
	b.stay("/cloison/callback")
	p := b.signIn(name, "/")
	u, err := url.Parse(p.header.Get("Location"))
	b.w.Must(err)
	b.stay("nowhere")
	if u.Query().Get("code") == "" {
		b.w.Fatalf("no answer: %d %s", p.status, p.body)
	}
	return u
}

func TestAnAnswerIsGoodOnceAndInItsBrowser(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	b, other := w.browser(), w.browser()
	u := b.answer("mail")
	w.want(other.get(u.String()), http.StatusForbidden, refusal.FlowOtherBrowser)
	other.answer("strong") // has a flow of its own
	w.want(other.get(u.String()), http.StatusForbidden, refusal.FlowOtherBrowser)
	if b.shown() != nil || other.shown() != nil {
		t.Error("a session was opened")
	}
	if p := b.get(u.String()); p.status != http.StatusOK { // the other one changed nothing
		t.Fatalf("%d %s", p.status, p.body)
	}
	w.want(b.get(u.String()), http.StatusForbidden, refusal.TokenRefused) // its code is used up
	u = b.answer("mail")
	w.Clock.Add(10 * time.Minute)
	w.want(b.get(u.String()), http.StatusForbidden, refusal.FlowUnknown)
	u = b.answer("mail")
	w.Clock.Add(-2 * time.Minute)
	w.want(b.get(u.String()), http.StatusServiceUnavailable, refusal.ClockBack)
}

// TestAStateIsUsedOnce, even with two codes of the provider for it.
func TestAStateIsUsedOnce(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	b := w.browser()
	b.stay("/authorize")
	asked := b.get("/cloison/signin?return=/x").header.Get("Location")
	b.stay("/cloison/callback")
	var answers []string
	for range 2 {
		answers = append(answers, b.identify(b.get(asked), "mail").header.Get("Location"))
	}
	b.stay("nowhere")
	if p := b.get(answers[1]); p.body != "at /x" {
		t.Fatalf("%d %s", p.status, p.body)
	}
	w.want(b.get(answers[0]), http.StatusForbidden, refusal.FlowUnknown)
	if live, err := w.DB.SessionsOf(w.Ctx, w.Who["mail"].ID); err != nil || len(live) != 1 {
		t.Errorf("%d sessions, %v", len(live), err)
	}
}

// TestABeginningStoresNothing: a million anonymous requests fill no table.
func TestABeginningStoresNothing(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	before := w.stored()
	b := w.browser()
	b.stay("/authorize")
	for range 5 {
		u, err := url.Parse(b.get("/cloison/signin?return=/x").header.Get("Location"))
		w.Must(err)
		w.want(b.get("/cloison/callback?code=faux&iss="+url.QueryEscape(w.issuer)+"&state="+u.Query().Get("state")),
			http.StatusForbidden, refusal.TokenRefused)
	}
	if after := w.stored(); after != before {
		t.Errorf("the store grew from %q to %q", before, after)
	}
}

// TestInventedCodesAreNotAskedAbout for ever: the network that sends them waits, and no other.
func TestInventedCodesAreNotAskedAbout(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	b, neighbour := w.browser(), w.browser()
	neighbour.address = elsewhere
	b.stay("/authorize")
	u, err := url.Parse(b.get("/cloison/signin?return=/x").header.Get("Location"))
	w.Must(err)
	invented := "/cloison/callback?code=faux&iss=" + url.QueryEscape(w.issuer) + "&state=" + u.Query().Get("state")
	for range 60 {
		w.want(b.get(invented), http.StatusForbidden, refusal.TokenRefused)
	}
	w.want(b.get(invented), http.StatusTooManyRequests, refusal.Throttled)
	neighbour.in("mail")
	w.Clock.Add(time.Minute)
	w.want(b.get(invented), http.StatusForbidden, refusal.TokenRefused)
	b.stay("nowhere")
	b.in("mail")
}

// TestReplicasShareASignIn: it ends where it did not begin when they share the key, and is unknown there when not.
func TestReplicasShareASignIn(t *testing.T) {
	t.Parallel()
	for key, in := range map[cloison.Secret]bool{"": false, cloison.Secret(strings.Repeat("k", 32)): true} {
		w := newWorld(t, func(s *signin.Settings) { s.StateKey = key })
		b := w.browser()
		u := b.answer("mail")
		w.start(func(s *signin.Settings) { s.StateKey = key }) // another process
		p := b.get(u.String())
		if got := p.status == http.StatusOK; got != in {
			t.Errorf("with a shared key: %v: %d %s", in, p.status, p.body)
		}
	}
}

// TestAnAnswerOpensOneSession: of many callbacks at the same time one opens a session.
func TestAnAnswerOpensOneSession(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	b := w.browser()
	u := b.answer("mail")
	var wg sync.WaitGroup
	var in atomic.Int32
	for range 8 {
		wg.Go(func() {
			if p := b.get(u.String()); p.status == http.StatusOK {
				in.Add(1)
			}
		})
	}
	wg.Wait()
	if live, err := w.DB.SessionsOf(w.Ctx, w.Who["mail"].ID); err != nil || len(live) != 1 || in.Load() != 1 {
		t.Errorf("%d callbacks got in, %d sessions, %v", in.Load(), len(live), err)
	}
}

func TestTwoTabs(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	b := w.browser()
	one, two := b.get("/cloison/signin?return=/un"), b.get("/cloison/signin?return=/deux")
	if p := b.identify(two, "mail"); p.body != "at /deux" {
		t.Errorf("%d %s", p.status, p.body)
	}
	if p := b.identify(one, "mail"); p.body != "at /un" {
		t.Errorf("%d %s", p.status, p.body)
	}
	if live, err := w.DB.SessionsOf(w.Ctx, w.Who["mail"].ID); err != nil || len(live) != 1 {
		t.Errorf("the browser has %d sessions, %v", len(live), err)
	}
}

// TestForgedAnswers: each is refused with a reason, whatever the state is worth.
func TestForgedAnswers(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	for name, test := range map[string]struct {
		forge  func(url.Values)
		status int
		reason refusal.Reason
	}{
		"no state":          {func(q url.Values) { q.Del("state") }, 403, refusal.FlowUnknown},
		"another state":     {func(q url.Values) { q.Set("state", strings.Repeat("x", 43)) }, 403, refusal.FlowUnknown},
		"two states":        {func(q url.Values) { q.Add("state", q.Get("state")) }, 400, refusal.BadRequest},
		"two codes":         {func(q url.Values) { q.Add("code", "autre") }, 400, refusal.BadRequest},
		"no code":           {func(q url.Values) { q.Del("code") }, 400, refusal.BadRequest},
		"another code":      {func(q url.Values) { q.Set("code", "autre") }, 403, refusal.TokenRefused},
		"another provider":  {func(q url.Values) { q.Set("iss", "https://pirate.example") }, 403, refusal.MixedUp},
		"blocked":           {func(q url.Values) { q.Set("error", "Y500024") }, 403, refusal.ProviderBlocked},
		"domain":            {func(q url.Values) { q.Set("error", "access_denied"); q.Set("error_description", "Y500025: domaine") }, 403, refusal.DomainBarred},
		"sector":            {func(q url.Values) { q.Set("error", "Y500015") }, 403, refusal.SectorBarred},
		"denied":            {func(q url.Values) { q.Set("error", "access_denied") }, 403, refusal.ProviderDenied},
		"login required":    {func(q url.Values) { q.Set("error", "login_required") }, 403, refusal.LoginRequired},
		"some other error":  {func(q url.Values) { q.Set("error", "invalid_scope") }, 403, refusal.ProviderError},
		"provider overload": {func(q url.Values) { q.Set("error", "temporarily_unavailable") }, 503, refusal.ProviderDown},
	} {
		b := w.browser()
		u := b.answer("mail")
		q := u.Query()
		test.forge(q)
		u.RawQuery = q.Encode()
		p := b.get(u.String())
		if p.status != test.status || p.reason() != test.reason || b.shown() != nil {
			t.Errorf("%s: %d %s, want %d %s", name, p.status, p.body, test.status, test.reason)
		}
	}
}

func TestAProviderThatIsDown(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	provider, address := serve(t)
	world := w.onProvider(address + "/api/v2")
	own := world.browser()
	w.want(own.get("/cloison/signin"), http.StatusServiceUnavailable, refusal.ProviderDown)
	w.want(own.get("/cloison/session"), http.StatusUnauthorized, refusal.SignedOut)
	up, err := proconnect.New(proconnect.Options{Issuer: address + "/api/v2", Now: w.Now,
		Clients: []proconnect.Client{{ID: clientID, Secret: clientKey, RedirectURIs: []string{world.origin + "/cloison/callback"}}}})
	w.Must(err)
	provider.handler = up
	w.want(own.get("/cloison/signin"), http.StatusServiceUnavailable, refusal.ProviderDown) // not asked again at each click
	w.Clock.Add(5 * time.Second)
	if p := own.get("/cloison/signin"); !strings.Contains(p.body, `name="email"`) {
		t.Errorf("it is up, and %d %s", p.status, p.body)
	}
}

func TestUnknownHosts(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	b := w.browser()
	r, err := http.NewRequestWithContext(w.Ctx, http.MethodGet, w.origin+"/cloison/signin", nil)
	w.Must(err)
	r.Host = "pirate.example"
	w.want(b.do(r), http.StatusBadRequest, refusal.UnknownHost)
}

func TestNothingButJSON(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	b := w.present("mail")
	for _, path := range []string{"signout", "enrol", "passkey", "passkey/options", "act/presence", "act/presence/options"} {
		r, err := http.NewRequestWithContext(w.Ctx, http.MethodPost, w.origin+"/cloison/"+path, strings.NewReader("code=x"))
		w.Must(err)
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		w.want(b.do(r), http.StatusBadRequest, refusal.BadRequest)
	}
	if b.shown() == nil {
		t.Error("a form signed the person out")
	}
	w.want(b.send(http.MethodPost, "/cloison/act/contain/options", struct{}{}), http.StatusNotFound, refusal.BadRequest)
	w.want(b.send(http.MethodPost, "/cloison/enrol", strings.Repeat("x", 70<<10)), http.StatusBadRequest, refusal.BadRequest)
}

func TestSettings(t *testing.T) {
	t.Parallel()
	good := signin.Settings{Issuer: "https://idp.example", ClientID: "c", Origins: []string{"https://console.example"}, RPID: "console.example"}
	w := newWorld(t)
	w.replica(good)
	for name, change := range map[string]func(*signin.Settings){
		"no issuer":     func(s *signin.Settings) { s.Issuer = "" },
		"plain issuer":  func(s *signin.Settings) { s.Issuer = "http://idp.example" },
		"no origin":     func(s *signin.Settings) { s.Origins = nil },
		"plain http":    func(s *signin.Settings) { s.Origins = []string{"http://console.example"} },
		"a path":        func(s *signin.Settings) { s.Origins = []string{"https://console.example/"} },
		"another party": func(s *signin.Settings) { s.RPID = "autre.example" },
		"half a domain": func(s *signin.Settings) { s.RPID = "ole.example" },
	} {
		s := good
		change(&s)
		if _, err := signin.New(w.DB, w.DB, s, nil, time.Now); cloison.KindOf(err) != cloison.Invalid || err == nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}
