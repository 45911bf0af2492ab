package desk

import (
	"cmp"
	"context"
	"net/http"
	"slices"
	"unicode/utf8"

	"cloison"
	"cloison/access/explanation"
	"cloison/console/web"
	"cloison/internal/i18n"
)

// breakGlassSubject asks a colleague to confirm that a file is opened for a typed reason.
type breakGlassSubject struct {
	Asked  cloison.AccountID `json:"asked"`
	Person cloison.PersonRef `json:"person"`
	Reason string            `json:"reason"`
}

func (s breakGlassSubject) ask() explanation.RequestAsk {
	return explanation.RequestAsk{Kind: explanation.BreakGlassRequest, Asked: s.Asked, Person: s.Person, Reason: cloison.Personal(s.Reason)}
}

func (h *openings) describeBreakGlass(ctx context.Context, v web.Viewer, s breakGlassSubject) (i18n.Params, error) {
	asked, err := h.SeenBy(ctx, s.Asked, v.Colleague)
	switch {
	case err != nil:
		return nil, err
	case !utf8.ValidString(s.Reason):
		return nil, web.BadField("reason")
	}
	_, err = h.grants.MayAsk(ctx, v.Caller(), s.ask())
	return i18n.Params{"asked": asked.Name.Reveal(), "person": string(s.Person), "reason": s.Reason}, err
}

func (h *openings) askBreakGlass(ctx context.Context, v web.Viewer, s breakGlassSubject) (web.Outcome, error) {
	return h.ask(ctx, v, s.ask())
}

// glassesView is GET /bris-de-glace: the break-glasses of the week, and how often each pair made one.
type glassesView struct {
	Opened []requestView `json:"opened"` // newest first; the director is not told the person
	Pairs  []breakPair   `json:"pairs"`  // the most frequent first
}

type breakPair struct {
	By    web.Party `json:"by"`
	Asked web.Party `json:"asked"`
	Count int       `json:"count"`
}

func (g *glassesView) Title(s web.Say) string { return web.Numbered(s, "glasses.title", len(g.Opened)) }

func (h *openings) broken(r *http.Request, v web.Viewer) (web.View, error) {
	list, err := h.grants.BreakGlasses(r.Context(), v.Scope(""))
	if err != nil {
		return nil, err
	}
	view := &glassesView{Pairs: []breakPair{}}
	if view.Opened, err = h.requestViews(r.Context(), list); err != nil {
		return nil, err
	}
	for i := range view.Opened {
		o := &view.Opened[i]
		if !v.Has(web.NetworkRoles) {
			o.Person = ""
		}
		at := slices.IndexFunc(view.Pairs, func(p breakPair) bool { return p.By == o.By && p.Asked == o.Asked })
		if at < 0 {
			at, view.Pairs = len(view.Pairs), append(view.Pairs, breakPair{o.By, o.Asked, 0})
		}
		view.Pairs[at].Count++
	}
	slices.SortStableFunc(view.Pairs, func(a, b breakPair) int { return cmp.Compare(b.Count, a.Count) })
	return view, nil
}
