package disclose

import (
	"cmp"
	"context"
	"slices"
	"time"

	"cloison"
	"cloison/access/directory"
	"cloison/rules/limits"
)

// Accounts is what a gauge reads of the directory; the directory's store implements it.
type Accounts interface {
	Account(ctx context.Context, id cloison.AccountID) (directory.Account, error)
	Members(ctx context.Context, structure cloison.StructureID) ([]directory.Member, error)
	Structures(ctx context.Context) ([]directory.Structure, error)
}

// Gauge computes blast radii: the most that can still leave today, whatever the accounts do. It only reads, beside any
// number of replicas; its answer holds for the counters as they stood at one time.
type Gauge struct {
	Store    Store
	Accounts Accounts
	Bound    limits.Bound
	Zone     *time.Location
	Now      func() time.Time
}

// Radius is how many new persons one account, and its whole lineage, can still be shown until the day ends.
type Radius struct {
	Account     cloison.AccountID   `json:"account"`
	Structure   cloison.StructureID `json:"structure"`
	Lineage     cloison.AccountID   `json:"lineage"`
	Persons     int                 `json:"persons"`     // explained or not
	Unexplained int                 `json:"unexplained"` // the most of them without explanation
	Together    int                 `json:"together"`    // persons, for the whole lineage
	Members     int                 `json:"members"`     // accounts of the lineage that can disclose
}

// Widest returns the radius of every account that can disclose, in one structure or in all (""), the widest first.
func (g Gauge) Widest(ctx context.Context, structure cloison.StructureID) ([]Radius, error) {
	c, err := g.network(ctx)
	if err != nil {
		return nil, err
	}
	radii := make([]Radius, 0, c.n)
	for _, members := range c.lineages {
		if structure != "" && !slices.ContainsFunc(members, func(a directory.Member) bool { return a.Structure == structure }) {
			continue
		}
		list, err := c.radii(members)
		if err != nil {
			return nil, err
		}
		for _, r := range list {
			if structure == "" || r.Structure == structure {
				radii = append(radii, r)
			}
		}
	}
	slices.SortFunc(radii, func(a, b Radius) int {
		return cmp.Or(cmp.Compare(b.Together, a.Together), cmp.Compare(b.Persons, a.Persons), cmp.Compare(a.Account, b.Account))
	})
	return radii, nil
}

// Of returns the radius of one account and of its lineage. An account that cannot disclose has none of its own.
func (g Gauge) Of(ctx context.Context, id cloison.AccountID) (Radius, error) {
	account, err := g.Accounts.Account(ctx, id)
	if err != nil {
		return Radius{}, err
	}
	c, err := g.network(ctx)
	if err != nil {
		return Radius{}, err
	}
	members := c.lineages[account.Lineage]
	r := Radius{Account: id, Structure: account.Structure, Lineage: account.Lineage, Members: len(members)}
	list, err := c.radii(members)
	if err != nil {
		return Radius{}, err
	}
	for _, of := range list {
		if of.Account == id {
			return of, nil
		}
		r.Together = of.Together
	}
	return r, nil
}

// Marginal returns what n more accounts of that structure would add to the lineage of their maker. An approver sees it.
func (g Gauge) Marginal(ctx context.Context, maker cloison.AccountID, structure cloison.StructureID, n int) (limits.Marginal, error) {
	account, err := g.Accounts.Account(ctx, maker)
	if err != nil {
		return limits.Marginal{}, err
	}
	c, err := g.network(ctx)
	if err != nil {
		return limits.Marginal{}, err
	}
	state := c.state(c.lineages[account.Lineage])
	return c.Bound.Marginal(c.day, state, c.place(&state, structure), n)
}
