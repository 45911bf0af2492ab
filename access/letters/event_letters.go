package letters

import (
	"context"
	"fmt"
	"slices"
	"strconv"
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

// readJournal writes the letters of the journal's new lines. The letters and the cursor are one transaction; another
// replica that came first is no error.
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

// tooOld reports a line that makes no letter any more: it is from before the outbox, or from a time when no replica
// ran.
func (ls *Letters) tooOld(e journal.Event) bool { return ls.now().Sub(e.At) > ls.settings.TooOld }

// lettersOf writes the letters of one line. An account, structure or proposal that is gone makes no letter, and no
// error.
func (ls *Letters) lettersOf(ctx context.Context, e journal.Event) ([]Letter, error) {
	write, ok := ls.events[e.Code]
	if !ok || ls.tooOld(e) {
		return nil, nil
	}
	s := &draft{event: e, written: map[string]bool{}, facts: facts{When: ls.render.when(e.At)}}
	if err := ls.readAccount(ctx, s); err != nil {
		return nil, err
	}
	err := write(ctx, s)
	if cloison.KindOf(err) == cloison.NotFound && err != nil {
		err = nil
	}
	return s.letters, err
}

// lettersOfEvents is the whole of which line of the journal makes which letters.
func (ls *Letters) lettersOfEvents() map[string]func(context.Context, *draft) error {
	factor := func(change string) func(context.Context, *draft) error {
		return func(ctx context.Context, s *draft) error {
			s.facts.Change, s.facts.Maker, s.facts.Approver = change, "", ""
			return ls.toHolderAndDirectors(ctx, s, OwnFactor, Factor)
		}
	}
	witness := func(k Kind) func(context.Context, *draft) error {
		return func(ctx context.Context, s *draft) error {
			s.facts.Maker, s.facts.Approver = "", ""
			return ls.toHolderAndDirectors(ctx, s, k, k)
		}
	}
	review := func(change string) func(context.Context, *draft) error {
		return func(ctx context.Context, s *draft) error { return ls.onReview(ctx, s, change) }
	}
	hold := func(change string) func(context.Context, *draft) error {
		return func(ctx context.Context, s *draft) error { return ls.onLegalHold(ctx, s, change) }
	}
	return map[string]func(context.Context, *draft) error{
		"account.proposed":      ls.onProposed,
		"account.approved":      ls.onApproved,
		"account.refused":       ls.onRefused,
		"account.enrolled":      ls.onEnrolled,
		"account.rebound":       factor("rebound"),
		"account.suspended":     ls.onSuspended,
		"account.closed":        ls.onClosed,
		"account.amended":       ls.onAmended,
		"leaver.held":           ls.onDepartureHeld,
		"account.witnessed":     witness(Witnessed),
		"enrolment.unwitnessed": witness(Unwitnessed),
		"lineage.cut":           ls.onCut,
		"passkey.added":         factor("added"),
		"passkey.enrolled":      factor("added"),
		"passkey.removed":       factor("removed"),
		"passkey.recovered":     factor("recovered"),
		"passkey.cloned":        factor("cloned"),
		"session.opened":        ls.onSession,
		"session.moved":         ls.onSession,
		"breakglass.opened":     ls.onBreakGlass,
		"caseload.transferred":  ls.onTransferred,
		"ledger.held":           hold("held"),
		"ledger.lift_asked":     hold("asked"),
		"ledger.lifted":         hold("lifted"),
		"review.opened":         review("opened"),
		"review.due":            review("due"),
	}
}

// proposal reads the proposal of an event, with the names of its maker and its approver.
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
		return err // a new account makes a letter when it is there; approvers read a digest
	}
	return ls.toHolderAndDirectors(ctx, s, RecoveryAsked, RecoveryAsked)
}

func (ls *Letters) onApproved(ctx context.Context, s *draft) error {
	p, err := ls.proposal(ctx, s)
	if err != nil {
		return err
	}
	if p.Kind == approval.NewAccounts {
		return ls.toDirectors(ctx, s, Created) // one letter each; the maker of a list gets no letter person by person
	}
	if err := ls.toMaker(ctx, s, p, "approved"); err != nil {
		return err
	}
	switch p.Kind {
	case approval.NewAccount:
		return ls.toDirectors(ctx, s, Created)
	case approval.Rebind:
		return ls.toHolderAndDirectors(ctx, s, Recovery, Recovery)
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
	return ls.toHolderAndDirectors(ctx, s, Suspended, StaffSuspended)
}

// onAmended writes to the holder at the new address and at each former one, so that a thief who moves the letters to
// another mailbox cannot hide it from the holder.
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

// onDepartureHeld asks the directors and the officers about a departure that a machine reported above the day's number.
func (ls *Letters) onDepartureHeld(ctx context.Context, s *draft) error {
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

// onClosed writes to the directors alone: a holder that has left reads no mail here.
func (ls *Letters) onClosed(ctx context.Context, s *draft) error {
	s.facts.Maker, s.facts.Approver, s.facts.Change = "", "", "closed"
	return ls.toDirectors(ctx, s, StaffSuspended)
}

func (ls *Letters) onBreakGlass(ctx context.Context, s *draft) error {
	return ls.toDirectors(ctx, s, BreakGlass)
}

// onCut writes to each holder, and once to the directors of each structure.
func (ls *Letters) onCut(ctx context.Context, s *draft) error {
	ids, err := ls.store.CutAccounts(ctx, s.event.Act)
	if err != nil {
		return err
	}
	structures := map[cloison.StructureID][]directory.Account{}
	for _, id := range ids {
		a, err := ls.accounts.Account(ctx, id)
		if err != nil {
			return err
		}
		structures[a.Structure] = append(structures[a.Structure], a)
	}
	var names []cloison.StructureID
	for name := range structures {
		names = append(names, name)
	}
	slices.Sort(names)
	s.facts.Cut = true
	for _, name := range names {
		for _, a := range structures[name] {
			if err := ls.describe(ctx, s, a); err != nil {
				return err
			}
			if err := ls.toHolder(s, Suspended); err != nil {
				return err
			}
		}
		s.facts.Count = len(structures[name])
		if err := ls.toDirectors(ctx, s, StaffSuspended); err != nil {
			return err
		}
	}
	return nil
}

// onSession tells the holder of a device from which no session of the account came before. The session that an
// enrolment opens makes no letter: the enrolment does.
func (ls *Letters) onSession(_ context.Context, s *draft) error {
	if s.event.Detail["new_device"] != "true" || s.event.At.Sub(ls.enrolled[s.account.ID]) < time.Minute {
		return nil
	}
	return ls.toHolder(s, Device)
}

// onReview writes to the managers and directors of the structure that the event names.
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

// onTransferred writes to the directors of the receiver of a caseload, and to those of its giver, who may be the same.
func (ls *Letters) onTransferred(ctx context.Context, s *draft) error {
	id, err := cloison.ParseAccountID(s.event.Detail["from"])
	if err != nil {
		return nil // no line of ours
	}
	giver, err := ls.accounts.Account(ctx, id)
	if err != nil {
		return err
	}
	structure, err := ls.accounts.Structure(ctx, giver.Structure)
	if err != nil {
		return err
	}
	f := &s.facts
	f.Maker, f.Approver, f.Giver, f.GiverStructure = "", "", plain(giver.Name), plain(cloison.Personal(structure.Label))
	if f.Actor == "" {
		if err := ls.name(ctx, s.event.Actor, &f.Actor); err != nil {
			return err
		}
	}
	f.Count, _ = strconv.Atoi(s.event.Detail["persons"]) // else 0
	if t, err := time.Parse(time.RFC3339, s.event.Detail["since"]); err == nil {
		f.Since = ls.render.day(t)
	}
	if err := ls.toDirectors(ctx, s, Transferred); err != nil {
		return err
	}
	s.account = giver
	return ls.toDirectors(ctx, s, Transferred)
}

// onLegalHold writes to all officers and DPOs: no hold ends in silence.
func (ls *Letters) onLegalHold(ctx context.Context, s *draft, change string) error {
	s.facts.Change = change
	if err := ls.name(ctx, s.event.Actor, &s.facts.Actor); err != nil {
		return err
	}
	for _, to := range []struct {
		role directory.Role
		as   Role
	}{{directory.Officer, ToOfficer}, {directory.DPO, ToDPO}} {
		people, err := ls.addressees(ctx, s, "", to.role)
		if err != nil {
			return err
		}
		for _, a := range people {
			if err := ls.writeTo(s, LedgerHold, a, to.as); err != nil {
				return err
			}
		}
	}
	return nil
}
