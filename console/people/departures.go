package people

import (
	"context"

	"cloison"
	"cloison/access/directory"
	"cloison/access/signin"
	"cloison/console/web"
	"cloison/internal/i18n"
)

// Close is the verb of saying that somebody has left.
const Close signin.Verb = "close"

// closeSubject ends an account for good.
type closeSubject struct {
	Account cloison.AccountID `json:"account"`
}

func (h *departures) describeClose(ctx context.Context, v web.Viewer, s closeSubject) (i18n.Params, error) {
	a, err := h.Seen(ctx, v, s.Account)
	if err == nil {
		err = directory.MayClose(v.Account, a)
	}
	return i18n.Params{"name": a.Name.Reveal(), "structure": string(a.Structure)}, err
}

func (h *departures) close(ctx context.Context, v web.Viewer, s closeSubject) (web.Outcome, error) {
	if err := h.directory.Close(ctx, v.Caller(), s.Account, directory.Left); err != nil {
		return web.Outcome{}, err
	}
	return web.Outcome{Result: struct {
		Account cloison.AccountID `json:"account"`
		State   string            `json:"state"`
	}{s.Account, directory.Closed.String()}, Next: "/habilitations/" + s.Account.String()}, nil
}
