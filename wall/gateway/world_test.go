package gateway_test

import (
	"context"
	"crypto/ed25519"
	"crypto/rand"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"cloison"
	"cloison/access/directory"
	"cloison/access/signin"
	"cloison/internal/testkit"
	"cloison/internal/testkit/testworld"
	"cloison/ledger"
	"cloison/rules/policy"
	"cloison/wall/disclose"
	"cloison/wall/gateway"
	"cloison/wall/mapping"
)

const public = "https://cloison.example"

// world is one tool behind a gateway on the real stage and store, with an adviser whose caseload is the persons 01 to
// 40.
type world struct {
	*testworld.World
	stage   *disclose.Discloser
	signer  *gateway.Signer
	metrics *prometheus.Registry
	file    string // the database
	url     string // the gateway's
	who     disclose.Agent
	session signin.Session

	mu      sync.Mutex
	callers map[string]gateway.Caller // by cookie
}

func fileRoute() mapping.Route {
	return mapping.Route{Match: "GET /api/dossiers/{id}", Operation: "read", Person: "id", Persons: "$", ID: "$.id",
		Fields: map[string][]string{"identity": {"$.nom", "$.prenom"}, "sex": {"$.sexe"}, "birth": {"$.naissance"},
			"nir": {"$.nir"}, "customer_id": {"$.identifiant"}, "postal": {"$.adresse"}, "email": {"$.courriel"},
			"phone": {"$.telephones"}, "status": {"$.statut", "$.inscription"}, "notes": {"$.notes"}},
		Plain: []string{"$.conseiller", "$.structure"}}
}

func listRoute() mapping.Route {
	return mapping.Route{Match: "GET /api/recherche", Operation: "search", Persons: "$.resultats[*]", ID: "$.id",
		Fields: map[string][]string{"identity": {"$.nom", "$.prenom"}, "birth": {"$.naissance"}, "postal": {"$.commune"}},
		Plain:  []string{"$.total", "$.page", "$.pages"}}
}

func routes() []mapping.Route {
	return []mapping.Route{fileRoute(), listRoute(), {Match: "GET /static/{path...}", Operation: "plain"}, {Match: "GET /", Operation: "plain"},
		{Match: "POST /api/dossiers/{id}/notes", Operation: "write", Person: "id", Plain: []string{"$.date", "$.texte"}, MaxRequest: 1000}}
}

// newWorld puts the tool behind a gateway.
func newWorld(t *testing.T, tool http.Handler, change ...func(*mapping.Tool)) *world {
	t.Helper()
	file := testkit.SQLite(t)
	w := &world{World: testworld.New(t, testworld.Options{Empty: true, Now: time.Now, Open: testworld.SQLite(file),
		Structures: []directory.Structure{{ID: "ML1", Label: "Mission Locale d’essai"}}}), file: file, metrics: prometheus.NewRegistry(),
		callers: map[string]gateway.Caller{}}
	log := w.Logs.Logger()
	var err error
	w.stage, err = disclose.New(disclose.Options{Store: w.DB, Directory: w.Directory, Explanations: w.Explanations, Settings: policy.Default(), Zone: time.UTC, Log: log, Now: time.Now})
	w.Must(err)
	run, stop := context.WithCancel(context.WithoutCancel(t.Context()))
	ended := make(chan struct{})
	go func() { w.stage.Run(run); close(ended) }()
	_, key, err := ed25519.GenerateKey(rand.Reader)
	w.Must(err)
	w.signer, err = gateway.NewSigner(key, public, time.Now)
	w.Must(err)

	upstream := httptest.NewServer(tool)
	block := mapping.Tool{Name: "dossiers", Upstream: upstream.URL, Routes: routes()}
	for _, c := range change {
		c(&block)
	}
	mapping, err := mapping.Compile(block)
	w.Must(err)
	server := httptest.NewServer(gateway.New(gateway.Config{Tool: mapping, Sessions: w, Discloser: w.stage, Signer: w.signer,
		Metrics: w.metrics, Log: log, Now: time.Now, Zone: time.UTC, Public: public}))
	w.url = server.URL
	t.Cleanup(func() { server.Close(); upstream.Close(); stop(); <-ended })

	var persons []cloison.PersonRef
	for i := range 40 {
		persons = append(persons, ref(i+1))
	}
	w.who, w.session = w.agent("sub", persons...)
	w.callers["agent"] = gateway.Caller{Agent: w.who, Structure: "ML1", Roles: directory.Adviser}
	weak := w.who
	weak.Session.Assurance, weak.Session.PasskeyAt = policy.Weak, time.Time{}
	w.callers["weak"] = gateway.Caller{Agent: weak, Structure: "ML1", Roles: directory.Adviser}
	w.callers["nobody"] = gateway.Caller{}
	return w
}

// agent makes an adviser with that caseload, and opens a session for it.
func (w *world) agent(name string, persons ...cloison.PersonRef) (disclose.Agent, signin.Session) {
	w.Helper()
	a := testworld.AddAccount(w.TB, w.DB, time.Now(), name)
	testworld.AddCaseload(w.TB, w.DB, time.Now(), a, persons...)
	s := testworld.AddSession(w.TB, w.DB, time.Now(), a, 20)
	return disclose.Agent{Account: a.ID, Session: policy.Session{ID: s.ID, Assurance: policy.PhishingResistant, PasskeyAt: s.PasskeyAt}}, s
}

func ref(i int) cloison.PersonRef {
	return cloison.PersonRef(string(rune('0'+i/10)) + string(rune('0'+i%10)))
}

// Caller makes the world the gateway's Sessions: the cookie's value says who.
func (w *world) Caller(r *http.Request) (gateway.Caller, error) {
	c, err := r.Cookie("__Host-cloison")
	if err != nil {
		return gateway.Caller{}, cloison.Errorf(cloison.NotFound, "no session")
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	caller, ok := w.callers[c.Value]
	if c.Value == "broken" {
		return gateway.Caller{}, cloison.Errorf(cloison.Unavailable, "no store")
	}
	if !ok {
		return gateway.Caller{}, cloison.Errorf(cloison.NotFound, "no session")
	}
	return caller, nil
}

// answer is what an agent received.
type answer struct {
	status int
	header http.Header
	body   string
}

// problem reads the body as one.
func (a answer) problem(t testing.TB) (p struct {
	Type, Title, Detail, Reference, Action string
	Status                                 int
	WayOut                                 string `json:"way_out"`
	Reasons                                []struct{ Code, Detail string }
}) {
	t.Helper()
	if a.header.Get("Content-Type") != "application/problem+json" {
		t.Fatalf("%d %v is no problem: %s", a.status, a.header, a.body)
	}
	if err := json.Unmarshal([]byte(a.body), &p); err != nil || p.Status != a.status || p.Reference == "" || p.WayOut == "" {
		t.Fatalf("%v in %s", err, a.body)
	}
	if len(p.Reasons) == 0 || p.Type != public+"/cloison/refusals/"+p.Reasons[0].Code {
		t.Fatalf("type %q of %s", p.Type, a.body)
	}
	return p
}

// do sends a request as the adviser; headers are pairs.
func (w *world) do(method, path string, headers ...string) answer {
	w.Helper()
	return w.send(method, path, nil, headers...)
}

func (w *world) send(method, path string, body io.Reader, headers ...string) answer {
	w.Helper()
	r, err := http.NewRequest(method, w.url+path, body)
	w.Must(err)
	r.Header.Set("Cookie", "__Host-cloison=agent; autre=1")
	for i := 0; i < len(headers); i += 2 {
		r.Header.Set(headers[i], headers[i+1])
	}
	client := http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	resp, err := client.Do(r)
	w.Must(err)
	defer resp.Body.Close()
	b, err := io.ReadAll(resp.Body)
	w.Must(err)
	return answer{resp.StatusCode, resp.Header, string(b)}
}

// rows are the ledger's.
func (w *world) rows() []ledger.Row {
	w.Helper()
	rows, err := w.DB.Rows(context.Background(), 0, 1000)
	w.Must(err)
	return rows
}

// refused counts the answers refused for these reasons.
func (w *world) refused(reasons ...string) (n float64) {
	w.Helper()
	families, err := w.metrics.Gather()
	w.Must(err)
	for _, f := range families {
		if f.GetName() != "cloison_gateway_answers_refused_total" {
			continue
		}
		for _, m := range f.GetMetric() {
			for _, l := range m.GetLabel() {
				if l.GetName() == "reason" && slices.Contains(reasons, l.GetValue()) {
					n += m.GetCounter().GetValue()
				}
			}
		}
	}
	return n
}

// says answers with that JSON document.
func says(doc string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		io.WriteString(w, doc)
	}
}

func fileOf(id cloison.PersonRef) string {
	return `{"id":"` + string(id) + `","nom":"Ménard","nir":"204050000000097","telephones":["0100000000"]}`
}

// files answers each file with the id of its path.
func files() http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		says(fileOf(cloison.PersonRef(r.URL.Path[strings.LastIndexByte(r.URL.Path, '/')+1:])))(w, r)
	})
}
