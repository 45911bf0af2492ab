package directory

import (
	"context"
	"math"
	"strings"
	"time"

	"cloison"
)

// Ask is what a proposal is for. NewAccount takes Structure, Name, Email and Roles; Rebind and Reinstate take Account;
// NewRoles takes Account and Roles.
type Ask struct {
	Kind      ProposalKind
	Structure cloison.StructureID
	Name      cloison.Personal
	Email     cloison.Personal
	Roles     Role
	Account   cloison.AccountID
}

// Propose makes a request that waits for an approver. A manager asks for its own structure, within the day's numbers;
// an officer for any. Denied errors hold a [Bar]; a Conflict holds a [MergedAway] when
// the structure is a name of another one.
func (d *Directory) Propose(ctx context.Context, by Caller, ask Ask) (Proposal, error) {
	maker, err := d.caller(ctx, by)
	if err != nil {
		return Proposal{}, err
	}
	subject, err := d.subjectOf(ctx, ask)
	if err != nil {
		return Proposal{}, err
	}
	if err := d.mayPropose(ask.Kind, maker, subject, ask.Roles); err != nil {
		return Proposal{}, err
	}
	if ask.Kind == NewRoles {
		subject.Roles = ask.Roles
	}
	if err := d.notThere(ctx, ask.Kind, subject); err != nil {
		return Proposal{}, err
	}
	p := Proposal{
		ID: cloison.NewActID(), Kind: ask.Kind, Structure: subject.Structure, Account: subject.ID,
		Name: subject.Name, Email: subject.Email, Roles: subject.Roles,
		By: maker.ID, Made: d.now(), Session: by.Session, State: Open,
	}
	perMaker, perStructure := d.settings.PerManager, d.settings.PerStructure
	if maker.Roles.Has(Officer) {
		perMaker, perStructure = math.MaxInt32, math.MaxInt32
	}
	if err := d.store.AddProposal(ctx, p, p.Made.Add(-24*time.Hour), perMaker, perStructure); err != nil {
		if cloison.KindOf(err) == cloison.Denied {
			return Proposal{}, cloison.Errorf(cloison.Denied,
				"at most %d proposals in 24 hours by one manager, %d for one structure: %w",
				d.settings.PerManager, d.settings.PerStructure, TooMany)
		}
		if cloison.KindOf(err) == cloison.Conflict {
			return Proposal{}, cloison.Errorf(cloison.Conflict, "%w: %w", AlreadyAsked, err)
		}
		return Proposal{}, d.meanwhileMerged(ctx, p.Structure, err)
	}
	d.record(ctx, Event{Code: "account.proposed", Actor: maker.ID, Account: p.Account, Session: by.Session, Act: p.ID,
		Detail: map[string]string{"kind": string(p.Kind), "structure": string(p.Structure), "roles": p.Roles.String()}})
	return d.store.Proposal(ctx, p.ID)
}

// subjectOf is the account that the request is about: as it stands or, for a new one, as it would be.
func (d *Directory) subjectOf(ctx context.Context, ask Ask) (Account, error) {
	switch ask.Kind {
	case Rebind, Reinstate, NewRoles:
		return d.store.Account(ctx, ask.Account)
	case NewAccount:
	default:
		return Account{}, cloison.Errorf(cloison.Invalid, "%q is no kind of proposal: want %s, %s, %s or %s", ask.Kind,
			NewAccount, Rebind, Reinstate, NewRoles)
	}
	a := Account{Structure: ask.Structure, Roles: ask.Roles}
	a.Name = cloison.Personal(strings.TrimSpace(ask.Name.Reveal()))
	a.Email = cloison.Personal(strings.ToLower(strings.TrimSpace(ask.Email.Reveal())))
	if why := checkName(a.Name.Reveal()); why != "" {
		return Account{}, cloison.Errorf(cloison.Invalid, "name: %s", why)
	}
	if why := checkEmail(a.Email.Reveal()); why != "" {
		return Account{}, cloison.Errorf(cloison.Invalid, "e-mail: %s", why)
	}
	switch {
	case a.Roles == 0:
		return Account{}, cloison.Errorf(cloison.Invalid, "a new account needs a role")
	case a.Roles.Machine():
		return Account{}, cloison.Errorf(cloison.Invalid, "a machine's account is the operator's to import")
	}
	return a, d.standing(ctx, a.Structure)
}

// mayPropose holds the maker's authority, at the proposal and again at the decision. For NewRoles it is held for the
// account as it is and as it would be.
func (d *Directory) mayPropose(kind ProposalKind, maker, subject Account, roles Role) error {
	verb := map[ProposalKind]Verb{NewAccount: ToPropose, Rebind: ToReenrol, Reinstate: ToReinstate, NewRoles: ToPropose,
		NewAccounts: ToPropose}[kind]
	if err := Allow(verb, maker, subject); err != nil {
		return err
	}
	if err := mayConcern(kind, subject, roles); err != nil {
		return err
	}
	switch {
	case maker.Roles.Has(Officer):
		return nil
	case !maker.Roles.Machine() && !d.settings.CourseOptional && !d.now().Before(maker.ManagersUntil):
		return deny(CourseExpired)
	case !d.settings.Proposable.Has(subject.Roles), kind == NewRoles && !d.settings.Proposable.Has(roles):
		return deny(RoleNotGiven)
	case kind == Reinstate && subject.SuspendedIn != 0:
		return deny(Cut)
	}
	return nil
}

// mayConcern says why no such proposal fits the account as it stands.
func mayConcern(kind ProposalKind, subject Account, roles Role) error {
	living := subject.State == Active || subject.State == Pending
	switch {
	case kind == Rebind && !living:
		return cloison.Errorf(cloison.Conflict, "the account is %s: only an active or pending one is re-enrolled", subject.State)
	case kind == Reinstate && subject.State != Suspended:
		return cloison.Errorf(cloison.Conflict, "the account is %s: only a suspended one is reinstated", subject.State)
	case kind == Rebind && subject.Roles.Machine():
		return cloison.Errorf(cloison.Conflict, "the account is a machine's: it never signs in")
	case kind != NewRoles:
		return nil
	case !living:
		return cloison.Errorf(cloison.Conflict, "the account is %s: it gets other roles once it is back", subject.State)
	case roles == 0 || roles.Machine() || subject.Roles.Machine():
		return cloison.Errorf(cloison.Invalid, "other roles are one role of people's at least; a machine's are the operator's to import")
	case roles == subject.Roles:
		return cloison.Errorf(cloison.Conflict, "the account has these roles already")
	}
	return nil
}

// notThere refuses a new account for an agent of the structure who has one: a lost key is re-enrolled, a suspension
// ended. The same address in another structure is shown to who decides (Likenesses); at enrolment the identity must
// still be one that no account has.
func (d *Directory) notThere(ctx context.Context, kind ProposalKind, subject Account) error {
	if kind != NewAccount {
		return nil
	}
	there, err := d.isThere(ctx, subject.Structure, subject.Email)
	if err == nil && there {
		return deny(AlreadyThere)
	}
	return err
}

// Proposal returns one proposal, or NotFound.
func (d *Directory) Proposal(ctx context.Context, id cloison.ActID) (Proposal, error) {
	return d.store.Proposal(ctx, id)
}

// Proposals lists the open ones, oldest first; "" is every structure.
func (d *Directory) Proposals(ctx context.Context, structure cloison.StructureID) ([]Proposal, error) {
	return d.store.Proposals(ctx, structure)
}

// Cancel withdraws an open proposal. Its maker may, and an officer.
func (d *Directory) Cancel(ctx context.Context, by Caller, id cloison.ActID) error {
	caller, err := d.caller(ctx, by)
	if err != nil {
		return err
	}
	if caller.State != Active {
		return deny(NotActive)
	}
	p, err := d.store.Proposal(ctx, id)
	if err != nil {
		return err
	}
	if caller.ID != p.By && !caller.Roles.Has(Officer) {
		return deny(NoRole)
	}
	if p.State != Open {
		return cloison.Errorf(cloison.Conflict, "the proposal is already %s", p.State)
	}
	p.State, p.DecidedBy, p.Decided = Cancelled, caller.ID, d.now()
	if err := d.store.DecideProposal(ctx, p, nil); err != nil {
		return err
	}
	d.record(ctx, Event{Code: "account.cancelled", Actor: caller.ID, Account: p.Account, Session: by.Session,
		Act: p.ID})
	return nil
}
