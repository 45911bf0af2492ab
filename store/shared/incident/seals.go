package incident

import (
	"context"
	"time"

	"cloison"
	"cloison/ledger/seal"
	"cloison/store/shared"
)

// Sealed reads the mark.
func (db SealStore) Sealed(ctx context.Context) (m seal.Mark, err error) {
	var size int64
	err = db.Get(ctx, "mark", "SELECT seq, size, checkpoint, at FROM seal_mark", nil,
		[]any{&m.Seq, &size, &m.Checkpoint, &m.At})
	if cloison.KindOf(err) == cloison.NotFound {
		return seal.Mark{}, nil
	}
	m.Size = uint64(size)
	return m, err
}

// MarkSealed moves the mark forward.
func (db SealStore) MarkSealed(ctx context.Context, m seal.Mark) error {
	return db.Tx(ctx, func(t shared.Tx) error {
		n, err := t.Exec(`INSERT INTO seal_mark (one, seq, size, checkpoint, at) VALUES (1, $1, $2, $3, $4)
			ON CONFLICT (one) DO UPDATE SET seq = excluded.seq, size = excluded.size, checkpoint = excluded.checkpoint, at = excluded.at
			WHERE seal_mark.size < excluded.size`, m.Seq, int64(m.Size), m.Checkpoint, shared.Optional(m.At))
		if err != nil || n > 0 {
			return err
		}
		var same bool
		if err := t.Row("SELECT size = $1 FROM seal_mark", int64(m.Size)).Scan(&same); err != nil {
			return err
		}
		if !same {
			return shared.Stale("mark of the seal")
		}
		return nil
	})
}

// Lease gives or renews the sealer's lease, by the database's clock: replicas need not agree on the time.
func (db SealStore) Lease(ctx context.Context, holder string, ttl time.Duration) (held bool, err error) {
	err = db.Tx(ctx, func(t shared.Tx) error {
		const name = "seal"
		held = false
		if ttl <= 0 {
			return t.Run("DELETE FROM lease WHERE name = $1 AND holder = $2", name, holder)
		}
		now, err := t.Now()
		if err != nil {
			return err
		}
		n, err := t.Exec(`INSERT INTO lease (name, holder, until) VALUES ($1, $2, $3)
			ON CONFLICT (name) DO UPDATE SET holder = excluded.holder, until = excluded.until
			WHERE lease.holder = excluded.holder OR lease.until <= $4`, name, holder, now.Add(ttl), now)
		held = n > 0
		return err
	})
	return held && err == nil, err
}
