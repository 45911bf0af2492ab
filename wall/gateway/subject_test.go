package gateway_test

import (
	"bytes"
	"database/sql"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/goccy/go-yaml"
	"pgregory.net/rapid"

	"cloison"
	"cloison/access/directory"
	"cloison/internal/demo/network"
	"cloison/internal/fakes/tool"
	"cloison/internal/testkit/testworld"
	"cloison/rules/limits"
	"cloison/rules/policy"
	"cloison/wall/disclose"
	"cloison/wall/mapping"
)

// refusal is a refusal as the database keeps it, without time and request.
type refusal struct {
	Account, Session                cloison.AccountID
	Tool, Operation, Person, Reason string
}

// refusals are those of the database, in order.
func (w *world) refusals() (all []refusal) {
	w.Helper()
	db, err := sql.Open("sqlite", w.file)
	w.Must(err)
	defer db.Close()
	rows, err := db.Query(`SELECT account, session, tool, operation, person, reason FROM refusal ORDER BY id`)
	w.Must(err)
	defer rows.Close()
	for rows.Next() {
		var r refusal
		w.Must(rows.Scan(&r.Account, &r.Session, &r.Tool, &r.Operation, &r.Person, &r.Reason))
		all = append(all, r)
	}
	w.Must(rows.Err())
	return all
}

// tallies are the account's, its lineage's, its structure's and its session's.
func (w *world) tallies() (all []limits.Tally) {
	w.Helper()
	counters, err := w.DB.Tallies(w.Context(), []disclose.Counted{disclose.CountedAccount(w.who.Account),
		disclose.CountedLineage(w.who.Account), disclose.CountedStructure("ML1"), disclose.CountedSession(w.session.ID)})
	w.Must(err)
	for _, c := range counters {
		all = append(all, c.Tally)
	}
	return all
}

// notes is a tool that takes a note and answers with the number of notes.
func notes(asked *atomic.Int32) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		asked.Add(1)
		says(`{"texte":"x"}`)(w, r)
	})
}

func TestAWriteOnAStrangerNeverReachesTheTool(t *testing.T) {
	var asked atomic.Int32
	w := newWorld(t, notes(&asked))
	for range 2 {
		a := w.send("POST", "/api/dossiers/99/notes", strings.NewReader("Reçu"))
		if p := a.problem(t); p.Status != 403 || p.Reasons[0].Code != "not_explained" {
			t.Errorf("%d %s", a.status, a.body)
		}
	}
	if n := asked.Load(); n != 0 || len(w.rows()) != 0 {
		t.Errorf("the tool was asked %d times, %d rows", n, len(w.rows()))
	}
	if r := w.refusals(); len(r) != 2 || r[0].Person != "99" || r[0].Operation != "write" || r[0].Reason != "not_explained" {
		t.Errorf("%+v", r)
	}
	for i, tally := range w.tallies()[:3] {
		if tally.Attempts != 1 || tally.Persons != 0 {
			t.Errorf("tally %d: %+v", i, tally)
		}
	}
	weak := w.send("POST", "/api/dossiers/01/notes", strings.NewReader("Reçu"), "Cookie", "__Host-cloison=weak")
	if p := weak.problem(t); p.Status != 401 || asked.Load() != 0 {
		t.Errorf("%+v", p)
	}
}

// TestAWriteIsRecordedBeforeTheToolHearsOfIt reads the ledger from inside the tool.
func TestAWriteIsRecordedBeforeTheToolHearsOfIt(t *testing.T) {
	var w *world
	w = newWorld(t, http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		rows := w.rows()
		if len(rows) == 0 {
			t.Errorf("%s reached the tool and no row", r.URL)
			return
		}
		last := rows[len(rows)-1]
		if last.Request != r.Header.Get("Cloison-Request") || last.Operation != "write" || last.Fields != 0 || last.Account != w.who.Account {
			t.Errorf("%s: %+v", r.URL, last)
		}
		if strings.Contains(r.URL.Path, "/adresse") {
			says(fileOf("01"))(rw, r)
			return
		}
		rw.WriteHeader(204)
	}), func(tool *mapping.Tool) {
		address := fileRoute()
		address.Match, address.Operation = "PUT /api/dossiers/{id}/adresse", "write"
		tool.Routes = append(tool.Routes, address)
	})
	if a := w.send("POST", "/api/dossiers/%30%37/notes", strings.NewReader("Reçu")); a.status != 204 {
		t.Fatalf("%d %s", a.status, a.body)
	}
	if rows := w.rows(); len(rows) != 1 || rows[0].Person != "07" {
		t.Errorf("%+v", rows)
	}
	if a := w.send("PUT", "/api/dossiers/01/adresse", strings.NewReader("{}")); a.status != 200 {
		t.Fatalf("%d %s", a.status, a.body)
	}
	rows := w.rows()
	if len(rows) != 3 || rows[1].Fields != 0 || rows[2].Fields != cloison.Identity|cloison.Phone || rows[2].Person != "01" ||
		rows[1].Request != rows[2].Request {
		t.Errorf("what the answer shows is a row of its own: %+v", rows)
	}
	if tally := w.tallies()[0]; tally.Persons != 2 || tally.Attempts != 0 {
		t.Errorf("two persons were met: %+v", tally)
	}
}

// TestNoWriteWithoutItsRow: for each person and each spelling of the path, a write reaches the tool exactly when it has
// a row.
func TestNoWriteWithoutItsRow(t *testing.T) {
	heard := map[string]string{}
	mux := http.NewServeMux() // reads the path as a tool does
	mux.HandleFunc("POST /api/dossiers/{id}/notes", func(rw http.ResponseWriter, r *http.Request) {
		heard[r.Header.Get("Cloison-Request")] = r.PathValue("id")
		says(`{"texte":"x"}`)(rw, r)
	})
	w := newWorld(t, mux)
	rapid.Check(t, func(t *rapid.T) {
		w.Must(w.DB.RenewPresence(w.Context(), w.session.ID, 20))
		clear(heard)
		before := len(w.rows())
		var path strings.Builder
		for _, c := range fmt.Sprintf("%02d", rapid.IntRange(30, 50).Draw(t, "person")) {
			if rapid.Bool().Draw(t, "escaped") {
				fmt.Fprintf(&path, "%%%02x", c)
			} else {
				path.WriteRune(c)
			}
		}
		path.WriteString(rapid.SampledFrom([]string{"", "", "", "+", "%C3%A9", "@", "%61"}).Draw(t, "more"))
		w.send("POST", "/api/dossiers/"+path.String()+"/notes", strings.NewReader("x"))
		recorded := map[string]string{}
		for _, r := range w.rows()[before:] {
			recorded[r.Request] = string(r.Person)
		}
		if fmt.Sprint(heard) != fmt.Sprint(recorded) {
			t.Fatalf("%s: the tool heard %v, the rows say %v", path.String(), heard, recorded)
		}
	})
}

func TestAWriteThatNamesNobodyIsNotDecidedBefore(t *testing.T) {
	var asked atomic.Int32
	w := newWorld(t, notes(&asked), func(tool *mapping.Tool) {
		tool.Routes = append(tool.Routes, mapping.Route{Match: "POST /api/salles/{salle}", Operation: "write", Person: "none", Plain: []string{"$.texte"}})
	})
	if a := w.send("POST", "/api/salles/99", strings.NewReader("x")); a.status != 200 || asked.Load() != 1 || len(w.rows()) != 0 {
		t.Errorf("%d %s, %d rows", a.status, a.body, len(w.rows()))
	}
}

// TestNoWriteWhenTheStageFails: errors, and decisions that are not about this person, keep the write from the tool.
func TestNoWriteWhenTheStageFails(t *testing.T) {
	var asked atomic.Int32
	for name, s := range map[string]scripted{
		"unavailable": {err: cloison.Errorf(cloison.Unavailable, "disk full")},
		"unknown":     {err: cloison.Errorf(cloison.Internal, "who knows")},
		"empty":       {},
		"nobody":      {decide: permit()},
		"two":         {decide: permit(policy.PersonDecision{}, policy.PersonDecision{})},
		"more":        {decide: permit(policy.PersonDecision{Show: cloison.Identity})},
		"withheld":    {decide: permit(policy.PersonDecision{Withheld: policy.Reason{Code: policy.NotExplained}})},
	} {
		rec := httptest.NewRecorder()
		scriptedGateway(t, notes(&asked), &s).ServeHTTP(rec, httptest.NewRequest("POST", "/api/dossiers/01/notes", strings.NewReader("x")))
		if asked.Load() != 0 || rec.Code < 500 {
			t.Errorf("%s: %d %s", name, rec.Code, rec.Body)
		}
	}
}

func TestALongReferenceIsNobodys(t *testing.T) {
	var asked atomic.Int32
	w := newWorld(t, notes(&asked))
	for _, request := range []string{"GET /api/dossiers/%s", "POST /api/dossiers/%s/notes"} {
		method, path, _ := strings.Cut(request, " ")
		a := w.do(method, fmt.Sprintf(path, strings.Repeat("9", 65)))
		if p := a.problem(t); p.Status != 400 || asked.Load() != 0 {
			t.Errorf("%+v", p)
		}
	}
}

// seen is all that an agent sees of an answer, without its time and reference.
func (a answer) seen() string {
	h := a.header.Clone()
	reference := h.Get("Cloison-Request")
	h.Del("Date")
	h.Set("Cloison-Request", "")
	return fmt.Sprint(a.status, h, strings.ReplaceAll(a.body, reference, "…"))
}

// TestNobodyLearnsWhoExists: whatever the tool answers for a missing file, an agent gets the answer and the charge of a
// stranger's file.
func TestNobodyLearnsWhoExists(t *testing.T) {
	byName := func(tool *mapping.Tool) {
		r := fileRoute()
		r.Match, r.Person = "GET /api/nom", ""
		tool.Routes = append(tool.Routes, r)
	}
	for name, absent := range map[string]http.HandlerFunc{
		"404": func(w http.ResponseWriter, _ *http.Request) {
			http.Error(w, "Ménard est inconnue", http.StatusNotFound)
		},
		"410":  func(w http.ResponseWriter, _ *http.Request) { http.Error(w, "parti", http.StatusGone) },
		"403":  func(w http.ResponseWriter, _ *http.Request) { http.Error(w, "pas à vous", http.StatusForbidden) },
		"204":  func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(204) },
		"null": says("null"),
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t, http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
				switch {
				case strings.HasSuffix(r.URL.RequestURI(), "98"), strings.HasSuffix(r.URL.Path, "02"):
					http.SetCookie(rw, &http.Cookie{Name: "outil", Value: "absent"})
					absent(rw, r)
				default:
					says(fileOf("99"))(rw, r)
				}
			}), byName, func(tool *mapping.Tool) { tool.Cookies = []string{"outil"} })
			for i, headers := range [][]string{nil, {"Accept-Language", "en"}, {"Sec-Fetch-Mode", "navigate"}, {"Cloison-Reveal", "nir"}} {
				stranger, nobody := w.do("GET", "/api/dossiers/99", headers...), w.do("GET", "/api/dossiers/98", headers...)
				if stranger.status != 403 || stranger.seen() != nobody.seen() {
					t.Errorf("%v: a stranger\n%s\nnobody\n%s", headers, stranger.seen(), nobody.seen())
				}
				nowhere := w.do("GET", "/api/nom?n=98", headers...)
				if nowhere.seen() != stranger.seen() {
					t.Errorf("%v: a stranger\n%s\nno such name\n%s", headers, stranger.seen(), nowhere.seen())
				}
				r := w.refusals()[3*i:]
				if len(r) != 3 || r[1].Person != "98" || !strings.HasPrefix(r[2].Person, "unknown:") || len(r[2].Person) != 40 {
					t.Fatalf("%+v", r)
				}
				r[1].Person, r[2].Person = r[0].Person, r[0].Person
				if r[0] != r[1] || r[0] != r[2] {
					t.Errorf("the traces differ: %+v", r)
				}
			}
			if tally := w.tallies()[0]; tally.Attempts != 3 || tally.Persons != 0 || len(w.rows()) != 0 {
				t.Errorf("three were asked for, each several times: %+v", tally)
			}
			a := w.do("GET", "/api/dossiers/02") // in the caseload, gone from the tool
			if want := map[string]int{"404": 404, "410": 404, "403": 403, "204": 204, "null": 200}[name]; a.status != want {
				t.Errorf("explained and gone: %d %s", a.status, a.body)
			}
			if a.status == 404 && a.problem(t).Reasons[0].Code != "tool_not_found" || a.status == 403 && a.problem(t).Reasons[0].Code != "tool_refused" {
				t.Errorf("%s", a.body)
			}
			if rows := w.rows(); len(rows) != 1 || rows[0].Person != "02" || rows[0].Fields != 0 || rows[0].Operation != "read" {
				t.Errorf("%+v", rows)
			}
		})
	}
}

// TestNobodyCostsWhatAStrangerCosts tries numbers in two worlds, those of strangers and those of nobody: each counter
// moves alike, up to the detector's levels.
func TestNobodyCostsWhatAStrangerCosts(t *testing.T) {
	var exists atomic.Bool
	tool := http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		if exists.Load() {
			files().ServeHTTP(rw, r)
			return
		}
		http.NotFound(rw, r)
	})
	strangers, nobodies := newWorld(t, tool), newWorld(t, tool)
	for i := 41; i < 99; i++ {
		path := "/api/dossiers/" + string(ref(i))
		exists.Store(true)
		a := strangers.do("GET", path)
		exists.Store(false)
		if b := nobodies.do("GET", path); a.seen() != b.seen() {
			t.Fatalf("the %dth: a stranger\n%s\nnobody\n%s", i-40, a.seen(), b.seen())
		}
		if x, y := fmt.Sprint(strangers.tallies()), fmt.Sprint(nobodies.tallies()); x != y {
			t.Fatalf("the %dth: a stranger %s, nobody %s", i-40, x, y)
		}
	}
	if level := nobodies.tallies()[0].Level(policy.Default().Bound.Detector); level == 0 {
		t.Error("58 numbers tried and no alarm")
	}
}

// TestTheStandInTool uses the stand-in's own mapping: a note, a number and a NIR, each of a person in the caseload, of
// a stranger and of nobody.
func TestTheStandInTool(t *testing.T) {
	n, err := network.New(network.Options{Seed: 1, Persons: 4000, Structures: 4, Agents: 60})
	if err != nil {
		t.Fatal(err)
	}
	w := newWorld(t, tool.New(n, tool.Options{}), func(block *mapping.Tool) {
		upstream := block.Upstream
		*block = mapping.Tool{}
		if err := yaml.UnmarshalWithOptions(tool.Mapping(), block, yaml.Strict()); err != nil {
			t.Fatal(err)
		}
		block.Upstream = upstream
	})
	mine, stranger := n.Person(7), n.Person(8)
	testworld.AddCaseload(t, w.DB, time.Now(), directory.Account{Binding: w.session.Binding}, cloison.PersonRef(mine.ID))
	note := func(id string) answer {
		return w.send("POST", "/api/dossiers/"+id+"/notes", strings.NewReader(`{"texte":"Reçu ce jour."}`))
	}
	const noID, noNIR = "12345678901", "100000000000000"
	if _, known := n.ByNIR(noNIR); known {
		t.Fatal("somebody has that NIR")
	}
	if a := note(mine.ID); a.status != 201 || strings.TrimSpace(a.body) != `{"notes":1}` {
		t.Errorf("%d %s", a.status, a.body)
	}
	if a := w.do("GET", "/api/nir/"+mine.NIR); a.status != 200 {
		t.Errorf("%d %s", a.status, a.body)
	}
	if rows := w.rows(); len(rows) != 2 || rows[0].Operation != "write" || rows[0].Fields != 0 || string(rows[0].Person) != mine.ID {
		t.Errorf("%+v", rows)
	}
	want := w.do("GET", "/api/dossiers/"+stranger.ID).seen()
	for name, a := range map[string]answer{"nobody's number": w.do("GET", "/api/dossiers/"+noID),
		"a stranger's NIR": w.do("GET", "/api/nir/"+stranger.NIR), "nobody's NIR": w.do("GET", "/api/nir/"+noNIR),
		"a stranger's note": note(stranger.ID), "nobody's note": note(noID)} {
		if a.status != 403 || a.seen() != want {
			t.Errorf("%s:\n%s\na stranger's number:\n%s", name, a.seen(), want)
		}
	}
	if len(w.rows()) != 2 {
		t.Error("a refusal left a row")
	}
	w.keepsNothingOf(noNIR)
}

// keepsNothingOf fails when the database or the log holds the text.
func (w *world) keepsNothingOf(text string) {
	w.Helper()
	if strings.Contains(w.Logs.String(), text) {
		w.Errorf("the log holds %s", text)
	}
	for _, name := range []string{w.file, w.file + "-wal"} {
		f, err := os.Open(name)
		w.Must(err)
		defer f.Close()
		b, err := io.ReadAll(f)
		w.Must(err)
		if bytes.Contains(b, []byte(text)) {
			w.Errorf("%s holds %s", name, text)
		}
	}
}

// TestAPseudonymIsOneQuestionsAtOneGateway: the same question gives the same one; another question, or a restart, gives
// another.
func TestAPseudonymIsOneQuestionsAtOneGateway(t *testing.T) {
	route := func(tool *mapping.Tool) {
		byNIR := fileRoute()
		byNIR.Match, byNIR.Person = "GET /api/nir/{nir}", "none"
		tool.Routes = append(tool.Routes, byNIR)
	}
	var first []string
	for range 2 {
		w := newWorld(t, http.NotFoundHandler(), route)
		for _, path := range []string{"/api/nir/100", "/api/nir/%31%30%30", "/api/nir/101", "/api/nir/101?x"} {
			w.do("GET", path)
		}
		r := w.refusals()
		if len(r) != 4 || r[0].Person != r[1].Person || r[0].Person == r[2].Person || r[2].Person == r[3].Person {
			t.Fatalf("%+v", r)
		}
		first = append(first, r[0].Person)
	}
	if first[0] == first[1] {
		t.Error("two gateways give one pseudonym: a known key finds the NIR")
	}
}
