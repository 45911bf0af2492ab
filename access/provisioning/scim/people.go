package scim

import (
	"context"
	"slices"
	"strings"

	"cloison"
	"cloison/access/approval"
	"cloison/access/directory"
	"cloison/access/provisioning"
)

// people is the client's view of the accounts, for one request.
type people struct {
	*Provider
	r     *provisioning.Request
	fault error // for the answer: the library carries few
}

// sees reports whether the client may know of an account: one that the directory lets it suspend, so none of another
// structure and none with an oversight role.
func (p *people) sees(a directory.Account) bool {
	return a.State != directory.Closed && !a.Roles.Machine() && directory.Allow(directory.ToSuspend, p.r.Source, a) == nil && a.ID != p.r.Source.ID
}

func (p *people) seesProposal(o approval.Proposal) bool {
	return p.sees(directory.Account{ID: o.Account, Structure: o.Structure, Roles: o.Roles})
}

// all lists the persons that the client may know of, by id.
func (p *people) all(ctx context.Context) ([]person, error) {
	said, err := p.store.Resources(ctx, p.r.Client.Name)
	if err != nil {
		return nil, err
	}
	waiting, err := p.approvals.Proposals(ctx, p.scope())
	if err != nil {
		return nil, err
	}
	var all []person
	named, proposed := map[cloison.AccountID]bool{}, map[string]bool{}
	for _, s := range said {
		proposed[s.ID] = true
		named[s.Account] = true
		if s.Deleted {
			continue
		}
		one, err := p.read(ctx, s)
		if cloison.KindOf(err) == cloison.NotFound && err != nil {
			continue
		}
		if err != nil {
			return nil, err
		}
		named[one.account.ID] = true
		all = append(all, one)
	}
	reinstating := map[cloison.AccountID]approval.Proposal{}
	for _, o := range waiting {
		switch {
		case o.Kind == approval.Reinstate:
			reinstating[o.Account] = o
		case o.Kind == approval.NewAccount && o.By == p.r.Source.ID && !proposed[o.ID.String()] && p.seesProposal(o):
			all = append(all, person{said: Resource{Client: p.r.Client.Name, ID: o.ID.String()}, proposal: o})
		}
	}
	accounts, err := p.accounts(ctx)
	if err != nil {
		return nil, err
	}
	for _, a := range accounts {
		if !named[a.ID] && p.sees(a) {
			all = append(all, person{said: Resource{Client: p.r.Client.Name, ID: a.ID.String(), Account: a.ID}, account: a,
				proposal: reinstating[a.ID]})
		}
	}
	slices.SortFunc(all, func(a, b person) int { return strings.Compare(a.said.ID, b.said.ID) })
	return all, nil
}

// scope is the structure that the client speaks for; "" is all.
func (p *people) scope() cloison.StructureID {
	if p.r.Source.Roles.Has(directory.NetworkSource) {
		return ""
	}
	return p.r.Source.Structure
}

func (p *people) accounts(ctx context.Context) (all []directory.Account, err error) {
	const page = 1000
	var after cloison.AccountID
	for {
		some, err := p.store.Accounts(ctx, p.scope(), after, page)
		if err != nil {
			return nil, err
		}
		all = append(all, some...)
		if len(some) < page {
			return all, nil
		}
		after = some[len(some)-1].ID
	}
}

// find reads one person by id; NotFound also when the client may not know of it.
func (p *people) find(ctx context.Context, id string) (person, error) {
	said, err := p.store.Resource(ctx, p.r.Client.Name, id)
	if err != nil && cloison.KindOf(err) != cloison.NotFound {
		return person{}, err
	}
	if said.Deleted {
		return person{}, provisioning.Unknown()
	}
	if err == nil {
		return p.read(ctx, said)
	}
	said = Resource{Client: p.r.Client.Name, ID: id}
	if act, err := cloison.ParseActID(id); err == nil && act != 0 {
		o, err := p.approvals.Proposal(ctx, act)
		if err == nil && (o.By != p.r.Source.ID || o.Kind != approval.NewAccount) {
			err = provisioning.Unknown()
		}
		if err != nil {
			return person{}, err
		}
		return p.read(ctx, said)
	}
	account, err := cloison.ParseAccountID(id)
	if err != nil || account == 0 {
		return person{}, provisioning.Unknown()
	}
	others, err := p.store.Resources(ctx, p.r.Client.Name)
	if err != nil {
		return person{}, err
	}
	for _, o := range others {
		made, err := p.accountOf(ctx, o)
		if err != nil {
			return person{}, err
		}
		if made == account {
			return person{}, provisioning.Unknown() // it has, or had, another id here
		}
	}
	said.Account = account
	return p.read(ctx, said)
}

// accountOf is the account that a resource is about; zero as long as there is none.
func (p *people) accountOf(ctx context.Context, said Resource) (cloison.AccountID, error) {
	act, err := cloison.ParseActID(said.ID)
	if said.Account != 0 || err != nil || act == 0 {
		return said.Account, nil
	}
	o, err := p.approvals.Proposal(ctx, act)
	return o.Account, err
}

// read reads account and proposal of a resource.
func (p *people) read(ctx context.Context, said Resource) (person, error) {
	one := person{said: said}
	if act, err := cloison.ParseActID(said.ID); err == nil && act != 0 {
		if one.proposal, err = p.approvals.Proposal(ctx, act); err != nil {
			return one, err
		}
		if one.said.Account == 0 {
			one.said.Account = one.proposal.Account
		}
		if one.said.Account == 0 {
			if !p.seesProposal(one.proposal) {
				return one, provisioning.Unknown()
			}
			return one, nil
		}
	}
	var err error
	if one.account, err = p.directory.Account(ctx, one.said.Account); err != nil {
		return one, err
	}
	if !p.sees(one.account) {
		return one, provisioning.Unknown()
	}
	waiting, err := p.approvals.Proposals(ctx, one.account.Structure)
	if err != nil {
		return one, err
	}
	for _, o := range waiting {
		if o.Account == one.account.ID && o.Kind == approval.Reinstate {
			one.proposal = o
		}
	}
	return one, nil
}
