package approval

import (
	"context"
	"time"

	"cloison"
	"cloison/access/directory"
)

// lineageUnder returns the root for an account that maker creates or re-enrols at t: the maker itself or, while it is
// on probation and may be somebody else's tool, its own root.
func lineageUnder(maker directory.Account, t time.Time) cloison.AccountID {
	if maker.OnProbation(t) && maker.Lineage != 0 {
		return maker.Lineage
	}
	return maker.ID
}

// directDependence returns why decider may not decide on a proposal of maker, by their own fields alone, or "".
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

// accountReader reads one account.
type accountReader func(ctx context.Context, id cloison.AccountID) (directory.Account, error)

// cachedReader reads each account once.
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

// descendsFrom reports whether top created a, re-enrolled it or is its root, or did so with an account above a, at
// any depth. An approver has no power over what the approved account makes later, so approvals do not count.
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

// dependence is directDependence, and looks whether one of the two descends from the other.
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

// Independent says whether b is independent of a, wherever both work: nil, or a Denied error with its
// [directory.DenyReason]. Acts that need two people ask it.
func Independent(ctx context.Context, all directory.AccountReader, a, b directory.Account) error {
	reason, err := dependence(ctx, all.Account, a, b, true)
	if err == nil && reason != "" {
		return directory.Deny(reason)
	}
	return err
}

// MayKeep says whether by may confirm, in a review at that time, that subject's account is still needed: nil, or a
// Denied error with its [directory.DenyReason]. It may not while it is on probation, nor when subject made it, nor
// for an account that is not settled and that it made, or of which it is the root, or that is of its own lineage. It
// may still stop the account, if it has the right.
func MayKeep(by, subject directory.Account, at time.Time) error {
	switch sameLineage := by.Lineage == subject.Lineage; {
	case by.OnProbation(at):
		return directory.Deny(directory.Newcomer)
	case by.MadeBy(subject.ID), !subject.Settled(at) && (sameLineage || subject.Lineage == by.ID || subject.MadeBy(by.ID)):
		return directory.Deny(directory.TooClose)
	}
	return nil
}
