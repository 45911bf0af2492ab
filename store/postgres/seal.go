package postgres

import (
	"context"
	"time"

	"github.com/jackc/pgx/v5"

	"cloison"
	"cloison/ledger"
	"cloison/ledger/seal"
)

// Rows reads the ledger in order. The gate's lock is held until a commit is visible, so that nothing below a row that
// is there can come later.
func (db *DB) Rows(ctx context.Context, after int64, limit int) ([]ledger.Row, error) {
	rs := make([]ledger.Row, 0, min(limit, 4096))
	err := db.each(ctx, `SELECT seq, at, account, structure, tool, operation, person, fields, explanation, session, request, nonce
		FROM disclosure WHERE seq > $1 ORDER BY seq LIMIT $2`, []any{after, limit}, func(rows pgx.Rows) error {
		var r ledger.Row
		var nonce []byte
		var fields int64
		err := rows.Scan(&r.Seq, &r.At, (*int64)(&r.Account), (*string)(&r.Structure), &r.Tool, &r.Operation, (*string)(&r.Person),
			&fields, &r.Explanation, (*int64)(&r.Session), &r.Request, &nonce)
		if err != nil {
			return unavailable(err)
		}
		r.Fields = cloison.Fields(fields)
		if copy(r.Nonce[:], nonce) != len(r.Nonce) || len(nonce) != len(r.Nonce) {
			return cloison.Errorf(cloison.Internal, "row %d: its nonce has %d bytes, want %d", r.Seq, len(nonce), len(r.Nonce))
		}
		rs = append(rs, r)
		return nil
	})
	return rs, err
}

// Sealed reads the mark.
func (db *DB) Sealed(ctx context.Context) (m seal.Mark, err error) {
	var size int64
	err = db.get(ctx, "mark", "SELECT seq, size, checkpoint, at FROM seal_mark", nil,
		[]any{&m.Seq, &size, &m.Checkpoint, (*moment)(&m.At)})
	if cloison.KindOf(err) == cloison.NotFound {
		return seal.Mark{}, nil
	}
	m.Size = uint64(size)
	return m, err
}

// MarkSealed moves the mark forward.
func (db *DB) MarkSealed(ctx context.Context, m seal.Mark) error {
	return db.tx(ctx, func(t *tx) error {
		n, err := t.exec(`INSERT INTO seal_mark (one, seq, size, checkpoint, at) VALUES (1, $1, $2, $3, $4)
			ON CONFLICT (one) DO UPDATE SET seq = excluded.seq, size = excluded.size, checkpoint = excluded.checkpoint, at = excluded.at
			WHERE seal_mark.size < excluded.size`, m.Seq, int64(m.Size), m.Checkpoint, stamp(m.At))
		if err != nil || n > 0 {
			return err
		}
		var same bool
		if err := t.row("SELECT size = $1 FROM seal_mark", int64(m.Size)).Scan(&same); err != nil {
			return err
		}
		if !same {
			return stale("mark of the seal")
		}
		return nil
	})
}

// Lease gives or renews the sealer's lease, by the server's clock.
func (db *DB) Lease(ctx context.Context, holder string, ttl time.Duration) (held bool, err error) {
	err = db.tx(ctx, func(t *tx) error {
		const name = "seal"
		held = false
		if ttl <= 0 {
			return t.run("DELETE FROM lease WHERE name = $1 AND holder = $2", name, holder)
		}
		n, err := t.exec(`INSERT INTO lease (name, holder, until)
			VALUES ($1, $2, clock_timestamp() + $3::bigint * interval '1 microsecond')
			ON CONFLICT (name) DO UPDATE SET holder = excluded.holder, until = excluded.until
			WHERE lease.holder = excluded.holder OR lease.until <= clock_timestamp()`, name, holder, ttl.Microseconds())
		held = n > 0
		return err
	})
	return held && err == nil, err
}
