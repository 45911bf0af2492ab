package postgres

import (
	"context"
	"time"

	"github.com/jackc/pgx/v5"

	"cloison"
	"cloison/access/directory"
	"cloison/ledger/retention"
)

// retainLock is the advisory lock under which rows are dropped and holds are stored: dropping a month takes several
// transactions.
const retainLock = 0x636c6f69736f6e

// Expired looks at the months that ended before that time.
func (db *DB) Expired(ctx context.Context, before time.Time) (last int64, err error) {
	var sealed int64
	err = db.get(ctx, "mark", `SELECT coalesce((SELECT max(seq) FROM disclosure WHERE at < $1), 0), coalesce((SELECT seq FROM seal_mark), 0)`,
		[]any{firstOfMonth(before)}, []any{&last, &sealed})
	if err == nil && last > sealed {
		err = cloison.Errorf(cloison.Conflict, "rows up to %d are to be dropped, but sealed only up to %d: seal first", last, sealed)
	}
	return last, err
}

// Drop drops one month, with its table, or some refused requests.
func (db *DB) Drop(ctx context.Context, d retention.Drop) (more bool, err error) {
	conn, err := db.pool.Acquire(ctx)
	if err != nil {
		return false, unavailable(err)
	}
	defer conn.Release()
	if _, err := conn.Exec(ctx, "SELECT pg_advisory_lock($1)", retainLock); err != nil {
		return false, unavailable(err)
	}
	defer func() { // the server gives it back, too, when the connection ends
		limited, stop := context.WithTimeout(context.WithoutCancel(ctx), db.wait)
		defer stop()
		if _, err := conn.Exec(limited, "SELECT pg_advisory_unlock($1)", retainLock); err != nil {
			conn.Conn().Close(limited)
		}
	}()
	month, err := db.oldestMonth(ctx)
	if err != nil {
		return false, err
	}
	if !month.IsZero() && !month.AddDate(0, 1, 0).After(d.Before) {
		return true, db.drop(ctx, month, d)
	}
	const most = 1000
	var refusals int64
	err = db.tx(ctx, func(t *tx) error {
		if err := t.unneeded(d); err != nil {
			return err
		}
		refusals, err = t.exec("DELETE FROM refusal WHERE id IN (SELECT id FROM refusal ORDER BY id LIMIT $1) AND at < $2", most, exact(d.Before))
		return err
	})
	return refusals == most && err == nil, err
}

// unneeded refuses to drop what a hold or a cut keeps.
func (t *tx) unneeded(d retention.Drop) error {
	need, err := t.needs(d.Question)
	if err == nil && need.Keeps(d.Before) {
		err = stale("holds and cuts")
	}
	return err
}

// Needs asks the holds and the cuts.
func (db *DB) Needs(ctx context.Context, q retention.Question) (n retention.Need, err error) {
	err = db.tx(ctx, func(t *tx) error { n, err = t.needs(q); return err })
	return n, err
}

func (t *tx) needs(q retention.Question) (n retention.Need, err error) {
	err = t.row(`SELECT EXISTS (SELECT FROM hold WHERE lifted IS NULL OR lifted > $1), count(*) > 0,
		CASE WHEN count(*) = count(since) THEN min(since) END FROM cut WHERE undone IS NULL AND at > $2`,
		exact(q.LiftedAfter), exact(q.CutAfter)).Scan(&n.Hold, &n.Cut, (*moment)(&n.Since))
	return n, err
}

// Holds lists all.
func (db *DB) Holds(ctx context.Context) (list []retention.Hold, err error) {
	err = db.each(ctx, "SELECT id, at, made_by, reason, asked_by, asked, lifted, lifted_by FROM hold ORDER BY at DESC, id", nil, func(rows pgx.Rows) error {
		var h retention.Hold
		err := rows.Scan((*int64)(&h.ID), (*moment)(&h.At), (*int64)(&h.By), &h.Reason, (*int64)(&h.AskedBy), (*moment)(&h.Asked),
			(*moment)(&h.Lifted), (*int64)(&h.LiftedBy))
		list = append(list, h)
		return unavailable(err)
	})
	return list, err
}

// AddHold stores a hold, once no month is being dropped.
func (db *DB) AddHold(ctx context.Context, h retention.Hold, e directory.Event) error {
	return db.tx(ctx, func(t *tx) error {
		if err := t.run("SELECT pg_advisory_xact_lock($1)", retainLock); err != nil {
			return err
		}
		if err := t.stillActive(h.By); err != nil {
			return err
		}
		err := t.run("INSERT INTO hold (id, at, made_by, reason, asked_by, asked, lifted, lifted_by) VALUES ($1, $2, $3, $4, 0, NULL, NULL, 0)",
			int64(h.ID), exact(h.At), int64(h.By), h.Reason)
		if err != nil {
			return err
		}
		return t.addEvent(e)
	})
}

// LiftHold stores who asks, or the end.
func (db *DB) LiftHold(ctx context.Context, h retention.Hold, asked cloison.AccountID, e directory.Event) error {
	return db.guarded(ctx, func(t *tx) error { // whoever is stopped waits, or was before
		if h.LiftedBy != 0 || h.Lifted.IsZero() {
			if err := t.stillActive(h.AskedBy, h.LiftedBy); err != nil {
				return err
			}
		}
		n, err := t.exec("UPDATE hold SET asked_by = $2, asked = $3, lifted = $4, lifted_by = $5 WHERE id = $1 AND lifted IS NULL AND asked_by = $6",
			int64(h.ID), int64(h.AskedBy), stamp(h.Asked), stamp(h.Lifted), int64(h.LiftedBy), int64(asked))
		if err != nil {
			return err
		}
		if n == 0 {
			return stale("hold")
		}
		return t.addEvent(e)
	})
}
