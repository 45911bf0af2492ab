package app

import (
	"context"
	"log/slog"
	"slices"
	"strings"
	"time"

	"cloison"
	"cloison/access/approval"
	"cloison/access/directory"
	"cloison/access/explanation"
	"cloison/access/imports"
	"cloison/access/training"
	"cloison/incident/contain"
	"cloison/internal/config"
	"cloison/ledger/retention"
	"cloison/ledger/seal"
	"cloison/wall/disclose"
)

// App is what every command with a store works in.
type App struct {
	Config       *config.Config
	Store        Store
	Directory    *directory.Directory
	Approvals    *approval.Approvals
	Explanations *explanation.Explanations
	Imports      *imports.Importer
	Log          *slog.Logger
	Now          func() time.Time
	Uptime       func() time.Duration // of the process, which Now is checked against; nil: no check
	Zone         *time.Location
}

// Open opens the store that the config names; migrate brings its schema to this version first.
func Open(ctx context.Context, c *config.Config, log *slog.Logger, now func() time.Time, migrate bool) (*App, error) {
	zone, err := time.LoadLocation(c.Timezone)
	if err != nil {
		return nil, cloison.Errorf(cloison.Invalid, "timezone: %w", err)
	}
	s, err := OpenStore(ctx, c, migrate)
	if err != nil {
		return nil, err
	}
	settings := c.DirectorySettings()
	settings.Zone = zone
	a := &App{Config: c, Store: s, Log: log, Now: now, Zone: zone, Directory: directory.New(s, settings, log, now)}
	a.Approvals = approval.New(s, a.Directory, c.ApprovalSettings(), now)
	a.Explanations = explanation.New(s, a.Directory, c.ExplanationSettings(), now)
	a.Imports = imports.New(s, a.Directory, now)
	return a, nil
}

// Close closes the store.
func (a *App) Close() error { return a.Store.Close() }

// Container makes the stage that cuts accounts.
func (a *App) Container() *contain.Container {
	return contain.New(a.Store, a.Store, contain.Settings{}, a.Log, a.Now)
}

// Keeper makes the stage that drops rows at the end of their retention.
func (a *App) Keeper(key seal.Key) *retention.Keeper {
	return retention.New(a.Store, a.Config.Path(a.Config.Ledger.Directory), key, a.Config.Ledger.RetentionMonths, a.Log, a.Now)
}

// LegalHolds makes the stage that keeps rows beyond their retention.
func (a *App) LegalHolds() *retention.LegalHolds {
	return retention.NewLegalHolds(a.Store, approval.LedgerRights{Directory: a.Directory, Approvals: a.Approvals}, a.Now)
}

// Training makes the courses.
func (a *App) Training() (*training.Training, error) {
	return training.New(a.Store, a.Directory, training.Settings{PassMark: a.Config.Policy.TrainingPassMark,
		PerDay: a.Config.Policy.TrainingPerDay}, a.Now)
}

// Account finds the account that an operator names: by its id, by its binding as IDP/SUB, or by an e-mail address that one
// account has and no other. Closed accounts are not found by their address.
func (a *App) Account(ctx context.Context, named string) (directory.Account, error) {
	if idp, sub, ok := strings.Cut(named, "/"); ok {
		return a.Directory.AccountOf(ctx, directory.Binding{IdP: idp, Sub: sub})
	}
	if strings.Contains(named, "@") {
		return a.accountByEmail(ctx, cloison.Personal(named))
	}
	id, err := cloison.ParseAccountID(named)
	if err != nil {
		return directory.Account{}, cloison.Errorf(cloison.Invalid, "%q names no account: write its id, as in a0h3m9k2x7qre, its e-mail address, or IDP/SUB", named)
	}
	return a.Store.Account(ctx, id)
}

// accountByEmail does not repeat the address in its errors: they can end in a log.
func (a *App) accountByEmail(ctx context.Context, email cloison.Personal) (directory.Account, error) {
	found, err := a.Store.AccountsByEmail(ctx, email)
	if err != nil {
		return directory.Account{}, err
	}
	found = slices.DeleteFunc(found, func(o directory.Account) bool { return o.State == directory.Closed })
	switch len(found) {
	case 0:
		return directory.Account{}, cloison.Errorf(cloison.NotFound, "no account has that e-mail address: cloison accounts lists all")
	case 1:
		return found[0], nil
	}
	var ids []string
	for _, o := range found {
		ids = append(ids, o.ID.String())
	}
	return directory.Account{}, cloison.Errorf(cloison.Conflict, "%d accounts have that e-mail address: name one by its id, of %s",
		len(found), strings.Join(ids, ", "))
}

// Gauge measures how far an account could go.
func (a *App) Gauge() disclose.Gauge {
	return disclose.Gauge{Store: a.Store, Accounts: a.Store, Bound: a.Config.PolicySettings().Bound, Zone: a.Zone, Now: a.Now}
}
