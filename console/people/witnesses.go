package people

import (
	"context"
	"net/http"

	"cloison"
	"cloison/access/directory"
	"cloison/access/signin"
	"cloison/access/signin/refusal"
	"cloison/console/web"
	"cloison/internal/i18n"
)

// Witness is the verb of stating that a colleague who is to be enrolled again is present.
const Witness signin.Verb = "witness"

// witnessRoles is the roles of those who may.
const witnessRoles = directory.Adviser | directory.Reception | web.StructureRoles

// witnessSubject is the colleague.
type witnessSubject struct {
	Account cloison.AccountID `json:"account"`
}

func (h *witnesses) describeWitness(ctx context.Context, v web.Viewer, s witnessSubject) (i18n.Params, error) {
	a, err := h.SeenBy(ctx, s.Account, v.Colleague)
	if err != nil {
		return nil, err
	}
	return i18n.Params{"name": a.Name.Reveal()}, h.approvals.MayWitness(ctx, v.Caller(), a.ID)
}

func (h *witnesses) witness(ctx context.Context, v web.Viewer, s witnessSubject) (web.Outcome, error) {
	p, err := h.approvals.Witness(ctx, v.Caller(), s.Account)
	if err != nil {
		return web.Outcome{}, err
	}
	return web.Outcome{Result: struct {
		Account cloison.AccountID `json:"account"`
		Word    string            `json:"word"` // this once
	}{s.Account, p.Word.Reveal()}, Say: i18n.Params{"name": p.Account.Name.Reveal(), "until": p.Until.In(h.Zone)}, Code: p.Word,
		Next: "/temoins"}, nil
}

// witnessesView is GET /temoins: colleagues whose new code waits for a witness.
type witnessesView struct {
	Waiting []waitingView `json:"waiting"`
}

type waitingView struct {
	web.Party
	May bool   `json:"may_witness"`
	Bar string `json:"may_witness_not,omitempty"` // why not
}

func (w *witnessesView) Title(s web.Say) string {
	return web.Numbered(s, "witnesses.title", len(w.Waiting))
}

func (h *witnesses) page(r *http.Request, v web.Viewer) (web.View, error) {
	ctx, view := r.Context(), &witnessesView{Waiting: []waitingView{}}
	all, err := h.Colleagues(ctx, v)
	for _, a := range all {
		if a.State != directory.Pending || a.ReenrolledBy == 0 {
			continue
		}
		one := waitingView{Party: web.PartyOf(a)}
		switch err := h.approvals.MayWitness(ctx, v.Caller(), a.ID); {
		case err == nil:
			one.May = true
		case cloison.KindOf(err) == cloison.Conflict: // no code waits
			continue
		case cloison.KindOf(err) == cloison.Denied:
			one.Bar = string(refusal.ReasonOf(err))
		default:
			return nil, err
		}
		view.Waiting = append(view.Waiting, one)
	}
	return view, err
}
