package explanation

import (
	"context"
	"time"

	"cloison"
	"cloison/access/directory"
)

// Explanations is the stage. Its methods may be called from many goroutines, in many processes on one store.
type Explanations struct {
	store     Store
	directory *directory.Directory
	settings  Settings
	now       func() time.Time
}

// New returns the stage on that store.
func New(store Store, d *directory.Directory, settings Settings, now func() time.Time) *Explanations {
	return &Explanations{store: store, directory: d, settings: settings.Effective(),
		now: cloison.Clock(now)}
}

// Settings returns the settings in force.
func (ex *Explanations) Settings() Settings { return ex.settings }

// Explanations returns the explanation of each person whom the account meets at that time. It joins what the operator
// imported (caseload, appointments), what was transferred to the account, its grants (visits, codes, break-glasses),
// the caseloads of the colleagues whom it covers and, while it is on duty, those of its structure. A person who is
// not in the map is unexplained.
//
// A person has one explanation, the strongest: one that somebody else made beats a self-granted one. A transfer is
// self-granted when the maker of any of the transfers in its chain is not independent of the account, also when others
// passed the person on or lend the caseload.
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
		// DeclareCover and DeclareDuty let neither begin before it was made.
		e := Explanation{Means: Cover, Ref: c.ID, By: c.By, Since: c.Since, Until: c.Until}
		err := j.lend(ctx, all, e, c.Made, at, func() (map[cloison.PersonRef]Explanation, error) {
			theirs, err := ex.store.Caseload(ctx, c.Of, at)
			if err == nil { // a transfer to the colleague by somebody close to this account stays self-granted
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
			continue // the account has left the structure where it was on duty
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

// Duties lists the turns of duty that the account holds now, oldest first.
func (ex *Explanations) Duties(ctx context.Context, account cloison.AccountID) ([]DutyDeclared, error) {
	return ex.store.Duties(ctx, account, ex.now())
}

// Grants lists the account's visits, codes and break-glasses that hold now, oldest first.
func (ex *Explanations) Grants(ctx context.Context, account cloison.AccountID) ([]Grant, error) {
	return ex.store.Grants(ctx, account, ex.now())
}

// Settings of the stage. The zero value of each field means the default in its comment.
type Settings struct {
	LongestCover time.Duration // 31 days
	LongestDuty  time.Duration // one turn of duty: 12 hours

	VisitsPerReception int // visits that one account registers in a day: 40
	VisitsPerStructure int // and in a day in a structure: 120

	CodeTries int // codes tried in an hour by one account, and for one person: 10

	BreakGlassPerAccount   int           // break-glasses that one account asks for in a day: 3
	BreakGlassPerStructure int           // and in a structure: 10
	BreakGlassLife         time.Duration // how long one opens the file; to the end of the day at most: 4 hours

	CoversPerAccount int           // covers that one account asks for in a day: 5
	RequestLife      time.Duration // how long a request waits for its colleague: 24 hours; a break-glass, 1 hour at most
}

// Effective returns the settings in force: defaults in place of zero values.
func (s Settings) Effective() Settings {
	cloison.Default(&s.LongestCover, 31*24*time.Hour)
	cloison.Default(&s.LongestDuty, 12*time.Hour)
	cloison.Default(&s.VisitsPerReception, 40)
	cloison.Default(&s.VisitsPerStructure, 120)
	cloison.Default(&s.CodeTries, 10)
	cloison.Default(&s.BreakGlassPerAccount, 3)
	cloison.Default(&s.BreakGlassPerStructure, 10)
	cloison.Default(&s.BreakGlassLife, 4*time.Hour)
	cloison.Default(&s.CoversPerAccount, 5)
	cloison.Default(&s.RequestLife, 24*time.Hour)
	return s
}
