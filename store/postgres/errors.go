package postgres

import (
	"context"
	"errors"
	"strings"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"cloison"
)

// SQLSTATE codes that mean something to us (PostgreSQL documentation, appendix A).
const (
	uniqueViolation     = "23505"
	foreignKeyViolation = "23503"
	checkViolation      = "23514" // also: no partition for the row
	badText             = "22021" // a zero byte, or bytes that are not UTF-8
	diskFull            = "53100"
)

// code returns the SQLSTATE in err; empty when the server did not answer.
func code(err error) string {
	var e *pgconn.PgError
	if errors.As(err, &e) {
		return e.Code
	}
	return ""
}

func exists(err error) bool { return code(err) == uniqueViolation }

// notStored says whether a COMMIT that failed so has certainly left nothing behind: the server answered that it rolled
// back. A server that is told to stop (class 57) may have committed before it says so. The driver's own word that a
// retry is safe is not taken: it gives it also when a connection broke while the answer was under way.
func notStored(err error) bool {
	c := code(err)
	return errors.Is(err, pgx.ErrTxCommitRollback) || (c != "" && !strings.HasPrefix(c, "57"))
}

// kinded gives an error of a transaction that was rolled back its kind.
func kinded(err error) error {
	var e *cloison.Error
	switch {
	case err == nil || errors.As(err, &e):
		return err
	case exists(err):
		return cloison.Errorf(cloison.Conflict, "it exists already: %w", bare(err))
	case code(err) == foreignKeyViolation:
		return cloison.Errorf(cloison.NotFound, "it names something that is not there: %w", bare(err))
	case code(err) == badText:
		return cloison.Errorf(cloison.Invalid, "a text holds a zero byte or is not UTF-8: %w", bare(err))
	}
	return unavailable(err)
}

// unavailable says that nothing was stored, and what may help.
func unavailable(err error) error {
	var e *cloison.Error
	switch {
	case err == nil || errors.As(err, &e):
		return err
	case errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded):
		return cloison.Errorf(cloison.Unavailable, "gave up waiting for the database: %w", bare(err))
	}
	switch c := code(err); {
	case c == diskFull:
		return cloison.Errorf(cloison.Unavailable, "the disk of the database is full: make room, then try again: %w", bare(err))
	case strings.HasPrefix(c, "57") || strings.HasPrefix(c, "08") || c == "":
		return cloison.Errorf(cloison.Unavailable, "the database server cannot be reached: check that it runs: %w", bare(err))
	case strings.HasPrefix(c, "28") || c == "3D000":
		return cloison.Errorf(cloison.Unavailable, "the database server refuses us: check the address, user and password: %w", bare(err))
	}
	return cloison.Errorf(cloison.Unavailable, "the database did not answer: %w", bare(err))
}

// bare keeps the server's message out: its details quote values, which may be personal data. The cause stays reachable.
func bare(err error) error {
	var e *pgconn.PgError
	if errors.As(err, &e) {
		return &quiet{e}
	}
	return err
}

type quiet struct{ err *pgconn.PgError }

func (q *quiet) Error() string {
	s := "SQLSTATE " + q.err.Code
	if q.err.ConstraintName != "" {
		s += ", " + q.err.ConstraintName
	}
	return s
}
func (q *quiet) Unwrap() error { return q.err }

// found turns the absence of a row into NotFound.
func found(what string, err error) error {
	if errors.Is(err, pgx.ErrNoRows) {
		return cloison.Errorf(cloison.NotFound, "there is no such %s", what)
	}
	return unavailable(err)
}

func stale(what string) error {
	return cloison.Errorf(cloison.Stale, "the %s changed meanwhile: read it again and decide again", what)
}
