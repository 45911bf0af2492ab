package directory

import (
	"slices"
	"time"

	"cloison"
)

// Settling is for how long after its probation an account is new still to those who were made with it: two tools of one
// hijacked manager wait out ten working days, and its manager is found out meanwhile or is asked by its director what
// these two do.
const Settling = 30 * 24 * time.Hour

// settled reports whether the account stands for itself at t: it was imported, or its probation is over for long.
func (a Account) Settled(t time.Time) bool {
	return a.ProbationUntil.IsZero() || !t.Before(a.ProbationUntil.Add(Settling))
}

// makers lists who created, approved or last re-enrolled the account.
func (a Account) makers() []cloison.AccountID {
	return slices.DeleteFunc([]cloison.AccountID{a.CreatedBy, a.ApprovedBy, a.ReenrolledBy},
		func(id cloison.AccountID) bool { return id == 0 })
}

// madeBy reports whether maker created, approved or last re-enrolled the account.
func (a Account) MadeBy(maker cloison.AccountID) bool { return slices.Contains(a.makers(), maker) }
