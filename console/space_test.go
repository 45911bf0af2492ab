package console_test

import (
	"context"
	"encoding/json"
	"net/http"
	"net/url"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"golang.org/x/net/html"
	"pgregory.net/rapid"

	"cloison"
	"cloison/access/explanation"
	"cloison/access/signin"
	"cloison/internal/demo/network"
	"cloison/internal/fakes/softkey"
)

// follow runs the part of sign-in that tells open pages that their session is over.
func (w *world) follow() {
	ctx, stop := context.WithCancel(context.Background())
	var stage sync.WaitGroup
	stage.Go(func() { w.signin.Run(ctx) })
	w.Cleanup(func() { stop(); stage.Wait() })
}

// TestMySpaceSaysWhatIsLeft counts with the ledger.
func TestMySpaceSaysWhatIsLeft(t *testing.T) {
	w := newWorld(t)
	w.run()
	adviser := w.enter(w.agent(0, network.Adviser, 0))
	all, err := w.db.Caseload(w.ctx, adviser.account.ID, time.Now())
	w.must(err)
	own := w.caseload(adviser.account.ID, 8)
	if n := w.read(adviser, own...); n != 8 {
		t.Fatalf("%d were shown", n)
	}
	w.read(adviser, own[0]) // again: it does not count
	var view struct {
		Reads, Trained bool
		Today          struct{ Shown, Cap, Lease int }
		Left           int
		Unexplained    int
		Alarm          string
		Caseload       int
		Persons        []struct{ Person, Means string }
		Next           int
		Days           []struct{ Persons, Rows int }
		Rows           []struct{ Person, Means string }
	}
	adviser.json("/mon-espace", &view)
	if !view.Reads || view.Today.Shown != 8 || view.Today.Cap != 60 || view.Today.Lease != 12 || view.Left != 52 || view.Alarm != "calm" ||
		view.Unexplained <= 0 || view.Caseload != len(all) || len(view.Persons) == 0 || view.Persons[0].Means != "caseload" {
		t.Errorf("%+v", view)
	}
	if len(view.Days) != 1 || view.Days[0].Persons != 8 || view.Days[0].Rows != 9 || len(view.Rows) != 9 || view.Rows[0].Person != string(own[0]) {
		t.Errorf("what was read: %+v, %+v", view.Days, view.Rows)
	}
	seen := map[string]bool{}
	for after := 0; ; {
		var page struct {
			Persons []struct{ Person string }
			Next    int
		}
		adviser.json("/mon-espace?after="+strconv.Itoa(after), &page)
		for _, p := range page.Persons {
			if seen[p.Person] {
				t.Fatalf("%s is listed twice", p.Person)
			}
			seen[p.Person] = true
		}
		if after = page.Next; after == 0 {
			break
		}
	}
	if len(seen) != len(all) {
		t.Errorf("%d of %d persons are listed", len(seen), len(all))
	}
	page := adviser.get("/mon-espace", "text/html")
	for _, href := range regexp.MustCompile(`href="[^"]*"`).FindAllString(page.body, -1) {
		for person := range seen {
			if strings.Contains(href, person) {
				t.Errorf("an address names a person: %s", href)
			}
		}
	}
	for _, odd := range []string{"-1", "x", string(own[0]) + "x"} {
		if a := adviser.get("/mon-espace?after="+odd, "text/html"); a.status != http.StatusNotFound {
			t.Errorf("after %s: %d", odd, a.status)
		}
	}
	if page.status != 200 || !strings.Contains(page.body, "Vous pouvez encore ouvrir 52") || !strings.Contains(page.body, "Suspendre mon habilitation") {
		t.Errorf("%d %s", page.status, page.body)
	}
	if strings.Contains(page.body, "60\u202f000") || strings.Contains(page.body, "4\u202f000") {
		t.Error("a level is told as a number")
	}
	for i := range 60 {
		w.read(adviser, cloison.PersonRef("inconnu-"+string(rune('a'+i%26))+string(rune('a'+i/26))))
	}
	// Cut by the alarm: the page that was open leads to why.
	if a := adviser.get("/mon-espace", "text/html"); a.url.Path != "/cloison/fin" && a.status < 400 {
		t.Errorf("after the alarm: %s %d", a.url, a.status)
	}
}

// TestMySpaceIsForWhoShowsThePasskey, and says nothing to roles that read nothing.
func TestMySpaceIsForWhoShowsThePasskey(t *testing.T) {
	w := newWorld(t)
	auditor := w.enter(w.agent(-1, network.Auditor, 0))
	var view struct{ Reads bool }
	if auditor.json("/mon-espace", &view); view.Reads {
		t.Error("an auditor reads files")
	}
	again := w.visitor()
	again.agent = auditor.agent
	again.signIn()
	for _, path := range []string{"/mon-espace", "/mon-espace/acces"} {
		if a := again.get(path, "application/json"); a.status != 401 || a.reason() != "passkey_needed" {
			t.Errorf("%s: %d %s", path, a.status, a.body)
		}
		if a := w.visitor().get(path, "application/json"); a.status != 401 || a.reason() != "signed_out" {
			t.Errorf("%s: %d %s", path, a.status, a.body)
		}
	}
}

// access is GET /mon-espace/acces.
type access struct {
	Passkeys []struct{ ID, Name string }
	Sessions []struct {
		ID   cloison.SessionID
		Here bool
	}
}

func (p *person) access() (a access) {
	p.w.Helper()
	p.json("/mon-espace/acces", &a)
	return a
}

// second makes another passkey by a gesture with the first, in a key of its own.
func (p *person) second(name string) *softkey.Key {
	p.w.Helper()
	var begun struct {
		Act     string
		Options json.RawMessage
	}
	p.ok(p.post("/cloison/act/add_passkey/options", struct{}{}), &begun)
	assertion, err := p.key.Assert(p.w.url, begun.Options)
	p.w.must(err)
	p.ok(p.post("/cloison/act/add_passkey", map[string]any{"act": begun.Act, "assertion": json.RawMessage(assertion)}), nil)
	var options json.RawMessage
	p.ok(p.post("/cloison/passkey/options", struct{}{}), &options)
	key := softkey.New()
	made, err := key.Register(p.w.url, options)
	p.w.must(err)
	var named map[string]any
	p.w.must(json.Unmarshal(made, &named))
	named["name"] = name
	p.ok(p.post("/cloison/passkey", named), nil)
	return key
}

// TestOwnPasskeys: named, renamed and removed by their owner's gesture; nobody else knows of them, and a name is text.
func TestOwnPasskeys(t *testing.T) {
	w := newWorld(t)
	owner, other := w.enter(w.agent(0, network.Adviser, 0)), w.enter(w.agent(-1, network.Officer, 0))
	first := owner.access().Passkeys[0].ID
	if a := owner.begin("remove_passkey", map[string]any{"passkey": first}); a.reason() != "passkey_last" {
		t.Errorf("the last one: %d %s", a.status, a.body)
	}
	if home := owner.get("/", "text/html"); !strings.Contains(home.body, "seconde clé") {
		t.Error("nobody encourages a second passkey")
	}
	owner.second(evil)
	keys := owner.access().Passkeys
	if len(keys) != 2 || keys[1].Name != signin.PasskeyName(evil) || keys[1].Name[:30] != evil[:30] {
		t.Fatalf("%+v", keys)
	}
	for verb, subject := range map[string]map[string]any{"remove_passkey": {"passkey": first}, "rename_passkey": {"passkey": first, "name": "à moi"}} {
		if a := other.begin(verb, subject); a.reason() != "passkey_unknown" || a.status != 404 {
			t.Errorf("another one's %s: %d %s", verb, a.status, a.body)
		}
		for _, id := range []string{"", "x", "AAAA", first + "=", "../" + first} {
			subject["passkey"] = id
			if a := owner.begin(verb, subject); a.reason() != "passkey_unknown" {
				t.Errorf("%s of %q: %d %s", verb, id, a.status, a.body)
			}
		}
	}
	if says := owner.act("rename_passkey", map[string]any{"passkey": first, "name": "<b>bureau</b>\u202e"}, nil); !strings.Contains(says, "<b>bureau</b>") {
		t.Errorf("the act is said as %q", says)
	}
	if a := owner.begin("rename_passkey", map[string]any{"passkey": first, "name": "\u200b\n"}); a.reason() != "field" {
		t.Errorf("an empty name: %d %s", a.status, a.body)
	}
	for _, page := range []answer{owner.get("/mon-espace/acces", "text/html"),
		owner.form("/actes", "verb", "remove_passkey", "passkey", first), owner.form("/actes", "verb", "rename_passkey", "passkey", first, "name", evil)} {
		if page.status != 200 || strings.Contains(page.body, "<script src=//voleur") || strings.Contains(page.body, "<b>bureau") ||
			!strings.Contains(page.body, "&lt;b&gt;bureau") {
			t.Errorf("%s: %d %s", page.url, page.status, page.body)
		}
	}
	owner.act("remove_passkey", map[string]any{"passkey": keys[1].ID}, nil)
	if keys := owner.access().Passkeys; len(keys) != 1 || keys[0].ID != first || keys[0].Name != "<b>bureau</b>" {
		t.Errorf("%+v", keys)
	}
}

// TestAnActIsDoneOnce: the same answer sent twice does nothing more, nor does it in another's session.
func TestAnActIsDoneOnce(t *testing.T) {
	w := newWorld(t)
	owner, other := w.enter(w.agent(0, network.Adviser, 0)), w.enter(w.agent(-1, network.Officer, 0))
	id := owner.access().Passkeys[0].ID
	var begun struct {
		Act     string
		Options json.RawMessage
	}
	owner.ok(owner.begin("rename_passkey", map[string]any{"passkey": id, "name": "un"}), &begun)
	assertion, err := owner.key.Assert(w.url, begun.Options)
	w.must(err)
	if a := other.post("/actes/"+begun.Act, json.RawMessage(assertion)); a.reason() != "act_unknown" {
		t.Errorf("in another's session: %d %s", a.status, a.body)
	}
	var wins sync.WaitGroup
	statuses := make([]int, 6)
	for i := range statuses {
		wins.Go(func() { statuses[i] = owner.post("/actes/"+begun.Act, json.RawMessage(assertion)).status })
	}
	wins.Wait()
	done := 0
	for _, s := range statuses {
		if s == 200 {
			done++
		} else if s != 404 {
			t.Errorf("answered %d", s)
		}
	}
	if done != 1 {
		t.Errorf("done %d times", done)
	}
}

// TestOwnSessions: ended by their owner's gesture, at once, and the page of the ended one says why.
func TestOwnSessions(t *testing.T) {
	w := newWorld(t)
	owner, other := w.enter(w.agent(0, network.Adviser, 0)), w.enter(w.agent(-1, network.Officer, 0))
	if a := owner.begin("end_session", map[string]any{}); a.reason() != "session_alone" {
		t.Errorf("nothing to end: %d %s", a.status, a.body)
	}
	away := w.visitor()
	away.agent, away.key = owner.agent, owner.key
	away.signIn()
	list := owner.access().Sessions
	if len(list) != 2 || !list[0].Here || list[1].Here {
		t.Fatalf("%+v", list)
	}
	for _, id := range []cloison.SessionID{list[1].ID, cloison.NewSessionID()} {
		if a := other.begin("end_session", map[string]any{"session": id}); a.reason() != "session_unknown" || a.status != 404 {
			t.Errorf("another one's session: %d %s", a.status, a.body)
		}
	}
	if a := away.begin("end_session", map[string]any{"session": list[0].ID}); a.reason() != "passkey_needed" {
		t.Errorf("without the passkey: %d %s", a.status, a.body)
	}
	owner.act("end_session", map[string]any{"session": list[1].ID}, nil)
	if a := away.get("/mon-espace", "text/html"); a.url.Path != "/cloison/fin" || !strings.Contains(a.body, "depuis une autre de vos sessions") {
		t.Errorf("the ended one: %s %d %s", a.url, a.status, a.body)
	}
	away.signIn()
	w.visitor()
	third := w.visitor()
	third.agent = owner.agent
	third.signIn()
	var ended struct{ Ended int }
	if says := owner.act("end_session", map[string]any{}, &ended); ended.Ended != 2 || !strings.Contains(says, "2 autres") {
		t.Errorf("%d: %q", ended.Ended, says)
	}
	if list := owner.access().Sessions; len(list) != 1 || !list[0].Here {
		t.Errorf("%+v", list)
	}
}

// TestASuspendedPageSaysWhy, without a name: whoever holds the cookie may read it.
func TestASuspendedPageSaysWhy(t *testing.T) {
	w := newWorld(t)
	officer := w.enter(w.agent(-1, network.Officer, 0))
	manager := w.enter(w.agent(0, network.Manager, 0))
	for i, by := range []struct {
		who  *person
		says string
	}{{officer, "Par l’officier de sécurité"}, {manager, "Par un responsable de votre structure"}, {nil, "Par vous-même"}} {
		adviser := w.enter(w.agent(0, network.Adviser, 5+i))
		who := by.who
		if who == nil {
			who = adviser
		}
		who.act("suspend", map[string]any{"account": adviser.account.ID, "reason": "lost_key"}, nil)
		a := adviser.get("/mon-espace", "text/html")
		if a.url.Path != "/cloison/fin" || a.status != 200 || !strings.Contains(a.body, by.says) || !strings.Contains(a.body, "Clé perdue ou volée") ||
			!strings.Contains(a.body, "habilitation est suspendue") {
			t.Errorf("%d: %s %d %s", i, a.url, a.status, a.body)
		}
		for _, p := range []*person{officer, manager, adviser} {
			if strings.Contains(a.body, p.account.Name.Reveal()) || strings.Contains(a.body, p.account.ID.String()) {
				t.Errorf("the page names %s", p.account.Name.Reveal())
			}
		}
		if a := adviser.get("/mon-espace", "application/json"); a.reason() != "signed_out" && a.reason() != "not_active" {
			t.Errorf("a program is told %d %s", a.status, a.body)
		}
	}
	if a := w.visitor().get("/cloison/fin", "text/html"); a.url.Path != "/cloison/" {
		t.Errorf("a stranger is at %s", a.url)
	}
	if a := officer.get("/cloison/fin", "text/html"); a.url.Path != "/cloison/" {
		t.Errorf("who is signed in is at %s", a.url)
	}
}

// TestNothingRecoversWithoutACode: who has lost the passkey, or has taken a mailbox or a cookie over, tries every door.
// Each stays shut, no message is a key, and no passkey is made.
func TestNothingRecoversWithoutACode(t *testing.T) {
	w := newWorld(t)
	owner := w.enter(w.agent(0, network.Adviser, 0))
	thief := w.visitor()
	thief.agent = owner.agent // the federation's own factors are taken over
	thief.signIn()
	made, err := thief.key.Register(w.url, []byte(`{"challenge":"AAAA","rp":{"id":"localhost"},"user":{"id":"AAAA"},"pubKeyCredParams":[{"alg":-7}]}`))
	w.must(err)
	for _, try := range []struct {
		path string
		body any
	}{
		{"/cloison/passkey/options", struct{}{}}, {"/cloison/passkey", json.RawMessage(made)}, {"/cloison/act/add_passkey", map[string]any{"act": "n0"}},
		{"/cloison/act/recover/options", struct{}{}}, {"/cloison/act/grant/options", struct{}{}}, {"/cloison/enrol", map[string]string{"code": ""}},
		{"/cloison/enrol", map[string]string{"code": "0000-0000-0000-0000"}}, {"/cloison/recover", map[string]string{"email": owner.agent.Email}},
		{"/cloison/reset", map[string]string{"email": owner.agent.Email}}, {"/actes", map[string]any{"verb": "add_passkey", "subject": struct{}{}}},
		{"/actes", map[string]any{"verb": "propose", "subject": map[string]any{"kind": "rebind", "account": owner.account.ID}}},
	} {
		if a := thief.post(try.path, try.body); a.status < 400 {
			t.Errorf("%s: %d %s", try.path, a.status, a.body)
		}
	}
	var begun struct {
		Act     string
		Options json.RawMessage
	}
	thief.ok(thief.post("/cloison/act/add_passkey/options", struct{}{}), &begun) // may be asked for, and answered by nobody
	if _, err := thief.key.Assert(w.url, begun.Options); err == nil {
		t.Error("the thief's key answers")
	}
	keys, err := w.db.Passkeys(w.ctx, owner.account.ID)
	w.must(err)
	if len(keys) != 1 {
		t.Errorf("%d passkeys", len(keys))
	}
}

// TestNoReturnLeavesTheHost draws addresses out of what confuses parsers, and follows each ?return= as a browser would.
func TestNoReturnLeavesTheHost(t *testing.T) {
	w := newWorld(t)
	adviser := w.enter(w.agent(0, network.Adviser, 0))
	base, err := url.Parse(w.url)
	w.must(err)
	parts := rapid.SampledFrom([]string{"/", "//", `\`, "%5c", "%2f", "%09", "\t", "\n", "\r", " ", ".", "..", "@", ":", "?", "#", ";", "https:", "http:",
		"javascript:", "data:", "voleur.example", base.Host, "%00", "\u2044", "\uff0f", "\u3002", "é", "%E3%80%82", "mon-espace"})
	rapid.Check(t, func(r *rapid.T) {
		to := strings.Join(rapid.SliceOfN(parts, 1, 6).Draw(r, "parts"), "")
		for _, path := range []string{"/cloison/presence", "/cloison/step-up"} {
			a := adviser.get(path+"?return="+url.QueryEscape(to), "text/html")
			next := ""
			for z := html.NewTokenizer(strings.NewReader(a.body)); z.Next() != html.ErrorToken; {
				for _, attr := range z.Token().Attr {
					if attr.Key == "data-next" {
						next = attr.Val
					}
				}
			}
			staysHere(r, base, to, next)
		}
		a := w.visitor().hop("/cloison/signin?return=" + url.QueryEscape(to))
		if u, err := url.Parse(a); err != nil || u.Host == "" || !strings.Contains(u.Path, "/authorize") || u.Query().Get("redirect_uri") != w.url+"/cloison/callback" {
			r.Fatalf("%q: signin leads to %q", to, a)
		}
	})
}

// hop is where one request is sent on to.
func (p *person) hop(path string) string {
	p.w.Helper()
	client := &http.Client{Jar: p.client.Jar, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	resp, err := client.Get(p.w.url + path)
	p.w.must(err)
	resp.Body.Close()
	return resp.Header.Get("Location")
}

func staysHere(r *rapid.T, base *url.URL, to, next string) {
	read := strings.NewReplacer(`\`, "/", "\t", "", "\n", "", "\r", "").Replace(next)
	u, err := base.Parse(read)
	if err != nil || next == "" || next[0] != '/' || strings.HasPrefix(read, "//") || u.Host != base.Host || u.Scheme != base.Scheme || u.User != nil {
		r.Fatalf("%q leads to %q: %v", to, next, err)
	}
}

// TestOnesOwnPageNamesNobodyElse but those whom one stands in for.
func TestOnesOwnPageNamesNobodyElse(t *testing.T) {
	w := newWorld(t)
	adviser := w.enter(w.agent(0, network.Adviser, 0))
	colleague := w.accountOf(w.agent(0, network.Adviser, 1))
	name := html.EscapeString(colleague.Name.Reveal())
	if page := adviser.get("/mon-espace", "text/html").body; strings.Contains(page, colleague.ID.String()) || strings.Contains(page, name) {
		t.Error("a colleague is named on one's own page")
	}
	w.must(w.db.AddCover(w.ctx, explanation.CoverDeclared{ID: cloison.NewActID(), For: adviser.account.ID, Of: colleague.ID,
		Since: time.Now().Add(-time.Hour), Until: time.Now().Add(time.Hour), Made: time.Now().Add(-time.Hour)}))
	if page := adviser.get("/mon-espace", "text/html").body; !strings.Contains(page, name) {
		t.Error("who is covered is not named")
	}
}
