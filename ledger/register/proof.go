package register

import (
	"context"
	"os"
	"strconv"

	"cloison"
	"cloison/ledger"
	"cloison/ledger/journal"
	"cloison/ledger/seal"
)

// MayProve says whether the caller may take the proof of a row: nil, Denied with its reason, or NotFound.
func (r *Register) MayProve(ctx context.Context, by cloison.Caller, seq int64) error {
	row, err := seal.Row(ctx, r.store, seq)
	if err != nil {
		return err
	}
	return r.authority.MayProve(ctx, by, row.Account)
}

// Prove returns the proof of one row, which names the person. The journal has a line about it first. A row that is not
// sealed yet is NotFound with [ledger.ErrNotSealed].
func (r *Register) Prove(ctx context.Context, by cloison.Caller, seq int64) (ledger.Proof, error) {
	row, err := seal.Row(ctx, r.store, seq)
	if err != nil {
		return ledger.Proof{}, err
	}
	if err := r.authority.MayProve(ctx, by, row.Account); err != nil {
		return ledger.Proof{}, err
	}
	root, err := r.openLog()
	if err != nil {
		return ledger.Proof{}, err
	}
	defer root.Close()
	proof, err := seal.Prove(root.FS(), r.files.Key, row)
	if err != nil {
		return ledger.Proof{}, err
	}
	return proof, r.record(ctx, by, journal.Event{Code: "row.proved", Account: row.Account, Detail: map[string]string{"seq": strconv.FormatInt(seq, 10)}})
}

// openLog opens the log's directory, so that nothing beside it can be named.
func (r *Register) openLog() (*os.Root, error) {
	root, err := os.OpenRoot(r.files.Dir)
	if err != nil {
		return nil, cloison.Errorf(cloison.Unavailable, "opening the transparency log: %w", err)
	}
	return root, nil
}
