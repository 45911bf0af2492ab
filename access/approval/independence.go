package approval

import (
	"context"
	"time"

	"cloison"
	"cloison/access/directory"
)

// lineageUnder is the root for what maker creates or re-enrols at t: the maker, unless it is itself so new that it
// may be somebody else's tool; then its own root.
func lineageUnder(maker directory.Account, t time.Time) cloison.AccountID {
	if maker.OnProbation(t) && maker.Lineage != 0 {
		return maker.Lineage
	}
	return maker.ID
}

// directDependence says why decider is not independent enough of maker to decide what maker proposed, or "".
func directDependence(maker, decider directory.Account, sameStructure bool) directory.DenyReason {
	switch {
	case maker.ID == decider.ID:
		return directory.OwnProposal
	case maker.MadeBy(decider.ID), decider.MadeBy(maker.ID):
		return directory.InControl
	case maker.Lineage == decider.Lineage, maker.Lineage == decider.ID, decider.Lineage == maker.ID:
		return directory.SameLineage
	case maker.Structure == decider.Structure && !sameStructure:
		return directory.InControl
	}
	return ""
}

// accountReader finds an account.
type accountReader func(ctx context.Context, id cloison.AccountID) (directory.Account, error)

// cachedReader reads each account cachedReader.
func cachedReader(read accountReader) accountReader {
	known := map[cloison.AccountID]directory.Account{}
	return func(ctx context.Context, id cloison.AccountID) (a directory.Account, err error) {
		if a, ok := known[id]; ok {
			return a, nil
		}
		if a, err = read(ctx, id); err == nil {
			known[id] = a
		}
		return a, err
	}
}

// descendsFrom reports whether a stands descendsFrom top in the descent, at any depth: top created it, re-enrolled it or is its root,
// or did so with one who did. Who approved an account has no hold on what it makes.
func descendsFrom(ctx context.Context, read accountReader, a directory.Account, top cloison.AccountID) (bool, error) {
	seen := map[cloison.AccountID]bool{a.ID: true}
	for todo := []directory.Account{a}; len(todo) > 0; todo = todo[1:] {
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

// dependence is outsideControl, and looks for one of them below the other.
func dependence(ctx context.Context, read accountReader, maker, decider directory.Account, sameStructure bool) (directory.DenyReason, error) {
	if b := directDependence(maker, decider, sameStructure); b != "" {
		return b, nil
	}
	for _, pair := range [][2]directory.Account{{decider, maker}, {maker, decider}} {
		switch under, err := descendsFrom(ctx, read, pair[0], pair[1].ID); {
		case err != nil:
			return "", err
		case under:
			return directory.SameLineage, nil
		}
	}
	return "", nil
}

// Independent says whether b is outside a's control, wherever both work: nil, or a Denied error with its [directory.DenyReason]. Two
// who must agree are asked so.
func Independent(ctx context.Context, all directory.AccountReader, a, b directory.Account) error {
	bar, err := dependence(ctx, all.Account, a, b, true)
	if err == nil && bar != "" {
		return directory.Deny(bar)
	}
	return err
}

// MayKeep says whether by's word, given at that time, that subject's account is still needed counts as somebody else's:
// nil, or a Denied error with its [directory.DenyReason]. It does not when by is on probation itself, or was made by subject, nor for an
// account that by or a fellow of its lineage had made so lately that it is in their hands still. Who may stop an
// account may do so all the same.
func MayKeep(by, subject directory.Account, at time.Time) error {
	switch kin := by.Lineage == subject.Lineage; {
	case by.OnProbation(at):
		return directory.Deny(directory.Newcomer)
	case by.MadeBy(subject.ID), !subject.Settled(at) && (kin || subject.Lineage == by.ID || subject.MadeBy(by.ID)):
		return directory.Deny(directory.TooClose)
	}
	return nil
}
