package postgres

import (
	"context"
	"database/sql"
	"embed"
	"io/fs"

	"github.com/jackc/pgx/v5/stdlib"
	"github.com/pressly/goose/v3"
	"github.com/pressly/goose/v3/lock"

	"cloison"
	"cloison/access/directory"
)

//go:embed migrations/*.sql
var migrations embed.FS

// migrate brings the schema up to date. Replicas that start together take turns.
func (db *DB) migrate(ctx context.Context) error {
	pool := stdlib.OpenDBFromPool(db.pool)
	defer pool.Close()
	turns, err := lock.NewPostgresSessionLocker()
	if err != nil {
		return err
	}
	p, err := provider(pool, goose.WithSessionLocker(turns))
	if err != nil {
		return err
	}
	if _, err := p.Up(ctx); err != nil {
		return cloison.Errorf(cloison.KindOf(unavailable(err)), "the schema cannot be brought up to date: %w", err)
	}
	return nil
}

func provider(pool *sql.DB, o ...goose.ProviderOption) (*goose.Provider, error) {
	sub, err := fs.Sub(migrations, "migrations")
	if err != nil {
		return nil, err
	}
	return goose.NewProvider(goose.DialectPostgres, pool, sub, append(o, goose.WithDisableGlobalRegistry(true), goose.WithGoMigrations(foldAccounts()))...)
}

// checkSchema refuses a database whose schema is not exactly the one this program was built for.
func (db *DB) checkSchema(ctx context.Context) error {
	pool := stdlib.OpenDBFromPool(db.pool)
	defer pool.Close()
	p, err := provider(pool)
	if err != nil {
		return err
	}
	sources := p.ListSources()
	want := sources[len(sources)-1].Version
	var there bool
	if err := db.pool.QueryRow(ctx, "SELECT to_regclass('goose_db_version') IS NOT NULL").Scan(&there); err != nil {
		return unavailable(err)
	}
	var have int64
	if there {
		err := db.pool.QueryRow(ctx, "SELECT coalesce(max(version_id), 0) FROM goose_db_version WHERE is_applied").Scan(&have)
		if err != nil {
			return unavailable(err)
		}
	}
	switch {
	case have < want:
		return cloison.Errorf(cloison.Unavailable, "the database has schema %d, this program needs %d: run \"cloison migrate\"", have, want)
	case have > want:
		return cloison.Errorf(cloison.Unavailable, "the database has schema %d, this program knows %d: run a newer program", have, want)
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
			if _, err := tx.ExecContext(ctx, "UPDATE account SET folded = $1 WHERE id = $2", text, id); err != nil {
				return err
			}
		}
		return nil
	}}, nil)
}
