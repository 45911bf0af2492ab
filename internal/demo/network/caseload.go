package network

import (
	"slices"
	"time"
)

// Link is one line of a caseload: an agent accompanies a person since a day, and until a day when it is over.
type Link struct {
	Agent, Person int
	Since, Until  time.Time // Until is zero while it lasts
}

// Chances, for a followed person, of each link beyond the first adviser. Together they give 1.5 agents a person (the
// reference says 1.3 to 2), of whom 5 % in a second structure (3 to 8 %), and 7 % of transfers a month (5 to 10 %).
const (
	chanceSecond    = 0.40
	chanceThird     = 0.08
	chanceElsewhere = 0.05
	transferred     = 0.07 * transferMonths
	transferMonths  = 3
)

// The layers of links, each with its own permutation of a structure's followed ranks.
const (
	second = iota + 1
	third
	former
)

// rank returns the place of a person among the structure's, followed ones first.
func (n *Network) rank(structure int) (permutation, int) {
	lo, hi := n.Members(structure)
	return newPermutation(n.key.stream("rank")+stream(structure), hi-lo), lo
}

func (n *Network) followed(person, structure int) bool {
	p, lo := n.rank(structure)
	return p.at(person-lo) < n.teams[structure].followed
}

func (n *Network) layer(structure, layer int) permutation {
	return newPermutation(n.key.stream("layer")+stream(structure*8+layer), n.teams[structure].followed)
}

// owner returns the adviser whose interval holds the rank.
func (t team) owner(rank int) int { return t.firstAdviser() + interval(t.cuts, rank) }

// neighbour is the structure whose advisers also follow some of this one's persons.
func (n *Network) neighbour(structure int) int { return (structure + 1) % n.opts.Structures }

// stretch maps ranks of one structure on those of another, keeping order.
func stretch(rank, from, to int) int { return int(uint64(rank) * uint64(to) / uint64(from)) }

// Links returns who accompanies a person, or did in the last three months; the first adviser comes first. Nobody
// accompanies a person who has none.
func (n *Network) Links(person int) []Link {
	structure := interval(n.served, interval(n.starts, person))
	p, lo := n.rank(structure)
	if r := p.at(person - lo); r < n.teams[structure].followed {
		return n.links(structure, r, person)
	}
	return nil
}

// links returns the links of the person of that followed rank in the structure.
func (n *Network) links(structure, rank, person int) []Link {
	t, draws := n.teams[structure], n.key.stream("links")
	cell, _ := n.cell(person)
	registered := n.registered(person, n.born(person, cell))
	since := func(k, days int) time.Time {
		return later(registered, n.asOf.AddDate(0, 0, -1-draws.below(8*person+k, days)))
	}
	links := []Link{{Agent: t.owner(rank), Person: person, Since: registered}}
	add := func(l Link) bool {
		if slices.ContainsFunc(links, func(o Link) bool { return o.Agent == l.Agent }) {
			return false
		}
		links = append(links, l)
		return true
	}
	if draws.unit(8*person) < chanceSecond {
		add(Link{Agent: t.owner(n.layer(structure, second).at(rank)), Person: person, Since: since(4, 365)})
	}
	if draws.unit(8*person+1) < chanceThird {
		add(Link{Agent: t.owner(n.layer(structure, third).at(rank)), Person: person, Since: since(5, 365)})
	}
	if n.opts.Structures > 1 && draws.unit(8*person+2) < chanceElsewhere {
		other := n.teams[n.neighbour(structure)]
		add(Link{Agent: other.owner(stretch(rank, t.followed, other.followed)), Person: person, Since: since(6, 365)})
	}
	if draws.unit(8*person+3) < transferred {
		moved := since(7, 30*transferMonths)
		gone := Link{Agent: t.owner(n.layer(structure, former).at(rank)), Person: person, Since: registered, Until: moved}
		if moved.After(registered) && add(gone) {
			links[0].Since = moved
		}
	}
	return links
}

func later(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}

// Caseload returns the links of an agent, in the order of persons' numbers: present ones, and those that ended in the
// last three months. Only advisers have any.
func (n *Network) Caseload(agent int) []Link {
	structure := int(n.agents[agent].structure)
	if structure == n.opts.Structures || agent < n.teams[structure].firstAdviser() {
		return nil
	}
	t := n.teams[structure]
	k := agent - t.firstAdviser()
	lo, hi := int(t.cuts[k]), int(t.cuts[k+1])
	var links []Link
	collect := func(structure int, ranks []int) {
		p, first := n.rank(structure)
		for _, r := range ranks {
			for _, l := range n.links(structure, r, first+p.inverse(r)) {
				if l.Agent == agent {
					links = append(links, l)
				}
			}
		}
	}
	var own []int
	layers := []permutation{n.layer(structure, second), n.layer(structure, third), n.layer(structure, former)}
	for r := lo; r < hi; r++ {
		own = append(own, r)
		for _, p := range layers {
			own = append(own, p.inverse(r))
		}
	}
	slices.Sort(own)
	collect(structure, slices.Compact(own))
	if n.opts.Structures > 1 {
		from := (structure + n.opts.Structures - 1) % n.opts.Structures
		other := n.teams[from].followed
		var theirs []int
		for r := max(0, stretch(lo, t.followed, other)-1); r < min(other, stretch(hi, t.followed, other)+2); r++ {
			theirs = append(theirs, r)
		}
		collect(from, theirs)
	}
	slices.SortFunc(links, func(a, b Link) int { return a.Person - b.Person })
	return links
}
