package explanation

import (
	"context"
	"time"

	"cloison"
	"cloison/access/directory"
)

// Store keeps explanations. Each method is one transaction, durable when it returns nil. A method that stores an
// explanation also advances the ledger's fence in the same transaction, so that no disclosure decided before it can
// commit after it. It is Stale when the account that makes the explanation, or that receives it, is not Active any
// more. Methods are safe for concurrent use by several processes. Errors carry a cloison.Kind: NotFound, Conflict,
// Stale, Unavailable.
type Store interface {
	directory.AccountReader
	Caseloads
	Declarations
}

// Caseloads holds whom an account meets by import, by transfer and by grant.
type Caseloads interface {
	// Caseload returns the explanations that the account has at that time by import or transfer, by person. Ref is
	// the transfer, if there is one, and Earlier the transfers before it. Of several explanations of one person it
	// returns an imported one, if there is one.
	Caseload(ctx context.Context, account cloison.AccountID, at time.Time) (map[cloison.PersonRef]Explanation, error)
	// StructureCaseload is Caseload for all accounts of a structure together, closed ones excepted.
	StructureCaseload(ctx context.Context, structure cloison.StructureID, at time.Time) (map[cloison.PersonRef]Explanation, error)
	// AddTransfer stores t. It ends From's assignments of means Caseload that hold at or after t.Since, and gives
	// what was left of each to To, under t.ID, with the transfers by which From had received it. It returns how many
	// it gave.
	AddTransfer(ctx context.Context, t Transfer) (int, error)
	// Transfers returns those with these ids, oldest first, and leaves out an id that is not there.
	Transfers(ctx context.Context, ids []cloison.ActID) ([]Transfer, error)
	// Grants returns the account's grants that hold at that time, oldest first.
	Grants(ctx context.Context, account cloison.AccountID, at time.Time) ([]Grant, error)
}

// Declarations holds the covers and the turns of duty that somebody declared for a colleague.
type Declarations interface {
	AddCover(ctx context.Context, c CoverDeclared) error
	Covers(ctx context.Context, account cloison.AccountID, at time.Time) ([]CoverDeclared, error)
	// AddDuty stores a turn of duty. It is Stale also when the structure has been merged away.
	AddDuty(ctx context.Context, t DutyDeclared) error
	// Duties lists the turns that the account holds at that time, oldest first.
	Duties(ctx context.Context, account cloison.AccountID, at time.Time) ([]DutyDeclared, error)
}

// GrantStore keeps grants, the tries of codes, and requests. Each method is one transaction, durable when it returns
// nil, safe for concurrent use by several processes. A method that stores a grant or a cover advances the ledger's
// fence in the same transaction; no other does. Errors carry a cloison.Kind: NotFound, Denied (the day's number is
// reached), Stale (the version or an account's state is not the one decided on), Conflict, Unavailable.
//
// The store's maintenance drops grants and tries two days after they ended, and requests after 400 days.
type GrantStore interface {
	// AddVisit stores the grant if fewer visits than the given numbers were made since that time by its maker and in
	// its structure; else it is Denied. Stale when its maker or its account is not Active any more.
	AddVisit(ctx context.Context, g Grant, since time.Time, maxMaker, maxStructure int) error
	// Visits lists the visits that were made in a structure since that time, newest first.
	Visits(ctx context.Context, structure cloison.StructureID, since time.Time) ([]Grant, error)

	// TryCode counts a code before it is checked. It returns how many the account tried since that time, and how many
	// were tried for the person, this one included. Each count is exact up to a thousand.
	TryCode(ctx context.Context, account cloison.AccountID, person [32]byte, at, since time.Time) (byAccount, forPerson int, err error)
	// SpendCode marks the person's codes up to that step as used and stores the grant. Conflict, and nothing is
	// stored, when that step or a later one was used before. Stale when the grant's account is not Active any more.
	SpendCode(ctx context.Context, person [32]byte, step int64, g Grant) error

	// AddRequest stores an open request if fewer of its kind than the given numbers were made since that time by its
	// maker and in its structure; else it is Denied. Stale when its maker or the colleague is not Active any more.
	AddRequest(ctx context.Context, r Request, since time.Time, maxMaker, maxStructure int) error
	Request(ctx context.Context, id cloison.ActID) (Request, error)
	// Requests lists those that match, newest first, a thousand at most.
	Requests(ctx context.Context, q RequestQuery) ([]Request, error)
	// DecideRequest moves r from Open to its new state if the stored version is r.Version, stores r.Version+1, and
	// stores the grant or the cover with it. Stale if the request changed or, when it becomes Confirmed, if its maker
	// or the colleague is not Active any more: nothing that a cut account asked for or confirmed commits after its
	// cut.
	DecideRequest(ctx context.Context, r Request, g *Grant, c *CoverDeclared) error
}
