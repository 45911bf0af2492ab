package shared

import (
	"context"
	"errors"
	"time"

	"cloison"
	"cloison/access/directory"
	"cloison/access/letters"
)

// SuspendLeaver counts and suspends in one transaction, which holds the gate: no other one counts meanwhile.
func (db DepartureStore) SuspendLeaver(ctx context.Context, a directory.Account, since time.Time, maxStructure,
	maxSource int) error {
	return db.Change(ctx, func(t Tx) error {
		var inStructure, bySource int
		err := t.Row(`SELECT (SELECT count(*) FROM account l JOIN account m ON m.id = l.suspended_by
				WHERE l.suspended_by <> 0 AND l.suspended_at >= $3 AND l.structure = $1 AND m.roles & $4 <> 0),
			(SELECT count(*) FROM account WHERE suspended_by = $2 AND suspended_by <> 0 AND suspended_at >= $3)`,
			string(a.Structure), int64(a.SuspendedBy), since, int64(directory.Source|directory.NetworkSource)).Scan(&inStructure,
			&bySource)
		if err != nil {
			return err
		}
		if inStructure >= maxStructure || bySource >= maxSource {
			return cloison.Errorf(cloison.Denied,
				"machines have suspended %d accounts of the structure in that time, this one %d in all", inStructure, bySource)
		}
		return t.ReplaceAccount(a)
	})
}

// AmendAccount keeps the address that was.
func (db DepartureStore) AmendAccount(ctx context.Context, a directory.Account, at time.Time) error {
	return db.Change(ctx, func(t Tx) error {
		err := t.Run(`INSERT INTO former_address (account, email, at) SELECT id, email, $3 FROM account WHERE id = $1 AND email NOT IN ('', $2)`,
			int64(a.ID), a.Email.Reveal(), at)
		if err != nil {
			return err
		}
		return t.ReplaceAccount(a)
	})
}

// FormerAddresses lists what an account was written to at before.
func (db DepartureStore) FormerAddresses(ctx context.Context, account cloison.AccountID) ([]letters.Former, error) {
	return List(ctx, db.Engine, Into(func(f *letters.Former) []any { return []any{&f.ID, (*string)(&f.Address), &f.Until} }),
		"SELECT id, email, at FROM former_address WHERE account = $1 ORDER BY id", int64(account))
}

// Forget drops what is past its use: ended grants, old requests and former addresses.
func (t Tx) Forget(now time.Time) error {
	return errors.Join(t.forgetDesk(now), t.Run("DELETE FROM former_address WHERE at < $1", now.AddDate(0, 0, -30)))
}
