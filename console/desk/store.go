package desk

import (
	"context"
	"time"

	"cloison"
	"cloison/access/explanation"
)

// Store is what the pages of the desk list. Safe for concurrent use; an error carries a cloison.Kind.
type Store interface {
	Duties(ctx context.Context, account cloison.AccountID, at time.Time) ([]explanation.DutyDeclared, error)
	Covers(ctx context.Context, account cloison.AccountID, at time.Time) ([]explanation.CoverDeclared, error)
	Grants(ctx context.Context, account cloison.AccountID, at time.Time) ([]explanation.Grant, error)
}
