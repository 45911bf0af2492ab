package directory

import (
	"time"

	"cloison"
)

// Settling is how long after its probation an account is not settled yet. Two tools of a hijacked manager can wait
// out ten working days; in a month more the manager is found out, or the director has asked what the two do.
const Settling = 30 * 24 * time.Hour

// Settled reports whether the account counts as independent of its makers at t: it was imported, or its probation ended
// long ago.
func (a Account) Settled(t time.Time) bool {
	return a.ProbationUntil.IsZero() || !t.Before(a.ProbationUntil.Add(Settling))
}

// MadeBy reports whether maker created, approved or last re-enrolled the account.
func (a Account) MadeBy(maker cloison.AccountID) bool {
	return maker != 0 && (a.CreatedBy == maker || a.ApprovedBy == maker || a.ReenrolledBy == maker)
}
