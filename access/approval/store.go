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

// Accounts is what is read of accounts, and changed of one that the operator gives a code; [directory.Store] has the
// contracts.
type Accounts interface {
	directory.AccountReader
	Accounts(ctx context.Context, structure cloison.StructureID, after cloison.AccountID, limit int) ([]directory.Account, error)
	AccountsByEmail(ctx context.Context, email cloison.Personal) ([]directory.Account, error)
	UpdateAccount(ctx context.Context, a directory.Account) error
}

// Proposals keeps what waits for a second person, and what became of it.
type Proposals interface {
	// AddProposal stores it if fewer than the given numbers were made by its maker and for its structure since then;
	// else Denied. Stale when the account p.By is not Active any more. Conflict when an open one asks the same: the
	// same kind for the same account or, of a new account, for the same address in the same structure, be it a line of
	// a list. It keeps with it, as From, what is known of the place of p.Session. Stale, too, when the structure has
	// been merged away.
	AddProposal(ctx context.Context, p Proposal, since time.Time, maxMaker, maxStructure int) error
	// Proposal returns it, with its List.
	Proposal(ctx context.Context, id cloison.ActID) (Proposal, error)
	// Proposals lists the open ones, oldest first, without their List; "" is every structure.
	Proposals(ctx context.Context, structure cloison.StructureID) ([]Proposal, error)
	// Refused lists a maker's proposals that were refused since then, without their List, the latest decision first, so
	// many at most.
	Refused(ctx context.Context, maker cloison.AccountID, since time.Time, most int) ([]Proposal, error)
	// ProposalsBy counts a maker's proposals since then by their state, the open ones included.
	ProposalsBy(ctx context.Context, maker cloison.AccountID, since time.Time) (map[ProposalState]int, error)
	// Approvals counts, of what was approved since then, the pairs of maker and decider, the most frequent first. Only
	// Maker, Decider and Approved are set.
	Approvals(ctx context.Context, since time.Time) ([]Pair, error)
	// DecideProposal moves p from Open to its new state if the stored version is p.Version, and, when a is not nil,
	// creates the account (a Pending one) or, when a.ID exists, updates it as UpdateAccount does, in the same
	// transaction. Stale if the proposal changed or, when it becomes Approved, if the account p.By or p.DecidedBy is
	// not Active any more: nothing that a cut account asked for or granted commits after its cut.
	DecideProposal(ctx context.Context, p Proposal, a *directory.Account) error
}

// Lists keeps proposals of many accounts at once.
type Lists interface {
	// AddList is AddProposal for a proposal with its List, which is Denied also when one of its kind that is open or
	// was approved was made for its structure at or after listSince.
	AddList(ctx context.Context, p Proposal, since time.Time, maxMaker, maxStructure int, listSince time.Time) error
	// ApproveList is DecideProposal of an approved list, with all its accounts, which are Pending, and their codes, in
	// one transaction. Accounts, codes and p.List go together by their place; p.List's accounts are kept.
	ApproveList(ctx context.Context, p Proposal, accounts []directory.Account, codes []Enrolment) error
	// Listed reports whether the account was made by a list.
	Listed(ctx context.Context, account cloison.AccountID) (bool, error)
}

// Enrolments keeps the codes by which an account is bound to a subject.
type Enrolments interface {
	// SetEnrolment stores the digest of a fresh enrolment code for the account, replacing any other, valid until then.
	// Stale when the account e.By is not Active any more, or the account itself neither Pending nor Active.
	SetEnrolment(ctx context.Context, e Enrolment) error
	// Enrolment finds the code by its digest; NotFound also when it was used.
	Enrolment(ctx context.Context, digest [32]byte) (Enrolment, error)
	// EnrolmentOf returns the account's code that still works, expired or not; NotFound when there is none.
	EnrolmentOf(ctx context.Context, account cloison.AccountID) (Enrolment, error)
	// WitnessEnrolment sets the witness, the time and the word of the code with that digest, in place of any other.
	// Stale when the code does not work any more, or when the account e.Witness is not Active.
	WitnessEnrolment(ctx context.Context, e Enrolment) error
	// UseEnrolment marks the code used, ends every session and revokes every passkey that the account had, and
	// updates the account (binding, state, probation) in one transaction; Conflict when the code was used before or
	// the binding is taken, Stale when the account changed, or when the code's witness is not Active any more.
	UseEnrolment(ctx context.Context, digest [32]byte, a directory.Account) error
	// FailEnrolment counts a code tried by this binding, before it is looked at, and returns how many were tried
	// since, this one included, a thousand at most: no more are kept.
	FailEnrolment(ctx context.Context, b directory.Binding, at, since time.Time) (int, error)
}
