package signin_test

import (
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"cloison"
	"cloison/access/signin"
	"cloison/access/signin/refusal"
	"cloison/rules/policy"
	"cloison/wall/disclose"
)

func TestSessionsEnd(t *testing.T) {
	t.Parallel()
	t.Run("after four hours", func(t *testing.T) {
		w := newWorld(t)
		b := w.browser().in("mail")
		for range 15 {
			w.Clock.Add(16 * time.Minute)
			if _, err := w.session(b); w.Now().Hour() < 13 {
				w.Must(err)
			} else {
				w.wantReason(err, refusal.SignedOut)
			}
		}
	})
	t.Run("when idle", func(t *testing.T) {
		w := newWorld(t)
		b := w.browser().in("mail")
		w.Clock.Add(29 * time.Minute)
		w.live(b)
		w.Clock.Add(29 * time.Minute)
		w.live(b)
		w.Clock.Add(31 * time.Minute)
		w.want(b.get("/cloison/session"), http.StatusUnauthorized, refusal.SignedOut)
	})
	t.Run("when the clock goes back", func(t *testing.T) {
		w := newWorld(t)
		b := w.browser().in("mail")
		w.Clock.Add(20 * time.Minute)
		w.live(b)
		w.Clock.Add(-30 * time.Second) // clocks are set right now and then
		w.live(b)
		w.Clock.Add(-5 * time.Minute)
		_, err := w.session(b)
		w.wantReason(err, refusal.ClockBack)
		if cloison.KindOf(err) != cloison.Unavailable {
			t.Errorf("a clock in doubt is %s", cloison.KindOf(err))
		}
	})
	t.Run("on every replica", func(t *testing.T) {
		w := newWorld(t)
		b := w.browser().in("mail")
		live := w.live(b)
		if n, err := w.DB.Revoke(w.Ctx, live.Account, 0, "cut", w.Now()); err != nil || n != 1 {
			t.Fatal(n, err)
		}
		w.Clock.Add(time.Second) // as long as this one may not know
		_, err := w.session(b)
		w.wantReason(err, refusal.SignedOut)
	})
}

func TestSigningOut(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	b := w.browser().in("mail")
	thief := b.stolen()
	w.live(thief)
	p := b.send(http.MethodPost, "/cloison/signout", struct{}{})
	if p.status != http.StatusOK || !strings.Contains(p.body, w.issuer+"/session/end?id_token_hint=") {
		t.Errorf("%d %s", p.status, p.body)
	}
	_, err := w.session(thief) // at once, although it was in memory
	w.wantReason(err, refusal.SignedOut)
	to, _, _ := strings.Cut(strings.TrimPrefix(p.body, `{"redirect":"`), `"`)
	if p := b.get(strings.ReplaceAll(to, `\u0026`, "&")); p.body != "at /?state="+p.url.Query().Get("state") {
		t.Errorf("the provider's logout ends at %s: %d %s", p.url, p.status, p.body)
	}
	w.want(b.send(http.MethodPost, "/cloison/signout", struct{}{}), http.StatusOK, "")
}

func TestSigningInAgainEndsTheSessionBefore(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	b := w.browser().in("mail")
	thief := b.stolen()
	w.live(thief)
	b.in("mail")
	_, err := w.session(thief)
	w.wantReason(err, refusal.SignedOut)
	w.live(b)
}

// TestFixation: no cookie that somebody else put there becomes a session.
func TestFixation(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	b := w.browser()
	u, err := url.Parse(w.origin)
	w.Must(err)
	planted := strings.Repeat("A", 43)
	b.client.Jar.SetCookies(u, []*http.Cookie{{Name: "cloison", Value: planted, Path: "/"}})
	b.in("mail")
	for _, c := range b.client.Jar.Cookies(u) {
		if c.Name == "cloison" && c.Value == planted {
			t.Error("the planted cookie is the session's")
		}
	}
}

// TestMoved: from another network or browser a session is weak until its passkey is used there; its holder notices
// nothing.
func TestMoved(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	b := w.present("strong")
	if live := w.live(b); live.Assurance != policy.PhishingResistant || live.PasskeyAt.IsZero() || live.Moved {
		t.Fatalf("before: %+v", live)
	}
	for name, move := range map[string]func(*browser){
		"network": func(b *browser) { b.address = elsewhere },
		"IPv6":    func(b *browser) { b.address = "2001:db8::1" },
		"browser": func(b *browser) { b.agent = "Navigateur/2" },
	} {
		thief := b.stolen()
		move(thief)
		if live := w.live(thief); live.Assurance != policy.Weak || !live.PasskeyAt.IsZero() || !live.Moved {
			t.Errorf("%s: %+v", name, live)
		}
		if live := w.live(b); live.Moved || live.PasskeyAt.IsZero() {
			t.Errorf("%s: its owner's is %+v", name, live)
		}
	}
	b.address = "192.0.2.200" // the same /24
	if w.live(b).Moved {
		t.Error("a neighbouring address is another network")
	}
	b.address = elsewhere
	w.want(b.act(signin.Presence), http.StatusOK, "")
	if live := w.live(b); live.Moved || live.PasskeyAt.IsZero() || live.Assurance != policy.PhishingResistant {
		t.Errorf("after a presence there: %+v", live)
	}
	b.address = home
	if !w.live(b).Moved {
		t.Error("back home without a passkey")
	}
}

// TestAPresenceKillsCopies: what a stolen cookie is worth ends with its owner's next presence.
func TestAPresenceKillsCopies(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	b := w.present("mail")
	thief := b.stolen()
	if w.live(thief).Assurance != policy.OwnPasskey {
		t.Fatal("a copy in the same place cannot be told apart yet")
	}
	w.want(b.act(signin.Presence), http.StatusOK, "")
	_, err := w.session(thief)
	w.wantReason(err, refusal.SignedOut)
	if live := w.live(b); live.Assurance != policy.OwnPasskey {
		t.Errorf("its owner's is %+v", live)
	}
}

// TestTheLease: without a passkey nothing may be read; a presence opens twenty persons.
func TestTheLease(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.at("stranger", strongIdP)
	left := func(b *browser) int32 {
		t.Helper()
		tallies, err := w.DB.Tallies(w.Ctx, []disclose.Counted{disclose.CountedSession(w.live(b).ID)})
		w.Must(err)
		if len(tallies) != 1 {
			t.Fatalf("%d tallies", len(tallies))
		}
		return tallies[0].Tally.Left
	}
	for name, want := range map[string]int32{"strong": 20, "mail": 0, "stranger": 0} {
		if got := left(w.browser().in(name)); got != want {
			t.Errorf("%s has a lease of %d, want %d", name, got, want)
		}
	}
	b := w.browser().in("strong")
	w.Clock.Add(11 * time.Minute)
	if got := left(b.in("strong")); got != 0 { // by single sign-on: nobody touched a key
		t.Errorf("signing in again opens %d", got)
	}
	b = w.present("mail")
	if got := left(b); got != 20 {
		t.Errorf("a presence opens %d", got)
	}
	w.Must(w.DB.RenewPresence(w.Ctx, w.live(b).ID, 3))
	w.want(b.act(signin.Presence), http.StatusOK, "")
	if got := left(b); got != 20 {
		t.Errorf("another presence opens %d", got)
	}
}

func TestReadingWhileASessionEnds(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	b := w.browser().in("mail")
	live := w.live(b)
	var wg sync.WaitGroup
	stop := make(chan struct{})
	for range 4 {
		wg.Go(func() {
			for {
				select {
				case <-stop:
					return
				default:
					w.Clock.Add(time.Millisecond)
					if _, err := w.session(b); err != nil && refusal.ReasonOf(err) != refusal.SignedOut {
						t.Error(err)
						return
					}
				}
			}
		})
	}
	w.want(b.stolen().send(http.MethodPost, "/cloison/signout", struct{}{}), http.StatusOK, "")
	_, err := w.session(b) // nobody who read it before puts it back
	w.wantReason(err, refusal.SignedOut)
	close(stop)
	wg.Wait()
	if n, err := w.DB.Revoke(w.Ctx, live.Account, live.ID, "again", w.Now()); err != nil || n != 0 {
		t.Error(n, err)
	}
}

func TestCookies(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	secure := w.replica(signin.Settings{Issuer: w.issuer, ClientID: clientID, Origins: []string{"https://console.example"}, RPID: "console.example"})
	r := httptest.NewRequest(http.MethodGet, "https://console.example/cloison/signin", nil)
	out := httptest.NewRecorder()
	if _, err := secure.Authorize(out, r, "/"); err != nil {
		t.Fatal(err)
	}
	w.Must(secure.SetToken(out, r, "jeton"))
	cookies := out.Result().Cookies()
	if len(cookies) != 2 {
		t.Fatalf("%d cookies", len(cookies))
	}
	for _, c := range cookies {
		if !strings.HasPrefix(c.Name, "__Host-") || !c.Secure || !c.HttpOnly || c.SameSite != http.SameSiteLaxMode || c.Path != "/" || c.Domain != "" {
			t.Errorf("cookie %+v", c)
		}
	}
}

func BenchmarkSession(b *testing.B) {
	w := newWorld(b)
	browser := w.browser().in("strong")
	u, err := url.Parse(w.origin)
	w.Must(err)
	r := httptest.NewRequest(http.MethodGet, w.origin+"/dossiers", nil)
	r.Header.Set("User-Agent", browser.agent)
	for _, c := range browser.client.Jar.Cookies(u) {
		r.AddCookie(c)
	}
	b.ReportAllocs()
	for b.Loop() {
		if _, err := w.signin.Session(w.Ctx, r); err != nil {
			b.Fatal(err)
		}
	}
}
