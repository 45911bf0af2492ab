package sqlite

import (
	"context"
	"database/sql"
	"embed"
	"io/fs"
	"path/filepath"

	"github.com/pressly/goose/v3"

	"cloison"
	"cloison/access/directory"
	"cloison/internal/durable"
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
	p, err := provider(pool)
	if err != nil {
		return err
	}
	if _, err = p.Up(ctx); err != nil {
		return cloison.Errorf(cloison.KindOf(unavailable(err)), "the schema of %s cannot be brought up to date: %w", path, err)
	}
	return nil
}

func provider(pool *sql.DB) (*goose.Provider, error) {
	sub, err := fs.Sub(migrations, "migrations")
	if err != nil {
		return nil, err
	}
	return goose.NewProvider(goose.DialectSQLite3, pool, sub, goose.WithDisableGlobalRegistry(true), goose.WithGoMigrations(foldAccounts()))
}

// checkSchema refuses a file whose schema is not exactly the one this program was built for.
func (db *DB) checkSchema(ctx context.Context, path string) error {
	p, err := provider(db.pool)
	if err != nil {
		return err
	}
	sources := p.ListSources()
	want := sources[len(sources)-1].Version
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
	switch {
	case have < want:
		return cloison.Errorf(cloison.Unavailable, "%s has schema %d, this program needs %d: run \"cloison migrate\"", path, have, want)
	case have > want:
		return cloison.Errorf(cloison.Unavailable, "%s has schema %d, this program knows %d: run a newer program", path, have, want)
	}
	return nil
}

// foldAccounts is migration 10: what accounts are searched by. Folding is Go's work, not the engine's.
func foldAccounts() *goose.Migration {
	return goose.NewGoMigration(10, &goose.GoFunc{RunTx: func(ctx context.Context, tx *sql.Tx) error {
		if _, err := tx.ExecContext(ctx, "ALTER TABLE account ADD COLUMN folded TEXT NOT NULL DEFAULT ''"); err != nil {
			return err
		}
		rows, err := tx.QueryContext(ctx, "SELECT id, name, email FROM account")
		if err != nil {
			return err
		}
		defer rows.Close()
		folded := map[int64]string{}
		for rows.Next() {
			var id int64
			var a directory.Account
			if err := rows.Scan(&id, (*string)(&a.Name), (*string)(&a.Email)); err != nil {
				return err
			}
			folded[id] = a.Folded()
		}
		if err := rows.Err(); err != nil {
			return err
		}
		for id, text := range folded {
			if _, err := tx.ExecContext(ctx, "UPDATE account SET folded = ? WHERE id = ?", text, id); err != nil {
				return err
			}
		}
		return nil
	}}, nil)
}
