package directory

import (
	"context"
	"time"

	"cloison"
)

// Explanations returns, for each person whom the account meets at that time, why: what the operator imported
// (caseload, appointments), and the caseload of colleagues whom it covers. A person has one explanation, the
// strongest; one that somebody else gave beats one that the account gave itself. Persons who are not in the map are
// unexplained.
//
// An explanation holds only for reads after it was made. Explanations change with the ledger's fence: read the fence
// first.
func (d *Directory) Explanations(ctx context.Context, id cloison.AccountID, at time.Time) (
	map[cloison.PersonRef]Explanation, error) {

	all, err := d.store.Caseload(ctx, id, at)
	if err != nil {
		return nil, err
	}
	for person, e := range all {
		if !e.Covers(at) {
			delete(all, person)
		}
	}
	covers, err := d.store.Covers(ctx, id, at)
	if err != nil || len(covers) == 0 {
		return all, err
	}
	if all == nil {
		all = map[cloison.PersonRef]Explanation{}
	}
	account, err := d.store.Account(ctx, id)
	if err != nil {
		return nil, err
	}
	var creator Account
	if account.CreatedBy != 0 {
		if creator, err = d.store.Account(ctx, account.CreatedBy); err != nil {
			return nil, err
		}
	}
	for _, c := range covers {
		// A cover never begins before it was made: DeclareCover sees to it.
		e := Explanation{Means: Cover, Ref: c.ID, By: c.By, Since: c.Since, Until: c.Until}
		if !e.Covers(at) {
			continue
		}
		maker, err := d.store.Account(ctx, c.By)
		if err != nil {
			return nil, err
		}
		e.SelfGranted = selfGranted(account, creator, maker, c.Made)
		theirs, err := d.store.Caseload(ctx, c.Of, at)
		if err != nil {
			return nil, err
		}
		addCover(all, theirs, e, at)
	}
	return all, nil
}

// addCover adds the covered colleague's persons, each until the colleague's own explanation or the cover ends.
func addCover(all, theirs map[cloison.PersonRef]Explanation, cover Explanation, at time.Time) {
	for person, own := range theirs {
		if !own.Covers(at) {
			continue
		}
		if had, ok := all[person]; ok && (!had.SelfGranted || cover.SelfGranted) {
			continue
		}
		e := cover
		if !own.Until.IsZero() && own.Until.Before(e.Until) {
			e.Until = own.Until
		}
		all[person] = e
	}
}
