package sqlite

import (
	"context"
	"database/sql"
	"encoding/json"
	"net/netip"
	"time"

	"cloison"
	"cloison/access/signin"
)

// SpendState uses a state up.
func (db *DB) SpendState(ctx context.Context, state [32]byte, until time.Time) error {
	return db.tx(ctx, func(t *tx) error {
		n, err := t.exec("INSERT INTO spent_state (state, until) VALUES (?, ?) ON CONFLICT DO NOTHING", state[:], millis(until))
		if err == nil && n == 0 {
			return cloison.Errorf(cloison.Conflict, "the state of this sign-in was used before")
		}
		return err
	})
}

// SeenAt notes from where an account signs in.
func (db *DB) SeenAt(ctx context.Context, account cloison.AccountID, network netip.Prefix, agent string, at time.Time) (
	known bool, err error,
) {
	err = db.tx(ctx, func(t *tx) error {
		n, err := t.exec("UPDATE place SET last = max(last, ?) WHERE account = ? AND network = ? AND user_agent = ?",
			millis(at), int64(account), prefix(network), agent)
		if known = n > 0; known || err != nil {
			return err
		}
		return t.run("INSERT INTO place (account, network, user_agent, first, last) VALUES (?1, ?2, ?3, ?4, ?4)",
			int64(account), prefix(network), agent, millis(at))
	})
	return known && err == nil, err
}

// ProvedAt notes where a passkey was shown first.
func (db *DB) ProvedAt(ctx context.Context, account cloison.AccountID, network netip.Prefix, agent string, at time.Time) error {
	return db.tx(ctx, func(t *tx) error {
		return t.run("UPDATE place SET proved = ? WHERE account = ? AND network = ? AND user_agent = ? AND proved = 0",
			millis(at), int64(account), prefix(network), agent)
	})
}

func prefix(p netip.Prefix) string {
	if !p.IsValid() {
		return ""
	}
	return p.String()
}

// EndedSession finds a revoked session by the digest of its last token.
func (db *DB) EndedSession(ctx context.Context, token [32]byte) (e signin.Ended, err error) {
	err = db.get(ctx, "session", "SELECT id, account, revoked, reason FROM session WHERE token = ? AND revoked <> 0", []any{token[:]},
		[]any{&e.Session, &e.Account, (*moment)(&e.At), &e.Reason})
	return e, err
}

// Over lists those of the sessions that are not live.
func (db *DB) Over(ctx context.Context, ids []cloison.SessionID) (over []cloison.SessionID, err error) {
	list := make([]int64, len(ids)) // their text form is not what the database compares
	for i, id := range ids {
		list[i] = int64(id)
	}
	encoded, err := json.Marshal(list)
	if err != nil {
		return nil, err
	}
	err = db.each(ctx, `SELECT value FROM json_each(?) WHERE NOT EXISTS
		(SELECT 1 FROM session WHERE id = value AND revoked = 0)`, []any{string(encoded)}, func(rows *sql.Rows) error {
		var id cloison.SessionID
		err := rows.Scan(&id)
		over = append(over, id)
		return unavailable(err)
	})
	return over, err
}
