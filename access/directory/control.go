package directory

import (
	"context"
	"slices"
	"time"

	"cloison"
)

// settling is for how long after its probation an account is new still to those who were made with it: two tools of one
// hijacked manager wait out ten working days, and its manager is found out meanwhile or is asked by its director what
// these two do.
const settling = 30 * 24 * time.Hour

// settled reports whether the account stands for itself at t: it was imported, or its probation is over for long.
func (a Account) settled(t time.Time) bool {
	return a.ProbationUntil.IsZero() || !t.Before(a.ProbationUntil.Add(settling))
}

// makers lists who created, approved or last re-enrolled the account.
func (a Account) makers() []cloison.AccountID {
	return slices.DeleteFunc([]cloison.AccountID{a.CreatedBy, a.ApprovedBy, a.ReenrolledBy},
		func(id cloison.AccountID) bool { return id == 0 })
}

// madeBy reports whether maker created, approved or last re-enrolled the account.
func (a Account) madeBy(maker cloison.AccountID) bool { return slices.Contains(a.makers(), maker) }

// lineageUnder is the root for what maker creates or re-enrols at t: the maker, unless it is itself so new that it
// may be somebody else's tool; then its own root.
func lineageUnder(maker Account, t time.Time) cloison.AccountID {
	if maker.OnProbation(t) && maker.Lineage != 0 {
		return maker.Lineage
	}
	return maker.ID
}

// outsideControl says why decider is not independent enough of maker to decide what maker proposed, or "".
func outsideControl(maker, decider Account, sameStructure bool) Bar {
	switch {
	case maker.ID == decider.ID:
		return OwnProposal
	case maker.madeBy(decider.ID), decider.madeBy(maker.ID):
		return InControl
	case maker.Lineage == decider.Lineage, maker.Lineage == decider.ID, decider.Lineage == maker.ID:
		return SameLineage
	case maker.Structure == decider.Structure && !sameStructure:
		return InControl
	}
	return ""
}

// reader finds an account.
type reader func(ctx context.Context, id cloison.AccountID) (Account, error)

// once reads each account once.
func once(read reader) reader {
	known := map[cloison.AccountID]Account{}
	return func(ctx context.Context, id cloison.AccountID) (a Account, err error) {
		if a, ok := known[id]; ok {
			return a, nil
		}
		if a, err = read(ctx, id); err == nil {
			known[id] = a
		}
		return a, err
	}
}

// below reports whether a stands below top in the descent, at any depth: top created it, re-enrolled it or is its root,
// or did so with one who did. Who approved an account has no hold on what it makes.
func below(ctx context.Context, read reader, a Account, top cloison.AccountID) (bool, error) {
	seen := map[cloison.AccountID]bool{a.ID: true}
	for todo := []Account{a}; len(todo) > 0; todo = todo[1:] {
		for _, id := range []cloison.AccountID{todo[0].CreatedBy, todo[0].ReenrolledBy, todo[0].Lineage} {
			switch {
			case id == 0 || seen[id]:
				continue
			case id == top:
				return true, nil
			}
			seen[id] = true
			next, err := read(ctx, id)
			if err != nil && cloison.KindOf(err) != cloison.NotFound {
				return false, err
			}
			if err == nil {
				todo = append(todo, next)
			}
		}
	}
	return false, nil
}

// apart is outsideControl, and looks for one of them below the other.
func apart(ctx context.Context, read reader, maker, decider Account, sameStructure bool) (Bar, error) {
	if b := outsideControl(maker, decider, sameStructure); b != "" {
		return b, nil
	}
	for _, pair := range [][2]Account{{decider, maker}, {maker, decider}} {
		switch under, err := below(ctx, read, pair[0], pair[1].ID); {
		case err != nil:
			return "", err
		case under:
			return SameLineage, nil
		}
	}
	return "", nil
}

// Accounts is what [Independent] reads; each stage's store has it.
type Accounts interface {
	Account(ctx context.Context, id cloison.AccountID) (Account, error)
}

// Independent says whether b is outside a's control, wherever both work: nil, or a Denied error with its [Bar]. Two
// who must agree are asked so.
func Independent(ctx context.Context, all Accounts, a, b Account) error {
	bar, err := apart(ctx, all.Account, a, b, true)
	if err == nil && bar != "" {
		return deny(bar)
	}
	return err
}

// MayKeep says whether by's word, given at that time, that subject's account is still needed counts as somebody else's:
// nil, or a Denied error with its [Bar]. It does not when by is on probation itself, or was made by subject, nor for an
// account that by or a fellow of its lineage had made so lately that it is in their hands still. Who may stop an
// account may do so all the same.
func MayKeep(by, subject Account, at time.Time) error {
	switch kin := by.Lineage == subject.Lineage; {
	case by.OnProbation(at):
		return deny(Newcomer)
	case by.madeBy(subject.ID), !subject.settled(at) && (kin || subject.Lineage == by.ID || subject.madeBy(by.ID)):
		return deny(TooClose)
	}
	return nil
}

// selfGranted reports whether maker's word, given at that time, that account meets somebody is the account's own word
// in another's mouth (design: an explanation must be exogenous). creators is the account's creator, its creator and so
// on, none when it was imported.
//
// It is so when the maker is the account itself, made it or is its root; when the account made the maker, or its
// creator did or was made by the maker while itself not settled, and so on up; when both are of one lineage and the
// maker was on probation, or neither was settled; and when the maker has been cut since, because nobody knows who
// spoke.
func selfGranted(account Account, creators []Account, maker Account, at time.Time) bool {
	kin := maker.Lineage == account.Lineage
	switch {
	case maker.ID == account.ID, account.madeBy(maker.ID), maker.ID == account.Lineage:
		return true
	case maker.madeBy(account.ID), maker.SuspendedIn != 0:
		return true
	case kin && (maker.OnProbation(at) || !maker.settled(at) && !account.settled(at)):
		return true
	}
	for _, c := range creators {
		if c.settled(at) {
			return false
		}
		if maker.madeBy(c.ID) || c.madeBy(maker.ID) {
			return true
		}
	}
	return false
}
