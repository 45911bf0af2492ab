package people

import (
	"net/http"

	"cloison/console/web"
)

// pairsView is GET /approbations: makers whose proposals one approver grants too regularly.
type pairsView struct {
	Pairs []pairView `json:"pairs"`
}

type pairView struct {
	Maker    web.Party `json:"maker"`
	Decider  web.Party `json:"approver"`
	Approved int       `json:"approved"`
	OfMaker  int       `json:"of_maker"` // all that the maker was granted
	Back     int       `json:"back"`     // of the approver's own proposals, approved by the maker
}

func (p *pairsView) Title(s web.Say) string { return web.Numbered(s, "pairs.title", len(p.Pairs)) }

func (h *proposals) pairs(r *http.Request, v web.Viewer) (web.View, error) {
	view := &pairsView{Pairs: []pairView{}}
	pairs, err := h.approvals.Pairs(r.Context())
	for _, p := range pairs {
		view.Pairs = append(view.Pairs, pairView{h.Party(r.Context(), v, p.Maker), h.Party(r.Context(), v, p.Decider), p.Approved, p.OfMaker, p.Back})
	}
	return view, err
}
