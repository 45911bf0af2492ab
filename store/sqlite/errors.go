package sqlite

import (
	"context"
	"errors"
	"strconv"
	"time"

	lib "modernc.org/sqlite/lib"

	"cloison"
	"cloison/store/shared"
)

// coded is an error with SQLite's extended result code, as the driver returns it.
type coded interface {
	error
	Code() int
}

// code returns the extended result code in err; 0 when there is none.
func code(err error) int {
	var c coded
	if errors.As(err, &c) {
		return c.Code()
	}
	return 0
}

// exists reports whether err is a taken key.
func exists(err error) bool {
	c := code(err)
	return c == lib.SQLITE_CONSTRAINT_UNIQUE || c == lib.SQLITE_CONSTRAINT_PRIMARYKEY || c == lib.SQLITE_CONSTRAINT_ROWID
}

// duplicate is an error of a row whose key is taken.
type duplicate struct{ error }

func (d duplicate) Unwrap() error        { return d.error }
func (d duplicate) Is(target error) bool { return target == shared.ErrExists }

// known makes an error of a statement known to store/shared.
func known(err error) error {
	if exists(err) {
		return duplicate{err}
	}
	return err
}

// foreign reports whether err is a reference to a row that does not exist.
func foreign(err error) bool { return code(err) == lib.SQLITE_CONSTRAINT_FOREIGNKEY }

// notStored reports whether a COMMIT that failed so has certainly left nothing behind: the file was held, or there
// was no room for the pages. Any other failure, a failed fsync above all, may leave a commit that a crash brings back.
func notStored(err error) bool {
	switch code(err) & 0xff {
	case lib.SQLITE_BUSY, lib.SQLITE_LOCKED, lib.SQLITE_FULL, lib.SQLITE_CONSTRAINT, lib.SQLITE_NOMEM, lib.SQLITE_READONLY:
		return true
	}
	return false
}

// withKind gives an error of a transaction that was rolled back its kind.
func withKind(err error) error {
	var e *cloison.Error
	switch {
	case err == nil || errors.As(err, &e):
		return err
	case exists(err):
		return cloison.Errorf(cloison.Conflict, "it exists already: %w", err)
	case foreign(err):
		return cloison.Errorf(cloison.NotFound, "it names something that is not there: %w", err)
	}
	return unavailable(err)
}

// unavailable makes the error of what was not stored, with the way out.
func unavailable(err error) error {
	var e *cloison.Error
	switch {
	case err == nil || errors.As(err, &e):
		return err
	case errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded):
		return cloison.Errorf(cloison.Unavailable, "gave up waiting for the database: %w", err)
	}
	switch code(err) & 0xff {
	case lib.SQLITE_FULL:
		return cloison.Errorf(cloison.Unavailable, "the disk of the database is full: make room, then try again: %w", err)
	case lib.SQLITE_BUSY, lib.SQLITE_LOCKED:
		return cloison.Errorf(cloison.Unavailable, "another process holds the database: try again: %w", err)
	case lib.SQLITE_IOERR:
		return cloison.Errorf(cloison.Unavailable, "the disk of the database fails: look at the system's log: %w", err)
	case lib.SQLITE_CORRUPT, lib.SQLITE_NOTADB:
		return cloison.Errorf(cloison.Unavailable, "the database file is damaged: stop, keep a copy, restore a backup: %w", err)
	case lib.SQLITE_CANTOPEN:
		return cloison.Errorf(cloison.Unavailable, "the database file cannot be opened: check that it exists, and its rights: %w", err)
	case lib.SQLITE_READONLY, lib.SQLITE_PERM:
		return cloison.Errorf(cloison.Unavailable, "the database file cannot be written: check its rights: %w", err)
	}
	return cloison.Errorf(cloison.Unavailable, "the database did not answer: %w", err)
}

func millisText(d time.Duration) string { return strconv.FormatInt(d.Milliseconds(), 10) }
