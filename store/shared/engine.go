package shared

import (
	"context"
	"errors"
	"time"

	"cloison"
)

// Engine is what a database gives to the statements of this package. Arguments may be int64, int32, float64, bool,
// string, []byte, []int64, []string, time.Time and Optional; a time is stored to the millisecond. A time that is read,
// a *time.Time, is zero where none is stored.
type Engine struct {
	// Row reads one row. The error of its Scan is sql.ErrNoRows without one, and Unavailable when it cannot be read.
	Row func(ctx context.Context, query string, args ...any) Row
	// Each reads rows, one after the other, in one snapshot. An error of scan ends it and is returned as it is; that of
	// the row's Scan is Unavailable.
	Each func(ctx context.Context, query string, args []any, scan func(Row) error) error
	// Tx runs do in one transaction and commits it when do returns nil. The error is do's when it has a Kind and changed
	// nothing; Conflict or NotFound when a key forbids the row; Unavailable when nothing was stored for another reason;
	// Internal when it is unknown whether it was stored.
	Tx func(ctx context.Context, do func(Tx) error) error
	// Guarded is Tx for changes that decide on several rows, or change what disclosures are decided on: no two run at
	// once, and no disclosure commits meanwhile.
	Guarded func(ctx context.Context, do func(Tx) error) error
}

// Row is one row, read or failed.
type Row interface {
	Scan(dest ...any) error
}

// Transaction is an engine's transaction under way.
type Transaction interface {
	// Exec executes one statement and returns how many rows it changed. Its error is ErrExists when a key is taken.
	Exec(query string, args ...any) (int64, error)
	// Row reads one row; without one, the error of its Scan is sql.ErrNoRows.
	Row(query string, args ...any) Row
	// Each reads rows. An error of scan ends it and is returned as it is.
	Each(query string, args []any, scan func(Row) error) error
	// EventNumber is the number of the journal's next event; nil where the table numbers its rows. A reader that has
	// seen a number will find no new event below it.
	EventNumber() (any, error)
	// Now is the time on the database's clock.
	Now() (time.Time, error)
	// Lock waits until no other transaction holds that name, and holds it until the end.
	Lock(name string) error
}

// Tx is a transaction with what several statements of this package need.
type Tx struct{ Transaction }

// Run is Exec when the number of rows does not matter.
func (t Tx) Run(query string, args ...any) error {
	_, err := t.Exec(query, args...)
	return err
}

// RaiseFence makes every disclosure that was decided before this transaction Stale.
func (t Tx) RaiseFence() error { return t.Run("UPDATE gate SET fence = fence + 1") }

// Optional is the argument for a column in which the zero time means that there is none: it is stored as NULL, or as
// the engine's mark for it.
type Optional time.Time

// ErrExists: a row with that key exists.
var ErrExists = errors.New("a row with that key exists")

// NoSuch is NotFound.
func NoSuch(what string) error { return cloison.Errorf(cloison.NotFound, "there is no such %s", what) }

// Stale is the error of a change that was decided on facts that have changed since.
func Stale(what string) error {
	return cloison.Errorf(cloison.Stale, "the %s changed meanwhile: read it again and decide again", what)
}

// Must runs a statement that is to change a row; otherwise is the error when there is none to change.
func (t Tx) Must(otherwise error, query string, args ...any) error {
	n, err := t.Exec(query, args...)
	if err == nil && n == 0 {
		return otherwise
	}
	return err
}
