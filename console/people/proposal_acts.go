package people

import (
	"context"
	"slices"

	"cloison"
	"cloison/access/approval"
	"cloison/access/directory"
	"cloison/access/signin"
	"cloison/console/web"
	"cloison/internal/i18n"
)

// Cancel is the verb of withdrawing a proposal.
const Cancel signin.Verb = "cancel"

// proposeSubject asks for an account, a new enrolment code or the end of a suspension.
type proposeSubject struct {
	Kind      approval.ProposalKind `json:"kind"`
	Name      string                `json:"name,omitempty"`
	Email     string                `json:"email,omitempty"`
	Roles     string                `json:"roles,omitempty"` // names separated by commas
	Structure cloison.StructureID   `json:"structure,omitempty"`
	Account   cloison.AccountID     `json:"account,omitzero"`
}

// ask reads the subject as the directory wants it. Without a structure a new account is for the viewer's own.
func (s proposeSubject) ask(v web.Viewer) (approval.Ask, error) {
	roles, err := directory.ParseRoles(s.Roles)
	if err != nil {
		return approval.Ask{}, web.BadField("roles")
	}
	ask := approval.Ask{Kind: s.Kind, Structure: s.Structure, Name: cloison.Personal(s.Name), Email: cloison.Personal(s.Email), Roles: roles,
		Account: s.Account}
	other := s.Kind != approval.NewAccount
	switch {
	case !other && s.Account != 0, other && (s.Name != "" || s.Email != "" || s.Structure != ""):
		return ask, web.BadField("kind")
	case other && (s.Kind == approval.NewRoles) != (roles != 0):
		return ask, web.BadField("roles")
	case !other && ask.Structure == "":
		ask.Structure = v.Account.Structure
	}
	return ask, nil
}

func (h *proposals) describePropose(ctx context.Context, v web.Viewer, s proposeSubject) (i18n.Params, error) {
	ask, err := s.ask(v)
	if err != nil {
		return nil, err
	}
	if s.Kind == approval.NewAccount {
		err = h.seesStructure(ctx, v, ask.Structure)
	} else {
		_, err = h.Seen(ctx, v, s.Account)
	}
	if err != nil {
		return nil, err
	}
	_, subject, err := h.approvals.MayPropose(ctx, v.Caller(), ask)
	if cloison.KindOf(err) == cloison.NotFound {
		err = web.Unknown("structure")
	}
	return i18n.Params{"variant": string(s.Kind), "name": subject.Name.Reveal(), "email": s.Email, "roles": subject.Roles,
		"structure": string(subject.Structure)}, err
}

// seesStructure finds nothing of a structure that the viewer may not know of: of others than its own, and what was
// merged into it, a manager learns nothing, not even whether it is there.
func (h *people) seesStructure(ctx context.Context, v web.Viewer, id cloison.StructureID) error {
	if v.Has(web.NetworkRoles) || id == v.Account.Structure {
		return nil
	}
	if s, err := h.directory.Structure(ctx, id); err != nil || s.Into != v.Account.Structure {
		return web.NotFound()
	}
	return nil
}

func (h *proposals) propose(ctx context.Context, v web.Viewer, s proposeSubject) (web.Outcome, error) {
	ask, err := s.ask(v)
	if err != nil {
		return web.Outcome{}, err
	}
	p, err := h.approvals.Propose(ctx, v.Caller(), ask)
	if err != nil {
		return web.Outcome{}, err
	}
	return web.Outcome{Result: struct {
		Proposal cloison.ActID `json:"proposal"`
		Version  int64         `json:"version"`
	}{p.ID, p.Version}, Say: i18n.Params{"name": p.Name.Reveal()}, Next: "/propositions"}, nil
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
	Note     string        `json:"note,omitempty"` // for the proposer
}

// cancelSubject withdraws a proposal.
type cancelSubject struct {
	Proposal cloison.ActID `json:"proposal"`
}

// seesProposal reports whether the viewer may know of a proposal: approvers decide on all.
func seesProposal(v web.Viewer, p approval.Proposal) bool {
	return v.Has(web.NetworkRoles|directory.Approver) || p.By == v.Account.ID || v.Has(web.StructureRoles) && p.Structure == v.Account.Structure
}

// seenProposal returns a proposal that the viewer may know of, with the name of its maker and of whom it is about.
func (h *proposals) seenProposal(ctx context.Context, v web.Viewer, id cloison.ActID) (approval.Proposal, i18n.Params, error) {
	if id == 0 {
		return approval.Proposal{}, nil, web.NotFound()
	}
	p, err := h.approvals.Proposal(ctx, id)
	switch {
	case err != nil && cloison.KindOf(err) != cloison.NotFound:
		return p, nil, err
	case err != nil, !seesProposal(v, p):
		return p, nil, web.NotFound()
	}
	maker, err := h.Accounts.Account(ctx, p.By)
	if err != nil {
		return p, nil, err
	}
	return p, i18n.Params{"variant": string(p.Kind), "name": p.Name.Reveal(), "roles": p.Roles, "structure": string(p.Structure),
		"by": maker.Name.Reveal()}, nil
}

func (h *proposals) describeApprove(ctx context.Context, v web.Viewer, s decideSubject) (i18n.Params, error) {
	_, params, err := h.seenProposal(ctx, v, s.Proposal)
	if err == nil {
		_, err = h.approvals.MayApprove(ctx, v.Caller(), s.Proposal, s.Version)
	}
	return params, err
}

func (h *proposals) approve(ctx context.Context, v web.Viewer, s decideSubject) (web.Outcome, error) {
	a, err := h.approvals.Approve(ctx, v.Caller(), s.Proposal, s.Version)
	if err != nil {
		return web.Outcome{}, err
	}
	return web.Outcome{Result: struct {
		Account cloison.AccountID `json:"account"`
		Code    string            `json:"code,omitempty"` // this once
	}{a.Account.ID, a.Code.Reveal()},
		Say: i18n.Params{"variant": string(a.Proposal.Kind), "name": a.Account.Name.Reveal()}, Code: a.Code, Next: "/propositions"}, nil
}

func (h *proposals) describeRefuse(ctx context.Context, v web.Viewer, s refuseSubject) (i18n.Params, error) {
	if !slices.Contains(refuseReasons(), s.Reason) {
		return nil, web.BadField("reason")
	}
	_, params, err := h.seenProposal(ctx, v, s.Proposal)
	if err != nil {
		return nil, err
	}
	delete(params, "variant")
	note := cloison.Personal(s.Note)
	if line := note.OneLine().Reveal(); line != "" {
		params["variant"], params["note"] = "noted", line
	}
	_, err = h.approvals.MayRefuse(ctx, v.Caller(), s.Proposal, s.Version, note)
	return params, err
}

func (h *proposals) refuse(ctx context.Context, v web.Viewer, s refuseSubject) (web.Outcome, error) {
	if err := h.approvals.Refuse(ctx, v.Caller(), s.Proposal, s.Version, s.Reason, cloison.Personal(s.Note)); err != nil {
		return web.Outcome{}, err
	}
	return proposalNow(s.Proposal, approval.Refused), nil
}

func (h *proposals) describeCancel(ctx context.Context, v web.Viewer, s cancelSubject) (i18n.Params, error) {
	p, params, err := h.seenProposal(ctx, v, s.Proposal)
	if err != nil {
		return nil, err
	}
	delete(params, "variant")
	return params, approval.MayCancel(v.Account, p)
}

func (h *proposals) cancel(ctx context.Context, v web.Viewer, s cancelSubject) (web.Outcome, error) {
	if err := h.approvals.Cancel(ctx, v.Caller(), s.Proposal); err != nil {
		return web.Outcome{}, err
	}
	return proposalNow(s.Proposal, approval.Cancelled), nil
}

func proposalNow(id cloison.ActID, state approval.ProposalState) web.Outcome {
	return web.Outcome{Result: struct {
		Proposal cloison.ActID          `json:"proposal"`
		State    approval.ProposalState `json:"state"`
	}{id, state}, Next: "/propositions"}
}

func refuseReasons() []string {
	return []string{"unknown_person", "not_asked", "wrong_role", "duplicate", "other"}
}
