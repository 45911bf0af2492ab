package console

import (
	"context"
	"net/http"
	"time"

	"cloison"
	"cloison/access/directory"
	"cloison/access/letters"
	"cloison/access/lifecycle"
)

// homeView is GET /: what waits for the viewer.
type homeView struct {
	Account  accountView `json:"account"`
	Proved   bool        `json:"proved"` // the passkey was shown in this session
	Decide   int         `json:"proposals_to_decide"`
	Open     int         `json:"proposals_open"`
	Hard     int         `json:"hard_alarms"` // of the last seven days
	Soft     int         `json:"soft_alarms"`
	Undo     int         `json:"undos_asked"`    // cuts that a first officer asked to undo
	Confirm  int         `json:"confirmations"`  // what colleagues ask the viewer to confirm
	Covers   int         `json:"covers"`         // colleagues whose caseload the viewer meets today
	Review   int         `json:"review_waiting"` // accounts of the viewer's structure that a review waits for
	Due      time.Time   `json:"review_due,omitzero"`
	Letters  int         `json:"letters_troubled"`          // doubtful or failed
	Mergers  int         `json:"mergers_to_decide"`         // asked by another officer
	Glasses  int         `json:"break_glasses"`             // of the week, that the viewer may look into
	Held     []party     `json:"departures_held,omitempty"` // said by a machine within the week, and still open
	Training time.Time   `json:"awareness_until,omitzero"`
	Lapses   bool        `json:"training_due"` // out of date, or within the month
	OneKey   bool        `json:"one_passkey"`  // it has no second one
	Tools    []Tool      `json:"-"`
}

// Waiting counts what asks for the viewer's hand.
func (h *homeView) Waiting() int {
	n := h.Decide + h.Undo + h.Hard + h.Confirm + h.Mergers
	if h.Review > 0 {
		n++
	}
	if h.Letters > 0 {
		n++
	}
	if len(h.Held) > 0 {
		n++
	}
	if h.Lapses {
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
		Lapses: now.AddDate(0, 1, 0).After(v.account.AwarenessUntil), Tools: c.Tools}
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
		if view.Decide, err = c.countDecidable(ctx, v, open); err != nil {
			return nil, err
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
	if err := c.waiting(ctx, v, view); err != nil {
		return nil, err
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

// waiting counts what waits elsewhere: for who answers for a structure its review, for officers letters and mergers,
// for both the files that were opened against the rule.
func (c *Console) waiting(ctx context.Context, v viewer, view *homeView) error {
	if v.has(house) {
		reviews, err := c.reviewLines(ctx, v.account.Structure)
		if err != nil {
			return err
		}
		for _, r := range reviews {
			if r.Closed.IsZero() && r.Waiting > 0 {
				view.Review, view.Due = view.Review+r.Waiting, r.Due
			}
		}
	}
	if v.has(network | directory.Director) {
		opened, err := c.Desk.Broken(ctx, v.scope(""))
		if err != nil {
			return err
		}
		view.Glasses = len(opened)
	}
	if v.has(house | directory.Officer) {
		if err := c.departures(ctx, v, view); err != nil {
			return err
		}
	}
	if !v.has(directory.Officer) {
		return nil
	}
	tally, err := c.Store.Tally(ctx)
	if err != nil {
		return err
	}
	view.Letters = tally[letters.Doubtful] + tally[letters.Failed]
	mergers, err := c.Tenure.Mergers(ctx)
	for _, m := range mergers {
		if m.State == lifecycle.MergerOpen && m.By != v.account.ID {
			view.Mergers++
		}
	}
	return err
}

// heldAtOnce is how many departures the page names.
const heldAtOnce = 20

// departures names those who have left by a machine's word alone, after it said so of too many.
func (c *Console) departures(ctx context.Context, v viewer, view *homeView) error {
	held, err := c.Store.EventsWhere(ctx, directory.EventSearch{Code: "leaver.held", Since: c.Now().Add(-alarmsBack), Limit: 10 * pageLength})
	seen := map[cloison.AccountID]bool{}
	for _, e := range held {
		if seen[e.Account] || len(view.Held) == heldAtOnce {
			continue
		}
		seen[e.Account] = true
		a, err := c.seen(ctx, v, e.Account)
		switch {
		case err != nil && cloison.KindOf(err) != cloison.NotFound:
			return err
		case err == nil && a.State == directory.Active:
			view.Held = append(view.Held, partyOf(a))
		}
	}
	return err
}
