package sqlite

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"sync"
	"time"

	"cloison"
	"cloison/store/shared"
)

// writer is the process's one writing connection, with its statements. One transaction at a time holds it.
type writer struct {
	pool  *sql.DB
	slot  chan struct{} // holds one token while no transaction is under way
	ended chan struct{} // closed by close
	once  sync.Once
	conn  *sql.Conn // nil: open one; guarded by slot
	stmts map[string]*sql.Stmt
}

func newWriter(pool *sql.DB) *writer {
	pool.SetMaxOpenConns(1)
	w := &writer{pool: pool, slot: make(chan struct{}, 1), ended: make(chan struct{})}
	w.slot <- struct{}{}
	return w
}

// close waits for the transaction under way. Later ones are refused.
func (w *writer) close() (err error) {
	w.once.Do(func() {
		<-w.slot // for ever
		close(w.ended)
		if w.conn != nil {
			w.closeStatements()
			w.conn.Close()
		}
		err = w.pool.Close()
	})
	return err
}

// open makes sure that there is a connection. The caller holds the slot.
func (w *writer) open(ctx context.Context) error {
	if w.conn != nil {
		return nil
	}
	conn, err := w.pool.Conn(ctx)
	if err != nil {
		return err
	}
	w.conn, w.stmts = conn, map[string]*sql.Stmt{}
	return nil
}

// discard drops the connection: what it holds of a transaction is in doubt, the next one starts on a new connection.
func (w *writer) discard() {
	w.closeStatements()
	_ = w.conn.Raw(func(any) error { return driver.ErrBadConn })
	w.conn, w.stmts = nil, nil
}

// closeStatements comes before the connection is closed: SQLite keeps a connection, with its transaction and its lock,
// for as long as a statement is open, and database/sql does not close those of a single connection.
func (w *writer) closeStatements() {
	for _, s := range w.stmts {
		s.Close()
	}
}

// tx is a transaction that holds the file's write lock: what it reads cannot change before it ends.
type tx struct {
	ctx context.Context // without the caller's cancellation: a transaction is short and ends in one of two known ways
	w   *writer
}

// tx runs do in one transaction and commits it when do returns nil. The error is do's when it has a Kind and changed
// nothing; Unavailable when nothing was stored for another reason; Internal when it is unknown whether it was stored.
// ctx ends the wait for the write lock, and nothing after that.
func (db *DB) tx(ctx context.Context, do func(shared.Tx) error) error {
	w := db.writer
	select {
	case <-w.slot:
	case <-w.ended:
		return cloison.Errorf(cloison.Unavailable, "the database is closed")
	case <-ctx.Done():
		return unavailable(ctx.Err())
	}
	defer func() { w.slot <- struct{}{} }()
	if err := w.open(ctx); err != nil {
		return unavailable(err)
	}
	t := &tx{ctx: context.WithoutCancel(ctx), w: w}
	if _, err := w.conn.ExecContext(ctx, "BEGIN IMMEDIATE"); err != nil {
		if code(err) == 0 {
			w.discard() // interrupted, or a broken connection: it may have begun
		}
		return unavailable(err)
	}
	if err := do(shared.Tx{Transaction: t}); err != nil {
		t.rollback()
		return withKind(err)
	}
	_, err := t.Exec("COMMIT")
	if err == nil {
		return nil
	}
	if notStored(err) {
		t.rollback()
		return unavailable(err)
	}
	w.discard()
	return cloison.Errorf(cloison.Internal, "it is unknown whether the transaction was stored: %w", err)
}

// rollback gives everything up. When even that fails, closing the connection does it.
func (t *tx) rollback() {
	if _, err := t.w.conn.ExecContext(t.ctx, "ROLLBACK"); err != nil {
		t.w.discard()
	}
}

func (t *tx) stmt(query string) (*sql.Stmt, error) {
	if s := t.w.stmts[query]; s != nil {
		return s, nil
	}
	s, err := t.w.conn.PrepareContext(t.ctx, translate(query))
	if err == nil {
		t.w.stmts[query] = s
	}
	return s, err
}

// Exec runs one statement and returns how many rows it changed.
func (t *tx) Exec(query string, args ...any) (int64, error) {
	s, err := t.stmt(query)
	if err != nil {
		return 0, err
	}
	r, err := s.ExecContext(t.ctx, encode(args)...)
	if err != nil {
		return 0, known(err)
	}
	return r.RowsAffected()
}

// Row reads one row.
func (t *tx) Row(query string, args ...any) shared.Row {
	s, err := t.stmt(query)
	if err != nil {
		return failed{err}
	}
	return row{s.QueryRowContext(t.ctx, encode(args)...), known}
}

// Each reads rows.
func (t *tx) Each(query string, args []any, scan func(shared.Row) error) error {
	s, err := t.stmt(query)
	if err != nil {
		return err
	}
	rows, err := s.QueryContext(t.ctx, encode(args)...)
	if err != nil {
		return err
	}
	defer rows.Close()
	r := row{rows, known}
	for rows.Next() {
		if err := scan(r); err != nil {
			return err
		}
	}
	return rows.Err()
}

// EventNumber leaves it to the journal's table.
func (t *tx) EventNumber() (any, error) { return nil, nil }

// Now is the clock of the machine that holds the file.
func (t *tx) Now() (now time.Time, err error) {
	err = t.Row("SELECT CAST(unixepoch('subsec') * 1000 AS INTEGER)").Scan(&now)
	return now, err
}

// Lock does nothing: a transaction holds the whole file.
func (t *tx) Lock(string) error { return nil }

// none reports whether err is the absence of a row.
func none(err error) bool { return errors.Is(err, sql.ErrNoRows) }
