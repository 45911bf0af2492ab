package shared

import (
	"context"
	"strconv"
	"time"

	"cloison"
	"cloison/access/directory"
	"cloison/access/signin"
)

// AddPasskey stores a passkey of an account that is still active: the lock makes it and a cut wait for one another.
func (db PasskeyStore) AddPasskey(ctx context.Context, p signin.Passkey) error {
	return db.Tx(ctx, func(t Tx) error {
		state, err := t.lockState(p.Account)
		switch {
		case err != nil && !none(err):
			return err
		case err != nil, state != directory.Active:
			return Stale("account of the passkey")
		}
		return t.Run(`INSERT INTO passkey (id, account, name, credential, counter, flags, cloned, made, made_in, last_used, revoked)
			VALUES ($1, $2, $3, $4, $5, 0, $6, $7, $8, $9, $10)`, p.ID, int64(p.Account), p.Name, string(p.Credential),
			int64(p.Counter), p.Cloned, Optional(p.Made), int64(p.MadeIn), Optional(p.LastUsed), Optional(p.Revoked))
	})
}

// Passkeys lists those that are not revoked, oldest first.
func (db PasskeyStore) Passkeys(ctx context.Context, account cloison.AccountID) ([]signin.Passkey, error) {
	return List(ctx, db.Engine, scanPasskey,
		`SELECT id, account, name, credential, counter, cloned, made, made_in, last_used, revoked FROM passkey
		WHERE account = $1 AND revoked IS NULL ORDER BY made, id`, int64(account))
}

func scanPasskey(row Row) (p signin.Passkey, err error) {
	err = row.Scan(&p.ID, (*int64)(&p.Account), &p.Name, (*[]byte)(&p.Credential), &p.Counter, &p.Cloned, &p.Made,
		(*int64)(&p.MadeIn), &p.LastUsed, &p.Revoked)
	return p, err
}

// UsePasskey moves the signature counter forward, or marks a copy. The mark is stored although the answer is an error.
func (db PasskeyStore) UsePasskey(ctx context.Context, id []byte, counter uint32, flags byte, at time.Time) error {
	var cloned bool
	err := db.Tx(ctx, func(t Tx) error {
		var stored uint32
		err := t.Row("SELECT counter FROM passkey WHERE id = $1 AND revoked IS NULL FOR UPDATE", id).Scan(&stored)
		if err != nil {
			return Found("passkey", err)
		}
		if counter <= stored && (counter != 0 || stored != 0) {
			cloned = true
			return t.Run("UPDATE passkey SET cloned = true WHERE id = $1", id)
		}
		return t.Run("UPDATE passkey SET counter = $1, flags = $2, last_used = greatest(last_used, $3) WHERE id = $4",
			int64(counter), int64(flags), Optional(at), id)
	})
	if err == nil && cloned {
		return cloison.Errorf(cloison.Conflict, "the passkey's counter did not move forward: a copy of it is in use")
	}
	return err
}

// RenamePasskey gives a passkey of the account another name.
func (db PasskeyStore) RenamePasskey(ctx context.Context, account cloison.AccountID, id []byte, name string) error {
	return db.Tx(ctx, func(t Tx) error {
		return t.Must(NoSuch("passkey"),
			"UPDATE passkey SET name = $1 WHERE id = $2 AND account = $3 AND revoked IS NULL", name, id, int64(account))
	})
}

// RevokePasskey ends a passkey of the account, which keeps another.
func (db PasskeyStore) RevokePasskey(ctx context.Context, account cloison.AccountID, id []byte, at time.Time) error {
	return db.Tx(ctx, func(t Tx) error {
		// One at a time per account: two at once would each see the other's passkey.
		if err := t.Lock("passkeys of " + strconv.FormatInt(int64(account), 10)); err != nil {
			return err
		}
		n, err := t.Exec("UPDATE passkey SET revoked = $1 WHERE id = $2 AND account = $3 AND revoked IS NULL",
			Marked(at), id, int64(account))
		if err == nil && n == 0 {
			return NoSuch("passkey")
		}
		if err != nil {
			return err
		}
		var left bool
		err = t.Row("SELECT EXISTS (SELECT 1 FROM passkey WHERE account = $1 AND revoked IS NULL)", int64(account)).Scan(&left)
		if err == nil && !left {
			return cloison.Errorf(cloison.Conflict, "the account has no other passkey")
		}
		return err
	})
}
