package training

import (
	"context"

	"cloison"
)

// Certificate returns a certificate by its number, or NotFound. Whether the caller may see it is for the caller to say:
// it is the account's own business and that of those who answer for it.
func (t *Training) Certificate(ctx context.Context, id cloison.ActID) (Certificate, error) {
	return t.store.Certificate(ctx, id)
}

// Certificates lists the certificates of an account, newest first, fifty at most. The same holds for them.
func (t *Training) Certificates(ctx context.Context, account cloison.AccountID) ([]Certificate, error) {
	return t.store.Certificates(ctx, account, 50)
}
