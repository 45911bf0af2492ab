package directory

import (
	"slices"
	"time"

	"cloison"
)

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

// Independent says whether b is outside a's control, wherever both work: nil, or a Denied error with its [Bar]. Two
// who must agree are asked so.
func Independent(a, b Account) error {
	if bar := outsideControl(a, b, true); bar != "" {
		return deny(bar)
	}
	return nil
}

// selfGranted reports whether maker's word, given at that time, that account meets somebody is the account's own word
// in another's mouth (design: an explanation must be exogenous). creator is the account's creator, zero when
// imported.
//
// It is so when the maker is the account itself, made it or is its root; when the account made the maker, or its
// creator did while itself on probation; when both are of one lineage and the maker was still on probation; and when
// the maker has been cut since, because nobody knows who spoke.
func selfGranted(account, creator, maker Account, at time.Time) bool {
	switch {
	case maker.ID == account.ID, account.madeBy(maker.ID), maker.ID == account.Lineage:
		return true
	case maker.madeBy(account.ID), creator.ID != 0 && creator.OnProbation(at) && maker.madeBy(creator.ID):
		return true
	case maker.Lineage == account.Lineage && maker.OnProbation(at):
		return true
	}
	return maker.SuspendedIn != 0
}
