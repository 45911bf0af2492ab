package incident

import (
	"context"

	"cloison"
	"cloison/access/directory"
	"cloison/incident/contain"
	"cloison/incident/exposure"
	"cloison/wall/disclose"
)

// Store is what the pages of an incident read. Safe for concurrent use; an error carries a cloison.Kind.
type Store interface {
	exposure.Store
	AlarmStore
	CutByID(ctx context.Context, id cloison.ActID) (contain.Cut, error)
	AddEvent(ctx context.Context, e directory.Event) error
}

// AlarmStore lists alarms.
type AlarmStore interface {
	// Alarms lists at most limit of those after one, by number.
	Alarms(ctx context.Context, after int64, limit int) ([]disclose.Alarm, error)
}
