package explanation

import (
	"context"
	"slices"
	"time"

	"cloison"
	"cloison/access/directory"
)

// Grant says that an account meets one person, from the moment when it was made: a visit, a code or a break-glass.
// Package explanation makes them.
type Grant struct {
	ID        cloison.ActID
	Account   cloison.AccountID
	Structure cloison.StructureID // the account's
	Person    cloison.PersonRef
	Means     Means
	By        cloison.AccountID // who said so; zero only for a Code: the person did
	Made      time.Time         // the grant holds for reads after it
	Until     time.Time
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

// creators reads who created the account, and who that one, up to somebody who was imported.
func (ex *Explanations) creators(ctx context.Context, a directory.Account) (all []directory.Account, err error) {
	for a.CreatedBy != 0 && !slices.ContainsFunc(all, func(c directory.Account) bool { return c.ID == a.CreatedBy }) {
		if a, err = ex.store.Account(ctx, a.CreatedBy); err != nil {
			return nil, err
		}
		all = append(all, a)
	}
	return all, nil
}

// grants adds what was granted at the desk. A word of nobody that is no code is the account's own.
func (j *judge) grants(ctx context.Context, all map[cloison.PersonRef]Explanation, list []Grant, at time.Time) (err error) {
	for _, g := range list {
		e := Explanation{Means: g.Means, Ref: g.ID, By: g.By, Since: g.Made, Until: g.Until, SelfGranted: g.By == 0 && g.Means != Code}
		if g.By != 0 {
			if e.SelfGranted, err = j.selfGranted(ctx, g.By, g.Made); err != nil {
				return err
			}
		}
		if e.Covers(at) {
			add(all, g.Person, e)
		}
	}
	return nil
}

// weight orders explanations of one person: one that counts as none loses to a break-glass, which loses to the others.
func (e Explanation) weight() int {
	switch {
	case e.SelfGranted:
		return 0
	case e.Means == BreakGlass:
		return 1
	}
	return 2
}

// add keeps the weightier explanation of a person; of equals, the one that was there.
func add(all map[cloison.PersonRef]Explanation, person cloison.PersonRef, e Explanation) {
	if had, ok := all[person]; !ok || had.weight() < e.weight() {
		all[person] = e
	}
}
