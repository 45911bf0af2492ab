package sqlite

import (
	"context"
	"database/sql"
	"time"

	"cloison"
	"cloison/access/directory"
	"cloison/access/lifecycle"
)

// TouchAccount notes that an account is in use.
func (db *DB) TouchAccount(ctx context.Context, id cloison.AccountID, at, since time.Time) error {
	return db.tx(ctx, func(t *tx) error {
		return t.run(`UPDATE account SET last_seen = ?2 WHERE id = ?1 AND state = ?4 AND last_seen <= ?2 - 3600000
			AND max(last_seen, created) > ?3`, int64(id), millis(at), millis(since), int64(directory.Active))
	})
}

// Pass notes the clock of a sweep.
func (db *DB) Pass(ctx context.Context, at time.Time) (before time.Time, err error) {
	err = db.tx(ctx, func(t *tx) error {
		if err := t.row("SELECT at FROM sweep").Scan((*moment)(&before)); err != nil {
			return err
		}
		return t.run("UPDATE sweep SET at = ?", millis(at))
	})
	return before, err
}

// AnybodySignedIn looks at when the latest session was opened, those that are over included.
func (db *DB) AnybodySignedIn(ctx context.Context, since, until time.Time) (anybody bool, err error) {
	err = db.get(ctx, "session", "SELECT coalesce(max(opened) BETWEEN ? AND ?, 0) FROM session", []any{millis(since), millis(until)}, []any{&anybody})
	return anybody, err
}

// Idle lists accounts through the index of their last use.
func (db *DB) Idle(ctx context.Context, since time.Time, after cloison.AccountID, limit int) (accounts []directory.Account, err error) {
	err = db.each(ctx, "SELECT "+accountColumns+` FROM account
		WHERE state = 1 AND max(last_seen, created) <= ? AND id > ? ORDER BY id LIMIT ?`, []any{millis(since), int64(after), limit},
		func(rows *sql.Rows) error {
			a, err := scanAccount(rows)
			accounts = append(accounts, a)
			return unavailable(err)
		})
	return accounts, err
}

// End ends a batch of accounts, and raises the fence when it ended one.
func (db *DB) End(ctx context.Context, review cloison.ActID, batch []lifecycle.Ending) (ended int, err error) {
	if len(batch) == 0 {
		return 0, nil
	}
	err = db.tx(ctx, func(t *tx) error {
		var done []lifecycle.Ending
		for _, e := range batch {
			if review != 0 {
				waits, err := t.waits(review, e.Account.ID)
				if err != nil {
					return err
				}
				if !waits {
					continue
				}
			}
			err := t.replaceAccount(e.Account)
			switch {
			case err != nil && cloison.KindOf(err) == cloison.Stale:
				continue
			case err != nil:
				return err
			}
			done = append(done, e)
			if review != 0 {
				err := t.run("UPDATE review_line SET verdict = 'lapsed', at = ? WHERE review = ? AND account = ?",
					millis(e.Event.At), int64(review), int64(e.Account.ID))
				if err != nil {
					return err
				}
			}
		}
		if ended = len(done); ended == 0 {
			return nil
		}
		if err := t.raiseFence(); err != nil {
			return err
		}
		for _, e := range done {
			if err := t.addEvent(e.Event); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return 0, err
	}
	return ended, nil
}

// waits says whether the account's line of an open review has no answer.
func (t *tx) waits(review cloison.ActID, account cloison.AccountID) (waits bool, err error) {
	err = t.row(`SELECT EXISTS (SELECT 1 FROM review_line JOIN review ON id = review
		WHERE review = ? AND account = ? AND verdict = '' AND closed = 0)`, int64(review), int64(account)).Scan(&waits)
	return waits, err
}

// ServerClock knows none but this machine's.
func (db *DB) ServerClock(context.Context) (time.Time, error) { return time.Time{}, nil }
