package scim

import (
	"cmp"
	"context"
	"errors"
	"net/http"
	"strings"

	protocol "github.com/elimity-com/scim"

	"cloison"
	"cloison/access/approval"
	"cloison/access/directory"
	"cloison/access/provisioning"
)

// leftReason is why an account that a client deactivated is suspended: a code of the catalogue.
const leftReason = "source"

// Create answers POST /Users. It makes a proposal, and says so: 201 with the id that the person keeps, active false and
// the state "proposed". RFC 7644 section 3.3 knows no 202, and a client needs the id; active is "the
// User's administrative status" (RFC 7643, section 4.1.1), which is false until somebody approves and the person
// enrols.
func (p *people) Create(r *http.Request, attributes protocol.ResourceAttributes) (protocol.Resource, error) {
	one, err := p.create(r.Context(), attributes)
	if err != nil {
		return protocol.Resource{}, p.failed(err)
	}
	return one.resource(), nil
}

func (p *people) create(ctx context.Context, attributes protocol.ResourceAttributes) (person, error) {
	var pf profile
	if err := pf.fill(attributes); err != nil {
		return person{}, err
	}
	if pf.active != nil && !*pf.active {
		return person{}, provisioning.Refuse(http.StatusBadRequest, "invalidValue", "an inactive person is not proposed: send the person once it is active")
	}
	ask, err := p.proposal(ctx, pf)
	if err != nil {
		return person{}, err
	}
	all, err := p.all(ctx)
	if err != nil {
		return person{}, err
	}
	for _, o := range all {
		if strings.EqualFold(o.userName().Reveal(), pf.userName) || o.exists() && strings.EqualFold(o.shown().Email.Reveal(), ask.Email.Reveal()) ||
			pf.externalID != "" && o.said.ExternalID == pf.externalID {
			return person{}, taken()
		}
	}
	said := Resource{Client: p.r.Client.Name, ExternalID: pf.externalID, UserName: cloison.Personal(pf.userName),
		Given: cloison.Personal(pf.given), Family: cloison.Personal(pf.family)}
	back, err := p.deletedBefore(ctx, ask)
	if err != nil {
		return person{}, err
	}
	switch back.State {
	case directory.Active, directory.Pending:
		if back.ID != 0 {
			said.ID, said.Account = back.ID.String(), back.ID
			return p.keep(ctx, person{said: said, account: back})
		}
	case directory.Suspended:
		ask = approval.Ask{Kind: approval.Reinstate, Account: back.ID}
	}
	proposal, err := p.approvals.Propose(ctx, p.r.Caller(), ask)
	if err != nil {
		return person{}, err
	}
	said.ID, said.Account = proposal.ID.String(), proposal.Account
	one, err := p.keep(ctx, person{said: said, proposal: proposal, account: back})
	if no := (*provisioning.Refusal)(nil); errors.As(err, &no) { // another request of the client came first
		err = errors.Join(err, p.approvals.Cancel(ctx, p.r.Caller(), proposal.ID))
	}
	return one, err
}

func taken() error {
	return provisioning.Refuse(http.StatusConflict, "uniqueness", "that person is here already: look for it by userName")
}

// proposal is the proposal of a person with that profile.
func (p *people) proposal(ctx context.Context, pf profile) (approval.Ask, error) {
	ask := approval.Ask{Kind: approval.NewAccount, Structure: p.r.Source.Structure, Name: pf.name(profile{}), Email: pf.email(profile{}),
		Roles: p.r.Client.Roles}
	if p.scope() == "" {
		ask.Structure = cloison.StructureID(pf.organization)
	}
	if pf.organization != "" && pf.organization != string(ask.Structure) || ask.Structure == "" {
		if into, err := p.into(ctx, pf.organization); err != nil || into != "" && into == ask.Structure {
			return ask, cmp.Or(err, directory.Structure{ID: cloison.StructureID(pf.organization), Into: into}.Stands())
		}
		return ask, provisioning.Refuse(http.StatusBadRequest, "invalidValue", "organization is the code of the structure that this client speaks for")
	}
	if len(pf.roles) > 0 {
		var err error
		if ask.Roles, err = pf.role(); err != nil {
			return ask, err
		}
	}
	if ask.Roles == 0 {
		ask.Roles = directory.Adviser
	}
	return ask, nil
}

// into is the structure into which the one of that code was merged; "": none.
func (p *people) into(ctx context.Context, code string) (cloison.StructureID, error) {
	all, err := p.store.Structures(ctx)
	for _, s := range all {
		if string(s.ID) == code {
			return s.Into, err
		}
	}
	return "", err
}

// deletedBefore is the account of the same address that this client once deleted: the person comes back to it. The zero
// account: none.
func (p *people) deletedBefore(ctx context.Context, ask approval.Ask) (none directory.Account, err error) {
	accounts, err := p.store.AccountsByEmail(ctx, ask.Email)
	if err != nil {
		return none, err
	}
	said, err := p.store.Resources(ctx, p.r.Client.Name)
	if err != nil {
		return none, err
	}
	for _, a := range accounts {
		for _, s := range said {
			if s.Deleted && s.Account == a.ID && p.sees(a) && a.Structure == ask.Structure {
				return a, nil
			}
		}
	}
	return none, nil
}

func (p *people) keep(ctx context.Context, one person) (person, error) {
	err := p.store.PutResource(ctx, one.said)
	if cloison.KindOf(err) == cloison.Conflict && err != nil {
		return one, taken()
	}
	return one, err
}

// Replace answers PUT /Users/{id}. A missing attribute stays as it is: silence neither activates nor deactivates.
func (p *people) Replace(r *http.Request, id string, attributes protocol.ResourceAttributes) (protocol.Resource, error) {
	return p.changed(r.Context(), id, func(pf *profile) error { return pf.fill(attributes) })
}

// Patch answers PATCH /Users/{id}, in the order of its operations. It changes nothing before all of them are
// understood.
func (p *people) Patch(r *http.Request, id string, operations []protocol.PatchOperation) (protocol.Resource, error) {
	return p.changed(r.Context(), id, func(pf *profile) error { return pf.patch(operations) })
}

func (p *people) changed(ctx context.Context, id string, change func(*profile) error) (protocol.Resource, error) {
	one, err := p.find(ctx, id)
	if err != nil {
		return protocol.Resource{}, p.failed(err)
	}
	before := profileOf(one)
	after := before
	after.active = nil
	if err := change(&after); err != nil {
		return protocol.Resource{}, p.failed(err)
	}
	if err := p.carryOut(ctx, one, before, after); err != nil {
		return protocol.Resource{}, p.failed(err)
	}
	if one, err = p.find(ctx, id); err != nil {
		return protocol.Resource{}, p.failed(err)
	}
	return one.resource(), nil
}

// carryOut changes the person to its new profile. A deactivation comes first, and stands when the rest of the message
// is refused: a misspelt address must not keep a leaver in.
func (p *people) carryOut(ctx context.Context, one person, before, after profile) error {
	if after.active != nil && !*after.active {
		if err := p.stop(ctx, one); err != nil {
			return err
		}
	}
	if err := p.mayBecome(ctx, before, after); err != nil {
		return err
	}
	name, email := after.name(before), after.email(before)
	if strings.EqualFold(email.Reveal(), one.shown().Email.Reveal()) {
		email = ""
	}
	switch {
	case one.account.ID != 0:
		if err := p.directory.Amend(ctx, p.r.Caller(), one.account.ID, name, email); err != nil {
			return err
		}
	case name != "" || email != "":
		return provisioning.Refuse(http.StatusBadRequest, "mutability",
			"a proposal is approved as it was made: delete it and propose the person again")
	}
	said := one.said
	said.UserName, said.ExternalID = cloison.Personal(after.userName), after.externalID
	said.Given, said.Family = cloison.Personal(after.given), cloison.Personal(after.family)
	if after.userName == before.userName && email == "" { // else it stays, although the address has changed
		said.UserName = one.said.UserName
	}
	if said != one.said {
		if _, err := p.keep(ctx, person{said: said}); err != nil {
			return err
		}
	}
	if after.active != nil && *after.active {
		return p.start(ctx, one)
	}
	return nil
}

// mayBecome refuses changes that no message makes. The name of a structure from before a merger means the merged one.
func (p *people) mayBecome(ctx context.Context, before, after profile) error {
	was, err := before.role()
	if err != nil {
		return err
	}
	roles, err := after.role()
	switch {
	case err != nil:
		return err
	case roles != was:
		return provisioning.Refuse(http.StatusBadRequest, "mutability", "roles change by a proposal in the console, which an approver decides")
	case after.organization != before.organization:
		if into, err := p.into(ctx, after.organization); err != nil || into != "" && string(into) == before.organization {
			return err
		}
		return provisioning.Refuse(http.StatusBadRequest, "mutability", "a message moves no person to another structure: propose the person there")
	}
	return nil
}

// stop suspends the account, or cancels the proposal.
func (p *people) stop(ctx context.Context, one person) error {
	if one.proposal.State == approval.Open && one.proposal.By == p.r.Source.ID {
		if err := p.approvals.Cancel(ctx, p.r.Caller(), one.proposal.ID); err != nil && cloison.KindOf(err) != cloison.Conflict {
			return err
		}
	}
	if one.account.ID == 0 {
		return nil
	}
	return p.directory.Suspend(ctx, p.r.Caller(), one.account.ID, leftReason)
}

// start proposes to reinstate a suspended account, unless a proposal waits already.
func (p *people) start(ctx context.Context, one person) error {
	switch {
	case one.account.ID == 0 && one.proposal.State != approval.Open:
		return provisioning.Refuse(http.StatusBadRequest, "mutability", "the proposal was not approved: delete this resource and propose the person again")
	case one.account.State != directory.Suspended, one.proposal.State == approval.Open:
		return nil
	}
	_, err := p.approvals.Propose(ctx, p.r.Caller(), approval.Ask{Kind: approval.Reinstate, Account: one.account.ID})
	return err
}

// Delete answers DELETE /Users/{id}: it stops the person, and the id is not found any more (RFC 7644, section 3.6).
func (p *people) Delete(r *http.Request, id string) error {
	ctx := r.Context()
	one, err := p.find(ctx, id)
	if err == nil {
		err = p.stop(ctx, one)
	}
	if err == nil {
		one.said.Deleted = true
		_, err = p.keep(ctx, one)
	}
	if err != nil {
		return p.failed(err)
	}
	return nil
}
