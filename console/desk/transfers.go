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

// Transfer is the verb of giving a caseload to a colleague.
const Transfer signin.Verb = "transfer"

// transferSubject gives a caseload to a colleague.
type transferSubject struct {
	From  cloison.AccountID `json:"from"`
	To    cloison.AccountID `json:"to"`
	Since time.Time         `json:"since,omitzero"`
}

func (h *covers) describeTransfer(ctx context.Context, v web.Viewer, s transferSubject) (i18n.Params, error) {
	from, err := h.Seen(ctx, v, s.From)
	if err != nil {
		return nil, err
	}
	to, err := h.Seen(ctx, v, s.To)
	if err != nil {
		return nil, err
	}
	return i18n.Params{"from": from.Name.Reveal(), "to": to.Name.Reveal(), "since": later(h.Now(), s.Since).In(h.Zone)},
		explanation.MayTransfer(v.Account, from, to, h.Now())
}

func (h *covers) transfer(ctx context.Context, v web.Viewer, s transferSubject) (web.Outcome, error) {
	t, n, err := h.explanations.Transfer(ctx, v.Caller(), explanation.TransferAsk{From: s.From, To: s.To, Since: s.Since})
	if err != nil {
		return web.Outcome{}, err
	}
	return web.Outcome{Result: struct {
		Transfer cloison.ActID `json:"transfer"`
		Persons  int           `json:"persons"`
		Since    time.Time     `json:"since"`
	}{t.ID, n, t.Since}, Say: i18n.Params{"n": n, "since": t.Since.In(h.Zone)}, Next: "/remplacements"}, nil
}
