package postgres

import (
	"context"
	"net/netip"
	"time"

	"github.com/jackc/pgx/v5"

	"cloison"
	"cloison/access/signin"
)

// SpendState uses a state up.
func (db *DB) SpendState(ctx context.Context, state [32]byte, until time.Time) error {
	return db.tx(ctx, func(t *tx) error {
		n, err := t.exec("INSERT INTO spent_state (state, until) VALUES ($1, $2) ON CONFLICT DO NOTHING", state[:], exact(until))
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
		// Of two at once, one inserts and the other sees its row: xmax is not zero where a row was updated.
		return t.row(`INSERT INTO place AS p (account, network, user_agent, first, last) VALUES ($1, $2, $3, $4, $4)
			ON CONFLICT (account, network, user_agent) DO UPDATE SET last = greatest(p.last, excluded.last) RETURNING xmax <> 0`,
			int64(account), prefix(network), agent, exact(at)).Scan(&known)
	})
	return known && err == nil, err
}

// ProvedAt notes where a passkey was shown first.
func (db *DB) ProvedAt(ctx context.Context, account cloison.AccountID, network netip.Prefix, agent string, at time.Time) error {
	return db.tx(ctx, func(t *tx) error {
		return t.run("UPDATE place SET proved = $4 WHERE account = $1 AND network = $2 AND user_agent = $3 AND proved IS NULL",
			int64(account), prefix(network), agent, exact(at))
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
	err = db.get(ctx, "session", "SELECT id, account, revoked, reason FROM session WHERE token = $1 AND revoked IS NOT NULL",
		[]any{token[:]}, []any{(*int64)(&e.Session), (*int64)(&e.Account), (*moment)(&e.At), &e.Reason})
	return e, err
}

// Over lists those of the sessions that are not live.
func (db *DB) Over(ctx context.Context, ids []cloison.SessionID) (over []cloison.SessionID, err error) {
	err = db.each(ctx, `SELECT id FROM unnest($1::bigint[]) AS id WHERE NOT EXISTS
		(SELECT FROM session WHERE session.id = id.id AND revoked IS NULL)`, []any{numbers(ids)}, func(rows pgx.Rows) error {
		var id cloison.SessionID
		err := rows.Scan((*int64)(&id))
		over = append(over, id)
		return unavailable(err)
	})
	return over, err
}
