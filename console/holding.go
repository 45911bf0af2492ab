package console

import (
	"context"
	"net/http"
	"time"

	"cloison"
	"cloison/access/directory"
	"cloison/access/signin"
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
	By       party         `json:"by"`
	Operator bool          `json:"operator,omitempty"` // made by the operator
	Reason   string        `json:"reason"`
	Asked    time.Time     `json:"lift_asked,omitzero"`
	AskedBy  party         `json:"lift_asked_by,omitzero"`
	Lifted   time.Time     `json:"lifted,omitzero"`
	MayLift  bool          `json:"may_lift"`
}

func (h *holdsView) title(s say) string {
	if h.open == 0 {
		return s("hold.title_none", "n", h.Months)
	}
	return numbered(s, "hold.title", h.open)
}

func (c *Console) holds(r *http.Request, v viewer) (titled, error) {
	all, err := c.Holds.Holds(r.Context())
	view := &holdsView{Months: c.Keeper.Months(), Holds: []holdView{}}
	for _, h := range all {
		one := holdView{ID: h.ID, At: h.At, Operator: h.By == 0, Reason: h.Reason, Asked: h.Asked, Lifted: h.Lifted}
		if h.By != 0 {
			one.By = c.party(r.Context(), v, h.By)
		}
		if h.AskedBy != 0 {
			one.AskedBy = c.party(r.Context(), v, h.AskedBy)
		}
		if h.Lifted.IsZero() {
			view.open++
			one.MayLift = v.has(directory.Officer|directory.DPO) && h.AskedBy != v.account.ID
		}
		view.Holds = append(view.Holds, one)
	}
	return view, err
}

// holdSubject is a hold to be set.
type holdSubject struct {
	Reason string `json:"reference"`
}

func (c *Console) aboutHold(ctx context.Context, v viewer, s holdSubject) (i18n.Params, error) {
	if retention.CheckReason(s.Reason) != nil {
		return nil, badField("reference")
	}
	return i18n.Params{"reference": s.Reason, "n": c.Keeper.Months()}, c.Holds.MayHold(ctx, v.caller())
}

func (c *Console) hold(ctx context.Context, v viewer, s holdSubject) (outcome, error) {
	h, err := c.Holds.Hold(ctx, v.caller(), s.Reason)
	if err != nil {
		return outcome{}, err
	}
	return outcome{result: liftSubject{h.ID}, next: holdsPath}, nil
}

// liftSubject is the hold to be lifted.
type liftSubject struct {
	Hold cloison.ActID `json:"hold"`
}

func (c *Console) aboutLift(ctx context.Context, v viewer, s liftSubject) (i18n.Params, error) {
	h, err := c.Holds.MayLift(ctx, v.caller(), s.Hold)
	return i18n.Params{"reference": h.Reason}, err
}

func (c *Console) lift(ctx context.Context, v viewer, s liftSubject) (outcome, error) {
	lifted, err := c.Holds.Lift(ctx, v.caller(), s.Hold)
	if err != nil {
		return outcome{}, err
	}
	variant := "asked"
	if lifted {
		variant = "lifted"
	}
	return outcome{result: struct {
		Hold   cloison.ActID `json:"hold"`
		Lifted bool          `json:"lifted"`
	}{s.Hold, lifted}, say: i18n.Params{"variant": variant}, next: holdsPath}, nil
}
