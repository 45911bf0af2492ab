package sqlite

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"net/url"
	"sync"
	"time"

	"modernc.org/sqlite"

	"cloison/store/shared"
	"cloison/store/shared/incident"
)

// DB is one process's hold on the file. All its methods are safe for concurrent use.
type DB struct {
	incident.Store

	writer   *writer
	pool     *sql.DB  // readers
	prepared sync.Map // query → *sql.Stmt of the pool
}

// Options are what may be chosen at Open; the zero value is right for a server.
type Options struct {
	Migrate bool          // bring the schema up to date first; without it, Open refuses a schema that isn't
	Readers int           // connections that read at the same time; 0: eight
	Wait    time.Duration // how long a writer waits for another process's transaction; 0: five seconds
	Driver  driver.Driver // the SQLite driver; nil: modernc.org/sqlite. Tests put a failing one in front
}

// Open opens the file, which it creates only when it may migrate it too. Close the DB when done.
func Open(ctx context.Context, path string, o Options) (*DB, error) {
	if o.Driver == nil {
		o.Driver = &sqlite.Driver{}
	}
	if o.Readers == 0 {
		o.Readers = 8
	}
	if o.Wait == 0 {
		o.Wait = 5 * time.Second
	}
	// SQLite's own builds for Linux commit with fdatasync; where there is none, the library keeps to fsync.
	_, _ = sqlite.Fdatasync(true)
	if o.Migrate {
		if err := migrate(ctx, path, o); err != nil {
			return nil, err
		}
	}
	w := sql.OpenDB(connector{o.Driver, dsn(path, o, "rw", writerPragmas())})
	r := sql.OpenDB(connector{o.Driver, dsn(path, o, "rw", readerPragmas())})
	r.SetMaxOpenConns(o.Readers)
	r.SetMaxIdleConns(o.Readers)
	db := &DB{writer: newWriter(w), pool: r}
	db.Store = incident.New(shared.Engine{Row: db.row, Each: db.each, Tx: db.tx, Guarded: db.tx})
	if err := db.checkSchema(ctx, path); err != nil {
		db.Close()
		return nil, err
	}
	return db, nil
}

// Close waits for the transaction under way and closes the file.
func (db *DB) Close() error {
	err := db.writer.close()
	if e := db.pool.Close(); err == nil {
		err = e
	}
	return err
}

// Ping reports whether the file can be read and its write lock taken: what a disclosure needs.
func (db *DB) Ping(ctx context.Context) error {
	return db.tx(ctx, func(t shared.Tx) error {
		var fence int64
		return t.Row("SELECT fence FROM gate").Scan(&fence)
	})
}

// ServerClock knows none but this machine's.
func (db *DB) ServerClock(context.Context) (time.Time, error) { return time.Time{}, nil }

// Pragmas are in the DSN so that every connection of a pool has them, also one that database/sql opens again.

func writerPragmas() []string {
	return []string{"journal_mode(WAL)", "synchronous(FULL)", "foreign_keys(1)", "temp_store(MEMORY)",
		"cache_size(-65536)", "wal_autocheckpoint(4000)", "journal_size_limit(67108864)"}
}

func readerPragmas() []string {
	return []string{"query_only(1)", "temp_store(MEMORY)", "cache_size(-16384)", "mmap_size(1073741824)"}
}

func dsn(path string, o Options, mode string, pragmas []string) string {
	q := url.Values{"mode": {mode}, "_pragma": pragmas}
	q.Set("_busy_timeout", millisText(o.Wait))
	u := url.URL{Scheme: "file", OmitHost: true, Path: path, RawQuery: q.Encode()}
	return u.String()
}

// connector opens connections of a driver value, which needs no global registration.
type connector struct {
	driver driver.Driver
	dsn    string
}

func (c connector) Connect(context.Context) (driver.Conn, error) { return c.driver.Open(c.dsn) }
func (c connector) Driver() driver.Driver                        { return c.driver }

// statement prepares a reader's query once.
func (db *DB) statement(ctx context.Context, query string) (*sql.Stmt, error) {
	if s, ok := db.prepared.Load(query); ok {
		return s.(*sql.Stmt), nil
	}
	s, err := db.pool.PrepareContext(ctx, translate(query))
	if err != nil {
		return nil, err
	}
	if other, loaded := db.prepared.LoadOrStore(query, s); loaded {
		s.Close()
		return other.(*sql.Stmt), nil
	}
	return s, nil
}

// row reads one row. The error of its Scan is sql.ErrNoRows or Unavailable.
func (db *DB) row(ctx context.Context, query string, args ...any) shared.Row {
	s, err := db.statement(ctx, query)
	if err != nil {
		return failed{unavailable(err)}
	}
	return row{s.QueryRowContext(ctx, encode(args)...), unavailable}
}

// get reads one row; without one, there is no such what.
func (db *DB) get(ctx context.Context, what, query string, args, dest []any) error {
	return shared.Found(what, db.row(ctx, query, args...).Scan(dest...))
}

// each reads rows, one after the other, in one snapshot. An error of scan ends it and is returned as it is.
func (db *DB) each(ctx context.Context, query string, args []any, scan func(shared.Row) error) error {
	s, err := db.statement(ctx, query)
	if err != nil {
		return unavailable(err)
	}
	rows, err := s.QueryContext(ctx, encode(args)...)
	if err != nil {
		return unavailable(err)
	}
	defer rows.Close()
	r := row{rows, unavailable}
	for rows.Next() {
		if err := scan(r); err != nil {
			return err
		}
	}
	return unavailable(rows.Err())
}

// row is a row whose columns are decoded, and whose errors are those of the contract.
type row struct {
	shared.Row
	fault func(error) error
}

// Scan reads the row.
func (r row) Scan(dest ...any) error {
	err := r.Row.Scan(decode(dest)...)
	if err == nil || errors.Is(err, sql.ErrNoRows) {
		return err
	}
	return r.fault(err)
}

// failed is a row that cannot be read.
type failed struct{ err error }

func (f failed) Scan(...any) error { return f.err }
