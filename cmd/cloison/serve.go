package main

import (
	"context"
	"errors"
	"log/slog"
	"net"
	"net/http"
	"net/url"
	"os"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"golang.org/x/sync/errgroup"

	"cloison"
	"cloison/access/explanation"
	"cloison/access/letters"
	"cloison/access/lifecycle"
	"cloison/access/signin"
	"cloison/console"
	"cloison/incident/contain"
	"cloison/incident/watch"
	"cloison/ledger/retention"
	"cloison/ledger/seal"
	"cloison/wall/disclose"
	"cloison/wall/gateway"
	"cloison/wall/mapping"
)

type serveCommand struct {
	LogLevel slog.Level `default:"info" help:"debug, info, warn or error."`
}

// Run serves until it is interrupted.
func (c *serveCommand) Run(e *env) error {
	config, err := Load(e.configPath)
	if err != nil {
		return err
	}
	h, err := Open(e.ctx, config, NewLogger(e.Stderr, c.LogLevel), e.Now, false)
	if err != nil {
		return err
	}
	defer h.Close()
	began := time.Now()
	h.Uptime = func() time.Duration { return time.Since(began) } // by the monotonic clock
	s, err := NewServer(e.ctx, h, ListenTCP)
	if err != nil {
		return err
	}
	return s.Run(e.ctx)
}

// listener opens the address of a config; the demo and the tests hand out ports that they hold already.
type Listen func(address string) (net.Listener, error)

func ListenTCP(address string) (net.Listener, error) {
	l, err := net.Listen("tcp", address)
	if err != nil {
		return nil, cloison.Errorf(cloison.Unavailable, "listen: %w", err)
	}
	return l, nil
}

// server is every stage of one replica, ready to run. The fields are in the order of the two flows.
type Server struct {
	*App
	listen    Listen
	Signin    *signin.Signin
	discloser *disclose.Discloser
	sealer    *seal.Sealer
	keeper    *retention.Keeper
	tenure    *lifecycle.Tenure
	watch     *watch.Watch
	container *contain.Container
	courier   *letters.Courier
	desk      *explanation.Desk
	console   *console.Console
	fronts    []front
	alarmed   chan struct{} // wakes the watch
	metrics   *prometheus.Registry
}

// front is one address and what answers there.
type front struct {
	name    string
	address string
	handler http.Handler
}

// newServer wires the stages. It is the one place where they meet.
func NewServer(ctx context.Context, h *App, listen Listen) (*Server, error) {
	s := &Server{App: h, listen: listen, alarmed: make(chan struct{}, 1), metrics: prometheus.NewRegistry()}
	key, err := h.ledgerKey()
	if err != nil {
		return nil, err
	}
	if err := s.wireDisclosure(key); err != nil {
		return nil, err
	}
	s.tenure = h.newTenure()
	s.container = h.Container()
	s.watch = watch.New(h.Store, s.container, h.Store, watch.Settings{Manual: h.Config.Policy.ManualContainment}, h.Log, h.Now)
	if s.Signin, err = h.newSignin(); err != nil {
		return nil, err
	}
	if s.courier, err = h.newCourier(); err != nil {
		return nil, err
	}
	var codes explanation.Codes
	if s.desk, codes, err = h.newDesk(s.discloser); err != nil {
		return nil, err
	}
	if s.console, err = s.newConsole(key); err != nil {
		return nil, err
	}
	doors := s.console.Doors()
	s.fronts = append(s.fronts,
		front{"console", h.Config.Console.Listen, withDoors(doors, s.console.Pages())},
		front{"operations", h.Config.Operations.Listen, s.operations()})
	signer, err := h.assertionSigner()
	if err != nil {
		return nil, err
	}
	for _, t := range h.Config.Tools {
		mapping, err := mapping.Compile(t)
		if err != nil {
			return nil, err
		}
		g := gateway.New(gateway.Config{Tool: mapping, Sessions: sessionAdapter{s.Signin}, Discloser: s.discloser, Signer: signer,
			Metrics: s.metrics, Log: h.Log, Now: h.Now, Zone: h.Zone, Public: t.URL})
		s.fronts = append(s.fronts, front{"tool " + t.Name, t.Listen, withDoors(doors, g)})
	}
	handed, err := h.newHanding(codes)
	if err != nil {
		return nil, err
	}
	if handed != nil {
		s.fronts = append(s.fronts, front{"desk", h.Config.Desk.Listen, handed})
	}
	told, err := h.newIntake(ctx)
	if err != nil {
		return nil, err
	}
	if told != nil {
		s.fronts = append(s.fronts, front{"intake", h.Config.Intake.Listen, told})
	}
	s.registerMetrics()
	return s, nil
}

// wireDisclosure makes the first flow: rows, and the seal that follows them. Each commit wakes the followers.
func (s *Server) wireDisclosure(key seal.Key) (err error) {
	s.sealer, err = seal.New(s.Store, seal.Config{Dir: s.Config.Path(s.Config.Ledger.Directory), Key: key,
		Holder: holder()}, s.Log, s.Now)
	if err != nil {
		return err
	}
	s.keeper = s.Keeper(key)
	s.discloser, err = disclose.New(disclose.Options{Store: s.Store, Directory: s.Directory, Settings: s.Config.PolicySettings(),
		Zone: s.Zone, Log: s.Log, Now: s.Now, Uptime: s.Uptime, ClockGain: s.Config.Ledger.ClockGain, DormantAfter: s.Config.DormantAfter(), Committed: func(alarms int) {
			s.sealer.Wake()
			if alarms > 0 {
				select {
				case s.alarmed <- struct{}{}:
				default: // it will look anyway
				}
			}
		}})
	return err
}

// holder is a name for leases: this machine's, and a number that makes it this process's.
func holder() string {
	host, _ := os.Hostname()
	return host + ":" + cloison.NewSessionID().String()
}

// newConsole makes the pages; the log's public key is all that they need of the key.
func (s *Server) newConsole(key seal.Key) (*console.Console, error) {
	public, err := key.Verifier()
	if err != nil {
		return nil, err
	}
	courses, err := s.Training()
	if err != nil {
		return nil, err
	}
	c := console.Config{Store: s.Store, Signin: s.Signin, Directory: s.Directory, Container: s.container, Tenure: s.tenure, Courier: s.courier, Desk: s.desk, Keeper: s.keeper, Holds: s.LegalHolds(),
		Training: courses, Gauge: s.Gauge(),
		LogDir: s.Config.Path(s.Config.Ledger.Directory), LogKey: public, URL: s.Config.Console.URL, Log: s.Log, Now: s.Now}
	c.Operator = s.Config.Console.Operator
	if c.Theme, err = s.Config.Theme(); err != nil {
		return nil, err
	}
	if c.Settings, err = s.Config.Settings(); err != nil {
		return nil, err
	}
	for _, t := range s.Config.Tools {
		c.Tools = append(c.Tools, console.Tool{Name: t.Name, URL: t.URL})
	}
	return console.New(c)
}

func (h *App) newSignin() (*signin.Signin, error) {
	f := h.Config.Federation
	secret, err := h.Config.Secret(f.ClientSecretFile)
	if err != nil {
		return nil, err
	}
	settings := signin.Settings{
		Issuer: f.Issuer, ClientID: f.ClientID, ClientSecret: secret, WithoutPKCE: f.WithoutPKCE,
		RPID: h.Config.Passkeys.RPID, RPName: h.Config.Passkeys.Name, Absolute: h.Config.Sessions.Absolute, Idle: h.Config.Sessions.Idle,
		Dormancy: h.Config.DormantAfter(), Presence: int32(h.Config.PolicySettings().Bound.Caps.PresencePersons),
	}
	settings.AAGUIDs = h.Config.Passkeys.AllowAAGUIDs
	if settings.AttestationRoots, err = h.Config.AttestationRoots(); err != nil {
		return nil, err
	}
	if settings.StateKey, err = h.stateKey(); err != nil {
		return nil, err
	}
	if settings.ClientAddr, err = h.Config.ClientAddr(); err != nil {
		return nil, err
	}
	for _, idp := range f.Trust {
		settings.Trusted = append(settings.Trusted, idp.IdP)
	}
	for _, public := range h.Config.PublicURLs() {
		u, err := url.Parse(public)
		if err != nil {
			return nil, cloison.Errorf(cloison.Invalid, "url: %w", err)
		}
		settings.Origins = append(settings.Origins, u.Scheme+"://"+u.Host)
	}
	return signin.New(h.Store, h.Store, settings, h.Log, h.Now)
}

// publicURLs are all places where browsers meet Cloison.
func (c *Config) PublicURLs() []string {
	urls := []string{c.Console.URL}
	for _, t := range c.Tools {
		urls = append(urls, t.URL)
	}
	return urls
}

// withDoors mounts sign-in and passkeys on every origin, before whatever else answers there.
func withDoors(doors, rest http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if len(r.URL.Path) >= len(signin.Prefix) && r.URL.Path[:len(signin.Prefix)] == signin.Prefix && r.URL.Path != gateway.JWKSPath {
			doors.ServeHTTP(w, r)
			return
		}
		rest.ServeHTTP(w, r)
	})
}

// Run runs the stages in the order of the flows until ctx ends or one of them fails, and then closes the doors first.
func (s *Server) Run(ctx context.Context) error {
	group, ctx := errgroup.WithContext(ctx)
	run := func(name string, stage func(context.Context) error) {
		group.Go(func() error {
			if err := stage(ctx); err != nil && !errors.Is(err, context.Canceled) {
				s.Log.ErrorContext(ctx, "a stage has stopped", "stage", name, "err", err)
				return err
			}
			return nil
		})
	}
	run("signin", s.Signin.Run)
	run("disclose", s.discloser.Run)
	run("seal", s.sealer.Run)
	run("retention", s.keeper.Run)
	run("maintain", s.maintain)
	run("tenure", s.tenure.Run)
	run("watch", func(ctx context.Context) error { return s.watch.Run(ctx, s.alarmed) })
	run("courier", s.courier.Run)
	run("console", s.console.Run)
	for _, f := range s.fronts {
		l, err := s.listen(f.address)
		if err != nil {
			return err
		}
		run(f.name, func(ctx context.Context) error { return ServeFront(ctx, l, f.handler, s.Log) })
	}
	return group.Wait()
}

// maintain lets the store make room ahead of time, at the start and every few hours: months to come are made before
// they begin.
func (s *Server) maintain(ctx context.Context) error {
	tick := time.NewTicker(6 * time.Hour)
	defer tick.Stop()
	for {
		if err := s.Store.Maintain(ctx, s.Now()); err != nil && ctx.Err() == nil {
			s.Log.WarnContext(ctx, "the store could not be prepared for the months to come: commits will do it", "err", err)
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-tick.C:
		}
	}
}

// cutOff is what the log says of a stop that did not wait any longer.
const CutOff = "requests that were still under way were cut off"

// serveFront serves one address until ctx ends, then lets requests under way finish for a moment.
func ServeFront(ctx context.Context, l net.Listener, handler http.Handler, log *slog.Logger) error {
	server := &http.Server{
		Handler: handler, ReadHeaderTimeout: 10 * time.Second, ReadTimeout: time.Minute, IdleTimeout: 2 * time.Minute, MaxHeaderBytes: 32 << 10,
		ErrorLog: slog.NewLogLogger(log.Handler(), slog.LevelDebug),
	}
	over := make(chan struct{})
	notBegun := context.AfterFunc(ctx, func() {
		defer close(over)
		grace, cancel := context.WithTimeout(context.WithoutCancel(ctx), 5*time.Second)
		defer cancel()
		if server.Shutdown(grace) != nil {
			log.WarnContext(ctx, CutOff)
			server.Close()
		}
	})
	err := server.Serve(l)
	if !notBegun() {
		<-over // Serve returns when Shutdown begins
	}
	if !errors.Is(err, http.ErrServerClosed) {
		return err
	}
	return nil
}
