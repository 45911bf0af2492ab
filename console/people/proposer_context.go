package people

import (
	"context"
	"strings"
	"time"

	"cloison/access/approval"
	"cloison/access/directory"
	"cloison/console/web"
)

// askerView is what an approver is shown of the proposer.
type askerView struct {
	Day        int       `json:"asked_in_24_hours"`
	Month      int       `json:"asked_in_30_days"`
	Approved   int       `json:"approved_in_30_days"`
	Refused    int       `json:"refused_in_30_days"`
	Browser    string    `json:"browser"`
	System     string    `json:"system"`
	Network    string    `json:"network,omitempty"`
	Since      time.Time `json:"known_there_since,omitzero"`
	Unfamiliar bool      `json:"unfamiliar"` // known there for less than a week
}

// likeView is an account that the newcomer resembles.
type likeView struct {
	web.Party
	State  string               `json:"state"`
	Why    approval.Resemblance `json:"why"`
	Linked bool                 `json:"-"` // its page is open to the viewer
}

// asker says who asks, from where, and how often.
func (h *proposals) asker(ctx context.Context, p approval.Proposal) (*askerView, error) {
	asked, err := h.approvals.CountProposals(ctx, p.By)
	if err != nil {
		return nil, err
	}
	browser, system, _ := strings.Cut(p.From.Device, " ")
	return &askerView{Day: asked.Day, Month: asked.Month, Approved: asked.Approved, Refused: asked.Refused, Browser: browser, System: system,
		Network: p.From.Network, Since: p.From.Since, Unfamiliar: p.Unfamiliar()}, nil
}

// likenesses names the accounts that a newcomer resembles, or each of a list's by its line, as far as the viewer may
// know of them; an approver decides on all structures.
func (h *proposals) likenesses(ctx context.Context, v web.Viewer, p approval.Proposal, one *proposalView) error {
	found, err := h.approvals.Likenesses(ctx, p)
	if err != nil {
		return err
	}
	byLine := map[int][]likeView{}
	for _, f := range found {
		if sees := v.Sees(f.Account); sees || v.Has(directory.Approver) {
			byLine[f.Line] = append(byLine[f.Line], likeView{web.PartyOf(f.Account), f.Account.State.String(), f.Why, sees})
		}
	}
	if p.Kind != approval.NewAccounts {
		one.Like = byLine[0]
		return nil
	}
	for i := range one.Lines {
		if l := &one.Lines[i]; len(byLine[l.Line]) > 0 {
			l.Like, one.Alike = byLine[l.Line], one.Alike+1
		}
	}
	return nil
}
