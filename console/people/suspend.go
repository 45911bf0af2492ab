package people

import (
	"context"
	"slices"

	"cloison"
	"cloison/access/directory"
	"cloison/console/web"
	"cloison/internal/i18n"
)

// suspendReasons are codes of the catalogue (reason.CODE): the journal holds no free text about a person.
func suspendReasons() []string { return []string{"suspicion", "lost_key", "left", "mistake", "other"} }

// suspendSubject stops one account.
type suspendSubject struct {
	Account cloison.AccountID `json:"account"`
	Reason  string            `json:"reason"`
}

func (h *departures) describeSuspend(ctx context.Context, v web.Viewer, s suspendSubject) (i18n.Params, error) {
	a, err := h.Seen(ctx, v, s.Account)
	switch {
	case err != nil:
		return nil, err
	case !slices.Contains(suspendReasons(), s.Reason):
		return nil, web.BadField("reason")
	}
	p := i18n.Params{"name": a.Name.Reveal(), "structure": string(a.Structure)}
	if a.ID == v.Account.ID {
		p["variant"] = "self"
	}
	return p, directory.MaySuspend(v.Account, a)
}

func (h *departures) suspend(ctx context.Context, v web.Viewer, s suspendSubject) (web.Outcome, error) {
	if err := h.directory.Suspend(ctx, v.Caller(), s.Account, s.Reason); err != nil {
		return web.Outcome{}, err
	}
	return web.Outcome{Result: struct {
		Account cloison.AccountID `json:"account"`
		State   string            `json:"state"`
	}{s.Account, directory.Suspended.String()}, Next: "/habilitations/" + s.Account.String()}, nil
}
