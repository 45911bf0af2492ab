package explanation

import (
	"context"
	"maps"
	"slices"
	"time"

	"cloison"
	"cloison/access/directory"
)

// judge decides which explanations of one account are self-granted.
type judge struct {
	*Explanations
	account  directory.Account
	creators []directory.Account
	makers   map[cloison.AccountID]directory.Account
}

// judge reads what is needed to judge the explanations of that account.
func (ex *Explanations) judge(ctx context.Context, id cloison.AccountID) (j *judge, err error) {
	j = &judge{Explanations: ex, makers: map[cloison.AccountID]directory.Account{}}
	if j.account, err = ex.store.Account(ctx, id); err == nil {
		j.creators, err = ex.creators(ctx, j.account)
	}
	return j, err
}

// selfGranted judges an explanation that by made at that time.
func (j *judge) selfGranted(ctx context.Context, by cloison.AccountID, made time.Time) (bool, error) {
	maker, ok := j.makers[by]
	if !ok {
		var err error
		if maker, err = j.store.Account(ctx, by); err != nil {
			return false, err
		}
		j.makers[by] = maker
	}
	return selfGranted(j.account, j.creators, maker, made), nil
}

// anyTransferred reports whether a transfer is among the explanations of a caseload.
func anyTransferred(all map[cloison.PersonRef]Explanation) bool {
	for _, e := range all {
		if e.Ref != 0 {
			return true
		}
	}
	return false
}

// transfers sets the maker of each explanation that is a transfer, and judges it. It is self-granted when any
// transfer of its chain is: passing a person on does not make the explanation somebody else's. A transfer that the
// store does not have was made by nobody, and is self-granted.
//
// home is the structure of an account on duty, or "". Such an account met everybody of its structure before a
// transfer within it, so that transfer explains nothing new and is not held against it.
func (j *judge) transfers(ctx context.Context, all map[cloison.PersonRef]Explanation, home cloison.StructureID) error {
	asked := map[cloison.ActID]bool{}
	for _, e := range all {
		if e.Ref != 0 {
			asked[e.Ref] = true
			for _, id := range e.Earlier {
				asked[id] = true
			}
		}
	}
	if len(asked) == 0 {
		return nil
	}
	list, err := j.store.Transfers(ctx, slices.Collect(maps.Keys(asked)))
	if err != nil {
		return err
	}
	by, others := map[cloison.ActID]cloison.AccountID{}, map[cloison.ActID]bool{}
	for _, t := range list {
		own, err := j.selfGranted(ctx, t.By, t.Made)
		if err != nil {
			return err
		}
		if own && home != "" {
			if own, err = j.broughtTo(ctx, t, home); err != nil {
				return err
			}
		}
		by[t.ID], others[t.ID] = t.By, !own
	}
	for person, e := range all {
		if e.Ref != 0 {
			own := func(id cloison.ActID) bool { return !others[id] }
			e.By, e.SelfGranted = by[e.Ref], own(e.Ref) || slices.ContainsFunc(e.Earlier, own)
			all[person] = e
		}
	}
	return nil
}

// broughtTo reports whether the transfer brought persons to that structure: they came from another structure, or from
// an account whose holder had left.
func (j *judge) broughtTo(ctx context.Context, t Transfer, home cloison.StructureID) (bool, error) {
	from, err := j.store.Account(ctx, t.From)
	return from.Structure != home || from.State == directory.Closed && !from.SuspendedAt.After(t.Made), err
}

// lend adds the persons of another caseload under the explanation e, which was made at that time.
func (j *judge) lend(ctx context.Context, all map[cloison.PersonRef]Explanation, e Explanation, made, at time.Time,
	caseload func() (map[cloison.PersonRef]Explanation, error)) (err error) {

	if !e.Covers(at) {
		return nil
	}
	if e.SelfGranted, err = j.selfGranted(ctx, e.By, made); err != nil {
		return err
	}
	theirs, err := caseload()
	if err == nil {
		addCover(all, theirs, e, at)
	}
	return err
}

// addCover adds the persons of another caseload. Each is explained until the cover ends, or until the explanation in
// that caseload does.
func addCover(all, theirs map[cloison.PersonRef]Explanation, cover Explanation, at time.Time) {
	for person, own := range theirs {
		if !own.Covers(at) {
			continue
		}
		e := cover
		e.SelfGranted = e.SelfGranted || own.SelfGranted
		if !own.Until.IsZero() && own.Until.Before(e.Until) {
			e.Until = own.Until
		}
		keepStronger(all, person, e)
	}
}

// grants adds the account's grants. One that names no maker is self-granted, unless it is a code: then the person
// gave it.
func (j *judge) grants(ctx context.Context, all map[cloison.PersonRef]Explanation, list []Grant, at time.Time) (err error) {
	for _, g := range list {
		e := Explanation{Means: g.Means, Ref: g.ID, By: g.By, Since: g.Made, Until: g.Until, SelfGranted: g.By == 0 && g.Means != Code}
		if g.By != 0 {
			if e.SelfGranted, err = j.selfGranted(ctx, g.By, g.Made); err != nil {
				return err
			}
		}
		if e.Covers(at) {
			keepStronger(all, g.Person, e)
		}
	}
	return nil
}

// creators returns the creator of the account, the creator of that one, and so on up to an imported account.
func (ex *Explanations) creators(ctx context.Context, a directory.Account) (all []directory.Account, err error) {
	for a.CreatedBy != 0 && !slices.ContainsFunc(all, func(c directory.Account) bool { return c.ID == a.CreatedBy }) {
		if a, err = ex.store.Account(ctx, a.CreatedBy); err != nil {
			return nil, err
		}
		all = append(all, a)
	}
	return all, nil
}
