package console

import (
	"net/http"
	"time"

	"cloison"
	"cloison/directory"
)

// homeView is GET /: what waits for the viewer.
type homeView struct {
	Account  accountView `json:"account"`
	Proved   bool        `json:"proved"` // the passkey was shown in this session
	Decide   int         `json:"proposals_to_decide"`
	Open     int         `json:"proposals_open"`
	Hard     int         `json:"hard_alarms"` // of the last seven days
	Soft     int         `json:"soft_alarms"`
	Undo     int         `json:"undos_asked"`   // cuts that a first officer asked to undo
	Confirm  int         `json:"confirmations"` // what colleagues ask the viewer to confirm
	Covers   int         `json:"covers"`        // colleagues whose caseload the viewer meets today
	Training time.Time   `json:"awareness_until,omitzero"`
	Due      bool        `json:"training_due"` // out of date, or within the month
	OneKey   bool        `json:"one_passkey"`  // it has no second one
	Tools    []Tool      `json:"-"`
}

// Waiting counts what asks for the viewer's hand.
func (h *homeView) Waiting() int {
	n := h.Decide + h.Undo + h.Hard + h.Confirm
	if h.Due {
		n++
	}
	if !h.Proved {
		n++
	}
	return n
}

func (h *homeView) title(s say) string { return numbered(s, "home.title", h.Waiting()) }

func (c *Console) home(r *http.Request, v viewer) (titled, error) {
	ctx, now := r.Context(), c.Now()
	view := &homeView{Account: c.accountView(v.account), Proved: v.proved(), Training: v.account.AwarenessUntil,
		Due: now.AddDate(0, 1, 0).After(v.account.AwarenessUntil), Tools: c.Tools}
	if !v.has(directory.Adviser | directory.Reception) {
		view.Tools = nil
	}
	if !view.Proved { // a cookie alone learns nothing else
		return view, nil
	}
	keys, err := c.Signin.Passkeys(ctx, v.session)
	if err != nil {
		return nil, err
	}
	view.OneKey = len(keys) == 1
	covers, err := c.Store.Covers(ctx, v.account.ID, now)
	if err != nil {
		return nil, err
	}
	view.Covers = len(covers)
	if v.has(confirmers) {
		asked, err := c.Desk.Asked(ctx, v.caller())
		if err != nil {
			return nil, err
		}
		view.Confirm = len(asked)
	}
	if v.has(network | house | directory.Approver) {
		open, err := c.openProposals(ctx, v)
		if err != nil {
			return nil, err
		}
		view.Open = len(open)
		for _, p := range open {
			if err := c.Directory.MayDecide(ctx, v.caller(), p); err == nil {
				view.Decide++
			} else if cloison.KindOf(err) != cloison.Denied {
				return nil, err
			}
		}
	}
	if !v.has(network | house) {
		return view, nil
	}
	alarms, err := c.alarmsSince(ctx, v, now.Add(-alarmsBack))
	if err != nil {
		return nil, err
	}
	for _, a := range alarms {
		if a.Level == "hard" {
			view.Hard++
		} else {
			view.Soft++
		}
	}
	if v.has(directory.Officer) {
		cuts, err := c.Container.Cuts(ctx)
		if err != nil {
			return nil, err
		}
		for _, cut := range cuts {
			if cut.Undone.IsZero() && cut.UndoAsk != 0 && cut.UndoAsk != v.account.ID {
				view.Undo++
			}
		}
	}
	return view, nil
}
