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

// requestSubject names a request at the version that the viewer was shown.
type requestSubject struct {
	Request cloison.ActID `json:"request"`
	Version int64         `json:"version"`
}

// requestDone is where a request stands after an act.
type requestDone struct {
	Request cloison.ActID            `json:"request"`
	State   explanation.RequestState `json:"state"`
	Version int64                    `json:"version"`
}

func (h *requests) describeConfirm(ctx context.Context, v web.Viewer, s requestSubject) (i18n.Params, error) {
	r, asker, err := h.grants.MayConfirm(ctx, v.Caller(), s.Request, s.Version)
	if err != nil {
		return nil, err
	}
	p := i18n.Params{"variant": string(r.Kind), "name": asker.Name.Reveal()}
	if r.Kind == explanation.BreakGlassRequest {
		p["person"], p["reason"] = string(r.Person), r.Reason.Reveal()
		return p, nil
	}
	absent, err := h.Accounts.Account(ctx, r.Of)
	p["of"], p["since"], p["until"] = absent.Name.Reveal(), later(h.Now(), r.Since).In(h.Zone), r.Until.In(h.Zone)
	return p, err
}

func (h *requests) confirm(ctx context.Context, v web.Viewer, s requestSubject) (web.Outcome, error) {
	r, err := h.grants.Confirm(ctx, v.Caller(), s.Request, s.Version)
	if err != nil {
		return web.Outcome{}, err
	}
	asker, err := h.Accounts.Account(ctx, r.By)
	return web.Outcome{Result: requestDone{r.ID, r.State, r.Version}, Next: "/confirmations",
		Say: i18n.Params{"variant": string(r.Kind), "name": asker.Name.Reveal(), "until": h.lastMinute(r.Until)}}, err
}

func (h *requests) describeDecline(ctx context.Context, v web.Viewer, s requestSubject) (i18n.Params, error) {
	r, asker, err := h.grants.MayDecline(ctx, v.Caller(), s.Request, s.Version)
	variant := "other"
	if r.By == v.Account.ID {
		variant = "own"
	}
	return i18n.Params{"variant": variant, "name": asker.Name.Reveal()}, err
}

func (h *requests) decline(ctx context.Context, v web.Viewer, s requestSubject) (web.Outcome, error) {
	r, err := h.grants.Decline(ctx, v.Caller(), s.Request, s.Version)
	next := "/confirmations"
	if r.State == explanation.Withdrawn {
		next = OpeningPath
	}
	return web.Outcome{Result: requestDone{r.ID, r.State, r.Version + 1}, Say: i18n.Params{"variant": string(r.State)}, Next: next}, err
}

// requestView is a request as its maker and the colleague asked see it.
type requestView struct {
	Request cloison.ActID           `json:"request"`
	Version int64                   `json:"version"`
	Kind    explanation.RequestKind `json:"kind"`
	State   string                  `json:"state"` // "over": it waited too long
	By      web.Party               `json:"by"`
	Asked   web.Party               `json:"asked"`
	Of      web.Party               `json:"of,omitzero"`
	Person  string                  `json:"person,omitempty"`
	Reason  string                  `json:"reason,omitempty"`
	Since   time.Time               `json:"since,omitzero"`
	Until   time.Time               `json:"until,omitzero"`
	Made    time.Time               `json:"made"`
	Expires time.Time               `json:"expires"`
	Waits   bool                    `json:"waits"`
}

// confirmationsView is GET /confirmations: what colleagues ask of the viewer.
type confirmationsView struct {
	Waiting []requestView `json:"waiting"`
}

func (w *confirmationsView) Title(s web.Say) string {
	return web.Numbered(s, "confirmations.title", len(w.Waiting))
}

func (h *requests) page(r *http.Request, v web.Viewer) (web.View, error) {
	list, err := h.grants.AskedOf(r.Context(), v.Caller())
	if err != nil {
		return nil, err
	}
	views, err := h.requestViews(r.Context(), list)
	return &confirmationsView{views}, err
}
