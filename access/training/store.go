package training

import (
	"context"
	"time"

	"cloison"
)

// Store keeps attempts and certificates. Each method is one transaction, durable when it returns nil, and moves no
// fence: a disclosure is decided on the directory's facts about a training. Methods are safe for concurrent use by
// several processes. Errors carry a cloison.Kind: NotFound, Conflict, Denied, Stale, Unavailable.
type Store interface {
	// BeginAttempt stores a new attempt, if fewer than most of its account and course began at or after since; else
	// Denied. Conflict when the account has an open one of that course already. It deletes those of the account that
	// began before forget, open or not, in the same transaction.
	BeginAttempt(ctx context.Context, a Attempt, since time.Time, most int, forget time.Time) error
	Attempt(ctx context.Context, id cloison.ActID) (Attempt, error)
	// Attempts lists those of the account that began at or after since, newest first, and its open ones however old.
	Attempts(ctx context.Context, account cloison.AccountID, since time.Time) ([]Attempt, error)
	// UpdateAttempt replaces state, end and questions of an open attempt if its stored version is a.Version, and stores
	// a.Version+1; else Stale, and NotFound when it is gone. The certificate, when there is one, is stored in the same
	// transaction; Conflict when its number is taken.
	UpdateAttempt(ctx context.Context, a Attempt, c *Certificate) error

	Certificate(ctx context.Context, id cloison.ActID) (Certificate, error)
	// Certificates lists those of the account, newest first, at most limit.
	Certificates(ctx context.Context, account cloison.AccountID, limit int) ([]Certificate, error)
}
