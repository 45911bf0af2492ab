package incident

import (
	"context"
	"slices"
	"time"

	"cloison"
	"cloison/console/web"
	"cloison/incident/contain"
	"cloison/internal/i18n"
)

func containReasons() []string { return []string{"suspicion", "hijack", "complaint", "other"} }

// containSubject cuts an account's lineage since a presumed compromise; without one, the container's look-back.
type containSubject struct {
	Account cloison.AccountID `json:"account"`
	Since   time.Time         `json:"since,omitzero"`
	Reason  string            `json:"reason"`
}

// plan previews the cut for a viewer, who must be allowed to cut the whole of it.
func (h *cuts) plan(ctx context.Context, v web.Viewer, account cloison.AccountID, since time.Time) (contain.Plan, error) {
	if _, err := h.Seen(ctx, v, account); err != nil {
		return contain.Plan{}, err
	}
	p, err := h.container.Preview(ctx, account, since)
	if err == nil {
		err = h.container.MayCut(ctx, v.Caller(), p)
	}
	return p, err
}

func (h *cuts) describeContain(ctx context.Context, v web.Viewer, s containSubject) (i18n.Params, error) {
	p, err := h.plan(ctx, v, s.Account, s.Since)
	switch {
	case err != nil:
		return nil, err
	case !slices.Contains(containReasons(), s.Reason):
		return nil, web.BadField("reason")
	}
	return i18n.Params{"name": p.Accounts[0].Account.Name.Reveal(), "n": len(p.Accounts), "sessions": len(p.Sessions),
		"proposals": len(p.Proposals), "since": p.Since.In(h.Zone)}, nil
}

func (h *cuts) contain(ctx context.Context, v web.Viewer, s containSubject) (web.Outcome, error) {
	cut, err := h.container.Cut(ctx, v.Caller(), s.Account, s.Since, s.Reason)
	if err != nil {
		return web.Outcome{}, err
	}
	return web.Outcome{Result: h.cutView(ctx, v, cut), Say: i18n.Params{"n": cut.Effect.Accounts}, Next: "/confinements"}, nil
}

// undoSubject gives back what a cut took.
type undoSubject struct {
	Cut cloison.ActID `json:"cut"`
}

// seenCut returns a cut that the viewer may know of.
func (h *incident) seenCut(ctx context.Context, v web.Viewer, id cloison.ActID) (contain.Cut, error) {
	if id == 0 {
		return contain.Cut{}, web.NotFound()
	}
	cut, err := h.container.CutByID(ctx, id)
	if err != nil {
		return cut, err
	}
	if _, err := h.Seen(ctx, v, cut.Root); err != nil {
		return contain.Cut{}, err
	}
	return cut, nil
}

func (h *cuts) describeUndo(ctx context.Context, v web.Viewer, s undoSubject) (i18n.Params, error) {
	cut, err := h.container.MayUndo(ctx, v.Caller(), s.Cut)
	switch {
	case cut.UndoAsk == v.Account.ID:
		return nil, web.Refuse(cloison.Conflict, "conflict") // the viewer has asked already
	case err != nil:
		return nil, err
	}
	variant := "first"
	if cut.UndoAsk != 0 {
		variant = "second"
	}
	return i18n.Params{"variant": variant, "n": len(cut.Accounts), "at": cut.At.In(h.Zone)}, nil
}

func (h *cuts) undo(ctx context.Context, v web.Viewer, s undoSubject) (web.Outcome, error) {
	done, err := h.container.Undo(ctx, v.Caller(), s.Cut)
	if err != nil {
		return web.Outcome{}, err
	}
	variant := "first"
	if done {
		variant = "second"
	}
	return web.Outcome{Result: struct {
		Cut  cloison.ActID `json:"cut"`
		Done bool          `json:"done"` // false: a second officer must ask as well
	}{s.Cut, done}, Say: i18n.Params{"variant": variant}, Next: "/confinements"}, nil
}
