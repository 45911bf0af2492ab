package gateway_test

import (
	"context"
	"crypto/ed25519"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"pgregory.net/rapid"

	"cloison"
	"cloison/internal/testkit"
	"cloison/rules/policy"
	"cloison/wall/disclose"
	"cloison/wall/gateway"
	"cloison/wall/mapping"
)

// TestTheLedgerIsComplete is invariant 5: what agents receive is the rows, person by person and category by category,
// on the real stage and store, read with the standard library.
func TestTheLedgerIsComplete(t *testing.T) {
	var doc atomic.Pointer[string]
	w := newWorld(t, http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) { says(*doc.Load())(rw, r) }))
	category := map[string]cloison.Fields{"nom": cloison.Identity, "prenom": cloison.Identity, "naissance": cloison.Birth, "commune": cloison.Postal,
		"nir": cloison.NIR, "telephones": cloison.Phone}
	rapid.Check(t, func(t *rapid.T) {
		w.Must(w.DB.RenewPresence(context.Background(), w.session.ID, 20))
		object := func(keys ...string) rapid.Generator[map[string]any] {
			return *rapid.Custom(func(t *rapid.T) map[string]any {
				row := map[string]any{"id": fmt.Sprintf("%02d", rapid.IntRange(30, 50).Draw(t, "id"))} // 40 are in the caseload
				for _, key := range keys {
					switch rapid.IntRange(0, 3).Draw(t, key) {
					case 0:
						row[key] = key + "!" + row["id"].(string)
					case 1:
						row[key] = []any{key + "!" + row["id"].(string)}
					case 2:
						row[key] = nil
					}
				}
				return row
			})
		}
		path, answer := "/api/recherche", map[string]any{"total": 3}
		reveal := ""
		if rapid.Bool().Draw(t, "file") {
			g := object("nom", "prenom", "naissance", "nir", "telephones")
			path, answer = "/api/dossiers/x", g.Draw(t, "person")
			reveal = rapid.SampledFrom([]string{"", "nir", "nir, phone"}).Draw(t, "reveal")
		} else {
			g := object("nom", "prenom", "naissance", "commune")
			answer["resultats"] = rapid.SliceOfN(&g, 0, 12).Draw(t, "rows")
		}
		text, err := json.Marshal(answer)
		if err != nil {
			t.Fatal(err)
		}
		s := string(text)
		doc.Store(&s)
		var headers []string
		if reveal != "" {
			headers = []string{"Cloison-Reveal", reveal}
		}
		before := len(w.rows())
		a := w.do("GET", path, headers...)
		recorded := map[string]cloison.Fields{}
		for _, r := range w.rows()[before:] {
			if r.Request != a.header.Get("Cloison-Request") {
				t.Fatalf("a row of another request: %+v", r)
			}
			recorded[string(r.Person)] |= r.Fields
		}
		received := map[string]cloison.Fields{}
		if a.status == 200 {
			var got map[string]any
			if err := json.Unmarshal([]byte(a.body), &got); err != nil {
				t.Fatal(err)
			}
			rows, ok := got["resultats"].([]any)
			if !ok && got["id"] != nil {
				rows = []any{got}
			}
			for _, row := range rows {
				m := row.(map[string]any)
				id := m["id"].(string)
				received[id] |= 0
				for key, v := range m {
					if v != nil && v != "••••••••" {
						received[id] |= category[key]
					}
				}
			}
		}
		if fmt.Sprint(received) != fmt.Sprint(recorded) {
			t.Fatalf("%s %s\nanswered %d %s\nreceived %v\nrecorded %v", path, s, a.status, a.body, received, recorded)
		}
		for id := 41; id <= 50; id++ {
			if strings.Contains(a.body, fmt.Sprintf("!%d", id)) {
				t.Fatalf("a stranger's data is in %s", a.body)
			}
		}
	})
}

// scripted is a stage that answers what a test says.
type scripted struct {
	admit, decide policy.Decision
	err           error
}

func (s *scripted) Admit(context.Context, disclose.Agent, string, policy.Operation) (policy.Decision, error) {
	if s.admit.Outcome == "" {
		return policy.Decision{Outcome: policy.Permit}, nil
	}
	return s.admit, nil
}

func (s *scripted) Disclose(context.Context, disclose.Request) (disclose.Answer, error) {
	return disclose.Answer{Decision: s.decide}, s.err
}

// anybody is a Sessions in which every request is signed in.
type anybody struct{}

func (anybody) Caller(*http.Request) (gateway.Caller, error) {
	return gateway.Caller{Agent: disclose.Agent{Account: 1, Session: policy.Session{ID: 1}}}, nil
}

func scriptedGateway(t testing.TB, tool http.Handler, s gateway.Discloser) http.Handler {
	t.Helper()
	upstream := httptest.NewServer(tool)
	t.Cleanup(upstream.Close)
	mapping, err := mapping.Compile(mapping.Tool{Name: "dossiers", Upstream: upstream.URL, Routes: routes()})
	if err != nil {
		t.Fatal(err)
	}
	signer, err := gateway.NewSigner(ed25519.NewKeyFromSeed(make([]byte, 32)), public, time.Now)
	if err != nil {
		t.Fatal(err)
	}
	return gateway.New(gateway.Config{Tool: mapping, Sessions: anybody{}, Discloser: s, Signer: signer,
		Log: slog.New(slog.NewTextHandler(io.Discard, nil)), Now: time.Now, Zone: testkit.Paris(t), Public: public})
}

func permit(o ...policy.PersonDecision) policy.Decision {
	return policy.Decision{Outcome: policy.Permit, Persons: o}
}

// TestNothingLeavesUnlessRecordedExactly: errors of the stage, and decisions that are not about these persons, show
// nothing.
func TestNothingLeavesUnlessRecordedExactly(t *testing.T) {
	withheld := policy.PersonDecision{Withheld: policy.Reason{Code: policy.NotExplained}}
	for name, test := range map[string]struct {
		s      scripted
		status int
		code   string
	}{
		"unavailable":   {scripted{err: cloison.Errorf(cloison.Unavailable, "disk full")}, 503, "closed_ledger"},
		"unknown":       {scripted{err: cloison.Errorf(cloison.Internal, "who knows")}, 500, "internal"},
		"stale":         {scripted{err: cloison.Errorf(cloison.Stale, "moved")}, 503, "closed_ledger"},
		"empty":         {scripted{}, 500, "internal"},
		"nobody":        {scripted{decide: permit()}, 502, "answer_refused"},
		"two":           {scripted{decide: permit(policy.PersonDecision{}, policy.PersonDecision{})}, 502, "answer_refused"},
		"more":          {scripted{decide: permit(policy.PersonDecision{Show: cloison.Health})}, 502, "answer_refused"},
		"withheld":      {scripted{decide: policy.Decision{Outcome: policy.Permit, Reasons: []policy.Reason{withheld.Withheld}, Persons: []policy.PersonDecision{withheld}}}, 403, "not_explained"},
		"bad withheld":  {scripted{decide: permit(withheld)}, 500, "internal"},
		"admit refuses": {scripted{admit: policy.Decision{Outcome: policy.Refuse, Reasons: []policy.Reason{{Code: policy.LedgerUnavailable}}}}, 503, "closed_ledger"},
		"admit empty":   {scripted{admit: policy.Decision{Outcome: "?"}}, 500, "internal"},
	} {
		g := scriptedGateway(t, files(), &test.s)
		rec := httptest.NewRecorder()
		g.ServeHTTP(rec, httptest.NewRequest("GET", "/api/dossiers/01", nil))
		a := answer{rec.Code, rec.Header(), rec.Body.String()}
		if p := a.problem(t); p.Status != test.status || p.Reasons[0].Code != test.code || strings.Contains(a.body, "nard") {
			t.Errorf("%s: %d %s", name, a.status, a.body)
		}
	}
}

// TestEveryReasonHasItsSentence says each reason with its numbers, and a way out that opens.
func TestEveryReasonHasItsSentence(t *testing.T) {
	june := time.Date(2026, 6, 1, 10, 0, 0, 0, time.UTC)
	for _, test := range []struct {
		r      policy.Reason
		detail string
		action string
	}{
		{policy.Reason{Code: policy.IsSuspended, Since: june}, "Votre habilitation est suspendue depuis le 1er\u00a0juin 2026 à 12\u202fh\u202f00, automatiquement.", ""},
		{policy.Reason{Code: policy.IsSuspended, Since: june, By: 5}, "par a00000000000", ""},
		{policy.Reason{Code: policy.NotActive, State: policy.Pending}, "pas encore activée", public + "/cloison/"},
		{policy.Reason{Code: policy.NotActive, State: policy.Closed}, "close.", ""},
		{policy.Reason{Code: policy.NotActive, State: "?"}, "n’est pas active", ""},
		{policy.Reason{Code: policy.Training, Course: policy.Awareness, Until: june}, "échue depuis le 1er\u00a0juin 2026.", public + "/cloison/training?return=%2F"},
		{policy.Reason{Code: policy.Training, Course: policy.Awareness}, "pas encore suivi la sensibilisation", public + "/cloison/training?return=%2F"},
		{policy.Reason{Code: policy.Training, Course: policy.ManagersCourse, Until: june}, "formation de responsable", public + "/cloison/training?return=%2F"},
		{policy.Reason{Code: policy.Training, Course: policy.ManagersCourse}, "la formation des responsables", public + "/cloison/training?return=%2F"},
		{policy.Reason{Code: policy.TooManyRows, Count: 1200, Limit: 50}, "1\u202f200 personnes\u202f; 50 au plus", ""},
		{policy.Reason{Code: policy.Probation, Until: june}, "portefeuille seul jusqu’au 1er\u00a0juin 2026.", ""},
		{policy.Reason{Code: policy.CapDay, Limit: 60}, "60 personnes.", ""},
		{policy.Reason{Code: policy.CapLineage, Limit: 1}, "1 personne par jour.", ""},
	} {
		g := scriptedGateway(t, files(), &scripted{admit: policy.Decision{Outcome: policy.Refuse, Reasons: []policy.Reason{test.r}}})
		rec := httptest.NewRecorder()
		g.ServeHTTP(rec, httptest.NewRequest("GET", "/api/dossiers/01", nil))
		p := answer{rec.Code, rec.Header(), rec.Body.String()}.problem(t)
		if !strings.Contains(p.Detail, test.detail) || p.Action != test.action || strings.Contains(p.Detail+p.WayOut+p.Title, "{") {
			t.Errorf("%+v: %+v", test.r, p)
		}
	}
}
