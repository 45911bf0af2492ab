package shared

import (
	"context"
	"time"

	"cloison"
	"cloison/access/directory"
	"cloison/access/lifecycle"
)

// TouchAccount notes that an account is in use.
func (db DormancyStore) TouchAccount(ctx context.Context, id cloison.AccountID, at, since time.Time) error {
	return db.Tx(ctx, func(t Tx) error {
		return t.Run(`UPDATE account SET last_seen = $2 WHERE id = $1 AND state = $4 AND (last_seen IS NULL OR last_seen <= $5)
			AND greatest(last_seen, created) > $3`, int64(id), at, since, int64(directory.Active), at.Add(-time.Hour))
	})
}

// Pass notes the clock of a sweep.
func (db DormancyStore) Pass(ctx context.Context, at time.Time) (before time.Time, err error) {
	err = db.Tx(ctx, func(t Tx) error {
		if err := t.Row("SELECT at FROM sweep FOR UPDATE").Scan(&before); err != nil {
			return err
		}
		return t.Run("UPDATE sweep SET at = $1", at)
	})
	return before, err
}

// AnybodySignedIn looks at when the latest session was opened, those that are over included.
func (db DormancyStore) AnybodySignedIn(ctx context.Context, since, until time.Time) (bool, error) {
	return Value[bool](ctx, db.Engine, "SELECT coalesce(max(opened) BETWEEN $1 AND $2, false) FROM session", since, until)
}

// Idle lists accounts through the index of their last use.
func (db DormancyStore) Idle(ctx context.Context, since time.Time, after cloison.AccountID, limit int) ([]directory.Account,
	error) {
	return db.accounts(ctx, "state = "+Active+" AND greatest(last_seen, created) <= $1 AND id > $2 ORDER BY id LIMIT $3", since,
		int64(after), limit)
}

// End ends a batch of accounts, and raises the fence when it ended one.
func (db DormancyStore) End(ctx context.Context, review cloison.ActID, batch []lifecycle.Ending) (ended int, err error) {
	if len(batch) == 0 {
		return 0, nil
	}
	err = db.Guarded(ctx, func(t Tx) error {
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
			err := t.ReplaceAccount(e.Account)
			switch {
			case err != nil && cloison.KindOf(err) == cloison.Stale:
				continue
			case err != nil:
				return err
			}
			done = append(done, e)
			if review != 0 {
				err := t.Run("UPDATE review_line SET verdict = 'lapsed', at = $1 WHERE review = $2 AND account = $3",
					e.Event.At, int64(review), int64(e.Account.ID))
				if err != nil {
					return err
				}
			}
		}
		if ended = len(done); ended == 0 {
			return nil
		}
		if err := t.RaiseFence(); err != nil {
			return err
		}
		for _, e := range done {
			if err := t.AddEvent(e.Event); err != nil {
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

// waits reports whether the account's line of an open review has no answer.
func (t Tx) waits(review cloison.ActID, account cloison.AccountID) (waits bool, err error) {
	err = t.Row(`SELECT EXISTS (SELECT 1 FROM review_line JOIN review ON id = review
		WHERE review = $1 AND account = $2 AND verdict = '' AND closed IS NULL)`, int64(review), int64(account)).Scan(&waits)
	return waits, err
}
