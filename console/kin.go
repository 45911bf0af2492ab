package console

import (
	"cmp"
	"context"
	"maps"
	"slices"
	"time"

	"cloison"
	"cloison/access/directory"
	"cloison/wall/disclose"
)

// kin is the accounts of some lineages, which is all that a gauge needs to say how far these lineages reach: the census
// of a whole network takes a thousand times as long. It implements disclose.Accounts.
type kin struct {
	accounts   []directory.Account // by id
	structures []directory.Structure
}

// kinOf finds every account of the lineages with these roots, and their structures.
func (c *Console) kinOf(ctx context.Context, roots ...cloison.AccountID) (*kin, error) {
	accounts, err := c.lineages(ctx, roots)
	if err != nil {
		return nil, err
	}
	k := &kin{accounts: accounts}
	for _, a := range accounts {
		if err := k.serve(ctx, c, a.Structure); err != nil {
			return nil, err
		}
	}
	return k, nil
}

// lineages finds every account of the lineages with these roots, by id: whoever is of a lineage was made by its root,
// or by somebody who was made so.
func (c *Console) lineages(ctx context.Context, roots []cloison.AccountID) (kin []directory.Account, err error) {
	root, seen := map[cloison.AccountID]bool{}, map[cloison.AccountID]bool{}
	for _, id := range roots {
		root[id] = true
	}
	add := func(a directory.Account) {
		if !seen[a.ID] && root[a.Lineage] {
			kin = append(kin, a)
		}
		seen[a.ID] = true
	}
	from := slices.Collect(maps.Keys(root))
	accounts, err := c.Store.AccountsByID(ctx, from)
	if err != nil {
		return nil, err
	}
	if len(accounts) < len(from) {
		return nil, notFound()
	}
	for _, a := range accounts {
		add(a)
	}
	for len(from) > 0 {
		links, err := c.Store.Descent(ctx, from, time.Time{})
		if err != nil {
			return nil, err
		}
		from = nil
		for _, l := range links {
			if !seen[l.To] {
				add(l.Account)
				from = append(from, l.To)
			}
		}
	}
	slices.SortFunc(kin, func(a, b directory.Account) int { return cmp.Compare(a.ID, b.ID) })
	return kin, nil
}

// serve adds a structure, whose own cap counts.
func (k *kin) serve(ctx context.Context, c *Console, id cloison.StructureID) error {
	if slices.ContainsFunc(k.structures, func(s directory.Structure) bool { return s.ID == id }) {
		return nil
	}
	s, err := c.Store.Structure(ctx, id)
	if err == nil {
		k.structures = append(k.structures, s)
	}
	return err
}

// gauge measures the kin alone.
func (k *kin) gauge(c *Console) disclose.Gauge {
	g := c.Gauge
	g.Accounts = k
	return g
}

// Account finds one of the kin.
func (k *kin) Account(_ context.Context, id cloison.AccountID) (directory.Account, error) {
	for _, a := range k.accounts {
		if a.ID == id {
			return a, nil
		}
	}
	return directory.Account{}, notFound()
}

// Members lists the kin of one structure.
func (k *kin) Members(_ context.Context, structure cloison.StructureID) ([]directory.Member, error) {
	var list []directory.Member
	for _, a := range k.accounts {
		if structure == "" || a.Structure == structure {
			list = append(list, a.Member())
		}
	}
	return list, nil
}

// Structures lists those of the kin.
func (k *kin) Structures(context.Context) ([]directory.Structure, error) { return k.structures, nil }
