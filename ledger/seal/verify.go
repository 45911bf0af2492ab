package seal

import (
	"context"
	"iter"

	"cloison/ledger"
)

// Verify verifies a whole ledger with ledger.VerifyLog, which shares no code with the sealer: the store's rows against
// the log's tiles, and the log against the ledger's mark besides the older checkpoints that l names. Only l.Rows is
// filled in; it needs no private key and may run while rows are committed, sealed and, at their end, dropped.
func Verify(ctx context.Context, store Reader, l ledger.Log) (ledger.Verification, error) {
	for try := 1; ; try++ {
		before, err := ledger.Retained(l.Tiles, l.Key)
		v, err2 := verify(ctx, store, l)
		if err != nil || err2 != nil || v.OK() || try == 3 {
			return v, err2
		}
		if after, err := ledger.Retained(l.Tiles, l.Key); err != nil || after == before {
			return v, nil // otherwise rows were dropped meanwhile, and the log says so now
		}
	}
}

func verify(ctx context.Context, store Reader, l ledger.Log) (ledger.Verification, error) {
	mark, err := store.Sealed(ctx) // before the log's checkpoint is read, which is then not older
	if err != nil {
		return ledger.Verification{}, err
	}
	if mark.Size > 0 {
		l.Older = append(l.Older[:len(l.Older):len(l.Older)], mark.Checkpoint)
	}
	l.Rows = Stream(ctx, store)
	return ledger.VerifyLog(ctx, l)
}

// Stream returns every row of the ledger in Seq order, read in pages. It ends with the store's error, if any.
func Stream(ctx context.Context, store Reader) iter.Seq2[ledger.Row, error] {
	const page = 4096
	return func(yield func(ledger.Row, error) bool) {
		for after := int64(0); ; {
			rows, err := store.Rows(ctx, after, page)
			if err != nil {
				yield(ledger.Row{}, err)
				return
			}
			for i := range rows {
				if !yield(rows[i], nil) {
					return
				}
			}
			if len(rows) == 0 {
				return
			}
			after = rows[len(rows)-1].Seq
		}
	}
}
