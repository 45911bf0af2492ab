package postgres

import (
	"context"

	"github.com/jackc/pgx/v5"

	"cloison/wall/disclose"
)

// Alarms reads alarms in the order in which their commits passed the gate.
func (db *DB) Alarms(ctx context.Context, after int64, limit int) ([]disclose.Alarm, error) {
	var alarms []disclose.Alarm
	err := db.each(ctx, `SELECT id, at, account, lineage, structure, subject, level, statistic, persons, unexplained, request
		FROM alarm WHERE id > $1 ORDER BY id LIMIT $2`, []any{after, limit}, func(rows pgx.Rows) error {
		var a disclose.Alarm
		err := rows.Scan(&a.ID, (*moment)(&a.At), (*int64)(&a.Account), (*int64)(&a.Lineage), (*string)(&a.Structure),
			(*string)(&a.Counted), &a.Level, &a.Statistic, &a.Persons, &a.Unexplained, &a.Request)
		alarms = append(alarms, a)
		return unavailable(err)
	})
	return alarms, err
}

// Cursor reads a reader's place.
func (db *DB) Cursor(ctx context.Context, name string) (at int64, err error) {
	err = db.get(ctx, "cursor", "SELECT coalesce((SELECT at FROM cursor WHERE name = $1), 0)", []any{name}, []any{&at})
	return at, err
}

// SetCursor moves a reader's place forward.
func (db *DB) SetCursor(ctx context.Context, name string, at int64) error {
	return db.tx(ctx, func(t *tx) error {
		n, err := t.exec(`INSERT INTO cursor (name, at) VALUES ($1, $2)
			ON CONFLICT (name) DO UPDATE SET at = excluded.at WHERE excluded.at >= cursor.at`, name, at)
		if err == nil && n == 0 {
			return stale("cursor " + name)
		}
		return err
	})
}
