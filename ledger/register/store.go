package register

import (
	"context"
	"time"

	"cloison"
	"cloison/ledger"
	"cloison/ledger/journal"
	"cloison/ledger/seal"
)

// Store is what searching needs of the ledger's database. Each method is one transaction and safe for concurrent use.
// An error carries a cloison.Kind: Unavailable when the database is in doubt.
type Store interface {
	seal.Reader

	// NextRow returns the number that the next row will have: 1 in an empty ledger.
	NextRow(ctx context.Context) (int64, error)

	// FirstRow returns the number of the first row at or after a time, or NextRow's when there is none. Times grow with
	// the rows' numbers.
	FirstRow(ctx context.Context, at time.Time) (int64, error)

	// RowsOf lists the rows of one account, since ≤ at < until (zero: no bound), the oldest first, at most limit of
	// them. They come without their nonces.
	RowsOf(ctx context.Context, account cloison.AccountID, since, until time.Time, limit int) ([]ledger.Row, error)

	// RowsAbout lists the rows about one person, since ≤ at < until, the newest first, at most limit of them, without
	// their nonces. It reads every row of that time: no index is kept by person, since each commit would pay for it.
	RowsAbout(ctx context.Context, person cloison.PersonRef, since, until time.Time, limit int) ([]ledger.Row, error)

	// AddEvent appends to the journal.
	AddEvent(ctx context.Context, e journal.Event) error

	// EventsWhere lists events, the newest first.
	EventsWhere(ctx context.Context, s journal.Search) ([]journal.Event, error)
}

// Authority says who may ask about a person, as the accounts stand now. A no is a Denied error with its reason.
//
// access/directory has it. The ledger stands to the left of access and may not import it; but a page must not decide
// either, because the act comes after the page was shown: so this package asks, at the act.
type Authority interface {
	MayTrace(ctx context.Context, by cloison.Caller) error
	MayProve(ctx context.Context, by cloison.Caller, account cloison.AccountID) error
}
