package oversight

import (
	"context"
	"net/http"
	"time"

	"cloison"
	"cloison/access/signin"
	"cloison/console/web"
	"cloison/internal/i18n"
	"cloison/ledger/retention"
)

// Hold keeps the ledger's rows for a case; Lift ends that, by two.
const (
	Hold signin.Verb = "hold"
	Lift signin.Verb = "lift"
)

const holdsPath = "/registre/conservation"

// holdsView is GET /registre/conservation: what is kept beyond its retention, and why.
type holdsView struct {
	Months int        `json:"months"` // that rows are kept
	Holds  []holdView `json:"holds"`  // the latest first
	open   int
}

type holdView struct {
	ID       cloison.ActID `json:"hold"`
	At       time.Time     `json:"at"`
	By       web.Party     `json:"by"`
	Operator bool          `json:"operator,omitempty"` // made by the operator
	Reason   string        `json:"reason"`
	Asked    time.Time     `json:"lift_asked,omitzero"`
	AskedBy  web.Party     `json:"lift_asked_by,omitzero"`
	Lifted   time.Time     `json:"lifted,omitzero"`
	MayLift  bool          `json:"may_lift"`
}

func (h *holdsView) Title(s web.Say) string {
	if h.open == 0 {
		return s("hold.title_none", "n", h.Months)
	}
	return web.Numbered(s, "hold.title", h.open)
}

func (h *holds) page(r *http.Request, v web.Viewer) (web.View, error) {
	all, err := h.holds.Holds(r.Context())
	view := &holdsView{Months: h.retention.Months(), Holds: []holdView{}}
	for _, held := range all {
		one := holdView{ID: held.ID, At: held.At, Operator: held.By == 0, Reason: held.Reason, Asked: held.Asked, Lifted: held.Lifted}
		if held.By != 0 {
			one.By = h.Party(r.Context(), v, held.By)
		}
		if held.AskedBy != 0 {
			one.AskedBy = h.Party(r.Context(), v, held.AskedBy)
		}
		if held.Lifted.IsZero() {
			view.open++
			_, err := h.holds.MayLift(r.Context(), v.Caller(), held.ID)
			one.MayLift = err == nil
		}
		view.Holds = append(view.Holds, one)
	}
	return view, err
}

// holdSubject is a hold to be set.
type holdSubject struct {
	Reason string `json:"reference"`
}

func (h *holds) describeHold(ctx context.Context, v web.Viewer, s holdSubject) (i18n.Params, error) {
	err := retention.CheckReason(s.Reason)
	if err == nil {
		err = h.holds.MayHold(ctx, v.Caller())
	}
	return i18n.Params{"reference": s.Reason, "n": h.retention.Months()}, err
}

func (h *holds) hold(ctx context.Context, v web.Viewer, s holdSubject) (web.Outcome, error) {
	held, err := h.holds.Hold(ctx, v.Caller(), s.Reason)
	if err != nil {
		return web.Outcome{}, err
	}
	return web.Outcome{Result: liftSubject{held.ID}, Next: holdsPath}, nil
}

// liftSubject is the hold to be lifted.
type liftSubject struct {
	Hold cloison.ActID `json:"hold"`
}

func (h *holds) describeLift(ctx context.Context, v web.Viewer, s liftSubject) (i18n.Params, error) {
	held, err := h.holds.MayLift(ctx, v.Caller(), s.Hold)
	return i18n.Params{"reference": held.Reason}, err
}

func (h *holds) lift(ctx context.Context, v web.Viewer, s liftSubject) (web.Outcome, error) {
	lifted, err := h.holds.Lift(ctx, v.Caller(), s.Hold)
	if err != nil {
		return web.Outcome{}, err
	}
	variant := "asked"
	if lifted {
		variant = "lifted"
	}
	return web.Outcome{Result: struct {
		Hold   cloison.ActID `json:"hold"`
		Lifted bool          `json:"lifted"`
	}{s.Hold, lifted}, Say: i18n.Params{"variant": variant}, Next: holdsPath}, nil
}
