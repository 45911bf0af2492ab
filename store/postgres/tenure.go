package postgres

import (
	"context"
	"time"

	"github.com/jackc/pgx/v5"

	"cloison"
	"cloison/access/directory"
	"cloison/access/lifecycle"
)

// TouchAccount notes that an account is in use.
func (db *DB) TouchAccount(ctx context.Context, id cloison.AccountID, at, since time.Time) error {
	return db.tx(ctx, func(t *tx) error {
		return t.run(`UPDATE account SET last_seen = $2 WHERE id = $1 AND state = $4 AND (last_seen IS NULL OR last_seen <= $2::timestamptz - interval '1 hour')
			AND greatest(last_seen, created) > $3`, int64(id), exact(at), exact(since), int32(directory.Active))
	})
}

// Pass notes the clock of a sweep.
func (db *DB) Pass(ctx context.Context, at time.Time) (before time.Time, err error) {
	err = db.tx(ctx, func(t *tx) error {
		if err := t.row("SELECT at FROM sweep FOR UPDATE").Scan((*moment)(&before)); err != nil {
			return err
		}
		return t.run("UPDATE sweep SET at = $1", exact(at))
	})
	return before, err
}

// AnybodySignedIn looks at when the latest session was opened, those that are over included.
func (db *DB) AnybodySignedIn(ctx context.Context, since, until time.Time) (anybody bool, err error) {
	err = db.get(ctx, "session", "SELECT coalesce(max(opened) BETWEEN $1 AND $2, false) FROM session", []any{exact(since), exact(until)}, []any{&anybody})
	return anybody, err
}

// Idle lists accounts through the index of their last use.
func (db *DB) Idle(ctx context.Context, since time.Time, after cloison.AccountID, limit int) (accounts []directory.Account, err error) {
	err = db.each(ctx, "SELECT "+accountColumns+` FROM account
		WHERE state = 1 AND greatest(last_seen, created) <= $1 AND id > $2 ORDER BY id LIMIT $3`, []any{exact(since), int64(after), limit},
		func(rows pgx.Rows) error {
			var a directory.Account
			err := rows.Scan(accountDest(&a)...)
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
	err = db.guarded(ctx, func(t *tx) error {
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
				err := t.run("UPDATE review_line SET verdict = 'lapsed', at = $1 WHERE review = $2 AND account = $3",
					exact(e.Event.At), int64(review), int64(e.Account.ID))
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
	err = t.row(`SELECT EXISTS (SELECT FROM review_line JOIN review ON id = review
		WHERE review = $1 AND account = $2 AND verdict = '' AND closed IS NULL)`, int64(review), int64(account)).Scan(&waits)
	return waits, err
}

// ServerClock asks the server, unless it is on this machine.
func (db *DB) ServerClock(ctx context.Context) (at time.Time, err error) {
	err = db.get(ctx, "clock", "SELECT CASE WHEN inet_server_addr() <> inet_client_addr() THEN clock_timestamp() END", nil, []any{(*moment)(&at)})
	return at, err
}
