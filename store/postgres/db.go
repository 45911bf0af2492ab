package postgres

import (
	"context"
	"errors"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgtype"
	"github.com/jackc/pgx/v5/pgxpool"

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
	"cloison/incident/contain"
	"cloison/incident/exposure"
	"cloison/incident/watch"
	"cloison/ledger/register"
	"cloison/ledger/retention"
	"cloison/ledger/seal"
	"cloison/wall/disclose"
)

var (
	_ directory.Store     = (*DB)(nil)
	_ approval.Store      = (*DB)(nil)
	_ explanation.Store   = (*DB)(nil)
	_ imports.Store       = (*DB)(nil)
	_ disclose.Store      = (*DB)(nil)
	_ signin.Store        = (*DB)(nil)
	_ contain.Store       = (*DB)(nil)
	_ watch.Store         = (*DB)(nil)
	_ lifecycle.Store     = (*DB)(nil)
	_ letters.Store       = (*DB)(nil)
	_ seal.Store          = (*DB)(nil)
	_ exposure.Store      = (*DB)(nil)
	_ training.Store      = (*DB)(nil)
	_ scim.Store          = (*DB)(nil)
	_ xapi.Store          = (*DB)(nil)
	_ retention.Store     = (*DB)(nil)
	_ retention.HoldStore = (*DB)(nil)
	_ register.Store      = (*DB)(nil)
)

// DB is one replica's hold on the database. All its methods are safe for concurrent use.
type DB struct {
	pool *pgxpool.Pool
	wait time.Duration
}

// Options are what may be chosen at Open; the zero value is right for a server.
type Options struct {
	Migrate     bool          // bring the schema up to date first; without it, Open refuses a schema that isn't
	Connections int           // at most; 0: eight. Disclosures use one or two, whatever their number
	Wait        time.Duration // how long a transaction may last before it is given up; 0: ten seconds
}

// Open connects to the database at url (postgres://user@host/name, or the keywords of libpq). Close the DB when done.
func Open(ctx context.Context, url string, o Options) (*DB, error) {
	config, err := pgxpool.ParseConfig(url)
	if err != nil {
		return nil, cloison.Errorf(cloison.Invalid, "the database's address cannot be read: want postgres://user@host/name") // err holds the password
	}
	if o.Connections == 0 {
		o.Connections = 8
	}
	if o.Wait == 0 {
		o.Wait = 10 * time.Second
	}
	config.MaxConns = int32(o.Connections)
	config.ConnConfig.RuntimeParams["synchronous_commit"] = "on"
	config.ConnConfig.RuntimeParams["timezone"] = "UTC"
	config.ConnConfig.RuntimeParams["application_name"] = "cloison"
	config.AfterConnect = func(_ context.Context, c *pgx.Conn) error {
		c.TypeMap().RegisterType(&pgtype.Type{Name: "timestamptz", OID: pgtype.TimestamptzOID,
			Codec: &pgtype.TimestamptzCodec{ScanLocation: time.UTC}})
		return nil
	}
	pool, err := pgxpool.NewWithConfig(ctx, config)
	if err != nil {
		return nil, unavailable(err)
	}
	db := &DB{pool: pool, wait: o.Wait}
	if err := db.start(ctx, o); err != nil {
		pool.Close()
		return nil, err
	}
	return db, nil
}

// start refuses a server on which a commit may be lost, and a schema that is not this program's.
func (db *DB) start(ctx context.Context, o Options) error {
	var fsync string
	if err := db.pool.QueryRow(ctx, "SHOW fsync").Scan(&fsync); err != nil {
		return unavailable(err)
	}
	if fsync != "on" {
		return cloison.Errorf(cloison.Unavailable, "the server runs with fsync=%s, where commits can be lost: set it to on", fsync)
	}
	if o.Migrate {
		if err := db.migrate(ctx); err != nil {
			return err
		}
	}
	return db.checkSchema(ctx)
}

// Close waits for what is under way and closes the connections.
func (db *DB) Close() error {
	db.pool.Close()
	return nil
}

// Ping says whether the gate can be locked: what a disclosure needs.
func (db *DB) Ping(ctx context.Context) error {
	return db.guarded(ctx, func(*tx) error { return nil })
}

// get reads one row. NotFound says what when there is none.
func (db *DB) get(ctx context.Context, what, query string, args, dest []any) error {
	return found(what, db.pool.QueryRow(ctx, query, args...).Scan(dest...))
}

// each reads rows, one after the other, in one snapshot. An error of scan ends it and is returned as it is.
func (db *DB) each(ctx context.Context, query string, args []any, scan func(pgx.Rows) error) error {
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	rows, err := db.pool.Query(ctx, query, args...)
	if err != nil {
		return unavailable(err)
	}
	for rows.Next() {
		if err := scan(rows); err != nil {
			stop() // gives up the connection, rather than read the rest
			rows.Close()
			return err
		}
	}
	return unavailable(rows.Err())
}

// tx is a transaction under READ COMMITTED: each statement sees what was committed before it began. What must not
// change meanwhile is locked, or decided by an UPDATE's own condition, which is checked again on the row's latest
// version.
type tx struct {
	ctx context.Context // without the caller's cancellation, but with a limit: a transaction is short and its end is known
	pgx.Tx
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
	t := &tx{limited, pt}
	if err := do(t); err != nil {
		_ = pt.Rollback(limited) // if that fails the connection is closed, and the server rolls back
		return kinded(err)
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
		if err := t.run("SELECT FROM gate FOR UPDATE"); err != nil {
			return err
		}
		return do(t)
	})
}

// run executes one statement.
func (t *tx) run(query string, args ...any) error {
	_, err := t.exec(query, args...)
	return err
}

// exec executes one statement and returns how many rows it touched.
func (t *tx) exec(query string, args ...any) (int64, error) {
	tag, err := t.Exec(t.ctx, query, args...)
	return tag.RowsAffected(), err
}

func (t *tx) row(query string, args ...any) pgx.Row { return t.QueryRow(t.ctx, query, args...) }

// raiseFence makes every disclosure that was decided before this transaction Stale.
func (t *tx) raiseFence() error { return t.run("UPDATE gate SET fence = fence + 1") }

// none says whether err is the absence of a row.
func none(err error) bool { return errors.Is(err, pgx.ErrNoRows) }

// moment reads a time, NULL as the zero time.
type moment time.Time

// Scan reads a moment of a row.
func (m *moment) Scan(v any) error {
	switch v := v.(type) {
	case nil:
		*m = moment{}
	case time.Time:
		*m = moment(v.UTC())
	default:
		return cloison.Errorf(cloison.Internal, "a time came as %T", v)
	}
	return nil
}

// exact is a time as it is stored, to the millisecond.
func exact(t time.Time) time.Time { return t.UTC().Truncate(time.Millisecond) }

// stamp is exact for a column where the zero time is NULL.
func stamp(t time.Time) *time.Time {
	if t.IsZero() {
		return nil
	}
	t = exact(t)
	return &t
}

// numbers is a list of ids as the driver sends it.
func numbers[T ~int64](ids []T) []int64 {
	n := make([]int64, len(ids))
	for i, id := range ids {
		n[i] = int64(id)
	}
	return n
}
