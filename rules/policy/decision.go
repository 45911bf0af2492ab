package policy

import (
	"time"

	"cloison"
)

// Outcome is the decision on the whole request. Only Permit permits; the empty Outcome does not.
type Outcome string

const (
	Refuse Outcome = "refuse"
	Permit Outcome = "permit"
	StepUp Outcome = "step_up" // ask for Decision.Proof, then decide again (RFC 9470)
)

// Factor is what a step-up asks for.
type Factor string

const (
	PasskeyFactor Factor = "passkey" // the passkey, now
	SignInFactor  Factor = "sign_in" // a new federated sign-in
)

// ReasonCode is a reason's stable name in the message catalogues, the metrics and the stored refusals.
type ReasonCode string

const (
	ClockDoubt        ReasonCode = "clock_doubt"       // the clock is in doubt, so nothing is shown
	LedgerUnavailable ReasonCode = "closed_ledger"     // the ledger cannot record, so nothing is shown
	UnknownOperation  ReasonCode = "unknown_operation" // the route's operation is unknown
	IsSuspended       ReasonCode = "suspended"         // Since, By
	NotActive         ReasonCode = "not_active"        // pending, closed or an unknown state: State
	IsDormant         ReasonCode = "dormant"           // unused for too long
	NoRole            ReasonCode = "no_role"           // no role of the account reads files
	Training          ReasonCode = "training"          // Course, and Until when it was valid (zero: never followed)
	WeakFactor        ReasonCode = "weak_factor"       // the session's factor can be phished
	TooManyRows       ReasonCode = "too_many_rows"     // Count persons, Limit allowed

	NotExplained ReasonCode = "not_explained" // there is no explanation
	Probation    ReasonCode = "probation"     // the account is on probation and this is not its caseload: Until
	SoftLevel    ReasonCode = "soft_level"    // soft level: the passkey is asked before an unexplained person
	BoundReached ReasonCode = "bound_reached" // hard level: nothing unexplained passes
	CapDay       ReasonCode = "cap_day"       // Limit
	CapLineage   ReasonCode = "cap_lineage"   // Limit
	CapStructure ReasonCode = "cap_structure" //
	Presence     ReasonCode = "presence"      // the passkey is asked again after Limit new persons
	Incomplete   ReasonCode = "incomplete"    // another person of the same answer may not be shown
)

// Course names a training.
type Course string

const (
	Awareness      Course = "awareness"
	ManagersCourse Course = "managers"
)

// Reason is why something is not shown, with the numbers and dates of its sentence.
type Reason struct {
	Code   ReasonCode        `json:"code"`
	Count  int               `json:"count,omitzero"`
	Limit  int               `json:"limit,omitzero"`
	Since  time.Time         `json:"since,omitzero"`
	Until  time.Time         `json:"until,omitzero"`
	By     cloison.AccountID `json:"by,omitzero"`
	State  State             `json:"state,omitzero"`
	Course Course            `json:"course,omitzero"`
}

// Decision is the answer to one request.
type Decision struct {
	Outcome Outcome `json:"verdict"`
	// Reasons says why the outcome is not Permit, or why rows of a permitted list are withheld (Count rows each).
	Reasons []Reason         `json:"reasons,omitempty"`
	Factor  Factor           `json:"proof,omitzero"` // of a StepUp; also set when a permitted list would show more after it
	Persons []PersonDecision `json:"persons,omitempty"`
}

// PersonDecision is the decision on one person of the answer, at the same position. When the Outcome is not Permit,
// every person is withheld.
type PersonDecision struct {
	Show cloison.Fields `json:"show"`          // leaves in clear: what the row records
	Mask cloison.Fields `json:"mask,omitzero"` // leaves as masked text
	// Withheld is why nothing of this person leaves; its Code is empty when the person is shown.
	Withheld Reason `json:"withheld,omitzero"`
	// Unexplained is true when the explanation counts as none for the detector.
	Unexplained bool `json:"unexplained,omitzero"`
	// Attempt is true when the person was asked for by reference and not explained: evidence for the detector.
	Attempt bool `json:"attempt,omitzero"`
}

// Shown reports whether the person leaves.
func (o PersonDecision) Shown() bool { return o.Withheld.Code == "" }

// Withheld counts the persons that do not leave.
func (d Decision) Withheld() (n int) {
	for _, o := range d.Persons {
		if !o.Shown() {
			n++
		}
	}
	return n
}
