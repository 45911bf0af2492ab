package explanation

import (
	"context"
	"time"

	"cloison"
	"cloison/access/directory"
	"cloison/ledger/journal"
)

// VisitAsk says that a person is here to see an adviser.
type VisitAsk struct {
	Adviser cloison.AccountID
	Person  cloison.PersonRef
}

// RegisterVisit records a visit: the adviser meets the person until the end of the day. An account with both roles
// registers none for itself, nor for an account that it made or that made it.
func (d *Grants) RegisterVisit(ctx context.Context, by cloison.Caller, v VisitAsk) (Grant, error) {
	adviser, err := d.MayRegisterVisit(ctx, by, v)
	if err != nil {
		return Grant{}, err
	}
	now := d.now()
	begins, ends := d.today(now)
	g := Grant{ID: cloison.NewActID(), Account: adviser.ID, Structure: adviser.Structure, Person: v.Person, Means: Visit,
		By: by.Account, Made: now, Until: ends}
	err = d.store.AddVisit(ctx, g, begins, d.settings.VisitsPerReception, d.settings.VisitsPerStructure)
	if err != nil {
		return Grant{}, dayFull(err)
	}
	d.directory.Record(ctx, journal.Event{Code: "visit.registered", Actor: by.Account, Account: adviser.ID, Session: by.Session, Act: g.ID})
	return g, nil
}

// MayRegisterVisit says whether the caller may register that visit now: the adviser, or the error that RegisterVisit
// would give, but for the day's numbers.
func (d *Grants) MayRegisterVisit(ctx context.Context, by cloison.Caller, v VisitAsk) (directory.Account, error) {
	caller, err := d.directory.Caller(ctx, by)
	if err != nil {
		return directory.Account{}, err
	}
	if !caller.Roles.Has(directory.Reception) {
		return directory.Account{}, directory.Deny(directory.NoRole)
	}
	adviser, err := d.colleague(ctx, caller, v.Adviser)
	if err != nil {
		return adviser, err
	}
	if err := directory.Allow(directory.ToReceive, caller, adviser); err != nil {
		return adviser, err
	}
	if err := v.Person.Check(); err != nil {
		return adviser, err
	}
	if err := reads(adviser); err != nil {
		return adviser, err
	}
	return adviser, d.explanations.MayVouch(ctx, caller, adviser)
}

// Visits lists the caller's own visits of today, newest first, and counts those of its structure.
func (d *Grants) Visits(ctx context.Context, by cloison.Caller) (own []Grant, all int, err error) {
	caller, err := d.directory.Caller(ctx, by)
	if err != nil {
		return nil, 0, err
	}
	begins, _ := d.today(d.now())
	list, err := d.store.Visits(ctx, caller.Structure, begins)
	for _, g := range list {
		if g.By == caller.ID {
			own = append(own, g)
		}
	}
	return own, len(list), err
}

// dayFull gives a Denied of the store its reason.
func dayFull(err error) error {
	if cloison.KindOf(err) == cloison.Denied {
		return &cloison.Error{Kind: cloison.Denied, Err: directory.DayFull}
	}
	return err
}

// earlierOf returns the earlier of two times.
func earlierOf(a, b time.Time) time.Time {
	if b.Before(a) {
		return b
	}
	return a
}
