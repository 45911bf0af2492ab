package watch

import (
	"context"

	"cloison"
	"cloison/wall/disclose"
)

// Store gives the alarms in commit order and keeps the reader's place. Both are durable; a cursor moves only forward.
type Store interface {
	// Alarms returns at most limit alarms with an ID above after, oldest first.
	Alarms(ctx context.Context, after int64, limit int) ([]disclose.Alarm, error)
	// Cursor returns the place of the named reader; 0 when it never read.
	Cursor(ctx context.Context, name string) (int64, error)
	// SetCursor moves it; a move backwards is Stale.
	SetCursor(ctx context.Context, name string, at int64) error
}

// Container cuts the lineage of an account; package contain has one. Cutting a lineage that is already cut is no error.
type Container interface {
	CutFor(ctx context.Context, account cloison.AccountID, alarm disclose.Alarm) error
}
