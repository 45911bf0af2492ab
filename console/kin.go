package console

import (
	"cmp"
	"context"
	"slices"
	"time"

	"cloison"
	"cloison/directory"
	"cloison/disclose"
)

// kin is the accounts of some lineages, which is all that a gauge needs to say how far these lineages reach: the census of a whole network
// takes a thousand times as long. It implements disclose.Accounts.
type kin struct {
	accounts   []directory.Account // by id
	structures []directory.Structure
}

// kinOf finds every account of the lineages with these roots: whoever is of a lineage was made by its root, or by somebody who was made so.
func (c *Console) kinOf(ctx context.Context, roots ...cloison.AccountID) (*kin, error) {
	k := &kin{}
	seen := map[cloison.AccountID]bool{}
	add := func(a directory.Account) {
		if !seen[a.ID] && slices.Contains(roots, a.Lineage) {
			k.accounts = append(k.accounts, a)
		}
		seen[a.ID] = true
	}
	var from []cloison.AccountID
	for _, id := range roots {
		a, err := c.Store.Account(ctx, id)
		if err != nil {
			return nil, err
		}
		if !seen[id] {
			add(a)
			from = append(from, id)
		}
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
	slices.SortFunc(k.accounts, func(a, b directory.Account) int { return cmp.Compare(a.ID, b.ID) })
	for _, a := range k.accounts {
		if err := k.serve(ctx, c, a.Structure); err != nil {
			return nil, err
		}
	}
	return k, nil
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
