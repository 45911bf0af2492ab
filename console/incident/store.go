package incident

import (
	"context"

	"cloison/wall/disclose"
)

// AlarmStore lists alarms.
type AlarmStore interface {
	// Alarms lists at most limit of those after one, by number.
	Alarms(ctx context.Context, after int64, limit int) ([]disclose.Alarm, error)
}
