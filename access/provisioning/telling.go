package provisioning

import (
	"cmp"
	"context"
	"errors"
	"net/http"
	"strings"

	"github.com/elimity-com/scim"

	"cloison"
	"cloison/access/approval"
	"cloison/access/directory"
)

// leftReason is why an account that a client deactivated is suspended: a code of the message catalogue.
const leftReason = "source"

// Create answers POST /Users. What it makes is a proposal, and it says so: 201 with the id that the person keeps,
// active false and the state "proposed". RFC 7644 section 3.3 knows no 202, and a client needs the id; active is "the
// User's administrative status" (RFC 7643, section 4.1.1), which is false until somebody approves and the person
// enrols.
func (p *people) Create(r *http.Request, attributes scim.ResourceAttributes) (scim.Resource, error) {
	one, err := p.create(r.Context(), attributes)
	if err != nil {
		return scim.Resource{}, p.failed(err)
	}
	return one.resource(), nil
}

func (p *people) create(ctx context.Context, attributes scim.ResourceAttributes) (person, error) {
	var w wish
	if err := w.fill(attributes); err != nil {
		return person{}, err
	}
	if w.active != nil && !*w.active {
		return person{}, refuse(http.StatusBadRequest, "invalidValue", "nobody is proposed as inactive: send the person once it is active")
	}
	ask, err := p.newcomer(ctx, w)
	if err != nil {
		return person{}, err
	}
	all, err := p.everybody(ctx)
	if err != nil {
		return person{}, err
	}
	for _, o := range all {
		if strings.EqualFold(o.userName().Reveal(), w.userName) || o.exists() && strings.EqualFold(o.email().Reveal(), ask.Email.Reveal()) ||
			w.externalID != "" && o.said.ExternalID == w.externalID {
			return person{}, taken()
		}
	}
	said := Resource{Client: p.r.client.Name, ExternalID: w.externalID, UserName: cloison.Personal(w.userName),
		Given: cloison.Personal(w.given), Family: cloison.Personal(w.family)}
	back, err := p.deletedBefore(ctx, ask)
	if err != nil {
		return person{}, err
	}
	switch back.State {
	case directory.Active, directory.Pending:
		if back.ID != 0 {
			said.ID, said.Account = back.ID.String(), back.ID
			return p.remember(ctx, person{said: said, account: back})
		}
	case directory.Suspended:
		ask = approval.Ask{Kind: approval.Reinstate, Account: back.ID}
	}
	proposal, err := p.approvals.Propose(ctx, p.r.caller(), ask)
	if err != nil {
		return person{}, err
	}
	said.ID, said.Account = proposal.ID.String(), proposal.Account
	one, err := p.remember(ctx, person{said: said, proposal: proposal, account: back})
	if no := (*refusal)(nil); errors.As(err, &no) { // another request of the client was first
		err = errors.Join(err, p.approvals.Cancel(ctx, p.r.caller(), proposal.ID))
	}
	return one, err
}

func taken() error {
	return refuse(http.StatusConflict, "uniqueness", "that person is here already: look for it by userName")
}

// newcomer is the proposal that the wish is for.
func (p *people) newcomer(ctx context.Context, w wish) (approval.Ask, error) {
	ask := approval.Ask{Kind: approval.NewAccount, Structure: p.r.source.Structure, Name: w.name(wish{}), Email: w.email(wish{}),
		Roles: p.r.client.Roles}
	if p.scope() == "" {
		ask.Structure = cloison.StructureID(w.organization)
	}
	if w.organization != "" && w.organization != string(ask.Structure) || ask.Structure == "" {
		if into, err := p.into(ctx, w.organization); err != nil || into != "" && into == ask.Structure {
			return ask, cmp.Or(err, directory.Structure{ID: cloison.StructureID(w.organization), Into: into}.Stands())
		}
		return ask, refuse(http.StatusBadRequest, "invalidValue", "organization is the code of the structure that this client speaks for")
	}
	if len(w.roles) > 0 {
		var err error
		if ask.Roles, err = w.role(); err != nil {
			return ask, err
		}
	}
	if ask.Roles == 0 {
		ask.Roles = directory.Adviser
	}
	return ask, nil
}

// into is the structure of which that code has become a name; "" when it has not, or is none.
func (p *people) into(ctx context.Context, code string) (cloison.StructureID, error) {
	all, err := p.store.Structures(ctx)
	for _, s := range all {
		if string(s.ID) == code {
			return s.Into, err
		}
	}
	return "", err
}

// deletedBefore is the account of the same address that this client deleted once: the person comes back to it. The zero
// account is none.
func (p *people) deletedBefore(ctx context.Context, ask approval.Ask) (none directory.Account, err error) {
	accounts, err := p.store.AccountsByEmail(ctx, ask.Email)
	if err != nil {
		return none, err
	}
	said, err := p.store.Resources(ctx, p.r.client.Name)
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

func (p *people) remember(ctx context.Context, one person) (person, error) {
	err := p.store.PutResource(ctx, one.said)
	if cloison.KindOf(err) == cloison.Conflict && err != nil {
		return one, taken()
	}
	return one, err
}

// Replace answers PUT /Users/{id}. What it leaves out stays as it is: silence deactivates nobody and activates nobody.
func (p *people) Replace(r *http.Request, id string, attributes scim.ResourceAttributes) (scim.Resource, error) {
	return p.changed(r.Context(), id, func(w *wish) error { return w.fill(attributes) })
}

// Patch answers PATCH /Users/{id}, operation by operation in their order; nothing is done before all of them are
// understood.
func (p *people) Patch(r *http.Request, id string, operations []scim.PatchOperation) (scim.Resource, error) {
	return p.changed(r.Context(), id, func(w *wish) error { return w.patch(operations) })
}

func (p *people) changed(ctx context.Context, id string, change func(*wish) error) (scim.Resource, error) {
	one, err := p.find(ctx, id)
	if err != nil {
		return scim.Resource{}, p.failed(err)
	}
	before := wishOf(one)
	after := before
	after.active = nil
	if err := change(&after); err != nil {
		return scim.Resource{}, p.failed(err)
	}
	if err := p.carryOut(ctx, one, before, after); err != nil {
		return scim.Resource{}, p.failed(err)
	}
	if one, err = p.find(ctx, id); err != nil {
		return scim.Resource{}, p.failed(err)
	}
	return one.resource(), nil
}

// carryOut does what has to be done for one to become as wished. A deactivation comes first, and stands whatever else
// of the message is refused: a leaver must not stay in because of a misspelt address.
func (p *people) carryOut(ctx context.Context, one person, before, after wish) error {
	if after.active != nil && !*after.active {
		if err := p.stop(ctx, one); err != nil {
			return err
		}
	}
	if err := p.mayBecome(ctx, before, after); err != nil {
		return err
	}
	name, email := after.name(before), after.email(before)
	if strings.EqualFold(email.Reveal(), one.email().Reveal()) {
		email = ""
	}
	switch {
	case one.account.ID != 0:
		if err := p.directory.Amend(ctx, p.r.caller(), one.account.ID, name, email); err != nil {
			return err
		}
	case name != "" || email != "":
		return refuse(http.StatusBadRequest, "mutability",
			"a proposal is approved as it was made: delete it and propose the person again")
	}
	said := one.said
	said.UserName, said.ExternalID = cloison.Personal(after.userName), after.externalID
	said.Given, said.Family = cloison.Personal(after.given), cloison.Personal(after.family)
	if after.userName == before.userName && email == "" { // else it stays what it was, although the address has changed
		said.UserName = one.said.UserName
	}
	if said != one.said {
		if _, err := p.remember(ctx, person{said: said}); err != nil {
			return err
		}
	}
	if after.active != nil && *after.active {
		return p.start(ctx, one)
	}
	return nil
}

// mayBecome refuses what no message changes. A structure's name from before a merger is no other structure.
func (p *people) mayBecome(ctx context.Context, before, after wish) error {
	was, err := before.role()
	if err != nil {
		return err
	}
	roles, err := after.role()
	switch {
	case err != nil:
		return err
	case roles != was:
		return refuse(http.StatusBadRequest, "mutability", "roles change by a proposal in the console, which somebody approves")
	case after.organization != before.organization:
		if into, err := p.into(ctx, after.organization); err != nil || into != "" && string(into) == before.organization {
			return err
		}
		return refuse(http.StatusBadRequest, "mutability", "nobody moves to another structure by a message: propose the person there")
	}
	return nil
}

// stop lets nobody in: a suspension, or the end of a proposal.
func (p *people) stop(ctx context.Context, one person) error {
	if one.proposal.State == approval.Open && one.proposal.By == p.r.source.ID {
		if err := p.approvals.Cancel(ctx, p.r.caller(), one.proposal.ID); err != nil && cloison.KindOf(err) != cloison.Conflict {
			return err
		}
	}
	if one.account.ID == 0 {
		return nil
	}
	return p.directory.Suspend(ctx, p.r.caller(), one.account.ID, leftReason)
}

// start proposes to reinstate. What waits already, or for the person itself, needs no further word.
func (p *people) start(ctx context.Context, one person) error {
	switch {
	case one.account.ID == 0 && one.proposal.State != approval.Open:
		return refuse(http.StatusBadRequest, "mutability", "the proposal was not approved: delete this resource and propose the person again")
	case one.account.State != directory.Suspended, one.proposal.State == approval.Open:
		return nil
	}
	_, err := p.approvals.Propose(ctx, p.r.caller(), approval.Ask{Kind: approval.Reinstate, Account: one.account.ID})
	return err
}

// Delete answers DELETE /Users/{id}: the person is stopped, and the id is not found any more (RFC 7644, section 3.6).
func (p *people) Delete(r *http.Request, id string) error {
	ctx := r.Context()
	one, err := p.find(ctx, id)
	if err == nil {
		err = p.stop(ctx, one)
	}
	if err == nil {
		one.said.Deleted = true
		_, err = p.remember(ctx, one)
	}
	if err != nil {
		return p.failed(err)
	}
	return nil
}
