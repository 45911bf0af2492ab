package approval

import (
	"context"

	"cloison"
	"cloison/access/directory"
)

// LedgerRights answers who may hold the ledger's rows and lift a hold. The ledger stands to the left of both stages and
// asks through an interface of its own, which this type satisfies.
type LedgerRights struct {
	*directory.Directory
	*Approvals
}

// Independent says whether the second account is independent of the first: nil, or a Denied error with its reason.
func (ap *Approvals) Independent(ctx context.Context, first, second cloison.AccountID) error {
	a, err := ap.store.Account(ctx, first)
	if err != nil {
		return err
	}
	b, err := ap.store.Account(ctx, second)
	if err != nil {
		return err
	}
	return Independent(ctx, ap.store, a, b)
}
