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

// Accounts is how a gauge finds accounts; *directory.Directory's store has it.
type Accounts interface {
	Account(ctx context.Context, id cloison.AccountID) (directory.Account, error)
	Members(ctx context.Context, structure cloison.StructureID) ([]directory.Member, error)
	Structures(ctx context.Context) ([]directory.Structure, error)
}

// Gauge reads blast radii: the most that can still leave, now, whatever the account does. It only reads, and may be
// used beside any number of replicas; what it says was true of one moment of the ledger.
type Gauge struct {
	Store    Store
	Accounts Accounts
	Bound    limits.Bound
	Zone     *time.Location
	Now      func() time.Time
}

// Reach is how far one account could go until the end of its day, and its whole lineage with it.
type Radius struct {
	Account     cloison.AccountID   `json:"account"`
	Structure   cloison.StructureID `json:"structure"`
	Lineage     cloison.AccountID   `json:"lineage"`
	Persons     int                 `json:"persons"`     // explained or not
	Unexplained int                 `json:"unexplained"` // of them
	Together    int                 `json:"together"`    // persons that the whole lineage can still be shown
	Members     int                 `json:"members"`     // accounts of the lineage that can disclose
}

// Widest returns the reach of every account that can disclose, of one structure or of all ("" ), the widest first.
func (g Gauge) Widest(ctx context.Context, structure cloison.StructureID) ([]Radius, error) {
	c, err := g.network(ctx)
	if err != nil {
		return nil, err
	}
	reaches := make([]Radius, 0, c.n)
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
				reaches = append(reaches, r)
			}
		}
	}
	slices.SortFunc(reaches, func(a, b Radius) int {
		return cmp.Or(cmp.Compare(b.Together, a.Together), cmp.Compare(b.Persons, a.Persons), cmp.Compare(a.Account, b.Account))
	})
	return reaches, nil
}

// Of returns the reach of one account and of the lineage that it belongs to, or is the root of. An account that cannot
// disclose has none of its own.
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

// Marginal returns what approving n more accounts of that structure would add to the lineage of its maker: what an
// approver is shown.
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
