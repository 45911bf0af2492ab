package ledger

import (
	"fmt"
	"io/fs"
	"slices"

	"golang.org/x/mod/sumdb/tlog"

	"cloison"
)

// tree knows what the checkpoint covers, from its root down: a tile counts only when it hashes to what the tile above
// says of it. A damaged tile is named, and where possible made again from the level below, so that one fault does not
// hide others. One goroutine uses a tree.
//
// The tiles at the right edge are not full and have no hash above them; all of them together add up to the root.
type tree struct {
	tiles  fs.FS
	size   int64
	root   tlog.Hash
	fault  func(Fault)
	edges  [][]tlog.Hash // by level, the edge tile; nil where the level ends with a full tile
	proved bool          // whether the edges add up to the root
	last   map[int]known // by level, the tile asked for last
	named  map[[2]int64]bool
}

type known struct {
	n      int64
	hashes []tlog.Hash
	proved bool
}

func newTree(tiles fs.FS, c Checkpoint, fault func(Fault)) *tree {
	return &tree{tiles: tiles, size: c.Size, root: c.Root, fault: fault, last: map[int]known{}, named: map[[2]int64]bool{}}
}

// levels returns how many levels of tiles there are.
func (t *tree) levels() (n int) {
	for size := t.size; size > 0; size >>= tileHeight {
		n++
	}
	return n
}

// edge returns the number and width of the level's edge tile; width 0 when there is none.
func (t *tree) edge(level int) (n int64, width int) {
	hashes := t.size >> (tileHeight * level)
	return hashes / tileWidth, int(hashes % tileWidth)
}

// resolveEdges finds the edge tiles that add up to the root: as they are, else with some made again from below.
func (t *tree) resolveEdges() {
	t.edges = make([][]tlog.Hash, t.levels())
	candidates := make([][][]tlog.Hash, t.levels())
	for _, source := range []func(int, int64, int) []tlog.Hash{t.read, t.fromChildren, t.fromLeaves} {
		for level := range candidates {
			n, width := t.edge(level)
			if width == 0 {
				candidates[level] = [][]tlog.Hash{nil}
			} else if hashes := source(level, n, width); hashes != nil {
				candidates[level] = append(candidates[level], hashes)
			}
		}
		if t.proved = t.choose(candidates, 0); t.proved {
			break
		}
	}
	for level := range t.edges {
		n, width := t.edge(level)
		file := t.read(level, n, width)
		if !t.proved {
			t.edges[level] = file
		} else if level > 0 && width > 0 && !slices.Equal(file, t.edges[level]) {
			t.name(level, n, width)
		}
	}
}

// choose tries the candidates of each level from that level up.
func (t *tree) choose(candidates [][][]tlog.Hash, level int) bool {
	if level == len(candidates) {
		return fold(t.edges) == t.root
	}
	for _, c := range candidates[level] {
		t.edges[level] = c
		if t.choose(candidates, level+1) {
			return true
		}
	}
	return false
}

// fold returns the root of the tree with these edge tiles: the roots of its complete subtrees, smallest first, each put
// to the left of what is folded so far (RFC 6962, section 2.1).
func fold(edges [][]tlog.Hash) tlog.Hash {
	root, _ := tlog.TreeHash(0, nil) // of the empty tree; reads nothing
	empty := true
	for _, tile := range edges {
		for end := len(tile); end > 0; {
			begin := end & (end - 1)
			peak := subtree(tile[begin:end])
			if empty {
				root, empty = peak, false
			} else {
				root = tlog.NodeHash(peak, root)
			}
			end = begin
		}
	}
	return root
}

// explain says at the end what is wrong with edges that do not add up. rows are the leaf hashes of the last, partial
// tile's rows, nil unless all were read.
func (t *tree) explain(rows []tlog.Hash) {
	if t.proved || t.size == 0 {
		return
	}
	detail := "the log's files do not add up to its checkpoint"
	if n, width := t.edge(0); len(rows) == width && width > 0 {
		if t.edges[0] = rows; fold(t.edges) == t.root {
			detail = fmt.Sprintf("the log's files do not add up to its checkpoint, but the ledger's rows do: %s and %s were changed, not the rows",
				tilePath(0, n, width), tilePath(-1, n, width))
		}
	}
	t.fault(Fault{Kind: BadTree, Detail: detail})
}

// parent returns the root over a level 0 tile, and whether the checkpoint covers it.
func (t *tree) parent(n int64) (tlog.Hash, bool) {
	if edge, width := t.edge(0); width > 0 && n == edge {
		if !t.proved {
			return tlog.Hash{}, false
		}
		return subtree(t.edges[0]), true
	}
	above := t.tile(1, n/tileWidth)
	if above.hashes == nil {
		return tlog.Hash{}, false
	}
	return above.hashes[n%tileWidth], above.proved
}

// tile returns a tile, proved where that is possible, else as the file has it; without hashes when nothing gives them.
func (t *tree) tile(level int, n int64) known {
	width := widthOf(level, n, t.size)
	if width < tileWidth {
		return known{n, t.edges[level], t.proved}
	}
	if k, ok := t.last[level]; ok && k.n == n {
		return k
	}
	k := known{n: n}
	above := t.tile(level+1, n/tileWidth)
	for _, source := range []func(int, int64, int) []tlog.Hash{t.read, t.fromChildren, t.fromLeaves} {
		hashes := source(level, n, width)
		if hashes == nil {
			continue
		}
		if above.hashes == nil || subtree(hashes) == above.hashes[n%tileWidth] {
			k.hashes, k.proved = hashes, above.hashes != nil && above.proved
			break
		}
	}
	if level > 0 && !slices.Equal(t.read(level, n, width), k.hashes) {
		t.name(level, n, width)
	}
	t.last[level] = k
	return k
}

// name reports a damaged tile, once.
func (t *tree) name(level int, n int64, width int) {
	if key := [2]int64{int64(level), n}; !t.named[key] {
		t.named[key] = true
		each := int64(1) << (tileHeight * level)
		first := n*tileWidth*each + 1
		t.fault(Fault{Kind: TileChanged, Seq: first, Last: first + int64(width)*each - 1,
			Detail: fmt.Sprintf("%s is missing or not what the checkpoint covers", tilePath(level, n, width))})
	}
}

// read, fromChildren and fromLeaves give a tile from its file, from the tiles just below it, and from the entry bundles
// under it; nil when a file is missing or malformed.

func (t *tree) read(level int, n int64, width int) []tlog.Hash {
	hashes, err := readHashes(t.tiles, level, n, width)
	if err != nil {
		return nil
	}
	return hashes
}

func (t *tree) fromChildren(level int, n int64, width int) []tlog.Hash {
	return t.fromBelow(level, n, width, t.read)
}

func (t *tree) fromLeaves(level int, n int64, width int) []tlog.Hash {
	return t.fromBelow(level, n, width, t.fromLeaves)
}

func (t *tree) fromBelow(level int, n int64, width int, child func(int, int64, int) []tlog.Hash) []tlog.Hash {
	if level == 0 {
		leaves, err := readLeaves(t.tiles, n, width)
		if err != nil {
			return nil
		}
		return hashAll(leaves)
	}
	hashes := make([]tlog.Hash, width)
	for i := range hashes {
		below := child(level-1, n*tileWidth+int64(i), tileWidth)
		if below == nil {
			return nil
		}
		hashes[i] = subtree(below)
	}
	return hashes
}

// ReadHashes is tlog.HashReader over the resolved tiles.
func (t *tree) ReadHashes(indexes []int64) ([]tlog.Hash, error) {
	hashes := make([]tlog.Hash, len(indexes))
	for i, index := range indexes {
		level, n := tlog.SplitStoredHashIndex(index)
		tileLevel, up := level/tileHeight, level%tileHeight
		tile := n << up / tileWidth
		from := int(n << up % tileWidth)
		k := t.tile(tileLevel, tile)
		if from+1<<up > len(k.hashes) {
			return nil, cloison.Errorf(cloison.Invalid, "%s is not what the checkpoint covers", tilePath(tileLevel, tile, widthOf(tileLevel, tile, t.size)))
		}
		hashes[i] = subtree(k.hashes[from : from+1<<up])
	}
	return hashes, nil
}
