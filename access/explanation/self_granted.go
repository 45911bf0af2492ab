package explanation

import (
	"context"
	"time"

	"cloison/access/directory"
)

// selfGranted reports whether maker's word, given at that time, that account meets somebody is the account's own word
// in another's mouth (design: an explanation must be exogenous). creators is the account's creator, its creator and so
// on, none when it was imported.
//
// It is so when the maker is the account itself, made it or is its root; when the account made the maker, or its
// creator did or was made by the maker while itself not settled, and so on up; when both are of one lineage and the
// maker was on probation, or neither was settled; and when the maker has been cut since, because nobody knows who
// spoke.
func selfGranted(account directory.Account, creators []directory.Account, maker directory.Account, at time.Time) bool {
	kin := maker.Lineage == account.Lineage
	switch {
	case maker.ID == account.ID, account.MadeBy(maker.ID), maker.ID == account.Lineage:
		return true
	case maker.MadeBy(account.ID), maker.SuspendedIn != 0:
		return true
	case kin && (maker.OnProbation(at) || !maker.Settled(at) && !account.Settled(at)):
		return true
	}
	for _, c := range creators {
		if c.Settled(at) {
			return false
		}
		if maker.MadeBy(c.ID) || c.MadeBy(maker.ID) {
			return true
		}
	}
	return false
}

// Vouch says whether by's word, given now, that subject meets somebody would count as somebody else's: nil, or a Denied
// error with its [directory.DenyReason]. Explanations judges it again at each read, for by may be cut later.
func (ex *Explanations) Vouch(ctx context.Context, by, subject directory.Account) error {
	if by.Roles.Has(directory.Approver) {
		return directory.Deny(directory.Approving)
	}
	if by.OnProbation(ex.now()) {
		return directory.Deny(directory.Newcomer)
	}
	creators, err := ex.creators(ctx, subject)
	if err != nil {
		return err
	}
	if selfGranted(subject, creators, by, ex.now()) {
		return directory.Deny(directory.TooClose)
	}
	return nil
}
