package letters

import (
	"time"

	"cloison"
)

// Kind is what a letter is about; its template bears the same name.
type Kind string

const (
	Created        Kind = "created"         // to directors: a new account in their structure
	RecoveryAsked  Kind = "recovery_asked"  // to the holder and directors: a new code is asked for
	Recovery       Kind = "recovery"        // to the holder and directors: a new code was granted
	Witnessed      Kind = "witnessed"       // to the holder and directors: a witness certified that the holder is present
	Unwitnessed    Kind = "unwitnessed"     // to the holder and directors: the code was tried without a witness
	Factor         Kind = "factor"          // to directors: a passkey was added, removed or copied
	OwnFactor      Kind = "own_factor"      // to the holder: the same
	Enrolled       Kind = "enrolled"        // to the holder: the account is open
	Device         Kind = "device"          // to the holder: a sign-in from a device never seen
	Suspended      Kind = "suspended"       // to the holder
	StaffSuspended Kind = "staff_suspended" // to directors
	Reinstated     Kind = "reinstated"      // to the holder
	BreakGlass     Kind = "break_glass"     // to directors
	Transferred    Kind = "transferred"     // to the directors of both structures: a caseload changed hands
	LedgerHold     Kind = "ledger_hold"     // to officers and DPOs: a hold begins or ends
	Decided        Kind = "decided"         // to the maker of a proposal: the decision
	Training       Kind = "training"        // to the holder: a course ends soon
	Review         Kind = "review"          // to managers and directors: confirm the accounts
	Waiting        Kind = "waiting"         // to approvers: proposals that wait, once a day
	Digest         Kind = "digest"          // to any account: one letter for many held ones
)

// Kinds lists all, in the order of the console's page.
func Kinds() []Kind {
	return []Kind{Created, RecoveryAsked, Recovery, Witnessed, Unwitnessed, Factor, OwnFactor, Enrolled, Device, Suspended, StaffSuspended,
		Reinstated, BreakGlass, Transferred, LedgerHold, Decided, Training, Review, Waiting, Digest}
}

// Weight orders letters that wait: warnings first.
type Weight uint8

const (
	Warning  Weight = iota // an account may be being stolen
	Notice                 // something was decided
	Reminder               // something is to be done
)

// WeightOf is the weight of a kind.
func WeightOf(k Kind) Weight {
	switch k {
	case Enrolled, Reinstated, Decided:
		return Notice
	case Training, Review, Waiting:
		return Reminder
	}
	return Warning
}

// State is where a letter stands.
type State string

const (
	Unsent   State = "unsent"   // waits for its time, or for a relay
	Held     State = "held"     // one of a flood: waits for the digest
	Folded   State = "folded"   // part of a digest
	Sending  State = "sending"  // in the hands of a sender, until its lease ends
	Sent     State = "sent"     // the relay took it
	Doubtful State = "doubtful" // unknown whether the relay took it; not sent again by itself
	Failed   State = "failed"   // refused for good, tried too often, or too old
)

// States lists all, in the order of the console's page.
func States() []State { return []State{Doubtful, Failed, Sending, Unsent, Held, Sent, Folded} }

// Role is as what an account gets a letter.
type Role string

const (
	ToHolder   Role = "holder"
	ToDirector Role = "director"
	ToManager  Role = "manager"
	ToOfficer  Role = "officer"
	ToDPO      Role = "dpo"
	ToApprover Role = "approver"
	ToMaker    Role = "maker"
)

// Letter is one message to one person: a row of the outbox.
type Letter struct {
	ID      int64  // given by the store, ascending
	Key     string // names event and recipient; unique for ever
	Kind    Kind
	Weight  Weight
	To      cloison.AccountID
	As      Role
	About   cloison.AccountID // the account that it is about; zero: none, or several
	Address cloison.Personal  // as it was when the letter was written: a later change of address diverts no letter
	Subject string            // without personal data
	Body    cloison.Personal  // empty once it is sent
	State   State
	Made    time.Time
	Due     time.Time // not sent before
	Tries   int
	Holder  string    // the sender that has, or had, it in hand
	Until   time.Time // the end of its lease
	Settled time.Time // when it came to Sent, Doubtful or Failed
	Reply   string    // the relay's code, such as "550 5.1.1"; or a word of ours. Never its text, which quotes addresses
}
