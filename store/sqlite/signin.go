package sqlite

import (
	"context"
	"database/sql"
	"encoding/json"
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

func sessionArgs(s signin.Session, version int64) ([]any, error) {
	amr, err := json.Marshal(s.Amr)
	if err != nil {
		return nil, err
	}
	network := ""
	if s.Network.IsValid() {
		network = s.Network.String()
	}
	passkey := s.Passkey
	if passkey == nil {
		passkey = []byte{}
	}
	return []any{int64(s.ID), s.Token[:], int64(s.Account), s.Binding.IdP, s.Binding.Sub, s.IDToken.Reveal(), s.Acr, string(amr),
		millis(s.Auth), millis(s.PasskeyAt), passkey, network, s.UserAgent, millis(s.Opened), millis(s.LastSeen),
		millis(s.Expires), version, s.Device}, nil
}

func scanSession(row scanner) (s signin.Session, err error) {
	var token, amr []byte
	var network string
	err = row.Scan(&s.ID, &token, &s.Account, &s.Binding.IdP, &s.Binding.Sub, &s.IDToken, &s.Acr, &amr, (*moment)(&s.Auth),
		(*moment)(&s.PasskeyAt), &s.Passkey, &network, &s.UserAgent, (*moment)(&s.Opened), (*moment)(&s.LastSeen),
		(*moment)(&s.Expires), &s.Version, &s.Device)
	if err != nil {
		return signin.Session{}, err
	}
	copy(s.Token[:], token)
	if len(s.Passkey) == 0 {
		s.Passkey = nil
	}
	if err := json.Unmarshal(amr, &s.Amr); err != nil {
		return signin.Session{}, cloison.Errorf(cloison.Internal, "session %v: its amr cannot be read: %w", s.ID, err)
	}
	if network != "" {
		if s.Network, err = netip.ParsePrefix(network); err != nil {
			return signin.Session{}, cloison.Errorf(cloison.Internal, "session %v: its network cannot be read: %w", s.ID, err)
		}
	}
	return s, nil
}

// AddSession stores the session together with its lease: there is never one without the other. An account that was cut
// while it signed in gets none.
func (db *DB) AddSession(ctx context.Context, s signin.Session, left int32) error {
	args, err := sessionArgs(s, 1)
	if err != nil {
		return err
	}
	lease, err := limits.Tally{Left: left}.MarshalBinary()
	if err != nil {
		return err
	}
	return db.tx(ctx, func(t *tx) error {
		var out bool
		err := t.row("SELECT count(*) FROM account WHERE id = ? AND state <> ?", int64(s.Account), int64(directory.Active)).Scan(&out)
		switch {
		case err != nil:
			return err
		case out:
			return stale("account of the session")
		}
		err = t.run("INSERT INTO session ("+sessionColumns+`, revoked, reason)
			VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, 0, '')`, args...)
		if err != nil {
			return err
		}
		return t.run("INSERT INTO counter (subject, version, tally) VALUES (?, 1, ?)", string(disclose.CountedSession(s.ID)), lease)
	})
}

// Session finds a live session by the digest of its token.
func (db *DB) Session(ctx context.Context, token [32]byte) (signin.Session, error) {
	st, err := db.statement(ctx, "SELECT "+sessionColumns+" FROM session WHERE token = ? AND revoked = 0")
	if err != nil {
		return signin.Session{}, unavailable(err)
	}
	s, err := scanSession(st.QueryRowContext(ctx, token[:]))
	return s, found("session", err)
}

// SessionsOf lists an account's live sessions.
func (db *DB) SessionsOf(ctx context.Context, account cloison.AccountID) ([]signin.Session, error) {
	var sessions []signin.Session
	err := db.each(ctx, "SELECT "+sessionColumns+" FROM session WHERE account = ? AND revoked = 0 ORDER BY opened DESC, id",
		[]any{int64(account)}, func(rows *sql.Rows) error {
			s, err := scanSession(rows)
			sessions = append(sessions, s)
			return unavailable(err)
		})
	return sessions, err
}

// UpdateSession replaces a live session.
func (db *DB) UpdateSession(ctx context.Context, s signin.Session) error {
	args, err := sessionArgs(s, s.Version+1)
	if err != nil {
		return err
	}
	return db.tx(ctx, func(t *tx) error {
		n, err := t.exec("UPDATE session SET ("+sessionColumns+`) =
			(?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17, ?18)
			WHERE id = ?1 AND revoked = 0 AND version = ?19`, append(args, s.Version)...)
		if err != nil || n > 0 {
			return err
		}
		var live bool
		if err := t.row("SELECT count(*) FROM session WHERE id = ? AND revoked = 0", int64(s.ID)).Scan(&live); err != nil {
			return err
		}
		if live {
			return stale("session")
		}
		return found("session", sql.ErrNoRows)
	})
}

// TouchSession moves LastSeen forward.
func (db *DB) TouchSession(ctx context.Context, id cloison.SessionID, at time.Time) error {
	return db.tx(ctx, func(t *tx) error {
		return t.run("UPDATE session SET last_seen = max(last_seen, ?) WHERE id = ? AND revoked = 0", millis(at), int64(id))
	})
}

// RenewPresence sets the lease. It is a new version: a commit decided on the old lease is Stale.
func (db *DB) RenewPresence(ctx context.Context, id cloison.SessionID, left int32) error {
	return db.tx(ctx, func(t *tx) error {
		var old []byte
		subject := string(disclose.CountedSession(id))
		err := t.row("SELECT tally FROM counter WHERE subject = ?", subject).Scan(&old)
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
		return t.run("UPDATE counter SET version = version + 1, tally = ? WHERE subject = ?", b, subject)
	})
}

// Revoke ends sessions, with their leases.
func (db *DB) Revoke(ctx context.Context, account cloison.AccountID, id cloison.SessionID, reason string, at time.Time) (
	n int, err error,
) {
	err = db.tx(ctx, func(t *tx) error {
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
	var ids []cloison.SessionID
	err = t.each(`UPDATE session SET revoked = max(?, last_seen, 1), reason = ?
		WHERE account = ? AND (?4 = 0 OR id = ?4) AND revoked = 0 RETURNING id`, []any{millis(at), reason, int64(account), int64(id)},
		func(rows *sql.Rows) error {
			var id cloison.SessionID
			err := rows.Scan(&id)
			ids = append(ids, id)
			return err
		})
	if err != nil {
		return 0, err
	}
	return len(ids), t.dropLeases(ids)
}

func (t *tx) dropLeases(ids []cloison.SessionID) error {
	for _, id := range ids {
		if err := t.run("DELETE FROM counter WHERE subject = ?", string(disclose.CountedSession(id))); err != nil {
			return err
		}
	}
	return nil
}
