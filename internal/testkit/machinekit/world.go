package machinekit

import (
	"bytes"
	"encoding/json"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"cloison"
	"cloison/access/approval"
	"cloison/access/directory"
	"cloison/access/imports"
	"cloison/access/provisioning"
	"cloison/access/provisioning/scim"
	"cloison/access/provisioning/xapi"
	"cloison/internal/testkit"
	"cloison/ledger/journal"
	"cloison/store/sqlite"
)

// World is two structures with their machines, on a real store.
type World struct {
	*testing.T
	DB        *sqlite.DB
	Directory *directory.Directory
	Approvals *approval.Approvals
	imports   *imports.Importer
	Server    *httptest.Server
	Log       *bytes.Buffer
	Who       map[string]directory.Account
	mu        sync.Mutex
	t         time.Time
}

// In is the world within a subtest.
func (w *World) In(t *testing.T) *World {
	return &World{T: t, DB: w.DB, Directory: w.Directory, Approvals: w.Approvals, Server: w.Server, Log: w.Log, Who: w.Who, t: w.Now()}
}

// Now is the time of this world.
func (w *World) Now() time.Time {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.t
}

func (w *World) Pass(d time.Duration) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.t = w.t.Add(d)
}

// token is the token of a client, at a rotation.
func Token(client string, n int) string { return strings.Repeat(string(rune('a'+n)), 32) + client }

const (
	Activity = "https://lms.example/activities/sensibilisation"
	Platform = "https://lms.example"
)

func New(t *testing.T, settings directory.Settings) *World {
	t.Helper()
	return NewWith(t, settings, approval.Settings{})
}

func NewWith(t *testing.T, settings directory.Settings, proposals approval.Settings) *World {
	t.Helper()
	w := &World{T: t, Who: map[string]directory.Account{}, Log: &bytes.Buffer{}, t: time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC)}
	file := testkit.SQLite(t)
	db, err := sqlite.Open(t.Context(), file, sqlite.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { db.Close() })
	w.DB, w.Directory = db, directory.New(db, settings, slog.New(slog.DiscardHandler), w.Now)
	w.Approvals, w.imports = approval.New(db, w.Directory, proposals, w.Now), imports.New(db, w.Directory, w.Now)
	w.Load(imports.StructuresFile, "code,siret,label,network,area,commune\nML1,35600000000048,Un,UNML,76,29019\nML2,35600000000048,Deux,UNML,76,29019\n")
	for _, name := range []string{"ann", "bob", "manager", "director"} {
		role := "adviser"
		if name == "manager" || name == "director" {
			role = name
		}
		w.Account("ML1", name, role)
	}
	w.Account("ML2", "stranger", "adviser")
	w.Account("ML2", "approver", "approver")
	w.Account("ML2", "officer", "officer")
	w.Machine("ML1", "idm", "source")
	w.Machine("ML1", "idm1b", "source")
	w.Machine("ML2", "idm2", "source")
	w.Machine("ML1", "lms", "source")
	w.Machine("ML2", "network", "network_source")
	w.Machine("ML2", "lmsall", "network_source")
	var clients []provisioning.Client
	for name, kind := range map[string]provisioning.Kind{"idm": provisioning.SCIM, "idm1b": provisioning.SCIM, "idm2": provisioning.SCIM, "network": provisioning.SCIM,
		"lms": provisioning.XAPI, "lmsall": provisioning.XAPI} {
		clients = append(clients, provisioning.Client{Name: name, Kind: kind, Account: w.Who[name].ID,
			Tokens:    []cloison.Secret{cloison.Secret(Token(name, 0)), cloison.Secret(Token(name, 1))},
			Courses:   map[string]directory.Course{Activity: directory.Awareness},
			Platforms: map[string]string{Platform: "idp"}})
	}
	known, err := provisioning.NewClients(clients, w.Directory, 1000, slog.New(slog.NewJSONHandler(w.Log, nil)), w.Now)
	if err != nil {
		t.Fatal(err)
	}
	mux := http.NewServeMux()
	mux.Handle("/scim/v2/", scim.New(db, w.Directory, w.Approvals, "https://intake.example").Handler(known))
	mux.Handle("/xapi/", xapi.New(db, w.Directory, w.Now).Handler(known))
	w.Server = httptest.NewServer(mux)
	t.Cleanup(w.Server.Close)
	return w
}

func (w *World) Load(kind imports.Kind, file string) {
	w.Helper()
	_, err := w.imports.Import(w.Context(), kind, strings.NewReader(file), imports.CSV,
		imports.Options{Refused: func(line int, why string) { w.Fatalf("line %d: %s", line, why) }})
	if err != nil {
		w.Fatal(err)
	}
}

func (w *World) Account(structure, name, role string) {
	w.Helper()
	w.Load(imports.AccountsFile, "structure,name,email,idp,sub,roles,managers_course_at\n"+structure+","+name+" Exemple,"+name+"@ml.example,idp,"+
		name+","+role+",2026-01-05\n")
	w.Keep(name)
}

func (w *World) Machine(structure, name, role string) {
	w.Helper()
	w.Load(imports.AccountsFile, "structure,name,email,idp,sub,roles\n"+structure+","+name+","+name+"@ml.example,,,"+role+"\n")
	w.Keep(name)
}

func (w *World) Keep(name string) {
	w.Helper()
	found, err := w.DB.AccountsByEmail(w.Context(), cloison.Personal(name+"@ml.example"))
	if err != nil || len(found) != 1 {
		w.Fatal(found, err)
	}
	w.Who[name] = found[0]
}

func (w *World) Read(name string) directory.Account {
	w.Helper()
	a, err := w.Directory.Account(w.Context(), w.Who[name].ID)
	if err != nil {
		w.Fatal(err)
	}
	return a
}

func (w *World) By(name string) cloison.Caller { return cloison.Caller{Account: w.Who[name].ID} }

// reply is what came back.
type Reply struct {
	Status int
	Header http.Header
	Body   string
	JSON   map[string]any
}

func (r Reply) ID() string { s, _ := r.JSON["id"].(string); return s }

func (r Reply) Kind() string { s, _ := r.JSON["scimType"].(string); return s }

func (r Reply) State() string { return r.Approval("state") }

func (r Reply) Active() bool { return r.JSON["active"] == true }

func (r Reply) UserName() any { return r.JSON["userName"] }

func (r Reply) Total() int { n, _ := r.JSON["totalResults"].(float64); return int(n) }

func (r Reply) ExternalID() any { return r.JSON["externalId"] }

func (r Reply) Approval(name string) string {
	m, _ := r.JSON[scim.Approval].(map[string]any)
	s, _ := m[name].(string)
	return s
}

func (r Reply) Resources() []Reply {
	list, _ := r.JSON["Resources"].([]any)
	var all []Reply
	for _, v := range list {
		m, _ := v.(map[string]any)
		all = append(all, Reply{JSON: m})
	}
	return all
}

// send sends a request with the headers given as name, value…
func (w *World) Send(method, path, body string, header ...string) Reply {
	w.Helper()
	r, err := http.NewRequestWithContext(w.Context(), method, w.Server.URL+path, strings.NewReader(body))
	if err != nil {
		w.Fatal(err)
	}
	for i := 0; i+1 < len(header); i += 2 {
		r.Header.Set(header[i], header[i+1])
	}
	resp, err := w.Server.Client().Do(r)
	if err != nil {
		w.Fatal(err)
	}
	defer resp.Body.Close()
	b, err := io.ReadAll(resp.Body)
	if err != nil {
		w.Fatal(err)
	}
	got := Reply{Status: resp.StatusCode, Header: resp.Header, Body: string(b)}
	json.Unmarshal(b, &got.JSON) // lists of ids are no object
	return got
}

// scim sends a SCIM request of that client.
func (w *World) SCIM(client, method, path, body string) Reply {
	w.Helper()
	got := w.Send(method, "/scim/v2"+path, body, "Authorization", "Bearer "+Token(client, 0), "Content-Type", "application/scim+json")
	if got.Status >= 400 && (got.JSON["status"] == nil || got.JSON["detail"] == "") {
		w.Errorf("%s %s: %d with no SCIM error: %s", method, path, got.Status, got.Body)
	}
	return got
}

const UserSchema = `"schemas":["urn:ietf:params:scim:schemas:core:2.0:User"]`

func Newcomer(name string) string {
	return `{` + UserSchema + `,"userName":"` + name + `@ml.example","externalId":"ext-` + name + `","active":true,` +
		`"name":{"givenName":"` + name + `","familyName":"Exemple"},"emails":[{"value":"` + name + `@ml.example","type":"work","primary":true}]}`
}

func Patch(operations string) string {
	return `{"schemas":["urn:ietf:params:scim:api:messages:2.0:PatchOp"],"Operations":[` + operations + `]}`
}

func (w *World) Want(got Reply, status int) Reply {
	w.Helper()
	if got.Status != status {
		w.Fatalf("%d, want %d: %s", got.Status, status, got.Body)
	}
	return got
}

// approve approves the proposal of that id.
func (w *World) Approve(id string) approval.Approval {
	w.Helper()
	act, err := cloison.ParseActID(id)
	if err != nil {
		w.Fatal(err)
	}
	p, err := w.Approvals.Proposal(w.Context(), act)
	if err != nil {
		w.Fatal(err)
	}
	done, err := w.Approvals.Approve(w.Context(), w.By("approver"), p.ID, p.Version)
	if err != nil {
		w.Fatal(err)
	}
	return done
}

// held lists the accounts of which the journal says that their departure waits for somebody's decision.
func (w *World) Held() (ids []cloison.AccountID) {
	w.Helper()
	events, err := w.DB.EventsWhere(w.Context(), journal.Search{Code: "leaver.held", Limit: 1000})
	if err != nil {
		w.Fatal(err)
	}
	for _, e := range events {
		ids = append(ids, e.Account)
	}
	return ids
}

// suspended counts the accounts of a structure that are.
func (w *World) Suspended(structure cloison.StructureID) (n int) {
	w.Helper()
	all, err := w.DB.Accounts(w.Context(), structure, 0, 1000)
	if err != nil {
		w.Fatal(err)
	}
	for _, a := range all {
		if a.State == directory.Suspended {
			n++
		}
	}
	return n
}

// fresh puts the account back as it was imported.
func (w *World) Restore(name string) directory.Account {
	w.Helper()
	a := w.Read(name)
	a.State, a.Name, a.Email = directory.Active, w.Who[name].Name, w.Who[name].Email
	if err := w.DB.UpdateAccount(w.Context(), a); err != nil {
		w.Fatal(err)
	}
	all, err := w.DB.Resources(w.Context(), "idm")
	if err != nil {
		w.Fatal(err)
	}
	for _, r := range all {
		r.ExternalID, r.UserName, r.Given, r.Family, r.Deleted = "", "", "", "", false
		if err := w.DB.PutResource(w.Context(), r); err != nil {
			w.Fatal(err)
		}
	}
	return w.Read(name)
}

const StatementID = "f47ac10b-58cc-4372-a567-0e02b2c3d479"

// said is a statement, with edits of the form old, new.
func Statement(edits ...string) string {
	s := `{"id":"` + StatementID + `","actor":{"objectType":"Agent","account":{"homePage":"` + Platform + `","name":"ann"}},` +
		`"verb":{"id":"http://adlnet.gov/expapi/verbs/completed","display":{"fr":"a terminé"}},` +
		`"object":{"id":"` + Activity + `","objectType":"Activity"},"result":{"completion":true,"success":true,"score":{"scaled":0.9}},` +
		`"timestamp":"2026-03-01T09:00:00+01:00"}`
	for i := 0; i+1 < len(edits); i += 2 {
		if !strings.Contains(s, edits[i]) {
			panic(edits[i])
		}
		s = strings.Replace(s, edits[i], edits[i+1], 1)
	}
	return s
}

func (w *World) XAPI(client, method, query, body string, header ...string) Reply {
	w.Helper()
	all := append([]string{"Authorization", "Bearer " + Token(client, 0), "Content-Type", "application/json", "X-Experience-API-Version", "1.0.3"}, header...)
	got := w.Send(method, "/xapi/statements"+query, body, all...)
	if got.Header.Get("X-Experience-API-Version") != "1.0.3" {
		w.Errorf("%s: no version header: %v", method, got.Header)
	}
	return got
}

func Filter(f string) string { return "/Users?filter=" + url.QueryEscape(f) }
