package oversight

import (
	"context"
	"net/http"

	"cloison"
	"cloison/access/directory"
	"cloison/console/web"
	"cloison/wall/disclose"
)

// reachView is GET /exposition: how far each account could go until the end of its day, the widest first.
type reachView struct {
	Accounts  []disclose.Radius            `json:"accounts"`
	Total     int                          `json:"total"`
	Structure cloison.StructureID          `json:"structure,omitempty"`
	Account   cloison.AccountID            `json:"-"`
	Names     map[cloison.AccountID]string `json:"-"`
	Widest    int                          `json:"-"`
	Bands     []reachBand                  `json:"bands,omitempty"` // of a list: how many accounts reach how far
	Unused    int                          `json:"unused"`          // accounts that nobody has used for long and that count still
	Spared    int                          `json:"unused_persons"`  // what these could be shown today, each by itself
	Largest   disclose.Radius              `json:"largest_lineage,omitzero"`
}

// reachBand is the accounts whose lineages can be shown From to To persons today; To 0 is open.
type reachBand struct {
	From int `json:"from"`
	To   int `json:"to,omitempty"`
	N    int `json:"accounts"`
	Y    int `json:"-"` // where its bar is in the chart, and how long
	Long int `json:"-"`
}

// bands counts accounts by how far they reach, in steps that mean something: nothing left, a day on probation, a day,
// several accounts' days.
func bands(reaches []disclose.Radius) []reachBand {
	list := []reachBand{{From: 0, To: 0}, {From: 1, To: 20}, {From: 21, To: 60}, {From: 61, To: 300}, {From: 301}}
	most := 0
	for _, r := range reaches {
		i := len(list) - 1
		for i > 0 && r.Together < list[i].From {
			i--
		}
		list[i].N++
		most = max(most, list[i].N)
	}
	const rowHeight, longest = 28, 150
	for i := range list {
		list[i].Y = i * rowHeight
		if list[i].N > 0 {
			list[i].Long = max(1, list[i].N*longest/most)
		}
	}
	return list
}

// whatShrinks finds what would make the list's reaches smaller: accounts that nobody uses, and the lineage with the
// most members.
func (h *reach) whatShrinks(view *reachView, members []directory.Member) {
	by := make(map[cloison.AccountID]disclose.Radius, len(view.Accounts))
	for _, r := range view.Accounts {
		by[r.Account] = r
		if r.Members > 1 && r.Members > view.Largest.Members {
			view.Largest = r
		}
	}
	for _, m := range members {
		if m.State == directory.Active && m.Roles&(directory.Adviser|directory.Reception) != 0 && h.Now().Sub(m.IdleSince) >= h.lifecycle.Settings().DormantAfter {
			view.Unused++
			view.Spared += by[m.ID].Persons
		}
	}
}

func (v *reachView) Title(s web.Say) string {
	switch {
	case v.Total == 0:
		return s("reach.title_none")
	case v.Account != 0:
		return s("reach.title_one", "n", v.Accounts[0].Together)
	}
	return s("reach.title", "n", v.Widest)
}

func (h *reach) page(r *http.Request, v web.Viewer) (web.View, error) {
	ctx, q := r.Context(), h.Query(r)
	view := &reachView{Accounts: []disclose.Radius{}, Structure: v.Scope(cloison.StructureID(q.Get("structure"))), Names: map[cloison.AccountID]string{}}
	id := q.Account("account")
	if q.Err != nil {
		return nil, q.Err
	}
	if id == 0 && !v.Has(web.NetworkRoles|web.StructureRoles) {
		id = v.Account.ID
	}
	if id != 0 {
		a, err := h.Seen(ctx, v, id)
		if err != nil {
			return nil, err
		}
		reach, err := h.lineages.Reach(ctx, a)
		if err != nil {
			return nil, err
		}
		view.Account, view.Accounts = id, append(view.Accounts, reach)
	} else {
		members, err := h.directory.Members(ctx, view.Structure)
		if err != nil {
			return nil, err
		}
		if view.Accounts, err = h.widest(ctx, view.Structure, members); err != nil {
			return nil, err
		}
		view.Bands = bands(view.Accounts)
		h.whatShrinks(view, members)
	}
	view.Total = len(view.Accounts)
	if !web.WantsJSON(r) && view.Total > web.PageLength {
		view.Accounts = view.Accounts[:web.PageLength]
	}
	named := make([]cloison.AccountID, len(view.Accounts))
	for i, reach := range view.Accounts {
		named[i] = reach.Account
	}
	if err := h.Know(ctx, v, named); err != nil {
		return nil, err
	}
	for _, reach := range view.Accounts {
		view.Widest = max(view.Widest, reach.Together, reach.Persons)
		view.Names[reach.Account] = h.Party(ctx, v, reach.Account).Name
	}
	return view, nil
}

// roster is the accounts of the network as they were just read. It implements disclose.Accounts.
type roster struct {
	disclose.Accounts
	members []directory.Member
}

func (r roster) Members(context.Context, cloison.StructureID) ([]directory.Member, error) {
	return r.members, nil
}

// widest measures every account of a structure, or of the network, whose members these are.
func (h *reach) widest(ctx context.Context, structure cloison.StructureID, members []directory.Member) ([]disclose.Radius, error) {
	if structure == "" {
		g := h.lineages.Gauge
		g.Accounts = roster{g.Accounts, members}
		return g.Widest(ctx, "")
	}
	var roots []cloison.AccountID
	known := map[cloison.AccountID]bool{}
	for _, m := range members {
		if m.Discloses() && !known[m.Lineage] {
			known[m.Lineage] = true
			roots = append(roots, m.Lineage)
		}
	}
	gauge, err := h.lineages.Of(ctx, roots...)
	if err != nil {
		return nil, err
	}
	return gauge.Widest(ctx, structure)
}

// Says says how far a band's accounts reach.
func (b reachBand) Says(s *web.Sheet) string {
	switch {
	case b.To == 0 && b.From == 0:
		return s.Number(0)
	case b.To == 0:
		return s.Say("reach.band_open", "n", b.From)
	}
	return s.Say("reach.band", "from", b.From, "to", b.To)
}
