package desk

import (
	"context"
	"net/http"
	"time"

	"cloison"
	"cloison/access/directory"
	"cloison/access/explanation"
	"cloison/access/signin"
	"cloison/console/web"
	"cloison/internal/i18n"
)

// coversView is GET /remplacements: what the viewer covers now, and a form to declare one for colleagues.
type coversView struct {
	Covers     []coverView `json:"covers"`
	Duties     []coverView `json:"duties"`
	Colleagues []web.Party `json:"colleagues"`
}

type coverView struct {
	For   web.Party `json:"for"`
	Of    web.Party `json:"of,omitzero"` // whose caseload; of a turn at the desk: nobody's
	By    web.Party `json:"by"`
	Since time.Time `json:"since"`
	Until time.Time `json:"until"`
}

func (c *coversView) Title(s web.Say) string {
	return web.Numbered(s, "covers.title", len(c.Covers)+len(c.Duties))
}

func (h *covers) page(r *http.Request, v web.Viewer) (web.View, error) {
	ctx := r.Context()
	view := &coversView{Covers: []coverView{}, Duties: []coverView{}, Colleagues: []web.Party{}}
	names := map[cloison.AccountID]web.Party{}
	all, err := h.Colleagues(ctx, v)
	if err != nil {
		return nil, err
	}
	for _, a := range all {
		names[a.ID] = web.PartyOf(a)
		if a.Roles&web.Readers != 0 && a.State != directory.Closed {
			view.Colleagues = append(view.Colleagues, web.PartyOf(a))
		}
	}
	for _, p := range view.Colleagues {
		if p.Account != v.Account.ID && !v.Has(web.StructureRoles) {
			continue
		}
		covers, err := h.explanations.Covers(ctx, p.Account)
		if err != nil {
			return nil, err
		}
		for _, d := range covers {
			view.Covers = append(view.Covers, coverView{p, names[d.Of], names[d.By], d.Since, d.Until})
		}
		duties, err := h.explanations.Duties(ctx, p.Account)
		if err != nil {
			return nil, err
		}
		for _, d := range duties {
			view.Duties = append(view.Duties, coverView{p, web.Party{}, names[d.By], d.Since, d.Until})
		}
	}
	return view, nil
}

// Cover is the verb of declaring that a colleague meets another's caseload.
const Cover signin.Verb = "cover"

// coverSubject says that For meets Of's caseload for a time.
type coverSubject struct {
	For   cloison.AccountID `json:"for"`
	Of    cloison.AccountID `json:"of"`
	Since time.Time         `json:"since,omitzero"`
	Until time.Time         `json:"until"`
}

func (s coverSubject) ask() explanation.CoverAsk {
	return explanation.CoverAsk{For: s.For, Of: s.Of, Since: s.Since, Until: s.Until}
}

func (h *covers) describeCover(ctx context.Context, v web.Viewer, s coverSubject) (i18n.Params, error) {
	covering, err := h.SeenBy(ctx, s.For, v.Colleague)
	if err != nil {
		return nil, err
	}
	absent, err := h.SeenBy(ctx, s.Of, v.Colleague)
	if err == nil {
		_, err = h.explanations.PrepareCover(ctx, v.Caller(), s.ask())
	}
	return i18n.Params{"for": covering.Name.Reveal(), "of": absent.Name.Reveal(), "until": s.Until.In(h.Zone)}, err
}

func (h *covers) cover(ctx context.Context, v web.Viewer, s coverSubject) (web.Outcome, error) {
	d, err := h.explanations.DeclareCover(ctx, v.Caller(), s.ask())
	if err != nil {
		return web.Outcome{}, err
	}
	return web.Outcome{Result: struct {
		Cover cloison.ActID `json:"cover"`
		Since time.Time     `json:"since"`
		Until time.Time     `json:"until"`
	}{d.ID, d.Since, d.Until}, Say: i18n.Params{"until": d.Until.In(h.Zone)}, Next: "/remplacements"}, nil
}
