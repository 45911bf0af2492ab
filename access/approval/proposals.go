package approval

import (
	"context"
	"math"
	"strings"
	"time"

	"cloison"
	"cloison/access/directory"
	"cloison/ledger/journal"
)

// Ask is what a proposal is for. NewAccount takes Structure, Name, Email and Roles; Rebind and Reinstate take
// Account; NewRoles takes Account and Roles.
type Ask struct {
	Kind      ProposalKind
	Structure cloison.StructureID
	Name      cloison.Personal
	Email     cloison.Personal
	Roles     directory.Role
	Account   cloison.AccountID
}

// Propose makes a proposal that waits for an approver. A manager proposes for its own structure, within the day's
// numbers; an officer for any. A Denied error holds a [directory.DenyReason]; a Conflict holds a
// [directory.MergedAway] when the structure is part of another one now.
func (ap *Approvals) Propose(ctx context.Context, by cloison.Caller, ask Ask) (Proposal, error) {
	maker, subject, err := ap.MayPropose(ctx, by, ask)
	if err != nil {
		return Proposal{}, err
	}
	p := Proposal{
		ID: cloison.NewActID(), Kind: ask.Kind, Structure: subject.Structure, Account: subject.ID,
		Name: subject.Name, Email: subject.Email, Roles: subject.Roles,
		By: maker.ID, Made: ap.now(), Session: by.Session, State: Open,
	}
	perMaker, perStructure := ap.settings.PerManager, ap.settings.PerStructure
	if maker.Roles.Has(directory.Officer) {
		perMaker, perStructure = math.MaxInt32, math.MaxInt32
	}
	if err := ap.store.AddProposal(ctx, p, p.Made.Add(-24*time.Hour), perMaker, perStructure); err != nil {
		if cloison.KindOf(err) == cloison.Denied {
			return Proposal{}, cloison.Errorf(cloison.Denied,
				"at most %d proposals in 24 hours by one manager, %d for one structure: %w",
				ap.settings.PerManager, ap.settings.PerStructure, directory.TooMany)
		}
		if cloison.KindOf(err) == cloison.Conflict {
			return Proposal{}, cloison.Errorf(cloison.Conflict, "%w: %w", directory.AlreadyAsked, err)
		}
		return Proposal{}, ap.mergedMeanwhile(ctx, p.Structure, err)
	}
	ap.directory.Record(ctx, journal.Event{Code: "account.proposed", Actor: maker.ID, Account: p.Account, Session: by.Session, Act: p.ID,
		Detail: map[string]string{"kind": string(p.Kind), "structure": string(p.Structure), "roles": p.Roles.String()}})
	return ap.store.Proposal(ctx, p.ID)
}

// MayPropose says whether the caller may propose that now: nil, or the error that Propose would give, but for the
// day's numbers and a proposal that is open already. It returns the caller's account, and the account that the
// proposal is about, as it would be.
func (ap *Approvals) MayPropose(ctx context.Context, by cloison.Caller, ask Ask) (maker, subject directory.Account, err error) {
	if maker, err = ap.directory.Caller(ctx, by); err != nil {
		return maker, subject, err
	}
	if subject, err = ap.subjectOf(ctx, ask); err != nil {
		return maker, subject, err
	}
	if err := ap.mayPropose(ask.Kind, maker, subject, ask.Roles); err != nil {
		return maker, subject, err
	}
	if ask.Kind == NewRoles {
		subject.Roles = ask.Roles
	}
	return maker, subject, ap.hasNoAccount(ctx, ask.Kind, subject)
}

// subjectOf returns the account that the proposal is about: as it is or, for a new one, as it would be.
func (ap *Approvals) subjectOf(ctx context.Context, ask Ask) (directory.Account, error) {
	switch ask.Kind {
	case Rebind, Reinstate, NewRoles:
		return ap.store.Account(ctx, ask.Account)
	case NewAccount:
	default:
		return directory.Account{}, cloison.InvalidField("kind", "%q is no kind of proposal: want %s, %s, %s or %s", ask.Kind,
			NewAccount, Rebind, Reinstate, NewRoles)
	}
	a := directory.Account{Structure: ask.Structure, Roles: ask.Roles}
	a.Name = cloison.Personal(strings.TrimSpace(ask.Name.Reveal()))
	a.Email = cloison.Personal(strings.ToLower(strings.TrimSpace(ask.Email.Reveal())))
	if why := directory.CheckName(a.Name.Reveal()); why != "" {
		return directory.Account{}, cloison.InvalidField("name", "%s", why)
	}
	if why := directory.CheckEmail(a.Email.Reveal()); why != "" {
		return directory.Account{}, cloison.InvalidField("email", "%s", why)
	}
	switch {
	case a.Roles == 0:
		return directory.Account{}, cloison.InvalidField("roles", "a new account needs a role")
	case a.Roles.Machine():
		return directory.Account{}, cloison.InvalidField("roles", "a machine's account is the operator's to import")
	}
	return a, ap.checkStands(ctx, a.Structure)
}

// mayPropose checks the maker's authority, at the proposal and again at the decision.
func (ap *Approvals) mayPropose(kind ProposalKind, maker, subject directory.Account, roles directory.Role) error {
	if err := MayAsk(kind, maker, subject, roles); err != nil {
		return err
	}
	switch {
	case maker.Roles.Has(directory.Officer):
		return nil
	case !maker.Roles.Machine() && !ap.settings.CourseOptional && !ap.now().Before(maker.ManagersUntil):
		return directory.Deny(directory.CourseExpired)
	case !ap.settings.Proposable.Has(subject.Roles), kind == NewRoles && !ap.settings.Proposable.Has(roles):
		return directory.Deny(directory.RoleNotGiven)
	case kind == Reinstate && subject.SuspendedIn != 0:
		return directory.Deny(directory.Cut)
	}
	return nil
}

// MayAsk says whether by's roles allow a proposal of that kind about the account as it is: nil, or why not. roles are
// the new ones of a NewRoles, which by must be allowed to propose before and after the change. [Approvals.MayPropose]
// also checks the managers' course and the roles that managers give.
func MayAsk(kind ProposalKind, by, subject directory.Account, roles directory.Role) error {
	verb := directory.ToPropose
	switch kind {
	case Rebind:
		verb = directory.ToReenrol
	case Reinstate:
		verb = directory.ToReinstate
	}
	if err := directory.Allow(verb, by, subject); err != nil {
		return err
	}
	if kind == NewRoles {
		after := subject
		after.Roles = roles
		if err := directory.Allow(verb, by, after); err != nil {
			return err
		}
	}
	return mayConcern(kind, subject, roles)
}

// mayConcern returns why no proposal of that kind fits the account as it is, or nil.
func mayConcern(kind ProposalKind, subject directory.Account, roles directory.Role) error {
	living := subject.State == directory.Active || subject.State == directory.Pending
	switch {
	case kind == Rebind && !living:
		return cloison.Errorf(cloison.Conflict, "the account is %s: only an active or pending one is re-enrolled", subject.State)
	case kind == Reinstate && subject.State != directory.Suspended:
		return cloison.Errorf(cloison.Conflict, "the account is %s: only a suspended one is reinstated", subject.State)
	case kind == Rebind && subject.Roles.Machine():
		return cloison.Errorf(cloison.Conflict, "the account is a machine's: it never signs in")
	case kind != NewRoles:
		return nil
	case !living:
		return cloison.Errorf(cloison.Conflict, "the account is %s: it gets other roles once it is back", subject.State)
	case roles == 0 || roles.Machine() || subject.Roles.Machine():
		return cloison.InvalidField("roles", "other roles are one role of people's at least; a machine's are the operator's to import")
	case roles == subject.Roles:
		return cloison.Errorf(cloison.Conflict, "the account has these roles already")
	}
	return nil
}

// hasNoAccount denies a new account to an agent of the structure who has one: a lost key is re-enrolled, a suspension
// ended. The same address in another structure is shown to the approver (Likenesses); at enrolment the subject must
// still have no account.
func (ap *Approvals) hasNoAccount(ctx context.Context, kind ProposalKind, subject directory.Account) error {
	if kind != NewAccount {
		return nil
	}
	there, err := ap.hasAccount(ctx, subject.Structure, subject.Email)
	if err == nil && there {
		return directory.Deny(directory.AlreadyThere)
	}
	return err
}

// Proposal returns one proposal, or NotFound.
func (ap *Approvals) Proposal(ctx context.Context, id cloison.ActID) (Proposal, error) {
	return ap.store.Proposal(ctx, id)
}

// Proposals lists the open ones, oldest first; "" is every structure.
func (ap *Approvals) Proposals(ctx context.Context, structure cloison.StructureID) ([]Proposal, error) {
	return ap.store.Proposals(ctx, structure)
}

// Cancel withdraws an open proposal. Its maker may, and an officer.
func (ap *Approvals) Cancel(ctx context.Context, by cloison.Caller, id cloison.ActID) error {
	caller, err := ap.directory.Caller(ctx, by)
	if err != nil {
		return err
	}
	p, err := ap.store.Proposal(ctx, id)
	if err != nil {
		return err
	}
	if err := MayCancel(caller, p); err != nil {
		return err
	}
	p.State, p.DecidedBy, p.Decided = Cancelled, caller.ID, ap.now()
	if err := ap.store.DecideProposal(ctx, p, nil); err != nil {
		return err
	}
	ap.directory.Record(ctx, journal.Event{Code: "account.cancelled", Actor: caller.ID, Account: p.Account, Session: by.Session,
		Act: p.ID})
	return nil
}

// MayCancel says whether the caller may withdraw the proposal as it is: nil, or why not.
func MayCancel(caller directory.Account, p Proposal) error {
	switch {
	case caller.State != directory.Active:
		return directory.Deny(directory.NotActive)
	case caller.ID != p.By && !caller.Roles.Has(directory.Officer):
		return directory.Deny(directory.NoRole)
	case p.State != Open:
		return cloison.Errorf(cloison.Conflict, "the proposal is already %s", p.State)
	}
	return nil
}
