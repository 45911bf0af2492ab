package console

import (
	"context"
	"net/http"
	"strings"
	"time"

	"cloison/access/directory"
)

// askerView is what whoever decides is shown of who asks.
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
	party
	State  string                `json:"state"`
	Why    directory.Resemblance `json:"why"`
	Linked bool                  `json:"-"` // its page is open to the viewer
}

// asker says who asks, from where, and how often.
func (c *Console) asker(ctx context.Context, p directory.Proposal) (*askerView, error) {
	asked, err := c.Directory.AskedBy(ctx, p.By)
	if err != nil {
		return nil, err
	}
	browser, system, _ := strings.Cut(p.From.Device, " ")
	return &askerView{Day: asked.Day, Month: asked.Month, Approved: asked.Approved, Refused: asked.Refused, Browser: browser, System: system,
		Network: p.From.Network, Since: p.From.Since, Unfamiliar: p.Unfamiliar()}, nil
}

// likenesses names the accounts that a newcomer resembles, or each of a list's by its line, as far as the viewer may
// know of them; an approver decides on all structures.
func (c *Console) likenesses(ctx context.Context, v viewer, p directory.Proposal, one *proposalView) error {
	found, err := c.Directory.Likenesses(ctx, p)
	if err != nil {
		return err
	}
	byLine := map[int][]likeView{}
	for _, f := range found {
		if sees := v.sees(f.Account); sees || v.has(directory.Approver) {
			byLine[f.Line] = append(byLine[f.Line], likeView{partyOf(f.Account), f.Account.State.String(), f.Why, sees})
		}
	}
	if p.Kind != directory.NewAccounts {
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

// pairsView is GET /approbations: who approves whom too regularly.
type pairsView struct {
	Pairs []pairView `json:"pairs"`
}

type pairView struct {
	Maker    party `json:"maker"`
	Decider  party `json:"approver"`
	Approved int   `json:"approved"`
	OfMaker  int   `json:"of_maker"` // all that the maker was granted
	Back     int   `json:"back"`     // of the approver's own proposals, approved by the maker
}

func (p *pairsView) title(s say) string { return numbered(s, "pairs.title", len(p.Pairs)) }

func (c *Console) pairs(r *http.Request, v viewer) (titled, error) {
	view := &pairsView{Pairs: []pairView{}}
	pairs, err := c.Directory.Pairs(r.Context())
	for _, p := range pairs {
		view.Pairs = append(view.Pairs, pairView{c.party(r.Context(), v, p.Maker), c.party(r.Context(), v, p.Decider), p.Approved, p.OfMaker, p.Back})
	}
	return view, err
}
