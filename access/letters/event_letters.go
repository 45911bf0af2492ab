package letters

import (
	"context"
	"fmt"
	"slices"
	"time"

	"cloison"
	"cloison/access/approval"
	"cloison/access/directory"
	"cloison/ledger/journal"
)

const (
	journalReader = "courier.journal"
	batch         = 100
)

// follow writes the letters of the journal's new lines. The letters and our place are one transaction; another replica
// that did it first is no error.
func (ls *Letters) readJournal(ctx context.Context) error {
	for {
		at, err := ls.store.Cursor(ctx, journalReader)
		if err != nil {
			return err
		}
		events, err := ls.store.Events(ctx, at, batch)
		if err != nil || len(events) == 0 {
			return err
		}
		b := Batch{Reader: journalReader, From: at, To: events[len(events)-1].Seq}
		for _, e := range events {
			letters, err := ls.lettersOf(ctx, e)
			if err != nil {
				return err
			}
			b.Letters = append(b.Letters, letters...)
		}
		if b.Letters, err = ls.holdBack(ctx, b.Letters); err != nil {
			return err
		}
		if err := ls.store.Post(ctx, b); err != nil && cloison.KindOf(err) != cloison.Stale {
			return err
		}
	}
}

// stale lines are not told: what happened before the outbox was there, or while nobody followed.
func (ls *Letters) tooOld(e journal.Event) bool { return ls.now().Sub(e.At) > ls.settings.TooOld }

// story is an event with what its letters say.
type draft struct {
	event   journal.Event
	account directory.Account
	facts   facts
	letters []Letter
	told    map[string]bool // who is written to already about that
}

// lettersOf writes the letters of one line. An account, structure or proposal that is gone makes no letter, and no
// error.
func (ls *Letters) lettersOf(ctx context.Context, e journal.Event) ([]Letter, error) {
	tell, ok := told()[e.Code]
	if !ok || ls.tooOld(e) {
		return nil, nil
	}
	s := &draft{event: e, told: map[string]bool{}, facts: facts{When: ls.render.when(e.At)}}
	if err := ls.readAccount(ctx, s); err != nil {
		return nil, err
	}
	err := tell(ls, ctx, s)
	if cloison.KindOf(err) == cloison.NotFound && err != nil {
		err = nil
	}
	return s.letters, err
}

// meet reads whom the event is about.
func (ls *Letters) readAccount(ctx context.Context, s *draft) error {
	if s.event.Account == 0 {
		return nil
	}
	a, err := ls.accounts.Account(ctx, s.event.Account)
	if cloison.KindOf(err) == cloison.NotFound && err != nil {
		return nil
	}
	if err != nil {
		return err
	}
	return ls.describe(ctx, s, a)
}

func (ls *Letters) describe(ctx context.Context, s *draft, a directory.Account) error {
	s.account, s.facts.Who, s.facts.Roles = a, plain(a.Name), ls.render.roles(a.Roles)
	structure, err := ls.accounts.Structure(ctx, a.Structure)
	if err == nil {
		s.facts.Structure = plain(cloison.Personal(structure.Label))
	} else if cloison.KindOf(err) != cloison.NotFound {
		return err
	}
	for id, name := range map[cloison.AccountID]*string{a.CreatedBy: &s.facts.Maker, a.ApprovedBy: &s.facts.Approver,
		s.event.Actor: &s.facts.Actor} {
		if err := ls.name(ctx, id, name); err != nil {
			return err
		}
	}
	return nil
}

// name reads somebody's name; nobody has none.
func (ls *Letters) name(ctx context.Context, id cloison.AccountID, name *string) error {
	if id == 0 {
		return nil
	}
	a, err := ls.accounts.Account(ctx, id)
	if err != nil && cloison.KindOf(err) != cloison.NotFound {
		return err
	}
	*name = plain(a.Name)
	return nil
}

// told is the whole of which line of the journal makes which letters.
func told() map[string]func(*Letters, context.Context, *draft) error {
	factor := func(change string) func(*Letters, context.Context, *draft) error {
		return func(ls *Letters, ctx context.Context, s *draft) error {
			s.facts.Change, s.facts.Maker, s.facts.Approver = change, "", ""
			if err := ls.toHolder(s, OwnFactor); err != nil {
				return err
			}
			return ls.toDirectors(ctx, s, Factor)
		}
	}
	witness := func(k Kind) func(*Letters, context.Context, *draft) error {
		return func(ls *Letters, ctx context.Context, s *draft) error {
			s.facts.Maker, s.facts.Approver = "", ""
			if err := ls.toHolder(s, k); err != nil {
				return err
			}
			return ls.toDirectors(ctx, s, k)
		}
	}
	review := func(change string) func(*Letters, context.Context, *draft) error {
		return func(ls *Letters, ctx context.Context, s *draft) error { return ls.onReview(ctx, s, change) }
	}
	hold := func(change string) func(*Letters, context.Context, *draft) error {
		return func(ls *Letters, ctx context.Context, s *draft) error { return ls.onLegalHold(ctx, s, change) }
	}
	return map[string]func(*Letters, context.Context, *draft) error{
		"account.proposed":      (*Letters).onProposed,
		"account.approved":      (*Letters).onApproved,
		"account.refused":       (*Letters).onRefused,
		"account.enrolled":      (*Letters).onEnrolled,
		"account.rebound":       factor("rebound"),
		"account.suspended":     (*Letters).onSuspended,
		"account.closed":        (*Letters).onClosed,
		"account.amended":       (*Letters).onAmended,
		"leaver.held":           (*Letters).onHeld,
		"account.witnessed":     witness(Witnessed),
		"enrolment.unwitnessed": witness(Unwitnessed),
		"lineage.cut":           (*Letters).onCut,
		"passkey.added":         factor("added"),
		"passkey.enrolled":      factor("added"),
		"passkey.removed":       factor("removed"),
		"passkey.recovered":     factor("recovered"),
		"passkey.cloned":        factor("cloned"),
		"session.opened":        (*Letters).onSession,
		"session.moved":         (*Letters).onSession,
		"breakglass.opened":     (*Letters).onBreakGlass,
		"caseload.transferred":  (*Letters).onTransferred,
		"ledger.held":           hold("held"),
		"ledger.lift_asked":     hold("asked"),
		"ledger.lifted":         hold("lifted"),
		"review.opened":         review("opened"),
		"review.due":            review("due"),
	}
}

// proposal reads the act of an event and names those who made and decided it.
func (ls *Letters) proposal(ctx context.Context, s *draft) (approval.Proposal, error) {
	p, err := ls.accounts.Proposal(ctx, s.event.Act)
	if err != nil {
		return p, err
	}
	s.facts.Maker, s.facts.Approver, s.facts.Since = "", "", ls.render.day(p.Made)
	if s.facts.Who == "" {
		s.facts.Who, s.facts.Roles = plain(p.Name), ls.render.roles(p.Roles)
	}
	if err := ls.name(ctx, p.By, &s.facts.Maker); err != nil {
		return p, err
	}
	return p, ls.name(ctx, p.DecidedBy, &s.facts.Approver)
}

func (ls *Letters) onProposed(ctx context.Context, s *draft) error {
	p, err := ls.proposal(ctx, s)
	if err != nil || p.Kind != approval.Rebind {
		return err // a new account is told of when there is one; approvers read a digest
	}
	if err := ls.toHolder(s, RecoveryAsked); err != nil {
		return err
	}
	return ls.toDirectors(ctx, s, RecoveryAsked)
}

func (ls *Letters) onApproved(ctx context.Context, s *draft) error {
	p, err := ls.proposal(ctx, s)
	if err != nil {
		return err
	}
	if p.Kind == approval.NewAccounts {
		return ls.toDirectors(ctx, s, Created) // each of them; its maker does not hear of a list person by person
	}
	if err := ls.toMaker(ctx, s, p, "approved"); err != nil {
		return err
	}
	switch p.Kind {
	case approval.NewAccount:
		return ls.toDirectors(ctx, s, Created)
	case approval.Rebind:
		if err := ls.toHolder(s, Recovery); err != nil {
			return err
		}
		return ls.toDirectors(ctx, s, Recovery)
	case approval.Reinstate:
		return ls.toHolder(s, Reinstated)
	}
	return nil
}

func (ls *Letters) onRefused(ctx context.Context, s *draft) error {
	p, err := ls.proposal(ctx, s)
	if err != nil {
		return err
	}
	return ls.toMaker(ctx, s, p, "refused")
}

func (ls *Letters) onEnrolled(_ context.Context, s *draft) error {
	s.facts.Again = s.account.ReenrolledBy != 0
	for id, at := range ls.enrolled {
		if s.event.At.Sub(at) > time.Hour {
			delete(ls.enrolled, id)
		}
	}
	ls.enrolled[s.account.ID] = s.event.At
	return ls.toHolder(s, Enrolled)
}

func (ls *Letters) onSuspended(ctx context.Context, s *draft) error {
	s.facts.Maker, s.facts.Approver, s.facts.Change = "", "", s.event.Detail["reason"]
	if err := ls.toHolder(s, Suspended); err != nil {
		return err
	}
	return ls.toDirectors(ctx, s, StaffSuspended)
}

// tellAmended tells the holder at the address of now and at each that it was before, so that whoever moves the letters
// to a mailbox of theirs does not keep the holder from knowing.
func (ls *Letters) onAmended(ctx context.Context, s *draft) error {
	s.facts.Change, s.facts.Maker, s.facts.Approver = "amended", "", ""
	if err := ls.toHolder(s, OwnFactor); err != nil {
		return err
	}
	former, err := ls.store.FormerAddresses(ctx, s.account.ID)
	if err != nil {
		return err
	}
	for _, f := range former {
		at := s.account
		at.Email = f.Address
		l, err := ls.letter(fmt.Sprintf("former:%d", f.ID), OwnFactor, at, ToHolder, s.facts)
		if err != nil {
			return err
		}
		l.About = s.account.ID
		s.letters = append(s.letters, l)
	}
	return ls.toDirectors(ctx, s, Factor)
}

// tellHeld asks the directors and the officers about somebody of whom a machine says that they left, after it said so
// of too many.
func (ls *Letters) onHeld(ctx context.Context, s *draft) error {
	s.facts.Maker, s.facts.Approver, s.facts.Change = "", "", "held"
	if err := ls.toDirectors(ctx, s, StaffSuspended); err != nil {
		return err
	}
	officers, err := ls.addressees(ctx, s, "", directory.Officer)
	if err != nil {
		return err
	}
	for _, a := range officers {
		if err := ls.writeTo(s, StaffSuspended, a, ToOfficer); err != nil {
			return err
		}
	}
	return nil
}

// tellClosed tells the directors: whoever has left reads no mail here.
func (ls *Letters) onClosed(ctx context.Context, s *draft) error {
	s.facts.Maker, s.facts.Approver, s.facts.Change = "", "", "closed"
	return ls.toDirectors(ctx, s, StaffSuspended)
}

func (ls *Letters) onBreakGlass(ctx context.Context, s *draft) error {
	return ls.toDirectors(ctx, s, BreakGlass)
}

// tellCut writes to each holder, and once to the directors of each structure.
func (ls *Letters) onCut(ctx context.Context, s *draft) error {
	ids, err := ls.store.CutAccounts(ctx, s.event.Act)
	if err != nil {
		return err
	}
	houses := map[cloison.StructureID][]directory.Account{}
	for _, id := range ids {
		a, err := ls.accounts.Account(ctx, id)
		if err != nil {
			return err
		}
		houses[a.Structure] = append(houses[a.Structure], a)
	}
	var names []cloison.StructureID
	for name := range houses {
		names = append(names, name)
	}
	slices.Sort(names)
	s.facts.Cut = true
	for _, name := range names {
		for _, a := range houses[name] {
			if err := ls.describe(ctx, s, a); err != nil {
				return err
			}
			if err := ls.toHolder(s, Suspended); err != nil {
				return err
			}
		}
		s.facts.Count = len(houses[name])
		if err := ls.toDirectors(ctx, s, StaffSuspended); err != nil {
			return err
		}
	}
	return nil
}

// tellSession tells the holder of a device that no session of the account came from before. The session that an
// enrolment opens is told of by the enrolment.
func (ls *Letters) onSession(_ context.Context, s *draft) error {
	if s.event.Detail["new_device"] != "true" || s.event.At.Sub(ls.enrolled[s.account.ID]) < time.Minute {
		return nil
	}
	return ls.toHolder(s, Device)
}

// tellReview writes to whoever confirms accounts in the structure that the event names.
func (ls *Letters) onReview(ctx context.Context, s *draft, change string) error {
	id := cloison.StructureID(s.event.Detail["structure"])
	s.facts.Change = change
	if t, err := time.Parse(time.RFC3339, s.event.Detail["due"]); err == nil {
		s.facts.Ends = ls.render.day(t)
	}
	managers, err := ls.store.Bearers(ctx, id, directory.Manager, batch)
	if err != nil || id == "" {
		return err
	}
	for _, a := range managers {
		if err := ls.writeTo(s, Review, a, ToManager); err != nil {
			return err
		}
	}
	s.account = directory.Account{Structure: id}
	return ls.toDirectors(ctx, s, Review)
}

// toHolder writes to whom the event is about.
func (ls *Letters) toHolder(s *draft, k Kind) error {
	s.facts.Own = true
	return ls.writeTo(s, k, s.account, ToHolder)
}

// toMaker tells the maker of a proposal what became of it.
func (ls *Letters) toMaker(ctx context.Context, s *draft, p approval.Proposal, decision string) error {
	maker, err := ls.accounts.Account(ctx, p.By)
	if err != nil {
		return err
	}
	s.facts.Change = decision
	return ls.writeTo(s, Decided, maker, ToMaker)
}

// toDirectors writes to the structure's directors, the one whom it is about left out; to the officers when there is
// none.
func (ls *Letters) toDirectors(ctx context.Context, s *draft, k Kind) error {
	s.facts.Own = false
	as := ToDirector
	people, err := ls.addressees(ctx, s, s.account.Structure, directory.Director)
	if err == nil && len(people) == 0 {
		as = ToOfficer
		people, err = ls.addressees(ctx, s, "", directory.Officer)
	}
	if err != nil {
		return err
	}
	for _, a := range people {
		if err := ls.writeTo(s, k, a, as); err != nil {
			return err
		}
	}
	return nil
}

// others are the bearers of a role who can be written to, but the one whom the event is about.
func (ls *Letters) addressees(ctx context.Context, s *draft, structure cloison.StructureID, role directory.Role) ([]directory.Account, error) {
	people, err := ls.store.Bearers(ctx, structure, role, batch)
	return slices.DeleteFunc(people, func(a directory.Account) bool { return a.ID == s.account.ID || a.Email == "" }), err
}

// address writes one letter of the story, once for each person and kind.
func (ls *Letters) writeTo(s *draft, k Kind, to directory.Account, as Role) error {
	key := fmt.Sprintf("event:%d:%s:%s", s.event.Seq, k, to.ID)
	if to.ID == 0 || to.Email == "" || s.told[key] {
		return nil
	}
	s.told[key] = true
	l, err := ls.letter(key, k, to, as, s.facts)
	if err != nil {
		return err
	}
	l.About = s.account.ID
	s.letters = append(s.letters, l)
	return nil
}

// letter renders a letter that is due now.
func (ls *Letters) letter(key string, k Kind, to directory.Account, as Role, f facts) (Letter, error) {
	subject, body, err := ls.render.write(k, f)
	now := ls.now()
	return Letter{Key: key, Kind: k, Weight: WeightOf(k), To: to.ID, As: as, Address: to.Email, Subject: subject, Body: body,
		State: Unsent, Made: now, Due: now}, err
}
