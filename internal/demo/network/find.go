package network

import (
	"slices"
	"strings"
)

// Find lists the numbers of the persons whose surname starts with nom and whose commune is commune, in the order of
// surnames when there is one, from offset on, at most limit of them; total counts all of them. A given name may follow
// the surname after a space. An empty nom or commune is no filter. Its cost is of the smaller of the two sets; without
// a filter, of the page.
func (n *Network) Find(nom, commune string, offset, limit int) (page []int, total int) {
	match, lo, hi := n.surnameFilter(nom)
	if commune == "" && match == nil {
		return pageOf(hi-lo, offset, limit, func(k int) int { return n.bySur.inverse(lo + k) }), hi - lo
	}
	keep := func(i int) {
		if total >= offset && len(page) < limit {
			page = append(page, i)
		}
		total++
	}
	if commune == "" {
		for r := lo; r < hi; r++ {
			if i := n.bySur.inverse(r); match(i) {
				keep(i)
			}
		}
		return page, total
	}
	places := n.communesNamed(commune)
	inPlaces := 0
	for _, c := range places {
		inPlaces += int(n.starts[c+1] - n.starts[c])
	}
	if inPlaces <= hi-lo {
		var found []int // ranks
		for _, c := range places {
			for i := int(n.starts[c]); i < int(n.starts[c+1]); i++ {
				if r := n.bySur.at(i); r >= lo && r < hi && (match == nil || match(i)) {
					found = append(found, r)
				}
			}
		}
		slices.Sort(found)
		return pageOf(len(found), offset, limit, func(k int) int { return n.bySur.inverse(found[k]) }), len(found)
	}
	for r := lo; r < hi; r++ {
		i := n.bySur.inverse(r)
		if _, in := slices.BinarySearch(places, interval(n.starts, i)); in && (match == nil || match(i)) {
			keep(i)
		}
	}
	return page, total
}

// surnameFilter reads what was typed as a surname, or as a surname and a given name when no surname starts so.
func (n *Network) surnameFilter(nom string) (match func(int) bool, lo, hi int) {
	typed := fold(strings.TrimSpace(nom))
	if lo, hi = n.pools.surnames.prefix(typed); lo < hi {
		return nil, lo, hi
	}
	space := strings.LastIndexByte(typed, ' ')
	if space < 0 {
		return nil, 0, 0
	}
	lo, hi = n.pools.surnames.prefix(typed[:space])
	return func(i int) bool {
		cell, _ := n.cell(i)
		return strings.HasPrefix(fold(n.given(i, cell)), typed[space+1:])
	}, lo, hi
}

func pageOf(total, offset, limit int, at func(k int) int) []int {
	var page []int
	for k := offset; k < min(total, offset+limit); k++ {
		page = append(page, at(k))
	}
	return page
}
