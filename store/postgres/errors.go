package postgres

import (
	"context"
	"errors"
	"strings"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"cloison"
	"cloison/store/shared"
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

// notStored reports whether a COMMIT that failed so has certainly left nothing behind: the server answered that it
// rolled back. A server that is stopping (class 57) may have committed before it answers. The driver's hint that a
// retry is safe is not used: it gives it also when a connection broke while the answer was under way.
func notStored(err error) bool {
	c := code(err)
	return errors.Is(err, pgx.ErrTxCommitRollback) || (c != "" && !strings.HasPrefix(c, "57"))
}

// withKind gives an error of a transaction that was rolled back its kind.
func withKind(err error) error {
	var e *cloison.Error
	switch {
	case err == nil || errors.As(err, &e):
		return err
	case code(err) == uniqueViolation:
		return cloison.Errorf(cloison.Conflict, "it exists already: %w", withoutDetail(err))
	case code(err) == foreignKeyViolation:
		return cloison.Errorf(cloison.NotFound, "it names something that is not there: %w", withoutDetail(err))
	case code(err) == badText:
		return cloison.Errorf(cloison.Invalid, "a text holds a zero byte or is not UTF-8: %w", withoutDetail(err))
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
		return cloison.Errorf(cloison.Unavailable, "gave up waiting for the database: %w", withoutDetail(err))
	}
	switch c := code(err); {
	case c == diskFull:
		return cloison.Errorf(cloison.Unavailable, "the disk of the database is full: make room, then try again: %w", withoutDetail(err))
	case strings.HasPrefix(c, "57") || strings.HasPrefix(c, "08") || c == "":
		return cloison.Errorf(cloison.Unavailable, "the database server cannot be reached: check that it runs: %w", withoutDetail(err))
	case strings.HasPrefix(c, "28") || c == "3D000":
		return cloison.Errorf(cloison.Unavailable, "the database server refuses us: check the address, user and password: %w", withoutDetail(err))
	}
	return cloison.Errorf(cloison.Unavailable, "the database did not answer: %w", withoutDetail(err))
}

// withoutDetail keeps the server's message out: its details quote values, which may be personal data. The cause stays reachable.
func withoutDetail(err error) error {
	var e *pgconn.PgError
	if errors.As(err, &e) {
		return &codeOnly{e}
	}
	return err
}

type codeOnly struct{ err *pgconn.PgError }

func (q *codeOnly) Error() string {
	s := "SQLSTATE " + q.err.Code
	if q.err.ConstraintName != "" {
		s += ", " + q.err.ConstraintName
	}
	return s
}
func (q *codeOnly) Unwrap() error { return q.err }

// Is makes the error of a row whose key is taken known to store/shared.
func (q *codeOnly) Is(target error) bool {
	return target == shared.ErrExists && q.err.Code == uniqueViolation
}
