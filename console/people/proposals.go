package people

import (
	"context"
	"net/http"
	"time"

	"cloison"
	"cloison/access/approval"
	"cloison/access/directory"
	"cloison/access/signin/refusal"
	"cloison/console/web"
	"cloison/rules/limits"
)

// proposalView is one open proposal.
type proposalView struct {
	Proposal  cloison.ActID         `json:"proposal"`
	Version   int64                 `json:"version"`
	Kind      approval.ProposalKind `json:"kind"`
	Account   cloison.AccountID     `json:"account,omitzero"`
	Name      string                `json:"name"`
	Email     string                `json:"email"`
	Roles     []string              `json:"roles"`
	Structure cloison.StructureID   `json:"structure"`
	Label     string                `json:"structure_label"`
	By        web.Party             `json:"by"`
	Made      time.Time             `json:"made"`
	Marginal  *marginal             `json:"marginal,omitempty"`       // what an approval adds, for a viewer who may decide
	Asker     *askerView            `json:"asker,omitempty"`          // likewise
	Like      []likeView            `json:"like,omitempty"`           // accounts that a newcomer resembles
	Lines     []lineView            `json:"lines,omitempty"`          // of a list
	Alike     int                   `json:"lines_alike,omitempty"`    // how many of them resemble an account
	MayDecide bool                  `json:"may_decide"`               //
	Bar       string                `json:"may_decide_not,omitempty"` // why not
	MayCancel bool                  `json:"may_cancel"`
}

// marginal is what approving would add to how far the maker's lineage reaches.
type marginal struct {
	Today       radius `json:"today"`       // while the newcomer is on probation
	Established radius `json:"established"` // once that is over, in a whole day
}

type radius struct {
	Persons     int `json:"persons"`
	Unexplained int `json:"unexplained"`
}

func radiusOf(r limits.Radius) radius { return radius{r.Persons, r.Unexplained} }

// proposalsView is GET /propositions.
type proposalsView struct {
	Proposals []proposalView `json:"proposals"`
	Refused   []refusedView  `json:"refused,omitempty"` // the viewer's own, of the last month
	Waiting   int            `json:"waiting"`           // for the viewer's own decision
	Decider   bool           `json:"-"`
	Open      int            `json:"-"` // on all pages
	Next      int            `json:"-"` // where the page after begins
}

// refusedView is a proposal of the viewer's that was refused.
type refusedView struct {
	Proposal cloison.ActID         `json:"proposal"`
	Kind     approval.ProposalKind `json:"kind"`
	Name     string                `json:"name"`
	Decided  time.Time             `json:"decided"`
	Reason   string                `json:"reason"`
	Note     string                `json:"note,omitempty"` // in the words of who refused
}

// refusedFor is how long the proposer is shown what was refused.
const refusedFor = 30 * 24 * time.Hour

func (h *proposals) refused(ctx context.Context, v web.Viewer) (views []refusedView, err error) {
	list, err := h.approvals.Refusals(ctx, v.Caller(), h.Now().Add(-refusedFor))
	for _, p := range list {
		views = append(views, refusedView{p.ID, p.Kind, p.Name.Reveal(), p.Decided, p.Reason, p.Note.Reveal()})
	}
	return views, err
}

// proposalsShown is how many one page shows: each says what an approval would add.
const proposalsShown = 20

func (p *proposalsView) Title(s web.Say) string {
	if p.Decider {
		return web.Numbered(s, "proposals.title_decide", p.Waiting)
	}
	return web.Numbered(s, "proposals.title", p.Open)
}

func (h *proposals) list(r *http.Request, v web.Viewer) (web.View, error) {
	view := &proposalsView{Proposals: []proposalView{}, Decider: v.Has(directory.Approver)}
	open, err := OpenProposals(r.Context(), h.approvals, v)
	if err != nil {
		return nil, err
	}
	q := h.Query(r)
	from := q.From("from")
	if q.Err != nil {
		return nil, q.Err
	}
	if view.Waiting, err = CountDecidable(r.Context(), h.approvals, v, open); err != nil {
		return nil, err
	}
	view.Open = len(open)
	if view.Refused, err = h.refused(r.Context(), v); err != nil {
		return nil, err
	}
	if !web.WantsJSON(r) {
		open = open[min(from, len(open)):]
		if len(open) > proposalsShown {
			open, view.Next = open[:proposalsShown], from+proposalsShown
		}
	}
	for _, p := range open {
		one, err := h.proposalView(r.Context(), v, p)
		if err != nil {
			return nil, err
		}
		view.Proposals = append(view.Proposals, one)
	}
	return view, nil
}

// CountDecidable counts the proposals that the viewer may decide on.
func CountDecidable(ctx context.Context, approvals *approval.Approvals, v web.Viewer, open []approval.Proposal) (n int, err error) {
	if !v.Has(directory.Approver) {
		return 0, nil
	}
	bars, err := approvals.MayDecideEach(ctx, v.Caller(), open)
	for _, bar := range bars {
		if bar == nil {
			n++
		}
	}
	return n, err
}

// OpenProposals lists those that the viewer may know of.
func OpenProposals(ctx context.Context, approvals *approval.Approvals, v web.Viewer) ([]approval.Proposal, error) {
	structure := v.Account.Structure
	if v.Has(web.NetworkRoles | directory.Approver) {
		structure = ""
	}
	return approvals.Proposals(ctx, structure)
}

func (h *proposals) proposalView(ctx context.Context, v web.Viewer, p approval.Proposal) (proposalView, error) {
	maker, err := h.Accounts.Account(ctx, p.By)
	if err != nil {
		return proposalView{}, err
	}
	structure, err := h.directory.Structure(ctx, p.Structure)
	if err != nil {
		return proposalView{}, err
	}
	one := proposalView{Proposal: p.ID, Version: p.Version, Kind: p.Kind, Account: p.Account, Name: p.Name.Reveal(), Email: p.Email.Reveal(),
		Roles: p.Roles.Names(), Structure: p.Structure, Label: structure.Label, By: web.PartyOf(maker), Made: p.Made,
		MayCancel: approval.MayCancel(v.Account, p) == nil}
	if p.Kind == approval.NewAccounts {
		whole, err := h.approvals.Proposal(ctx, p.ID)
		if err != nil {
			return one, err
		}
		p, one.Lines = whole, lineViews(whole.List)
	}
	if err := h.likenesses(ctx, v, p, &one); err != nil {
		return one, err
	}
	if !v.Has(directory.Approver) {
		return one, nil
	}
	switch err := h.approvals.MayDecide(ctx, v.Caller(), p); {
	case err == nil:
		one.MayDecide = true
		if one.Asker, err = h.asker(ctx, p); err != nil {
			return one, err
		}
		one.Marginal, err = h.marginal(ctx, maker, p.Structure, max(1, len(p.List)))
		return one, err
	case cloison.KindOf(err) == cloison.Denied:
		one.Bar = string(refusal.ReasonOf(err))
		return one, nil
	default:
		return one, err
	}
}

// marginal measures what n more accounts add to its maker's lineage.
func (h *proposals) marginal(ctx context.Context, maker directory.Account, structure cloison.StructureID, n int) (*marginal, error) {
	gauge, err := h.lineages.With(ctx, structure, maker.Lineage, maker.ID)
	if err != nil {
		return nil, err
	}
	m, err := gauge.Marginal(ctx, maker.ID, structure, n)
	return &marginal{radiusOf(m.Today), radiusOf(m.Established)}, err
}
