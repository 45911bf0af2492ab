package desk

import (
	"context"
	"net/http"
	"time"

	"cloison"
	"cloison/access/explanation"
	"cloison/console/web"
	"cloison/internal/i18n"
)

// codeSubject is what a person who is here has read out.
type codeSubject struct {
	Person cloison.PersonRef `json:"person"`
	Code   string            `json:"code"`
}

// describeCode looks at the form of the code alone: whether it is right is said once it has been counted.
func (h *openings) describeCode(ctx context.Context, v web.Viewer, s codeSubject) (i18n.Params, error) {
	switch {
	case s.Code == "" || len(s.Code) > 32:
		return nil, web.BadField("code")
	case !h.grants.TakesCodes():
		return nil, web.Refuse(cloison.Conflict, "no_codes")
	}
	_, err := h.grants.MayEnterCode(ctx, v.Caller(), s.Person)
	return i18n.Params{"person": string(s.Person)}, err
}

func (h *openings) presentCode(ctx context.Context, v web.Viewer, s codeSubject) (web.Outcome, error) {
	g, err := h.grants.EnterCode(ctx, v.Caller(), s.Person, cloison.Secret(s.Code))
	if err != nil {
		return web.Outcome{}, err
	}
	return h.granted(g, OpeningPath), nil
}

// askCoverSubject asks a colleague to confirm that the viewer covers another.
type askCoverSubject struct {
	Asked cloison.AccountID `json:"asked"`
	Of    cloison.AccountID `json:"of"`
	Since time.Time         `json:"since,omitzero"`
	Until time.Time         `json:"until"`
}

func (s askCoverSubject) ask() explanation.RequestAsk {
	return explanation.RequestAsk{Kind: explanation.CoverRequest, Asked: s.Asked, Of: s.Of, Since: s.Since, Until: s.Until}
}

func (h *openings) describeAskCover(ctx context.Context, v web.Viewer, s askCoverSubject) (i18n.Params, error) {
	asked, err := h.SeenBy(ctx, s.Asked, v.Colleague)
	if err != nil {
		return nil, err
	}
	absent, err := h.SeenBy(ctx, s.Of, v.Colleague)
	if err == nil {
		_, err = h.grants.MayAsk(ctx, v.Caller(), s.ask())
	}
	return i18n.Params{"asked": asked.Name.Reveal(), "of": absent.Name.Reveal(), "since": later(h.Now(), s.Since).In(h.Zone),
		"until": s.Until.In(h.Zone)}, err
}

func (h *openings) askCover(ctx context.Context, v web.Viewer, s askCoverSubject) (web.Outcome, error) {
	return h.ask(ctx, v, s.ask())
}

func (h *openings) ask(ctx context.Context, v web.Viewer, ask explanation.RequestAsk) (web.Outcome, error) {
	r, err := h.grants.Ask(ctx, v.Caller(), ask)
	if err != nil {
		return web.Outcome{}, err
	}
	asked, err := h.Accounts.Account(ctx, r.Asked)
	return web.Outcome{Result: requestDone{r.ID, r.State, r.Version}, Say: i18n.Params{"asked": asked.Name.Reveal()}, Next: OpeningPath}, err
}

// OpeningPath is where a file that is not in the caseload finds its explanation; every refusal of the gateway leads
// there.
const OpeningPath = "/dossier"

// openingView is GET /dossier: what opens a file that is not in the viewer's caseload, and what the viewer asked for.
type openingView struct {
	Opened     []openedView  `json:"opened"`   // at the desk, for the viewer, now
	Requests   []requestView `json:"requests"` // of the week, newest first
	Codes      bool          `json:"codes"`    // persons can be given codes
	Most       int           `json:"most"`     // break-glasses that the viewer may ask for in a day
	Colleagues []web.Party   `json:"colleagues"`
	Absent     []web.Party   `json:"-"`
	Tools      []web.Tool    `json:"-"`
}

type openedView struct {
	Person string    `json:"person"`
	Means  string    `json:"means"`
	Until  time.Time `json:"until"`
}

func (o *openingView) Title(s web.Say) string { return web.Numbered(s, "opening.title", len(o.Opened)) }

func (h *openings) page(r *http.Request, v web.Viewer) (web.View, error) {
	ctx := r.Context()
	view := &openingView{Opened: []openedView{}, Requests: []requestView{}, Codes: h.grants.TakesCodes(), Tools: h.Tools,
		Most: h.grants.Settings().BreakGlassPerAccount}
	grants, err := h.explanations.Grants(ctx, v.Account.ID)
	if err != nil {
		return nil, err
	}
	for _, g := range grants {
		view.Opened = append(view.Opened, openedView{string(g.Person), string(g.Means), g.Until})
	}
	if view.Colleagues, err = h.colleagues(ctx, v, web.Confirmers); err != nil {
		return nil, err
	}
	if view.Absent, err = h.colleagues(ctx, v, web.Readers); err != nil {
		return nil, err
	}
	list, err := h.grants.OwnRequests(ctx, v.Caller())
	if err != nil {
		return nil, err
	}
	view.Requests, err = h.requestViews(ctx, list)
	return view, err
}
