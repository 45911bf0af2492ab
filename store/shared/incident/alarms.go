package incident

import (
	"cloison"
	"context"
	"time"

	"cloison/store/shared"
	"cloison/wall/disclose"
)

func alarmDest(a *disclose.Alarm) []any {
	return []any{&a.ID, &a.At, (*int64)(&a.Account), (*int64)(&a.Lineage), (*string)(&a.Structure), (*string)(&a.Counted),
		&a.Level, &a.Statistic, &a.Persons, &a.Unexplained, &a.Request}
}

const alarmColumns = "id, at, account, lineage, structure, subject, level, statistic, persons, unexplained, request"

// Alarms reads alarms in the order in which their commits passed the gate.
func (db AlarmStore) Alarms(ctx context.Context, after int64, limit int) ([]disclose.Alarm, error) {
	return shared.List(ctx, db.Engine, shared.Into(alarmDest),
		"SELECT "+alarmColumns+" FROM alarm WHERE id > $1 ORDER BY id LIMIT $2", after, limit)
}

// AlarmsSince reads the latest alarms of a structure, or of all, backwards.
func (db AlarmStore) AlarmsSince(ctx context.Context, structure cloison.StructureID, since time.Time, limit int) ([]disclose.Alarm, error) {
	return shared.List(ctx, db.Engine, shared.Into(alarmDest),
		"SELECT "+alarmColumns+" FROM alarm WHERE at >= $1 AND ($2 = '' OR structure = $2) ORDER BY id DESC LIMIT $3",
		since, string(structure), limit)
}

// Cursor reads a reader's place.
func (db AlarmStore) Cursor(ctx context.Context, name string) (int64, error) {
	return shared.Value[int64](ctx, db.Engine, "SELECT coalesce((SELECT at FROM cursor WHERE name = $1), 0)", name)
}

// SetCursor moves a reader's place forward.
func (db AlarmStore) SetCursor(ctx context.Context, name string, at int64) error {
	return db.Tx(ctx, func(t shared.Tx) error {
		return t.Must(shared.Stale("cursor "+name), `INSERT INTO cursor (name, at) VALUES ($1, $2)
			ON CONFLICT (name) DO UPDATE SET at = excluded.at WHERE excluded.at >= cursor.at`, name, at)
	})
}
