package sqlite

import (
	"context"
	"database/sql"
	"time"

	"cloison"
)

// Maintain keeps the file in shape: what the desk granted and is over, the planner's statistics, and the write-ahead log
// folded back. Call it at start and once a day.
func (db *DB) Maintain(ctx context.Context, now time.Time) error {
	if err := db.tx(ctx, func(t *tx) error { return t.forgetDesk(now) }); err != nil {
		return err
	}
	if err := db.tx(ctx, func(t *tx) error { return t.run("PRAGMA optimize") }); err != nil {
		return err
	}
	_, err := db.pool.ExecContext(ctx, "PRAGMA wal_checkpoint(PASSIVE)")
	return unavailable(err)
}

// retainRows is how many rows one transaction of Retain drops: disclosures commit in between.
const retainRows = 1000

// Retain drops the rows before a time, oldest first, up to the first row that is not before it. It refuses to drop a
// row that is not sealed: its leaf must be in the log before it goes. A crash in between leaves rows that the next call
// drops.
func (db *DB) Retain(ctx context.Context, before time.Time) error {
	for {
		done, err := db.retain(ctx, millis(before))
		if err != nil || done {
			return err
		}
	}
}

func (db *DB) retain(ctx context.Context, before int64) (done bool, err error) {
	err = db.tx(ctx, func(t *tx) error {
		var n, last, sealed int64
		err := t.each("SELECT seq, at FROM disclosure ORDER BY seq LIMIT ?", []any{retainRows}, func(rows *sql.Rows) error {
			var seq, at int64
			err := rows.Scan(&seq, &at)
			if done = done || at >= before; !done {
				n, last = n+1, seq
			}
			return err
		})
		if done = n < retainRows; err != nil || n == 0 {
			return err
		}
		if err := t.row("SELECT coalesce((SELECT seq FROM seal_mark), 0)").Scan(&sealed); err != nil {
			return err
		}
		if last > sealed {
			return cloison.Errorf(cloison.Conflict, "rows up to %d are to be dropped, but sealed only up to %d: seal first", last, sealed)
		}
		if err := t.run("UPDATE gate SET kept_at = max(kept_at, ?)", before); err != nil {
			return err
		}
		return t.run("DELETE FROM disclosure WHERE seq <= ?", last)
	})
	return done, err
}
