package signin_test

import (
	"encoding/base64"
	"encoding/json"
	"net/http"
	"strings"
	"testing"
	"time"

	"cloison"
	"cloison/access/directory"
	"cloison/access/signin"
	"cloison/access/signin/refusal"
	"cloison/internal/fakes/softkey"
	"cloison/internal/testkit"
)

func TestDeviceOf(t *testing.T) {
	t.Parallel()
	for agent, want := range map[string]string{
		"Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:140.0) Gecko/20100101 Firefox/140.0":                                                       "firefox windows",
		"Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Safari/537.36 Edg/140.0.0.0":          "edge windows",
		"Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.5 Safari/605.1.15":                  "safari macos",
		"Mozilla/5.0 (iPhone; CPU iPhone OS 18_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) CriOS/140.0 Mobile/15E148 Safari/604.1": "chrome ios",
		"Mozilla/5.0 (Linux; Android 15; SM-S921B) AppleWebKit/537.36 (KHTML, like Gecko) SamsungBrowser/28.0 Chrome/130.0 Mobile Safari/537.36": "samsung android",
		"Mozilla/5.0 (X11; CrOS x86_64 14541.0.0) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Safari/537.36":                         "chrome chromeos",
		"Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0":                                                                 "firefox linux",
		"curl/8.14": "other other", "": "other other", "<script>Firefox/ Linux</script>": "firefox linux",
	} {
		if got := signin.DeviceOf(agent); got != want {
			t.Errorf("%s: %q, want %q", agent, got, want)
		}
	}
}

// place is a line of GET sessions.
type place struct {
	ID              cloison.SessionID
	Device, Network string
	Here            bool
}

// ends and removes are what the console does in the browser's session once a passkey has approved it.
func (b *browser) ends(id cloison.SessionID) error {
	b.w.Helper()
	return b.w.signin.EndSession(b.w.Ctx, b.w.live(b), id)
}

func (b *browser) removes(id string) error {
	b.w.Helper()
	return b.w.signin.RemovePasskey(b.w.Ctx, b.w.live(b), keyBytes(b.w, id))
}

func keyBytes(w *world, id string) []byte {
	raw, err := base64.RawURLEncoding.DecodeString(id)
	w.Must(err)
	return raw
}

func (b *browser) places() (list []place) {
	b.w.Helper()
	p := b.get("/cloison/sessions")
	if p.status != http.StatusOK {
		b.w.Fatalf("%d %s", p.status, p.body)
	}
	b.w.Must(json.Unmarshal([]byte(p.body), &list))
	return list
}

// TestSessionsAreTheirOwners: they are seen and ended by who shows the passkey, and by nobody else.
func TestSessionsAreTheirOwners(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	b := w.present("mail")
	second := w.browser().in("mail")
	w.want(second.get("/cloison/sessions"), http.StatusForbidden, refusal.PasskeyNeeded)
	stranger := w.present("strong")
	thief := b.stolen()
	thief.address = elsewhere
	thief.key = softkey.New()
	list := b.places()
	if len(list) != 2 || list[0].Here == list[1].Here || list[0].Network != "192.0.2.0/24" {
		t.Fatalf("%+v", list)
	}
	other, own := list[0].ID, list[1].ID
	if list[0].Here {
		other, own = own, other
	}
	if p := thief.get("/cloison/sessions"); p.reason() != refusal.PasskeyNeeded {
		t.Errorf("a cookie from elsewhere sees: %d %s", p.status, p.body)
	}
	w.wantReason(thief.ends(other), refusal.PasskeyNeeded)
	w.wantReason(thief.ends(cloison.SessionID(0)), refusal.PasskeyNeeded)
	for _, id := range []cloison.SessionID{other, own, cloison.NewSessionID()} {
		w.wantReason(stranger.ends(id), refusal.SessionUnknown)
	}
	w.Clock.Add(6 * time.Minute)
	w.wantReason(b.ends(other), refusal.PasskeyNeeded)
	w.want(b.act(signin.Presence), http.StatusOK, "")
	w.Must(b.ends(other))
	w.wantReason(b.ends(other), refusal.SessionUnknown)
	w.want(second.get("/cloison/session"), http.StatusUnauthorized, refusal.SignedOut)

	for range 3 {
		w.browser().in("mail")
	}
	if n, err := w.signin.EndOthers(w.Ctx, w.live(b)); n != 3 || err != nil {
		t.Errorf("%d, %v", n, err)
	}
	if list := b.places(); len(list) != 1 || !list[0].Here {
		t.Errorf("%+v", list)
	}
	if stranger.shown() == nil {
		t.Error("a stranger was put out")
	}
}

// TestPasskeysGetNames: by their owner, who is present, and as text.
func TestPasskeysGetNames(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	b, stranger := w.present("mail"), w.present("strong")
	var keys []struct{ ID, Name string }
	w.Must(json.Unmarshal([]byte(b.get("/cloison/passkeys").body), &keys))
	name := func(by *browser, id, name string) error {
		return w.signin.RenamePasskey(w.Ctx, w.live(by), keyBytes(w, id), name)
	}
	id := keys[0].ID
	w.wantReason(name(stranger, id, "à moi"), refusal.PasskeyUnknown)
	w.wantReason(name(b, id, " \u202e\t"), refusal.BadRequest)
	w.Must(name(b, id, "<b>Clé\u202e du\n bureau</b>"+strings.Repeat("x", 100)))
	w.Must(json.Unmarshal([]byte(b.get("/cloison/passkeys").body), &keys))
	if got := keys[0].Name; !strings.HasPrefix(got, "<b>Clé du bureau</b>xxx") || len([]rune(got)) != 64 {
		t.Errorf("%q", got)
	}
	thief := b.stolen()
	thief.address = elsewhere
	w.wantReason(name(thief, id, "autre"), refusal.PasskeyNeeded)
	w.Clock.Add(6 * time.Minute)
	w.wantReason(name(b, id, "autre"), refusal.PasskeyNeeded)
	w.wantReason(name(b, "AAAA", "x"), refusal.PasskeyUnknown)
}

// TestACookieAloneChangesNothing: not even in its owner's network and minutes after a gesture; no route renames,
// removes or ends without another gesture.
func TestACookieAloneChangesNothing(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	b := w.present("mail")
	w.want(b.act(signin.AddPasskey), http.StatusOK, "")
	b.key = softkey.New()
	w.want(b.register("seconde"), http.StatusOK, "")
	var keys []struct{ ID string }
	w.Must(json.Unmarshal([]byte(b.get("/cloison/passkeys").body), &keys))
	other := w.browser().in("mail")
	thief := b.stolen() // from the desk beside
	for _, method := range []string{http.MethodDelete, http.MethodPatch, http.MethodPut, http.MethodPost} {
		for _, path := range []string{"passkeys/" + keys[0].ID, "passkeys", "sessions", "sessions/" + w.live(other).ID.String()} {
			if p := thief.send(method, "/cloison/"+path, map[string]string{"name": "x"}); p.status < 400 {
				t.Errorf("%s %s: %d %s", method, path, p.status, p.body)
			}
		}
	}
	if after, err := w.DB.Passkeys(w.Ctx, w.Who["mail"].ID); err != nil || len(after) != 2 || len(b.places()) != 2 {
		t.Errorf("%d passkeys, %v", len(after), err)
	}
}

// events returns the details of the events of a code, oldest first.
func (w *world) events(code string) (details []map[string]string) {
	w.Helper()
	list, err := w.DB.Events(w.Ctx, 0, 1000)
	w.Must(err)
	for _, e := range list {
		if e.Code == code {
			details = append(details, e.Detail)
		}
	}
	return details
}

// TestANewDeviceIsSaid once for each place and browser, at sign-in and when a session moves.
func TestANewDeviceIsSaid(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	b := w.enrolled("mail") // signs in, then enrols
	w.browser().in("mail")
	away := w.browser()
	away.address = elsewhere
	away.in("mail")
	phone := w.browser()
	phone.agent = "Mozilla/5.0 (iPhone) Safari/1"
	phone.in("mail")
	var said []string
	for _, d := range w.events("session.opened") {
		said = append(said, d["new_device"])
		if d["network"] == "" || strings.Contains(d["network"], "192.0") || d["browser"] == "" {
			t.Errorf("%v", d)
		}
	}
	if got := strings.Join(said, " "); got != "true false false true true" {
		t.Errorf("new devices: %s", got)
	}
	b.address = "203.0.113.9"
	w.want(b.act(signin.Presence), http.StatusOK, "")
	b.address = elsewhere
	w.want(b.act(signin.Presence), http.StatusOK, "")
	w.want(b.act(signin.Presence), http.StatusOK, "")
	if moved := w.events("session.moved"); len(moved) != 2 || moved[0]["new_device"] != "true" || moved[1]["new_device"] != "false" {
		t.Errorf("%v", moved)
	}
}

// TestACopyStopsBoth: a cloned key ends every session, and neither of the two opens anything any more.
func TestACopyStopsBoth(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	owner := w.present("mail")
	copied := owner.key.Clone()
	w.want(owner.act(signin.Presence), http.StatusOK, "")
	thief := w.browser().in("mail")
	thief.key = copied
	w.want(thief.act(signin.Presence), http.StatusForbidden, refusal.PasskeyCloned) // its count is behind
	for name, b := range map[string]*browser{"owner": owner, "thief": thief} {
		w.want(b.get("/cloison/session"), http.StatusUnauthorized, refusal.SignedOut)
		w.want(b.in("mail").act(signin.Presence), http.StatusForbidden, refusal.PasskeyCloned)
		if len(w.events("passkey.cloned")) != 1 {
			t.Errorf("%s: %v", name, w.events("passkey.cloned"))
		}
	}
}

// TestAKeyOfAnotherAccountApprovesNothing, nor does an assertion that was used, or one made for another session's act.
func TestAKeyOfAnotherAccountApprovesNothing(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	b, other := w.present("mail"), w.present("strong")
	own := b.key
	b.key = other.key
	p := b.send(http.MethodPost, "/cloison/act/presence/options", struct{}{})
	var act begun
	w.Must(json.Unmarshal([]byte(p.body), &act))
	if _, err := other.key.Assert(w.origin, act.Options); err == nil {
		t.Fatal("the browser would find a key that was not asked for")
	}
	var options map[string]any
	w.Must(json.Unmarshal(act.Options, &options))
	public, ok := options["publicKey"].(map[string]any)
	if !ok {
		t.Fatalf("%s", act.Options)
	}
	delete(public, "allowCredentials") // a browser that was told to take any
	forged, err := json.Marshal(options)
	w.Must(err)
	assertion, err := other.key.Assert(w.origin, forged)
	w.Must(err)
	send := func(by *browser, id cloison.ActID, assertion []byte) page {
		return by.send(http.MethodPost, "/cloison/act/presence", map[string]any{"act": id, "assertion": json.RawMessage(assertion)})
	}
	w.want(send(b, act.Act, assertion), http.StatusForbidden, refusal.PasskeyRefused)
	b.key = own
	p = b.send(http.MethodPost, "/cloison/act/presence/options", struct{}{})
	w.Must(json.Unmarshal([]byte(p.body), &act))
	assertion, err = own.Assert(w.origin, act.Options)
	w.Must(err)
	w.want(send(other, act.Act, assertion), http.StatusNotFound, refusal.ActUnknown)
	w.want(send(b, act.Act, assertion), http.StatusOK, "")
	w.want(send(b, act.Act, assertion), http.StatusNotFound, refusal.ActUnknown)
	w.Must(json.Unmarshal([]byte(b.send(http.MethodPost, "/cloison/act/presence/options", struct{}{}).body), &act))
	w.want(send(b, act.Act, assertion), http.StatusForbidden, refusal.PasskeyRefused)
}

// TestTheTokenChangesWithWhatItOpens: a cookie that was planted before a passkey was used is worth nothing after.
func TestTheTokenChangesWithWhatItOpens(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	b := w.browser().in("mail")
	planted := b.stolen()
	code, err := w.Approvals.IssueCode(w.Ctx, w.Who["mail"].ID, false)
	w.Must(err)
	w.want(b.send(http.MethodPost, "/cloison/enrol", map[string]string{"code": code.Reveal()}), http.StatusOK, "")
	w.want(planted.get("/cloison/session"), http.StatusUnauthorized, refusal.SignedOut)
	w.want(b.register("Téléphone"), http.StatusOK, "")
	planted = b.stolen()
	w.want(b.act(signin.Presence), http.StatusOK, "")
	w.want(planted.get("/cloison/session"), http.StatusUnauthorized, refusal.SignedOut)
	planted = b.stolen()
	w.want(b.act(signin.AddPasskey), http.StatusOK, "")
	w.want(planted.send(http.MethodPost, "/cloison/passkey/options", struct{}{}), http.StatusUnauthorized, refusal.SignedOut)
	planted = b.stolen()
	b.in("mail") // again
	w.want(planted.get("/cloison/session"), http.StatusUnauthorized, refusal.SignedOut)
}

// TestAPasskeyIsNotMadeAfterACut: the suspension comes between the browser's answer and its storing.
func TestAPasskeyIsNotMadeAfterACut(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	b := w.present("mail")
	w.want(b.act(signin.AddPasskey), http.StatusOK, "")
	p := b.send(http.MethodPost, "/cloison/passkey/options", struct{}{})
	answer, err := softkey.New().Register(w.origin, []byte(p.body))
	w.Must(err)
	session := w.live(b)
	cut := cutting{w.DB, func() {
		a, err := w.DB.Account(w.Ctx, w.Who["mail"].ID)
		w.Must(err)
		a.State = directory.Suspended
		w.Must(w.DB.UpdateAccount(w.Ctx, a))
	}}
	late, err := signin.New(cut, w.DB, w.settings, testkit.Quiet(), w.ours)
	w.Must(err)
	_, err = late.FinishPasskey(w.Ctx, session, "tard", answer)
	w.wantReason(err, refusal.NotActive)
	keys, err := w.DB.Passkeys(w.Ctx, session.Account)
	w.Must(err)
	if len(keys) != 1 {
		t.Errorf("%d passkeys", len(keys))
	}
}

// TestUseIsNoted: by a sign-in and by use, once an hour; who was away for three months is not woken by coming back.
func TestUseIsNoted(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	last := func() time.Time {
		a, err := w.DB.Account(w.Ctx, w.Who["mail"].ID)
		w.Must(err)
		return a.LastSeen
	}
	a, err := w.DB.Account(w.Ctx, w.Who["mail"].ID)
	w.Must(err)
	a.LastSeen = w.Now().AddDate(0, -1, 0)
	w.Must(w.DB.UpdateAccount(w.Ctx, a))
	b := w.browser().in("mail")
	opened := w.Now()
	if !last().Equal(opened) {
		t.Fatalf("the sign-in: %s", last())
	}
	for range 3 {
		w.Clock.Add(25 * time.Minute)
		b.shown()
	}
	if got := last().Sub(opened); got != 75*time.Minute {
		t.Errorf("after use, it was last seen %s after the sign-in", got)
	}
	w.Clock.Add(100 * 24 * time.Hour)
	before := last()
	w.browser().in("mail").shown()
	if !last().Equal(before) {
		t.Errorf("a dormant account was woken: %s", last())
	}
}

// TestAGrantIsForOnePlace: the right to make a passkey does not travel with a cookie to another network.
func TestAGrantIsForOnePlace(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	b := w.present("mail")
	w.want(b.act(signin.AddPasskey), http.StatusOK, "")
	thief := b.stolen()
	thief.address, thief.key = elsewhere, softkey.New()
	w.want(thief.send(http.MethodPost, "/cloison/passkey/options", struct{}{}), http.StatusForbidden, refusal.PasskeyNotOpen)
	b.key = softkey.New()
	w.want(b.register("seconde"), http.StatusOK, "")
	w.want(b.send(http.MethodPost, "/cloison/passkey/options", struct{}{}), http.StatusForbidden, refusal.PasskeyNotOpen) // one, once
}
