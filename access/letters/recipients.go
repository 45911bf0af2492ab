package letters

import (
	"context"
	"fmt"
	"slices"

	"cloison"
	"cloison/access/approval"
	"cloison/access/directory"
	"cloison/ledger/journal"
)

// draft is an event with its letters in the making.
type draft struct {
	event   journal.Event
	account directory.Account
	facts   facts
	letters []Letter
	written map[string]bool // keys of the letters that are there
}

// readAccount reads the account that the event is about.
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

// describe puts an account into the facts.
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

// name reads the name of an account; the zero account has none.
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

// toHolderAndDirectors writes one kind to the holder and another to the directors.
func (ls *Letters) toHolderAndDirectors(ctx context.Context, s *draft, own, others Kind) error {
	if err := ls.toHolder(s, own); err != nil {
		return err
	}
	return ls.toDirectors(ctx, s, others)
}

// toHolder writes to the account that the event is about.
func (ls *Letters) toHolder(s *draft, k Kind) error {
	s.facts.Own = true
	return ls.writeTo(s, k, s.account, ToHolder)
}

// toMaker writes the decision to the maker of a proposal.
func (ls *Letters) toMaker(ctx context.Context, s *draft, p approval.Proposal, decision string) error {
	maker, err := ls.accounts.Account(ctx, p.By)
	if err != nil {
		return err
	}
	s.facts.Change = decision
	return ls.writeTo(s, Decided, maker, ToMaker)
}

// toDirectors writes to the structure's directors, but not to one that the event is about; to the officers when there
// is no director.
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

// addressees are the bearers of a role with an address, but not the one that the event is about.
func (ls *Letters) addressees(ctx context.Context, s *draft, structure cloison.StructureID, role directory.Role) ([]directory.Account, error) {
	people, err := ls.store.Bearers(ctx, structure, role, batch)
	return slices.DeleteFunc(people, func(a directory.Account) bool { return a.ID == s.account.ID || a.Email == "" }), err
}

// writeTo writes one letter of the draft, once for each account and kind.
func (ls *Letters) writeTo(s *draft, k Kind, to directory.Account, as Role) error {
	key := fmt.Sprintf("event:%d:%s:%s", s.event.Seq, k, to.ID)
	if to.ID == 0 || to.Email == "" || s.written[key] {
		return nil
	}
	s.written[key] = true
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
