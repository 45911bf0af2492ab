package postgres

import (
	"cloison/store/shared/schema"
	"context"
	"embed"

	"github.com/jackc/pgx/v5/stdlib"
	"github.com/pressly/goose/v3"
	"github.com/pressly/goose/v3/lock"

	"cloison"
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
	p, err := schema.Provider(goose.DialectPostgres, pool, migrations, goose.WithSessionLocker(turns))
	if err != nil {
		return err
	}
	if _, err := p.Up(ctx); err != nil {
		return cloison.Errorf(cloison.KindOf(unavailable(err)), "the schema cannot be brought up to date: %w", err)
	}
	return nil
}

// checkSchema refuses a database whose schema is not exactly the one this program was built for.
func (db *DB) checkSchema(ctx context.Context) error {
	pool := stdlib.OpenDBFromPool(db.pool)
	defer pool.Close()
	p, err := schema.Provider(goose.DialectPostgres, pool, migrations)
	if err != nil {
		return err
	}
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
	return schema.Check("the database", have, p)
}
