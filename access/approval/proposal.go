package approval

import (
	"slices"
	"strings"
	"time"

	"cloison"
	"cloison/access/directory"
)

// ProposalKind is what a proposal asks for.
type ProposalKind string

const (
	NewAccount ProposalKind = "new_account" // create
	Rebind     ProposalKind = "rebind"      // a new enrolment code for an account whose factor or subject is lost
	Reinstate  ProposalKind = "reinstate"   // end a suspension
	NewRoles   ProposalKind = "new_roles"   // other roles for an account

	NewAccounts ProposalKind = "new_accounts" // create those of a list; Roles is all of theirs
)

// ProposalState is Open until somebody decides.
type ProposalState string

const (
	Open      ProposalState = "open"
	Approved  ProposalState = "approved"
	Refused   ProposalState = "refused"
	Cancelled ProposalState = "cancelled" // by containment, or by its maker
)

// Proposal is one request under four eyes.
type Proposal struct {
	ID        cloison.ActID
	Kind      ProposalKind
	Structure cloison.StructureID
	Account   cloison.AccountID // of Rebind and Reinstate; of NewAccount once approved
	Name      cloison.Personal
	Email     cloison.Personal
	Roles     directory.Role
	By        cloison.AccountID
	Made      time.Time
	Session   cloison.SessionID // in which it was asked
	From      Place             // the store's, from that session
	State     ProposalState
	DecidedBy cloison.AccountID
	Decided   time.Time
	Reason    string
	Note      cloison.Personal // of who refused to who proposed
	List      []Colleague      // of NewAccounts, in the order of the lines
	Version   int64
}

// newFor reports whether the proposal asks for a new account with that address, alone or in its list.
func (p Proposal) newFor(email cloison.Personal) bool {
	same := func(other cloison.Personal) bool {
		return email != "" && strings.EqualFold(email.Reveal(), other.Reveal())
	}
	return p.Kind == NewAccount && same(p.Email) || slices.ContainsFunc(p.List, func(n Colleague) bool { return same(n.Email) })
}

// Place is from where somebody asks, as far as its owner's session told: no address, only the network around it.
type Place struct {
	Device  string    // browser and system in codes, as "firefox linux"; empty: not known
	Network string    // as 192.0.2.0/24
	Since   time.Time // when the maker's passkey was first shown there; zero: never, as far as is known
}

// familiarAfter is how long ago somebody must have shown the passkey in a place before it counts as theirs: an attacker
// who waits less is news to whoever decides. A sign-in without the passkey makes no place familiar, however old.
const familiarAfter = 7 * 24 * time.Hour

// Unfamiliar reports whether the proposal comes from a browser and network where its maker's passkey is not known for a
// week.
func (p Proposal) Unfamiliar() bool {
	return p.From.Since.IsZero() || p.Made.Sub(p.From.Since) < familiarAfter
}
