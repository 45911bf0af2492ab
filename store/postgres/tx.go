package postgres

import (
	"context"
	"time"

	"github.com/jackc/pgx/v5"

	"cloison"
	"cloison/store/shared"
)

// tx is a transaction under READ COMMITTED: each statement sees what was committed before it began. What must not
// change meanwhile is locked, or decided by an UPDATE's own condition, which is checked again on the row's latest
// version.
type tx struct {
	shared.Tx

	ctx context.Context // without the caller's cancellation, but with a limit: a transaction is short and its end is known
	on  pgx.Tx
}

// tx runs do in one transaction and commits it when do returns nil. The error is do's when it has a Kind and changed
// nothing; Unavailable when nothing was stored for another reason; Internal when it is unknown whether it was stored.
func (db *DB) tx(ctx context.Context, do func(*tx) error) error {
	if err := ctx.Err(); err != nil {
		return unavailable(err)
	}
	limited, stop := context.WithTimeout(context.WithoutCancel(ctx), db.wait)
	defer stop()
	conn, err := db.pool.Acquire(ctx)
	if err != nil {
		return unavailable(err)
	}
	defer conn.Release() // destroys the connection when it is not idle
	pt, err := conn.Begin(limited)
	if err != nil {
		return unavailable(err)
	}
	t := &tx{shared.Tx{Transaction: transaction{limited, pt}}, limited, pt}
	if err := do(t); err != nil {
		_ = pt.Rollback(limited) // if that fails the connection is closed, and the server rolls back
		return withKind(err)
	}
	return committed(pt.Commit(limited))
}

// committed judges the answer to a COMMIT.
func committed(err error) error {
	switch {
	case err == nil:
		return nil
	case notStored(err):
		return unavailable(err)
	}
	return cloison.Errorf(cloison.Internal, "it is unknown whether the transaction was stored: %w", err)
}

// guarded is tx with the gate locked first: alone among all that does so, and free of deadlocks with it. For changes
// that are rare; while one lasts, no disclosure commits.
func (db *DB) guarded(ctx context.Context, do func(*tx) error) error {
	return db.tx(ctx, func(t *tx) error {
		if err := t.Run("SELECT FROM gate FOR UPDATE"); err != nil {
			return err
		}
		return do(t)
	})
}

// plain is a transaction for store/shared, which does not know the engine.
func plain(run func(context.Context, func(*tx) error) error) func(context.Context, func(shared.Tx) error) error {
	return func(ctx context.Context, do func(shared.Tx) error) error {
		return run(ctx, func(t *tx) error { return do(t.Tx) })
	}
}

// transaction runs the statements of store/shared.
type transaction struct {
	ctx context.Context
	on  pgx.Tx
}

// Exec executes one statement and returns how many rows it touched.
func (t transaction) Exec(query string, args ...any) (int64, error) {
	tag, err := t.on.Exec(t.ctx, query, encode(args)...)
	return tag.RowsAffected(), withoutDetail(err)
}

// Row reads one row.
func (t transaction) Row(query string, args ...any) shared.Row {
	return row{t.on.QueryRow(t.ctx, query, encode(args)...), withoutDetail}
}

// Each reads rows. They are read to the end before the next statement, also after an error of scan.
func (t transaction) Each(query string, args []any, scan func(shared.Row) error) error {
	rows, err := t.on.Query(t.ctx, query, encode(args)...)
	if err != nil {
		return withoutDetail(err)
	}
	defer rows.Close()
	r := row{rows, withoutDetail}
	for rows.Next() {
		if err := scan(r); err != nil {
			return err
		}
	}
	return withoutDetail(rows.Err())
}

// EventNumber takes the next number and locks the journal until the commit is visible.
func (t transaction) EventNumber() (any, error) {
	var seq int64
	err := t.Row("UPDATE journal SET last = last + 1 RETURNING last").Scan(&seq)
	return seq, err
}

// Now is the server's clock.
func (t transaction) Now() (now time.Time, err error) {
	err = t.Row("SELECT clock_timestamp()").Scan(&now)
	return now, err
}

// Lock takes an advisory lock: there may be no row to lock yet.
func (t transaction) Lock(name string) error {
	_, err := t.Exec("SELECT pg_advisory_xact_lock("+lockNumber+")", name)
	return err
}

// lockNumber is the number of the lock with the name $1.
const lockNumber = "hashtextextended($1, 0)"
