package console

import (
	"context"
	"net/http"

	"cloison"
	"cloison/disclose"
)

// reachView is GET /exposition: how far each account could go until the end of its day, the widest first.
type reachView struct {
	Accounts  []disclose.Reach             `json:"accounts"`
	Total     int                          `json:"total"`
	Structure cloison.StructureID          `json:"structure,omitempty"`
	Account   cloison.AccountID            `json:"-"`
	Names     map[cloison.AccountID]string `json:"-"`
	Widest    int                          `json:"-"`
}

func (v *reachView) title(s say) string {
	switch {
	case v.Total == 0:
		return s("reach.title_none")
	case v.Account != 0:
		return s("reach.title_one", "n", v.Accounts[0].Together)
	}
	return s("reach.title", "n", v.Widest)
}

func (c *Console) reach(r *http.Request, v viewer) (titled, error) {
	ctx, q := r.Context(), r.URL.Query()
	view := &reachView{Accounts: []disclose.Reach{}, Structure: v.scope(cloison.StructureID(q.Get("structure"))), Names: map[cloison.AccountID]string{}}
	id, err := cloison.ParseAccountID(q.Get("account"))
	if err != nil {
		return nil, notFound()
	}
	if id == 0 && !v.has(network|house) {
		id = v.account.ID
	}
	if id != 0 {
		a, err := c.seen(ctx, v, id)
		if err != nil {
			return nil, err
		}
		reach, err := c.reachOf(ctx, a)
		if err != nil {
			return nil, err
		}
		view.Account, view.Accounts = id, append(view.Accounts, reach)
	} else if view.Accounts, err = c.widest(ctx, view.Structure); err != nil {
		return nil, err
	}
	view.Total = len(view.Accounts)
	if !wantsJSON(r) && view.Total > pageLength {
		view.Accounts = view.Accounts[:pageLength]
	}
	for _, reach := range view.Accounts {
		view.Widest = max(view.Widest, reach.Together, reach.Persons)
		view.Names[reach.Account] = c.party(ctx, v, reach.Account).Name
	}
	return view, nil
}

// widest measures every account of a structure, or of the network.
func (c *Console) widest(ctx context.Context, structure cloison.StructureID) ([]disclose.Reach, error) {
	if structure == "" {
		return c.Gauge.Widest(ctx, "")
	}
	members, err := c.Store.Members(ctx, structure)
	if err != nil {
		return nil, err
	}
	var roots []cloison.AccountID
	known := map[cloison.AccountID]bool{}
	for _, m := range members {
		if m.Discloses() && !known[m.Lineage] {
			known[m.Lineage] = true
			roots = append(roots, m.Lineage)
		}
	}
	k, err := c.kinOf(ctx, roots...)
	if err != nil {
		return nil, err
	}
	return k.gauge(c).Widest(ctx, structure)
}
