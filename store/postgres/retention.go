package postgres

import (
	"context"
	"time"

	"cloison"
	"cloison/ledger/retention"
	"cloison/store/shared"
	"cloison/store/shared/incident"
)

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
	if _, err := conn.Exec(ctx, "SELECT pg_advisory_lock("+lockNumber+")", incident.RetentionLock); err != nil {
		return false, unavailable(err)
	}
	defer func() { // the server gives it back, too, when the connection ends
		limited, stop := context.WithTimeout(context.WithoutCancel(ctx), db.wait)
		defer stop()
		if _, err := conn.Exec(limited, "SELECT pg_advisory_unlock("+lockNumber+")", incident.RetentionLock); err != nil {
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
		refusals, err = t.Exec("DELETE FROM refusal WHERE id IN (SELECT id FROM refusal ORDER BY id LIMIT $1) AND at < $2", most, cloison.Timestamp(d.Before))
		return err
	})
	return refusals == most && err == nil, err
}

// unneeded refuses to drop what a hold or a cut keeps.
func (t *tx) unneeded(d retention.Drop) error {
	need, err := incident.Needs(t.Tx, d.Question)
	if err == nil && need.Keeps(d.Before) {
		err = shared.Stale("holds and cuts")
	}
	return err
}
