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

// visitSubject is a person at the reception and the adviser that they came to see.
type visitSubject struct {
	Adviser cloison.AccountID `json:"adviser"`
	Person  cloison.PersonRef `json:"person"`
}

func (h *reception) describeVisit(ctx context.Context, v web.Viewer, s visitSubject) (i18n.Params, error) {
	if _, err := h.SeenBy(ctx, s.Adviser, v.Colleague); err != nil {
		return nil, err
	}
	adviser, err := h.grants.MayRegisterVisit(ctx, v.Caller(), explanation.VisitAsk{Adviser: s.Adviser, Person: s.Person})
	return i18n.Params{"person": string(s.Person), "name": adviser.Name.Reveal()}, err
}

func (h *reception) visit(ctx context.Context, v web.Viewer, s visitSubject) (web.Outcome, error) {
	g, err := h.grants.RegisterVisit(ctx, v.Caller(), explanation.VisitAsk{Adviser: s.Adviser, Person: s.Person})
	if err != nil {
		return web.Outcome{}, err
	}
	return h.granted(g, "/accueil-public"), nil
}

// receptionView is GET /accueil-public: the visits of today, and a form for the next.
type receptionView struct {
	Visits   []visitView `json:"visits"` // the viewer's own, newest first
	All      int         `json:"all"`    // of the structure
	Most     int         `json:"most"`   // that the viewer may register in a day
	Advisers []web.Party `json:"advisers"`
}

type visitView struct {
	At      time.Time `json:"at"`
	Person  string    `json:"person"`
	Adviser web.Party `json:"adviser"`
}

func (r *receptionView) Title(s web.Say) string {
	return web.Numbered(s, "reception.title", len(r.Visits))
}

func (h *reception) page(r *http.Request, v web.Viewer) (web.View, error) {
	own, all, err := h.grants.Visits(r.Context(), v.Caller())
	if err != nil {
		return nil, err
	}
	view := &receptionView{Visits: []visitView{}, All: all, Most: h.grants.Settings().VisitsPerReception}
	if view.Advisers, err = h.colleagues(r.Context(), v, web.Readers); err != nil {
		return nil, err
	}
	for _, g := range own {
		of, err := h.Accounts.Account(r.Context(), g.Account)
		if err != nil {
			return nil, err
		}
		view.Visits = append(view.Visits, visitView{g.Made, string(g.Person), web.PartyOf(of)})
	}
	return view, nil
}
