package seal

import (
	"context"
	"errors"
	"io/fs"

	"golang.org/x/mod/sumdb/note"

	"cloison"
	"cloison/ledger"
)

// Row returns the row of that number; NotFound when it was never written, or dropped at the end of its retention.
func Row(ctx context.Context, rows rowReader, seq int64) (ledger.Row, error) {
	found, err := rows.Rows(ctx, max(seq, 1)-1, 1)
	if err != nil {
		return ledger.Row{}, err
	}
	if len(found) == 0 || found[0].Seq != seq {
		return ledger.Row{}, cloison.Errorf(cloison.NotFound, "row %d: never written, or dropped at the end of its retention", seq)
	}
	return found[0], nil
}

// Prove returns the proof of a row under the log's latest checkpoint. A row that is not sealed yet is NotFound with
// [ledger.ErrNotSealed]. The proof holds the row: it is personal data.
func Prove(log fs.FS, key note.Verifier, row ledger.Row) (ledger.Proof, error) {
	signed, err := fs.ReadFile(log, checkpointFile)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return ledger.Proof{}, cloison.Errorf(cloison.NotFound, "row %d: %w: the log has no checkpoint yet", row.Seq, ledger.ErrNotSealed)
	case err != nil:
		return ledger.Proof{}, cloison.Errorf(cloison.Unavailable, "reading the checkpoint: %w", err)
	}
	return ledger.Prove(log, signed, key, row)
}
