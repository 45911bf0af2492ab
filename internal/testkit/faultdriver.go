package testkit

import (
	"context"
	"database/sql/driver"
	"errors"
	"sync"
)

// ErrInjected is what a fault reports.
var ErrInjected = errors.New("injected fault")

// Fault arms one failure: at the nth step from now, either before the step is done or after, when it is done but
// reported failed. It is safe for concurrent use. The zero value lets everything pass.
type Fault struct {
	mu    sync.Mutex
	left  int // steps until it fires; 0: not armed
	after bool
	fired bool
}

// Arm makes the nth step from now fail; n counts from 1. With after, the step is done first.
func (f *Fault) Arm(n int, after bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.left, f.after, f.fired = n, after, false
}

// Disarm lets everything pass, and says whether the failure happened.
func (f *Fault) Disarm() (fired bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.left = 0
	return f.fired
}

// step says what to do with the next step.
func (f *Fault) step() (before, after bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.left == 0 {
		return false, false
	}
	if f.left--; f.left > 0 {
		return false, false
	}
	f.fired = true
	return !f.after, f.after
}

func (f *Fault) around(do func() error) error {
	before, after := f.step()
	if before {
		return ErrInjected
	}
	err := do()
	if after && err == nil {
		return ErrInjected
	}
	return err
}

// FaultDriver puts a Fault in front of a database/sql driver: each execution of a statement is one step. Queries that
// return rows fail before they run only, for what they return is then lost anyway.
type FaultDriver struct {
	driver.Driver
	Fault *Fault
}

// Open opens a connection whose statements pass by the fault.
func (d FaultDriver) Open(name string) (driver.Conn, error) {
	c, err := d.Driver.Open(name)
	if err != nil {
		return nil, err
	}
	return &faultConn{c.(conn), d.Fault}, nil
}

// conn is what modernc's connections can do.
type conn interface {
	driver.Conn
	driver.ConnBeginTx
	driver.ConnPrepareContext
	driver.ExecerContext
	driver.QueryerContext
	driver.SessionResetter
	driver.Validator
	driver.Pinger
}

type faultConn struct {
	conn
	fault *Fault
}

func (c *faultConn) ExecContext(ctx context.Context, query string, args []driver.NamedValue) (r driver.Result, err error) {
	err = c.fault.around(func() error { r, err = c.conn.ExecContext(ctx, query, args); return err })
	return r, err
}

func (c *faultConn) QueryContext(ctx context.Context, query string, args []driver.NamedValue) (driver.Rows, error) {
	if before, after := c.fault.step(); before || after {
		return nil, ErrInjected
	}
	return c.conn.QueryContext(ctx, query, args)
}

func (c *faultConn) PrepareContext(ctx context.Context, query string) (driver.Stmt, error) {
	s, err := c.conn.PrepareContext(ctx, query)
	if err != nil {
		return nil, err
	}
	return &faultStmt{s.(stmt), c.fault}, nil
}

type stmt interface {
	driver.Stmt
	driver.StmtExecContext
	driver.StmtQueryContext
}

type faultStmt struct {
	stmt
	fault *Fault
}

func (s *faultStmt) ExecContext(ctx context.Context, args []driver.NamedValue) (r driver.Result, err error) {
	err = s.fault.around(func() error { r, err = s.stmt.ExecContext(ctx, args); return err })
	return r, err
}

func (s *faultStmt) QueryContext(ctx context.Context, args []driver.NamedValue) (driver.Rows, error) {
	if before, after := s.fault.step(); before || after {
		return nil, ErrInjected
	}
	return s.stmt.QueryContext(ctx, args)
}
