package contain

import (
	"context"
	"slices"
	"time"

	"cloison"
	"cloison/access/directory"
	"cloison/access/signin"
)

// Plan is what a cut would do, if nothing changes before it.
type Plan struct {
	Named     cloison.AccountID // whom the cut was asked for
	Root      cloison.AccountID // the root of its lineage when it is still in its makers' hands; else Named
	Since     time.Time
	Accounts  []Brought // Named first, each once, and each after the one that brought it in
	Sessions  []signin.Session
	Proposals []directory.Proposal // made by, or about, these accounts
	Look      []Look               // not cut: for a person to look at
}

// Brought is one account of a plan, with the link that brought it in.
type Brought struct {
	Account directory.Account
	From    cloison.AccountID // zero for Named
	How     string            // named, maker (of a fresh account), or a Link's
	At      time.Time         // of the link; zero when How is named or maker
}

// Look is somebody who had a hand in an account of the plan and is not in it, as the approver who said yes.
type Look struct {
	Account cloison.AccountID
	Of      cloison.AccountID
	How     string // created, approved or re-enrolled
}

// Preview computes the plan of a cut since the presumed compromise; a zero since is Lookback ago or, when the account
// is fresh still, its creation, whichever was first: a list's probation, and a code that lay for days, outlast any look
// back.
//
// Downwards the plan holds everything that its accounts created, approved, re-enrolled, reinstated or gave roles at or
// after since, transitively. It errs on the side of the cut: what an account made in that time may be the thief's, and
// can be given back. Upwards it goes only from a fresh account (pending or on probation) that was made at or after
// since, to who created or re-enrolled it: the thief who makes accounts sits there. The approver is not cut but listed
// in Look.
func (c *Container) Preview(ctx context.Context, account cloison.AccountID, since time.Time) (Plan, error) {
	since, err := c.presumed(ctx, account, since, c.now())
	if err != nil {
		return Plan{Named: account, Root: account}, err
	}
	p, err := c.plan(ctx, account, since)
	if err != nil {
		return p, err
	}
	for _, b := range p.Accounts {
		sessions, err := c.facts.SessionsOf(ctx, b.Account.ID)
		if err != nil {
			return p, err
		}
		p.Sessions = append(p.Sessions, sessions...)
	}
	return p, c.addProposals(ctx, &p)
}

// longestFresh is how long ago an account that has been fresh ever since was made at most: a code's life and a list's
// probation, twice over. An older one was re-enrolled or got other roles: it is fresh again, and what it made over the
// years is not in doubt for that.
const longestFresh = 90 * 24 * time.Hour

func (c *Container) presumed(ctx context.Context, account cloison.AccountID, since, at time.Time) (time.Time, error) {
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

// plan finds the accounts and whom to look at.
func (c *Container) plan(ctx context.Context, named cloison.AccountID, since time.Time) (Plan, error) {
	p := Plan{Named: named, Root: named, Since: since}
	a, err := c.facts.Account(ctx, named)
	if err != nil {
		return p, err
	}
	in := map[cloison.AccountID]bool{named: true}
	p.Accounts = []Brought{{Account: a, How: "named"}}
	if err := c.addMakers(ctx, &p, in); err != nil {
		return p, err
	}
	if len(p.Accounts) > 1 {
		p.Root = a.Lineage
	}
	if err := c.addDescent(ctx, &p, in); err != nil {
		return p, err
	}
	p.Look = watched(p, in)
	return p, nil
}

// addMakers walks up. The list grows while it is walked; in ends cycles.
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
			p.Accounts = append(p.Accounts, Brought{Account: maker, From: a.ID, How: "maker"})
		}
	}
	return nil
}

// addDescent walks down, one generation a step.
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
			p.Accounts = append(p.Accounts, Brought{Account: l.Account, From: l.From, How: l.How, At: l.At})
		}
	}
	return nil
}

// watched lists who had a hand in the young accounts of the plan and is not cut.
func watched(p Plan, in map[cloison.AccountID]bool) []Look {
	var look []Look
	for _, b := range p.Accounts {
		a := b.Account
		if a.Created.Before(p.Since) && a.ReenrolledBy == 0 {
			continue
		}
		for _, l := range []Look{{a.CreatedBy, a.ID, "created"}, {a.ApprovedBy, a.ID, "approved"},
			{a.ReenrolledBy, a.ID, "re-enrolled"}} {
			if l.Account != 0 && !in[l.Account] {
				look = append(look, l)
			}
		}
	}
	return look
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

// idle reports whether a cut would end nothing.
func (p Plan) idle() bool {
	return len(p.Proposals) == 0 && len(p.Sessions) == 0 && !slices.ContainsFunc(p.Accounts, func(b Brought) bool {
		return b.Account.State == directory.Active || b.Account.State == directory.Pending
	})
}
