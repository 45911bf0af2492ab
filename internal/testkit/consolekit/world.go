package consolekit

import (
	"bytes"
	"cloison"
	"cloison/access/approval"
	"cloison/access/directory"
	"cloison/access/explanation"
	"cloison/access/imports"
	"cloison/access/letters"
	"cloison/access/lifecycle"
	"cloison/access/signin"
	"cloison/access/training"
	"cloison/console"
	"cloison/console/web"
	"cloison/incident/contain"
	"cloison/incident/exposure"
	"cloison/incident/watch"
	"cloison/internal/demo/network"
	"cloison/internal/fakes/proconnect"
	"cloison/internal/testkit"
	"cloison/internal/testkit/testworld"
	"cloison/ledger/register"
	"cloison/ledger/retention"
	"cloison/ledger/seal"
	"cloison/rules/policy"
	"cloison/store/storetest"
	"cloison/wall/disclose"
	"context"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

const clientSecret = "secret-de-test-0123456789-abcdefghij"

// World is the shared one with all stages, a sign-in and a provider: a whole Cloison without gateways, on a small
// synthetic network and in real time.
type World struct {
	*testworld.World
	net      *network.Network
	Provider *proconnect.Provider
	Signin   *signin.Signin
	stage    *disclose.Discloser
	watch    *watch.Watch
	Tenure   *lifecycle.Lifecycle
	keeper   *retention.Keeper
	Register *register.Register
	Holds    *retention.LegalHolds
	Desk     *explanation.Grants
	Codes    explanation.Codes
	Sealer   *seal.Sealer
	Console  *console.Console
	LogDir   string
	URL      string // of the console, as browsers know it
	Browser  string // what persons say that they come with, if anything
}

// late is a handler that is set after its server has an address.
type late struct{ handler http.Handler }

func (l *late) ServeHTTP(w http.ResponseWriter, r *http.Request) { l.handler.ServeHTTP(w, r) }

func serve(t testing.TB) (*late, string) {
	l := &late{http.NotFoundHandler()}
	server := httptest.NewServer(l)
	t.Cleanup(server.Close)
	return l, strings.Replace(server.URL, "127.0.0.1", "localhost", 1)
}

func New(t testing.TB) *World {
	t.Helper()
	return NewOf(t, network.Options{Seed: 1, Persons: 3000, Structures: 2, Agents: 40, AsOf: time.Now()})
}

func NewOf(t testing.TB, size network.Options) *World {
	t.Helper()
	return newOn(t, size, nil)
}

// NewOn closes the store at the end.
func NewOn(t testing.TB, size network.Options, db storetest.All) *World {
	t.Helper()
	return newOn(t, size, func(testing.TB) storetest.All { return db })
}

func newOn(t testing.TB, size network.Options, open testworld.Open) *World {
	t.Helper()
	w := &World{World: testworld.New(t, testworld.Options{Empty: true, Structures: []directory.Structure{}, Now: time.Now, Open: open}),
		LogDir: filepath.Join(t.TempDir(), "log")}
	quiet := testkit.Quiet()
	var err error
	w.net, err = network.New(size)
	w.Must(err)
	pages, address := serve(t)
	w.URL = address
	provider, issuer := serve(t)
	accounts, organizations := proconnect.FromNetwork(w.net)
	w.Provider, err = proconnect.New(proconnect.Options{Issuer: issuer + "/api/v2", Accounts: accounts, Organizations: organizations, Log: quiet,
		Mailbox: true, Clients: []proconnect.Client{{ID: "cloison", Secret: clientSecret, RedirectURIs: []string{w.URL + "/cloison/callback"},
			PostLogoutURIs: []string{w.URL + "/"}}}})
	w.Must(err)
	provider.handler = w.Provider
	w.importAll()
	w.Signin, err = signin.New(w.DB, w.DB, signin.Settings{Issuer: issuer + "/api/v2", ClientID: "cloison", ClientSecret: clientSecret,
		Origins: []string{w.URL}, RPID: "localhost"}, quiet, time.Now)
	w.Must(err)
	w.stage, err = disclose.New(disclose.Options{Store: w.DB, Directory: w.Directory, Explanations: w.Explanations, Settings: policy.Default(), Zone: testkit.Paris(t), Log: quiet, Now: time.Now})
	w.Must(err)
	key, err := seal.GenerateKey(filepath.Join(t.TempDir(), "key"), "cloison.invalid/test")
	w.Must(err)
	w.Sealer, err = seal.New(w.DB, seal.Config{Dir: w.LogDir, Key: key, Holder: "test"}, quiet, time.Now)
	w.Must(err)
	verifier, err := key.Verifier()
	w.Must(err)
	container := contain.New(w.DB, w.DB, contain.Settings{}, quiet, time.Now)
	w.watch = watch.New(w.DB, container, w.DB, watch.Settings{Poll: 20 * time.Millisecond}, quiet, time.Now)
	mail, err := letters.New(w.DB, w.DB, w.Approvals, nil, letters.Settings{}, time.UTC, "here", quiet, time.Now)
	w.Must(err)
	w.Codes, err = explanation.NewCodes(bytes.Repeat([]byte{7}, 32))
	w.Must(err)
	w.Desk = explanation.NewGrants(w.DB, w.Explanations, w.Codes, nil, quiet)
	w.Tenure = lifecycle.New(w.DB, lifecycle.Settings{}, testkit.Paris(t), quiet, time.Now)
	courses, err := training.New(w.DB, w.Directory, training.Settings{}, time.Now)
	w.Must(err)
	w.keeper = retention.New(w.DB, w.LogDir, key, 0, quiet, time.Now)
	w.Holds = retention.NewLegalHolds(w.DB, approval.LedgerRights{Directory: w.Directory, Approvals: w.Approvals}, time.Now)
	w.Register = register.New(w.DB, w.Directory, register.Log{Dir: w.LogDir, Key: verifier}, slog.New(slog.NewTextHandler(testLog{t}, nil)), time.Now)
	w.Console, err = console.New(console.Config{Store: w.DB, Signin: w.Signin, Directory: w.Directory, Approvals: w.Approvals, Explanations: w.Explanations,
		Container: container, Watch: w.watch, Rolls: exposure.NewRolls(w.DB, w.Directory, time.Now), Lifecycle: w.Tenure, Letters: mail, Grants: w.Desk, Retention: w.keeper, Holds: w.Holds, Training: courses,
		Gauge:    disclose.Gauge{Store: w.DB, Accounts: w.DB, Bound: policy.Default().Bound, Zone: testkit.Paris(t), Now: time.Now},
		Register: w.Register, URL: w.URL, Tools: []web.Tool{{Name: "Dossiers", URL: w.URL + "/outil"}},
		Settings: settingsShown(),
		Log:      slog.New(slog.NewTextHandler(testLog{t}, nil)), Now: time.Now})
	w.Must(err)
	mux := http.NewServeMux()
	mux.Handle("/cloison/", w.Console.Doors())
	mux.Handle("/", w.Console.Pages())
	pages.handler = mux
	return w
}

// testLog shows the console's log beside a failing test.
type testLog struct{ t testing.TB }

func (l testLog) Write(b []byte) (int, error) {
	l.t.Log(strings.TrimSpace(string(b)))
	return len(b), nil
}

// Run runs the stages that follow rows until the test ends.
func (w *World) Run() {
	ctx, stop := context.WithCancel(context.Background())
	ended := make(chan struct{}, 4)
	for _, stage := range []func(context.Context) error{w.stage.Run, w.Sealer.Run, w.Register.Run, func(ctx context.Context) error { return w.watch.Run(ctx, nil) }} {
		go func() { stage(ctx); ended <- struct{}{} }()
	}
	w.Cleanup(func() { stop(); <-ended; <-ended; <-ended; <-ended })
}

func (w *World) importAll() {
	feed, err := w.net.Feed(network.CSV)
	w.Must(err)
	for _, f := range []struct {
		kind  imports.Kind
		write func(io.Writer) error
	}{{imports.StructuresFile, feed.WriteStructures}, {imports.AccountsFile, feed.WriteAccounts}, {imports.CaseloadFile, feed.WriteCaseload}} {
		var b bytes.Buffer
		w.Must(f.write(&b))
		sum, err := w.Imports.Import(w.Ctx, f.kind, &b, imports.CSV, imports.Options{Refused: func(line int, reason string) { w.Errorf("line %d: %s", line, reason) }})
		if err != nil || sum.Refused > 0 {
			w.Fatalf("import of %s: %+v, %v", f.kind, sum, err)
		}
	}
}

// Agent finds the nth agent of a structure with a role; structure -1 is the network's own body.
func (w *World) Agent(structure int, role network.Role, nth int) network.Agent {
	w.Helper()
	if structure < 0 {
		structure = w.net.Structures()
	}
	lo, hi := w.net.Team(structure)
	for i := lo; i < hi; i++ {
		if a := w.net.Agent(i); a.Has(role) {
			if nth == 0 {
				return a
			}
			nth--
		}
	}
	w.Fatalf("structure %d has not so many agents with the role %s", structure, role)
	return network.Agent{}
}

// Read shows persons to an account, as the gateway does, and returns how many were shown.
func (w *World) Read(p *Person, refs ...cloison.PersonRef) int {
	w.Helper()
	live, err := w.DB.SessionsOf(w.Ctx, p.Account.ID)
	w.Must(err)
	if len(live) == 0 {
		return 0 // it was cut
	}
	shown := 0
	for _, ref := range refs {
		a, err := w.stage.Disclose(w.Ctx, disclose.Request{Agent: disclose.Agent{Account: p.Account.ID, Session: policy.Session{ID: live[0].ID,
			Assurance: policy.OwnPasskey, PasskeyAt: time.Now().Add(-time.Second)}}, Tool: "dossiers", Operation: policy.Read, ID: "t" + string(ref),
			Persons: []disclose.Person{{Ref: ref, Fields: cloison.Identity | cloison.Postal}}})
		w.Must(err)
		for _, o := range a.Decision.Persons {
			if a.Decision.Outcome == policy.Permit && o.Shown() {
				shown++
			}
		}
	}
	return shown
}

// Caseload lists persons explained to an account.
func (w *World) Caseload(id cloison.AccountID, n int) []cloison.PersonRef {
	w.Helper()
	all, err := w.DB.Caseload(w.Ctx, id, time.Now())
	w.Must(err)
	var refs []cloison.PersonRef
	for ref := range all {
		if len(refs) < n {
			refs = append(refs, ref)
		}
	}
	if len(refs) < n {
		w.Fatal(errors.New("the caseload is smaller than the test needs"))
	}
	return refs
}
