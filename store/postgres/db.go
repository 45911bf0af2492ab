package postgres

import (
	"context"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgtype"
	"github.com/jackc/pgx/v5/pgxpool"

	"cloison"
	"cloison/store/shared"
	"cloison/store/shared/incident"
)

// DB is one replica's hold on the database. All its methods are safe for concurrent use.
type DB struct {
	incident.Store

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
	db.Store = incident.New(shared.Engine{Row: db.row, Each: db.each, Tx: plain(db.tx), Guarded: plain(db.guarded)})
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

// Ping reports whether the gate can be locked: what a disclosure needs.
func (db *DB) Ping(ctx context.Context) error {
	return db.guarded(ctx, func(*tx) error { return nil })
}

// ServerClock asks the server, unless it is on this machine.
func (db *DB) ServerClock(ctx context.Context) (at time.Time, err error) {
	err = db.get(ctx, "clock", "SELECT CASE WHEN inet_server_addr() <> inet_client_addr() THEN clock_timestamp() END", nil, []any{&at})
	return at, err
}

// row reads one row. The error of its Scan is sql.ErrNoRows or Unavailable.
func (db *DB) row(ctx context.Context, query string, args ...any) shared.Row {
	return row{db.pool.QueryRow(ctx, query, encode(args)...), unavailable}
}

// get reads one row; without one, there is no such what.
func (db *DB) get(ctx context.Context, what, query string, args, dest []any) error {
	return shared.Found(what, db.row(ctx, query, args...).Scan(dest...))
}

// each reads rows, one after the other, in one snapshot. An error of scan ends it and is returned as it is.
func (db *DB) each(ctx context.Context, query string, args []any, scan func(shared.Row) error) error {
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	rows, err := db.pool.Query(ctx, query, encode(args)...)
	if err != nil {
		return unavailable(err)
	}
	r := row{rows, unavailable}
	for rows.Next() {
		if err := scan(r); err != nil {
			stop() // gives up the connection, rather than read the rest
			rows.Close()
			return err
		}
	}
	return unavailable(rows.Err())
}
