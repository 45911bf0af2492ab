package desk

import (
	"context"
	"time"

	"cloison"
	"cloison/access/explanation"
	"cloison/access/signin"
	"cloison/console/web"
	"cloison/internal/i18n"
)

// Duty is the verb of putting a colleague at the duty desk.
const Duty signin.Verb = "duty"

// dutySubject puts a colleague at the duty desk.
type dutySubject struct {
	For   cloison.AccountID `json:"for"`
	Since time.Time         `json:"since,omitzero"`
	Until time.Time         `json:"until"`
}

func (h *covers) describeDuty(ctx context.Context, v web.Viewer, s dutySubject) (i18n.Params, error) {
	holder, err := h.SeenBy(ctx, s.For, v.Colleague)
	if err != nil {
		return nil, err
	}
	if err := explanation.MayRoster(v.Account, holder, h.Now()); err != nil {
		return nil, err
	}
	since, until, err := h.explanations.DutyTimes(s.Since, s.Until)
	return i18n.Params{"for": holder.Name.Reveal(), "since": since.In(h.Zone), "until": until.In(h.Zone)}, err
}

func (h *covers) duty(ctx context.Context, v web.Viewer, s dutySubject) (web.Outcome, error) {
	d, err := h.explanations.DeclareDuty(ctx, v.Caller(), explanation.DutyAsk{For: s.For, Since: s.Since, Until: s.Until})
	if err != nil {
		return web.Outcome{}, err
	}
	return web.Outcome{Result: struct {
		Duty  cloison.ActID `json:"duty"`
		Since time.Time     `json:"since"`
		Until time.Time     `json:"until"`
	}{d.ID, d.Since, d.Until}, Say: i18n.Params{"until": d.Until.In(h.Zone)}, Next: "/remplacements"}, nil
}
