package cloison

import (
	"errors"
	"fmt"
	"net/http"
)

// Kind sorts errors by what the caller can do about them. A denial by policy is a result, not an error: Denied is for
// callers who may not ask the question at all.
type Kind uint8

const (
	Internal    Kind = iota // a fault of ours, or an unknown commit outcome: never answered as success
	Invalid                 // the input is wrong; the message says what would be right
	Denied                  // the caller may not do this
	NotFound                // there is no such thing, or the caller may not know of it
	Stale                   // decided on facts that have changed: decide again
	Conflict                // it exists already, or is in a state that forbids the move
	Unavailable             // store, key or clock in doubt: nothing was disclosed, try again later
)

// String returns the kind's stable name.
func (k Kind) String() string {
	return [...]string{"internal", "invalid", "denied", "not found", "stale", "conflict", "unavailable"}[k]
}

// Error carries a Kind. Its message is for operators and never holds personal data; what an agent reads comes from the
// message catalogues.
type Error struct {
	Kind Kind
	Err  error
}

func (e *Error) Error() string { return e.Err.Error() }
func (e *Error) Unwrap() error { return e.Err }

// Errorf makes an error of that kind. A %w verb keeps the cause reachable.
func Errorf(k Kind, format string, args ...any) error {
	return &Error{Kind: k, Err: fmt.Errorf(format, args...)}
}

// KindOf returns the kind of the outermost *Error in err's chain; Internal when there is none.
func KindOf(err error) Kind {
	var e *Error
	if errors.As(err, &e) {
		return e.Kind
	}
	return Internal
}

// staleTries bounds how often a decision is taken again on changed facts before Stale goes to the caller.
const staleTries = 5

// RetryStale runs decide until it returns something else than a Stale error, a few times at most.
func RetryStale(decide func() error) (err error) {
	for range staleTries {
		if err = decide(); err == nil || KindOf(err) != Stale {
			return err
		}
	}
	return err
}

// HTTPStatus is the one map from kinds to HTTP.
func (k Kind) HTTPStatus() int {
	switch k {
	case Invalid:
		return http.StatusBadRequest
	case Denied:
		return http.StatusForbidden
	case NotFound:
		return http.StatusNotFound
	case Stale, Conflict:
		return http.StatusConflict
	case Unavailable:
		return http.StatusServiceUnavailable
	default:
		return http.StatusInternalServerError
	}
}
