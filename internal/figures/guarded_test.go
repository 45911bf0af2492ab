package figures

import (
	"context"
	"crypto/ed25519"
	"crypto/rand"
	"database/sql"
	"encoding/json"
	"errors"
	"log/slog"
	"net/http"
	"os"
	"runtime/pprof"
	"time"

	"github.com/goccy/go-yaml"
	"github.com/prometheus/client_golang/prometheus"

	"cloison"
	"cloison/access/signin"
	"cloison/access/signin/refusal"
	"cloison/internal/fakes/tool"
	"cloison/rules/policy"
	"cloison/wall/disclose"
	"cloison/wall/gateway"
	"cloison/wall/mapping"
)

type gatewayOptions struct {
	Upstream string `json:"upstream"`
	Dir      string `json:"dir"`
	Agents   int    `json:"agents"`
	Caseload int    `json:"caseload"`
}

// ledgerReport is what the gateway's store holds in the end.
type ledgerReport struct {
	Rows     int `json:"rows"`
	Requests int `json:"requests"` // distinct
	Meetings int `json:"meetings"` // distinct adviser and person
}

const hostName = "localhost:8080" // as browsers see it; whatever the port really is

// gatewayRole is the real gateway, with real sessions, on the real stage and a store that syncs each commit.
func gatewayRole(options []byte, ready func(any), stop <-chan struct{}) (any, error) {
	var o gatewayOptions
	if err := json.Unmarshal(options, &o); err != nil {
		return nil, err
	}
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	w, err := newWorld(ctx, o.Dir, o.Agents, o.Caseload)
	if err != nil {
		return nil, err
	}
	log := slog.New(slog.DiscardHandler)
	sign, err := signin.New(w.store, w.store, signin.Settings{Issuer: "https://proconnect.invalid",
		ClientID: "figures", Trusted: []string{identityProvider},
		Origins: []string{"http://" + hostName}, RPID: "localhost"}, log, time.Now)
	if err != nil {
		return nil, err
	}
	_, key, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		return nil, err
	}
	signer, err := gateway.NewSigner(key, "http://"+hostName, time.Now)
	if err != nil {
		return nil, err
	}
	var block mapping.Tool
	if err := yaml.Unmarshal(tool.Mapping(), &block); err != nil {
		return nil, err
	}
	block.Upstream = "http://" + o.Upstream
	mapping, err := mapping.Compile(block)
	if err != nil {
		return nil, err
	}
	g := gateway.New(gateway.Config{Tool: mapping, Sessions: callers{sign}, Discloser: w.stage, Signer: signer,
		Metrics: prometheus.NewRegistry(), Log: log, Now: time.Now, Zone: time.UTC, Public: "http://" + hostName})
	ended := make(chan struct{})
	go func() { w.stage.Run(ctx); close(ended) }()
	profiled, err := profile("gateway")
	if err != nil {
		return nil, err
	}
	err = serve(g, ready, w.cookies, stop)
	profiled()
	cancel()
	<-ended
	if err != nil {
		return nil, err
	}
	return w.report()
}

// report reads the store by plain SQL.
func (w *world) report() (r ledgerReport, err error) {
	if err := w.store.Close(); err != nil {
		return r, err
	}
	db, err := sql.Open("sqlite", w.path)
	if err != nil {
		return r, err
	}
	defer db.Close()
	err = db.QueryRow("SELECT count(*), count(DISTINCT request), count(DISTINCT account || ' ' || person) FROM disclosure").
		Scan(&r.Rows, &r.Requests, &r.Meetings)
	return r, err
}

// profile writes a processor profile to CLOISON_BENCH_PROFILE/name.prof until the returned func is called.
func profile(name string) (stop func(), err error) {
	dir := os.Getenv("CLOISON_BENCH_PROFILE")
	if dir == "" {
		return func() {}, nil
	}
	f, err := os.Create(dir + "/" + name + ".prof")
	if err != nil {
		return nil, err
	}
	return func() { pprof.StopCPUProfile(); f.Close() }, pprof.StartCPUProfile(f)
}

// callers is the program's own way from sign-in to the gateway.
type callers struct{ signin *signin.Signin }

// Caller implements gateway.Sessions.
func (c callers) Caller(r *http.Request) (gateway.Caller, error) {
	session, err := c.signin.Session(r.Context(), r)
	switch {
	case err == nil:
	case errors.Is(err, refusal.SignedOut):
		return gateway.Caller{}, cloison.Errorf(cloison.NotFound, "no session: %w", err)
	default:
		return gateway.Caller{}, err
	}
	return gateway.Caller{Structure: session.Structure, Roles: session.Roles,
		Agent: disclose.Agent{Account: session.Account,
			Session: policy.Session{ID: session.ID, Assurance: session.Assurance, PasskeyAt: session.PasskeyAt}}}, nil
}
