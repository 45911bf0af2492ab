package oversight

import (
	"context"
	"time"

	"cloison"
	"cloison/access/directory"
	"cloison/access/letters"
	"cloison/ledger"
	"cloison/ledger/seal"
)

// Store is what the pages of oversight read. Safe for concurrent use; an error carries a cloison.Kind.
type Store interface {
	seal.Store
	RowStore
	JournalStore
	LetterStore
	Members(ctx context.Context, structure cloison.StructureID) ([]directory.Member, error)
}

// RowStore searches the ledger's rows.
type RowStore interface {
	// RowsOf lists the ledger's rows of one account, since ≤ at < until (zero: no bound), the oldest first, at most
	// limit of them.
	RowsOf(ctx context.Context, account cloison.AccountID, since, until time.Time, limit int) ([]ledger.Row, error)
	// RowsAbout lists the ledger's rows about one person, since ≤ at < until, the newest first, at most limit of them.
	// It reads every row of that time: no index is kept by person, since each commit would pay for it.
	RowsAbout(ctx context.Context, person cloison.PersonRef, since, until time.Time, limit int) ([]ledger.Row, error)
}

// JournalStore is the journal of account events.
type JournalStore interface {
	AddEvent(ctx context.Context, e directory.Event) error
	// EventsWhere lists events, the newest first.
	EventsWhere(ctx context.Context, s directory.EventSearch) ([]directory.Event, error)
}

// LetterStore is the outbox.
type LetterStore interface {
	Letter(ctx context.Context, id int64) (letters.Letter, error)
	Letters(ctx context.Context, state letters.State, below int64, limit int) ([]letters.Letter, error)
	Tally(ctx context.Context) (map[letters.State]int, error)
}
