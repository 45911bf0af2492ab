package directory

import (
	"context"

	"cloison"
)

// Verb names an act that needs a right.
type Verb string

const (
	ToPropose   Verb = "propose"   // an account of a structure
	ToReenrol   Verb = "reenrol"   // propose a new enrolment code for an existing account
	ToReinstate Verb = "reinstate" // propose to end a suspension
	ToDecide    Verb = "decide"    // approve or refuse somebody else's proposal
	ToSuspend   Verb = "suspend"   // one account
	ToClose     Verb = "close"     // end an account for good: its holder has left
	ToReview    Verb = "review"    // confirm an account, or not, in its structure's review
	ToCover     Verb = "cover"     // say that a colleague meets another's caseload
	ToRoster    Verb = "roster"    // put a colleague on duty
	ToTransfer  Verb = "transfer"  // give a caseload to a colleague
	ToMerge     Verb = "merge"     // make one structure of two; takes two
	ToContain   Verb = "contain"   // cut a lineage
	ToUndo      Verb = "undo"      // give back what a cut took; takes two
	ToWitness   Verb = "witness"   // say that the holder of an account that is re-enrolled is present
	ToResend    Verb = "resend"    // send a letter again that may have arrived
	ToAmend     Verb = "amend"     // change the name or e-mail address of an account
	ToAttest    Verb = "attest"    // say that an agent passed a course
	ToReceive   Verb = "receive"   // say that a person is here to see a colleague
	ToPresent   Verb = "present"   // type the code that a person gives
	ToAsk       Verb = "ask"       // ask a colleague to confirm a cover or a break-glass
	ToConfirm   Verb = "confirm"   // confirm or decline what a colleague asks
	ToTrace     Verb = "trace"     // ask the register who was shown a person
	ToProve     Verb = "prove"     // take the proof of an account's row, which names the person
	ToExport    Verb = "export"    // take the roll of the persons whom an account was shown
	ToHold      Verb = "hold"      // keep the ledger's rows beyond their retention
	ToLift      Verb = "lift"      // end such a hold; takes two
)

// Oversight is the roles over which a manager has no power.
const Oversight = Director | Approver | Officer | DPO | Auditor

// reach says on which accounts a right may be used.
type reach uint8

const (
	itself     reach = iota // the caller's own account only
	staff                   // other accounts of the caller's structure, without an oversight role
	colleagues              // other accounts of the caller's structure
	agents                  // any other account without an oversight role
	anybody                 // any other account
)

// grant is one line of the table: an account with that role may do verb to the accounts within reach.
type grant struct {
	verb  Verb
	role  Role // zero: any role
	reach reach
}

// grants is the table of rights. What is not in it is denied. Three acts need more than a line can say: to decide, a
// decider who is independent of the maker (package approval); to cover, a maker who is not the colleague that covers
// (package explanation); to keep an account in a review, one who has not just made it (approval.MayKeep).
func grants() []grant {
	return []grant{
		{ToPropose, Manager, staff},
		{ToPropose, Officer, anybody},
		{ToReenrol, Manager, staff},
		{ToReenrol, Officer, anybody},
		{ToReinstate, Manager, staff},
		{ToReinstate, Officer, anybody},
		{ToDecide, Approver, anybody},
		{ToSuspend, 0, itself}, // an agent who lost a key stops the account first and explains later
		{ToSuspend, Manager, staff},
		{ToSuspend, Officer, anybody},
		{ToClose, Manager, staff},
		{ToClose, Director, colleagues},
		{ToClose, Officer, anybody},
		{ToReview, Manager, colleagues},
		{ToReview, Director, colleagues},
		{ToReview, Officer, anybody},
		{ToCover, Adviser, colleagues},
		{ToCover, Reception, colleagues},
		{ToCover, Manager, colleagues},
		{ToCover, Director, colleagues},
		{ToRoster, Manager, colleagues},
		{ToRoster, Director, colleagues},
		{ToTransfer, Manager, colleagues},
		{ToTransfer, Director, colleagues},
		{ToTransfer, Officer, anybody},
		{ToMerge, Officer, anybody},
		{ToContain, Manager, staff},
		{ToContain, Officer, anybody},
		{ToContain, Officer, itself},
		{ToUndo, Officer, anybody},
		{ToWitness, Adviser, colleagues},
		{ToWitness, Reception, colleagues},
		{ToWitness, Manager, colleagues},
		{ToWitness, Director, colleagues},
		{ToResend, Officer, anybody},
		{ToResend, Officer, itself},
		{ToPropose, Source, staff},
		{ToPropose, NetworkSource, agents},
		{ToReinstate, Source, staff},
		{ToReinstate, NetworkSource, agents},
		{ToSuspend, Source, staff},
		{ToSuspend, NetworkSource, agents},
		{ToAmend, Source, staff},
		{ToAmend, NetworkSource, agents},
		{ToAttest, Source, colleagues},
		{ToAttest, NetworkSource, anybody},
		{ToReceive, Reception, colleagues},
		{ToPresent, Adviser, itself},
		{ToPresent, Reception, itself},
		{ToAsk, Adviser, itself},
		{ToAsk, Reception, itself},
		{ToConfirm, Adviser, colleagues},
		{ToConfirm, Reception, colleagues},
		{ToConfirm, Manager, colleagues},
		{ToConfirm, Director, colleagues},
		{ToTrace, Officer, anybody},
		{ToTrace, DPO, anybody},
		{ToTrace, Auditor, anybody},
		{ToProve, Officer, anybody},
		{ToProve, Officer, itself},
		{ToProve, DPO, anybody},
		{ToProve, DPO, itself},
		{ToProve, Auditor, anybody},
		{ToProve, Auditor, itself},
		{ToExport, Officer, anybody},
		{ToExport, Officer, itself},
		{ToExport, DPO, anybody},
		{ToExport, DPO, itself},
		{ToHold, Officer, anybody},
		{ToHold, DPO, anybody},
		{ToLift, Officer, anybody},
		{ToLift, DPO, anybody},
	}
}

// DenyReason is why somebody may not act: a code of the message catalogue. Each Denied error of the stages of access
// holds one.
type DenyReason string

const (
	NotActive      DenyReason = "not_active"      // the caller's account is unknown, pending, suspended or closed
	NoRole         DenyReason = "no_role"         // no role of the caller gives the right
	OtherStructure DenyReason = "other_structure" // the right ends at the caller's own structure
	Overseer       DenyReason = "overseer"        // the subject has an oversight role
	Oneself        DenyReason = "oneself"         // not for one's own account
	CourseExpired  DenyReason = "course_expired"  // the managers' course is missing or out of date
	RoleNotGiven   DenyReason = "role_not_given"  // a manager may not give that role: an officer proposes it
	AlreadyThere   DenyReason = "already_there"   // the agent has an account in the structure: re-enrol or reinstate it
	ListTooSoon    DenyReason = "list_too_soon"   // the number of lists of the period, or of proposals of the day, is reached
	ListTooLong    DenyReason = "list_too_long"   // a list has too many lines
	ListCharset    DenyReason = "list_charset"    // a list is not in UTF-8
	ListHeader     DenyReason = "list_header"     // a list's first line does not name its columns
	ListEmpty      DenyReason = "list_empty"      // a list has no line
	ListRefused    DenyReason = "list_refused"    // a line of the list is refused: look at it again
	ListWhole      DenyReason = "list_whole"      // a list is approved as a whole
	AlreadyAsked   DenyReason = "already_asked"   // the same proposal is open
	TooMany        DenyReason = "too_many"        // the day's number of proposals is reached: an officer proposes more
	OwnProposal    DenyReason = "own_proposal"    // the maker does not decide on its own proposal
	InControl      DenyReason = "in_control"      // maker and decider made, approved or re-enrolled one another
	SameLineage    DenyReason = "same_lineage"    // maker and decider are of one lineage
	MakerGone      DenyReason = "maker_gone"      // the maker may not propose this any more
	Cut            DenyReason = "cut"             // suspended by a containment: an officer proposes, or two undo it
	LeaversHeld    DenyReason = "leavers_held"    // machines have suspended the day's number of accounts
	Approving      DenyReason = "approving"       // approvers approve accounts; they do not also explain files
	CodeExpired    DenyReason = "code_expired"    // the enrolment code has expired
	CodeLocked     DenyReason = "code_locked"     // too many codes tried: wait
	NotWitnessed   DenyReason = "not_witnessed"   // there is no witness, or the word is wrong or old
	Newcomer       DenyReason = "newcomer"        // the caller is on probation
	CodeForOther   DenyReason = "code_for_other"  // the account is bound to another subject
	TooClose       DenyReason = "too_close"       // the caller is not independent of the account that would read
	WrongCode      DenyReason = "wrong_code"      // the person's code is wrong, used or expired
	DayFull        DenyReason = "day_full"        // the day's number of visits or requests is reached
)

func (r DenyReason) Error() string { return "not allowed: " + string(r) }

// Deny returns a Denied error with that reason.
func Deny(r DenyReason) error { return &cloison.Error{Kind: cloison.Denied, Err: r} }

// Allow says whether by may do verb to subject, by the table alone: nil, or a Denied error with its [DenyReason]. For
// ToPropose the subject is the account as it would be.
func Allow(verb Verb, by, subject Account) error {
	if by.ID == 0 || by.State != Active {
		return Deny(NotActive)
	}
	worst := NoRole
	for _, g := range grants() {
		if g.verb != verb || !by.Roles.Has(g.role) {
			continue
		}
		reason := g.reach.denial(by, subject)
		if reason == "" {
			return nil
		}
		if g.role != 0 { // the reason of the right that the caller has in mind, not of the one over itself
			worst = reason
		}
	}
	return Deny(worst)
}

// May says whether the caller may do verb to each of those accounts, as all of them are now: nil, or a Denied error
// with its [DenyReason]. Without an account it checks the verb alone.
func (d *Directory) May(ctx context.Context, by cloison.Caller, verb Verb, subjects ...cloison.AccountID) error {
	caller, err := d.Caller(ctx, by)
	if err != nil {
		return err
	}
	if len(subjects) == 0 {
		return Allow(verb, caller, Account{})
	}
	for _, id := range subjects {
		a, err := d.store.Account(ctx, id)
		if err != nil {
			return err
		}
		if err := Allow(verb, caller, a); err != nil {
			return err
		}
	}
	return nil
}

func (r reach) denial(by, subject Account) DenyReason {
	switch {
	case r == itself && by.ID != subject.ID:
		return NoRole
	case r == itself:
		return ""
	case by.ID == subject.ID:
		return Oneself
	case r == anybody:
		return ""
	case r != agents && by.Structure != subject.Structure:
		return OtherStructure
	case (r == staff || r == agents) && subject.Roles&Oversight != 0:
		return Overseer
	}
	return ""
}
