package app

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
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
	"cloison/ledger/register"
	"cloison/ledger/retention"
	"cloison/ledger/seal"
	"cloison/wall/disclose"
	"cloison/wall/gateway"
	"cloison/wall/mapping"
)

// Server is every stage of one replica, ready to run. The fields are in the order of the two flows.
type Server struct {
	*App
	listen    Listen
	Signin    *signin.Signin
	discloser *disclose.Discloser
	sealer    *seal.Sealer
	keeper    *retention.Keeper
	register  *register.Register
	lifecycle *lifecycle.Lifecycle
	watch     *watch.Watch
	container *contain.Container
	letters   *letters.Letters
	desk      *explanation.Grants
	console   *console.Console
	fronts    []front
	alarmed   chan struct{} // wakes the watch
	metrics   *prometheus.Registry
}

// NewServer makes every stage from the config. Nothing listens or runs before Run.
func NewServer(ctx context.Context, a *App, listen Listen) (*Server, error) {
	s := &Server{App: a, listen: listen, alarmed: make(chan struct{}, 1), metrics: prometheus.NewRegistry()}
	key, err := a.ledgerKey()
	if err != nil {
		return nil, err
	}
	if err := s.makeDisclosure(key); err != nil {
		return nil, err
	}
	s.lifecycle = a.newLifecycle()
	s.container = a.Container()
	s.watch = watch.New(a.Store, s.container, a.Store, watch.Settings{Manual: a.Config.Policy.ManualContainment}, a.Log, a.Now)
	if s.Signin, err = a.newSignin(); err != nil {
		return nil, err
	}
	if s.letters, err = a.newLetters(); err != nil {
		return nil, err
	}
	var codes explanation.Codes
	if s.desk, codes, err = a.newDesk(s.discloser); err != nil {
		return nil, err
	}
	public, err := key.Verifier()
	if err != nil {
		return nil, err
	}
	s.register = register.New(a.Store, a.Directory, register.Log{Dir: a.Config.Path(a.Config.Ledger.Directory), Key: public}, a.Log, a.Now)
	if s.console, err = s.newConsole(); err != nil {
		return nil, err
	}
	s.addFront("console", a.Config.Console.Listen, withSignIn(s.console.Doors(), s.console.Pages()))
	s.addFront("operations", a.Config.Operations.Listen, s.operations())
	if err := s.addTools(); err != nil {
		return nil, err
	}
	if err := s.addMachines(ctx, codes); err != nil {
		return nil, err
	}
	s.registerMetrics()
	return s, nil
}

// addFront adds an address; without a handler the config leaves it closed.
func (s *Server) addFront(name, address string, handler http.Handler) {
	if handler != nil {
		s.fronts = append(s.fronts, front{name, address, handler})
	}
}

// addTools adds a gateway for each tool.
func (s *Server) addTools() error {
	signer, err := s.assertionSigner()
	if err != nil {
		return err
	}
	for _, t := range s.Config.Tools {
		compiled, err := mapping.Compile(t)
		if err != nil {
			return err
		}
		s.addFront("tool "+t.Name, t.Listen, withSignIn(s.console.Doors(), gateway.New(gateway.Config{Tool: compiled,
			Sessions: sessionAdapter{s.Signin}, Discloser: s.discloser, Signer: signer, Metrics: s.metrics, Log: s.Log, Now: s.Now, Zone: s.Zone,
			Public: t.URL})))
	}
	return nil
}

// addMachines adds the addresses at which no browser asks: codes for persons, and the machines that know agents.
func (s *Server) addMachines(ctx context.Context, codes explanation.Codes) error {
	endpoint, err := s.newCodeEndpoint(codes)
	if err != nil {
		return err
	}
	s.addFront("desk", s.Config.Desk.Listen, endpoint)
	intake, err := s.newIntake(ctx)
	if err != nil {
		return err
	}
	s.addFront("intake", s.Config.Intake.Listen, intake)
	return nil
}

// makeDisclosure makes the first flow: rows, and the seal that follows them. Each commit wakes the followers.
func (s *Server) makeDisclosure(key seal.Key) (err error) {
	s.sealer, err = seal.New(s.Store, seal.Config{Dir: s.Config.Path(s.Config.Ledger.Directory), Key: key,
		Holder: holder()}, s.Log, s.Now)
	if err != nil {
		return err
	}
	s.keeper = s.Keeper(key)
	s.discloser, err = disclose.New(disclose.Options{Store: s.Store, Directory: s.Directory, Explanations: s.Explanations, Settings: s.Config.PolicySettings(),
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

// holder names this process in leases: the machine, and a number of its own.
func holder() string {
	host, _ := os.Hostname()
	return host + ":" + cloison.NewSessionID().String()
}

// Run listens, and runs the stages in the order of the flows until ctx ends or one of them fails. Then the addresses close
// first.
func (s *Server) Run(ctx context.Context) error {
	var listeners []net.Listener
	for _, f := range s.fronts {
		l, err := s.listen(f.address)
		if err != nil {
			for _, open := range listeners {
				open.Close()
			}
			return fmt.Errorf("%s: %w", f.name, err)
		}
		listeners = append(listeners, l)
	}
	group, ctx := errgroup.WithContext(ctx)
	run := func(name string, stage func(context.Context) error) {
		group.Go(func() error {
			if err := stage(ctx); err != nil && !errors.Is(err, context.Canceled) {
				s.Log.ErrorContext(ctx, "stage stopped", "stage", name, "err", err)
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
	run("lifecycle", s.lifecycle.Run)
	run("watch", func(ctx context.Context) error { return s.watch.Run(ctx, s.alarmed) })
	run("letters", s.letters.Run)
	run("register", s.register.Run)
	for i, f := range s.fronts {
		run(f.name, func(ctx context.Context) error { return Serve(ctx, listeners[i], f.handler, s.Log) })
	}
	return group.Wait()
}

// maintain lets the store prepare the months to come, at the start and every few hours.
func (s *Server) maintain(ctx context.Context) error {
	tick := time.NewTicker(6 * time.Hour)
	defer tick.Stop()
	for {
		if err := s.Store.Maintain(ctx, s.Now()); err != nil && ctx.Err() == nil {
			s.Log.WarnContext(ctx, "preparing the store for the months to come failed, commits will do it", "err", err)
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-tick.C:
		}
	}
}
