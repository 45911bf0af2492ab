// Package schema is what the migrations of both engines share: the versions of a schema, and the migrations that are
// Go's work rather than SQL's.
package schema

import (
	"context"
	"database/sql"
	"io/fs"

	"github.com/pressly/goose/v3"

	"cloison"
	"cloison/access/directory"
)

// Provider runs the migrations in the folder "migrations" of files, and those of this package.
func Provider(d goose.Dialect, pool *sql.DB, files fs.FS, o ...goose.ProviderOption) (*goose.Provider, error) {
	sub, err := fs.Sub(files, "migrations")
	if err != nil {
		return nil, err
	}
	return goose.NewProvider(d, pool, sub, append(o, goose.WithDisableGlobalRegistry(true), goose.WithGoMigrations(foldAccounts()))...)
}

// Check refuses a database whose schema is not exactly the one this program was built for.
func Check(database string, have int64, p *goose.Provider) error {
	sources := p.ListSources()
	switch want := sources[len(sources)-1].Version; {
	case have < want:
		return cloison.Errorf(cloison.Unavailable, "%s has schema %d, this program needs %d: run \"cloison migrate\"", database, have, want)
	case have > want:
		return cloison.Errorf(cloison.Unavailable, "%s has schema %d, this program knows %d: run a newer program", database, have, want)
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
