package oversight

import (
	"context"

	"cloison"
	"cloison/access/directory"
	"cloison/access/letters"
	"cloison/ledger/journal"
)

// Store is what the pages of oversight list. Safe for concurrent use; an error carries a cloison.Kind.
type Store interface {
	JournalStore
	LetterStore
	Members(ctx context.Context, structure cloison.StructureID) ([]directory.Member, error)
}

// JournalStore is the journal of account events.
type JournalStore interface {
	// EventsWhere lists events, the newest first.
	EventsWhere(ctx context.Context, s journal.Search) ([]journal.Event, error)
}

// LetterStore is the outbox.
type LetterStore interface {
	Letter(ctx context.Context, id int64) (letters.Letter, error)
	Letters(ctx context.Context, state letters.State, below int64, limit int) ([]letters.Letter, error)
	Tally(ctx context.Context) (map[letters.State]int, error)
}
