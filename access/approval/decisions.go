package approval

import (
	"context"
	"errors"
	"time"
	"unicode/utf8"

	"cloison"
	"cloison/access/directory"
	"cloison/ledger/journal"
)

// Approval is what an approver receives. The approver hands Code to the agent in person; it is shown once and stored
// nowhere. It is empty when the proposal was for a reinstatement or for other roles.
type Approval struct {
	Proposal Proposal
	Account  directory.Account
	Code     cloison.Secret
}

// Approve approves the proposal as the caller saw it, at that version. It is Stale when the proposal has changed
// since, Conflict when it is no longer open, Denied with a [directory.DenyReason] when the caller is not independent
// of the maker.
//
// The account is durable before its code is. A crash between the two leaves a pending account that nobody can enter;
// a Rebind gives it a new code, as it does for a lost one.
func (ap *Approvals) Approve(ctx context.Context, by cloison.Caller, id cloison.ActID, version int64) (Approval, error) {
	p, maker, err := ap.approvable(ctx, by, id, version, false)
	if err != nil {
		return Approval{}, err
	}
	a, err := ap.accountAfter(ctx, p, maker, by.Account)
	if err != nil {
		return Approval{}, ap.staleIfDecided(ctx, p, err)
	}
	p.Account, p.State, p.DecidedBy, p.Decided = a.ID, Approved, by.Account, ap.now()
	if err := ap.store.DecideProposal(ctx, p, &a); err != nil {
		return Approval{}, err
	}
	ap.directory.Record(ctx, journal.Event{Code: "account.approved", Actor: by.Account, Account: a.ID, Session: by.Session, Act: p.ID,
		Detail: map[string]string{"kind": string(p.Kind), "structure": string(p.Structure), "roles": a.Roles.String()}})

	done := Approval{Proposal: p, Account: a}
	if p.Kind == NewAccount || p.Kind == Rebind {
		var rebind cloison.ActID
		if p.Kind == Rebind {
			rebind = p.ID
		}
		if done.Code, err = ap.issue(ctx, a.ID, by.Account, rebind); err != nil {
			return Approval{}, err
		}
	}
	if done.Account, err = ap.store.Account(ctx, a.ID); err != nil {
		return done, err
	}
	return done, nil
}

// MayApprove says whether the caller may approve the proposal as it was at that version: the proposal, or the error
// that Approve would give. A list is approved by [Approvals.ApproveList].
func (ap *Approvals) MayApprove(ctx context.Context, by cloison.Caller, id cloison.ActID, version int64) (Proposal, error) {
	p, _, err := ap.approvable(ctx, by, id, version, false)
	return p, err
}

// approvable reads a proposal that the caller may approve, which is a list or is none.
func (ap *Approvals) approvable(ctx context.Context, by cloison.Caller, id cloison.ActID, version int64, list bool) (
	p Proposal, maker directory.Account, err error,
) {
	p, maker, err = ap.decidable(ctx, by, id, version)
	switch isList := p.Kind == NewAccounts; {
	case err != nil || isList == list:
	case isList:
		err = invalidList(directory.ListWhole)
	default:
		err = cloison.InvalidField("kind", "the proposal is no list")
	}
	return p, maker, err
}

// staleIfDecided turns an AlreadyThere into a Stale when the account is there because another approver has just
// approved the same proposal.
func (ap *Approvals) staleIfDecided(ctx context.Context, p Proposal, why error) error {
	if !errors.Is(why, directory.AlreadyThere) {
		return why
	}
	if now, err := ap.store.Proposal(ctx, p.ID); err == nil && now.Version != p.Version {
		return cloison.Errorf(cloison.Stale, "another approver has decided meanwhile: look at the proposal again")
	}
	return why
}

// MaxNote is the most characters of a note.
const MaxNote = 300

// Refuse refuses the proposal. The reason is a code of the message catalogue. The note is one line from the approver
// to the maker, or empty; it is Invalid when it is too long. It stays with the proposal: journal and letters hold no
// free text, only the reason.
func (ap *Approvals) Refuse(ctx context.Context, by cloison.Caller, id cloison.ActID, version int64, reason string, note cloison.Personal) error {
	p, err := ap.MayRefuse(ctx, by, id, version, note)
	if err != nil {
		return err
	}
	p.State, p.DecidedBy, p.Decided, p.Reason, p.Note = Refused, by.Account, ap.now(), reason, note.OneLine()
	if err := ap.store.DecideProposal(ctx, p, nil); err != nil {
		return err
	}
	ap.directory.Record(ctx, journal.Event{Code: "account.refused", Actor: by.Account, Account: p.Account, Session: by.Session, Act: p.ID,
		Detail: map[string]string{"reason": reason}})
	return nil
}

// MayRefuse says whether the caller may refuse the proposal as it was at that version: the proposal, or the error
// that Refuse would give.
func (ap *Approvals) MayRefuse(ctx context.Context, by cloison.Caller, id cloison.ActID, version int64, note cloison.Personal) (Proposal, error) {
	if n := utf8.RuneCountInString(note.OneLine().Reveal()); n > MaxNote {
		return Proposal{}, cloison.InvalidField("note", "a note has %d characters at most, this one %d", MaxNote, n)
	}
	p, _, err := ap.decidable(ctx, by, id, version)
	return p, err
}

// Refusals lists the caller's proposals that were refused since then, the latest first, at most fifty.
func (ap *Approvals) Refusals(ctx context.Context, by cloison.Caller, since time.Time) ([]Proposal, error) {
	if _, err := ap.directory.Caller(ctx, by); err != nil {
		return nil, err
	}
	return ap.store.Refused(ctx, by.Account, since, 50)
}

// MayDecide says whether the caller may approve or refuse the proposal now: nil, or the error that Approve would
// give.
func (ap *Approvals) MayDecide(ctx context.Context, by cloison.Caller, p Proposal) error {
	_, _, err := ap.decidable(ctx, by, p.ID, p.Version)
	return err
}

func (ap *Approvals) decidable(ctx context.Context, by cloison.Caller, id cloison.ActID, version int64) (
	p Proposal, maker directory.Account, err error) {

	decider, err := ap.directory.Caller(ctx, by)
	if err != nil {
		return p, maker, err
	}
	if p, err = ap.store.Proposal(ctx, id); err != nil {
		return p, maker, err
	}
	if maker, err = ap.store.Account(ctx, p.By); err != nil {
		return p, maker, err
	}
	return p, maker, ap.mayDecide(ctx, ap.store.Account, decider, maker, p, version)
}

// MayDecideEach is MayDecide for proposals that were just read. It reads the caller, each maker, the accounts above
// them and each list once.
func (ap *Approvals) MayDecideEach(ctx context.Context, by cloison.Caller, proposals []Proposal) ([]error, error) {
	decider, err := ap.directory.Caller(ctx, by)
	if err != nil {
		return nil, err
	}
	denials, read := make([]error, len(proposals)), cachedReader(ap.store.Account)
	for i, p := range proposals {
		maker, err := read(ctx, p.By)
		if err != nil {
			return nil, err
		}
		if p.Kind == NewAccounts { // nobody decides on a list that they are on
			version := p.Version
			if p, err = ap.store.Proposal(ctx, p.ID); err != nil {
				return nil, err
			}
			denials[i] = ap.mayDecide(ctx, read, decider, maker, p, version)
			continue
		}
		denials[i] = ap.mayDecide(ctx, read, decider, maker, p, p.Version)
	}
	return denials, nil
}

// mayDecide says whether decider may decide on maker's proposal, which was at that version.
func (ap *Approvals) mayDecide(ctx context.Context, read accountReader, decider, maker directory.Account, p Proposal, version int64) error {
	if err := directory.Allow(directory.ToDecide, decider, directory.Account{ID: p.Account, Structure: p.Structure, Roles: p.Roles}); err != nil {
		return err
	}
	if p.asksFor(decider.Email) {
		return directory.Deny(directory.Oneself)
	}
	// A manager has power over its structure's staff; an officer has none over the colleagues of its own.
	b, err := dependence(ctx, read, maker, decider, ap.settings.SameStructureApproval || maker.Roles.Has(directory.Officer))
	switch {
	case err != nil:
		return err
	case b != "":
		return directory.Deny(b)
	}
	switch {
	case p.State != Open:
		return cloison.Errorf(cloison.Conflict, "the proposal is already %s", p.State)
	case p.Version != version:
		return cloison.Errorf(cloison.Stale, "the proposal has changed since it was shown: look at it again")
	}
	return nil
}

// accountAfter returns the account as the approval makes it. It checks the maker's authority again, which may have
// ended since.
func (ap *Approvals) accountAfter(ctx context.Context, p Proposal, maker directory.Account, decider cloison.AccountID) (
	directory.Account, error) {

	now := ap.now()
	a := directory.Account{Structure: p.Structure, Name: p.Name, Email: p.Email, Roles: p.Roles}
	if p.Kind != NewAccount {
		var err error
		if a, err = ap.store.Account(ctx, p.Account); err != nil {
			return a, err
		}
	}
	if err := ap.hasNoAccount(ctx, p.Kind, a); err != nil {
		return a, err
	}
	if err := ap.mayPropose(p.Kind, maker, a, p.Roles); err != nil {
		if cloison.KindOf(err) == cloison.Denied {
			err = cloison.Errorf(cloison.Denied, "approve: the maker may not propose this any more: %w: %w", directory.MakerGone, err)
		}
		return a, err
	}
	switch p.Kind {
	case NewAccount:
		a.ID, a.State, a.Created, a.CreatedBy = cloison.NewAccountID(), directory.Pending, now, p.By
	case Rebind:
		a.State, a.Binding, a.ReenrolledBy = directory.Pending, directory.Binding{}, p.By
	case NewRoles:
		if reads := directory.Adviser | directory.Reception; a.Roles&reads == 0 && p.Roles&reads != 0 {
			a.ProbationUntil = ap.probationFrom(now) // a new reader of files begins as a newcomer
		}
		// A role with power over others makes the account as dependent on its makers as a new one.
		if p.Roles&^a.Roles&(directory.Oversight|directory.Manager) != 0 {
			a.ApprovedBy, a.Lineage = decider, lineageUnder(maker, now)
		}
		a.Roles = p.Roles
		return a, nil
	case Reinstate:
		a.State = directory.Active
		if a.Binding == (directory.Binding{}) && !a.Roles.Machine() {
			a.State = directory.Pending
		}
		a.Unsuspend()
		a.LastSeen = now // so that it is not dormant the next morning
		return a, nil
	}
	a.ApprovedBy = decider
	a.Lineage = lineageUnder(maker, now)
	a.ProbationUntil = ap.probationFrom(now) // set again at enrolment, so that waiting before it does not count
	return a, nil
}
