package policy

import (
	"time"

	"cloison"
)

// Verdict is the decision on the whole request. Only Permit permits; the empty Verdict does not.
type Verdict string

const (
	Refuse Verdict = "refuse"
	Permit Verdict = "permit"
	StepUp Verdict = "step_up" // ask for Decision.Proof, then decide again (RFC 9470)
)

// Proof is what a step-up asks for.
type Proof string

const (
	PasskeyProof Proof = "passkey" // our own passkey, now
	SignInProof  Proof = "sign_in" // a new federated sign-in
)

// Code is a reason's stable name: the key in the message catalogues, the metrics and the stored refusals.
type Code string

const (
	ClockDoubt       Code = "clock_doubt"       // the time is in doubt, so nothing is shown
	ClosedLedger     Code = "closed_ledger"     // nothing can be recorded, so nothing is shown
	UnknownOperation Code = "unknown_operation" // the route's mapping is not understood
	IsSuspended      Code = "suspended"         // Since, By
	NotActive        Code = "not_active"        // pending, closed, or a state we do not know: State
	IsDormant        Code = "dormant"           // unused for too long
	NoRole           Code = "no_role"           // no role of the account reads files
	Training         Code = "training"          // Course, and Until when it was valid (zero: never followed)
	WeakFactor       Code = "weak_factor"       // the session's factor does not resist phishing
	TooManyRows      Code = "too_many_rows"     // Count persons, Limit allowed

	NotExplained Code = "not_explained" // nobody says why this account meets this person
	Probation    Code = "probation"     // only the caseload, Until
	SoftLevel    Code = "soft_level"    // the detector wants our passkey before an unexplained file
	BoundReached Code = "bound_reached" // nothing unexplained any more
	CapDay       Code = "cap_day"       // Limit
	CapLineage   Code = "cap_lineage"   // Limit
	CapStructure Code = "cap_structure" //
	Presence     Code = "presence"      // the passkey again, after so many new persons: Limit
	Incomplete   Code = "incomplete"    // somebody else in the same answer may not be shown
)

// Course names a training.
type Course string

const (
	Awareness      Course = "awareness"
	ManagersCourse Course = "managers"
)

// Reason is why something is not shown, with the numbers and dates of its sentence.
type Reason struct {
	Code   Code              `json:"code"`
	Count  int               `json:"count,omitzero"`
	Limit  int               `json:"limit,omitzero"`
	Since  time.Time         `json:"since,omitzero"`
	Until  time.Time         `json:"until,omitzero"`
	By     cloison.AccountID `json:"by,omitzero"`
	State  State             `json:"state,omitzero"`
	Course Course            `json:"course,omitzero"`
}

// Decision is what comes out.
type Decision struct {
	Verdict Verdict `json:"verdict"`
	// Reasons says why not Permit, or which reasons withhold rows of a permitted list (Count rows each).
	Reasons []Reason  `json:"reasons,omitempty"`
	Proof   Proof     `json:"proof,omitzero"` // of a StepUp; also set when a permitted list would show more after it
	Persons []Outcome `json:"persons,omitempty"`
}

// Outcome is the decision on one person of the answer, at the same position. When the Verdict is not Permit every
// person is withheld.
type Outcome struct {
	Show cloison.Fields `json:"show"`          // leaves in clear: what the row records
	Mask cloison.Fields `json:"mask,omitzero"` // leaves as masked text
	// Withheld is why nothing of this person leaves; its Code is empty when the person is shown.
	Withheld Reason `json:"withheld,omitzero"`
	// Unexplained is true when the explanation counts as none for the detector.
	Unexplained bool `json:"unexplained,omitzero"`
	// Attempt is true when the person was asked for by name and not explained: evidence for the detector.
	Attempt bool `json:"attempt,omitzero"`
}

// Shown reports whether the person leaves.
func (o Outcome) Shown() bool { return o.Withheld.Code == "" }

// Withheld counts the persons that do not leave.
func (d Decision) Withheld() (n int) {
	for _, o := range d.Persons {
		if !o.Shown() {
			n++
		}
	}
	return n
}
