package provisioning

import (
	"context"
	"slices"
	"strings"

	"github.com/elimity-com/scim"
	"github.com/elimity-com/scim/optional"

	"cloison"
	"cloison/access/approval"
	"cloison/access/directory"
)

// person is one SCIM resource: an account of the client's scope, or somebody whom the client proposed.
type person struct {
	said     Resource          // what the client said; at least its id
	account  directory.Account // zero as long as there is none
	proposal approval.Proposal // that the client made for this person, or that waits for this account; zero: none
}

func (p person) active() bool { return p.account.State == directory.Active && p.account.ID != 0 }

// exists reports whether anything may come of this person yet.
func (p person) exists() bool { return p.account.ID != 0 || p.proposal.State == approval.Open }

func (p person) structure() cloison.StructureID {
	if p.account.ID != 0 {
		return p.account.Structure
	}
	return p.proposal.Structure
}

func (p person) name() cloison.Personal {
	if p.account.ID != 0 {
		return p.account.Name
	}
	return p.proposal.Name
}

func (p person) email() cloison.Personal {
	if p.account.ID != 0 {
		return p.account.Email
	}
	return p.proposal.Email
}

func (p person) roles() directory.Role {
	if p.account.ID != 0 {
		return p.account.Roles
	}
	return p.proposal.Roles
}

func (p person) userName() cloison.Personal {
	if p.said.UserName != "" {
		return p.said.UserName
	}
	return p.email()
}

// state is where the person stands, and the same in a sentence.
func (p person) state() (state, message string) {
	waits := p.proposal.State == approval.Open
	switch {
	case p.account.ID == 0 && waits:
		return "proposed", "The proposal waits for the approval of somebody outside the structure's control. Nobody can sign in yet."
	case p.account.ID == 0 && p.proposal.State == approval.Refused:
		return "refused", "The proposal was refused. Delete this resource to propose the person again."
	case p.account.ID == 0:
		return "cancelled", "The proposal was cancelled. Delete this resource to propose the person again."
	case p.account.State == directory.Suspended && waits:
		return "suspended", "The account is suspended. The proposal to reinstate it waits for an approval."
	case p.account.State == directory.Suspended:
		return "suspended", "The account is suspended. To set active to true proposes to reinstate it."
	case p.account.State == directory.Pending:
		return "pending", "The proposal was approved. The person has to enrol with the code that the approver gives by hand."
	}
	return p.account.State.String(), "The person may sign in."
}

// resource is the person as SCIM has it.
func (p person) resource() scim.Resource {
	state, message := p.state()
	name := map[string]any{"formatted": p.name().Reveal()}
	if p.said.Given != "" {
		name["givenName"] = p.said.Given.Reveal()
	}
	if p.said.Family != "" {
		name["familyName"] = p.said.Family.Reveal()
	}
	roles := []any{}
	for _, r := range p.roles().Names() {
		roles = append(roles, map[string]any{"value": r})
	}
	approval := map[string]any{"state": state, "message": message}
	if p.proposal.ID != 0 {
		approval["proposal"] = p.proposal.ID.String()
	}
	r := scim.Resource{ID: p.said.ID, Attributes: scim.ResourceAttributes{
		"id": p.said.ID, "userName": p.userName().Reveal(), "displayName": p.name().Reveal(), "name": name, "active": p.active(),
		"emails": []any{map[string]any{"value": p.email().Reveal(), "type": "work", "primary": true}}, "roles": roles,
		Approval: approval, enterprise: map[string]any{"organization": string(p.structure())},
	}}
	if p.said.ExternalID != "" {
		r.ExternalID = optional.NewString(p.said.ExternalID)
		r.Attributes["externalId"] = p.said.ExternalID
	}
	made := p.account.Created
	if p.account.ID == 0 {
		made = p.proposal.Made
	}
	r.Meta.Created = &made
	return r
}

// people is the client's view of the accounts, for one request.
type people struct {
	*Intake
	r     *request
	fault error
}

// sees reports whether the client may know of an account: what the directory lets it suspend, which is nobody of
// another structure and nobody with a role of oversight.
func (p *people) sees(a directory.Account) bool {
	return a.State != directory.Closed && !a.Roles.Machine() && directory.Allow(directory.ToSuspend, p.r.source, a) == nil && a.ID != p.r.source.ID
}

func (p *people) seesProposal(o approval.Proposal) bool {
	return p.sees(directory.Account{ID: o.Account, Structure: o.Structure, Roles: o.Roles})
}

// everybody is all whom the client may know of, by id.
func (p *people) everybody(ctx context.Context) ([]person, error) {
	said, err := p.store.Resources(ctx, p.r.client.Name)
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
		one, err := p.about(ctx, s)
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
		case o.Kind == approval.NewAccount && o.By == p.r.source.ID && !proposed[o.ID.String()] && p.seesProposal(o):
			all = append(all, person{said: Resource{Client: p.r.client.Name, ID: o.ID.String()}, proposal: o})
		}
	}
	accounts, err := p.accounts(ctx)
	if err != nil {
		return nil, err
	}
	for _, a := range accounts {
		if !named[a.ID] && p.sees(a) {
			all = append(all, person{said: Resource{Client: p.r.client.Name, ID: a.ID.String(), Account: a.ID}, account: a,
				proposal: reinstating[a.ID]})
		}
	}
	slices.SortFunc(all, func(a, b person) int { return strings.Compare(a.said.ID, b.said.ID) })
	return all, nil
}

// scope is the structure that the client tells about; "" is all.
func (p *people) scope() cloison.StructureID {
	if p.r.source.Roles.Has(directory.NetworkSource) {
		return ""
	}
	return p.r.source.Structure
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

// find reads one person by id; NotFound whenever the client may not know of it.
func (p *people) find(ctx context.Context, id string) (person, error) {
	said, err := p.store.Resource(ctx, p.r.client.Name, id)
	if err != nil && cloison.KindOf(err) != cloison.NotFound {
		return person{}, err
	}
	if said.Deleted {
		return person{}, unknown()
	}
	if err == nil {
		return p.about(ctx, said)
	}
	said = Resource{Client: p.r.client.Name, ID: id}
	if act, err := cloison.ParseActID(id); err == nil && act != 0 {
		o, err := p.approvals.Proposal(ctx, act)
		if err == nil && (o.By != p.r.source.ID || o.Kind != approval.NewAccount) {
			err = unknown()
		}
		if err != nil {
			return person{}, err
		}
		return p.about(ctx, said)
	}
	account, err := cloison.ParseAccountID(id)
	if err != nil || account == 0 {
		return person{}, unknown()
	}
	others, err := p.store.Resources(ctx, p.r.client.Name)
	if err != nil {
		return person{}, err
	}
	for _, o := range others {
		made, err := p.madeOf(ctx, o)
		if err != nil {
			return person{}, err
		}
		if made == account {
			return person{}, unknown() // it has another id here, or had one
		}
	}
	said.Account = account
	return p.about(ctx, said)
}

// madeOf is the account that a resource is about; zero as long as there is none.
func (p *people) madeOf(ctx context.Context, said Resource) (cloison.AccountID, error) {
	act, err := cloison.ParseActID(said.ID)
	if said.Account != 0 || err != nil || act == 0 {
		return said.Account, nil
	}
	o, err := p.approvals.Proposal(ctx, act)
	return o.Account, err
}

func unknown() error { return cloison.Errorf(cloison.NotFound, "there is no such resource") }

// about reads account and proposal of what the client said of.
func (p *people) about(ctx context.Context, said Resource) (person, error) {
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
				return one, unknown()
			}
			return one, nil
		}
	}
	var err error
	if one.account, err = p.directory.Account(ctx, one.said.Account); err != nil {
		return one, err
	}
	if !p.sees(one.account) {
		return one, unknown()
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
