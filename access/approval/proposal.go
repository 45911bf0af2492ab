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

	NewAccounts ProposalKind = "new_accounts" // create those of a list; Roles is all of theirs together
)

// ProposalState is Open until the proposal is decided.
type ProposalState string

const (
	Open      ProposalState = "open"
	Approved  ProposalState = "approved"
	Refused   ProposalState = "refused"
	Cancelled ProposalState = "cancelled" // by containment, or by its maker
)

// Proposal is a request that needs a second person.
type Proposal struct {
	ID        cloison.ActID
	Kind      ProposalKind
	Structure cloison.StructureID
	Account   cloison.AccountID // of an account that exists; of NewAccount once approved
	Name      cloison.Personal
	Email     cloison.Personal
	Roles     directory.Role
	By        cloison.AccountID
	Made      time.Time
	Session   cloison.SessionID // in which it was made
	From      Place             // set by the store, from that session
	State     ProposalState
	DecidedBy cloison.AccountID
	Decided   time.Time
	Reason    string
	Note      cloison.Personal // from the approver who refused, to the maker
	List      []Colleague      // of NewAccounts, in the order of the lines
	Version   int64
}

// asksFor reports whether the proposal is for a new account with that address, singly or in its list.
func (p Proposal) asksFor(email cloison.Personal) bool {
	same := func(other cloison.Personal) bool {
		return email != "" && strings.EqualFold(email.Reveal(), other.Reveal())
	}
	return p.Kind == NewAccount && same(p.Email) || slices.ContainsFunc(p.List, func(n Colleague) bool { return same(n.Email) })
}
