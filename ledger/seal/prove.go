package seal

import (
	"context"
	"os"
	"path/filepath"

	"cloison"
	"cloison/ledger"
)

// Checkpoint returns the latest signed checkpoint, as anybody may have it. Before the first one it is cloison.NotFound.
func (s *Sealer) Checkpoint() ([]byte, error) {
	signed, err := os.ReadFile(filepath.Join(s.config.Dir, checkpointFile))
	if os.IsNotExist(err) {
		return nil, cloison.Errorf(cloison.NotFound, "nothing was sealed yet in %s", s.config.Dir)
	}
	if err != nil {
		return nil, cloison.Errorf(cloison.Unavailable, "reading the checkpoint: %w", err)
	}
	return signed, nil
}

// Prove returns the proof of the row under the latest checkpoint. A row that does not exist, was dropped at the end of
// its retention or is not sealed yet is cloison.NotFound. The proof holds the row: it is personal data.
func (s *Sealer) Prove(ctx context.Context, seq int64) (ledger.Proof, error) {
	rows, err := s.store.Rows(ctx, max(seq, 1)-1, 1)
	if err != nil {
		return ledger.Proof{}, err
	}
	if len(rows) == 0 || rows[0].Seq != seq {
		return ledger.Proof{}, cloison.Errorf(cloison.NotFound, "there is no row %d, or it was dropped at the end of its retention", seq)
	}
	signed, err := s.Checkpoint()
	if err != nil {
		return ledger.Proof{}, err
	}
	key, err := s.config.Key.Verifier()
	if err != nil {
		return ledger.Proof{}, err
	}
	return ledger.Prove(os.DirFS(s.config.Dir), signed, key, rows[0])
}
