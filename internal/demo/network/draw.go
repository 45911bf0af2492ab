package network

import (
	"cmp"
	"math"
	"math/bits"
	"slices"
)

// stream is a keyed source of draws: draw(i) is a fixed 64-bit value for each i. Streams of different names are
// independent for all that a synthetic network needs; none of this is cryptography.
type stream uint64

// stream derives a stream by name.
func (s stream) stream(name string) stream {
	h := uint64(0xcbf29ce484222325) // FNV-1a, without hash/fnv's allocation: this is on the path of every person
	for i := range len(name) {
		h = (h ^ uint64(name[i])) * 0x100000001b3
	}
	return stream(mix(uint64(s) ^ h))
}

func (s stream) draw(i int) uint64 { return mix(uint64(s) + (uint64(i)+1)*0x9e3779b97f4a7c15) }

// unit returns a draw in [0, 1).
func (s stream) unit(i int) float64 { return float64(s.draw(i)>>11) / (1 << 53) }

// below returns a draw in [0, n).
func (s stream) below(i, n int) int {
	hi, _ := bits.Mul64(s.draw(i), uint64(n))
	return int(hi)
}

// normal returns a standard normal draw, by inversion.
func (s stream) normal(i int) float64 { return quantile(s.unit(i)) }

// quantile is the inverse of the standard normal distribution.
func quantile(p float64) float64 {
	return math.Sqrt2 * math.Erfinv(2*min(max(p, 1e-9), 1-1e-9)-1)
}

// mix is the finalizer of SplitMix64 (Steele, Lea and Flood, OOPSLA 2014): a bijection of 64 bits.
func mix(x uint64) uint64 {
	x = (x ^ x>>30) * 0xbf58476d1ce4e5b9
	x = (x ^ x>>27) * 0x94d049bb133111eb
	return x ^ x>>31
}

// permutation is a keyed bijection of [0, n): a four-round Feistel network over the smallest even number of bits that
// holds n, walked until it falls inside (Black and Rogaway, CT-RSA 2002).
type permutation struct {
	n    uint64
	half uint
	key  stream
}

func newPermutation(key stream, n int) permutation {
	return permutation{n: uint64(n), half: uint(bits.Len64(uint64(max(n, 2)-1))+1) / 2, key: key}
}

func (p permutation) round(r int, x uint64) uint64 {
	return mix(uint64(p.key)+uint64(r)*0xd1342543de82ef95+x) & (1<<p.half - 1)
}

// at returns the image of i, for i in [0, n).
func (p permutation) at(i int) int {
	x := uint64(i)
	for {
		l, r := x>>p.half, x&(1<<p.half-1)
		for k := range 4 {
			l, r = r, l^p.round(k, r)
		}
		if x = l<<p.half | r; x < p.n {
			return int(x)
		}
	}
}

// inverse returns the i whose image is j, for j in [0, n).
func (p permutation) inverse(j int) int {
	x := uint64(j)
	for {
		l, r := x>>p.half, x&(1<<p.half-1)
		for k := 3; k >= 0; k-- {
			l, r = r^p.round(k, l), l
		}
		if x = l<<p.half | r; x < p.n {
			return int(x)
		}
	}
}

// apportion splits total in proportion to the weights, by largest remainders; ties go to the first.
func apportion(total int, weights []float64) []int {
	var sum float64
	for _, w := range weights {
		sum += w
	}
	parts, rest := make([]int, len(weights)), make([]float64, len(weights))
	order, left := make([]int, len(weights)), total
	for i, w := range weights {
		exact := float64(total) * w / sum
		parts[i] = int(exact)
		rest[i], order[i] = exact-float64(parts[i]), i
		left -= parts[i]
	}
	slices.SortStableFunc(order, func(a, b int) int { return cmp.Compare(rest[b], rest[a]) })
	for i := range left {
		parts[order[i%len(order)]]++
	}
	return parts
}

// cumulate returns the starts of consecutive intervals of these lengths, and the end: len(parts)+1 values.
func cumulate(parts []int) []uint32 {
	starts := make([]uint32, len(parts)+1)
	for i, p := range parts {
		starts[i+1] = starts[i] + uint32(p)
	}
	return starts
}

// interval returns which interval of starts holds x.
func interval(starts []uint32, x int) int {
	i, _ := slices.BinarySearchFunc(starts, x, func(s uint32, x int) int {
		if int(s) <= x {
			return -1
		}
		return 1
	})
	return i - 1
}
