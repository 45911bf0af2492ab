package console_test

import (
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"cloison"
	"cloison/access/approval"
	"cloison/access/directory"
	"cloison/internal/demo/network"
	"cloison/internal/testkit"
	"cloison/internal/testkit/consolekit"
	"cloison/ledger/journal"
)

// payloads is what a partner may type, each of which some page somewhere has run. What runs leaves a mark: window.ran.
func payloads() []string {
	return []string{
		`"><script>window.ran=1</script><img src=x onerror="window.ran=1">`,
		`'><svg onload=window.ran=1><details open ontoggle=window.ran=1>`,
		`</textarea></option></select></title><iframe srcdoc="<script>parent.ran=1</script>">`,
		`javascript:window.ran=1//` + "`${window.ran=1}`{{constructor.constructor('window.ran=1')()}}",
		`<style>@import '//voleur.example/x.css';*{display:none}</style><base href=//voleur.example/><form action=//voleur.example><button>`,
		"=cmd|'/C calc'!A0\u202e\u0000<a href=//voleur.example>x</a><meta http-equiv=refresh content='0;url=//voleur.example'>",
	}
}

// TestNothingThatPeopleTypeRuns types markup into every field that partners have, and opens every page that shows them
// in a real browser.
func TestNothingThatPeopleTypeRuns(t *testing.T) {
	t.Parallel()
	w := consolekit.New(t)
	w.Run()
	c := testkit.Chromium(t).Window("officer")
	c.Open(w.At("/cloison/"))
	w.Browser = testkit.Eval[string](c, "navigator.userAgent")
	officer := w.Enter(w.Promote(w.Agent(-1, network.Officer, 0), directory.Officer|directory.Approver))
	adviser := w.Enter(w.Agent(0, network.Adviser, 0))
	var ids []string
	for i, evil := range payloads() {
		typed := strings.ReplaceAll(evil, "\x00", "")
		structure := cloison.StructureID("ML-evil-" + string(rune('a'+i)))
		_, err := w.DB.ImportStructures(w.Ctx, []directory.Structure{{ID: structure, SIRET: "35600000000048", Label: typed}})
		w.Must(err)
		account := w.AccountOf(w.Agent(0, network.Adviser, i+1))
		account.Name, account.Email, account.Structure, account.Reason = cloison.Personal(typed), cloison.Personal(typed), structure, typed
		account.CreatedBy, account.Lineage = officer.Account.ID, officer.Account.ID
		w.Must(w.DB.UpdateAccount(w.Ctx, account))
		ids = append(ids, account.ID.String())
		w.Must(w.DB.AddProposal(w.Ctx, approval.Proposal{ID: cloison.NewActID(), Kind: approval.NewAccount, Structure: structure, Name: cloison.Personal(typed),
			Email: cloison.Personal(typed), Roles: directory.Adviser, By: account.ID, Made: account.Created, State: approval.Open}, account.Created, 99, 99))
		w.Must(w.DB.AddEvent(w.Ctx, journal.Event{At: account.Created, Code: typed, Actor: account.ID, Account: account.ID,
			Detail: map[string]string{typed: typed}}))
	}
	own := w.Caseload(adviser.Account.ID, 1)
	w.Read(adviser, own...)
	officer.Lend(c)
	testkit.Eval[bool](c, `true`)
	paths := []string{"/", "/habilitations", "/propositions", "/exposition", "/structures", "/registre", "/journal", "/reglages", "/mon-espace", "/mon-espace/acces"}
	for _, id := range ids {
		paths = append(paths, "/habilitations/"+id, "/exposition?account="+id)
	}
	for _, evil := range payloads() {
		q := url.QueryEscape(evil)
		paths = append(paths, "/habilitations?q="+q, "/journal?code="+q, "/exposition?structure="+q, "/cloison/refusals/"+url.PathEscape(strings.ReplaceAll(evil, "/", "")))
	}
	shown := 0
	for _, path := range paths {
		c.Open(w.At(path))
		if at := c.At(); !strings.HasPrefix(at, w.URL) {
			t.Fatalf("%s led to %s", path, at)
		}
		if found := testkit.Eval[string](c, `window.ran ? "a script ran" : document.querySelector("main script, main iframe, main base, main meta, main style, main img, [onerror], [onload]")?.outerHTML || ""`); found != "" {
			t.Errorf("%s: %s", path, found)
		}
		if strings.Contains(c.Text("main"), "window.ran") {
			shown++
		}
	}
	if shown < len(payloads()) {
		t.Errorf("only %d pages show what was typed: the test looks at nothing", shown)
	}
	if faults := c.Faults(); len(faults) > 0 {
		t.Errorf("the pages' scripts failed: %v", faults)
	}
	unframed(w, c)
}

// unframed puts pages into another site's frame, over which a button could lie.
func unframed(w *consolekit.World, c *testkit.Window) {
	w.Helper()
	trap := httptest.NewServer(http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		rw.Header().Set("Content-Type", "text/html")
		rw.Write([]byte(`<!doctype html><title>trap</title><h1>trap</h1><iframe id=f src="` + w.At(r.URL.Query().Get("at")) + `"></iframe>`))
	}))
	defer trap.Close()
	for _, path := range []string{"/", "/propositions", "/mon-espace/acces", "/cloison/", "/cloison/presence"} {
		c.Open(trap.URL + "/?at=" + url.QueryEscape(path))
		if inside := testkit.Eval[string](c, `(() => { try { return document.getElementById("f").contentDocument?.querySelector("h1")?.textContent || "" } catch { return "" } })()`); inside != "" {
			w.Errorf("%s shows itself in a frame: %s", path, inside)
		}
		if n := testkit.Eval[int](c, `performance.getEntriesByType("resource").filter((e) => e.name.includes("/cloison/static/")).length`); n > 0 {
			w.Errorf("%s loads its files in a frame", path)
		}
	}
}

// TestAFirstLoadIsSmall adds up what a browser without any of our files loads for a page: at most 150 kB, uncompressed.
func TestAFirstLoadIsSmall(t *testing.T) {
	t.Parallel()
	w := consolekit.NewOf(t, network.Options{Seed: 1, Persons: 20000, Structures: 60, Agents: 700, AsOf: time.Now()})
	officer := w.Enter(w.Promote(w.Agent(-1, network.Officer, 0), directory.Officer|directory.Approver|directory.DPO))
	adviser := w.Enter(w.Agent(0, network.Adviser, 0))
	w.Run()
	w.Read(adviser, w.Caseload(adviser.Account.ID, 15)...)
	for _, path := range []string{"/", "/mon-espace", "/mon-espace/acces", "/habilitations", "/habilitations/" + adviser.Account.ID.String(), "/propositions",
		"/approbations", "/exposition", "/alarmes", "/confinements", "/registre", "/registre/conservation", "/releve", "/courriels", "/journal", "/reglages", "/structures", "/cloison/",
		"/cloison/presence", "/cloison/enrolement"} {
		page := officer.Get(path, "text/html")
		total := len(page.Body)
		for _, part := range strings.Split(page.Body, `"`) {
			if strings.HasPrefix(part, "/cloison/static/") {
				total += len(officer.Get(part, "*/*").Body)
			}
		}
		if page.Status != 200 || total > 150_000 {
			t.Errorf("%s: %d, a first load of %d bytes", path, page.Status, total)
		}
	}
}
