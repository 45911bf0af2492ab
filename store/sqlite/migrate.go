package sqlite

import (
	"context"
	"database/sql"
	"embed"
	"path/filepath"

	"github.com/pressly/goose/v3"

	"cloison"
	"cloison/internal/durable"
	"cloison/store/shared/schema"
)

//go:embed migrations/*.sql
var migrations embed.FS

// migrate brings the schema up to date, creating the file when there is none. Processes that do it at once take turns:
// the second finds it done.
func migrate(ctx context.Context, path string, o Options) error {
	unlock, err := durable.LockDir(ctx, filepath.Dir(path)) // the file itself is SQLite's to lock
	if err != nil {
		return cloison.Errorf(cloison.Unavailable, "the schema of %s cannot be brought up to date: %w", path, err)
	}
	defer unlock()
	pool := sql.OpenDB(connector{o.Driver, dsn(path, o, "rwc", append(writerPragmas(), "busy_timeout(60000)"))})
	defer pool.Close()
	pool.SetMaxOpenConns(1)
	p, err := schema.Provider(goose.DialectSQLite3, pool, migrations)
	if err != nil {
		return err
	}
	if _, err = p.Up(ctx); err != nil {
		return cloison.Errorf(cloison.KindOf(unavailable(err)), "the schema of %s cannot be brought up to date: %w", path, err)
	}
	return nil
}

// checkSchema refuses a file whose schema is not exactly the one this program was built for.
func (db *DB) checkSchema(ctx context.Context, path string) error {
	p, err := schema.Provider(goose.DialectSQLite3, db.pool, migrations)
	if err != nil {
		return err
	}
	var tables int
	if err := db.pool.QueryRowContext(ctx,
		"SELECT count(*) FROM sqlite_schema WHERE name = 'goose_db_version'").Scan(&tables); err != nil {
		return unavailable(err)
	}
	var have int64
	if tables == 1 {
		err := db.pool.QueryRowContext(ctx,
			"SELECT coalesce(max(version_id), 0) FROM goose_db_version WHERE is_applied = 1").Scan(&have)
		if err != nil {
			return unavailable(err)
		}
	}
	return schema.Check(path, have, p)
}
