package exposure

import (
	"bytes"
	"cmp"
	"container/heap"
	"encoding/binary"
	"iter"
	"runtime"
	"slices"
	"strings"

	"golang.org/x/sync/errgroup"
)

// ordered yields all entries by person, then by account. Each shard is sorted by itself, on all cores, into four bytes
// an entry; the shards are merged as the entries are taken.
func (t *table) ordered(accounts []string) iter.Seq2[*shard, *entry] {
	return func(yield func(*shard, *entry) bool) {
		m := merge{accounts: accounts}
		var order [shardCount][]uint32
		var group errgroup.Group
		group.SetLimit(runtime.GOMAXPROCS(0))
		for i := range t.shards {
			group.Go(func() error {
				order[i] = t.shards[i].order(accounts)
				return nil
			})
		}
		_ = group.Wait() // sorting cannot fail
		for i := range order {
			if len(order[i]) > 0 {
				m.runs = append(m.runs, run{&t.shards[i], order[i]})
			}
		}
		heap.Init(&m)
		for len(m.runs) > 0 {
			first := &m.runs[0]
			if !yield(first.shard, first.head()) {
				return
			}
			if first.rest = first.rest[1:]; len(first.rest) == 0 {
				heap.Pop(&m)
			} else {
				heap.Fix(&m, 0)
			}
		}
	}
}

// order returns the shard's entries, sorted.
func (sh *shard) order(accounts []string) []uint32 {
	type key struct {
		prefix uint64 // the name's first eight bytes, which most often decide
		entry  uint32
	}
	keys := make([]key, sh.count)
	for i := range keys {
		var first [8]byte
		copy(first[:], sh.name(sh.at(uint32(i))))
		keys[i] = key{binary.BigEndian.Uint64(first[:]), uint32(i)}
	}
	slices.SortFunc(keys, func(a, b key) int {
		if c := cmp.Compare(a.prefix, b.prefix); c != 0 {
			return c
		}
		return compareEntries(sh, sh.at(a.entry), sh, sh.at(b.entry), accounts)
	})
	order := make([]uint32, len(keys))
	for i, k := range keys {
		order[i] = k.entry
	}
	return order
}

func compareEntries(s *shard, a *entry, t *shard, b *entry, accounts []string) int {
	if c := bytes.Compare(s.name(a), t.name(b)); c != 0 {
		return c
	}
	return strings.Compare(accounts[a.account], accounts[b.account])
}

// merge is a heap of sorted runs; the first run has the least head.
type merge struct {
	runs     []run
	accounts []string
}

type run struct {
	shard *shard
	rest  []uint32
}

func (r *run) head() *entry { return r.shard.at(r.rest[0]) }

func (m *merge) Len() int      { return len(m.runs) }
func (m *merge) Swap(i, j int) { m.runs[i], m.runs[j] = m.runs[j], m.runs[i] }
func (m *merge) Push(any)      {} // no run is ever added
func (m *merge) Less(i, j int) bool {
	a, b := &m.runs[i], &m.runs[j]
	return compareEntries(a.shard, a.head(), b.shard, b.head(), m.accounts) < 0
}

func (m *merge) Pop() any {
	m.runs = m.runs[:len(m.runs)-1]
	return nil
}
