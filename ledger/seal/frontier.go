package seal

import (
	"math/bits"

	"golang.org/x/mod/sumdb/tlog"

	"cloison/ledger"
)

// frontier is the right edge of a Merkle tree: the roots of its complete subtrees, largest first, one for each bit set
// in size. It is all that adding leaves and computing the root need. The sealer has its own, computed from the rows by
// other code than the log's writer, and signs no other root.
type frontier struct {
	size  int64
	peaks []tlog.Hash
}

// loadFrontier reads the right edge of a tree of that size from the log's tiles.
func loadFrontier(tiles tlog.HashReader, size int64) (frontier, error) {
	var indexes []int64
	for begin := int64(0); begin < size; {
		level := bits.Len64(uint64(size-begin)) - 1
		indexes = append(indexes, tlog.StoredHashIndex(level, begin>>level))
		begin += 1 << level
	}
	peaks, err := tiles.ReadHashes(indexes)
	return frontier{size: size, peaks: peaks}, err
}

// add appends one leaf.
func (f *frontier) add(leaf ledger.Leaf) {
	h := tlog.RecordHash(leaf[:])
	for n := f.size; n&1 == 1; n >>= 1 {
		last := len(f.peaks) - 1
		h = tlog.NodeHash(f.peaks[last], h)
		f.peaks = f.peaks[:last]
	}
	f.peaks = append(f.peaks, h)
	f.size++
}

// root returns the RFC 6962 tree head.
func (f *frontier) root() tlog.Hash {
	if f.size == 0 {
		empty, _ := tlog.TreeHash(0, nil) // reads nothing
		return empty
	}
	h := f.peaks[len(f.peaks)-1]
	for i := len(f.peaks) - 2; i >= 0; i-- {
		h = tlog.NodeHash(f.peaks[i], h)
	}
	return h
}
