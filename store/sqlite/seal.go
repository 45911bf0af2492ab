package sqlite

import (
	"context"
	"database/sql"
	"time"

	"cloison"
	"cloison/ledger"
	"cloison/ledger/seal"
)

// Rows reads the ledger in order. A commit is one transaction and transactions follow each other, so that nothing below
// a row that is there can come later.
func (db *DB) Rows(ctx context.Context, after int64, limit int) ([]ledger.Row, error) {
	rs := make([]ledger.Row, 0, min(limit, 4096))
	err := db.each(ctx, `SELECT seq, at, account, structure, tool, operation, person, fields, explanation, session, request, nonce
		FROM disclosure WHERE seq > ? ORDER BY seq LIMIT ?`, []any{after, limit}, func(rows *sql.Rows) error {
		var r ledger.Row
		var nonce sql.RawBytes
		err := rows.Scan(&r.Seq, (*moment)(&r.At), &r.Account, &r.Structure, &r.Tool, &r.Operation, &r.Person, &r.Fields,
			&r.Explanation, &r.Session, &r.Request, &nonce)
		if err != nil {
			return unavailable(err)
		}
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
	err = db.get(ctx, "mark", "SELECT seq, size, checkpoint, at FROM seal_mark", nil,
		[]any{&m.Seq, &m.Size, &m.Checkpoint, (*moment)(&m.At)})
	if cloison.KindOf(err) == cloison.NotFound {
		return seal.Mark{}, nil
	}
	return m, err
}

// MarkSealed moves the mark forward.
func (db *DB) MarkSealed(ctx context.Context, m seal.Mark) error {
	return db.tx(ctx, func(t *tx) error {
		var size uint64
		if err := t.row("SELECT coalesce((SELECT size FROM seal_mark), 0)").Scan(&size); err != nil {
			return err
		}
		switch {
		case m.Size < size:
			return stale("mark of the seal")
		case m.Size == size && size > 0:
			return nil
		}
		return t.run("INSERT OR REPLACE INTO seal_mark (one, seq, size, checkpoint, at) VALUES (1, ?, ?, ?, ?)",
			m.Seq, int64(m.Size), m.Checkpoint, millis(m.At))
	})
}

// Lease gives or renews the sealer's lease, by the clock of the machine that holds the file.
func (db *DB) Lease(ctx context.Context, holder string, ttl time.Duration) (held bool, err error) {
	err = db.tx(ctx, func(t *tx) error {
		const name = "seal"
		now := time.Now()
		if ttl <= 0 {
			held = false
			return t.run("DELETE FROM lease WHERE name = ? AND holder = ?", name, holder)
		}
		n, err := t.exec(`INSERT INTO lease (name, holder, until) VALUES (?1, ?2, ?3)
			ON CONFLICT DO UPDATE SET holder = ?2, until = ?3 WHERE holder = ?2 OR until <= ?4`,
			name, holder, millis(now.Add(ttl)), millis(now))
		held = n > 0
		return err
	})
	return held && err == nil, err
}
