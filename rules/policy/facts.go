package policy

import (
	"slices"
	"time"

	"cloison"
	"cloison/rules/limits"
)

// Facts is all that a decision rests on. It names no person: persons are positions in the answer.
type Facts struct {
	Now   time.Time `json:"now"`
	Ready bool      `json:"ready"` // the ledger can record and the clock is trusted; false refuses everything
	// ClockDoubt is true when the clock jumped forward and nothing confirms it; true refuses everything.
	ClockDoubt bool      `json:"clock_doubt,omitempty"`
	Tool       string    `json:"tool"`
	Operation  Operation `json:"operation"`
	Account    Account   `json:"account"`
	Session    Session   `json:"session"`
	// Alarm is the highest level of the account's, its lineage's and its structure's stream.
	Alarm   limits.Level `json:"alarm"`
	Persons []Person     `json:"persons,omitempty"` // of the answer, in its order; empty before the answer is known
}

// Operation is what a route does, by the tool's mapping in the config.
type Operation string

const (
	Read   Operation = "read"   // one file
	List   Operation = "list"   // many persons, each row a disclosure
	Search Operation = "search" // likewise, by words that the agent types
	Reveal Operation = "reveal" // masked fields of one file, in clear
	Write  Operation = "write"  // changes one file, and answers with it
	Plain  Operation = "plain"  // no person at all
)

// many reports whether rows may be withheld one by one. Other operations answer whole or not at all.
func (o Operation) many() bool { return o == List || o == Search }

func (o Operation) known() bool {
	return slices.Contains([]Operation{Read, List, Search, Reveal, Write, Plain}, o)
}

// State is an account's state. Only an Active account is shown anybody.
type State string

const (
	Active    State = "active"
	Pending   State = "pending"
	Suspended State = "suspended"
	Closed    State = "closed"
)

// Role is a role's stable name. An unknown role grants nothing.
type Role string

const (
	Adviser   Role = "adviser"
	Reception Role = "reception"
	Manager   Role = "manager"
)

// Account is what is known of the account that asks.
type Account struct {
	ID             cloison.AccountID   `json:"id"`
	Structure      cloison.StructureID `json:"structure"`
	State          State               `json:"state"`
	SuspendedAt    time.Time           `json:"suspended_at,omitzero"`
	SuspendedBy    cloison.AccountID   `json:"suspended_by,omitzero"` // zero: the system
	Dormant        bool                `json:"dormant,omitzero"`      // unused for too long
	Roles          []Role              `json:"roles,omitempty"`
	ProbationUntil time.Time           `json:"probation_until,omitzero"` // zero: never on probation
	AwarenessUntil time.Time           `json:"awareness_until,omitzero"` // zero: never followed
	ManagersUntil  time.Time           `json:"managers_until,omitzero"`  // the managers' course; zero: never followed
}

func (a Account) has(r Role) bool { return slices.Contains(a.Roles, r) }

// OnProbation reports whether the account is still new at t.
func (a Account) OnProbation(t time.Time) bool { return t.Before(a.ProbationUntil) }

// Assurance is how strongly the session was proved. Package signin judges it by acr, amr and identity provider.
type Assurance string

const (
	NoAssurance       Assurance = "none"
	Weak              Assurance = "weak"               // a factor that can be phished or read in a mailbox
	PhishingResistant Assurance = "phishing_resistant" // the federation's, for as long as the session lives
	OwnPasskey        Assurance = "own_passkey"        // ours, fresh for Settings.PasskeyFresh after PasskeyAt
)

// Session is the agent's session.
type Session struct {
	ID        cloison.SessionID `json:"id"`
	Assurance Assurance         `json:"assurance"`
	PasskeyAt time.Time         `json:"passkey_at,omitzero"` // our passkey's latest use in this session; zero: never
}

// passkeyWithin reports whether the passkey was used at most d ago. A use in the future does not count: a clock is
// wrong.
func (s Session) passkeyWithin(d time.Duration, now time.Time) bool {
	return !s.PasskeyAt.IsZero() && !s.PasskeyAt.After(now) && now.Sub(s.PasskeyAt) < d
}

// Person is one person of the answer. Zero values are the strict ones.
type Person struct {
	Fields       cloison.Fields `json:"fields"`                 // categories in the answer
	Reveal       cloison.Fields `json:"reveal,omitzero"`        // of them, those asked for in clear
	ShownToday   bool           `json:"shown_today,omitzero"`   // to this account
	RefusedToday bool           `json:"refused_today,omitzero"` // to this account, asked for by reference and not explained
	Explanation  Explanation    `json:"explanation,omitzero"`
}

// Means is the kind of an explanation.
type Means string

const (
	None        Means = ""
	Caseload    Means = "caseload"
	Appointment Means = "appointment"
	Visit       Means = "visit"       // registered by the reception
	GivenCode   Means = "code"        // given by the person, here
	Cover       Means = "cover"       // declared by a colleague
	Duty        Means = "duty"        // the roster of the structure
	Referral    Means = "referral"    // the person was sent here
	BreakGlass  Means = "break_glass" // a typed reason that a colleague confirmed
	Self        Means = "self"        // made by the account itself
)

// Explanation says why the account meets the person.
type Explanation struct {
	Means       Means             `json:"kind,omitzero"`
	By          cloison.AccountID `json:"by,omitzero"`           // who made it; zero: the operator's import
	SelfGranted bool              `json:"self_granted,omitzero"` // by the account, its maker, or an account that it made
	Since       time.Time         `json:"since,omitzero"`        // exclusive: an explanation is earlier than the read
	Until       time.Time         `json:"until,omitzero"`        // exclusive; zero: open
}
