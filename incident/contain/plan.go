package contain

import (
	"context"
	"slices"
	"time"

	"cloison"
	"cloison/access/approval"
	"cloison/access/directory"
	"cloison/access/signin"
)

// Plan is what a cut would do, if nothing changes before it.
type Plan struct {
	Named     cloison.AccountID // the account that the cut was asked for
	Root      cloison.AccountID // the root of its lineage when its makers are in the plan; else Named
	Since     time.Time         // the presumed compromise
	Accounts  []Affected        // Named first, each once, and each after the one that brought it in
	Sessions  []signin.Session
	Proposals []approval.Proposal // made by, or about, these accounts
	Review    []ReviewItem
}

// Affected is one account of a plan, with the link that brought it in.
type Affected struct {
	Account directory.Account
	From    cloison.AccountID // zero for Named
	How     string            // named, maker (of a fresh account), or a Link's
	At      time.Time         // of the link; zero when How is named or maker
}

// ReviewItem is an account related to the plan but not cut, as the approver of one of its accounts; it needs review.
type ReviewItem struct {
	Account cloison.AccountID
	Of      cloison.AccountID // the account of the plan
	How     string            // created, approved or re-enrolled
}

// Preview computes the plan of a cut since the presumed compromise. A zero since is Lookback ago or, when the account
// is still fresh and was made before that, its creation: the probation of a list, and a code that was used late,
// outlast any look back.
//
// Downwards the plan holds everything that its accounts created, approved, re-enrolled, reinstated or gave roles at or
// after since, transitively. It errs on the side of the cut: what an account made in that time may be the thief's, and
// can be given back. Upwards it goes only from a fresh account (pending or on probation) that was made at or after
// since, to the account that created or re-enrolled it: a thief who makes accounts is there. The approver is not cut
// but listed in Review.
func (c *Container) Preview(ctx context.Context, account cloison.AccountID, since time.Time) (Plan, error) {
	since, err := c.presume(ctx, account, since, c.now())
	if err != nil {
		return Plan{Named: account, Root: account}, err
	}
	return c.plan(ctx, account, since)
}

// longestFresh is the longest that an account made once stays fresh: a code's life and a list's probation, twice over.
// An older fresh account was re-enrolled or got other roles; what it made over the years is not in doubt for that.
const longestFresh = 90 * 24 * time.Hour

// presume returns since, or the presumed compromise when it is zero.
func (c *Container) presume(ctx context.Context, account cloison.AccountID, since, at time.Time) (time.Time, error) {
	if !since.IsZero() {
		return since.UTC(), nil
	}
	since = at.Add(-c.settings.Lookback)
	for seen := map[cloison.AccountID]bool{0: true}; !seen[account]; {
		seen[account] = true
		a, err := c.facts.Account(ctx, account)
		if err != nil {
			return since, err
		}
		if !a.Fresh(c.now()) {
			break
		}
		if a.Created.Before(since) && at.Sub(a.Created) < longestFresh {
			since = a.Created
		}
		account = a.CreatedBy
	}
	return since, nil
}

// plan computes the whole plan since a known time.
func (c *Container) plan(ctx context.Context, named cloison.AccountID, since time.Time) (Plan, error) {
	p := Plan{Named: named, Root: named, Since: since}
	a, err := c.facts.Account(ctx, named)
	if err != nil {
		return p, err
	}
	in := map[cloison.AccountID]bool{named: true}
	p.Accounts = []Affected{{Account: a, How: "named"}}
	if err := c.addMakers(ctx, &p, in); err != nil {
		return p, err
	}
	if len(p.Accounts) > 1 {
		p.Root = a.Lineage
	}
	if err := c.addDescent(ctx, &p, in); err != nil {
		return p, err
	}
	p.Review = reviewItems(p, in)
	for _, affected := range p.Accounts {
		sessions, err := c.facts.SessionsOf(ctx, affected.Account.ID)
		if err != nil {
			return p, err
		}
		p.Sessions = append(p.Sessions, sessions...)
	}
	return p, c.addProposals(ctx, &p)
}

// addMakers goes up. The list grows while it is read; in ends cycles.
func (c *Container) addMakers(ctx context.Context, p *Plan, in map[cloison.AccountID]bool) error {
	now := c.now()
	for i := 0; i < len(p.Accounts); i++ {
		a := p.Accounts[i].Account
		if !a.Fresh(now) {
			continue
		}
		makers := []cloison.AccountID{a.ReenrolledBy}
		if !a.Created.Before(p.Since) {
			makers = append(makers, a.CreatedBy)
		}
		for _, id := range makers {
			if id == 0 || in[id] {
				continue
			}
			in[id] = true
			maker, err := c.facts.Account(ctx, id)
			if err != nil {
				return err
			}
			p.Accounts = append(p.Accounts, Affected{Account: maker, From: a.ID, How: "maker"})
		}
	}
	return nil
}

// addDescent goes down, one generation a step.
func (c *Container) addDescent(ctx context.Context, p *Plan, in map[cloison.AccountID]bool) error {
	for from := p.ids(); len(from) > 0; {
		links, err := c.store.Descent(ctx, from, p.Since)
		if err != nil {
			return err
		}
		from = nil
		for _, l := range links {
			if in[l.To] {
				continue
			}
			in[l.To] = true
			from = append(from, l.To)
			p.Accounts = append(p.Accounts, Affected{Account: l.Account, From: l.From, How: l.How, At: l.At})
		}
	}
	return nil
}

// reviewItems lists the accounts that created, approved or re-enrolled a young account of the plan and are not cut.
func reviewItems(p Plan, in map[cloison.AccountID]bool) []ReviewItem {
	var items []ReviewItem
	for _, affected := range p.Accounts {
		a := affected.Account
		if a.Created.Before(p.Since) && a.ReenrolledBy == 0 {
			continue
		}
		for _, item := range []ReviewItem{{a.CreatedBy, a.ID, "created"}, {a.ApprovedBy, a.ID, "approved"},
			{a.ReenrolledBy, a.ID, "re-enrolled"}} {
			if item.Account != 0 && !in[item.Account] {
				items = append(items, item)
			}
		}
	}
	return items
}

func (c *Container) addProposals(ctx context.Context, p *Plan) error {
	ids := p.ids()
	open, err := c.facts.Proposals(ctx, "")
	if err != nil {
		return err
	}
	for _, o := range open {
		if slices.Contains(ids, o.By) || o.Account != 0 && slices.Contains(ids, o.Account) {
			p.Proposals = append(p.Proposals, o)
		}
	}
	return nil
}

func (p Plan) ids() []cloison.AccountID {
	ids := make([]cloison.AccountID, len(p.Accounts))
	for i, b := range p.Accounts {
		ids[i] = b.Account.ID
	}
	return ids
}

// empty reports whether a cut would end nothing.
func (p Plan) empty() bool {
	return len(p.Proposals) == 0 && len(p.Sessions) == 0 && !slices.ContainsFunc(p.Accounts, func(b Affected) bool {
		return b.Account.State == directory.Active || b.Account.State == directory.Pending
	})
}
