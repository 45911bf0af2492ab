package explanation

import (
	"context"
	"time"

	"cloison"
	"cloison/access/directory"
)

// Store keeps grants, codes tried and requests. Each method is one transaction, durable when it returns nil, safe for
// concurrent use by several processes. Whatever stores a grant or a cover advances the ledger's fence in the same
// transaction; nothing else does. Errors carry a cloison.Kind: NotFound, Denied (a day's number is used up), Stale (the
// version, or an account's state, is not what was decided on), Conflict, Unavailable.
//
// Grants and codes are dropped by the store's maintenance two days after they ended, requests after 400 days.
type Store interface {
	Account(ctx context.Context, id cloison.AccountID) (directory.Account, error)
	AddEvent(ctx context.Context, e directory.Event) error

	// AddVisit stores the grant if fewer visits than the given numbers were made since then by its maker and in its
	// structure; else Denied. Stale when its maker or its account is not Active any more.
	AddVisit(ctx context.Context, g directory.Grant, since time.Time, maxMaker, maxStructure int) error
	// Visits lists the visits of a structure made since, newest first.
	Visits(ctx context.Context, structure cloison.StructureID, since time.Time) ([]directory.Grant, error)

	// TryCode counts a code, before it is looked at, and returns how many the account tried since and how many were
	// tried for the person since, this one included. Each count is exact up to a thousand.
	TryCode(ctx context.Context, account cloison.AccountID, person [32]byte, at, since time.Time) (byAccount, forPerson int, err error)
	// SpendCode uses up the person's codes up to that step and stores the grant. Conflict, and nothing is stored, when
	// that step or a later one was used before. Stale when the grant's account is not Active any more.
	SpendCode(ctx context.Context, person [32]byte, step int64, g directory.Grant) error

	// AddRequest stores an open request if fewer of its kind than the given numbers were made since then by its maker
	// and in its structure; else Denied. Stale when its maker or the colleague asked is not Active any more.
	AddRequest(ctx context.Context, r Request, since time.Time, maxMaker, maxStructure int) error
	Request(ctx context.Context, id cloison.ActID) (Request, error)
	// Requests lists those that match, newest first, a thousand at most.
	Requests(ctx context.Context, q Query) ([]Request, error)
	// DecideRequest moves r from Open to its new state if the stored version is r.Version, and stores r.Version+1, with
	// what it grants. Stale if the request changed or, when it becomes Confirmed, if its maker or the colleague asked
	// is not Active any more: nothing that a cut account asked for or granted commits after its cut.
	DecideRequest(ctx context.Context, r Request, g *directory.Grant, c *directory.CoverDeclared) error
}

// Kind is what a request asks for.
type Kind string

const (
	Cover      Kind = "cover"
	BreakGlass Kind = "break_glass"
)

// State is where a request stands.
type State string

const (
	Open      State = "open"
	Confirmed State = "confirmed"
	Declined  State = "declined"  // by the colleague asked
	Withdrawn State = "withdrawn" // by its maker
)

// Request is what one agent asks a named colleague to confirm.
type Request struct {
	ID        cloison.ActID
	Kind      Kind
	Structure cloison.StructureID // of both
	By        cloison.AccountID   // who asks, and will read
	Asked     cloison.AccountID   // who alone may confirm
	Of        cloison.AccountID   // of a cover: the absent colleague
	Person    cloison.PersonRef   // of a break-glass
	Reason    cloison.Personal    // of a break-glass
	Since     time.Time           // of a cover; zero: from the confirmation on
	Until     time.Time           // of a cover
	Made      time.Time
	Expires   time.Time // it can be confirmed until then
	Session   cloison.SessionID
	State     State
	Decided   time.Time
	Version   int64
}

// Query selects requests; a zero field selects all.
type Query struct {
	By        cloison.AccountID
	Asked     cloison.AccountID
	Structure cloison.StructureID
	Kind      Kind
	State     State
	Since     time.Time // made at or after
}
