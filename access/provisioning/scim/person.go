package scim

import (
	protocol "github.com/elimity-com/scim"
	"github.com/elimity-com/scim/optional"

	"cloison"
	"cloison/access/approval"
	"cloison/access/directory"
)

// person is one SCIM resource: an account that the client may see, or a person whom it proposed.
type person struct {
	said     Resource          // what the client sent; at least its id
	account  directory.Account // zero as long as there is none
	proposal approval.Proposal // that the client made for this person, or that waits for this account; zero: none
}

func (p person) active() bool { return p.account.State == directory.Active && p.account.ID != 0 }

// exists reports whether the person has an account or may still get one.
func (p person) exists() bool { return p.account.ID != 0 || p.proposal.State == approval.Open }

// shown is the account, or the one that the proposal would make.
func (p person) shown() directory.Account {
	if p.account.ID != 0 {
		return p.account
	}
	o := p.proposal
	return directory.Account{Structure: o.Structure, Name: o.Name, Email: o.Email, Roles: o.Roles, Created: o.Made}
}

func (p person) userName() cloison.Personal {
	if p.said.UserName != "" {
		return p.said.UserName
	}
	return p.shown().Email
}

// state is where the person stands, as a code and in a sentence.
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

// resource is the person as a SCIM resource.
func (p person) resource() protocol.Resource {
	state, message := p.state()
	shown := p.shown()
	name := map[string]any{"formatted": shown.Name.Reveal()}
	if p.said.Given != "" {
		name["givenName"] = p.said.Given.Reveal()
	}
	if p.said.Family != "" {
		name["familyName"] = p.said.Family.Reveal()
	}
	roles := []any{}
	for _, r := range shown.Roles.Names() {
		roles = append(roles, map[string]any{"value": r})
	}
	approval := map[string]any{"state": state, "message": message}
	if p.proposal.ID != 0 {
		approval["proposal"] = p.proposal.ID.String()
	}
	r := protocol.Resource{ID: p.said.ID, Attributes: protocol.ResourceAttributes{
		"id": p.said.ID, "userName": p.userName().Reveal(), "displayName": shown.Name.Reveal(), "name": name, "active": p.active(),
		"emails": []any{map[string]any{"value": shown.Email.Reveal(), "type": "work", "primary": true}}, "roles": roles,
		Approval: approval, enterprise: map[string]any{"organization": string(shown.Structure)},
	}}
	if p.said.ExternalID != "" {
		r.ExternalID = optional.NewString(p.said.ExternalID)
		r.Attributes["externalId"] = p.said.ExternalID
	}
	r.Meta.Created = &shown.Created
	return r
}
