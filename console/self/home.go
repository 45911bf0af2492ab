package self

import (
	"context"
	"net/http"
	"time"

	"cloison"
	"cloison/access/directory"
	"cloison/access/letters"
	"cloison/access/lifecycle"
	"cloison/console/incident"
	"cloison/console/people"
	"cloison/console/web"
	"cloison/ledger/journal"
)

// homeView is GET /: what waits for the viewer.
type homeView struct {
	Account  web.AccountView `json:"account"`
	Proved   bool            `json:"proved"` // the passkey was shown in this session
	Decide   int             `json:"proposals_to_decide"`
	Open     int             `json:"proposals_open"`
	Hard     int             `json:"hard_alarms"` // of the last seven days
	Soft     int             `json:"soft_alarms"`
	Undo     int             `json:"undos_asked"`    // cuts that a first officer asked to undo
	Confirm  int             `json:"confirmations"`  // what colleagues ask the viewer to confirm
	Covers   int             `json:"covers"`         // colleagues whose caseload the viewer meets today
	Review   int             `json:"review_waiting"` // accounts of the viewer's structure that a review waits for
	Due      time.Time       `json:"review_due,omitzero"`
	Letters  int             `json:"letters_troubled"`          // doubtful or failed
	Mergers  int             `json:"mergers_to_decide"`         // asked by another officer
	Glasses  int             `json:"break_glasses"`             // of the week, that the viewer may look into
	Held     []web.Party     `json:"departures_held,omitempty"` // said by a machine within the week, and still open
	Training time.Time       `json:"awareness_until,omitzero"`
	Lapses   bool            `json:"training_due"` // out of date, or within the month
	OneKey   bool            `json:"one_passkey"`  // it has no second one
	Tools    []web.Tool      `json:"-"`
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

func (h *homeView) Title(s web.Say) string { return web.Numbered(s, "home.title", h.Waiting()) }

func (h *home) page(r *http.Request, v web.Viewer) (web.View, error) {
	ctx, now := r.Context(), h.Now()
	view := &homeView{Account: h.AccountView(v.Account), Proved: v.Proved(), Training: v.Account.AwarenessUntil,
		Lapses: now.AddDate(0, 1, 0).After(v.Account.AwarenessUntil), Tools: h.Tools}
	if !v.Has(directory.Adviser | directory.Reception) {
		view.Tools = nil
	}
	if !view.Proved { // a cookie alone learns nothing else
		return view, nil
	}
	keys, err := h.Signin.Passkeys(ctx, v.Session)
	if err != nil {
		return nil, err
	}
	view.OneKey = len(keys) == 1
	covers, err := h.explanations.Covers(ctx, v.Account.ID)
	if err != nil {
		return nil, err
	}
	view.Covers = len(covers)
	if v.Has(web.Confirmers) {
		asked, err := h.grants.AskedOf(ctx, v.Caller())
		if err != nil {
			return nil, err
		}
		view.Confirm = len(asked)
	}
	if v.Has(web.NetworkRoles | web.StructureRoles | directory.Approver) {
		open, err := people.OpenProposals(ctx, h.approvals, v)
		if err != nil {
			return nil, err
		}
		view.Open = len(open)
		if view.Decide, err = people.CountDecidable(ctx, h.approvals, v, open); err != nil {
			return nil, err
		}
	}
	if !v.Has(web.NetworkRoles | web.StructureRoles) {
		return view, nil
	}
	alarms, err := h.watch.Since(ctx, v.Scope(""), now.Add(-incident.AlarmsBack), incident.MaxAlarms)
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
	if err := h.waiting(ctx, v, view); err != nil {
		return nil, err
	}
	if v.Has(directory.Officer) {
		cuts, err := h.container.Cuts(ctx)
		if err != nil {
			return nil, err
		}
		for _, cut := range cuts {
			if cut.Undone.IsZero() && cut.UndoAsk != 0 && cut.UndoAsk != v.Account.ID {
				view.Undo++
			}
		}
	}
	return view, nil
}

// waiting counts what waits elsewhere: for who answers for a structure its review, for officers letters and mergers,
// for both the files that were opened against the rule.
func (h *home) waiting(ctx context.Context, v web.Viewer, view *homeView) error {
	if v.Has(web.StructureRoles) {
		reviews, err := people.Reviews(ctx, h.lifecycle, v.Account.Structure)
		if err != nil {
			return err
		}
		for _, r := range reviews {
			if r.Closed.IsZero() && r.Waiting > 0 {
				view.Review, view.Due = view.Review+r.Waiting, r.Due
			}
		}
	}
	if v.Has(web.NetworkRoles | directory.Director) {
		opened, err := h.grants.BreakGlasses(ctx, v.Scope(""))
		if err != nil {
			return err
		}
		view.Glasses = len(opened)
	}
	if v.Has(web.StructureRoles | directory.Officer) {
		if err := h.departures(ctx, v, view); err != nil {
			return err
		}
	}
	if !v.Has(directory.Officer) {
		return nil
	}
	tally, err := h.letters.Tally(ctx)
	if err != nil {
		return err
	}
	view.Letters = tally[letters.Doubtful] + tally[letters.Failed]
	mergers, err := h.lifecycle.Mergers(ctx)
	for _, m := range mergers {
		if m.State == lifecycle.MergerOpen && m.By != v.Account.ID {
			view.Mergers++
		}
	}
	return err
}

// heldAtOnce is how many departures the page names.
const heldAtOnce = 20

// departures names those who have left by a machine's word alone, after it said so of too many.
func (h *home) departures(ctx context.Context, v web.Viewer, view *homeView) error {
	held, err := h.directory.Events(ctx, journal.Search{Code: "leaver.held", Since: h.Now().Add(-incident.AlarmsBack), Limit: 10 * web.PageLength})
	seen := map[cloison.AccountID]bool{}
	for _, e := range held {
		if seen[e.Account] || len(view.Held) == heldAtOnce {
			continue
		}
		seen[e.Account] = true
		a, err := h.Seen(ctx, v, e.Account)
		switch {
		case err != nil && cloison.KindOf(err) != cloison.NotFound:
			return err
		case err == nil && a.State == directory.Active:
			view.Held = append(view.Held, web.PartyOf(a))
		}
	}
	return err
}
