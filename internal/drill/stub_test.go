package drill

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"cloison"
	"cloison/internal/fakes/softkey"
)

// stub is a Cloison of a hundred lines: a provider and a console, a tool behind it, and the tool without it. It refuses
// what Cloison refuses, unless a test opens a hole in it; then the drill must notice.
type stub struct {
	console, tool, bare *httptest.Server

	lease     int  // files that a session may read after its passkey was shown
	unlimited bool // a hole: reads without end, and without a passkey
	forgetful bool // a hole: the roll lacks one person
	rewritten bool // a hole: the ledger does not verify

	mu     sync.Mutex
	served map[string]map[string]bool // person → fields, as the roll has them
	reads  map[string]int             // by session, since its passkey was shown
	shown  map[string]bool            // sessions whose passkey was shown
	acts   map[string]string          // begun acts: the verb by its id
}

const stubPersons = 40

func newStub(t *testing.T) *stub {
	t.Helper()
	s := &stub{served: map[string]map[string]bool{}, reads: map[string]int{}, shown: map[string]bool{}, acts: map[string]string{}}
	options := func(w http.ResponseWriter, r *http.Request) {
		if who(r) == "" {
			refuse(w, 401, "no_session")
			return
		}
		s.begin(w, "presence")
	}
	locked := func(w http.ResponseWriter, r *http.Request) { refuse(w, 403, "passkey_required") }
	s.console = listen(t, map[string]http.HandlerFunc{
		"GET /cloison/signin": func(w http.ResponseWriter, r *http.Request) {
			htmlPage(w, `<form method="get"><input name="search"></form><form method="post" action="/provider"><input name="email"><input name="password"></form>`)
		},
		"POST /provider":                     s.login,
		"GET /cloison/session":               s.session,
		"POST /cloison/act/presence/options": options,
		"POST /cloison/act/presence":         s.presence,
		"POST /actes":                        s.act,
		"POST /actes/{id}":                   s.finish,
		"POST /cloison/enrol":                locked,
		"POST /cloison/passkey":              locked,
		"POST /cloison/passkey/options":      locked,
		"GET /signup": func(w http.ResponseWriter, r *http.Request) {
			htmlPage(w, `<form method="post" action="/signup"><input name="email"><input name="code"></form>`)
		},
		"POST /signup":                func(w http.ResponseWriter, r *http.Request) { htmlPage(w, "done") },
		"GET /alarmes":                func(w http.ResponseWriter, r *http.Request) { answer(w, map[string]any{"alarms": []any{}}) },
		"GET /confinements":           func(w http.ResponseWriter, r *http.Request) { answer(w, map[string]any{"cuts": []any{}}) },
		"POST /registre/verification": func(w http.ResponseWriter, r *http.Request) {},
		"GET /registre/verification": func(w http.ResponseWriter, r *http.Request) {
			answer(w, map[string]any{"last": map[string]any{"ok": !s.rewritten}})
		},
	})
	s.tool = listen(t, map[string]http.HandlerFunc{
		"POST /cloison/act/presence/options": options,
		"POST /cloison/act/presence":         s.presence,
		"GET /api/dossiers/{id}":             s.file,
		"GET /api/recherche":                 func(w http.ResponseWriter, r *http.Request) { answer(w, map[string]any{"resultats": []any{}}) },
	})
	s.bare = listen(t, map[string]http.HandlerFunc{
		"GET /api/dossiers/{id}": func(w http.ResponseWriter, r *http.Request) { answer(w, whole(r.PathValue("id"))) },
		"GET /api/recherche": func(w http.ResponseWriter, r *http.Request) {
			rows := []any{}
			if r.FormValue("page") == "1" {
				for i := range stubPersons {
					rows = append(rows, map[string]any{"id": fmt.Sprint(i), "nom": "N", "naissance": "2001-01-01"})
				}
			}
			answer(w, map[string]any{"resultats": rows})
		},
	})
	return s
}

// listen serves routes until the test ends.
func listen(t *testing.T, routes map[string]http.HandlerFunc) *httptest.Server {
	t.Helper()
	mux := http.NewServeMux()
	for pattern, h := range routes {
		mux.HandleFunc(pattern, h)
	}
	server := httptest.NewServer(mux)
	t.Cleanup(server.Close)
	return server
}

// newKey is a key without credentials.
func newKey() *softkey.Key { return softkey.New() }

// world is the people of a drill on the stub.
func (s *stub) world(t *testing.T) World {
	t.Helper()
	key := softkey.New()
	if _, err := key.Register(s.console.URL, creation()); err != nil {
		t.Fatal(err)
	}
	return World{Console: s.console.URL, Tool: s.tool.URL, Bare: s.bare.URL, Persons: stubPersons, BarePersons: 30, BareTime: time.Minute,
		Manager: Actor{Email: "manager@net.example", Password: "manager", Key: key}, Officer: Actor{Email: "officer@net.example", Password: "officer", Key: key},
		Rogues: []Actor{{Email: "rogue@net.example", Password: "rogue", Mailbox: mailbox("123456")}}, Communes: []string{"35238"}, SignUp: s.console.URL + "/signup"}
}

// mailbox shows one code.
func mailbox(code string) func(context.Context) (string, error) {
	return func(context.Context) (string, error) { return code, nil }
}

// login takes the part of the address before the @ as the password.
func (s *stub) login(w http.ResponseWriter, r *http.Request) {
	name, _, _ := strings.Cut(r.FormValue("email"), "@")
	if r.FormValue("password") != name {
		htmlPage(w, `<form method="post" action="/provider"><input name="email"><input name="password"></form>`)
		return
	}
	http.SetCookie(w, &http.Cookie{Name: "session", Value: name, Path: "/"})
	http.Redirect(w, r, "/cloison/session", http.StatusSeeOther)
}

func who(r *http.Request) string {
	c, err := r.Cookie("session")
	if err != nil {
		return ""
	}
	return c.Value
}

func (s *stub) session(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	defer s.mu.Unlock()
	switch name := who(r); {
	case name == "":
		refuse(w, 401, "no_session")
	case s.shown[name]:
		answer(w, map[string]any{"account": cloison.AccountID(len(name)), "presence_lease": s.lease})
	default:
		answer(w, map[string]any{"account": cloison.AccountID(len(name))})
	}
}

func (s *stub) presence(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.shown[who(r)], s.reads[who(r)] = true, 0
}

// act begins an act.
func (s *stub) act(w http.ResponseWriter, r *http.Request) {
	var act struct{ Verb string }
	if err := json.NewDecoder(r.Body).Decode(&act); err != nil {
		refuse(w, 400, "unreadable")
		return
	}
	s.begin(w, act.Verb)
}

// begin hands out the challenge of an act.
func (s *stub) begin(w http.ResponseWriter, verb string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	id := cloison.NewActID().String()
	s.acts[id] = verb
	answer(w, map[string]any{"act": id, "options": options()})
}

// finish does an act that was begun. A roll is what was served.
func (s *stub) finish(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.acts[r.PathValue("id")] != "export" {
		refuse(w, 403, "no_role")
		return
	}
	entries := []any{}
	for i, person := range slices.Sorted(maps.Keys(s.served)) {
		if i > 0 || !s.forgetful {
			entries = append(entries, map[string]any{"person": person, "fields": slices.Sorted(maps.Keys(s.served[person]))})
		}
	}
	answer(w, map[string]any{"entries": entries})
}

// file gives one file, its NIR masked, while the lease lasts.
func (s *stub) file(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	defer s.mu.Unlock()
	name, id := who(r), r.PathValue("id")
	switch s.reads[name]++; {
	case name == "":
		refuse(w, 401, "no_session")
		return
	case !s.unlimited && (!s.shown[name] || s.reads[name] > s.lease):
		refuse(w, 401, "presence_required")
		return
	}
	s.served[id] = map[string]bool{"identity": true, "birth": true}
	file := whole(id)
	file["nir"], file["telephones"] = "•••", []string{}
	answer(w, file)
}

// whole is a file as the bare tool has it.
func whole(id string) map[string]any {
	return map[string]any{"id": id, "nom": "N", "prenom": "P", "naissance": "2001-01-01", "nir": "101019935000172", "telephones": []string{"0199000000"}}
}

func htmlPage(w http.ResponseWriter, body string) {
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	fmt.Fprint(w, "<!doctype html>"+body)
}

func answer(w http.ResponseWriter, v any) {
	w.Header().Set("Content-Type", "application/json")
	json.NewEncoder(w).Encode(v)
}

func refuse(w http.ResponseWriter, status int, reason string) {
	w.Header().Set("Content-Type", "application/problem+json")
	w.WriteHeader(status)
	json.NewEncoder(w).Encode(map[string]any{"type": "https://cloison.example/reasons/" + reason, "status": status, "title": reason})
}

// options asks a key for an assertion, creation for a new credential.
func options() json.RawMessage {
	challenge := base64.RawURLEncoding.EncodeToString([]byte("a challenge of the stub"))
	return json.RawMessage(`{"publicKey":{"challenge":"` + challenge + `","rpId":"127.0.0.1","userVerification":"required"}}`)
}

func creation() []byte {
	return []byte(`{"challenge":"AAAA","rp":{"id":"127.0.0.1"},"user":{"id":"AAAA"},"pubKeyCredParams":[{"type":"public-key","alg":-7}]}`)
}
