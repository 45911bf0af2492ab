package explanation

import (
	"context"
	"time"

	"cloison/access/directory"
)

// selfGranted reports whether an explanation that maker made for account at that time is the account's own word in
// another mouth. creators are the account's creator, that one's creator and so on; none when it was imported.
//
// An explanation is self-granted when
//
//   - the maker is the account itself, made it, or is its root;
//   - the account made the maker;
//   - a creator that is not settled made the maker or was made by it, and so on up to the first settled creator;
//   - both are of one lineage, and the maker was on probation or neither was settled;
//   - the maker has been cut since: nobody knows who used its account.
func selfGranted(account directory.Account, creators []directory.Account, maker directory.Account, at time.Time) bool {
	sameLineage := maker.Lineage == account.Lineage
	switch {
	case maker.ID == account.ID, account.MadeBy(maker.ID), maker.ID == account.Lineage:
		return true
	case maker.MadeBy(account.ID), maker.SuspendedIn != 0:
		return true
	case sameLineage && (maker.OnProbation(at) || !maker.Settled(at) && !account.Settled(at)):
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

// MayVouch says whether an explanation that by makes now for subject would count: nil, or a Denied error with its
// [directory.DenyReason]. Each read judges it again, because by may be cut later.
func (ex *Explanations) MayVouch(ctx context.Context, by, subject directory.Account) error {
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
