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
func (c *Courier) follow(ctx context.Context) error {
	for {
		at, err := c.store.Cursor(ctx, journalReader)
		if err != nil {
			return err
		}
		events, err := c.store.Events(ctx, at, batch)
		if err != nil || len(events) == 0 {
			return err
		}
		b := Batch{Reader: journalReader, From: at, To: events[len(events)-1].Seq}
		for _, e := range events {
			letters, err := c.lettersOf(ctx, e)
			if err != nil {
				return err
			}
			b.Letters = append(b.Letters, letters...)
		}
		if b.Letters, err = c.limited(ctx, b.Letters); err != nil {
			return err
		}
		if err := c.store.Post(ctx, b); err != nil && cloison.KindOf(err) != cloison.Stale {
			return err
		}
	}
}

// stale lines are not told: what happened before the outbox was there, or while nobody followed.
func (c *Courier) staleLine(e journal.Event) bool { return c.now().Sub(e.At) > c.settings.TooOld }

// story is an event with what its letters say.
type story struct {
	event   journal.Event
	account directory.Account
	facts   facts
	letters []Letter
	told    map[string]bool // who is written to already about that
}

// lettersOf writes the letters of one line. An account, structure or proposal that is gone makes no letter, and no
// error.
func (c *Courier) lettersOf(ctx context.Context, e journal.Event) ([]Letter, error) {
	tell, ok := told()[e.Code]
	if !ok || c.staleLine(e) {
		return nil, nil
	}
	s := &story{event: e, told: map[string]bool{}, facts: facts{When: c.writer.when(e.At)}}
	if err := c.meet(ctx, s); err != nil {
		return nil, err
	}
	err := tell(c, ctx, s)
	if cloison.KindOf(err) == cloison.NotFound && err != nil {
		err = nil
	}
	return s.letters, err
}

// meet reads whom the event is about.
func (c *Courier) meet(ctx context.Context, s *story) error {
	if s.event.Account == 0 {
		return nil
	}
	a, err := c.accounts.Account(ctx, s.event.Account)
	if cloison.KindOf(err) == cloison.NotFound && err != nil {
		return nil
	}
	if err != nil {
		return err
	}
	return c.about(ctx, s, a)
}

func (c *Courier) about(ctx context.Context, s *story, a directory.Account) error {
	s.account, s.facts.Who, s.facts.Roles = a, plain(a.Name), c.writer.roles(a.Roles)
	structure, err := c.accounts.Structure(ctx, a.Structure)
	if err == nil {
		s.facts.Structure = plain(cloison.Personal(structure.Label))
	} else if cloison.KindOf(err) != cloison.NotFound {
		return err
	}
	for id, name := range map[cloison.AccountID]*string{a.CreatedBy: &s.facts.Maker, a.ApprovedBy: &s.facts.Approver,
		s.event.Actor: &s.facts.Actor} {
		if err := c.name(ctx, id, name); err != nil {
			return err
		}
	}
	return nil
}

// name reads somebody's name; nobody has none.
func (c *Courier) name(ctx context.Context, id cloison.AccountID, name *string) error {
	if id == 0 {
		return nil
	}
	a, err := c.accounts.Account(ctx, id)
	if err != nil && cloison.KindOf(err) != cloison.NotFound {
		return err
	}
	*name = plain(a.Name)
	return nil
}

// told is the whole of which line of the journal makes which letters.
func told() map[string]func(*Courier, context.Context, *story) error {
	factor := func(change string) func(*Courier, context.Context, *story) error {
		return func(c *Courier, ctx context.Context, s *story) error {
			s.facts.Change, s.facts.Maker, s.facts.Approver = change, "", ""
			if err := c.toHolder(s, OwnFactor); err != nil {
				return err
			}
			return c.toDirectors(ctx, s, Factor)
		}
	}
	witness := func(k Kind) func(*Courier, context.Context, *story) error {
		return func(c *Courier, ctx context.Context, s *story) error {
			s.facts.Maker, s.facts.Approver = "", ""
			if err := c.toHolder(s, k); err != nil {
				return err
			}
			return c.toDirectors(ctx, s, k)
		}
	}
	review := func(change string) func(*Courier, context.Context, *story) error {
		return func(c *Courier, ctx context.Context, s *story) error { return c.tellReview(ctx, s, change) }
	}
	hold := func(change string) func(*Courier, context.Context, *story) error {
		return func(c *Courier, ctx context.Context, s *story) error { return c.tellHold(ctx, s, change) }
	}
	return map[string]func(*Courier, context.Context, *story) error{
		"account.proposed":      (*Courier).tellProposed,
		"account.approved":      (*Courier).tellApproved,
		"account.refused":       (*Courier).tellRefused,
		"account.enrolled":      (*Courier).tellEnrolled,
		"account.rebound":       factor("rebound"),
		"account.suspended":     (*Courier).tellSuspended,
		"account.closed":        (*Courier).tellClosed,
		"account.amended":       (*Courier).tellAmended,
		"leaver.held":           (*Courier).tellHeld,
		"account.witnessed":     witness(Witnessed),
		"enrolment.unwitnessed": witness(Unwitnessed),
		"lineage.cut":           (*Courier).tellCut,
		"passkey.added":         factor("added"),
		"passkey.enrolled":      factor("added"),
		"passkey.removed":       factor("removed"),
		"passkey.recovered":     factor("recovered"),
		"passkey.cloned":        factor("cloned"),
		"session.opened":        (*Courier).tellSession,
		"session.moved":         (*Courier).tellSession,
		"breakglass.opened":     (*Courier).tellBreakGlass,
		"caseload.transferred":  (*Courier).tellTransferred,
		"ledger.held":           hold("held"),
		"ledger.lift_asked":     hold("asked"),
		"ledger.lifted":         hold("lifted"),
		"review.opened":         review("opened"),
		"review.due":            review("due"),
	}
}

// proposal reads the act of an event and names those who made and decided it.
func (c *Courier) proposal(ctx context.Context, s *story) (approval.Proposal, error) {
	p, err := c.accounts.Proposal(ctx, s.event.Act)
	if err != nil {
		return p, err
	}
	s.facts.Maker, s.facts.Approver, s.facts.Since = "", "", c.writer.day(p.Made)
	if s.facts.Who == "" {
		s.facts.Who, s.facts.Roles = plain(p.Name), c.writer.roles(p.Roles)
	}
	if err := c.name(ctx, p.By, &s.facts.Maker); err != nil {
		return p, err
	}
	return p, c.name(ctx, p.DecidedBy, &s.facts.Approver)
}

func (c *Courier) tellProposed(ctx context.Context, s *story) error {
	p, err := c.proposal(ctx, s)
	if err != nil || p.Kind != approval.Rebind {
		return err // a new account is told of when there is one; approvers read a digest
	}
	if err := c.toHolder(s, RecoveryAsked); err != nil {
		return err
	}
	return c.toDirectors(ctx, s, RecoveryAsked)
}

func (c *Courier) tellApproved(ctx context.Context, s *story) error {
	p, err := c.proposal(ctx, s)
	if err != nil {
		return err
	}
	if p.Kind == approval.NewAccounts {
		return c.toDirectors(ctx, s, Created) // each of them; its maker does not hear of a list person by person
	}
	if err := c.toMaker(ctx, s, p, "approved"); err != nil {
		return err
	}
	switch p.Kind {
	case approval.NewAccount:
		return c.toDirectors(ctx, s, Created)
	case approval.Rebind:
		if err := c.toHolder(s, Recovery); err != nil {
			return err
		}
		return c.toDirectors(ctx, s, Recovery)
	case approval.Reinstate:
		return c.toHolder(s, Reinstated)
	}
	return nil
}

func (c *Courier) tellRefused(ctx context.Context, s *story) error {
	p, err := c.proposal(ctx, s)
	if err != nil {
		return err
	}
	return c.toMaker(ctx, s, p, "refused")
}

func (c *Courier) tellEnrolled(_ context.Context, s *story) error {
	s.facts.Again = s.account.ReenrolledBy != 0
	for id, at := range c.enrolled {
		if s.event.At.Sub(at) > time.Hour {
			delete(c.enrolled, id)
		}
	}
	c.enrolled[s.account.ID] = s.event.At
	return c.toHolder(s, Enrolled)
}

func (c *Courier) tellSuspended(ctx context.Context, s *story) error {
	s.facts.Maker, s.facts.Approver, s.facts.Change = "", "", s.event.Detail["reason"]
	if err := c.toHolder(s, Suspended); err != nil {
		return err
	}
	return c.toDirectors(ctx, s, StaffSuspended)
}

// tellAmended tells the holder at the address of now and at each that it was before, so that whoever moves the letters
// to a mailbox of theirs does not keep the holder from knowing.
func (c *Courier) tellAmended(ctx context.Context, s *story) error {
	s.facts.Change, s.facts.Maker, s.facts.Approver = "amended", "", ""
	if err := c.toHolder(s, OwnFactor); err != nil {
		return err
	}
	former, err := c.store.FormerAddresses(ctx, s.account.ID)
	if err != nil {
		return err
	}
	for _, f := range former {
		at := s.account
		at.Email = f.Address
		l, err := c.letter(fmt.Sprintf("former:%d", f.ID), OwnFactor, at, ToHolder, s.facts)
		if err != nil {
			return err
		}
		l.About = s.account.ID
		s.letters = append(s.letters, l)
	}
	return c.toDirectors(ctx, s, Factor)
}

// tellHeld asks the directors and the officers about somebody of whom a machine says that they left, after it said so
// of too many.
func (c *Courier) tellHeld(ctx context.Context, s *story) error {
	s.facts.Maker, s.facts.Approver, s.facts.Change = "", "", "held"
	if err := c.toDirectors(ctx, s, StaffSuspended); err != nil {
		return err
	}
	officers, err := c.others(ctx, s, "", directory.Officer)
	if err != nil {
		return err
	}
	for _, a := range officers {
		if err := c.address(s, StaffSuspended, a, ToOfficer); err != nil {
			return err
		}
	}
	return nil
}

// tellClosed tells the directors: whoever has left reads no mail here.
func (c *Courier) tellClosed(ctx context.Context, s *story) error {
	s.facts.Maker, s.facts.Approver, s.facts.Change = "", "", "closed"
	return c.toDirectors(ctx, s, StaffSuspended)
}

func (c *Courier) tellBreakGlass(ctx context.Context, s *story) error {
	return c.toDirectors(ctx, s, BreakGlass)
}

// tellCut writes to each holder, and once to the directors of each structure.
func (c *Courier) tellCut(ctx context.Context, s *story) error {
	ids, err := c.store.CutAccounts(ctx, s.event.Act)
	if err != nil {
		return err
	}
	houses := map[cloison.StructureID][]directory.Account{}
	for _, id := range ids {
		a, err := c.accounts.Account(ctx, id)
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
			if err := c.about(ctx, s, a); err != nil {
				return err
			}
			if err := c.toHolder(s, Suspended); err != nil {
				return err
			}
		}
		s.facts.Count = len(houses[name])
		if err := c.toDirectors(ctx, s, StaffSuspended); err != nil {
			return err
		}
	}
	return nil
}

// tellSession tells the holder of a device that no session of the account came from before. The session that an
// enrolment opens is told of by the enrolment.
func (c *Courier) tellSession(_ context.Context, s *story) error {
	if s.event.Detail["new_device"] != "true" || s.event.At.Sub(c.enrolled[s.account.ID]) < time.Minute {
		return nil
	}
	return c.toHolder(s, Device)
}

// tellReview writes to whoever confirms accounts in the structure that the event names.
func (c *Courier) tellReview(ctx context.Context, s *story, change string) error {
	id := cloison.StructureID(s.event.Detail["structure"])
	s.facts.Change = change
	if t, err := time.Parse(time.RFC3339, s.event.Detail["due"]); err == nil {
		s.facts.Ends = c.writer.day(t)
	}
	managers, err := c.store.Bearers(ctx, id, directory.Manager, batch)
	if err != nil || id == "" {
		return err
	}
	for _, a := range managers {
		if err := c.address(s, Review, a, ToManager); err != nil {
			return err
		}
	}
	s.account = directory.Account{Structure: id}
	return c.toDirectors(ctx, s, Review)
}

// toHolder writes to whom the event is about.
func (c *Courier) toHolder(s *story, k Kind) error {
	s.facts.Own = true
	return c.address(s, k, s.account, ToHolder)
}

// toMaker tells the maker of a proposal what became of it.
func (c *Courier) toMaker(ctx context.Context, s *story, p approval.Proposal, decision string) error {
	maker, err := c.accounts.Account(ctx, p.By)
	if err != nil {
		return err
	}
	s.facts.Change = decision
	return c.address(s, Decided, maker, ToMaker)
}

// toDirectors writes to the structure's directors, the one whom it is about left out; to the officers when there is
// none.
func (c *Courier) toDirectors(ctx context.Context, s *story, k Kind) error {
	s.facts.Own = false
	as := ToDirector
	people, err := c.others(ctx, s, s.account.Structure, directory.Director)
	if err == nil && len(people) == 0 {
		as = ToOfficer
		people, err = c.others(ctx, s, "", directory.Officer)
	}
	if err != nil {
		return err
	}
	for _, a := range people {
		if err := c.address(s, k, a, as); err != nil {
			return err
		}
	}
	return nil
}

// others are the bearers of a role who can be written to, but the one whom the event is about.
func (c *Courier) others(ctx context.Context, s *story, structure cloison.StructureID, role directory.Role) ([]directory.Account, error) {
	people, err := c.store.Bearers(ctx, structure, role, batch)
	return slices.DeleteFunc(people, func(a directory.Account) bool { return a.ID == s.account.ID || a.Email == "" }), err
}

// address writes one letter of the story, once for each person and kind.
func (c *Courier) address(s *story, k Kind, to directory.Account, as Role) error {
	key := fmt.Sprintf("event:%d:%s:%s", s.event.Seq, k, to.ID)
	if to.ID == 0 || to.Email == "" || s.told[key] {
		return nil
	}
	s.told[key] = true
	l, err := c.letter(key, k, to, as, s.facts)
	if err != nil {
		return err
	}
	l.About = s.account.ID
	s.letters = append(s.letters, l)
	return nil
}

// letter renders a letter that is due now.
func (c *Courier) letter(key string, k Kind, to directory.Account, as Role, f facts) (Letter, error) {
	subject, body, err := c.writer.write(k, f)
	now := c.now()
	return Letter{Key: key, Kind: k, Weight: WeightOf(k), To: to.ID, As: as, Address: to.Email, Subject: subject, Body: body,
		State: Unsent, Made: now, Due: now}, err
}
