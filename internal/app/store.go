package app

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"time"

	"cloison"
	"cloison/access/approval"
	"cloison/access/directory"
	"cloison/access/explanation"
	"cloison/access/imports"
	"cloison/access/letters"
	"cloison/access/lifecycle"
	"cloison/access/provisioning/scim"
	"cloison/access/provisioning/xapi"
	"cloison/access/signin"
	"cloison/access/training"
	"cloison/console"
	"cloison/incident/contain"
	"cloison/incident/exposure"
	"cloison/incident/watch"
	"cloison/internal/config"
	"cloison/ledger/register"
	"cloison/ledger/retention"
	"cloison/ledger/seal"
	"cloison/store/postgres"
	"cloison/store/sqlite"
	"cloison/wall/disclose"
)

// Store is everything that the stages ask of a database. Each engine has one type that is all of it.
type Store interface {
	directory.Store
	approval.Store
	explanation.Store
	imports.Store
	disclose.Store
	signin.Store
	contain.Store
	watch.Store
	lifecycle.Store
	letters.Store
	explanation.GrantStore
	seal.Store
	exposure.Store
	scim.Store
	xapi.Store
	training.Store
	retention.Store
	retention.HoldStore
	register.Store
	console.Store
	Ping(ctx context.Context) error
	Maintain(ctx context.Context, now time.Time) error
	Close() error
}

// OpenStore opens the database that the config names; migrate brings its schema to this version first.
func OpenStore(ctx context.Context, c *config.Config, migrate bool) (Store, error) {
	if c.Store.PostgresURLFile != "" {
		url, err := c.Secret(c.Store.PostgresURLFile)
		if err != nil {
			return nil, err
		}
		return postgres.Open(ctx, url.Reveal(), postgres.Options{Migrate: migrate})
	}
	path := c.Path(c.Store.SQLite)
	if _, err := os.Stat(path); errors.Is(err, fs.ErrNotExist) && !migrate {
		return nil, cloison.Errorf(cloison.NotFound, "no database at %s: run cloison migrate, or name the config with --config", path)
	}
	return sqlite.Open(ctx, path, sqlite.Options{Migrate: migrate})
}
