package main

import (
	"context"
	"crypto/ed25519"
	"crypto/hkdf"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"io"
	"io/fs"
	"log/slog"
	"os"
	"strings"
	"time"

	"k8s.io/klog/v2"

	"cloison"
	"cloison/access/directory"
	"cloison/access/explanation"
	"cloison/access/letters"
	"cloison/access/lifecycle"
	"cloison/access/provisioning"
	"cloison/access/signin"
	"cloison/access/training"
	"cloison/console"
	"cloison/incident/contain"
	"cloison/incident/exposure"
	"cloison/incident/watch"
	"cloison/internal/durable"
	"cloison/ledger/register"
	"cloison/ledger/retention"
	"cloison/ledger/seal"
	"cloison/rules/policy"
	"cloison/store/postgres"
	"cloison/store/sqlite"
	"cloison/wall/disclose"
	"cloison/wall/gateway"
)

// store is everything that the stages ask of a database; each engine has one type that is all of it.
type appStore interface {
	directory.Store
	disclose.Store
	signin.Store
	contain.Store
	watch.Store
	lifecycle.Store
	letters.Store
	explanation.Store
	seal.Store
	exposure.Store
	provisioning.Store
	training.Store
	retention.Store
	retention.HoldStore
	register.Store
	console.Store
	Ping(ctx context.Context) error
	Maintain(ctx context.Context, now time.Time) error
	Close() error
}

// house is what every verb with a store works in: config, store, directory.
type App struct {
	Config    *Config
	Store     appStore
	Directory *directory.Directory
	Log       *slog.Logger
	Now       func() time.Time
	Uptime    func() time.Duration // what now is held against; nil: nothing
	Zone      *time.Location
}

// open reads the config and opens the store for a verb.
func (e *env) open() (*App, error) {
	c, err := Load(e.configPath)
	if err != nil {
		return nil, err
	}
	return Open(e.ctx, c, NewLogger(e.Stderr, slog.LevelWarn), e.Now, false)
}

// newHouse opens the store that the config names; migrate brings its schema up to date first.
func Open(ctx context.Context, c *Config, log *slog.Logger, now func() time.Time, migrate bool) (*App, error) {
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

func OpenStore(ctx context.Context, c *Config, migrate bool) (appStore, error) {
	if c.Store.PostgresURLFile != "" {
		url, err := c.Secret(c.Store.PostgresURLFile)
		if err != nil {
			return nil, err
		}
		return postgres.Open(ctx, url.Reveal(), postgres.Options{Migrate: migrate})
	}
	path := c.Path(c.Store.SQLite)
	if _, err := os.Stat(path); errors.Is(err, fs.ErrNotExist) && !migrate {
		return nil, cloison.Errorf(cloison.NotFound, "there is no database at %s: run cloison migrate, or name the config with --config", path)
	}
	return sqlite.Open(ctx, path, sqlite.Options{Migrate: migrate})
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

// ledgerKey loads the ledger's key, or makes it when there is no log yet.
func (h *App) ledgerKey() (seal.Key, error) {
	file := h.Config.Path(h.Config.Ledger.KeyFile)
	if _, err := os.Stat(file); errors.Is(err, fs.ErrNotExist) {
		return seal.GenerateKey(file, h.Config.Ledger.Origin)
	}
	return seal.LoadKey(file)
}

// assertionSigner makes the signer of assertions.
func (h *App) assertionSigner() (*gateway.Signer, error) {
	seed, err := h.assertionSeed()
	if err != nil {
		return nil, err
	}
	return gateway.NewSigner(ed25519.NewKeyFromSeed(seed), h.Config.Console.URL, h.Now)
}

// assertionSeed loads the key that signs assertions, or makes it: an Ed25519 seed (RFC 8032) in base64.
func (h *App) assertionSeed() ([]byte, error) {
	file := h.Config.Path(h.Config.Assertion.KeyFile)
	if _, err := os.Stat(file); errors.Is(err, fs.ErrNotExist) {
		var seed [ed25519.SeedSize]byte
		rand.Read(seed[:])
		if err := durable.CreateSecret(file, []byte(base64.StdEncoding.EncodeToString(seed[:])+"\n")); err != nil {
			return nil, err
		}
	}
	text, err := h.Config.Secret(h.Config.Assertion.KeyFile)
	if err != nil {
		return nil, err
	}
	seed, err := base64.StdEncoding.DecodeString(text.Reveal())
	if err != nil || len(seed) != ed25519.SeedSize {
		return nil, cloison.Errorf(cloison.Invalid, "%s does not hold an assertion key: remove it, and a new one is made", file)
	}
	return seed, nil
}

// stateKey is the replicas' common key for sign-ins under way: drawn from the one secret that they share already.
func (h *App) stateKey() (cloison.Secret, error) {
	seed, err := h.assertionSeed()
	if err != nil {
		return "", err
	}
	key, err := hkdf.Key(sha256.New, seed, nil, "cloison sign-in states", 32)
	return cloison.Secret(key), err
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

// directorySettings, policySettings and the like turn the file's words into the stages' own.
func (c *Config) DirectorySettings() directory.Settings {
	return directory.Settings{
		PerManager: c.Policy.ProposalsPerManager, PerStructure: c.Policy.ProposalsPerSite, ProbationDays: c.Policy.ProbationDays,
		LeaversPerStructure: c.Policy.LeaversPerSite, LeaversPerSource: c.Policy.LeaversPerSource,
		AwarenessMonths: c.Policy.AwarenessMonths, CourseMonths: c.Policy.ManagersCourseMonths, CourseSkew: c.Policy.TrainingSkew,
		ListLines: c.Policy.ListLines, ListProbationDays: c.Policy.ListProbationDays, ListEvery: time.Duration(c.Policy.ListEveryDays) * 24 * time.Hour,
	}
}

func (c *Config) PolicySettings() policy.Settings {
	s := policy.Default()
	set := func(to *int, v int) {
		if v != 0 {
			*to = v
		}
	}
	caps, p := &s.Bound.Caps, c.Policy
	set(&caps.AccountPerDay, p.AccountPerDay)
	set(&caps.ProbationPerDay, p.ProbationPerDay)
	set(&caps.LineagePerDay, p.LineagePerDay)
	set(&caps.StructureFactor, p.StructureFactor)
	set(&caps.StructureFloor, p.StructureFloor)
	set(&caps.PresencePersons, p.Presence)
	set(&caps.ListRows, p.ListRows)
	setShare := func(to *float64, v float64) {
		if v != 0 {
			*to = v
		}
	}
	params := &s.Bound.Detector
	setShare(&params.Q0, p.UnexplainedShare)
	setShare(&params.Soft, p.SoftLevel)
	setShare(&params.Hard, p.HardLevel)
	s.PasskeyFresh = c.Sessions.Absolute
	return s
}

// logger writes JSON lines, those of the log library that Tessera uses included.
func NewLogger(w io.Writer, level slog.Level) *slog.Logger {
	log := slog.New(slog.NewJSONHandler(w, &slog.HandlerOptions{Level: level}))
	klog.SetSlogLogger(log)
	return log
}
