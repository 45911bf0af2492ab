package seal

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"

	"cloison"
	"cloison/ledger"
)

// recover makes log, checkpoint and mark agree, however the last sealer ended, or says why they cannot.
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
	// Leaves that were integrated but not marked are signed only if they are those of the ledger.
	size, hashes := log.edge.size, ledger.HashReader(log.tiles(), log.edge.size)
	if err := compare(ctx, s.store, hashes, covered, size, s.config.Batch, log.edge.root()); err != nil {
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

// rowReader is the part of Store that reads rows.
type rowReader interface {
	Rows(ctx context.Context, after int64, limit int) ([]ledger.Row, error)
}

// Compare checks that the ledger's rows after the first ones, up to last, are those under the log's checkpoint, before
// they are dropped. A row that is missing or differs is cloison.Internal, one that is not sealed yet cloison.Conflict.
func Compare(ctx context.Context, rows rowReader, log fs.FS, key note.Verifier, after, last int64) error {
	const page = 4096
	signed, err := fs.ReadFile(log, checkpointFile)
	if err != nil {
		return cloison.Errorf(cloison.Unavailable, "reading the log's checkpoint: %w", err)
	}
	c, err := ledger.OpenCheckpoint(signed, key)
	switch {
	case err != nil:
		return err
	case last > c.Size:
		return cloison.Errorf(cloison.Conflict, "comparing rows: sealed up to %d, not up to %d; seal first", c.Size, last)
	}
	hashes := ledger.HashReader(log, c.Size)
	root, err := tlog.TreeHash(last, hashes)
	if err != nil {
		return err
	}
	proof, err := tlog.ProveTree(c.Size, last, hashes)
	if err != nil {
		return err
	}
	if err := tlog.CheckTree(proof, c.Size, c.Root, last, root); err != nil {
		return cloison.Errorf(cloison.Internal, "comparing rows: the log's tiles are not what its checkpoint covers; verify the ledger: %w", err)
	}
	return compare(ctx, rows, hashes, after, last, page, root)
}

// compare adds the rows after the first ones to the tree that these make, and checks the root of the tree of that size.
func compare(ctx context.Context, store rowReader, hashes tlog.HashReader, after, size int64, page int, root tlog.Hash) error {
	ours, err := loadFrontier(hashes, after)
	if err != nil {
		return err
	}
	for ours.size < size {
		rows, err := store.Rows(ctx, ours.size, int(min(int64(page), size-ours.size)))
		if err != nil {
			return err
		}
		for i := range rows {
			if rows[i].Seq == ours.size+1 {
				ours.add(rows[i].Leaf())
			}
		}
		if len(rows) == 0 || rows[len(rows)-1].Seq != ours.size {
			return cloison.Errorf(cloison.Internal, "comparing rows: the log has %d leaves, but the ledger no row %d; verify the ledger",
				size, ours.size+1)
		}
	}
	if ours.root() != root {
		return cloison.Errorf(cloison.Internal, "comparing rows: rows %d to %d are not those of the log; verify the ledger", after+1, size)
	}
	return nil
}
