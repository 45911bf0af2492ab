package sqlite

import (
	"context"
	"time"

	"cloison"
	"cloison/ledger/retention"
	"cloison/store/shared"
	"cloison/store/shared/incident"
)

// Maintain keeps the file in shape: it drops what is past its use, renews the planner's statistics and folds the
// write-ahead log back. Call it at start and once a day.
func (db *DB) Maintain(ctx context.Context, now time.Time) error {
	if err := db.tx(ctx, func(t shared.Tx) error { return t.Forget(now) }); err != nil {
		return err
	}
	if err := db.tx(ctx, func(t shared.Tx) error { return t.Run("PRAGMA optimize") }); err != nil {
		return err
	}
	_, err := db.pool.ExecContext(ctx, "PRAGMA wal_checkpoint(PASSIVE)")
	return unavailable(err)
}

// dropped is how many rows one transaction of Drop takes: disclosures commit in between.
const dropped = 1000

// Expired looks the number up: times grow with the rows' numbers.
func (db *DB) Expired(ctx context.Context, before time.Time) (int64, error) {
	first, err := db.FirstRow(ctx, before)
	if err != nil {
		return 0, err
	}
	last, sealed := first-1, int64(0)
	err = db.get(ctx, "mark", "SELECT coalesce((SELECT seq FROM seal_mark), 0)", nil, []any{&sealed})
	if err == nil && last > sealed {
		err = notSealed(last, sealed)
	}
	return last, err
}

func notSealed(last, sealed int64) error {
	return cloison.Errorf(cloison.Conflict, "rows up to %d are to be dropped, but sealed only up to %d: seal first", last, sealed)
}

// Drop drops rows and refused requests, in one transaction.
func (db *DB) Drop(ctx context.Context, d retention.Drop) (more bool, err error) {
	before := millis(d.Before)
	err = db.tx(ctx, func(t shared.Tx) error {
		need, err := incident.Needs(t, d.Question)
		if err != nil {
			return err
		}
		if need.Keeps(d.Before) {
			return shared.Stale("holds and cuts")
		}
		var rows, last, at, sealed int64
		err = t.Row(`SELECT count(*), coalesce(max(seq), 0), coalesce(max(at), 0), coalesce((SELECT seq FROM seal_mark), 0)
			FROM (SELECT seq, at FROM disclosure WHERE seq <= ? ORDER BY seq LIMIT ?)`, d.Last, dropped).Scan(&rows, &last, &at, &sealed)
		switch {
		case err != nil:
			return err
		case last > sealed:
			return notSealed(last, sealed)
		case at >= before:
			return cloison.Errorf(cloison.Conflict, "row %d has not reached its end", last)
		}
		if rows > 0 {
			if err := t.Run("UPDATE gate SET kept_at = max(kept_at, ?)", before); err != nil {
				return err
			}
			if err := t.Run("DELETE FROM disclosure WHERE seq <= ?", last); err != nil {
				return err
			}
		}
		refusals, err := t.Exec("DELETE FROM refusal WHERE id IN (SELECT id FROM refusal ORDER BY id LIMIT ?) AND at < ?", dropped, before)
		more = rows == dropped || refusals == dropped
		return err
	})
	return more && err == nil, err
}
