package incident

import (
	"context"
	"time"

	"cloison"
	"cloison/ledger"
	"cloison/store/shared"
)

// NextRow reads the gate.
func (db LedgerStore) NextRow(ctx context.Context) (int64, error) {
	return shared.Value[int64](ctx, db.Engine, "SELECT next_seq FROM gate")
}

// FirstRow looks among the rows' numbers: times grow with them.
func (db LedgerStore) FirstRow(ctx context.Context, at time.Time) (int64, error) {
	var low, high int64
	err := db.Get(ctx, "gate", "SELECT coalesce((SELECT min(seq) FROM disclosure), next_seq), next_seq FROM gate", nil,
		[]any{&low, &high})
	for err == nil && low < high {
		var there time.Time
		middle := low + (high-low)/2
		err = db.Get(ctx, "row", "SELECT at FROM disclosure WHERE seq >= $1 ORDER BY seq LIMIT 1", []any{middle}, []any{&there})
		if there.Before(at) {
			low = middle + 1
		} else {
			high = middle
		}
	}
	return low, err
}

// Rows reads the ledger in order. Commits pass the gate one after the other and are visible before the next one takes
// its numbers, so that nothing below a row that is there can come later.
func (db LedgerStore) Rows(ctx context.Context, after int64, limit int) ([]ledger.Row, error) {
	rs := make([]ledger.Row, 0, min(limit, 4096))
	err := db.Each(ctx, "SELECT "+RowColumns+", nonce FROM disclosure WHERE seq > $1 ORDER BY seq LIMIT $2", []any{after, limit},
		func(row shared.Row) error {
			var r ledger.Row
			var nonce []byte
			if err := row.Scan(append(RowDest(&r), &nonce)...); err != nil {
				return err
			}
			if copy(r.Nonce[:], nonce) != len(r.Nonce) || len(nonce) != len(r.Nonce) {
				return cloison.Errorf(cloison.Internal, "reading row %d: its nonce has %d bytes, want %d", r.Seq, len(nonce),
					len(r.Nonce))
			}
			rs = append(rs, r)
			return nil
		})
	return rs, err
}

// RowColumns are the columns that RowDest reads.
const RowColumns = "seq, at, account, structure, tool, operation, person, fields, explanation, session, request"

// RowDest lists where the columns of a row of the ledger go.
func RowDest(r *ledger.Row) []any {
	return []any{&r.Seq, &r.At, (*int64)(&r.Account), (*string)(&r.Structure), &r.Tool, &r.Operation, (*string)(&r.Person),
		(*uint32)(&r.Fields), &r.Explanation, (*int64)(&r.Session), &r.Request}
}
