package web

import (
	"cmp"
	"context"
	"maps"
	"slices"
	"time"

	"cloison"
	"cloison/access/directory"
	"cloison/incident/contain"
	"cloison/wall/disclose"
)

// LineageStore is what a gauge of lineages reads. Safe for concurrent use; an error carries a cloison.Kind.
type LineageStore interface {
	Accounts
	Structure(ctx context.Context, id cloison.StructureID) (directory.Structure, error)
	// Descent lists what accounts created, approved or enrolled again since a time.
	Descent(ctx context.Context, of []cloison.AccountID, since time.Time) ([]contain.Link, error)
}

// LineageGauge measures how far single lineages reach: the census of a whole network takes a thousand times as long.
type LineageGauge struct {
	Store LineageStore
	Gauge disclose.Gauge // of the network
}

// Reach measures one account with its lineage.
func (g LineageGauge) Reach(ctx context.Context, a directory.Account) (disclose.Radius, error) {
	of, err := g.Of(ctx, a.Lineage, a.ID)
	if err != nil {
		return disclose.Radius{}, err
	}
	return of.Of(ctx, a.ID)
}

// Of is a gauge of the lineages with these roots alone.
func (g LineageGauge) Of(ctx context.Context, roots ...cloison.AccountID) (disclose.Gauge, error) {
	return g.With(ctx, "", roots...)
}

// With is Of, and counts the cap of one more structure.
func (g LineageGauge) With(ctx context.Context, structure cloison.StructureID, roots ...cloison.AccountID) (disclose.Gauge, error) {
	accounts, err := g.Lineages(ctx, roots)
	if err != nil {
		return disclose.Gauge{}, err
	}
	k := &kin{accounts: accounts}
	ids := []cloison.StructureID{}
	for _, a := range accounts {
		ids = append(ids, a.Structure)
	}
	if structure != "" {
		ids = append(ids, structure)
	}
	slices.Sort(ids)
	for _, id := range slices.Compact(ids) {
		s, err := g.Store.Structure(ctx, id)
		if err != nil {
			return disclose.Gauge{}, err
		}
		k.structures = append(k.structures, s)
	}
	gauge := g.Gauge
	gauge.Accounts = k
	return gauge, nil
}

// Lineages finds every account of the lineages with these roots, by id: an account of a lineage was made by its root,
// or by an account that was made so.
func (g LineageGauge) Lineages(ctx context.Context, roots []cloison.AccountID) (kin []directory.Account, err error) {
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
	accounts, err := g.Store.AccountsByID(ctx, from)
	if err != nil {
		return nil, err
	}
	if len(accounts) < len(from) {
		return nil, NotFound()
	}
	for _, a := range accounts {
		add(a)
	}
	for len(from) > 0 {
		links, err := g.Store.Descent(ctx, from, time.Time{})
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

// kin is the accounts of some lineages, and their structures. It implements disclose.Accounts.
type kin struct {
	accounts   []directory.Account // by id
	structures []directory.Structure
}

// Account finds one of the kin.
func (k *kin) Account(_ context.Context, id cloison.AccountID) (directory.Account, error) {
	for _, a := range k.accounts {
		if a.ID == id {
			return a, nil
		}
	}
	return directory.Account{}, NotFound()
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
