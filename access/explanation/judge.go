package explanation

import (
	"context"
	"maps"
	"slices"
	"time"

	"cloison"
	"cloison/access/directory"
)

// judge says whether what others declared for one account is its own word in another's mouth.
type judge struct {
	*Explanations
	account  directory.Account
	creators []directory.Account
	makers   map[cloison.AccountID]directory.Account
}

func (ex *Explanations) judge(ctx context.Context, id cloison.AccountID) (j *judge, err error) {
	j = &judge{Explanations: ex, makers: map[cloison.AccountID]directory.Account{}}
	if j.account, err = ex.store.Account(ctx, id); err == nil {
		j.creators, err = ex.creators(ctx, j.account)
	}
	return j, err
}

// selfGranted judges what maker said at that time.
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

// anyTransferred reports whether somebody came by a transfer.
func anyTransferred(all map[cloison.PersonRef]Explanation) bool {
	for _, e := range all {
		if e.Ref != 0 {
			return true
		}
	}
	return false
}

// transfers says of each person who came by transfers who made the last one, and judges whether any of them is the
// judged account's own word: passing on what its maker moved does not make it somebody else's. A transfer that is not
// there was nobody's word. Who meets all of a structure met them before a transfer within it: home is that structure,
// or "".
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

// broughtTo reports whether the transfer broughtTo somebody to that structure: from another one, or from the caseload of
// who had left.
func (j *judge) broughtTo(ctx context.Context, t Transfer, home cloison.StructureID) (bool, error) {
	from, err := j.store.Account(ctx, t.From)
	return from.Structure != home || from.State == directory.Closed && !from.SuspendedAt.After(t.Made), err
}

// lend adds the persons of somebody else's caseload under an explanation that was made then.
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

// addCover adds the persons of another caseload, each until their own explanation there or the cover ends.
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
			keepStronger(all, g.Person, e)
		}
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
