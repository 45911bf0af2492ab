package self

import (
	"context"
	"time"

	"cloison"
	"cloison/access/explanation"
	"cloison/access/letters"
	"cloison/incident/exposure"
	"cloison/ledger/journal"
)

// Store is what the viewer's own pages read. Safe for concurrent use; an error carries a cloison.Kind.
type Store interface {
	HomeStore
	SpaceStore
}

// HomeStore counts what waits for the viewer.
type HomeStore interface {
	Covers(ctx context.Context, account cloison.AccountID, at time.Time) ([]explanation.CoverDeclared, error)
	// EventsWhere lists events, the newest first.
	EventsWhere(ctx context.Context, s journal.Search) ([]journal.Event, error)
	Tally(ctx context.Context) (map[letters.State]int, error)
}

// SpaceStore is what the viewer may read, and has read.
type SpaceStore interface {
	exposure.Store
	Covers(ctx context.Context, account cloison.AccountID, at time.Time) ([]explanation.CoverDeclared, error)
	Caseload(ctx context.Context, account cloison.AccountID, at time.Time) (map[cloison.PersonRef]explanation.Explanation, error)
}
