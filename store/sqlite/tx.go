package sqlite

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"sync"

	"cloison"
)

// writer is the process's one writing connection, with its statements. One transaction at a time holds it.
type writer struct {
	pool  *sql.DB
	slot  chan struct{} // holds one token while nobody writes
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
func (db *DB) tx(ctx context.Context, do func(*tx) error) error {
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
	if err := do(t); err != nil {
		t.rollback()
		return kinded(err)
	}
	_, err := t.exec("COMMIT")
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
	s, err := t.w.conn.PrepareContext(t.ctx, query)
	if err == nil {
		t.w.stmts[query] = s
	}
	return s, err
}

// exec runs one statement and returns how many rows it changed.
func (t *tx) exec(query string, args ...any) (int64, error) {
	s, err := t.stmt(query)
	if err != nil {
		return 0, err
	}
	r, err := s.ExecContext(t.ctx, args...)
	if err != nil {
		return 0, err
	}
	return r.RowsAffected()
}

// run is exec when nobody counts.
func (t *tx) run(query string, args ...any) error {
	_, err := t.exec(query, args...)
	return err
}

// scanner is one row, read or failed.
type scanner interface{ Scan(dest ...any) error }

type failed struct{ err error }

func (f failed) Scan(...any) error { return f.err }

func (t *tx) row(query string, args ...any) scanner {
	s, err := t.stmt(query)
	if err != nil {
		return failed{err}
	}
	return s.QueryRowContext(t.ctx, args...)
}

func (t *tx) each(query string, args []any, scan func(*sql.Rows) error) error {
	s, err := t.stmt(query)
	if err != nil {
		return err
	}
	rows, err := s.QueryContext(t.ctx, args...)
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		if err := scan(rows); err != nil {
			return err
		}
	}
	return rows.Err()
}

// raiseFence makes every disclosure that was decided before this transaction Stale.
func (t *tx) raiseFence() error { return t.run("UPDATE gate SET fence = fence + 1") }

// none says whether err is the absence of a row.
func none(err error) bool { return errors.Is(err, sql.ErrNoRows) }
