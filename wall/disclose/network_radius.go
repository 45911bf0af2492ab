package disclose

import (
	"context"
	"time"

	"cloison"
	"cloison/access/directory"
	"cloison/rules/limits"
)

// networkState is every account that can disclose, by lineage, with all counters as they stood at one time.
type networkState struct {
	Gauge
	day        int32
	tomorrow   time.Time // the end of the day: a probation that ends before it counts as ended
	n          int       // accounts
	lineages   map[cloison.AccountID][]directory.Member
	accounts   map[cloison.AccountID]limits.Tally
	roots      map[cloison.AccountID]limits.Tally // of whole lineages
	structures []limits.StructureState            // one a structure
	numbers    map[cloison.StructureID]int        // indexes of structures

	// The index of each structure in the LineageState under construction. An index in places may be of an earlier
	// state: it is good only where placed points back.
	places []int // by index in structures
	placed []int // by index in the LineageState
}

// maxNamed is how many counters are read by name; for more, all are read.
const maxNamed = 2000

func (g Gauge) network(ctx context.Context) (*networkState, error) {
	now := g.Now()
	c := &networkState{Gauge: g, day: dayOf(now, g.Zone), tomorrow: startOf(now, g.Zone).AddDate(0, 0, 1),
		lineages: map[cloison.AccountID][]directory.Member{}, numbers: map[cloison.StructureID]int{}}
	structures, err := g.Accounts.Structures(ctx)
	if err != nil {
		return nil, err
	}
	for _, s := range structures {
		c.structures[c.number(s.ID)].MedianDay = s.MedianDay
	}
	members, err := g.Accounts.Members(ctx, "")
	if err != nil {
		return nil, err
	}
	for _, m := range members {
		if m.Discloses() {
			c.lineages[m.Lineage] = append(c.lineages[m.Lineage], m)
			c.n++
		}
	}
	c.accounts, c.roots = make(map[cloison.AccountID]limits.Tally, c.n), make(map[cloison.AccountID]limits.Tally, len(c.lineages))
	if len(structures)+c.n+len(c.lineages) > maxNamed {
		return c, g.Store.EachTally(ctx, c.count)
	}
	counters, err := g.Store.Tallies(ctx, c.counted())
	if err != nil {
		return nil, err
	}
	for _, counter := range counters {
		if err := c.count(counter.Counted, counter.Tally); err != nil {
			return nil, err
		}
	}
	return c, nil
}

// number returns a structure's index in structures, and adds it when it is new.
func (c *networkState) number(id cloison.StructureID) int {
	n, ok := c.numbers[id]
	if !ok {
		n = len(c.structures)
		c.numbers[id] = n
		c.structures, c.places = append(c.structures, limits.StructureState{}), append(c.places, 0)
	}
	return n
}

// counted names every counter of the network.
func (c *networkState) counted() []Counted {
	var subjects []Counted
	for id := range c.numbers {
		subjects = append(subjects, CountedStructure(id))
	}
	for root, members := range c.lineages {
		subjects = append(subjects, CountedLineage(root))
		for _, m := range members {
			subjects = append(subjects, CountedAccount(m.ID))
		}
	}
	return subjects
}

// count takes one counter's tally.
func (c *networkState) count(s Counted, t limits.Tally) error {
	kind, id := s.split()
	if kind == 's' {
		c.structures[c.number(cloison.StructureID(id))].Tally = t
		return nil
	}
	account, err := cloison.ParseAccountID(id)
	if err != nil {
		return cloison.Errorf(cloison.Internal, "read counter %q: bad account id; restore the database from a backup: %w", s, err)
	}
	if kind == 'a' {
		c.accounts[account] = t
	} else {
		c.roots[account] = t
	}
	return nil
}

// radii returns the radius of each member of one lineage.
func (c *networkState) radii(members []directory.Member) ([]Radius, error) {
	together, each, err := c.Bound.Radii(c.day, c.state(members))
	if err != nil {
		return nil, err
	}
	radii := make([]Radius, len(members))
	for i, a := range members {
		radii[i] = Radius{Account: a.ID, Structure: a.Structure, Lineage: a.Lineage, Persons: each[i].Persons, Unexplained: each[i].Unexplained,
			Together: together.Persons, Members: len(members)}
	}
	return radii, nil
}

// state is one lineage as limits.Bound takes it.
func (c *networkState) state(members []directory.Member) limits.LineageState {
	l := limits.LineageState{Members: make([]limits.Member, 0, len(members))}
	for _, a := range members {
		l.Tally = c.roots[a.Lineage]
		l.Members = append(l.Members, limits.Member{Account: c.accounts[a.ID], Structure: c.place(&l, a.Structure), Probation: c.tomorrow.Before(a.ProbationUntil)})
	}
	return l
}

// place returns a structure's index in the state under construction, and adds it when it is new.
func (c *networkState) place(l *limits.LineageState, structure cloison.StructureID) int {
	n := c.number(structure)
	if at := c.places[n]; at < len(l.Structures) && c.placed[at] == n {
		return at
	}
	c.places[n], c.placed = len(l.Structures), append(c.placed[:len(l.Structures)], n)
	l.Structures = append(l.Structures, c.structures[n])
	return c.places[n]
}
