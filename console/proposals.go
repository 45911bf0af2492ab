package console

import (
	"cmp"
	"context"
	"net/http"
	"strconv"
	"time"

	"cloison"
	"cloison/access/directory"
	"cloison/access/signin"
	"cloison/rules/limits"
)

// proposalView is one open proposal.
type proposalView struct {
	Proposal  cloison.ActID          `json:"proposal"`
	Version   int64                  `json:"version"`
	Kind      directory.ProposalKind `json:"kind"`
	Account   cloison.AccountID      `json:"account,omitzero"`
	Name      string                 `json:"name"`
	Email     string                 `json:"email"`
	Roles     []string               `json:"roles"`
	Structure cloison.StructureID    `json:"structure"`
	Label     string                 `json:"structure_label"`
	By        party                  `json:"by"`
	Made      time.Time              `json:"made"`
	Marginal  *marginal              `json:"marginal,omitempty"`       // what a yes adds, for whoever may decide
	Asker     *askerView             `json:"asker,omitempty"`          // likewise
	Like      []likeView             `json:"like,omitempty"`           // accounts that a newcomer resembles
	Lines     []lineView             `json:"lines,omitempty"`          // of a list
	Alike     int                    `json:"lines_alike,omitempty"`    // how many of them resemble an account
	MayDecide bool                   `json:"may_decide"`               //
	Bar       string                 `json:"may_decide_not,omitempty"` // why not
	MayCancel bool                   `json:"may_cancel"`
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
	Proposal cloison.ActID          `json:"proposal"`
	Kind     directory.ProposalKind `json:"kind"`
	Name     string                 `json:"name"`
	Decided  time.Time              `json:"decided"`
	Reason   string                 `json:"reason"`
	Note     string                 `json:"note,omitempty"` // in the words of who refused
}

// refusedFor is how long whoever proposed is shown what was refused.
const refusedFor = 30 * 24 * time.Hour

func (c *Console) refused(ctx context.Context, v viewer) (views []refusedView, err error) {
	list, err := c.Directory.Refusals(ctx, v.caller(), c.Now().Add(-refusedFor))
	for _, p := range list {
		views = append(views, refusedView{p.ID, p.Kind, p.Name.Reveal(), p.Decided, p.Reason, p.Note.Reveal()})
	}
	return views, err
}

// proposalsShown is how many one page shows: each says what an approval would add.
const proposalsShown = 20

func (p *proposalsView) title(s say) string {
	if p.Decider {
		return numbered(s, "proposals.title_decide", p.Waiting)
	}
	return numbered(s, "proposals.title", p.Open)
}

func (c *Console) proposals(r *http.Request, v viewer) (titled, error) {
	view := &proposalsView{Proposals: []proposalView{}, Decider: v.has(directory.Approver)}
	open, err := c.openProposals(r.Context(), v)
	if err != nil {
		return nil, err
	}
	from, err := strconv.Atoi(cmp.Or(r.URL.Query().Get("from"), "0"))
	if err != nil || from < 0 {
		return nil, notFound()
	}
	if view.Waiting, err = c.countDecidable(r.Context(), v, open); err != nil {
		return nil, err
	}
	view.Open = len(open)
	if view.Refused, err = c.refused(r.Context(), v); err != nil {
		return nil, err
	}
	if !wantsJSON(r) {
		open = open[min(from, len(open)):]
		if len(open) > proposalsShown {
			open, view.Next = open[:proposalsShown], from+proposalsShown
		}
	}
	for _, p := range open {
		one, err := c.proposalView(r.Context(), v, p)
		if err != nil {
			return nil, err
		}
		view.Proposals = append(view.Proposals, one)
	}
	return view, nil
}

// countDecidable counts the proposals that the viewer may decide on.
func (c *Console) countDecidable(ctx context.Context, v viewer, open []directory.Proposal) (n int, err error) {
	if !v.has(directory.Approver) {
		return 0, nil
	}
	bars, err := c.Directory.MayDecideEach(ctx, v.caller(), open)
	for _, bar := range bars {
		if bar == nil {
			n++
		}
	}
	return n, err
}

// openProposals lists those that the viewer may know of.
func (c *Console) openProposals(ctx context.Context, v viewer) ([]directory.Proposal, error) {
	structure := v.account.Structure
	if v.has(network | directory.Approver) {
		structure = ""
	}
	return c.Directory.Proposals(ctx, structure)
}

func (c *Console) proposalView(ctx context.Context, v viewer, p directory.Proposal) (proposalView, error) {
	maker, err := c.Store.Account(ctx, p.By)
	if err != nil {
		return proposalView{}, err
	}
	structure, err := c.Store.Structure(ctx, p.Structure)
	if err != nil {
		return proposalView{}, err
	}
	one := proposalView{Proposal: p.ID, Version: p.Version, Kind: p.Kind, Account: p.Account, Name: p.Name.Reveal(), Email: p.Email.Reveal(),
		Roles: p.Roles.Names(), Structure: p.Structure, Label: structure.Label, By: partyOf(maker), Made: p.Made,
		MayCancel: p.By == v.account.ID || v.has(directory.Officer)}
	if p.Kind == directory.NewAccounts {
		whole, err := c.Directory.Proposal(ctx, p.ID)
		if err != nil {
			return one, err
		}
		p, one.Lines = whole, lineViews(whole.List)
	}
	if err := c.likenesses(ctx, v, p, &one); err != nil {
		return one, err
	}
	if !v.has(directory.Approver) {
		return one, nil
	}
	switch err := c.Directory.MayDecide(ctx, v.caller(), p); {
	case err == nil:
		one.MayDecide = true
		if one.Asker, err = c.asker(ctx, p); err != nil {
			return one, err
		}
		one.Marginal, err = c.marginal(ctx, maker, p.Structure, max(1, len(p.List)))
		return one, err
	case cloison.KindOf(err) == cloison.Denied:
		one.Bar = string(signin.ReasonOf(err))
		return one, nil
	default:
		return one, err
	}
}

// marginal measures what n more accounts add to its maker's lineage.
func (c *Console) marginal(ctx context.Context, maker directory.Account, structure cloison.StructureID, n int) (*marginal, error) {
	k, err := c.kinOf(ctx, maker.Lineage, maker.ID)
	if err != nil {
		return nil, err
	}
	if err := k.serve(ctx, c, structure); err != nil {
		return nil, err
	}
	m, err := k.gauge(c).Marginal(ctx, maker.ID, structure, n)
	return &marginal{radiusOf(m.Today), radiusOf(m.Established)}, err
}

// coversView is GET /remplacements: what the viewer covers now, and a form to declare one for colleagues.
type coversView struct {
	Covers     []coverView `json:"covers"`
	Duties     []coverView `json:"duties"`
	Colleagues []party     `json:"colleagues"`
}

type coverView struct {
	For   party     `json:"for"`
	Of    party     `json:"of,omitzero"` // whose caseload; of a turn at the desk: nobody's
	By    party     `json:"by"`
	Since time.Time `json:"since"`
	Until time.Time `json:"until"`
}

func (c *coversView) title(s say) string {
	return numbered(s, "covers.title", len(c.Covers)+len(c.Duties))
}

func (c *Console) covers(r *http.Request, v viewer) (titled, error) {
	ctx := r.Context()
	view := &coversView{Covers: []coverView{}, Duties: []coverView{}, Colleagues: []party{}}
	names := map[cloison.AccountID]party{}
	var after cloison.AccountID
	for {
		batch, err := c.Store.Accounts(ctx, v.account.Structure, after, 1000)
		if err != nil {
			return nil, err
		}
		for _, a := range batch {
			after = a.ID
			names[a.ID] = partyOf(a)
			if a.Roles&(directory.Adviser|directory.Reception) != 0 && a.State != directory.Closed {
				view.Colleagues = append(view.Colleagues, partyOf(a))
			}
		}
		if len(batch) < 1000 {
			break
		}
	}
	for _, p := range view.Colleagues {
		if p.Account != v.account.ID && !v.has(house) {
			continue
		}
		covers, err := c.Store.Covers(ctx, p.Account, c.Now())
		if err != nil {
			return nil, err
		}
		for _, d := range covers {
			view.Covers = append(view.Covers, coverView{p, names[d.Of], names[d.By], d.Since, d.Until})
		}
		duties, err := c.Store.Duties(ctx, p.Account, c.Now())
		if err != nil {
			return nil, err
		}
		for _, d := range duties {
			view.Duties = append(view.Duties, coverView{p, party{}, names[d.By], d.Since, d.Until})
		}
	}
	return view, nil
}
