package drill

import (
	"cloison/internal/testkit"
	"net/http"
	"slices"
	"strings"
	"testing"

	"cloison"
)

// TestDrillsPassOnlyWhenBothSidesAgree plays whole drills against a stub, sound or with one hole. A drill that does not
// notice a hole would be worth nothing.
func TestDrillsPassOnlyWhenBothSidesAgree(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		strength string
		hole     func(*stub)
		exposed  int
		why      string // of the failure; empty: it passes
	}{
		"password":                     {"password", func(*stub) {}, 0, ""},
		"session":                      {"session", func(*stub) {}, 7, ""},
		"password, reads without end":  {"password", func(s *stub) { s.unlimited = true }, stubPersons, "presence lease"},
		"session, reads without end":   {"session", func(s *stub) { s.unlimited = true }, stubPersons, "presence lease"},
		"session, a person is missing": {"session", func(s *stub) { s.forgetful = true }, 7, "the roll is not what the attacker received"},
		"session, a ledger rewritten":  {"session", func(s *stub) { s.rewritten = true }, 7, "the ledger does not verify"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newStub(t)
			s.lease = 7
			c.hole(s)
			r, err := Run(t.Context(), s.world(t), hijackName, c.strength, testkit.Quiet())
			if err != nil {
				t.Fatal(err)
			}
			if r.PersonsExposed != c.exposed || r.AccountsCreated != 0 || r.Detected || r.Pass != (c.why == "") {
				t.Errorf("exposed %d, created %d, detected %v, pass %v: %q", r.PersonsExposed, r.AccountsCreated, r.Detected, r.Pass, r.Why)
			}
			if c.why != "" && !slices.ContainsFunc(r.Why, func(why string) bool { return strings.Contains(why, c.why) }) {
				t.Errorf("it failed for %q, want %q", r.Why, c.why)
			}
			if u := r.Unprotected; u == nil || u.PersonsExposed != stubPersons || !slices.Contains(u.FieldsPerFile, "nir") {
				t.Errorf("the unprotected run: %+v", r.Unprotected)
			}
			if r.FieldsExposed["nir"] != 0 || r.FieldsExposed["identity"] != c.exposed || r.FieldsExposed["phone"] != 0 {
				t.Errorf("masked values count as received: %v", r.FieldsExposed)
			}
			if r.Refusals["passkey_required"] == 0 {
				t.Errorf("the refusals: %v", r.Refusals)
			}
		})
	}
}

func TestRunRefusesUnknownDrills(t *testing.T) {
	for _, c := range [][2]string{{"no-such", "password"}, {hijackName, "call"}, {RecoveryFraud, "password"}, {hijackName, ""}} {
		if _, err := Run(t.Context(), World{}, c[0], c[1], testkit.Quiet()); cloison.KindOf(err) != cloison.Invalid {
			t.Errorf("%v: %v", c, err)
		}
	}
}

// TestADrillThatCannotBePlayedIsAnError: it is no success either.
func TestADrillThatCannotBePlayedIsAnError(t *testing.T) {
	s := newStub(t)
	for name, change := range map[string]func(*World){
		"no officer":     func(w *World) { w.Officer.Password = "wrong" },
		"no manager":     func(w *World) { w.Manager.Password = "wrong" },
		"no bare tool":   func(w *World) { w.Bare = w.Tool + "/nothing" },
		"no officer key": func(w *World) { w.Officer.Key = newKey() },
	} {
		w := s.world(t)
		change(&w)
		if r, err := Run(t.Context(), w, hijackName, "session", testkit.Quiet()); err == nil || r != nil {
			t.Errorf("%s: %+v, %v", name, r, err)
		}
	}
}

// TestConclusions holds what each strength asks of a report.
func TestConclusions(t *testing.T) {
	sound := Report{ExposureExact: true, LedgerVerified: true}
	accomplice := sound
	accomplice.Strength, accomplice.PersonsBound, accomplice.PersonsExposed, accomplice.Detected, accomplice.LineageCut = "accomplice", 50, 50, true, 3
	recovery := sound
	recovery.Scenario, recovery.Strength, recovery.Detected, recovery.Recovered = RecoveryFraud, "call", true, true
	for name, c := range map[string]struct {
		report Report
		change func(*Report)
		pass   bool
	}{
		"accomplice":                  {accomplice, func(*Report) {}, true},
		"one above the bound":         {accomplice, func(r *Report) { r.PersonsExposed++ }, false},
		"unnoticed":                   {accomplice, func(r *Report) { r.Detected = false }, false},
		"half of the lineage cut":     {accomplice, func(r *Report) { r.LineageCut = 2 }, false},
		"a read after the cut":        {accomplice, func(r *Report) { r.ReadsAfterCut = 1 }, false},
		"another roll":                {accomplice, func(r *Report) { r.ExposureExact = false }, false},
		"another ledger":              {accomplice, func(r *Report) { r.LedgerVerified = false }, false},
		"password, an account":        {sound, func(r *Report) { r.Strength, r.AccountsCreated = "password", 1 }, false},
		"recovery":                    {recovery, func(*Report) {}, true},
		"recovery, a factor":          {recovery, func(r *Report) { r.FactorsTaken = 1 }, false},
		"recovery, a person":          {recovery, func(r *Report) { r.PersonsExposed = 1 }, false},
		"recovery, the holder is out": {recovery, func(r *Report) { r.Recovered = false }, false},
		"recovery, unnoticed":         {recovery, func(r *Report) { r.Detected = false }, false},
		"recovery by the mailbox, which alarms no one": {recovery, func(r *Report) { r.Detected, r.Strength = false, "mailbox" }, true},
	} {
		h := &attack{report: c.report}
		c.change(&h.report)
		h.conclude()
		if h.report.Pass != c.pass || c.pass != (len(h.report.Why) == 0) {
			t.Errorf("%s: pass %v, %q", name, h.report.Pass, h.report.Why)
		}
	}
}

// TestCatalogueIsPlayable: each strength that the catalogue offers is one that Run knows.
func TestCatalogueIsPlayable(t *testing.T) {
	s := newStub(t)
	for _, scenario := range Catalogue() {
		for _, strength := range scenario.Strengths {
			w := s.world(t)
			w.Bare, w.Officer.Password = "", "wrong" // it ends at the observer's door, after the names were read
			if _, err := Run(t.Context(), w, scenario.Name, strength, testkit.Quiet()); err == nil || !strings.Contains(err.Error(), "observer") {
				t.Errorf("%s, %s: %v", scenario.Name, strength, err)
			}
		}
		if scenario.Title == "" || scenario.After == "" || len(scenario.Techniques) == 0 {
			t.Errorf("%s says too little: %+v", scenario.Name, scenario)
		}
	}
}

// TestTheCutIsThatOfTheFirstHardAlarm reads alarms and cuts as the console lists them.
func TestTheCutIsThatOfTheFirstHardAlarm(t *testing.T) {
	console := serve(t, map[string]string{
		"GET /alarmes": `{"alarms":[{"id":3,"at":"2026-03-02T09:00:07Z","level":"hard","shown":90},{"id":2,"at":"2026-03-02T09:00:05Z","level":"hard","shown":40},
			{"id":1,"at":"2026-03-02T09:00:01Z","level":"soft","shown":12}]}`,
		"GET /confinements": `{"cuts":[{"id":"n00000000000b","at":"2026-03-02T09:00:05.120Z","alarm":2,"accounts":["a000000000001","a000000000002","a000000000003"]},
			{"id":"n00000000000a","at":"2026-03-02T08:00:00Z","alarm":0,"accounts":["a000000000009"]}]}`,
	})
	h := &attack{World: World{Console: console}, officer: newBrowser(console, "officer")}
	cut, err := h.findCut(t.Context())
	if err != nil || cut == nil || len(cut.Accounts) != 3 {
		t.Fatalf("%+v, %v", cut, err)
	}
	if r := h.report; !r.Detected || r.DetectedAfterDisclosures != 40 || r.LineageCut != 3 || r.ContainedAfterMS == nil || *r.ContainedAfterMS != 120 {
		t.Errorf("%+v", r)
	}
	console = serve(t, map[string]string{"GET /alarmes": `{"alarms":[{"id":1,"level":"soft"}]}`, "GET /confinements": `{"cuts":[]}`})
	h = &attack{World: World{Console: console}, officer: newBrowser(console, "officer")}
	if cut, err := h.findCut(t.Context()); cut != nil || err != nil || h.report.Detected {
		t.Errorf("a soft alarm: %+v, %v", cut, err)
	}
}

func TestReach(t *testing.T) {
	for body, want := range map[string]int{`{"accounts":[{"persons":12,"together":30}]}`: 30, `{"accounts":[]}`: 0, `{}`: 0} {
		console := serve(t, map[string]string{"GET /exposition": body})
		h := &attack{World: World{Console: console}, officer: newBrowser(console, "officer")}
		if got, err := h.reach(t.Context(), 1); got.Together != want || (err == nil) != (want > 0) {
			t.Errorf("%s: %+v, %v", body, got, err)
		}
	}
}

// TestTransferAndRead count what the tool gives and what is refused.
func TestTransferAndRead(t *testing.T) {
	tool := serve(t, map[string]string{"POST /api/portefeuille/transfert": `{"transferes":4}`, "GET /api/dossiers/1": `{"id":"1","nom":"N"}`,
		"GET /api/recherche": `{"resultats":[{"id":"2","nom":"N"},{"id":"3","nom":"•••"}]}`})
	h := &attack{World: World{Tool: tool}, loot: newLoot(), report: Report{Refusals: map[string]int{}}}
	r := &rogue{browser: newBrowser(tool, "thief")}
	if err := h.transfer(t.Context(), r, "sub", []string{"1"}); err != nil || h.report.Manufactured != 4 {
		t.Errorf("%d manufactured, %v", h.report.Manufactured, err)
	}
	if given, err := h.read(t.Context(), r, "1"); !given || err != nil {
		t.Errorf("read: %v, %v", given, err)
	}
	if given, err := h.read(t.Context(), r, "9"); given || err != nil || h.report.Refusals["http_404"] != 1 {
		t.Errorf("a missing file: %v, %v, %v", given, err, h.report.Refusals)
	}
	if err := h.search(t.Context(), r.browser, "35238"); err != nil || h.loot.count() != 3 || h.loot.fieldsOf("3") != 0 {
		t.Errorf("search: %d persons, %v", h.loot.count(), err)
	}
}

// serve answers fixed JSON by method and path.
func serve(t *testing.T, answers map[string]string) (url string) {
	t.Helper()
	routes := map[string]http.HandlerFunc{}
	for pattern, body := range answers {
		routes[pattern] = func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Content-Type", "application/json")
			w.Write([]byte(body))
		}
	}
	return listen(t, routes).URL
}
