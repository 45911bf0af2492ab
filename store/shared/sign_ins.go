package shared

import (
	"cloison/access/directory"
	"context"
	"net/netip"
	"strconv"
	"time"

	"cloison"
)

// SpendState uses a state up.
func (db SignInStore) SpendState(ctx context.Context, state [32]byte, until time.Time) error {
	return db.Tx(ctx, func(t Tx) error {
		return t.Must(cloison.Errorf(cloison.Conflict, "the state of this sign-in was used before"),
			"INSERT INTO spent_state (state, until) VALUES ($1, $2) ON CONFLICT DO NOTHING", state[:], until)
	})
}

// SeenAt notes from where an account signs in.
func (db SignInStore) SeenAt(ctx context.Context, account cloison.AccountID, network netip.Prefix, agent string, at time.Time) (
	known bool, err error,
) {
	err = db.Tx(ctx, func(t Tx) error {
		n, err := t.Exec("UPDATE place SET last = greatest(last, $4) WHERE account = $1 AND network = $2 AND user_agent = $3",
			int64(account), prefix(network), agent, at)
		if known = n > 0; known || err != nil {
			return err
		}
		// Of two at once, one inserts and the other finds its row.
		n, err = t.Exec("INSERT INTO place (account, network, user_agent, first, last) VALUES ($1, $2, $3, $4, $4) ON CONFLICT DO NOTHING",
			int64(account), prefix(network), agent, at)
		known = n == 0
		return err
	})
	return known && err == nil, err
}

// ProvedAt notes where a passkey was shown first.
func (db SignInStore) ProvedAt(ctx context.Context, account cloison.AccountID, network netip.Prefix, agent string,
	at time.Time) error {
	return db.Tx(ctx, func(t Tx) error {
		return t.Run("UPDATE place SET proved = $4 WHERE account = $1 AND network = $2 AND user_agent = $3 AND proved IS NULL",
			int64(account), prefix(network), agent, at)
	})
}

func prefix(p netip.Prefix) string {
	if !p.IsValid() {
		return ""
	}
	return p.String()
}

// Fail counts a failure, this one included, and keeps at most maxFailures of a key: counting them takes time.
func (db SignInStore) Fail(ctx context.Context, key string, at, since time.Time) (n int, err error) {
	const before = "SELECT count(*) FROM (SELECT 1 FROM failure WHERE key = $1 AND at >= $2 LIMIT $3) AS kept"
	err = db.Tx(ctx, func(t Tx) error {
		// One at a time per key: two at once would not see each other.
		if err := t.Lock(key); err != nil {
			return err
		}
		err := t.Row(before, key, since, maxFailures).Scan(&n)
		if err != nil || n == maxFailures {
			return err
		}
		n++
		return t.Run("INSERT INTO failure (key, at) VALUES ($1, $2)", key, at)
	})
	if err != nil {
		return 0, err
	}
	return n, nil
}

// maxFailures is far above what any stage allows.
const maxFailures = 1000

// Failures counts failures.
func (db SignInStore) Failures(ctx context.Context, key string, since time.Time) (int, error) {
	return Value[int](ctx, db.Engine, "SELECT count(*) FROM failure WHERE key = $1 AND at >= $2", key, since)
}

// FailEnrolment counts wrong codes under the identity that typed them.
func (db SignInStore) FailEnrolment(ctx context.Context, b directory.Binding, at, since time.Time) (int, error) {
	return db.Fail(ctx, "enrolment "+strconv.Quote(b.IdP)+" "+strconv.Quote(b.Sub), at, since)
}

// Sweep drops what ended before a time.
func (db SignInStore) Sweep(ctx context.Context, before, now time.Time) error {
	return db.Guarded(ctx, func(t Tx) error {
		for _, q := range []string{
			"DELETE FROM spent_state WHERE until < $1",
			"DELETE FROM failure WHERE at < $1",
		} {
			if err := t.Run(q, before); err != nil {
				return err
			}
		}
		if err := t.Run("DELETE FROM act WHERE expires < $1", now); err != nil {
			return err
		}
		if err := t.Run("DELETE FROM place WHERE last < $1", before.AddDate(-1, 0, 0)); err != nil {
			return err
		}
		ids, err := t.sessions("DELETE FROM session WHERE expires < $1 OR (revoked IS NOT NULL AND revoked < $1) RETURNING id",
			before)
		if err != nil {
			return err
		}
		return t.dropLeases(ids)
	})
}
