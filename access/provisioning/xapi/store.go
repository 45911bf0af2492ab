package xapi

import (
	"context"
	"time"

	"cloison"
	"cloison/access/directory"
)

// Store keeps the digests of statements, and reads accounts. Each method is one transaction, durable when it returns
// nil, and safe for concurrent use by several processes; none moves the fence. Errors carry a cloison.Kind: Conflict,
// Unavailable.
type Store interface {
	AccountsByEmail(ctx context.Context, email cloison.Personal) ([]directory.Account, error)

	// Statements returns the digests of those statements of the client that are stored, by id.
	Statements(ctx context.Context, client string, ids []string) (map[string][32]byte, error)
	// AddStatements stores all or nothing. A statement that is there with the same digest stays as it is; Conflict when
	// one is there with another.
	AddStatements(ctx context.Context, client string, at time.Time, digests map[string][32]byte) error
}
