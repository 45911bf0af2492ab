package explanation

import (
	"time"

	"cloison"
)

// Means is how an explanation came about, the strongest first. The texts are stored in rows.
type Means string

const (
	Caseload    Means = "caseload"    // the business tool's own assignment, imported by the operator
	Appointment Means = "appointment" // an entry of the agenda, imported by the operator
	Visit       Means = "visit"       // the reception registered that the person is here
	Code        Means = "code"        // the person, who is here, gave a one-time code
	Cover       Means = "cover"       // a third person declared that the agent meets an absent colleague's caseload
	Duty        Means = "duty"        // a third person put the agent on duty for the structure's caseloads
	BreakGlass  Means = "break_glass" // a colleague confirmed the reason that the agent typed
)

// Explanation (motif de rattachement) says why this account meets this person.
type Explanation struct {
	Means Means
	Ref   cloison.ActID // the cover, duty, transfer or grant; zero for imports
	// Earlier lists the transfers before Ref by which the person came, when Ref is a transfer.
	Earlier []cloison.ActID
	By      cloison.AccountID // who made it; zero: an import by the operator, or the person
	Since   time.Time
	Until   time.Time // zero: open

	// SelfGranted says that the maker is the account itself, an account that it could have made, or one that made it.
	// Such an explanation opens the file within the bound, and counts as none.
	SelfGranted bool
}

// Covers reports whether the explanation holds at t. It must have been made before the read: Since is exclusive.
func (e Explanation) Covers(t time.Time) bool {
	return e.Since.Before(t) && (e.Until.IsZero() || t.Before(e.Until))
}

// weight orders the explanations of one person: a self-granted one loses to a break-glass, which loses to all others.
func (e Explanation) weight() int {
	switch {
	case e.SelfGranted:
		return 0
	case e.Means == BreakGlass:
		return 1
	}
	return 2
}

// keepStronger keeps the explanation with more weight; of two equal ones, the one that is there.
func keepStronger(all map[cloison.PersonRef]Explanation, person cloison.PersonRef, e Explanation) {
	if had, ok := all[person]; !ok || had.weight() < e.weight() {
		all[person] = e
	}
}
