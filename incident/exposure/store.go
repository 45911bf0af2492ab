package exposure

import (
	"context"
	"time"

	"cloison"
)

// Store is what the exposure roll asks of the ledger: read only, and never in the way of a disclosure. Methods are safe
// for concurrent use, and the roll does use them concurrently: several accounts at once, and one large account by
// slices of time. Each call reads one snapshot: a row that was committed before the call began is there, a row that is
// committed later may be missing, and no row is seen half. Errors carry a cloison.Kind: Unavailable when the database
// is in doubt.
//
// Times are half open: since ≤ at < until. A zero since or until leaves that side open.
//
// To answer three accounts with 2 M rows out of 10 M within two seconds, an engine needs one index that holds
// everything that Disclosed does (account, at, person, fields, explanation), so that no row is fetched from the table.
type Store interface {
	// Disclosures calls each for every row of the account in the window, in order of time. It streams: its memory does
	// not depend on the number of rows. An error of each ends the call and is returned as it is; so does the end of
	// ctx, as ctx's error. An unknown account has no rows and is no error.
	Disclosures(ctx context.Context, account cloison.AccountID, since, until time.Time,
		each func(Disclosed) error) error

	// Span returns the times of the account's first and last row in the window, by two look-ups in the index rather
	// than by reading the rows; two zero times when there is none.
	Span(ctx context.Context, account cloison.AccountID, since, until time.Time) (first, last time.Time, err error)

	// Coverage says what the ledger can vouch for in the window. It is asked after the rows were read, so that rows
	// which retention dropped meanwhile are known as a gap.
	Coverage(ctx context.Context, since, until time.Time) (Coverage, error)
}

// Disclosed is one row of the ledger as the roll needs it: one person shown once.
type Disclosed struct {
	At     int64 // Unix time in milliseconds
	Person cloison.PersonRef
	Fields cloison.Fields

	// Explanation is ledger.Row's, or only its word before the colon, which is all that the roll keeps: caseload,
	// cover, appointment, self, none.
	Explanation string
}

// Coverage is what the ledger can vouch for.
type Coverage struct {
	Opened time.Time // the time of the first row ever; zero: there is none
	Kept   time.Time // rows before it may have been dropped at the end of their retention; zero: none was
	Sealed time.Time // every row before it is under a signed checkpoint; after the last row when all are; zero: none is
	Doubts []Gap     // of the kinds ClockStep and Suspended, oldest first, where they meet the window
}
