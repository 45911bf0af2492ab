package console

import (
	"context"
	"strings"
	"unicode/utf8"

	"cloison"
	"cloison/access/directory"
	"cloison/internal/i18n"
)

// proposeSubject asks for an account, a new enrolment code or the end of a suspension.
type proposeSubject struct {
	Kind      directory.ProposalKind `json:"kind"`
	Name      string                 `json:"name,omitempty"`
	Email     string                 `json:"email,omitempty"`
	Roles     string                 `json:"roles,omitempty"` // names separated by commas
	Structure cloison.StructureID    `json:"structure,omitempty"`
	Account   cloison.AccountID      `json:"account,omitzero"`
}

// ask reads the subject as the directory wants it. Without a structure a new account is for the viewer's own.
func (s proposeSubject) ask(v viewer) (directory.Ask, error) {
	roles, err := directory.ParseRoles(s.Roles)
	if err != nil {
		return directory.Ask{}, badField("roles")
	}
	ask := directory.Ask{Kind: s.Kind, Structure: s.Structure, Name: cloison.Personal(s.Name), Email: cloison.Personal(s.Email), Roles: roles,
		Account: s.Account}
	if ask.Kind == directory.NewAccount && ask.Structure == "" {
		ask.Structure = v.account.Structure
	}
	return ask, nil
}

func (c *Console) aboutPropose(ctx context.Context, v viewer, s proposeSubject) (i18n.Params, error) {
	ask, err := s.ask(v)
	if err != nil {
		return nil, err
	}
	verbs := map[directory.ProposalKind]directory.Verb{directory.NewAccount: directory.ToPropose, directory.Rebind: directory.ToReenrol,
		directory.Reinstate: directory.ToReinstate, directory.NewRoles: directory.ToPropose}
	verb, ok := verbs[s.Kind]
	switch {
	case !ok:
		return nil, badField("kind")
	case s.Kind == directory.NewAccount && s.Account != 0, s.Kind != directory.NewAccount && (s.Name != "" || s.Email != "" || s.Structure != ""):
		return nil, badField("kind")
	case (s.Kind == directory.NewRoles) != (ask.Roles != 0) && s.Kind != directory.NewAccount:
		return nil, badField("roles")
	}
	subject := directory.Account{Structure: ask.Structure, Name: ask.Name, Roles: ask.Roles}
	if s.Kind != directory.NewAccount {
		if subject, err = c.seen(ctx, v, s.Account); err != nil {
			return nil, err
		}
	} else if err := c.checkNewcomer(ctx, v, s, ask); err != nil {
		return nil, err
	}
	if s.Kind == directory.NewRoles {
		if err := directory.Allow(verb, v.account, subject); err != nil {
			return nil, err
		}
		subject.Roles = ask.Roles
	}
	return i18n.Params{"variant": string(s.Kind), "name": subject.Name.Reveal(), "email": s.Email, "roles": subject.Roles,
		"structure": string(subject.Structure)}, directory.Allow(verb, v.account, subject)
}

// checkNewcomer looks at what somebody typed, so that they are told which field it is.
func (c *Console) checkNewcomer(ctx context.Context, v viewer, s proposeSubject, ask directory.Ask) error {
	switch {
	case strings.TrimSpace(s.Name) == "", utf8.RuneCountInString(s.Name) > 200, strings.ContainsFunc(s.Name, unseen):
		return badField("name")
	case !isEmail(strings.TrimSpace(s.Email)):
		return badField("email")
	case ask.Roles == 0:
		return badField("roles")
	}
	return c.mayAskFor(ctx, v, ask.Structure)
}

// mayAskFor says whether the viewer may ask something for that structure: of others than their own, and what was merged
// into it, a manager learns nothing.
func (c *Console) mayAskFor(ctx context.Context, v viewer, id cloison.StructureID) error {
	s, err := c.Store.Structure(ctx, id)
	switch {
	case !v.has(network) && id != v.account.Structure && (err != nil || s.Into != v.account.Structure):
		return notFound() // whether there is such a structure or not
	case cloison.KindOf(err) == cloison.NotFound:
		return unknown("structure")
	case err != nil:
		return err
	}
	return s.Stands()
}

func (c *Console) propose(ctx context.Context, v viewer, s proposeSubject) (outcome, error) {
	ask, err := s.ask(v)
	if err != nil {
		return outcome{}, err
	}
	p, err := c.Directory.Propose(ctx, v.caller(), ask)
	if err != nil {
		return outcome{}, err
	}
	return outcome{result: struct {
		Proposal cloison.ActID `json:"proposal"`
		Version  int64         `json:"version"`
	}{p.ID, p.Version}, say: i18n.Params{"name": p.Name.Reveal()}, next: "/propositions"}, nil
}

// decideSubject is an approval: of that proposal as it was at that version.
type decideSubject struct {
	Proposal cloison.ActID `json:"proposal"`
	Version  int64         `json:"version"`
}

// refuseSubject is a refusal.
type refuseSubject struct {
	Proposal cloison.ActID `json:"proposal"`
	Version  int64         `json:"version"`
	Reason   string        `json:"reason"`
	Note     string        `json:"note,omitempty"` // for whoever proposed
}

// cancelSubject withdraws a proposal.
type cancelSubject struct {
	Proposal cloison.ActID `json:"proposal"`
}

// seesProposal reports whether the viewer may know of a proposal: approvers decide on all.
func (v viewer) seesProposal(p directory.Proposal) bool {
	return v.has(network|directory.Approver) || p.By == v.account.ID || v.has(house) && p.Structure == v.account.Structure
}

// seenProposal returns a proposal that the viewer may know of, with the name of its maker and of whom it is about.
func (c *Console) seenProposal(ctx context.Context, v viewer, id cloison.ActID) (directory.Proposal, i18n.Params, error) {
	if id == 0 {
		return directory.Proposal{}, nil, notFound()
	}
	p, err := c.Directory.Proposal(ctx, id)
	switch {
	case err != nil && cloison.KindOf(err) != cloison.NotFound:
		return p, nil, err
	case err != nil, !v.seesProposal(p):
		return p, nil, notFound()
	}
	maker, err := c.Store.Account(ctx, p.By)
	if err != nil {
		return p, nil, err
	}
	return p, i18n.Params{"variant": string(p.Kind), "name": p.Name.Reveal(), "roles": p.Roles, "structure": string(p.Structure),
		"by": maker.Name.Reveal()}, nil
}

// decidable is what approving and refusing have in common.
func (c *Console) decidable(ctx context.Context, v viewer, id cloison.ActID, version int64) (i18n.Params, error) {
	p, params, err := c.seenProposal(ctx, v, id)
	if err != nil {
		return nil, err
	}
	p.Version = version
	return params, c.Directory.MayDecide(ctx, v.caller(), p)
}

func (c *Console) aboutApprove(ctx context.Context, v viewer, s decideSubject) (i18n.Params, error) {
	return c.decidable(ctx, v, s.Proposal, s.Version)
}

func (c *Console) approve(ctx context.Context, v viewer, s decideSubject) (outcome, error) {
	a, err := c.Directory.Approve(ctx, v.caller(), s.Proposal, s.Version)
	if err != nil {
		return outcome{}, err
	}
	return outcome{result: struct {
		Account cloison.AccountID `json:"account"`
		Code    string            `json:"code,omitempty"` // this once
	}{a.Account.ID, a.Code.Reveal()},
		say: i18n.Params{"variant": string(a.Proposal.Kind), "name": a.Account.Name.Reveal()}, code: a.Code, next: "/propositions"}, nil
}

func (c *Console) aboutRefuse(ctx context.Context, v viewer, s refuseSubject) (i18n.Params, error) {
	if !c.isReason(refuseReasons(), s.Reason) {
		return nil, badField("reason")
	}
	note := cloison.Personal(s.Note).OneLine().Reveal()
	if n := utf8.RuneCountInString(note); n > directory.MostNote {
		return nil, badFields([]fault{{field: "note", why: tooLong, params: i18n.Params{"n": n, "most": directory.MostNote}}})
	}
	params, err := c.decidable(ctx, v, s.Proposal, s.Version)
	delete(params, "variant")
	if note != "" && err == nil {
		params["variant"], params["note"] = "noted", note
	}
	return params, err
}

func (c *Console) refuse(ctx context.Context, v viewer, s refuseSubject) (outcome, error) {
	if err := c.Directory.Refuse(ctx, v.caller(), s.Proposal, s.Version, s.Reason, cloison.Personal(s.Note)); err != nil {
		return outcome{}, err
	}
	return proposalNow(s.Proposal, directory.Refused), nil
}

func (c *Console) aboutCancel(ctx context.Context, v viewer, s cancelSubject) (i18n.Params, error) {
	p, params, err := c.seenProposal(ctx, v, s.Proposal)
	delete(params, "variant")
	switch {
	case err != nil:
		return nil, err
	case p.By != v.account.ID && !v.has(directory.Officer):
		return nil, refuse(cloison.Denied, string(directory.NoRole))
	case p.State != directory.Open:
		return nil, refuse(cloison.Conflict, "conflict")
	}
	return params, nil
}

func (c *Console) cancel(ctx context.Context, v viewer, s cancelSubject) (outcome, error) {
	if err := c.Directory.Cancel(ctx, v.caller(), s.Proposal); err != nil {
		return outcome{}, err
	}
	return proposalNow(s.Proposal, directory.Cancelled), nil
}

func proposalNow(id cloison.ActID, state directory.ProposalState) outcome {
	return outcome{result: struct {
		Proposal cloison.ActID           `json:"proposal"`
		State    directory.ProposalState `json:"state"`
	}{id, state}, next: "/propositions"}
}
