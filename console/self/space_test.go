package self_test

import (
	"cloison"
	"cloison/access/explanation"
	"cloison/access/signin"
	"cloison/internal/demo/network"
	"cloison/internal/fakes/softkey"
	"cloison/internal/testkit/consolekit"
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
)

// TestMySpaceSaysWhatIsLeft counts with the ledger.
func TestMySpaceSaysWhatIsLeft(t *testing.T) {
	w := consolekit.New(t)
	w.Run()
	adviser := w.Enter(w.Agent(0, network.Adviser, 0))
	all, err := w.DB.Caseload(w.Ctx, adviser.Account.ID, time.Now())
	w.Must(err)
	own := w.Caseload(adviser.Account.ID, 8)
	if n := w.Read(adviser, own...); n != 8 {
		t.Fatalf("%d were shown", n)
	}
	w.Read(adviser, own[0]) // again: it does not count
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
	adviser.JSON("/mon-espace", &view)
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
		adviser.JSON("/mon-espace?after="+strconv.Itoa(after), &page)
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
	page := adviser.Get("/mon-espace", "text/html")
	for _, href := range regexp.MustCompile(`href="[^"]*"`).FindAllString(page.Body, -1) {
		for person := range seen {
			if strings.Contains(href, person) {
				t.Errorf("an address names a person: %s", href)
			}
		}
	}
	for _, odd := range []string{"-1", "x", string(own[0]) + "x"} {
		if a := adviser.Get("/mon-espace?after="+odd, "text/html"); a.Status != http.StatusNotFound {
			t.Errorf("after %s: %d", odd, a.Status)
		}
	}
	if page.Status != 200 || !strings.Contains(page.Body, "Vous pouvez encore ouvrir 52") || !strings.Contains(page.Body, "Suspendre mon habilitation") {
		t.Errorf("%d %s", page.Status, page.Body)
	}
	if strings.Contains(page.Body, "60\u202f000") || strings.Contains(page.Body, "4\u202f000") {
		t.Error("a level is told as a number")
	}
	for i := range 60 {
		w.Read(adviser, cloison.PersonRef("inconnu-"+string(rune('a'+i%26))+string(rune('a'+i/26))))
	}
	w.Cuts() // by the alarm: the page that was open leads to why
	if a := adviser.Get("/mon-espace", "text/html"); a.URL.Path != "/cloison/fin" && a.Status < 400 {
		t.Errorf("after the alarm: %s %d", a.URL, a.Status)
	}
}

// TestMySpaceIsForWhoShowsThePasskey, and says nothing to roles that read nothing.
func TestMySpaceIsForWhoShowsThePasskey(t *testing.T) {
	w := consolekit.New(t)
	auditor := w.Enter(w.Agent(-1, network.Auditor, 0))
	var view struct{ Reads bool }
	if auditor.JSON("/mon-espace", &view); view.Reads {
		t.Error("an auditor reads files")
	}
	again := w.Visitor()
	again.Agent = auditor.Agent
	again.SignIn()
	for _, path := range []string{"/mon-espace", "/mon-espace/acces"} {
		if a := again.Get(path, "application/json"); a.Status != 401 || a.Reason() != "passkey_needed" {
			t.Errorf("%s: %d %s", path, a.Status, a.Body)
		}
		if a := w.Visitor().Get(path, "application/json"); a.Status != 401 || a.Reason() != "signed_out" {
			t.Errorf("%s: %d %s", path, a.Status, a.Body)
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

func accessOf(p *consolekit.Person) (a access) {
	p.W.Helper()
	p.JSON("/mon-espace/acces", &a)
	return a
}

// second makes another passkey by a gesture with the first, in a key of its own.
func second(p *consolekit.Person, name string) *softkey.Key {
	p.W.Helper()
	var begun struct {
		Act     string
		Options json.RawMessage
	}
	p.OK(p.Post("/cloison/act/add_passkey/options", struct{}{}), &begun)
	assertion, err := p.Key.Assert(p.W.URL, begun.Options)
	p.W.Must(err)
	p.OK(p.Post("/cloison/act/add_passkey", map[string]any{"act": begun.Act, "assertion": json.RawMessage(assertion)}), nil)
	var options json.RawMessage
	p.OK(p.Post("/cloison/passkey/options", struct{}{}), &options)
	key := softkey.New()
	made, err := key.Register(p.W.URL, options)
	p.W.Must(err)
	var named map[string]any
	p.W.Must(json.Unmarshal(made, &named))
	named["name"] = name
	p.OK(p.Post("/cloison/passkey", named), nil)
	return key
}

// TestOwnPasskeys: named, renamed and removed by their owner's gesture; nobody else knows of them, and a name is text.
func TestOwnPasskeys(t *testing.T) {
	w := consolekit.New(t)
	owner, other := w.Enter(w.Agent(0, network.Adviser, 0)), w.Enter(w.Agent(-1, network.Officer, 0))
	first := accessOf(owner).Passkeys[0].ID
	if a := owner.Begin("remove_passkey", map[string]any{"passkey": first}); a.Reason() != "passkey_last" {
		t.Errorf("the last one: %d %s", a.Status, a.Body)
	}
	if home := owner.Get("/", "text/html"); !strings.Contains(home.Body, "seconde clé") {
		t.Error("nobody encourages a second passkey")
	}
	second(owner, consolekit.Evil)
	keys := accessOf(owner).Passkeys
	if len(keys) != 2 || keys[1].Name != signin.PasskeyName(consolekit.Evil) || keys[1].Name[:30] != consolekit.Evil[:30] {
		t.Fatalf("%+v", keys)
	}
	for verb, subject := range map[string]map[string]any{"remove_passkey": {"passkey": first}, "rename_passkey": {"passkey": first, "name": "à moi"}} {
		if a := other.Begin(verb, subject); a.Reason() != "passkey_unknown" || a.Status != 404 {
			t.Errorf("another one's %s: %d %s", verb, a.Status, a.Body)
		}
		for _, id := range []string{"", "x", "AAAA", first + "=", "../" + first} {
			subject["passkey"] = id
			if a := owner.Begin(verb, subject); a.Reason() != "passkey_unknown" {
				t.Errorf("%s of %q: %d %s", verb, id, a.Status, a.Body)
			}
		}
	}
	if says := owner.Act("rename_passkey", map[string]any{"passkey": first, "name": "<b>bureau</b>\u202e"}, nil); !strings.Contains(says, "<b>bureau</b>") {
		t.Errorf("the act is said as %q", says)
	}
	if a := owner.Begin("rename_passkey", map[string]any{"passkey": first, "name": "\u200b\n"}); a.Reason() != "field" {
		t.Errorf("an empty name: %d %s", a.Status, a.Body)
	}
	for _, page := range []consolekit.Answer{owner.Get("/mon-espace/acces", "text/html"),
		owner.Form("/actes", "verb", "remove_passkey", "passkey", first), owner.Form("/actes", "verb", "rename_passkey", "passkey", first, "name", consolekit.Evil)} {
		if page.Status != 200 || strings.Contains(page.Body, "<script src=//voleur") || strings.Contains(page.Body, "<b>bureau") ||
			!strings.Contains(page.Body, "&lt;b&gt;bureau") {
			t.Errorf("%s: %d %s", page.URL, page.Status, page.Body)
		}
	}
	owner.Act("remove_passkey", map[string]any{"passkey": keys[1].ID}, nil)
	if keys := accessOf(owner).Passkeys; len(keys) != 1 || keys[0].ID != first || keys[0].Name != "<b>bureau</b>" {
		t.Errorf("%+v", keys)
	}
}

// TestAnActIsDoneOnce: the same answer sent twice does nothing more, nor does it in another's session.
func TestAnActIsDoneOnce(t *testing.T) {
	w := consolekit.New(t)
	owner, other := w.Enter(w.Agent(0, network.Adviser, 0)), w.Enter(w.Agent(-1, network.Officer, 0))
	id := accessOf(owner).Passkeys[0].ID
	var begun struct {
		Act     string
		Options json.RawMessage
	}
	owner.OK(owner.Begin("rename_passkey", map[string]any{"passkey": id, "name": "un"}), &begun)
	assertion, err := owner.Key.Assert(w.URL, begun.Options)
	w.Must(err)
	if a := other.Post("/actes/"+begun.Act, json.RawMessage(assertion)); a.Reason() != "act_unknown" {
		t.Errorf("in another's session: %d %s", a.Status, a.Body)
	}
	var wins sync.WaitGroup
	statuses := make([]int, 6)
	for i := range statuses {
		wins.Go(func() { statuses[i] = owner.Post("/actes/"+begun.Act, json.RawMessage(assertion)).Status })
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
	w := consolekit.New(t)
	owner, other := w.Enter(w.Agent(0, network.Adviser, 0)), w.Enter(w.Agent(-1, network.Officer, 0))
	if a := owner.Begin("end_session", map[string]any{}); a.Reason() != "session_alone" {
		t.Errorf("nothing to end: %d %s", a.Status, a.Body)
	}
	away := w.Visitor()
	away.Agent, away.Key = owner.Agent, owner.Key
	away.SignIn()
	list := accessOf(owner).Sessions
	if len(list) != 2 || !list[0].Here || list[1].Here {
		t.Fatalf("%+v", list)
	}
	for _, id := range []cloison.SessionID{list[1].ID, cloison.NewSessionID()} {
		if a := other.Begin("end_session", map[string]any{"session": id}); a.Reason() != "session_unknown" || a.Status != 404 {
			t.Errorf("another one's session: %d %s", a.Status, a.Body)
		}
	}
	if a := away.Begin("end_session", map[string]any{"session": list[0].ID}); a.Reason() != "passkey_needed" {
		t.Errorf("without the passkey: %d %s", a.Status, a.Body)
	}
	owner.Act("end_session", map[string]any{"session": list[1].ID}, nil)
	if a := away.Get("/mon-espace", "text/html"); a.URL.Path != "/cloison/fin" || !strings.Contains(a.Body, "depuis une autre de vos sessions") {
		t.Errorf("the ended one: %s %d %s", a.URL, a.Status, a.Body)
	}
	away.SignIn()
	w.Visitor()
	third := w.Visitor()
	third.Agent = owner.Agent
	third.SignIn()
	var ended struct{ Ended int }
	if says := owner.Act("end_session", map[string]any{}, &ended); ended.Ended != 2 || !strings.Contains(says, "2 autres") {
		t.Errorf("%d: %q", ended.Ended, says)
	}
	if list := accessOf(owner).Sessions; len(list) != 1 || !list[0].Here {
		t.Errorf("%+v", list)
	}
}

// TestASuspendedPageSaysWhy, without a name: whoever holds the cookie may read it.
func TestASuspendedPageSaysWhy(t *testing.T) {
	w := consolekit.New(t)
	officer := w.Enter(w.Agent(-1, network.Officer, 0))
	manager := w.Enter(w.Agent(0, network.Manager, 0))
	for i, by := range []struct {
		who  *consolekit.Person
		says string
	}{{officer, "Par l’officier de sécurité"}, {manager, "Par un responsable de votre structure"}, {nil, "Par vous-même"}} {
		adviser := w.Enter(w.Agent(0, network.Adviser, 5+i))
		who := by.who
		if who == nil {
			who = adviser
		}
		who.Act("suspend", map[string]any{"account": adviser.Account.ID, "reason": "lost_key"}, nil)
		a := adviser.Get("/mon-espace", "text/html")
		if a.URL.Path != "/cloison/fin" || a.Status != 200 || !strings.Contains(a.Body, by.says) || !strings.Contains(a.Body, "Clé perdue ou volée") ||
			!strings.Contains(a.Body, "habilitation est suspendue") {
			t.Errorf("%d: %s %d %s", i, a.URL, a.Status, a.Body)
		}
		for _, p := range []*consolekit.Person{officer, manager, adviser} {
			if strings.Contains(a.Body, p.Account.Name.Reveal()) || strings.Contains(a.Body, p.Account.ID.String()) {
				t.Errorf("the page names %s", p.Account.Name.Reveal())
			}
		}
		if a := adviser.Get("/mon-espace", "application/json"); a.Reason() != "signed_out" && a.Reason() != "not_active" {
			t.Errorf("a program is told %d %s", a.Status, a.Body)
		}
	}
	if a := w.Visitor().Get("/cloison/fin", "text/html"); a.URL.Path != "/cloison/" {
		t.Errorf("a stranger is at %s", a.URL)
	}
	if a := officer.Get("/cloison/fin", "text/html"); a.URL.Path != "/cloison/" {
		t.Errorf("who is signed in is at %s", a.URL)
	}
}

// TestNothingRecoversWithoutACode: who has lost the passkey, or has taken a mailbox or a cookie over, tries every door.
// Each stays shut, no message is a key, and no passkey is made.
func TestNothingRecoversWithoutACode(t *testing.T) {
	w := consolekit.New(t)
	owner := w.Enter(w.Agent(0, network.Adviser, 0))
	thief := w.Visitor()
	thief.Agent = owner.Agent // the federation's own factors are taken over
	thief.SignIn()
	made, err := thief.Key.Register(w.URL, []byte(`{"challenge":"AAAA","rp":{"id":"localhost"},"user":{"id":"AAAA"},"pubKeyCredParams":[{"alg":-7}]}`))
	w.Must(err)
	for _, try := range []struct {
		path string
		body any
	}{
		{"/cloison/passkey/options", struct{}{}}, {"/cloison/passkey", json.RawMessage(made)}, {"/cloison/act/add_passkey", map[string]any{"act": "n0"}},
		{"/cloison/act/recover/options", struct{}{}}, {"/cloison/act/grant/options", struct{}{}}, {"/cloison/enrol", map[string]string{"code": ""}},
		{"/cloison/enrol", map[string]string{"code": "0000-0000-0000-0000"}}, {"/cloison/recover", map[string]string{"email": owner.Agent.Email}},
		{"/cloison/reset", map[string]string{"email": owner.Agent.Email}}, {"/actes", map[string]any{"verb": "add_passkey", "subject": struct{}{}}},
		{"/actes", map[string]any{"verb": "propose", "subject": map[string]any{"kind": "rebind", "account": owner.Account.ID}}},
	} {
		if a := thief.Post(try.path, try.body); a.Status < 400 {
			t.Errorf("%s: %d %s", try.path, a.Status, a.Body)
		}
	}
	var begun struct {
		Act     string
		Options json.RawMessage
	}
	thief.OK(thief.Post("/cloison/act/add_passkey/options", struct{}{}), &begun) // may be asked for, and answered by nobody
	if _, err := thief.Key.Assert(w.URL, begun.Options); err == nil {
		t.Error("the thief's key answers")
	}
	keys, err := w.DB.Passkeys(w.Ctx, owner.Account.ID)
	w.Must(err)
	if len(keys) != 1 {
		t.Errorf("%d passkeys", len(keys))
	}
}

// TestNoReturnLeavesTheHost draws addresses out of what confuses parsers, and follows each ?return= as a browser would.
func TestNoReturnLeavesTheHost(t *testing.T) {
	w := consolekit.New(t)
	adviser := w.Enter(w.Agent(0, network.Adviser, 0))
	base, err := url.Parse(w.URL)
	w.Must(err)
	parts := rapid.SampledFrom([]string{"/", "//", `\`, "%5c", "%2f", "%09", "\t", "\n", "\r", " ", ".", "..", "@", ":", "?", "#", ";", "https:", "http:",
		"javascript:", "data:", "voleur.example", base.Host, "%00", "\u2044", "\uff0f", "\u3002", "é", "%E3%80%82", "mon-espace"})
	rapid.Check(t, func(r *rapid.T) {
		to := strings.Join(rapid.SliceOfN(parts, 1, 6).Draw(r, "parts"), "")
		for _, path := range []string{"/cloison/presence", "/cloison/step-up"} {
			a := adviser.Get(path+"?return="+url.QueryEscape(to), "text/html")
			next := ""
			for z := html.NewTokenizer(strings.NewReader(a.Body)); z.Next() != html.ErrorToken; {
				for _, attr := range z.Token().Attr {
					if attr.Key == "data-next" {
						next = attr.Val
					}
				}
			}
			staysHere(r, base, to, next)
		}
		a := hop(w.Visitor(), "/cloison/signin?return="+url.QueryEscape(to))
		if u, err := url.Parse(a); err != nil || u.Host == "" || !strings.Contains(u.Path, "/authorize") || u.Query().Get("redirect_uri") != w.URL+"/cloison/callback" {
			r.Fatalf("%q: signin leads to %q", to, a)
		}
	})
}

// hop is where one request is sent on to.
func hop(p *consolekit.Person, path string) string {
	p.W.Helper()
	client := &http.Client{Jar: p.Client.Jar, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	resp, err := client.Get(p.W.URL + path)
	p.W.Must(err)
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
	w := consolekit.New(t)
	adviser := w.Enter(w.Agent(0, network.Adviser, 0))
	colleague := w.AccountOf(w.Agent(0, network.Adviser, 1))
	name := html.EscapeString(colleague.Name.Reveal())
	if page := adviser.Get("/mon-espace", "text/html").Body; strings.Contains(page, colleague.ID.String()) || strings.Contains(page, name) {
		t.Error("a colleague is named on one's own page")
	}
	w.Must(w.DB.AddCover(w.Ctx, explanation.CoverDeclared{ID: cloison.NewActID(), For: adviser.Account.ID, Of: colleague.ID,
		Since: time.Now().Add(-time.Hour), Until: time.Now().Add(time.Hour), Made: time.Now().Add(-time.Hour)}))
	if page := adviser.Get("/mon-espace", "text/html").Body; !strings.Contains(page, name) {
		t.Error("who is covered is not named")
	}
}
