package training

import (
	"context"
	"time"

	"cloison"
	"cloison/access/directory"
)

// Certificate says that an account has passed a course. Its number is that of the attempt, so that an attempt has one
// at most; it is random, and a printed certificate is checked by it alone.
type Certificate struct {
	ID      cloison.ActID
	Account cloison.AccountID
	Course  directory.Course
	Edition string
	Right   int // situations judged rightly at first sight
	Of      int
	At      time.Time
	Until   time.Time // the end of its validity
}

// Certificate returns a certificate by its number, or NotFound. The caller checks who sees it: the account itself and
// those who answer for it.
func (t *Training) Certificate(ctx context.Context, id cloison.ActID) (Certificate, error) {
	return t.store.Certificate(ctx, id)
}

// Certificates lists the certificates of an account, newest first, fifty at most; the caller checks who sees them.
func (t *Training) Certificates(ctx context.Context, account cloison.AccountID) ([]Certificate, error) {
	return t.store.Certificates(ctx, account, 50)
}
