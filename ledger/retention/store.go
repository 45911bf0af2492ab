package retention

import (
	"context"
	"time"

	"cloison"
	"cloison/ledger"
	"cloison/ledger/journal"
)

// Store is what dropping rows needs of the ledger's database. Each method is one transaction, durable when it returns
// nil, but for Drop, which may need several on an engine that drops whole months. None moves the fence. Errors carry a
// cloison.Kind.
type Store interface {
	// Rows is seal.Store's.
	Rows(ctx context.Context, after int64, limit int) ([]ledger.Row, error)

	// Expired returns the number of the last row of those that are older than before and could go, at the engine's own
	// grain, which is a row or a month (UTC). It is 0, or below the oldest row's, when there is none. Conflict while
	// one of them is not sealed.
	Expired(ctx context.Context, before time.Time) (last int64, err error)

	// Needs says what holds and cuts keep.
	Needs(ctx context.Context, q Question) (Need, error)

	// Drop drops some of the oldest rows of those that Expired named, and some of the refused requests before d.Before,
	// a bounded number at once, oldest first, and says whether there are more. It asks Needs in the same transaction,
	// after which no hold can be stored before it is done: Stale, and nothing dropped, when something is kept that is
	// to go. Conflict when a row is not sealed. After a crash in the middle, the same call again does the rest.
	Drop(ctx context.Context, d Drop) (more bool, err error)

	// AnybodySignedIn is lifecycle.Store's.
	AnybodySignedIn(ctx context.Context, since, until time.Time) (bool, error)

	// AddEvent appends to the journal.
	AddEvent(ctx context.Context, e journal.Event) error
}

// HoldStore keeps the legal holds. Each method is one transaction, durable when it returns nil.
type HoldStore interface {
	// Holds lists all, the latest first.
	Holds(ctx context.Context) ([]Hold, error)

	// AddHold stores it with its event. When it returns nil nothing is being dropped, nor will be. Stale when h.By is
	// not active any more.
	AddHold(ctx context.Context, h Hold, e journal.Event) error

	// LiftHold stores who asks (AskedBy, Asked) or, when Lifted is set, the end, with its event. Stale when somebody
	// else has asked than asked, when it is lifted already, or when one of the accounts that ask and lift is not active
	// any more; the operator needs none.
	LiftHold(ctx context.Context, h Hold, asked cloison.AccountID, e journal.Event) error
}

// Authority says who may set and lift holds, as the accounts stand now. A no is a Denied error with its reason.
// access/directory has it, which this package may not import: rights stand to the right of the ledger.
type Authority interface {
	MayHold(ctx context.Context, by cloison.Caller) error
	MayLift(ctx context.Context, by cloison.Caller) error
	// Independent says whether the second account is outside the first one's control.
	Independent(ctx context.Context, first, second cloison.AccountID) error
}

// Question is how far back holds and cuts count.
type Question struct {
	LiftedAfter time.Time // a hold that was lifted after it still holds
	CutAfter    time.Time // a cut that was made after it, and is not undone, keeps what it may need
}

// Need is what is kept whatever its age. The zero Need is nothing.
type Need struct {
	Hold  bool      // a hold: everything
	Cut   bool      // a cut: everything from Since on
	Since time.Time // zero with Cut: from the beginning
}

// Keeps reports whether something before t is kept.
func (n Need) Keeps(t time.Time) bool { return n.Hold || n.Cut && n.Since.Before(t) }

// Drop says what may go: rows up to that number, all of them before that time, unless they are needed.
type Drop struct {
	Last   int64
	Before time.Time
	Question
}

// Hold keeps every row, for a court, an investigation or an audit.
type Hold struct {
	ID       cloison.ActID
	At       time.Time
	By       cloison.AccountID // zero: the operator
	Reason   string            // a reference, as a case's number; 1 to 200 bytes
	AskedBy  cloison.AccountID // the first of the two who lift it
	Asked    time.Time
	Lifted   time.Time
	LiftedBy cloison.AccountID // zero, with Lifted: the operator
}
