package seal

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"

	"cloison"
	"cloison/receipt"
)

// recover makes log, checkpoint and mark agree after whatever ended the last sealer, or says why they cannot.
func (s *Sealer) recover(ctx context.Context, log *ledgerLog, mark *Mark) error {
	covered := int64(0)
	if mark.Size > 0 {
		c, err := log.agrees(mark.Checkpoint, "the ledger's mark")
		if err != nil {
			return err
		}
		covered = c.Size
	}
	published := int64(-1)
	signed, err := os.ReadFile(filepath.Join(s.config.Dir, checkpointFile))
	switch {
	case err == nil:
		c, err := log.agrees(signed, "the log's checkpoint")
		if err != nil {
			return err
		}
		published = c.Size
	case !errors.Is(err, fs.ErrNotExist):
		return cloison.Errorf(cloison.Unavailable, "reading the log's checkpoint: %w", err)
	}
	// What was integrated without being marked is signed only if it is what the ledger says.
	if err := s.compare(ctx, log, covered); err != nil {
		return err
	}
	if published < log.edge.size {
		if signed, err = log.publish(); err != nil {
			return err
		}
	}
	if covered < log.edge.size {
		return s.mark(ctx, log, signed, mark)
	}
	s.meter.size.Store(log.edge.size)
	return nil
}

// compare checks that the log's leaves after the first covered ones are those of the ledger's rows.
func (s *Sealer) compare(ctx context.Context, log *ledgerLog, covered int64) error {
	ours, err := loadFrontier(receipt.HashReader(log.tiles(), log.edge.size), covered)
	if err != nil {
		return err
	}
	for ours.size < log.edge.size {
		rows, err := s.store.Rows(ctx, ours.size, int(min(int64(s.config.Batch), log.edge.size-ours.size)))
		if err != nil {
			return err
		}
		for i := range rows {
			if rows[i].Seq == ours.size+1 {
				ours.add(rows[i].Leaf())
			}
		}
		if len(rows) == 0 || rows[len(rows)-1].Seq != ours.size {
			return cloison.Errorf(cloison.Internal, "the log has %d leaves and the ledger has no row %d: verify the ledger",
				log.edge.size, ours.size+1)
		}
	}
	if ours.root() != log.edge.root() {
		return cloison.Errorf(cloison.Internal, "rows %d to %d are not what the log holds: verify the ledger", covered+1, log.edge.size)
	}
	return nil
}
