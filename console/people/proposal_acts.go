package people

import (
	"context"
	"slices"
	"strings"
	"unicode/utf8"

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
	if ask.Kind == approval.NewAccount && ask.Structure == "" {
		ask.Structure = v.Account.Structure
	}
	return ask, nil
}

func (h *proposals) describePropose(ctx context.Context, v web.Viewer, s proposeSubject) (i18n.Params, error) {
	ask, err := s.ask(v)
	if err != nil {
		return nil, err
	}
	verbs := map[approval.ProposalKind]directory.Verb{approval.NewAccount: directory.ToPropose, approval.Rebind: directory.ToReenrol,
		approval.Reinstate: directory.ToReinstate, approval.NewRoles: directory.ToPropose}
	verb, ok := verbs[s.Kind]
	switch {
	case !ok:
		return nil, web.BadField("kind")
	case s.Kind == approval.NewAccount && s.Account != 0, s.Kind != approval.NewAccount && (s.Name != "" || s.Email != "" || s.Structure != ""):
		return nil, web.BadField("kind")
	case (s.Kind == approval.NewRoles) != (ask.Roles != 0) && s.Kind != approval.NewAccount:
		return nil, web.BadField("roles")
	}
	subject := directory.Account{Structure: ask.Structure, Name: ask.Name, Roles: ask.Roles}
	if s.Kind != approval.NewAccount {
		if subject, err = h.Seen(ctx, v, s.Account); err != nil {
			return nil, err
		}
	} else if err := h.checkNewcomer(ctx, v, s, ask); err != nil {
		return nil, err
	}
	if s.Kind == approval.NewRoles {
		if err := directory.Allow(verb, v.Account, subject); err != nil {
			return nil, err
		}
		subject.Roles = ask.Roles
	}
	return i18n.Params{"variant": string(s.Kind), "name": subject.Name.Reveal(), "email": s.Email, "roles": subject.Roles,
		"structure": string(subject.Structure)}, directory.Allow(verb, v.Account, subject)
}

// checkNewcomer looks at what somebody typed, so that they are told which field it is.
func (h *proposals) checkNewcomer(ctx context.Context, v web.Viewer, s proposeSubject, ask approval.Ask) error {
	switch {
	case strings.TrimSpace(s.Name) == "", utf8.RuneCountInString(s.Name) > 200, strings.ContainsFunc(s.Name, web.Unseen):
		return web.BadField("name")
	case !web.IsEmail(strings.TrimSpace(s.Email)):
		return web.BadField("email")
	case ask.Roles == 0:
		return web.BadField("roles")
	}
	return h.mayAskFor(ctx, v, ask.Structure)
}

// mayAskFor says whether the viewer may ask something for that structure: of others than their own, and what was merged
// into it, a manager learns nothing.
func (h *proposals) mayAskFor(ctx context.Context, v web.Viewer, id cloison.StructureID) error {
	s, err := h.store.Structure(ctx, id)
	switch {
	case !v.Has(web.NetworkRoles) && id != v.Account.Structure && (err != nil || s.Into != v.Account.Structure):
		return web.NotFound() // whether there is such a structure or not
	case cloison.KindOf(err) == cloison.NotFound:
		return web.Unknown("structure")
	case err != nil:
		return err
	}
	return s.Stands()
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
	Note     string        `json:"note,omitempty"` // for whoever proposed
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

// decidable is what approving and refusing have in common.
func (h *proposals) decidable(ctx context.Context, v web.Viewer, id cloison.ActID, version int64) (i18n.Params, error) {
	p, params, err := h.seenProposal(ctx, v, id)
	if err != nil {
		return nil, err
	}
	p.Version = version
	return params, h.approvals.MayDecide(ctx, v.Caller(), p)
}

func (h *proposals) describeApprove(ctx context.Context, v web.Viewer, s decideSubject) (i18n.Params, error) {
	return h.decidable(ctx, v, s.Proposal, s.Version)
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
	note := cloison.Personal(s.Note).OneLine().Reveal()
	if n := utf8.RuneCountInString(note); n > approval.MostNote {
		return nil, web.BadFields([]web.Fault{{Field: "note", Why: web.TooLong, Params: i18n.Params{"n": n, "most": approval.MostNote}}})
	}
	params, err := h.decidable(ctx, v, s.Proposal, s.Version)
	delete(params, "variant")
	if note != "" && err == nil {
		params["variant"], params["note"] = "noted", note
	}
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
	delete(params, "variant")
	switch {
	case err != nil:
		return nil, err
	case p.By != v.Account.ID && !v.Has(directory.Officer):
		return nil, web.Refuse(cloison.Denied, web.Reason(directory.NoRole))
	case p.State != approval.Open:
		return nil, web.Refuse(cloison.Conflict, "conflict")
	}
	return params, nil
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
