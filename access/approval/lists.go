package approval

import (
	"context"
	"math"
	"strconv"
	"time"

	"cloison"
	"cloison/access/directory"
	"cloison/ledger/journal"
)

// Handout is what an approver hands in person to one colleague of a list. The code is shown once and stored nowhere.
type Handout struct {
	Colleague Colleague
	Code      cloison.Secret
}

// CheckList moves to Refused the lines whose address has, in that structure, an account that is not closed or an open
// proposal. It says how things are now; ProposeList and ApproveList check again.
func (ap *Approvals) CheckList(ctx context.Context, structure cloison.StructureID, l *List) error {
	bad := map[int]LineFault{}
	open, err := ap.store.Proposals(ctx, structure)
	if err != nil {
		return err
	}
	asked := map[string]bool{}
	for _, p := range open {
		if p.Kind == NewAccount {
			asked[p.Email.Reveal()] = true
		}
	}
	for _, n := range l.Colleagues {
		switch there, err := ap.hasAccount(ctx, structure, n.Email); {
		case err != nil:
			return err
		case there:
			bad[n.Line] = LineThere
		case asked[n.Email.Reveal()]:
			bad[n.Line] = LineWaiting
		}
	}
	l.refuse(bad)
	return nil
}

// hasAccount reports whether an account of the structure that is not closed has that address.
func (ap *Approvals) hasAccount(ctx context.Context, structure cloison.StructureID, email cloison.Personal) (bool, error) {
	same, err := ap.store.AccountsByEmail(ctx, email)
	for _, a := range same {
		if a.Structure == structure && a.State != directory.Closed {
			return true, nil
		}
	}
	return false, err
}

// ProposeList asks for all colleagues of the list at once: one proposal, one approval. It is Invalid when a line is
// refused, so that what is approved is what was asked for.
//
// A list does not evade the day's numbers: it counts as one proposal; a structure makes one in ListEvery, and none
// while one is open; its colleagues are on probation for ListProbationDays at each enrolment; and on probation they
// share the cap of their maker's lineage. An officer's lists are free of the numbers.
func (ap *Approvals) ProposeList(ctx context.Context, by cloison.Caller, structure cloison.StructureID, l List) (Proposal, error) {
	maker, roles, err := ap.mayProposeList(ctx, by, structure, &l)
	if err != nil {
		return Proposal{}, err
	}
	p := Proposal{ID: cloison.NewActID(), Kind: NewAccounts, Structure: structure, Roles: roles, By: maker.ID, Made: ap.now(),
		Session: by.Session, State: Open, List: l.Colleagues}
	perMaker, perStructure, since := ap.settings.PerManager, ap.settings.PerStructure, p.Made.Add(-ap.settings.ListEvery)
	if maker.Roles.Has(directory.Officer) {
		perMaker, perStructure, since = math.MaxInt32, math.MaxInt32, p.Made.Add(time.Millisecond)
	}
	switch err := ap.store.AddList(ctx, p, p.Made.Add(-24*time.Hour), perMaker, perStructure, since); {
	case err == nil:
	case cloison.KindOf(err) == cloison.Denied:
		return Proposal{}, cloison.Errorf(cloison.Denied, "%w: %w", directory.ListTooSoon, err)
	case cloison.KindOf(err) == cloison.Conflict:
		return Proposal{}, cloison.Errorf(cloison.Conflict, "%w: %w", directory.AlreadyAsked, err)
	default:
		return Proposal{}, ap.mergedMeanwhile(ctx, structure, err)
	}
	ap.directory.Record(ctx, journal.Event{Code: "account.proposed", Actor: maker.ID, Session: by.Session, Act: p.ID, Detail: map[string]string{
		"kind": string(p.Kind), "structure": string(structure), "roles": roles.String(), "lines": strconv.Itoa(len(p.List))}})
	return ap.store.Proposal(ctx, p.ID)
}

// MayProposeList says whether the caller may ask for that list now: nil, or the error that ProposeList would give,
// but for the numbers and a list that is open already.
func (ap *Approvals) MayProposeList(ctx context.Context, by cloison.Caller, structure cloison.StructureID, l List) error {
	_, _, err := ap.mayProposeList(ctx, by, structure, &l)
	return err
}

func (ap *Approvals) mayProposeList(ctx context.Context, by cloison.Caller, structure cloison.StructureID, l *List) (
	maker directory.Account, roles directory.Role, err error,
) {
	if maker, err = ap.directory.Caller(ctx, by); err != nil {
		return maker, roles, err
	}
	for _, n := range l.Colleagues {
		if !ap.listGives(n.Roles) {
			return maker, roles, directory.Deny(directory.RoleNotGiven)
		}
		roles |= n.Roles
	}
	if err := ap.checkStands(ctx, structure); err != nil {
		return maker, roles, err
	}
	if err := ap.mayPropose(NewAccounts, maker, directory.Account{Structure: structure, Roles: roles}, roles); err != nil {
		return maker, roles, err
	}
	if err := ap.CheckList(ctx, structure, l); err != nil {
		return maker, roles, err
	}
	switch {
	case len(l.Refused) > 0:
		return maker, roles, invalidList(directory.ListRefused)
	case len(l.Colleagues) == 0:
		return maker, roles, invalidList(directory.ListEmpty)
	case len(l.Colleagues) > ap.settings.ListLines:
		return maker, roles, invalidList(directory.ListTooLong)
	}
	return maker, roles, nil
}

// ApproveList approves all of a list, with a code for each colleague, in one transaction: never half a list, never an
// account without a code. It is Denied as AlreadyThere when one of them has an account in the structure by now.
func (ap *Approvals) ApproveList(ctx context.Context, by cloison.Caller, id cloison.ActID, version int64) (Proposal, []Handout, error) {
	p, maker, err := ap.approvable(ctx, by, id, version, true)
	if err != nil {
		return p, nil, err
	}
	now := ap.now()
	p.State, p.DecidedBy, p.Decided = Approved, by.Account, now
	accounts, codes := make([]directory.Account, len(p.List)), make([]Enrolment, len(p.List))
	handouts := make([]Handout, len(p.List))
	for i := range p.List {
		n := &p.List[i]
		one := Proposal{Kind: NewAccount, Structure: p.Structure, Name: n.Name, Email: n.Email, Roles: n.Roles, By: p.By}
		a, err := ap.accountAfter(ctx, one, maker, by.Account)
		if err != nil {
			return p, nil, ap.staleIfDecided(ctx, p, err)
		}
		a.ProbationUntil = directory.AfterWorkingDays(now, ap.settings.ListProbationDays, ap.directory.Settings().Zone)
		code, digest := newCode()
		n.Account, accounts[i], handouts[i] = a.ID, a, Handout{*n, code}
		handouts[i].Colleague.Account = a.ID
		codes[i] = Enrolment{Digest: digest, Account: a.ID, By: by.Account, Made: now, Expires: now.Add(ap.settings.CodeLife)}
	}
	if err := ap.store.ApproveList(ctx, p, accounts, codes); err != nil {
		return p, nil, err
	}
	for _, a := range accounts {
		ap.directory.Record(ctx, journal.Event{Code: "account.approved", Actor: by.Account, Account: a.ID, Session: by.Session, Act: p.ID,
			Detail: map[string]string{"kind": string(p.Kind), "structure": string(p.Structure), "roles": a.Roles.String()}})
		ap.directory.Record(ctx, journal.Event{Code: "account.code_issued", Actor: by.Account, Account: a.ID})
	}
	return p, handouts, nil
}

// MayApproveList says whether the caller may approve the list as it was at that version: the proposal, or the error
// that ApproveList would give.
func (ap *Approvals) MayApproveList(ctx context.Context, by cloison.Caller, id cloison.ActID, version int64) (Proposal, error) {
	p, _, err := ap.approvable(ctx, by, id, version, true)
	return p, err
}

// probationAfterEnrolment returns the end of the probation of an account that enrols at t; it is longer for one that
// a list made.
func (ap *Approvals) probationAfterEnrolment(ctx context.Context, a directory.Account, t time.Time) (time.Time, error) {
	listed, err := ap.store.Listed(ctx, a.ID)
	if err != nil || !listed {
		return ap.probationFrom(t), err
	}
	return directory.AfterWorkingDays(t, ap.settings.ListProbationDays, ap.directory.Settings().Zone), nil
}
