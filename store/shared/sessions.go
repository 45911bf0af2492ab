package shared

import (
	"context"
	"net/netip"
	"time"

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
	passkey := s.Passkey
	if passkey == nil {
		passkey = []byte{}
	}
	return []any{int64(s.ID), s.Token[:], int64(s.Account), s.Binding.IdP, s.Binding.Sub, s.IDToken.Reveal(), s.Acr, amr,
		Optional(s.Auth), Optional(s.PasskeyAt), passkey, prefix(s.Network), s.UserAgent, Optional(s.Opened),
		Optional(s.LastSeen), Optional(s.Expires), version, s.Device}
}

func scanSession(row Row) (s signin.Session, err error) {
	var token []byte
	var network string
	err = row.Scan((*int64)(&s.ID), &token, (*int64)(&s.Account), &s.Binding.IdP, &s.Binding.Sub, (*string)(&s.IDToken), &s.Acr,
		&s.Amr, &s.Auth, &s.PasskeyAt, &s.Passkey, &network, &s.UserAgent, &s.Opened, &s.LastSeen,
		&s.Expires, &s.Version, &s.Device)
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
			return signin.Session{}, cloison.Errorf(cloison.Internal, "reading session %v: its network is no prefix: %w", s.ID, err)
		}
	}
	return s, nil
}

// AddSession stores the session together with its lease: there is never one without the other. An account that was cut
// while it signed in gets none: the lock makes one of the two wait for the other, and a cut that waited sees the
// session.
func (db SessionStore) AddSession(ctx context.Context, s signin.Session, left int32) error {
	args := sessionArgs(s, 1)
	lease, err := limits.Tally{Left: left}.MarshalBinary()
	if err != nil {
		return err
	}
	return db.Tx(ctx, func(t Tx) error {
		state, err := t.lockState(s.Account)
		switch {
		case none(err): // the foreign key refuses the session of an account that does not exist
		case err != nil:
			return err
		case state != directory.Active:
			return Stale("account of the session")
		}
		err = t.Run("INSERT INTO session ("+sessionColumns+`, revoked, reason)
			VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, '')`, append(args,
			Optional{})...)
		if err != nil {
			return err
		}
		return t.Run("INSERT INTO counter (subject, version, tally) VALUES ($1, 1, $2)", string(disclose.CountedSession(s.ID)),
			lease)
	})
}

// Session finds a live session by the digest of its token.
func (db SessionStore) Session(ctx context.Context, token [32]byte) (signin.Session, error) {
	return One(ctx, db.Engine, "session", scanSession,
		"SELECT "+sessionColumns+" FROM session WHERE token = $1 AND revoked IS NULL", token[:])
}

// SessionsOf lists an account's live sessions.
func (db SessionStore) SessionsOf(ctx context.Context, account cloison.AccountID) ([]signin.Session, error) {
	return List(ctx, db.Engine, scanSession,
		"SELECT "+sessionColumns+" FROM session WHERE account = $1 AND revoked IS NULL ORDER BY opened DESC, id",
		int64(account))
}

// UpdateSession replaces a live session.
func (db SessionStore) UpdateSession(ctx context.Context, s signin.Session) error {
	args := sessionArgs(s, s.Version+1)
	return db.Tx(ctx, func(t Tx) error {
		n, err := t.Exec("UPDATE session SET ("+sessionColumns+`) =
			($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18)
			WHERE id = $1 AND revoked IS NULL AND version = $19`, append(args, s.Version)...)
		if err != nil || n > 0 {
			return err
		}
		var live bool
		if err := t.Row("SELECT EXISTS (SELECT 1 FROM session WHERE id = $1 AND revoked IS NULL)",
			int64(s.ID)).Scan(&live); err != nil {
			return err
		}
		if live {
			return Stale("session")
		}
		return NoSuch("session")
	})
}

// TouchSession moves LastSeen forward.
func (db SessionStore) TouchSession(ctx context.Context, id cloison.SessionID, at time.Time) error {
	return db.Tx(ctx, func(t Tx) error {
		return t.Run("UPDATE session SET last_seen = greatest(last_seen, $1) WHERE id = $2 AND revoked IS NULL", Optional(at),
			int64(id))
	})
}

// RenewPresence sets the lease. It is a new version: a commit decided on the old lease is Stale.
func (db SessionStore) RenewPresence(ctx context.Context, id cloison.SessionID, left int32) error {
	return db.Tx(ctx, func(t Tx) error {
		var old []byte
		subject := string(disclose.CountedSession(id))
		err := t.Row("SELECT tally FROM counter WHERE subject = $1 FOR UPDATE", subject).Scan(&old)
		if err != nil {
			return Found("session", err)
		}
		var lease limits.Tally
		if err := lease.UnmarshalBinary(old); err != nil {
			return cloison.Errorf(cloison.Internal, "reading counter %s: %w", subject, err)
		}
		lease.Left = left
		b, err := lease.MarshalBinary()
		if err != nil {
			return err
		}
		return t.Run("UPDATE counter SET version = version + 1, tally = $1 WHERE subject = $2", b, subject)
	})
}

// Revoke ends sessions, with their leases.
func (db SessionStore) Revoke(ctx context.Context, account cloison.AccountID, id cloison.SessionID, reason string, at time.Time) (
	n int, err error,
) {
	err = db.Guarded(ctx, func(t Tx) error {
		if n, err = t.EndSessions(account, id, reason, at); err != nil || n == 0 {
			return err
		}
		return t.RaiseFence()
	})
	if err != nil {
		return 0, err
	}
	return n, nil
}

// EndSessions ends one session of the account, or all with a zero id. A session ends when it was last seen, at the
// earliest.
func (t Tx) EndSessions(account cloison.AccountID, id cloison.SessionID, reason string, at time.Time) (n int, err error) {
	ids, err := t.sessions(`UPDATE session SET revoked = greatest($1, last_seen), reason = $2
		WHERE account = $3 AND ($4 = 0::bigint OR id = $4) AND revoked IS NULL RETURNING id`,
		Marked(at), reason, int64(account), int64(id))
	if err != nil {
		return 0, err
	}
	return len(ids), t.dropLeases(ids)
}

// sessions runs a statement that returns the ids of sessions.
func (t Tx) sessions(query string, args ...any) (ids []cloison.SessionID, err error) {
	err = t.Each(query, args, func(row Row) error {
		var id int64
		err := row.Scan(&id)
		ids = append(ids, cloison.SessionID(id))
		return err
	})
	return ids, err
}

// dropLeases deletes the counters of sessions that ended.
func (t Tx) dropLeases(ids []cloison.SessionID) error {
	subjects := make([]string, len(ids))
	for i, id := range ids {
		subjects[i] = string(disclose.CountedSession(id))
	}
	return t.Run("DELETE FROM counter WHERE subject = ANY($1)", subjects)
}

// EndedSession finds a revoked session by the digest of its last token.
func (db SessionStore) EndedSession(ctx context.Context, token [32]byte) (e signin.Ended, err error) {
	err = db.Get(ctx, "session", "SELECT id, account, revoked, reason FROM session WHERE token = $1 AND revoked IS NOT NULL",
		[]any{token[:]}, []any{(*int64)(&e.Session), (*int64)(&e.Account), &e.At, &e.Reason})
	return e, err
}

// Over lists those of the sessions that are not live.
func (db SessionStore) Over(ctx context.Context, ids []cloison.SessionID) (over []cloison.SessionID, err error) {
	live := map[cloison.SessionID]bool{}
	err = db.Each(ctx, "SELECT id FROM session WHERE id = ANY($1) AND revoked IS NULL", []any{Numbers(ids)}, func(row Row) error {
		var id int64
		err := row.Scan(&id)
		live[cloison.SessionID(id)] = true
		return err
	})
	for _, id := range ids {
		if !live[id] && err == nil {
			over = append(over, id)
		}
	}
	return over, err
}
