package disclose

import (
	"cmp"
	"context"
	"slices"
	"time"

	"cloison"
	"cloison/bound"
	"cloison/directory"
)

// Accounts is how a gauge finds accounts; *directory.Directory's store has it.
type Accounts interface {
	Account(ctx context.Context, id cloison.AccountID) (directory.Account, error)
	Members(ctx context.Context, structure cloison.StructureID) ([]directory.Member, error)
	Structures(ctx context.Context) ([]directory.Structure, error)
}

// Gauge reads blast radii: the most that can still leave, now, whatever the account does. It only reads, and may be used beside any
// number of replicas; what it says was true of one moment of the ledger.
type Gauge struct {
	Store    Store
	Accounts Accounts
	Bound    bound.Bound
	Zone     *time.Location
	Now      func() time.Time
}

// Reach is how far one account could go until the end of its day, and its whole lineage with it.
type Reach struct {
	Account     cloison.AccountID   `json:"account"`
	Structure   cloison.StructureID `json:"structure"`
	Lineage     cloison.AccountID   `json:"lineage"`
	Persons     int                 `json:"persons"`     // explained or not
	Unexplained int                 `json:"unexplained"` // of them
	Together    int                 `json:"together"`    // persons that the whole lineage can still be shown
	Members     int                 `json:"members"`     // accounts of the lineage that can disclose
}

// Widest returns the reach of every account that can disclose, of one structure or of all ("" ), the widest first.
func (g Gauge) Widest(ctx context.Context, structure cloison.StructureID) ([]Reach, error) {
	c, err := g.census(ctx)
	if err != nil {
		return nil, err
	}
	var reaches []Reach
	for _, members := range c.lineages {
		together, err := c.lineage(members)
		if err != nil {
			return nil, err
		}
		for _, a := range members {
			if structure != "" && a.Structure != structure {
				continue
			}
			r, err := c.reach(a, len(members)-1)
			if err != nil {
				return nil, err
			}
			r.Together = together.Persons
			reaches = append(reaches, r)
		}
	}
	slices.SortFunc(reaches, func(a, b Reach) int {
		return cmp.Or(cmp.Compare(b.Together, a.Together), cmp.Compare(b.Persons, a.Persons), cmp.Compare(a.Account, b.Account))
	})
	return reaches, nil
}

// Of returns the reach of one account and of the lineage that it belongs to, or is the root of. An account that cannot disclose has none of
// its own.
func (g Gauge) Of(ctx context.Context, id cloison.AccountID) (Reach, error) {
	account, err := g.Accounts.Account(ctx, id)
	if err != nil {
		return Reach{}, err
	}
	c, err := g.census(ctx)
	if err != nil {
		return Reach{}, err
	}
	members := c.lineages[account.Lineage]
	r := Reach{Account: id, Structure: account.Structure, Lineage: account.Lineage, Members: len(members)}
	if account.Member().Discloses() {
		if r, err = c.reach(account.Member(), len(members)-1); err != nil {
			return Reach{}, err
		}
	}
	together, err := c.lineage(members)
	r.Together = together.Persons
	return r, err
}

// Marginal returns what approving n more accounts of that structure would add to the lineage of its maker: what an approver is shown.
func (g Gauge) Marginal(ctx context.Context, maker cloison.AccountID, structure cloison.StructureID, n int) (bound.Marginal, error) {
	account, err := g.Accounts.Account(ctx, maker)
	if err != nil {
		return bound.Marginal{}, err
	}
	c, err := g.census(ctx)
	if err != nil {
		return bound.Marginal{}, err
	}
	state, bodies := c.state(c.lineages[account.Lineage])
	body, ok := bodies[structure]
	if !ok {
		body = len(state.Bodies)
		state.Bodies = append(state.Bodies, bound.Body{Tally: c.tallies[StructureSubject(structure)], MedianDay: c.structures[structure].MedianDay})
	}
	return c.Bound.Marginal(c.day, state, body, n)
}

// census is every account that can disclose, by lineage, with the counters of one moment.
type census struct {
	Gauge
	day        int32
	tomorrow   time.Time // the end of the day: a probation that ends before it counts as ended
	lineages   map[cloison.AccountID][]directory.Member
	structures map[cloison.StructureID]directory.Structure
	tallies    map[Subject]bound.Tally
}

func (g Gauge) census(ctx context.Context) (*census, error) {
	now := g.Now()
	c := &census{Gauge: g, day: dayOf(now, g.Zone), tomorrow: startOf(now, g.Zone).AddDate(0, 0, 1), lineages: map[cloison.AccountID][]directory.Member{},
		structures: map[cloison.StructureID]directory.Structure{}, tallies: map[Subject]bound.Tally{}}
	structures, err := g.Accounts.Structures(ctx)
	if err != nil {
		return nil, err
	}
	var subjects []Subject
	for _, s := range structures {
		c.structures[s.ID] = s
		subjects = append(subjects, StructureSubject(s.ID))
	}
	members, err := g.Accounts.Members(ctx, "")
	if err != nil {
		return nil, err
	}
	for _, m := range members {
		if !m.Discloses() {
			continue
		}
		if c.lineages[m.Lineage] == nil {
			subjects = append(subjects, LineageSubject(m.Lineage))
		}
		c.lineages[m.Lineage] = append(c.lineages[m.Lineage], m)
		subjects = append(subjects, AccountSubject(m.ID))
	}
	for batch := range slices.Chunk(subjects, 5000) {
		counters, err := g.Store.Tallies(ctx, batch)
		if err != nil {
			return nil, err
		}
		for _, counter := range counters {
			c.tallies[counter.Subject] = counter.Tally
		}
	}
	return c, nil
}

func (c *census) reach(a directory.Member, siblings int) (Reach, error) {
	radius, err := c.Bound.Radius(c.day, bound.Standing{
		Account:   c.tallies[AccountSubject(a.ID)],
		Lineage:   c.tallies[LineageSubject(a.Lineage)],
		Structure: c.tallies[StructureSubject(a.Structure)],
		Probation: c.tomorrow.Before(a.ProbationUntil),
		MedianDay: c.structures[a.Structure].MedianDay,
	}, siblings)
	return Reach{Account: a.ID, Structure: a.Structure, Lineage: a.Lineage, Persons: radius.Persons, Unexplained: radius.Unexplained,
		Members: siblings + 1}, err
}

func (c *census) lineage(members []directory.Member) (bound.Radius, error) {
	if len(members) == 0 {
		return bound.Radius{}, nil
	}
	state, _ := c.state(members)
	return c.Bound.LineageRadius(c.day, state)
}

// state is a lineage as the bound wants it, and the index of each structure in it.
func (c *census) state(members []directory.Member) (bound.LineageState, map[cloison.StructureID]int) {
	var l bound.LineageState
	bodies := map[cloison.StructureID]int{}
	for _, a := range members {
		l.Tally = c.tallies[LineageSubject(a.Lineage)]
		body, ok := bodies[a.Structure]
		if !ok {
			body = len(l.Bodies)
			bodies[a.Structure] = body
			l.Bodies = append(l.Bodies, bound.Body{Tally: c.tallies[StructureSubject(a.Structure)], MedianDay: c.structures[a.Structure].MedianDay})
		}
		l.Members = append(l.Members, bound.Member{Account: c.tallies[AccountSubject(a.ID)], Body: body, Probation: c.tomorrow.Before(a.ProbationUntil)})
	}
	return l, bodies
}
