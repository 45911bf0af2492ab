package approval

import (
	"context"
	"time"

	"cloison"
	"cloison/access/directory"
)

// Store keeps proposals and enrolment codes, and reads the accounts that they are about. Each method is one
// transaction, durable when it returns nil; what changes an account also advances the ledger's fence in it, as
// [directory.Store] says. Methods are safe for concurrent use by several processes. Errors carry a cloison.Kind:
// NotFound, Conflict (it exists already), Stale (Version differs from the stored one: read and decide again),
// Unavailable.
type Store interface {
	Accounts
	Proposals
	Lists
	Enrolments
}

// Accounts reads accounts, and changes the one that the operator gives a code; [directory.Store] has the contracts.
type Accounts interface {
	directory.AccountReader
	Accounts(ctx context.Context, structure cloison.StructureID, after cloison.AccountID, limit int) ([]directory.Account, error)
	AccountsByEmail(ctx context.Context, email cloison.Personal) ([]directory.Account, error)
	UpdateAccount(ctx context.Context, a directory.Account) error
}

// Proposals keeps proposals and what became of them.
type Proposals interface {
	// AddProposal stores p if fewer than the given numbers were made by its maker and for its structure since that
	// time; else it is Denied. Stale when the account p.By is not Active any more, or the structure has been merged
	// away. Conflict when an open proposal asks for the same: the same kind for the same account or, of a new
	// account, for the same address in the same structure, also as a line of a list. It stores as From the place of
	// p.Session.
	AddProposal(ctx context.Context, p Proposal, since time.Time, maxMaker, maxStructure int) error
	// Proposal returns it, with its List.
	Proposal(ctx context.Context, id cloison.ActID) (Proposal, error)
	// Proposals lists the open ones, oldest first, without their List; "" is every structure.
	Proposals(ctx context.Context, structure cloison.StructureID) ([]Proposal, error)
	// Refused lists a maker's proposals that were refused since that time, without their List, the latest decision
	// first, at most that many.
	Refused(ctx context.Context, maker cloison.AccountID, since time.Time, most int) ([]Proposal, error)
	// ProposalsBy counts a maker's proposals since that time by their state, open ones included.
	ProposalsBy(ctx context.Context, maker cloison.AccountID, since time.Time) (map[ProposalState]int, error)
	// Approvals counts the approvals since that time by pair of maker and decider, the most frequent first. Only
	// Maker, Decider and Approved are set.
	Approvals(ctx context.Context, since time.Time) ([]Pair, error)
	// DecideProposal moves p from Open to its new state if the stored version is p.Version. In the same transaction,
	// when a is not nil, it creates the account (a Pending one) or, when a.ID exists, updates it as UpdateAccount
	// does. Stale if the proposal changed or, when it becomes Approved, if the account p.By or p.DecidedBy is not
	// Active any more: nothing that a cut account asked for or approved commits after its cut.
	DecideProposal(ctx context.Context, p Proposal, a *directory.Account) error
}

// Lists keeps proposals of many accounts at once.
type Lists interface {
	// AddList is AddProposal for a proposal with its List. It is Denied also when a proposal of its kind that is open
	// or approved was made for its structure at or after listSince.
	AddList(ctx context.Context, p Proposal, since time.Time, maxMaker, maxStructure int, listSince time.Time) error
	// ApproveList is DecideProposal of an approved list, with all its accounts, which are Pending, and their codes.
	// Accounts, codes and p.List are in the same order; p.List is stored with its accounts.
	ApproveList(ctx context.Context, p Proposal, accounts []directory.Account, codes []Enrolment) error
	// Listed reports whether a list made the account.
	Listed(ctx context.Context, account cloison.AccountID) (bool, error)
}

// Enrolments keeps the codes that bind accounts to subjects.
type Enrolments interface {
	// SetEnrolment stores the digest of a fresh code for the account, in place of any other. Stale when the account
	// e.By is not Active any more, or the account itself is neither Pending nor Active.
	SetEnrolment(ctx context.Context, e Enrolment) error
	// Enrolment finds the code by its digest; a used one is NotFound.
	Enrolment(ctx context.Context, digest [32]byte) (Enrolment, error)
	// EnrolmentOf returns the account's unused code, expired or not; NotFound when there is none.
	EnrolmentOf(ctx context.Context, account cloison.AccountID) (Enrolment, error)
	// WitnessEnrolment sets the witness, the time and the word of the code with that digest, in place of any other.
	// Stale when the code was used or replaced, or when the account e.Witness is not Active.
	WitnessEnrolment(ctx context.Context, e Enrolment) error
	// UseEnrolment marks the code used, ends every session and revokes every passkey that the account had, and
	// updates the account (binding, state, probation). Conflict when the code was used before or another account has
	// the binding; Stale when the account changed, or when the code's witness is not Active any more.
	UseEnrolment(ctx context.Context, digest [32]byte, a directory.Account) error
	// FailEnrolment counts a code that this binding tries, before it is checked, and returns how many it tried since
	// that time, this one included; at most a thousand, because no more are kept.
	FailEnrolment(ctx context.Context, b directory.Binding, at, since time.Time) (int, error)
}
