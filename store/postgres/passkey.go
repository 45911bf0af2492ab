package postgres

import (
	"context"
	"time"

	"github.com/jackc/pgx/v5"

	"cloison"
	"cloison/access/directory"
	"cloison/access/signin"
)

// AddPasskey stores a passkey of an account that is still active: the lock makes it and a cut wait for one another.
func (db *DB) AddPasskey(ctx context.Context, p signin.Passkey) error {
	return db.tx(ctx, func(t *tx) error {
		var state directory.State
		err := t.row("SELECT state FROM account WHERE id = $1 FOR SHARE", int64(p.Account)).Scan(&state)
		switch {
		case err != nil && !none(err):
			return err
		case err != nil, state != directory.Active:
			return stale("account of the passkey")
		}
		return t.run(`INSERT INTO passkey (id, account, name, credential, counter, flags, cloned, made, made_in, last_used, revoked)
			VALUES ($1, $2, $3, $4, $5, 0, $6, $7, $8, $9, $10)`, p.ID, int64(p.Account), p.Name, string(p.Credential), int64(p.Counter),
			p.Cloned, stamp(p.Made), int64(p.MadeIn), stamp(p.LastUsed), stamp(p.Revoked))
	})
}

// Passkeys lists those that are not revoked, oldest first.
func (db *DB) Passkeys(ctx context.Context, account cloison.AccountID) ([]signin.Passkey, error) {
	var list []signin.Passkey
	err := db.each(ctx, `SELECT id, account, name, credential, counter, cloned, made, made_in, last_used, revoked FROM passkey
		WHERE account = $1 AND revoked IS NULL ORDER BY made, id`, []any{int64(account)}, func(rows pgx.Rows) error {
		var p signin.Passkey
		var credential []byte
		err := rows.Scan(&p.ID, (*int64)(&p.Account), &p.Name, &credential, &p.Counter, &p.Cloned, (*moment)(&p.Made), (*int64)(&p.MadeIn),
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
		err := t.row("SELECT counter FROM passkey WHERE id = $1 AND revoked IS NULL FOR UPDATE", id).Scan(&stored)
		if err != nil {
			return found("passkey", err)
		}
		if counter <= stored && (counter != 0 || stored != 0) {
			cloned = true
			return t.run("UPDATE passkey SET cloned = true WHERE id = $1", id)
		}
		return t.run("UPDATE passkey SET counter = $1, flags = $2, last_used = greatest(last_used, $3) WHERE id = $4",
			int64(counter), int64(flags), stamp(at), id)
	})
	if err == nil && cloned {
		return cloison.Errorf(cloison.Conflict, "the passkey's counter did not move forward: a copy of it is in use")
	}
	return err
}

// RenamePasskey gives a passkey of the account another name.
func (db *DB) RenamePasskey(ctx context.Context, account cloison.AccountID, id []byte, name string) error {
	return db.tx(ctx, func(t *tx) error {
		n, err := t.exec("UPDATE passkey SET name = $1 WHERE id = $2 AND account = $3 AND revoked IS NULL", name, id, int64(account))
		if err == nil && n == 0 {
			return found("passkey", pgx.ErrNoRows)
		}
		return err
	})
}

// RevokePasskey ends a passkey of the account, which keeps another.
func (db *DB) RevokePasskey(ctx context.Context, account cloison.AccountID, id []byte, at time.Time) error {
	return db.tx(ctx, func(t *tx) error {
		// One at a time per account: two at once would each see the other's passkey.
		if err := t.run("SELECT pg_advisory_xact_lock(hashtextextended('passkeys of ' || $1::bigint, 0))", int64(account)); err != nil {
			return err
		}
		n, err := t.exec("UPDATE passkey SET revoked = $1 WHERE id = $2 AND account = $3 AND revoked IS NULL",
			exact(at), id, int64(account))
		if err == nil && n == 0 {
			return found("passkey", pgx.ErrNoRows)
		}
		if err != nil {
			return err
		}
		var left bool
		err = t.row("SELECT EXISTS (SELECT FROM passkey WHERE account = $1 AND revoked IS NULL)", int64(account)).Scan(&left)
		if err == nil && !left {
			return cloison.Errorf(cloison.Conflict, "the account has no other passkey")
		}
		return err
	})
}

// AddAct stores an act that waits for its passkey, and drops its session's oldest ones.
func (db *DB) AddAct(ctx context.Context, a signin.Act, keep int) error {
	return db.tx(ctx, func(t *tx) error {
		err := t.run("INSERT INTO act (id, session, account, verb, subject, challenge, made, expires) VALUES ($1, $2, $3, $4, $5, $6, $7, $8)",
			int64(a.ID), int64(a.Session), int64(a.Account), string(a.Verb), string(a.Subject), a.Challenge, stamp(a.Made), stamp(a.Expires))
		if err != nil {
			return err
		}
		return t.run(`DELETE FROM act WHERE id IN
			(SELECT id FROM act WHERE session = $1 AND id <> $2 ORDER BY made DESC NULLS LAST, id DESC OFFSET $3 FOR UPDATE SKIP LOCKED)`,
			int64(a.Session), int64(a.ID), keep-1)
	})
}

// TakeAct takes an act out of the store, for its session.
func (db *DB) TakeAct(ctx context.Context, id cloison.ActID, session cloison.SessionID) (a signin.Act, err error) {
	err = db.tx(ctx, func(t *tx) error {
		var subject []byte
		err := t.row("DELETE FROM act WHERE id = $1 AND session = $2 RETURNING id, session, account, verb, subject, challenge, made, expires",
			int64(id), int64(session)).Scan((*int64)(&a.ID), (*int64)(&a.Session), (*int64)(&a.Account), (*string)(&a.Verb), &subject, &a.Challenge,
			(*moment)(&a.Made), (*moment)(&a.Expires))
		a.Subject = subject
		return found("act", err)
	})
	if err != nil {
		return signin.Act{}, err
	}
	return a, nil
}

// Fail counts a failure, this one included, and keeps at most maxFailures of a key: counting them takes time.
func (db *DB) Fail(ctx context.Context, key string, at, since time.Time) (n int, err error) {
	const before = "SELECT count(*) FROM (SELECT FROM failure WHERE key = $1 AND at >= $2 LIMIT $3) AS kept"
	err = db.tx(ctx, func(t *tx) error {
		// One at a time per key: two at once would not see each other.
		if err := t.run("SELECT pg_advisory_xact_lock(hashtextextended($1, 0))", key); err != nil {
			return err
		}
		err := t.row(before, key, exact(since), maxFailures).Scan(&n)
		if err != nil || n == maxFailures {
			return err
		}
		n++
		return t.run("INSERT INTO failure (key, at) VALUES ($1, $2)", key, exact(at))
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
	err = db.get(ctx, "failure", "SELECT count(*) FROM failure WHERE key = $1 AND at >= $2", []any{key, exact(since)}, []any{&n})
	return n, err
}

// Sweep drops what ended before t.
func (db *DB) Sweep(ctx context.Context, before, now time.Time) error {
	return db.guarded(ctx, func(t *tx) error {
		for _, q := range []string{
			"DELETE FROM spent_state WHERE until < $1",
			"DELETE FROM failure WHERE at < $1",
		} {
			if err := t.run(q, exact(before)); err != nil {
				return err
			}
		}
		if err := t.run("DELETE FROM act WHERE expires < $1", exact(now)); err != nil {
			return err
		}
		if err := t.run("DELETE FROM place WHERE last < $1", exact(before.AddDate(-1, 0, 0))); err != nil {
			return err
		}
		ids, err := t.sessions("DELETE FROM session WHERE expires < $1 OR revoked < $1 RETURNING id", exact(before))
		if err != nil {
			return err
		}
		return t.dropLeases(ids)
	})
}
