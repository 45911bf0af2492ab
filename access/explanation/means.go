package explanation

import (
	"time"

	"cloison"
)

// How an explanation came about, in the order in which the strongest wins. The texts are stored in rows.
type Means string

const (
	Caseload    Means = "caseload"    // the business tool's own assignment, imported by the operator
	Appointment Means = "appointment" // the agenda's, imported by the operator
	Visit       Means = "visit"       // registered by the reception: the person is here
	Code        Means = "code"        // given by the person, here: a one-time code
	Cover       Means = "cover"       // declared by a third person for an absent colleague's caseload
	Duty        Means = "duty"        // declared by a third person: the duty desk meets the structure's caseloads
	BreakGlass  Means = "break_glass" // a reason typed by the agent and confirmed by a colleague
)

// Explanation (motif de rattachement) says why this account meets this person.
type Explanation struct {
	Means Means
	Ref   cloison.ActID // the cover, duty, transfer or grant; zero for imports
	// Earlier is the transfers before Ref by which the person came, when Ref is one: all of them said that somebody
	// meets the person.
	Earlier []cloison.ActID
	By      cloison.AccountID // who made it; zero: an import by the operator, or the person
	Since   time.Time
	Until   time.Time // zero: open

	// SelfGranted is true when the maker is the account itself or someone whom it could have made, or who made it:
	// such an explanation opens the file within the bound but counts as none (design.md §7).
	SelfGranted bool
}

// Covers reports whether the explanation holds at t. It must have been made before the read: Since is exclusive.
func (e Explanation) Covers(t time.Time) bool {
	return e.Since.Before(t) && (e.Until.IsZero() || t.Before(e.Until))
}

// weight orders explanations of one person: one that counts as none loses to a break-glass, which loses to the others.
func (e Explanation) weight() int {
	switch {
	case e.SelfGranted:
		return 0
	case e.Means == BreakGlass:
		return 1
	}
	return 2
}

// keepStronger keeps the weightier explanation of a person; of equals, the one that was there.
func keepStronger(all map[cloison.PersonRef]Explanation, person cloison.PersonRef, e Explanation) {
	if had, ok := all[person]; !ok || had.weight() < e.weight() {
		all[person] = e
	}
}
