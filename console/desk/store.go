package desk

import (
	"context"
	"time"

	"cloison"
	"cloison/access/directory"
	"cloison/access/explanation"
)

// Store is what the pages of the desk list. Safe for concurrent use; an error carries a cloison.Kind.
type Store interface {
	// Accounts lists those of a structure, by id, after one.
	Accounts(ctx context.Context, structure cloison.StructureID, after cloison.AccountID, limit int) ([]directory.Account, error)
	Duties(ctx context.Context, account cloison.AccountID, at time.Time) ([]explanation.DutyDeclared, error)
	Covers(ctx context.Context, account cloison.AccountID, at time.Time) ([]explanation.CoverDeclared, error)
	Grants(ctx context.Context, account cloison.AccountID, at time.Time) ([]explanation.Grant, error)
}
