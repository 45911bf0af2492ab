package machinekit

import (
	"encoding/json"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"cloison"
	"cloison/access/approval"
	"cloison/access/directory"
	"cloison/access/provisioning"
	"cloison/access/provisioning/scim"
	"cloison/access/provisioning/xapi"
	"cloison/internal/testkit/testworld"
)

// World is the shared one with machines, and a server for them.
type World struct {
	*testworld.World
	Server *httptest.Server
}

// In is the world within a subtest.
func (w *World) In(t *testing.T) *World {
	own := *w.World
	own.TB, own.Ctx = t, t.Context()
	return &World{&own, w.Server}
}

// token is the token of a client, at a rotation.
func Token(client string, n int) string { return strings.Repeat(string(rune('a'+n)), 32) + client }

const (
	Activity = "https://lms.example/activities/sensibilisation"
	Platform = "https://lms.example"
)

func New(t *testing.T, o testworld.Options) *World {
	t.Helper()
	o.Empty, o.Start = true, time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC)
	w := &World{World: testworld.New(t, o)}
	for name, role := range map[string]directory.Role{"ann": directory.Adviser, "bob": directory.Adviser, "manager": directory.Manager, "director": directory.Director} {
		w.Person("ML1", name, role)
	}
	w.Person("ML2", "stranger", directory.Adviser)
	w.Person("ML2", "approver", directory.Approver)
	w.Person("ML2", "officer", directory.Officer)
	w.machine("ML1", "idm", directory.Source)
	w.machine("ML1", "idm1b", directory.Source)
	w.machine("ML2", "idm2", directory.Source)
	w.machine("ML1", "lms", directory.Source)
	w.machine("ML2", "network", directory.NetworkSource)
	w.machine("ML2", "lmsall", directory.NetworkSource)
	var clients []provisioning.Client
	for name, kind := range map[string]provisioning.Kind{"idm": provisioning.SCIM, "idm1b": provisioning.SCIM, "idm2": provisioning.SCIM, "network": provisioning.SCIM,
		"lms": provisioning.XAPI, "lmsall": provisioning.XAPI} {
		clients = append(clients, provisioning.Client{Name: name, Kind: kind, Account: w.Who[name].ID,
			Tokens:    []cloison.Secret{cloison.Secret(Token(name, 0)), cloison.Secret(Token(name, 1))},
			Courses:   map[string]directory.Course{Activity: directory.Awareness},
			Platforms: map[string]string{Platform: "idp"}})
	}
	known, err := provisioning.NewClients(clients, w.Directory, 1000, slog.New(slog.NewJSONHandler(w.Logs, nil)), w.Now)
	w.Must(err)
	mux := http.NewServeMux()
	mux.Handle("/scim/v2/", scim.New(w.DB, w.Directory, w.Approvals, "https://intake.example").Handler(known))
	mux.Handle("/xapi/", xapi.New(w.DB, w.Directory, w.Now).Handler(known))
	w.Server = httptest.NewServer(mux)
	t.Cleanup(w.Server.Close)
	return w
}

// Person adds somebody of today.
func (w *World) Person(structure cloison.StructureID, name string, role directory.Role) {
	w.Helper()
	w.Add(structure, name, role, func(a *directory.Account) { a.Name, a.Created = cloison.Personal(name+" Exemple"), w.Now() })
}

// machine adds the account of a machine, which nobody signs in with.
func (w *World) machine(structure cloison.StructureID, name string, role directory.Role) {
	w.Helper()
	w.Add(structure, name, role, func(a *directory.Account) {
		a.Binding, a.Created, a.ManagersUntil = directory.Binding{}, w.Now(), time.Time{}
	})
}

// Keep remembers the account of that e-mail address by its name.
func (w *World) Keep(name string) {
	w.Helper()
	found, err := w.DB.AccountsByEmail(w.Ctx, cloison.Personal(name+"@ml.example"))
	if err != nil || len(found) != 1 {
		w.Fatal(found, err)
	}
	w.Who[name] = found[0]
}

func (w *World) Read(name string) directory.Account {
	w.Helper()
	a, err := w.Directory.Account(w.Ctx, w.Who[name].ID)
	w.Must(err)
	return a
}

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
	r, err := http.NewRequestWithContext(w.Ctx, method, w.Server.URL+path, strings.NewReader(body))
	w.Must(err)
	for i := 0; i+1 < len(header); i += 2 {
		r.Header.Set(header[i], header[i+1])
	}
	resp, err := w.Server.Client().Do(r)
	w.Must(err)
	defer resp.Body.Close()
	b, err := io.ReadAll(resp.Body)
	w.Must(err)
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
	w.Must(err)
	p, err := w.Approvals.Proposal(w.Ctx, act)
	w.Must(err)
	return w.World.Approve("approver", p)
}

// held lists the accounts of which the journal says that their departure waits for somebody's decision.
func (w *World) Held() (ids []cloison.AccountID) {
	w.Helper()
	for _, e := range w.Events("leaver.held") {
		ids = append(ids, e.Account)
	}
	return ids
}

// suspended counts the accounts of a structure that are.
func (w *World) Suspended(structure cloison.StructureID) (n int) {
	w.Helper()
	all, err := w.DB.Accounts(w.Ctx, structure, 0, 1000)
	w.Must(err)
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
	w.Must(w.DB.UpdateAccount(w.Ctx, a))
	all, err := w.DB.Resources(w.Ctx, "idm")
	w.Must(err)
	for _, r := range all {
		r.ExternalID, r.UserName, r.Given, r.Family, r.Deleted = "", "", "", "", false
		w.Must(w.DB.PutResource(w.Ctx, r))
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
