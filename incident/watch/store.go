package watch

import (
	"context"
	"time"

	"cloison"
	"cloison/wall/disclose"
)

// Store has the alarms in commit order and the cursor of each reader. Both are durable; a cursor moves only forward.
type Store interface {
	// Alarms returns at most limit alarms with an ID above after, oldest first.
	Alarms(ctx context.Context, after int64, limit int) ([]disclose.Alarm, error)
	// AlarmsSince returns at most limit alarms of a structure, or of all for "", at or after a time, newest first.
	AlarmsSince(ctx context.Context, structure cloison.StructureID, since time.Time, limit int) ([]disclose.Alarm, error)
	// Cursor returns the named reader's cursor; 0 before its first read.
	Cursor(ctx context.Context, name string) (int64, error)
	// SetCursor moves it; a move backwards is Stale.
	SetCursor(ctx context.Context, name string, at int64) error
}

// Container cuts the lineage of an account; package contain has it. Cutting a lineage that is already cut is no error.
type Container interface {
	CutFor(ctx context.Context, account cloison.AccountID, alarm disclose.Alarm) error
}
