package app

import (
	"context"
	"log/slog"
	"strings"
	"time"

	"cloison"
	"cloison/access/directory"
	"cloison/access/training"
	"cloison/incident/contain"
	"cloison/internal/config"
	"cloison/ledger/retention"
	"cloison/ledger/seal"
	"cloison/wall/disclose"
)

// house is what every verb with a store works in: config, store, directory.
type App struct {
	Config    *config.Config
	Store     appStore
	Directory *directory.Directory
	Log       *slog.Logger
	Now       func() time.Time
	Uptime    func() time.Duration // what now is held against; nil: nothing
	Zone      *time.Location
}

// newHouse opens the store that the config names; migrate brings its schema up to date first.
func Open(ctx context.Context, c *config.Config, log *slog.Logger, now func() time.Time, migrate bool) (*App, error) {
	zone, err := time.LoadLocation(c.Timezone)
	if err != nil {
		return nil, cloison.Errorf(cloison.Invalid, "timezone: %w", err)
	}
	s, err := OpenStore(ctx, c, migrate)
	if err != nil {
		return nil, err
	}
	return &App{Config: c, Store: s, Log: log, Now: now, Zone: zone, Directory: directory.New(s, c.DirectorySettings(), log, now)}, nil
}

// Close closes the store.
func (h *App) Close() error { return h.Store.Close() }

func (h *App) Container() *contain.Container {
	return contain.New(h.Store, h.Store, contain.Settings{}, h.Log, h.Now)
}

// newKeeper makes the stage that lets rows go at the end of their retention.
func (h *App) Keeper(key seal.Key) *retention.Keeper {
	return retention.New(h.Store, h.Config.Path(h.Config.Ledger.Directory), key, retention.Settings{Months: h.Config.Ledger.RetentionMonths}, h.Log, h.Now)
}

// legalHolds makes the stage that keeps rows beyond their retention.
func (h *App) LegalHolds() *retention.LegalHolds {
	return retention.NewLegalHolds(h.Store, h.Directory, h.Now)
}

// training makes the courses.
func (h *App) Training() (*training.Training, error) {
	return training.New(h.Store, h.Directory, training.Settings{PassMark: h.Config.Policy.TrainingPassMark,
		PerDay: h.Config.Policy.TrainingPerDay}, h.Log, h.Now)
}

// account finds the account that an operator names: by its id, or by its binding as IDP/SUB.
func (h *App) Account(ctx context.Context, named string) (directory.Account, error) {
	if idp, sub, ok := strings.Cut(named, "/"); ok {
		return h.Directory.AccountOf(ctx, directory.Binding{IdP: idp, Sub: sub})
	}
	id, err := cloison.ParseAccountID(named)
	if err != nil {
		return directory.Account{}, cloison.Errorf(cloison.Invalid, "%q names no account: write its id, as in a0h3m9k2x7qre, or IDP/SUB", named)
	}
	return h.Store.Account(ctx, id)
}

func (h *App) Gauge() disclose.Gauge {
	return disclose.Gauge{Store: h.Store, Accounts: h.Store, Bound: h.Config.PolicySettings().Bound, Zone: h.Zone, Now: h.Now}
}
