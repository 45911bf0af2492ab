package demo

import (
	"bytes"
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/goccy/go-yaml"
	"golang.org/x/sync/errgroup"

	"cloison"
	"cloison/access/directory"
	"cloison/access/imports"
	"cloison/internal/app"
	"cloison/internal/config"
	"cloison/internal/demo/network"
	"cloison/internal/durable"
	"cloison/internal/fakes/proconnect"
	"cloison/internal/fakes/tool"
	"cloison/wall/mapping"
)

// World is the demo's surroundings: everything that Cloison meets in the field and does not contain. Cloison itself is
// served from the config that the world writes, like any other.
type World struct {
	Dir      string
	Network  *network.Network
	Provider *proconnect.Provider
	tool     *tool.Tool
	Ports    map[string]net.Listener // by address
	URLs     map[string]string       // console, tool, provider, bare
	Server   *app.Server
	App      *app.App
	Log      *slog.Logger
	Now      func() time.Time
}

// Options is what a demo may choose.
type Options struct {
	Dir        string
	Persons    int
	FixedPorts bool // take the documented ports when they are free

	Postgres string // address of a database to use instead of SQLite
}

// The names of the places in World.URLs, and the file of the secret that a person's own site asks for codes with.
const (
	Console, Tool, Provider, Bare, Desk, Operations = "console", "tool", "provider", "bare", "desk", "operations"
	demoClient                                      = "cloison-demo"
	SiteSecret                                      = "site.secret"
)

// fixedPorts are where the demo serves when nobody else does.
func fixedPorts() map[string]string {
	return map[string]string{Console: "8080", Tool: "8081", Provider: "8082", Bare: "8083", Desk: "8084", Operations: "9464"}
}

// New stands up the surroundings and makes Cloison in them, not yet serving.
func New(ctx context.Context, o Options, log *slog.Logger, now func() time.Time) (*World, error) {
	w, config, err := NewSurroundings(o, log, now)
	if err != nil {
		return nil, err
	}
	if w.App, err = app.Open(ctx, config, log, now, true); err != nil {
		return nil, err
	}
	w.Server, err = app.NewServer(ctx, w.App, w.HandOut)
	return w, err
}

// NewSurroundings stands up everything but Cloison, and writes the config for it.
func NewSurroundings(o Options, log *slog.Logger, now func() time.Time) (*World, *config.Config, error) {
	w := &World{Dir: o.Dir, Ports: map[string]net.Listener{}, URLs: map[string]string{}, Log: log, Now: now}
	if err := w.emptyDir(); err != nil {
		return nil, nil, err
	}
	var err error
	if w.Network, err = network.New(scaled(o.Persons, now())); err != nil {
		return nil, nil, err
	}
	addresses, err := w.takePorts(o.FixedPorts)
	if err != nil {
		return nil, nil, err
	}
	if err := w.standUp(); err != nil {
		return nil, nil, err
	}
	if err := w.writeConfig(addresses, o.Postgres); err != nil {
		return nil, nil, err
	}
	config, err := config.Load(filepath.Join(w.Dir, "cloison.yaml"))
	return w, config, err
}

// scaled keeps the proportions of the French network below its size.
func scaled(persons int, asOf time.Time) network.Options {
	const french = 1_600_000
	part := func(n, least int) int { return max(least, int(int64(n)*int64(persons)/french)) }
	if persons >= french {
		return network.Options{Seed: 1, Persons: persons, AsOf: asOf}
	}
	structures := part(440, 4)
	return network.Options{Seed: 1, Persons: persons, Structures: structures, Agents: max(part(13_000, 0), 10*structures+5), AsOf: asOf}
}

// emptyDir makes the directory and refuses one in which there is something.
func (w *World) emptyDir() error {
	if err := os.MkdirAll(w.Dir, 0o700); err != nil {
		return cloison.Errorf(cloison.Invalid, "--dir: %w", err)
	}
	entries, err := os.ReadDir(w.Dir)
	if err != nil {
		return cloison.Errorf(cloison.Invalid, "--dir: %w", err)
	}
	if len(entries) > 0 {
		return cloison.Errorf(cloison.Conflict, "%s is not empty: name another directory, or remove that demo", w.Dir)
	}
	return nil
}

// takePorts opens every port of the demo, so that the config can name them before anything serves.
func (w *World) takePorts(fixed bool) (addresses map[string]string, err error) {
	addresses = map[string]string{}
	for name, port := range fixedPorts() {
		var l net.Listener
		if fixed && !taken("[::1]:"+port) { // browsers look for localhost there too
			l, _ = net.Listen("tcp", "127.0.0.1:"+port) // nil if another program has it
		}
		if l == nil {
			if l, err = net.Listen("tcp", "127.0.0.1:0"); err != nil {
				return nil, cloison.Errorf(cloison.Unavailable, "no free port: %w", err)
			}
		}
		addresses[name] = l.Addr().String()
		w.Ports[addresses[name]] = l
		_, port, _ := net.SplitHostPort(addresses[name])
		w.URLs[name] = "http://localhost:" + port
	}
	return addresses, nil
}

// taken reports whether a program answers at the address.
func taken(address string) bool {
	c, err := net.DialTimeout("tcp", address, time.Second)
	if err == nil {
		c.Close()
	}
	return err == nil
}

// HandOut gives the listener that holds an address.
func (w *World) HandOut(address string) (net.Listener, error) {
	l, ok := w.Ports[address]
	if !ok {
		return nil, cloison.Errorf(cloison.Internal, "%s: not an address of the demo", address)
	}
	return l, nil
}

// standUp makes the provider and the tool.
func (w *World) standUp() (err error) {
	accounts, organizations := proconnect.FromNetwork(w.Network)
	w.Provider, err = proconnect.New(proconnect.Options{
		Issuer: w.URLs[Provider] + "/api/v2", Accounts: accounts, Organizations: organizations, Mailbox: true, Log: w.Log, Now: w.Now,
		Clients: []proconnect.Client{{ID: demoClient, Secret: demoClient + "-secret",
			RedirectURIs:   []string{w.URLs[Console] + "/cloison/callback", w.URLs[Tool] + "/cloison/callback"},
			PostLogoutURIs: []string{w.URLs[Console] + "/", w.URLs[Tool] + "/"}}},
	})
	if err != nil {
		return err
	}
	w.tool = tool.New(w.Network, tool.Options{Log: w.Log, Now: w.Now})
	return nil
}

// writeConfig writes cloison.yaml and the secrets' files: what an operator would have written.
func (w *World) writeConfig(addresses map[string]string, postgres string) error {
	var mapped mapping.Tool
	if err := yaml.Unmarshal(tool.Mapping(), &mapped); err != nil {
		return cloison.Errorf(cloison.Internal, "the tool's mapping: %w", err)
	}
	mapped.Listen, mapped.URL, mapped.Upstream = addresses[Tool], w.URLs[Tool], "http://"+addresses[Bare]
	c := config.Config{
		Console:    config.Console{Listen: addresses[Console], URL: w.URLs[Console]},
		Operations: config.Operations{Listen: addresses[Operations]},
		Store:      config.Store{SQLite: "cloison.db"},
		Ledger:     config.Ledger{Directory: "log", Origin: "cloison.example/demo", KeyFile: "ledger.key"},
		Federation: config.Federation{Issuer: w.URLs[Provider] + "/api/v2", ClientID: demoClient, ClientSecretFile: "client.secret",
			Trust: []config.TrustedProvider{{IdP: network.StrongProvider, Label: "fournisseur d’identité avec clé"}}},
		Passkeys: config.Passkeys{RPID: "localhost", Name: "Cloison (démonstration)"},
		Desk:     config.Desk{Listen: addresses[Desk], CredentialFile: SiteSecret},
		Tools:    []mapping.Tool{mapped},
	}
	if postgres != "" {
		c.Store = config.Store{PostgresURLFile: "postgres.url"}
		if err := durable.CreateSecret(filepath.Join(w.Dir, "postgres.url"), []byte(postgres+"\n")); err != nil {
			return err
		}
	}
	if err := durable.CreateSecret(filepath.Join(w.Dir, "client.secret"), []byte(demoClient+"-secret\n")); err != nil {
		return err
	}
	if err := durable.CreateSecret(filepath.Join(w.Dir, SiteSecret), []byte(rand.Text()+rand.Text()+"\n")); err != nil {
		return err
	}
	b, err := yaml.Marshal(c)
	if err != nil {
		return err
	}
	return durable.WriteFile(filepath.Join(w.Dir, "cloison.yaml"), b, 0o600)
}

// Load imports the network as an operator would: structures, accounts, caseloads, by the same import as the command.
func (w *World) Load(ctx context.Context, progress func(what string, lines int)) error {
	feed, err := w.Network.Feed(network.CSV)
	if err != nil {
		return err
	}
	for _, part := range []struct {
		kind  imports.Kind
		write func(io.Writer) error
	}{{imports.StructuresFile, feed.WriteStructures}, {imports.AccountsFile, feed.WriteAccounts}, {imports.CaseloadFile, feed.WriteCaseload}} {
		in, out := io.Pipe()
		go func() { out.CloseWithError(part.write(out)) }()
		summary, err := w.App.Imports.Import(ctx, part.kind, in, imports.CSV, imports.Options{})
		in.CloseWithError(err)
		if err != nil {
			return fmt.Errorf("importing %s: %w", part.kind, err)
		}
		if summary.Refused > 0 {
			return cloison.Errorf(cloison.Internal, "%d lines of the demo's own %s were refused", summary.Refused, part.kind)
		}
		progress(string(part.kind), summary.Stored)
	}
	return nil
}

// Run serves the world and Cloison in it until ctx ends.
func (w *World) Run(ctx context.Context) error {
	group, ctx := errgroup.WithContext(ctx)
	group.Go(func() error { return w.RunSurroundings(ctx) })
	group.Go(func() error { return w.Server.Run(ctx) })
	return group.Wait()
}

// RunSurroundings serves the provider and the bare tool, and imports the tool's feed.
func (w *World) RunSurroundings(ctx context.Context) error {
	group, ctx := errgroup.WithContext(ctx)
	for name, handler := range map[string]http.Handler{Provider: w.Provider, Bare: w.tool} {
		l := w.Ports["127.0.0.1:"+w.URLs[name][strings.LastIndex(w.URLs[name], ":")+1:]]
		group.Go(func() error { return app.Serve(ctx, l, handler, w.Log) })
	}
	group.Go(func() error { return w.feed(ctx) })
	return group.Wait()
}

// feed is the operator's nightly import of the tool's transfers, hurried: every second.
func (w *World) feed(ctx context.Context) error {
	tick := time.NewTicker(time.Second)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
		}
		if err := w.feedOnce(ctx); err != nil && !errors.Is(err, context.Canceled) {
			w.Log.WarnContext(ctx, "the tool's feed was not imported", "err", err)
		}
	}
}

func (w *World) feedOnce(ctx context.Context) error {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, w.URLs[Bare]+"/api/flux/portefeuilles.jsonl", nil)
	if err != nil {
		return err
	}
	answer, err := http.DefaultClient.Do(request)
	if err != nil {
		return err
	}
	defer answer.Body.Close()
	_, err = w.App.Imports.Import(ctx, imports.CaseloadFile, answer.Body, imports.JSONL, imports.Options{})
	return err
}

// Attest is the operator's training platform: it attests the awareness course to everybody who followed it, thieves
// included.
func (w *World) Attest(ctx context.Context, subject string) error {
	line, err := json.Marshal(map[string]string{"idp": network.IdentiteProvider, "sub": subject, "course": string(directory.Awareness),
		"completed_at": w.Now().UTC().Format(time.RFC3339)})
	if err != nil {
		return err
	}
	summary, err := w.App.Imports.Import(ctx, imports.TrainingFile, bytes.NewReader(line), imports.JSONL, imports.Options{})
	if err == nil && summary.Stored != 1 {
		err = cloison.Errorf(cloison.NotFound, "nobody has that subject")
	}
	return err
}

// Close ends what Run does not.
func (w *World) Close() error {
	for _, l := range w.Ports {
		l.Close()
	}
	if w.App == nil {
		return nil
	}
	return w.App.Close()
}
