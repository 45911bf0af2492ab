package sqlite

import (
	"context"
	"database/sql"
	"time"

	"cloison"
	"cloison/access/directory"
	"cloison/ledger/retention"
)

// Maintain keeps the file in shape: what is over and nobody needs to know, the planner's statistics, and the
// write-ahead log folded back. Call it at start and once a day.
func (db *DB) Maintain(ctx context.Context, now time.Time) error {
	if err := db.tx(ctx, func(t *tx) error { return t.forget(now) }); err != nil {
		return err
	}
	if err := db.tx(ctx, func(t *tx) error { return t.run("PRAGMA optimize") }); err != nil {
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
	err = db.tx(ctx, func(t *tx) error {
		need, err := t.needs(d.Question)
		if err != nil {
			return err
		}
		if need.Keeps(d.Before) {
			return stale("holds and cuts")
		}
		var rows, last, at, sealed int64
		err = t.row(`SELECT count(*), coalesce(max(seq), 0), coalesce(max(at), 0), coalesce((SELECT seq FROM seal_mark), 0)
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
			if err := t.run("UPDATE gate SET kept_at = max(kept_at, ?)", before); err != nil {
				return err
			}
			if err := t.run("DELETE FROM disclosure WHERE seq <= ?", last); err != nil {
				return err
			}
		}
		refusals, err := t.exec("DELETE FROM refusal WHERE id IN (SELECT id FROM refusal ORDER BY id LIMIT ?) AND at < ?", dropped, before)
		more = rows == dropped || refusals == dropped
		return err
	})
	return more && err == nil, err
}

// Needs asks the holds and the cuts.
func (db *DB) Needs(ctx context.Context, q retention.Question) (n retention.Need, err error) {
	err = db.tx(ctx, func(t *tx) error { n, err = t.needs(q); return err })
	return n, err
}

func (t *tx) needs(q retention.Question) (n retention.Need, err error) {
	err = t.row(`SELECT EXISTS (SELECT 1 FROM hold WHERE lifted = 0 OR lifted > ?1), count(*) > 0, coalesce(min(since), 0)
		FROM cut WHERE undone = 0 AND at > ?2`, millis(q.LiftedAfter), millis(q.CutAfter)).Scan(&n.Hold, &n.Cut, (*moment)(&n.Since))
	return n, err
}

// Holds lists all.
func (db *DB) Holds(ctx context.Context) (list []retention.Hold, err error) {
	err = db.each(ctx, "SELECT id, at, made_by, reason, asked_by, asked, lifted, lifted_by FROM hold ORDER BY at DESC, id", nil, func(rows *sql.Rows) error {
		var h retention.Hold
		err := rows.Scan(&h.ID, (*moment)(&h.At), &h.By, &h.Reason, &h.AskedBy, (*moment)(&h.Asked), (*moment)(&h.Lifted), &h.LiftedBy)
		list = append(list, h)
		return unavailable(err)
	})
	return list, err
}

// AddHold stores a hold: the next transaction of Drop sees it.
func (db *DB) AddHold(ctx context.Context, h retention.Hold, e directory.Event) error {
	return db.tx(ctx, func(t *tx) error {
		if err := t.stillActive(h.By); err != nil {
			return err
		}
		err := t.run("INSERT INTO hold (id, at, made_by, reason, asked_by, asked, lifted, lifted_by) VALUES (?, ?, ?, ?, 0, 0, 0, 0)",
			int64(h.ID), millis(h.At), int64(h.By), h.Reason)
		if err != nil {
			return err
		}
		return t.addEvent(e)
	})
}

// LiftHold stores who asks, or the end.
func (db *DB) LiftHold(ctx context.Context, h retention.Hold, asked cloison.AccountID, e directory.Event) error {
	return db.tx(ctx, func(t *tx) error {
		if h.LiftedBy != 0 || h.Lifted.IsZero() {
			if err := t.stillActive(h.AskedBy, h.LiftedBy); err != nil {
				return err
			}
		}
		n, err := t.exec("UPDATE hold SET asked_by = ?2, asked = ?3, lifted = ?4, lifted_by = ?5 WHERE id = ?1 AND lifted = 0 AND asked_by = ?6",
			int64(h.ID), int64(h.AskedBy), millis(h.Asked), millis(h.Lifted), int64(h.LiftedBy), int64(asked))
		if err != nil {
			return err
		}
		if n == 0 {
			return stale("hold")
		}
		return t.addEvent(e)
	})
}
