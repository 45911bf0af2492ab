package ledger

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"io/fs"

	"golang.org/x/mod/sumdb/tlog"

	"cloison"
)

// The layout is C2SP tlog-tiles: hash tiles of 256 hashes in tile/<level>/<n>, entry bundles of 256 leaves in
// tile/entries/<n>; the rightmost, not yet full, in <n>.p/<width>.
const (
	tileHeight     = 8
	tileWidth      = 1 << tileHeight
	checkpointPath = "checkpoint"
	bundleEntry    = 2 + len(Leaf{}) // a big-endian length and the leaf
)

// tilePath returns where a tile of that width is; level -1 is that of entry bundles.
func tilePath(level int, n int64, width int) string {
	name := fmt.Sprintf("%03d", n%1000)
	for n /= 1000; n > 0; n /= 1000 {
		name = fmt.Sprintf("x%03d/%s", n%1000, name)
	}
	dir := "entries"
	if level >= 0 {
		dir = fmt.Sprint(level)
	}
	if width != tileWidth {
		return fmt.Sprintf("tile/%s/%s.p/%d", dir, name, width)
	}
	return "tile/" + dir + "/" + name
}

// widthOf returns how many hashes the tile has in a log of that size; level -1 counts as level 0.
func widthOf(level int, n, size int64) int {
	return int(min(size>>(tileHeight*max(level, 0))-n*tileWidth, tileWidth))
}

// readFile reads a tile of that width, or the beginning of the full one when the log has outgrown the partial one and
// the writer has removed it. A hash or entry takes unit bytes.
func readFile(tiles fs.FS, level int, n int64, width, unit int) ([]byte, error) {
	b, err := readBounded(tiles, tilePath(level, n, width), width*unit)
	if errors.Is(err, fs.ErrNotExist) && width != tileWidth {
		full, err := readBounded(tiles, tilePath(level, n, tileWidth), tileWidth*unit)
		switch {
		case err == nil && len(full) == tileWidth*unit:
			return full[:width*unit], nil
		case err == nil:
			return nil, fmt.Errorf("%s has %d bytes, want %d", tilePath(level, n, tileWidth), len(full), tileWidth*unit)
		}
	}
	return b, err
}

// readBounded reads a file of at most limit bytes; of a longer one it returns one byte more.
func readBounded(tiles fs.FS, name string, limit int) ([]byte, error) {
	f, err := tiles.Open(name)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	b := make([]byte, limit+1)
	n, err := io.ReadFull(f, b)
	if err != nil && err != io.EOF && err != io.ErrUnexpectedEOF {
		return nil, fmt.Errorf("reading %s: %w", name, err)
	}
	return b[:n], nil
}

// readHashes reads the hashes of one tile, which nothing has authenticated.
func readHashes(tiles fs.FS, level int, n int64, width int) ([]tlog.Hash, error) {
	b, err := readFile(tiles, level, n, width, tlog.HashSize)
	if err != nil {
		return nil, err
	}
	if len(b) != width*tlog.HashSize {
		return nil, fmt.Errorf("%s has %d bytes, want %d", tilePath(level, n, width), len(b), width*tlog.HashSize)
	}
	hashes := make([]tlog.Hash, width)
	for i := range hashes {
		copy(hashes[i][:], b[i*tlog.HashSize:])
	}
	return hashes, nil
}

// readLeaves reads the leaves of one entry bundle, which nothing has authenticated.
func readLeaves(tiles fs.FS, n int64, width int) ([]Leaf, error) {
	b, err := readFile(tiles, -1, n, width, bundleEntry)
	if err != nil {
		return nil, err
	}
	leaves, err := parseBundle(b, width)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", tilePath(-1, n, width), err)
	}
	return leaves, nil
}

func parseBundle(b []byte, width int) ([]Leaf, error) {
	if len(b) != width*bundleEntry {
		return nil, fmt.Errorf("has %d bytes, want %d", len(b), width*bundleEntry)
	}
	leaves := make([]Leaf, width)
	for i := range leaves {
		entry := b[i*bundleEntry:]
		if binary.BigEndian.Uint16(entry) != uint16(len(Leaf{})) {
			return nil, fmt.Errorf("leaf %d has a length that is not %d", i, len(Leaf{}))
		}
		copy(leaves[i][:], entry[2:])
	}
	return leaves, nil
}

// subtree returns the RFC 6962 root of 1 to 256 hashes of one level.
func subtree(hashes []tlog.Hash) tlog.Hash {
	var buf [tileWidth]tlog.Hash
	h := buf[:copy(buf[:], hashes)]
	for len(h) > 1 {
		n := len(h) / 2
		for i := range n {
			h[i] = tlog.NodeHash(h[2*i], h[2*i+1])
		}
		if len(h)%2 == 1 { // an odd last one goes up unchanged
			h[n] = h[len(h)-1]
			n++
		}
		h = h[:n]
	}
	return h[0]
}

// HashReader reads the stored hashes of a log of that size from its tiles, for tlog's proofs. It does not authenticate
// them: a proof made from false tiles does not verify.
func HashReader(tiles fs.FS, size int64) tlog.HashReader {
	return tlog.HashReaderFunc(func(indexes []int64) ([]tlog.Hash, error) {
		hashes := make([]tlog.Hash, len(indexes))
		for i, index := range indexes {
			level, n := tlog.SplitStoredHashIndex(index)
			tileLevel, up := level/tileHeight, level%tileHeight
			tile := n << up / tileWidth
			width := widthOf(tileLevel, tile, size)
			from := int(n << up % tileWidth)
			if from+1<<up > width {
				return nil, cloison.Errorf(cloison.NotFound, "reading the log: hash %d of level %d is not in a log of size %d", n, level, size)
			}
			in, err := readHashes(tiles, tileLevel, tile, width)
			if err != nil {
				return nil, cloison.Errorf(cloison.Unavailable, "reading the log: %w", err)
			}
			hashes[i] = subtree(in[from : from+1<<up])
		}
		return hashes, nil
	})
}
