package directory

import (
	"slices"
	"strings"
	"time"

	"cloison"
)

// Role is a set of roles, one bit each. The bits are part of the stored format.
type Role uint16

const (
	Adviser   Role = 1 << iota // reads files
	Reception                  // registers visits, and reads files
	Manager                    // RGC: proposes accounts for its own structure, reads no file in that role
	Director                   // learns of every new account and factor in its structure
	Approver                   // the second person, independent of the maker
	Officer                    // cuts and undoes
	DPO                        // declares and notifies
	Auditor                    // checks
	// Source is a machine that reports who joins and leaves a structure: an identity system or a training platform.
	// It has no binding and no passkey, never signs in and reads nothing; package provisioning serves it. Only the
	// operator's import gives the role, and to an account without any other.
	Source
	NetworkSource // a source for the agents of every structure
)

// RoleNames lists the roles in bit order.
func RoleNames() []string {
	return []string{"adviser", "reception", "manager", "director", "approver", "officer", "dpo", "auditor", "source",
		"network_source"}
}

// Machine reports whether an account with those roles is a machine's.
func (r Role) Machine() bool { return r&(Source|NetworkSource) != 0 }

// Has reports whether every role of s is in r.
func (r Role) Has(s Role) bool { return r&s == s }

// Names returns the roles' names in bit order.
func (r Role) Names() []string {
	var names []string
	for i, n := range RoleNames() {
		if r&(1<<i) != 0 {
			names = append(names, n)
		}
	}
	return names
}

func (r Role) String() string { return strings.Join(r.Names(), ",") }

// ParseRoles reads names separated by commas, semicolons or spaces.
func ParseRoles(s string) (Role, error) {
	var r Role
words:
	for _, w := range strings.FieldsFunc(s, func(c rune) bool { return c == ',' || c == ';' || c == ' ' }) {
		for i, n := range RoleNames() {
			if strings.EqualFold(w, n) {
				r |= 1 << i
				continue words
			}
		}
		return 0, cloison.Errorf(cloison.Invalid, "%q is not a role: want %s", w, strings.Join(RoleNames(), ", "))
	}
	return r, nil
}

// State is the state of an account. Only an Active account discloses.
type State uint8

const (
	Pending   State = iota // approved; its holder has not enrolled yet
	Active                 //
	Suspended              // cut, dormant or unconfirmed; may come back
	Closed                 // the holder has left; never comes back
)

func (s State) String() string { return stateNames()[s] }

func stateNames() []string { return []string{"pending", "active", "suspended", "closed"} }

// ParseState finds a state by its name.
func ParseState(name string) (State, bool) {
	i := slices.Index(stateNames(), name)
	return State(max(i, 0)), i >= 0
}

// Binding ties an account to one subject of one identity provider. The e-mail address plays no part: a thief of a
// mailbox gets a new subject, which has no account.
type Binding struct {
	IdP string // ProConnect's idp_id
	Sub string // unique for identity provider × service
}

// Account is an agent's right to enter (habilitation).
type Account struct {
	ID        cloison.AccountID
	Structure cloison.StructureID
	Name      cloison.Personal
	Email     cloison.Personal
	Binding   Binding // zero until enrolment
	Roles     Role
	State     State

	Created      time.Time
	CreatedBy    cloison.AccountID // zero: imported by the operator
	ApprovedBy   cloison.AccountID
	ReenrolledBy cloison.AccountID // the maker of its last re-enrolment

	// Lineage is the root of the account: its disclosures count against that account's lineage. It is the creator
	// when the creator was not on probation, else the creator's own root; the account itself when it was imported. A
	// re-enrolment moves the account into the lineage of its maker.
	Lineage        cloison.AccountID
	ProbationUntil time.Time // zero: never on probation

	AwarenessUntil time.Time // validity of the awareness course; zero: never passed
	ManagersUntil  time.Time // validity of the managers' course

	SuspendedAt time.Time
	SuspendedBy cloison.AccountID // zero: the system
	SuspendedIn cloison.ActID     // the cut, when there is one
	Reason      string            // a code of the message catalogue, never free text about a person

	LastSeen time.Time // the last sign-in, to the hour; before it the enrolment, reinstatement or import
	Version  int64     // grows by one at each change
}

// DormantAfter is how long an account may be unused, unless a setting says otherwise.
const DormantAfter = 90 * 24 * time.Hour

// Left is the reason of an account that was closed because its holder has left.
const Left = "left"

// IdleSince is when the account was last used or, when it never was, created.
func (a Account) IdleSince() time.Time {
	if a.LastSeen.After(a.Created) {
		return a.LastSeen
	}
	return a.Created
}

// Dormant reports whether at t the account has been unused for that long.
func (a Account) Dormant(t time.Time, after time.Duration) bool {
	return !t.Before(a.IdleSince().Add(after))
}

// OnProbation reports whether the account is on probation at t.
func (a Account) OnProbation(t time.Time) bool { return t.Before(a.ProbationUntil) }

// Fresh reports whether the account is pending or on probation at t.
func (a Account) Fresh(t time.Time) bool { return a.State == Pending || a.OnProbation(t) }
