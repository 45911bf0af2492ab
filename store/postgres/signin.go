package postgres

import (
	"context"
	"net/netip"
	"time"

	"github.com/jackc/pgx/v5"

	"cloison"
	"cloison/access/directory"
	"cloison/access/signin"
	"cloison/rules/limits"
	"cloison/wall/disclose"
)

const sessionColumns = `id, token, account, idp, sub, id_token, acr, amr, auth, passkey_at, passkey, network, user_agent,
	opened, last_seen, expires, version, device`

func sessionArgs(s signin.Session, version int64) []any {
	amr := s.Amr
	if amr == nil {
		amr = []string{}
	}
	network := ""
	if s.Network.IsValid() {
		network = s.Network.String()
	}
	passkey := s.Passkey
	if passkey == nil {
		passkey = []byte{}
	}
	return []any{int64(s.ID), s.Token[:], int64(s.Account), s.Binding.IdP, s.Binding.Sub, s.IDToken.Reveal(), s.Acr, amr,
		stamp(s.Auth), stamp(s.PasskeyAt), passkey, network, s.UserAgent, stamp(s.Opened), stamp(s.LastSeen),
		stamp(s.Expires), version, s.Device}
}

func scanSession(row pgx.Row) (s signin.Session, err error) {
	var token []byte
	var network string
	err = row.Scan((*int64)(&s.ID), &token, (*int64)(&s.Account), &s.Binding.IdP, &s.Binding.Sub, (*string)(&s.IDToken), &s.Acr, &s.Amr, (*moment)(&s.Auth),
		(*moment)(&s.PasskeyAt), &s.Passkey, &network, &s.UserAgent, (*moment)(&s.Opened), (*moment)(&s.LastSeen),
		(*moment)(&s.Expires), &s.Version, &s.Device)
	if err != nil {
		return signin.Session{}, err
	}
	copy(s.Token[:], token)
	if len(s.Passkey) == 0 {
		s.Passkey = nil
	}
	if len(s.Amr) == 0 {
		s.Amr = nil
	}
	if network != "" {
		if s.Network, err = netip.ParsePrefix(network); err != nil {
			return signin.Session{}, cloison.Errorf(cloison.Internal, "session %v: its network cannot be read: %w", s.ID, err)
		}
	}
	return s, nil
}

// AddSession stores the session together with its lease: there is never one without the other. An account that was cut
// while it signed in gets none: the lock makes one of the two wait for the other, and a cut that waited sees the
// session.
func (db *DB) AddSession(ctx context.Context, s signin.Session, left int32) error {
	args := sessionArgs(s, 1)
	lease, err := limits.Tally{Left: left}.MarshalBinary()
	if err != nil {
		return err
	}
	return db.tx(ctx, func(t *tx) error {
		var state directory.State
		err := t.row("SELECT state FROM account WHERE id = $1 FOR SHARE", int64(s.Account)).Scan(&state)
		switch {
		case err != nil && !none(err):
			return err
		case err == nil && state != directory.Active:
			return stale("account of the session")
		}
		err = t.run("INSERT INTO session ("+sessionColumns+`, revoked, reason)
			VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, NULL, '')`, args...)
		if err != nil {
			return err
		}
		return t.run("INSERT INTO counter (subject, version, tally) VALUES ($1, 1, $2)", string(disclose.CountedSession(s.ID)), lease)
	})
}

// Session finds a live session by the digest of its token.
func (db *DB) Session(ctx context.Context, token [32]byte) (signin.Session, error) {
	s, err := scanSession(db.pool.QueryRow(ctx, "SELECT "+sessionColumns+" FROM session WHERE token = $1 AND revoked IS NULL", token[:]))
	return s, found("session", err)
}

// SessionsOf lists an account's live sessions.
func (db *DB) SessionsOf(ctx context.Context, account cloison.AccountID) ([]signin.Session, error) {
	var sessions []signin.Session
	err := db.each(ctx, "SELECT "+sessionColumns+" FROM session WHERE account = $1 AND revoked IS NULL ORDER BY opened DESC, id",
		[]any{int64(account)}, func(rows pgx.Rows) error {
			s, err := scanSession(rows)
			sessions = append(sessions, s)
			return unavailable(err)
		})
	return sessions, err
}

// UpdateSession replaces a live session.
func (db *DB) UpdateSession(ctx context.Context, s signin.Session) error {
	args := sessionArgs(s, s.Version+1)
	return db.tx(ctx, func(t *tx) error {
		n, err := t.exec("UPDATE session SET ("+sessionColumns+`) =
			($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18)
			WHERE id = $1 AND revoked IS NULL AND version = $19`, append(args, s.Version)...)
		if err != nil || n > 0 {
			return err
		}
		var live bool
		if err := t.row("SELECT EXISTS (SELECT FROM session WHERE id = $1 AND revoked IS NULL)", int64(s.ID)).Scan(&live); err != nil {
			return err
		}
		if live {
			return stale("session")
		}
		return found("session", pgx.ErrNoRows)
	})
}

// TouchSession moves LastSeen forward.
func (db *DB) TouchSession(ctx context.Context, id cloison.SessionID, at time.Time) error {
	return db.tx(ctx, func(t *tx) error {
		return t.run("UPDATE session SET last_seen = greatest(last_seen, $1) WHERE id = $2 AND revoked IS NULL", stamp(at), int64(id))
	})
}

// RenewPresence sets the lease. It is a new version: a commit decided on the old lease is Stale.
func (db *DB) RenewPresence(ctx context.Context, id cloison.SessionID, left int32) error {
	return db.tx(ctx, func(t *tx) error {
		var old []byte
		subject := string(disclose.CountedSession(id))
		err := t.row("SELECT tally FROM counter WHERE subject = $1 FOR UPDATE", subject).Scan(&old)
		if err != nil {
			return found("session", err)
		}
		var lease limits.Tally
		if err := lease.UnmarshalBinary(old); err != nil {
			return cloison.Errorf(cloison.Internal, "the counter %s cannot be read: %w", subject, err)
		}
		lease.Left = left
		b, err := lease.MarshalBinary()
		if err != nil {
			return err
		}
		return t.run("UPDATE counter SET version = version + 1, tally = $1 WHERE subject = $2", b, subject)
	})
}

// Revoke ends sessions, with their leases.
func (db *DB) Revoke(ctx context.Context, account cloison.AccountID, id cloison.SessionID, reason string, at time.Time) (
	n int, err error,
) {
	err = db.guarded(ctx, func(t *tx) error {
		if n, err = t.endSessions(account, id, reason, at); err != nil || n == 0 {
			return err
		}
		return t.raiseFence()
	})
	if err != nil {
		return 0, err
	}
	return n, nil
}

// endSessions ends one session of the account, or all with a zero id. A session ends when it was last seen, at the
// earliest.
func (t *tx) endSessions(account cloison.AccountID, id cloison.SessionID, reason string, at time.Time) (n int, err error) {
	ids, err := t.sessions(`UPDATE session SET revoked = coalesce(greatest($1, last_seen), now()), reason = $2
		WHERE account = $3 AND ($4 = 0::bigint OR id = $4) AND revoked IS NULL RETURNING id`,
		stamp(at), reason, int64(account), int64(id))
	if err != nil {
		return 0, err
	}
	return len(ids), t.dropLeases(ids)
}

// sessions runs a statement that returns the ids of sessions.
func (t *tx) sessions(query string, args ...any) ([]cloison.SessionID, error) {
	rows, err := t.Query(t.ctx, query, args...)
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, func(row pgx.CollectableRow) (id cloison.SessionID, err error) {
		err = row.Scan((*int64)(&id))
		return id, err
	})
}

func (t *tx) dropLeases(ids []cloison.SessionID) error {
	subjects := make([]string, len(ids))
	for i, id := range ids {
		subjects[i] = string(disclose.CountedSession(id))
	}
	return t.run("DELETE FROM counter WHERE subject = ANY($1)", subjects)
}
