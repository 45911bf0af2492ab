package explanation

import (
	"context"
	"maps"
	"slices"
	"time"

	"cloison"
	"cloison/access/directory"
)

// Explanations is the stage that says why an account meets a person. Its methods may be called from many goroutines, in
// many processes on one store.
type Explanations struct {
	store     Store
	directory *directory.Directory
	settings  Settings
	now       func() time.Time
}

// New returns the stage on that store.
func New(store Store, d *directory.Directory, settings Settings, now func() time.Time) *Explanations {
	return &Explanations{store: store, directory: d, settings: settings.withDefaults(),
		now: cloison.Clock(now)}
}

// Settings are those that hold.
func (ex *Explanations) Settings() Settings { return ex.settings }

// Explanations returns, for each person whom the account meets at that time, why: what the operator imported (caseload,
// appointments) or somebody transferred to it, what was granted at the desk (visits, codes, break-glasses), the
// caseload of colleagues whom it covers, and, while it holds the duty desk, those of its structure. A person has one
// explanation, the strongest; one that somebody else gave beats one that the account gave itself. What came by
// transfers counts as the account's own when any of their makers was close to it, whoever passed it on or lends it.
// Persons who are not in the map are unexplained.
//
// An explanation holds only for reads after it was made. Explanations change with the ledger's fence: read the fence
// first.
func (ex *Explanations) Explanations(ctx context.Context, id cloison.AccountID, at time.Time) (
	map[cloison.PersonRef]Explanation, error) {

	all, err := ex.store.Caseload(ctx, id, at)
	if err != nil {
		return nil, err
	}
	if all == nil {
		all = map[cloison.PersonRef]Explanation{}
	}
	for person, e := range all {
		if !e.Covers(at) {
			delete(all, person)
		}
	}
	transferred := anyTransferred(all)
	grants, err := ex.store.Grants(ctx, id, at)
	if err != nil {
		return nil, err
	}
	covers, err := ex.store.Covers(ctx, id, at)
	if err != nil {
		return nil, err
	}
	duties, err := ex.store.Duties(ctx, id, at)
	if err != nil || len(covers)+len(duties)+len(grants) == 0 && !transferred {
		return all, err
	}
	j, err := ex.judge(ctx, id)
	if err != nil {
		return nil, err
	}
	if transferred {
		if err := j.transfers(ctx, all, ""); err != nil {
			return nil, err
		}
	}
	if err := j.grants(ctx, all, grants, at); err != nil {
		return nil, err
	}
	for _, c := range covers {
		// A cover never begins before it was made: DeclareCover sees to it. Nor does a turn of duty.
		e := Explanation{Means: Cover, Ref: c.ID, By: c.By, Since: c.Since, Until: c.Until}
		err := j.lend(ctx, all, e, c.Made, at, func() (map[cloison.PersonRef]Explanation, error) {
			theirs, err := ex.store.Caseload(ctx, c.Of, at)
			if err == nil { // what somebody close to this account gave to the colleague is not lent back as the colleague's
				err = j.transfers(ctx, theirs, "")
			}
			return theirs, err
		})
		if err != nil {
			return nil, err
		}
	}
	for _, t := range duties {
		if t.Structure != j.account.Structure {
			continue // it has left the desk's structure
		}
		e := Explanation{Means: Duty, Ref: t.ID, By: t.By, Since: t.Since, Until: t.Until}
		err := j.lend(ctx, all, e, t.Made, at, func() (map[cloison.PersonRef]Explanation, error) {
			theirs, err := ex.store.StructureCaseload(ctx, t.Structure, at)
			if err == nil {
				err = j.transfers(ctx, theirs, t.Structure)
			}
			return theirs, err
		})
		if err != nil {
			return nil, err
		}
	}
	return all, nil
}

// Covers lists the covers that the account holds now, oldest first.
func (ex *Explanations) Covers(ctx context.Context, account cloison.AccountID) ([]CoverDeclared, error) {
	return ex.store.Covers(ctx, account, ex.now())
}

// Duties lists the turns at the duty desk that the account holds now, oldest first.
func (ex *Explanations) Duties(ctx context.Context, account cloison.AccountID) ([]DutyDeclared, error) {
	return ex.store.Duties(ctx, account, ex.now())
}

// Grants lists what was granted to the account at the desk and holds now, oldest first.
func (ex *Explanations) Grants(ctx context.Context, account cloison.AccountID) ([]Grant, error) {
	return ex.store.Grants(ctx, account, ex.now())
}

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
			if own, err = j.brought(ctx, t, home); err != nil {
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

// brought reports whether the transfer brought somebody to that structure: from another one, or from the caseload of
// who had left.
func (j *judge) brought(ctx context.Context, t Transferred, home cloison.StructureID) (bool, error) {
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
		add(all, person, e)
	}
}
