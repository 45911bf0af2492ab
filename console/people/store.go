package people

import (
	"context"
	"time"

	"cloison"
	"cloison/access/directory"
	"cloison/incident/contain"
)

// Store is what the pages of people list. Safe for concurrent use; an error carries a cloison.Kind.
type Store interface {
	FindAccounts(ctx context.Context, s directory.Search) ([]directory.Account, error)
	Structure(ctx context.Context, id cloison.StructureID) (directory.Structure, error)
	Structures(ctx context.Context) ([]directory.Structure, error)
	// Descent lists what accounts created, approved or enrolled again since a time.
	Descent(ctx context.Context, of []cloison.AccountID, since time.Time) ([]contain.Link, error)
}
