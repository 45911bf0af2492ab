package sqlite

import (
	"context"
	"database/sql"

	"cloison/wall/disclose"
)

// Alarms reads alarms in the order in which their commits passed the gate.
func (db *DB) Alarms(ctx context.Context, after int64, limit int) ([]disclose.Alarm, error) {
	var alarms []disclose.Alarm
	err := db.each(ctx, `SELECT id, at, account, lineage, structure, subject, level, statistic, persons, unexplained, request
		FROM alarm WHERE id > ? ORDER BY id LIMIT ?`, []any{after, limit}, func(rows *sql.Rows) error {
		var a disclose.Alarm
		err := rows.Scan(&a.ID, (*moment)(&a.At), &a.Account, &a.Lineage, &a.Structure, &a.Counted, &a.Level, &a.Statistic,
			&a.Persons, &a.Unexplained, &a.Request)
		alarms = append(alarms, a)
		return unavailable(err)
	})
	return alarms, err
}

// Cursor reads a reader's place.
func (db *DB) Cursor(ctx context.Context, name string) (at int64, err error) {
	err = db.get(ctx, "cursor", "SELECT coalesce((SELECT at FROM cursor WHERE name = ?), 0)", []any{name}, []any{&at})
	return at, err
}

// SetCursor moves a reader's place forward.
func (db *DB) SetCursor(ctx context.Context, name string, at int64) error {
	return db.tx(ctx, func(t *tx) error {
		n, err := t.exec(`INSERT INTO cursor (name, at) VALUES (?, ?)
			ON CONFLICT DO UPDATE SET at = excluded.at WHERE excluded.at >= at`, name, at)
		if err == nil && n == 0 {
			return stale("cursor " + name)
		}
		return err
	})
}
