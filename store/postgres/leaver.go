package postgres

import (
	"context"
	"errors"
	"time"

	"github.com/jackc/pgx/v5"

	"cloison"
	"cloison/access/directory"
	"cloison/access/letters"
)

// SuspendLeaver counts and suspends in one transaction, which holds the gate: no other one counts meanwhile.
func (db *DB) SuspendLeaver(ctx context.Context, a directory.Account, since time.Time, maxStructure, maxSource int) error {
	return db.guarded(ctx, func(t *tx) error {
		var inStructure, bySource int
		err := t.row(`SELECT (SELECT count(*) FROM account l JOIN account m ON m.id = l.suspended_by
				WHERE l.suspended_by <> 0 AND l.suspended_at >= $3 AND l.structure = $1 AND m.roles & $4 <> 0),
			(SELECT count(*) FROM account WHERE suspended_by = $2 AND suspended_by <> 0 AND suspended_at >= $3)`,
			string(a.Structure), int64(a.SuspendedBy), exact(since), int64(directory.Source|directory.NetworkSource)).Scan(&inStructure, &bySource)
		if err != nil {
			return err
		}
		if inStructure >= maxStructure || bySource >= maxSource {
			return cloison.Errorf(cloison.Denied, "machines have suspended %d accounts of the structure in that time, this one %d in all", inStructure, bySource)
		}
		if err := t.replaceAccount(a); err != nil {
			return err
		}
		return t.raiseFence()
	})
}

// AmendAccount keeps the address that was.
func (db *DB) AmendAccount(ctx context.Context, a directory.Account, at time.Time) error {
	return db.guarded(ctx, func(t *tx) error {
		err := t.run(`INSERT INTO former_address (account, email, at) SELECT id, email, $3 FROM account WHERE id = $1 AND email NOT IN ('', $2)`,
			int64(a.ID), a.Email.Reveal(), exact(at))
		if err != nil {
			return err
		}
		if err := t.replaceAccount(a); err != nil {
			return err
		}
		return t.raiseFence()
	})
}

// FormerAddresses lists what an account was written to at before.
func (db *DB) FormerAddresses(ctx context.Context, account cloison.AccountID) (list []letters.Former, err error) {
	err = db.each(ctx, "SELECT id, email, at FROM former_address WHERE account = $1 ORDER BY id", []any{int64(account)}, func(rows pgx.Rows) error {
		var f letters.Former
		err := rows.Scan(&f.ID, (*string)(&f.Address), (*moment)(&f.Until))
		list = append(list, f)
		return unavailable(err)
	})
	return list, err
}

// forget drops what nobody needs to know any more.
func (t *tx) forget(now time.Time) error {
	return errors.Join(t.forgetDesk(now), t.run("DELETE FROM former_address WHERE at < $1", exact(now.AddDate(0, 0, -30))))
}
