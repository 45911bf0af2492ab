package exposure

import (
	"bytes"
	"hash/maphash"
	"math"
	"sync"

	"cloison/incident/accesslog"
)

const (
	shardCount  = 64
	entryChunk  = 1 << 10 // entries allocated at once
	arenaChunk  = 1 << 16 // bytes of persons' names allocated at once
	maxPerson   = accesslog.MaxPerson
	maxAccounts = 1 << 16
)

// table gathers what was seen of each person × account, in about 75 bytes each for short names. Persons are spread over
// shards by their hash, so that all cores may add at once.
type table struct {
	seed   maphash.Seed
	shards [shardCount]shard
}

// shard is an open hash table of persons. Nothing in it is moved or freed as it grows, except the index, and nothing
// but the lists of chunks holds pointers, so that the garbage collector has neither work nor waste.
type shard struct {
	sync.Mutex
	index   []uint64 // upper half: of the hash; lower half: the person's first entry, plus one; zero: free
	persons int
	entries [][]entry
	count   uint32 // of entries
	arena   [][]byte
}

// entry is one person × account.
type entry struct {
	first, last int64  // Unix nanoseconds; first > last: no time is known
	fields      uint64 // by the bits of names
	person      uint32 // where the name is: chunk << 16 | offset
	next        uint32 // the same person's next entry, plus one; zero: none
	times       uint32
	account     uint16 // position in the query's accounts
	length      uint16 // of the name
	hows        uint16
	follows     bool // is the next of another entry
}

// proven says whether the entry stands for at least one disclosure inside the window.
func (e *entry) proven() bool { return e.times > 0 }

func (e *entry) class() Class {
	if e.proven() {
		return Proven
	}
	return Possible
}

// sighting is one disclosure on its way into the table.
type sighting struct {
	account uint16
	fields  uint64
	hows    uint16
	at      int64 // Unix nanoseconds
	timed   bool  // at is known
}

func newTable() *table { return &table{seed: maphash.MakeSeed()} }

// add takes a person of at most maxPerson bytes, which it copies. Safe for concurrent use.
func (t *table) add(person []byte, s sighting) {
	h := maphash.Bytes(t.seed, person)
	sh := &t.shards[h%shardCount]
	sh.Lock()
	sh.find(h, person, s.account).see(s)
	sh.Unlock()
}

func (e *entry) see(s sighting) {
	if !s.timed {
		if e.times == 0 {
			e.fields |= s.fields
		}
		return
	}
	if e.times == 0 {
		e.fields = 0 // what was only possible gives way to what is proven
	}
	e.first, e.last = min(e.first, s.at), max(e.last, s.at)
	e.fields |= s.fields
	e.hows |= s.hows
	if e.times < math.MaxUint32 {
		e.times++
	}
}

func (sh *shard) at(i uint32) *entry { return &sh.entries[i/entryChunk][i%entryChunk] }

func (sh *shard) name(e *entry) []byte {
	off := e.person & (arenaChunk - 1)
	return sh.arena[e.person/arenaChunk][off : off+uint32(e.length)]
}

// find returns the entry of person × account, made if need be.
func (sh *shard) find(h uint64, person []byte, account uint16) *entry {
	if 4*(sh.persons+1) > 3*len(sh.index) {
		sh.grow()
	}
	mask := uint64(len(sh.index) - 1)
	tag := h &^ math.MaxUint32
	for slot := tag >> 32 & mask; ; slot = (slot + 1) & mask {
		v := sh.index[slot]
		if v == 0 {
			i := sh.push(account)
			e := sh.at(i)
			e.person, e.length = sh.keep(person), uint16(len(person))
			sh.index[slot] = tag | uint64(i+1)
			sh.persons++
			return e
		}
		if v&^math.MaxUint32 != tag {
			continue
		}
		e := sh.at(uint32(v) - 1)
		if bytes.Equal(sh.name(e), person) {
			return sh.ofAccount(e, account)
		}
	}
}

// get returns the entry of person × account; nil when there is none. Not while adding.
func (t *table) get(person []byte, account int) *entry {
	h := maphash.Bytes(t.seed, person)
	sh := &t.shards[h%shardCount]
	if len(sh.index) == 0 {
		return nil
	}
	mask, tag := uint64(len(sh.index)-1), h&^math.MaxUint32
	for slot := tag >> 32 & mask; sh.index[slot] != 0; slot = (slot + 1) & mask {
		next := uint32(sh.index[slot])
		if sh.index[slot]&^math.MaxUint32 != tag || !bytes.Equal(sh.name(sh.at(next-1)), person) {
			continue
		}
		for next != 0 {
			e := sh.at(next - 1)
			if int(e.account) == account {
				return e
			}
			next = e.next
		}
		return nil
	}
	return nil
}

// ofAccount walks the person's entries to that of the account.
func (sh *shard) ofAccount(e *entry, account uint16) *entry {
	for e.account != account {
		if e.next == 0 {
			i := sh.push(account)
			e.next = i + 1
			other := sh.at(i)
			other.person, other.length, other.follows = e.person, e.length, true
			return other
		}
		e = sh.at(e.next - 1)
	}
	return e
}

func (sh *shard) push(account uint16) uint32 {
	i := sh.count
	if i%entryChunk == 0 {
		sh.entries = append(sh.entries, make([]entry, entryChunk))
	}
	sh.count++
	*sh.at(i) = entry{first: math.MaxInt64, last: math.MinInt64, account: account}
	return i
}

// keep copies the name into the arena; a name never straddles two chunks.
func (sh *shard) keep(name []byte) uint32 {
	n := len(sh.arena)
	if n == 0 || len(sh.arena[n-1])+len(name) > arenaChunk {
		sh.arena = append(sh.arena, make([]byte, 0, arenaChunk))
		n++
	}
	last := &sh.arena[n-1]
	off := len(*last)
	*last = append(*last, name...)
	return uint32((n-1)*arenaChunk + off)
}

func (sh *shard) grow() {
	old := sh.index
	sh.index = make([]uint64, max(64, 2*len(old)))
	mask := uint64(len(sh.index) - 1)
	for _, v := range old {
		if v == 0 {
			continue
		}
		slot := v >> 32 & mask
		for sh.index[slot] != 0 {
			slot = (slot + 1) & mask
		}
		sh.index[slot] = v
	}
}

// each calls f with all entries of each person, in no order; the slice is reused. Not while adding.
func (t *table) each(f func(of []*entry)) {
	var of []*entry
	for i := range t.shards {
		sh := &t.shards[i]
		for j := range sh.count {
			e := sh.at(j)
			if e.follows {
				continue
			}
			for of = append(of[:0], e); e.next != 0; of = append(of, e) {
				e = sh.at(e.next - 1)
			}
			f(of)
		}
	}
}
