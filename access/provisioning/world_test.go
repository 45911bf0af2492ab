package provisioning_test

import (
	"bytes"
	"encoding/json"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"cloison"
	"cloison/access/approval"
	"cloison/access/directory"
	"cloison/access/imports"
	"cloison/access/provisioning"
	"cloison/internal/testkit"
	"cloison/store/sqlite"
)

// world is two structures with their machines, on a real store, and a client that speaks to the intake over HTTP.
type world struct {
	*testing.T
	db        *sqlite.DB
	d         *directory.Directory
	approvals *approval.Approvals
	imports   *imports.Importer
	server    *httptest.Server
	log       *bytes.Buffer
	who       map[string]directory.Account
	mu        sync.Mutex
	t         time.Time
}

func (w *world) now() time.Time {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.t
}

func (w *world) pass(d time.Duration) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.t = w.t.Add(d)
}

// token is the token of a client, at a rotation.
func token(client string, n int) string { return strings.Repeat(string(rune('a'+n)), 32) + client }

const (
	activity = "https://lms.example/activities/sensibilisation"
	platform = "https://lms.example"
)

func newWorld(t *testing.T, settings directory.Settings) *world {
	t.Helper()
	return newWorldOf(t, settings, approval.Settings{})
}

func newWorldOf(t *testing.T, settings directory.Settings, proposals approval.Settings) *world {
	t.Helper()
	w := &world{T: t, who: map[string]directory.Account{}, log: &bytes.Buffer{}, t: time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC)}
	file := testkit.SQLite(t)
	db, err := sqlite.Open(t.Context(), file, sqlite.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { db.Close() })
	w.db, w.d = db, directory.New(db, settings, slog.New(slog.DiscardHandler), w.now)
	w.approvals, w.imports = approval.New(db, w.d, proposals, w.now), imports.New(db, w.d, w.now)
	w.load(imports.StructuresFile, "code,siret,label,network,area,commune\nML1,35600000000048,Un,UNML,76,29019\nML2,35600000000048,Deux,UNML,76,29019\n")
	for _, name := range []string{"ann", "bob", "manager", "director"} {
		role := "adviser"
		if name == "manager" || name == "director" {
			role = name
		}
		w.account("ML1", name, role)
	}
	w.account("ML2", "stranger", "adviser")
	w.account("ML2", "approver", "approver")
	w.account("ML2", "officer", "officer")
	w.machine("ML1", "idm", "source")
	w.machine("ML1", "idm1b", "source")
	w.machine("ML2", "idm2", "source")
	w.machine("ML1", "lms", "source")
	w.machine("ML2", "network", "network_source")
	w.machine("ML2", "lmsall", "network_source")
	var clients []provisioning.Client
	for name, kind := range map[string]provisioning.Kind{"idm": provisioning.SCIM, "idm1b": provisioning.SCIM, "idm2": provisioning.SCIM, "network": provisioning.SCIM,
		"lms": provisioning.XAPI, "lmsall": provisioning.XAPI} {
		clients = append(clients, provisioning.Client{Name: name, Kind: kind, Account: w.who[name].ID,
			Tokens:    []cloison.Secret{cloison.Secret(token(name, 0)), cloison.Secret(token(name, 1))},
			Courses:   map[string]directory.Course{activity: directory.Awareness},
			Platforms: map[string]string{platform: "idp"}})
	}
	in, err := provisioning.New(provisioning.Config{Store: db, Directory: w.d, Approvals: w.approvals, Clients: clients, URL: "https://intake.example", PerMinute: 1000,
		Log: slog.New(slog.NewJSONHandler(w.log, nil)), Now: w.now})
	if err != nil {
		t.Fatal(err)
	}
	w.server = httptest.NewServer(in.Handler())
	t.Cleanup(w.server.Close)
	return w
}

func (w *world) load(kind imports.Kind, file string) {
	w.Helper()
	_, err := w.imports.Import(w.Context(), kind, strings.NewReader(file), imports.CSV,
		imports.Options{Refused: func(line int, why string) { w.Fatalf("line %d: %s", line, why) }})
	if err != nil {
		w.Fatal(err)
	}
}

func (w *world) account(structure, name, role string) {
	w.Helper()
	w.load(imports.AccountsFile, "structure,name,email,idp,sub,roles,managers_course_at\n"+structure+","+name+" Exemple,"+name+"@ml.example,idp,"+
		name+","+role+",2026-01-05\n")
	w.keep(name)
}

func (w *world) machine(structure, name, role string) {
	w.Helper()
	w.load(imports.AccountsFile, "structure,name,email,idp,sub,roles\n"+structure+","+name+","+name+"@ml.example,,,"+role+"\n")
	w.keep(name)
}

func (w *world) keep(name string) {
	w.Helper()
	found, err := w.db.AccountsByEmail(w.Context(), cloison.Personal(name+"@ml.example"))
	if err != nil || len(found) != 1 {
		w.Fatal(found, err)
	}
	w.who[name] = found[0]
}

func (w *world) read(name string) directory.Account {
	w.Helper()
	a, err := w.d.Account(w.Context(), w.who[name].ID)
	if err != nil {
		w.Fatal(err)
	}
	return a
}

func (w *world) by(name string) directory.Caller { return directory.Caller{Account: w.who[name].ID} }

// reply is what came back.
type reply struct {
	status int
	header http.Header
	body   string
	json   map[string]any
}

func (r reply) id() string      { s, _ := r.json["id"].(string); return s }
func (r reply) kind() string    { s, _ := r.json["scimType"].(string); return s }
func (r reply) state() string   { return r.approval("state") }
func (r reply) active() bool    { return r.json["active"] == true }
func (r reply) userName() any   { return r.json["userName"] }
func (r reply) total() int      { n, _ := r.json["totalResults"].(float64); return int(n) }
func (r reply) externalID() any { return r.json["externalId"] }
func (r reply) approval(name string) string {
	m, _ := r.json[provisioning.Approval].(map[string]any)
	s, _ := m[name].(string)
	return s
}

func (r reply) resources() []reply {
	list, _ := r.json["Resources"].([]any)
	var all []reply
	for _, v := range list {
		m, _ := v.(map[string]any)
		all = append(all, reply{json: m})
	}
	return all
}

// send sends a request with the headers given as name, value…
func (w *world) send(method, path, body string, header ...string) reply {
	w.Helper()
	r, err := http.NewRequestWithContext(w.Context(), method, w.server.URL+path, strings.NewReader(body))
	if err != nil {
		w.Fatal(err)
	}
	for i := 0; i+1 < len(header); i += 2 {
		r.Header.Set(header[i], header[i+1])
	}
	resp, err := w.server.Client().Do(r)
	if err != nil {
		w.Fatal(err)
	}
	defer resp.Body.Close()
	b, err := io.ReadAll(resp.Body)
	if err != nil {
		w.Fatal(err)
	}
	got := reply{status: resp.StatusCode, header: resp.Header, body: string(b)}
	json.Unmarshal(b, &got.json) // lists of ids are no object
	return got
}

// scim sends a SCIM request of that client.
func (w *world) scim(client, method, path, body string) reply {
	w.Helper()
	got := w.send(method, "/scim/v2"+path, body, "Authorization", "Bearer "+token(client, 0), "Content-Type", "application/scim+json")
	if got.status >= 400 && (got.json["status"] == nil || got.json["detail"] == "") {
		w.Errorf("%s %s: %d with no SCIM error: %s", method, path, got.status, got.body)
	}
	return got
}

const userSchema = `"schemas":["urn:ietf:params:scim:schemas:core:2.0:User"]`

func newcomer(name string) string {
	return `{` + userSchema + `,"userName":"` + name + `@ml.example","externalId":"ext-` + name + `","active":true,` +
		`"name":{"givenName":"` + name + `","familyName":"Exemple"},"emails":[{"value":"` + name + `@ml.example","type":"work","primary":true}]}`
}

func patch(operations string) string {
	return `{"schemas":["urn:ietf:params:scim:api:messages:2.0:PatchOp"],"Operations":[` + operations + `]}`
}

func (w *world) want(got reply, status int) reply {
	w.Helper()
	if got.status != status {
		w.Fatalf("%d, want %d: %s", got.status, status, got.body)
	}
	return got
}

// approve approves the proposal of that id.
func (w *world) approve(id string) approval.Approval {
	w.Helper()
	act, err := cloison.ParseActID(id)
	if err != nil {
		w.Fatal(err)
	}
	p, err := w.approvals.Proposal(w.Context(), act)
	if err != nil {
		w.Fatal(err)
	}
	done, err := w.approvals.Approve(w.Context(), w.by("approver"), p.ID, p.Version)
	if err != nil {
		w.Fatal(err)
	}
	return done
}
