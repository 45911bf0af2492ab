package explanation

import (
	"context"
	"time"

	"cloison"
	"cloison/access/directory"
)

// Store keeps what explains a person to an account. Each method is one transaction, durable when it returns nil.
// Whatever stores an explanation advances the ledger's fence in the same transaction, so that no disclosure decided
// before it can commit after it; it is Stale when the account that says so, or that receives, is not Active any more.
// Methods are safe for concurrent use by several processes. Errors carry a cloison.Kind: NotFound, Conflict, Stale,
// Unavailable.
type Store interface {
	directory.AccountReader
	Caseloads
	Declarations
}

// Caseloads reads whom an account meets: by import, by transfer, or by what was granted at the desk.
type Caseloads interface {
	// Caseload returns the persons explained to the account by import, at t, with the explanation; Ref is the transfer
	// by which it came, if it did, and Earlier those before. Of several explanations of a person an imported one is
	// returned, if there is one.
	Caseload(ctx context.Context, account cloison.AccountID, at time.Time) (map[cloison.PersonRef]Explanation, error)
	// StructureCaseload is Caseload for all accounts of a structure together, but for closed ones.
	StructureCaseload(ctx context.Context, structure cloison.StructureID, at time.Time) (map[cloison.PersonRef]Explanation, error)
	// AddTransfer stores it, ends From's Caseload assignments that hold at or after t.Since then, and gives To what was
	// left of each, under t.ID, with the transfers by which From had got it. It returns how many it gave. Stale when To
	// is not Active any more.
	AddTransfer(ctx context.Context, t Transfer) (int, error)
	// Transfers finds those with these ids, oldest first; one that is not there is missing.
	Transfers(ctx context.Context, ids []cloison.ActID) ([]Transfer, error)
	// Grants returns what was granted to the account at the desk and holds at t, oldest first.
	Grants(ctx context.Context, account cloison.AccountID, at time.Time) ([]Grant, error)
}

// Declarations keeps the covers and the turns of duty that somebody declared for a colleague.
type Declarations interface {
	AddCover(ctx context.Context, c CoverDeclared) error
	Covers(ctx context.Context, account cloison.AccountID, at time.Time) ([]CoverDeclared, error)
	// AddDuty stores a turn at the duty desk; Stale also when its structure has been merged away.
	AddDuty(ctx context.Context, t DutyDeclared) error
	// Duties lists those that the account holds at that time, oldest first.
	Duties(ctx context.Context, account cloison.AccountID, at time.Time) ([]DutyDeclared, error)
}

// GrantStore keeps grants, codes tried and requests. Each method is one transaction, durable when it returns nil, safe for
// concurrent use by several processes. Whatever stores a grant or a cover advances the ledger's fence in the same
// transaction; nothing else does. Errors carry a cloison.Kind: NotFound, Denied (a day's number is used up), Stale (the
// version, or an account's state, is not what was decided on), Conflict, Unavailable.
//
// Grants and codes are dropped by the store's maintenance two days after they ended, requests after 400 days.
type GrantStore interface {
	// AddVisit stores the grant if fewer visits than the given numbers were made since then by its maker and in its
	// structure; else Denied. Stale when its maker or its account is not Active any more.
	AddVisit(ctx context.Context, g Grant, since time.Time, maxMaker, maxStructure int) error
	// Visits lists the visits of a structure made since, newest first.
	Visits(ctx context.Context, structure cloison.StructureID, since time.Time) ([]Grant, error)

	// TryCode counts a code, before it is looked at, and returns how many the account tried since and how many were
	// tried for the person since, this one included. Each count is exact up to a thousand.
	TryCode(ctx context.Context, account cloison.AccountID, person [32]byte, at, since time.Time) (byAccount, forPerson int, err error)
	// SpendCode uses up the person's codes up to that step and stores the grant. Conflict, and nothing is stored, when
	// that step or a later one was used before. Stale when the grant's account is not Active any more.
	SpendCode(ctx context.Context, person [32]byte, step int64, g Grant) error

	// AddRequest stores an open request if fewer of its kind than the given numbers were made since then by its maker
	// and in its structure; else Denied. Stale when its maker or the colleague asked is not Active any more.
	AddRequest(ctx context.Context, r Request, since time.Time, maxMaker, maxStructure int) error
	Request(ctx context.Context, id cloison.ActID) (Request, error)
	// Requests lists those that match, newest first, a thousand at most.
	Requests(ctx context.Context, q RequestQuery) ([]Request, error)
	// DecideRequest moves r from Open to its new state if the stored version is r.Version, and stores r.Version+1, with
	// what it grants. Stale if the request changed or, when it becomes Confirmed, if its maker or the colleague asked
	// is not Active any more: nothing that a cut account asked for or granted commits after its cut.
	DecideRequest(ctx context.Context, r Request, g *Grant, c *CoverDeclared) error
}
