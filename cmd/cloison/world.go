package main

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
	"cloison/internal/drill"
	"cloison/internal/durable"
	"cloison/internal/fakes/proconnect"
	"cloison/internal/fakes/softkey"
	"cloison/internal/fakes/tool"
	"cloison/wall/mapping"
)

// world is the demo's surroundings: everything that Cloison meets in the field and does not contain. Cloison itself is
// served from the config that the world writes, like any other.
type world struct {
	dir      string
	network  *network.Network
	provider *proconnect.Provider
	tool     *tool.Tool
	ports    map[string]net.Listener // by address
	urls     map[string]string       // console, tool, provider, bare
	server   *app.Server
	house    *app.App
	log      *slog.Logger
	now      func() time.Time
}

// worldOptions is what a demo may choose.
type worldOptions struct {
	dir     string
	persons int
	fixed   bool // take the documented ports when they are free

	postgres string // address of a database to use instead of SQLite
}

const (
	consoleName, toolName, providerName, bareName, deskName, operationsName = "console", "tool", "provider", "bare", "desk", "operations"
	demoClient                                                              = "cloison-demo"
	siteSecret                                                              = "site.secret" // what the person's own site asks for codes with
)

// fixedPorts are where the demo serves when nobody else does.
func fixedPorts() map[string]string {
	return map[string]string{consoleName: "8080", toolName: "8081", providerName: "8082", bareName: "8083", deskName: "8084", operationsName: "9464"}
}

// newWorld stands up the surroundings and makes Cloison in them, not yet serving.
func newWorld(ctx context.Context, o worldOptions, log *slog.Logger, now func() time.Time) (*world, error) {
	w, config, err := newSurroundings(o, log, now)
	if err != nil {
		return nil, err
	}
	if w.house, err = app.Open(ctx, config, log, now, true); err != nil {
		return nil, err
	}
	w.server, err = app.NewServer(ctx, w.house, w.handOut)
	return w, err
}

// newSurroundings stands up everything but Cloison, and writes the config for it.
func newSurroundings(o worldOptions, log *slog.Logger, now func() time.Time) (*world, *config.Config, error) {
	w := &world{dir: o.dir, ports: map[string]net.Listener{}, urls: map[string]string{}, log: log, now: now}
	if err := w.emptyDir(); err != nil {
		return nil, nil, err
	}
	var err error
	if w.network, err = network.New(scaled(o.persons, now())); err != nil {
		return nil, nil, err
	}
	addresses, err := w.takePorts(o.fixed)
	if err != nil {
		return nil, nil, err
	}
	if err := w.standUp(); err != nil {
		return nil, nil, err
	}
	if err := w.writeConfig(addresses, o.postgres); err != nil {
		return nil, nil, err
	}
	config, err := config.Load(filepath.Join(w.dir, "cloison.yaml"))
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
func (w *world) emptyDir() error {
	if err := os.MkdirAll(w.dir, 0o700); err != nil {
		return cloison.Errorf(cloison.Invalid, "--dir: %w", err)
	}
	entries, err := os.ReadDir(w.dir)
	if err != nil {
		return cloison.Errorf(cloison.Invalid, "--dir: %w", err)
	}
	if len(entries) > 0 {
		return cloison.Errorf(cloison.Conflict, "%s is not empty: name another directory, or remove that demo", w.dir)
	}
	return nil
}

// takePorts opens every port of the demo, so that the config can name them before anything serves.
func (w *world) takePorts(fixed bool) (addresses map[string]string, err error) {
	addresses = map[string]string{}
	for name, port := range fixedPorts() {
		var l net.Listener
		if fixed {
			l, _ = net.Listen("tcp", "127.0.0.1:"+port) // somebody else's: take another
		}
		if l == nil {
			if l, err = net.Listen("tcp", "127.0.0.1:0"); err != nil {
				return nil, cloison.Errorf(cloison.Unavailable, "no free port: %w", err)
			}
		}
		addresses[name] = l.Addr().String()
		w.ports[addresses[name]] = l
		_, port, _ := net.SplitHostPort(addresses[name])
		w.urls[name] = "http://localhost:" + port
	}
	return addresses, nil
}

// handOut gives a held port to whoever serves that address.
func (w *world) handOut(address string) (net.Listener, error) {
	l, ok := w.ports[address]
	if !ok {
		return nil, cloison.Errorf(cloison.Internal, "nobody holds %s", address)
	}
	return l, nil
}

// standUp makes the provider and the tool.
func (w *world) standUp() (err error) {
	accounts, organizations := proconnect.FromNetwork(w.network)
	w.provider, err = proconnect.New(proconnect.Options{
		Issuer: w.urls[providerName] + "/api/v2", Accounts: accounts, Organizations: organizations, Mailbox: true, Log: w.log, Now: w.now,
		Clients: []proconnect.Client{{ID: demoClient, Secret: demoClient + "-secret",
			RedirectURIs:   []string{w.urls[consoleName] + "/cloison/callback", w.urls[toolName] + "/cloison/callback"},
			PostLogoutURIs: []string{w.urls[consoleName] + "/", w.urls[toolName] + "/"}}},
	})
	if err != nil {
		return err
	}
	w.tool = tool.New(w.network, tool.Options{Log: w.log, Now: w.now})
	return nil
}

// writeConfig writes cloison.yaml and the secrets' files: what an operator would have written.
func (w *world) writeConfig(addresses map[string]string, postgres string) error {
	var mapped mapping.Tool
	if err := yaml.Unmarshal(tool.Mapping(), &mapped); err != nil {
		return cloison.Errorf(cloison.Internal, "the tool's mapping: %w", err)
	}
	mapped.Listen, mapped.URL, mapped.Upstream = addresses[toolName], w.urls[toolName], "http://"+addresses[bareName]
	c := config.Config{
		Console:    config.Console{Listen: addresses[consoleName], URL: w.urls[consoleName]},
		Operations: config.Operations{Listen: addresses[operationsName]},
		Store:      config.Store{SQLite: "cloison.db"},
		Ledger:     config.Ledger{Directory: "log", Origin: "cloison.example/demo", KeyFile: "ledger.key"},
		Federation: config.Federation{Issuer: w.urls[providerName] + "/api/v2", ClientID: demoClient, ClientSecretFile: "client.secret",
			Trust: []config.TrustedProvider{{IdP: network.StrongProvider, Label: "fournisseur d’identité avec clé"}}},
		Passkeys: config.Passkeys{RPID: "localhost", Name: "Cloison (démonstration)"},
		Desk:     config.Desk{Listen: addresses[deskName], CredentialFile: siteSecret},
		Tools:    []mapping.Tool{mapped},
	}
	if postgres != "" {
		c.Store = config.Store{PostgresURLFile: "postgres.url"}
		if err := durable.CreateSecret(filepath.Join(w.dir, "postgres.url"), []byte(postgres+"\n")); err != nil {
			return err
		}
	}
	if err := durable.CreateSecret(filepath.Join(w.dir, "client.secret"), []byte(demoClient+"-secret\n")); err != nil {
		return err
	}
	if err := durable.CreateSecret(filepath.Join(w.dir, siteSecret), []byte(rand.Text()+rand.Text()+"\n")); err != nil {
		return err
	}
	b, err := yaml.Marshal(c)
	if err != nil {
		return err
	}
	return durable.WriteFile(filepath.Join(w.dir, "cloison.yaml"), b, 0o600)
}

// load imports the network as an operator would: structures, accounts, caseloads, by the same import as the command.
func (w *world) load(ctx context.Context, progress func(what string, lines int)) error {
	feed, err := w.network.Feed(network.CSV)
	if err != nil {
		return err
	}
	for _, part := range []struct {
		kind  imports.Kind
		write func(io.Writer) error
	}{{imports.StructuresFile, feed.WriteStructures}, {imports.AccountsFile, feed.WriteAccounts}, {imports.CaseloadFile, feed.WriteCaseload}} {
		in, out := io.Pipe()
		go func() { out.CloseWithError(part.write(out)) }()
		summary, err := w.house.Imports.Import(ctx, part.kind, in, imports.CSV, imports.Options{})
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

// run serves the world and Cloison in it until ctx ends.
func (w *world) run(ctx context.Context) error {
	group, ctx := errgroup.WithContext(ctx)
	group.Go(func() error { return w.runSurroundings(ctx) })
	group.Go(func() error { return w.server.Run(ctx) })
	return group.Wait()
}

// runSurroundings serves the provider and the bare tool, and imports the tool's feed.
func (w *world) runSurroundings(ctx context.Context) error {
	group, ctx := errgroup.WithContext(ctx)
	for name, handler := range map[string]http.Handler{providerName: w.provider, bareName: w.tool} {
		l := w.ports["127.0.0.1:"+w.urls[name][strings.LastIndex(w.urls[name], ":")+1:]]
		group.Go(func() error { return app.Serve(ctx, l, handler, w.log) })
	}
	group.Go(func() error { return w.feed(ctx) })
	return group.Wait()
}

// feed is the operator's nightly import of the tool's transfers, hurried: every second.
func (w *world) feed(ctx context.Context) error {
	tick := time.NewTicker(time.Second)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
		}
		if err := w.feedOnce(ctx); err != nil && !errors.Is(err, context.Canceled) {
			w.log.WarnContext(ctx, "the tool's feed was not imported", "err", err)
		}
	}
}

func (w *world) feedOnce(ctx context.Context) error {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, w.urls[bareName]+"/api/flux/portefeuilles.jsonl", nil)
	if err != nil {
		return err
	}
	answer, err := http.DefaultClient.Do(request)
	if err != nil {
		return err
	}
	defer answer.Body.Close()
	_, err = w.house.Imports.Import(ctx, imports.CaseloadFile, answer.Body, imports.JSONL, imports.Options{})
	return err
}

// attest is the operator's training platform: it attests the awareness course to whoever has followed it, thieves
// included.
func (w *world) attest(ctx context.Context, subject string) error {
	line, err := json.Marshal(map[string]string{"idp": network.IdentiteProvider, "sub": subject, "course": string(directory.Awareness),
		"completed_at": w.now().UTC().Format(time.RFC3339)})
	if err != nil {
		return err
	}
	summary, err := w.house.Imports.Import(ctx, imports.TrainingFile, bytes.NewReader(line), imports.JSONL, imports.Options{})
	if err == nil && summary.Stored != 1 {
		err = cloison.Errorf(cloison.NotFound, "nobody has that subject")
	}
	return err
}

// close ends what run does not.
func (w *world) close() error {
	for _, l := range w.ports {
		l.Close()
	}
	if w.house == nil {
		return nil
	}
	return w.house.Close()
}

// person is one of the demo's people: who they are at the provider, and the account.
type person struct {
	role    string
	agent   network.Agent
	account directory.Account
	key     *softkey.Key
}

// cast picks the people of the drill and of the visit from two structures and the network's own body. A structure whose
// agents sign in with a code by e-mail is chosen: that is where December came in.
func (w *world) cast(ctx context.Context, structure int, roles ...network.Role) (map[network.Role]person, error) {
	people := map[network.Role]person{}
	for _, role := range roles {
		at := structure
		if role == network.Approver || role == network.Officer {
			at = w.network.Structures()
		}
		a, ok := w.network.AgentWith(at, role)
		if !ok {
			return nil, cloison.Errorf(cloison.Internal, "nobody is %s in structure %d", role, at)
		}
		account, err := w.house.Directory.AccountOf(ctx, directory.Binding{IdP: a.IdP, Sub: a.Sub})
		if err != nil {
			return nil, err
		}
		people[role] = person{role: string(role), agent: a, account: account}
	}
	return people, nil
}

// mailStructure returns the nth structure whose manager signs in by password and e-mail code.
func (w *world) mailStructure(nth int) int {
	for i := range w.network.Structures() {
		if a, ok := w.network.AgentWith(i, network.Manager); ok && a.Key == "" {
			if nth--; nth < 0 {
				return i
			}
		}
	}
	return 0
}

// actor is the person as a drill knows it.
func (w *world) actor(p person) drill.Actor {
	return drill.Actor{Email: p.agent.Email, Password: cloison.Secret(p.agent.Password), Key: p.key, Mailbox: w.mailbox(p.agent)}
}

// mailbox reads what the provider sent; for a provider with a factor of its own it is what that factor answers.
func (w *world) mailbox(a network.Agent) func(context.Context) (string, error) {
	return func(context.Context) (string, error) {
		if a.Key != "" {
			return a.Key, nil
		}
		return w.code(a.Email)
	}
}

func (w *world) code(email string) (string, error) {
	code, ok := w.provider.CodeFor(email)
	if !ok {
		return "", cloison.Errorf(cloison.NotFound, "no code was sent")
	}
	return code, nil
}
