package app

import (
	"context"
	"errors"
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
