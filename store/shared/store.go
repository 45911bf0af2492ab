package shared

import (
	"context"
	"database/sql"
	"errors"
	"time"
)

// Store is all that both engines share of the room access. It is safe for concurrent use when the engine is.
type Store struct {
	AccountStore
	StructureStore
	ProposalStore
	EnrolmentStore
	ExplanationStore
	DutyStore
	RequestStore
	GrantStore
	DepartureStore
	MergerStore
	SessionStore
	PasskeyStore
	ActStore
	SignInStore
	TrainingStore
	ResourceStore
	LetterStore
	DormancyStore
	ReviewStore
	MedianStore
}

// A group is the methods for one noun.
type (
	AccountStore     struct{ *Engine } // the accounts
	StructureStore   struct{ *Engine } // the structures
	ProposalStore    struct{ *Engine } // the proposals, those with a list of newcomers included
	EnrolmentStore   struct{ *Engine } // the enrolment codes
	ExplanationStore struct{ *Engine } // why accounts meet persons: caseloads and covers
	DutyStore        struct{ *Engine } // the turns at the duty desk, and the transfers of caseloads
	RequestStore     struct{ *Engine } // the requests of agents to their colleagues
	GrantStore       struct{ *Engine } // what the front desk grants: visits and people's codes
	DepartureStore   struct{ *Engine } // what machines end and change of accounts
	MergerStore      struct{ *Engine } // the mergers of structures
	SessionStore     struct{ *Engine } // the sessions of the console and the gateway
	PasskeyStore     struct{ *Engine } // the passkeys of accounts
	ActStore         struct{ *Engine } // the acts that wait for a passkey
	SignInStore      struct{ *Engine } // what is kept of signing in itself: states, places, failures
	TrainingStore    struct{ *Engine } // the courses: attempts at them and certificates
	ResourceStore    struct{ *Engine } // what machines sent of agents
	LetterStore      struct{ *Engine } // the outbox of e-mails to agents
	DormancyStore    struct{ *Engine } // what ends accounts that are unused or unconfirmed
	ReviewStore      struct{ *Engine } // the reviews of structures
	MedianStore      struct{ *Engine } // the days of structures, and their medians
)

// New makes the shared methods of an engine.
func New(db *Engine) Store {
	return Store{
		AccountStore{db}, StructureStore{db}, ProposalStore{db}, EnrolmentStore{db},
		ExplanationStore{db}, DutyStore{db}, RequestStore{db}, GrantStore{db}, DepartureStore{db},
		MergerStore{db}, SessionStore{db}, PasskeyStore{db}, ActStore{db}, SignInStore{db},
		TrainingStore{db}, ResourceStore{db}, LetterStore{db}, DormancyStore{db}, ReviewStore{db},
		MedianStore{db},
	}
}

// Get reads one row; without one, there is no such what.
func (db *Engine) Get(ctx context.Context, what, query string, args, dest []any) error {
	return Found(what, db.Row(ctx, query, args...).Scan(dest...))
}

// Change is guarded for what disclosures are decided on: at the end it raises the fence.
func (db *Engine) Change(ctx context.Context, do func(Tx) error) error {
	return db.Guarded(ctx, func(t Tx) error {
		if err := do(t); err != nil {
			return err
		}
		return t.RaiseFence()
	})
}

// One reads one row; without one, there is no such what.
func One[T any](ctx context.Context, db *Engine, what string, scan func(Row) (T, error), query string, args ...any) (T, error) {
	v, err := scan(db.Row(ctx, query, args...))
	return v, Found(what, err)
}

// Value reads one value.
func Value[T any](ctx context.Context, db *Engine, query string, args ...any) (v T, err error) {
	err = db.Row(ctx, query, args...).Scan(&v)
	return v, err
}

// List reads all rows of a query.
func List[T any](ctx context.Context, db *Engine, scan func(Row) (T, error), query string, args ...any) (values []T, err error) {
	err = db.Each(ctx, query, args, func(row Row) error {
		v, err := scan(row)
		values = append(values, v)
		return err
	})
	return values, err
}

// Into makes a scan of the destinations of the columns.
func Into[T any](dest func(*T) []any) func(Row) (T, error) {
	return func(row Row) (v T, err error) {
		err = row.Scan(dest(&v)...)
		return v, err
	}
}

// none reports whether err is the absence of a row.
func none(err error) bool { return errors.Is(err, sql.ErrNoRows) }

// Found turns the absence of a row into NotFound.
func Found(what string, err error) error {
	if none(err) {
		return NoSuch(what)
	}
	return err
}

// Numbers is a list of ids as an argument.
func Numbers[T ~int64](of []T) []int64 {
	n := make([]int64, len(of))
	for i, id := range of {
		n[i] = int64(id)
	}
	return n
}

// Marked is the time for a column where any time means that something is over: never the zero time.
func Marked(at time.Time) time.Time {
	if at.IsZero() {
		return time.UnixMilli(1)
	}
	return at
}
