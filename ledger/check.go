package ledger

import (
	"fmt"
	"slices"

	"golang.org/x/mod/sumdb/tlog"
)

// checkTile checks one tile's rows, entry bundle and hash tile against each other and against the checkpoint. Workers
// call it concurrently.
func (v *verifier) checkTile(job *tileJob) {
	first := job.tile*tileWidth + 1
	var rowLeaf [tileWidth]Leaf
	var rowHash [tileWidth]tlog.Hash
	for i := range job.rows {
		at := job.rows[i].Seq - first
		rowLeaf[at] = job.rows[i].Leaf()
		rowHash[at] = rowLeaf[at].hash()
	}
	tile, tileErr := readHashes(v.log.Tiles, 0, job.tile, job.width)
	bundle, bundleErr := readLeaves(v.log.Tiles, job.tile, job.width)

	truth := v.truth(job, tile, bundle, rowHash[:job.width])
	if !job.late {
		if tileErr == nil && truth != nil && !slices.Equal(tile, truth) {
			tileErr = fmt.Errorf("%s is not what the checkpoint covers", tilePath(0, job.tile, job.width))
		}
		if job.width < tileWidth && len(job.rows) == job.width {
			v.edgeRows = slices.Clone(rowHash[:job.width]) // the only partial tile, so no race
		}
		v.checkFiles(job, truth, tileErr, bundle, bundleErr, &rowLeaf, &rowHash)
	}
	for i := range job.rows {
		row := &job.rows[i]
		at := row.Seq - first
		switch {
		case truth != nil && rowHash[at] != truth[at]:
			v.rowChanged(*row, truth[at], "it is not what was sealed")
		case truth == nil && bundleErr == nil && rowLeaf[at] != bundle[at]:
			v.rowChanged(*row, tlog.Hash{}, "it is not what the log's bundle holds")
		default:
			if err := row.Check(); err != nil {
				v.rowChanged(*row, tlog.Hash{}, err.Error())
			}
		}
	}
}

// truth returns the leaf hashes that the checkpoint covers: the first of hash tile, bundle and rows that adds up to it;
// nil when none does.
func (v *verifier) truth(job *tileJob, tile []tlog.Hash, bundle []Leaf, rows []tlog.Hash) []tlog.Hash {
	adds := func(hashes []tlog.Hash) bool {
		return len(hashes) == job.width && (!job.proved || subtree(hashes) == job.parent)
	}
	if adds(tile) {
		return tile
	}
	if hashes := hashAll(bundle); adds(hashes) {
		return hashes
	}
	if len(job.rows) == job.width && !job.late && adds(rows) {
		return rows
	}
	return nil
}

// checkFiles names what is false in the tile and the bundle of a job.
func (v *verifier) checkFiles(job *tileJob, truth []tlog.Hash, tileErr error, bundle []Leaf, bundleErr error,
	rowLeaf *[tileWidth]Leaf, rowHash *[tileWidth]tlog.Hash) {
	first := job.tile*tileWidth + 1
	last := first + int64(job.width) - 1
	if tileErr != nil {
		v.fault(Fault{Kind: TileChanged, Seq: first, Last: last, Detail: tileErr.Error()})
	}
	if truth == nil {
		v.fault(Fault{Kind: BadTree, Seq: first, Last: last,
			Detail: "neither tile, nor bundle, nor rows are what the checkpoint covers: the changed row cannot be named"})
	}
	if bundleErr != nil {
		v.fault(Fault{Kind: LeafChanged, Seq: first, Last: last, Detail: bundleErr.Error()})
		return
	}
	for i := range truth {
		// The row's hash is known; a leaf is hashed only where it differs from the row's.
		if bundle[i] == rowLeaf[i] && rowHash[i] == truth[i] || bundle[i].hash() == truth[i] {
			continue
		}
		v.fault(Fault{Kind: LeafChanged, Seq: first + int64(i),
			Detail: fmt.Sprintf("leaf %d of %s is not what the checkpoint covers", i, tilePath(-1, job.tile, job.width))})
	}
}

func hashAll(leaves []Leaf) []tlog.Hash {
	hashes := make([]tlog.Hash, len(leaves))
	for i := range leaves {
		hashes[i] = leaves[i].hash()
	}
	return hashes
}
