package sqlite

import (
	"context"
	"database/sql"
	"time"

	"cloison"
	"cloison/access/directory"
	"cloison/access/signin"
)

// AddPasskey stores a passkey of an account that is still active.
func (db *DB) AddPasskey(ctx context.Context, p signin.Passkey) error {
	return db.tx(ctx, func(t *tx) error {
		var active bool
		err := t.row("SELECT count(*) FROM account WHERE id = ? AND state = ?", int64(p.Account), int64(directory.Active)).Scan(&active)
		switch {
		case err != nil:
			return err
		case !active:
			return stale("account of the passkey")
		}
		return t.run(`INSERT INTO passkey (id, account, name, credential, counter, flags, cloned, made, made_in, last_used, revoked)
			VALUES (?, ?, ?, ?, ?, 0, ?, ?, ?, ?, ?)`, p.ID, int64(p.Account), p.Name, string(p.Credential), int64(p.Counter),
			p.Cloned, millis(p.Made), int64(p.MadeIn), millis(p.LastUsed), millis(p.Revoked))
	})
}

// Passkeys lists those that are not revoked, oldest first.
func (db *DB) Passkeys(ctx context.Context, account cloison.AccountID) ([]signin.Passkey, error) {
	var list []signin.Passkey
	err := db.each(ctx, `SELECT id, account, name, credential, counter, cloned, made, made_in, last_used, revoked FROM passkey
		WHERE account = ? AND revoked = 0 ORDER BY made, id`, []any{int64(account)}, func(rows *sql.Rows) error {
		var p signin.Passkey
		var credential []byte
		err := rows.Scan(&p.ID, &p.Account, &p.Name, &credential, &p.Counter, &p.Cloned, (*moment)(&p.Made), &p.MadeIn,
			(*moment)(&p.LastUsed), (*moment)(&p.Revoked))
		p.Credential = credential
		list = append(list, p)
		return unavailable(err)
	})
	return list, err
}

// UsePasskey moves the signature counter forward, or marks a copy. The mark is stored although the answer is an error.
func (db *DB) UsePasskey(ctx context.Context, id []byte, counter uint32, flags byte, at time.Time) error {
	var cloned bool
	err := db.tx(ctx, func(t *tx) error {
		var stored uint32
		err := t.row("SELECT counter FROM passkey WHERE id = ? AND revoked = 0", id).Scan(&stored)
		if err != nil {
			return found("passkey", err)
		}
		if counter <= stored && (counter != 0 || stored != 0) {
			cloned = true
			return t.run("UPDATE passkey SET cloned = 1 WHERE id = ?", id)
		}
		return t.run("UPDATE passkey SET counter = ?, flags = ?, last_used = max(last_used, ?) WHERE id = ?",
			int64(counter), int64(flags), millis(at), id)
	})
	if err == nil && cloned {
		return cloison.Errorf(cloison.Conflict, "the passkey's counter did not move forward: a copy of it is in use")
	}
	return err
}

// RenamePasskey gives a passkey of the account another name.
func (db *DB) RenamePasskey(ctx context.Context, account cloison.AccountID, id []byte, name string) error {
	return db.tx(ctx, func(t *tx) error {
		n, err := t.exec("UPDATE passkey SET name = ? WHERE id = ? AND account = ? AND revoked = 0", name, id, int64(account))
		if err == nil && n == 0 {
			return found("passkey", sql.ErrNoRows)
		}
		return err
	})
}

// RevokePasskey ends a passkey of the account, which keeps another.
func (db *DB) RevokePasskey(ctx context.Context, account cloison.AccountID, id []byte, at time.Time) error {
	return db.tx(ctx, func(t *tx) error {
		n, err := t.exec("UPDATE passkey SET revoked = ? WHERE id = ? AND account = ? AND revoked = 0",
			max(millis(at), 1), id, int64(account))
		if err == nil && n == 0 {
			return found("passkey", sql.ErrNoRows)
		}
		if err != nil {
			return err
		}
		var left bool
		err = t.row("SELECT count(*) > 0 FROM passkey WHERE account = ? AND revoked = 0", int64(account)).Scan(&left)
		if err == nil && !left {
			return cloison.Errorf(cloison.Conflict, "the account has no other passkey")
		}
		return err
	})
}

// AddAct stores an act that waits for its passkey, and drops its session's oldest ones.
func (db *DB) AddAct(ctx context.Context, a signin.Act, keep int) error {
	return db.tx(ctx, func(t *tx) error {
		err := t.run("INSERT INTO act (id, session, account, verb, subject, challenge, made, expires) VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
			int64(a.ID), int64(a.Session), int64(a.Account), string(a.Verb), string(a.Subject), a.Challenge, millis(a.Made), millis(a.Expires))
		if err != nil {
			return err
		}
		return t.run(`DELETE FROM act WHERE session = ?1 AND id IN
			(SELECT id FROM act WHERE session = ?1 AND id <> ?2 ORDER BY made DESC, id DESC LIMIT -1 OFFSET ?3)`,
			int64(a.Session), int64(a.ID), keep-1)
	})
}

// TakeAct takes an act out of the store, for its session.
func (db *DB) TakeAct(ctx context.Context, id cloison.ActID, session cloison.SessionID) (a signin.Act, err error) {
	err = db.tx(ctx, func(t *tx) error {
		var subject []byte
		err := t.row("DELETE FROM act WHERE id = ? AND session = ? RETURNING id, session, account, verb, subject, challenge, made, expires",
			int64(id), int64(session)).Scan(&a.ID, &a.Session, &a.Account, (*string)(&a.Verb), &subject, &a.Challenge,
			(*moment)(&a.Made), (*moment)(&a.Expires))
		a.Subject = subject
		return found("act", err)
	})
	if err != nil {
		return signin.Act{}, err
	}
	return a, nil
}

// Fail counts a failure, this one included, and keeps at most maxFailures of a key: counting them holds up every other
// write.
func (db *DB) Fail(ctx context.Context, key string, at, since time.Time) (n int, err error) {
	const before = "SELECT count(*) FROM (SELECT 1 FROM failure WHERE key = ? AND at >= ? LIMIT ?)"
	err = db.tx(ctx, func(t *tx) error {
		err := t.row(before, key, millis(since), maxFailures).Scan(&n)
		if err != nil || n == maxFailures {
			return err
		}
		n++
		return t.run("INSERT INTO failure (key, at) VALUES (?, ?)", key, millis(at))
	})
	if err != nil {
		return 0, err
	}
	return n, nil
}

// maxFailures is far above what any stage allows.
const maxFailures = 1000

// Failures counts failures.
func (db *DB) Failures(ctx context.Context, key string, since time.Time) (n int, err error) {
	err = db.get(ctx, "failure", "SELECT count(*) FROM failure WHERE key = ? AND at >= ?", []any{key, millis(since)}, []any{&n})
	return n, err
}

// Sweep drops what ended before t.
func (db *DB) Sweep(ctx context.Context, before, now time.Time) error {
	return db.tx(ctx, func(t *tx) error {
		for _, q := range []string{
			"DELETE FROM spent_state WHERE until < ?",
			"DELETE FROM failure WHERE at < ?",
		} {
			if err := t.run(q, millis(before)); err != nil {
				return err
			}
		}
		if err := t.run("DELETE FROM act WHERE expires < ?", millis(now)); err != nil {
			return err
		}
		if err := t.run("DELETE FROM place WHERE last < ?", millis(before.AddDate(-1, 0, 0))); err != nil {
			return err
		}
		var ids []cloison.SessionID
		err := t.each("DELETE FROM session WHERE expires < ?1 OR (revoked <> 0 AND revoked < ?1) RETURNING id",
			[]any{millis(before)}, func(rows *sql.Rows) error {
				var id cloison.SessionID
				err := rows.Scan(&id)
				ids = append(ids, id)
				return err
			})
		if err != nil {
			return err
		}
		return t.dropLeases(ids)
	})
}
