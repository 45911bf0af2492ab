package explanation

import (
	"context"

	"cloison"
	"cloison/access/directory"
	"cloison/ledger/journal"
)

// Request returns a request that the caller made or is asked to confirm. Any other is NotFound, also one that exists.
func (d *Grants) Request(ctx context.Context, by cloison.Caller, id cloison.ActID) (Request, error) {
	r, err := d.store.Request(ctx, id)
	if err == nil && (by.Account == 0 || r.By != by.Account && r.Asked != by.Account) {
		return Request{}, cloison.Errorf(cloison.NotFound, "there is no such request")
	}
	return r, err
}

// Waits reports whether the request is still open and has not expired.
func (d *Grants) Waits(r Request) bool {
	return r.State == Open && d.now().Before(r.Expires) && !d.now().Before(r.Made)
}

// Confirm grants what the request asks for. version is that of the request which the colleague saw: Stale when the
// request has changed, was decided or has expired since.
func (d *Grants) Confirm(ctx context.Context, by cloison.Caller, id cloison.ActID, version int64) (Request, error) {
	r, asker, err := d.MayConfirm(ctx, by, id, version)
	if err != nil {
		return Request{}, err
	}
	now := d.now()
	r.State, r.Decided = Confirmed, now
	var g *Grant
	var c *CoverDeclared
	done := journal.Event{Code: "breakglass.opened", Actor: by.Account, Account: r.By, Session: by.Session, Act: r.ID}
	if r.Kind == CoverRequest {
		cover, err := d.explanations.PrepareCover(ctx, by, CoverAsk{For: r.By, Of: r.Of, Since: r.Since, Until: r.Until})
		if err != nil {
			return Request{}, err
		}
		c, done = &cover, cover.Event(by.Session)
	} else {
		_, ends := d.today(now)
		g = &Grant{ID: r.ID, Account: asker.ID, Structure: asker.Structure, Person: r.Person, Means: BreakGlass, By: by.Account,
			Made: now, Until: earlierOf(ends, now.Add(d.settings.BreakGlassLife))}
		r.Until = g.Until
	}
	if err := d.store.DecideRequest(ctx, r, g, c); err != nil {
		return Request{}, err
	}
	d.directory.Record(ctx, done)
	r.Version++
	return r, nil
}

// MayConfirm says whether the caller may confirm that request now: the request and its maker, or the error that
// Confirm would give.
func (d *Grants) MayConfirm(ctx context.Context, by cloison.Caller, id cloison.ActID, version int64) (Request, directory.Account, error) {
	r, asker, err := d.waiting(ctx, by, id, version)
	if err != nil {
		return r, asker, err
	}
	if r.Asked != by.Account {
		return r, asker, directory.Deny(directory.Oneself)
	}
	caller, err := d.directory.Caller(ctx, by)
	if err != nil {
		return r, asker, err
	}
	if err := reads(asker); err != nil {
		return r, asker, err
	}
	return r, asker, d.mayConfirm(ctx, caller, asker)
}

// Decline declines a request when the colleague asked calls it, and withdraws it when its maker does.
func (d *Grants) Decline(ctx context.Context, by cloison.Caller, id cloison.ActID, version int64) (Request, error) {
	r, _, err := d.MayDecline(ctx, by, id, version)
	if err != nil {
		return Request{}, err
	}
	r.State, r.Decided = Declined, d.now()
	if r.By == by.Account {
		r.State = Withdrawn
	}
	if err := d.store.DecideRequest(ctx, r, nil, nil); err != nil {
		return Request{}, err
	}
	d.directory.Record(ctx, journal.Event{Code: journalOf(r.Kind) + "." + string(r.State), Actor: by.Account, Account: r.By, Session: by.Session, Act: r.ID})
	return r, nil
}

// MayDecline says whether the caller may decline or withdraw that request now: the request and its maker, or the
// error that Decline would give.
func (d *Grants) MayDecline(ctx context.Context, by cloison.Caller, id cloison.ActID, version int64) (Request, directory.Account, error) {
	return d.waiting(ctx, by, id, version)
}

// waiting reads an open request, at that version, that the caller made or is asked to confirm.
func (d *Grants) waiting(ctx context.Context, by cloison.Caller, id cloison.ActID, version int64) (r Request, asker directory.Account, err error) {
	caller, err := d.directory.Caller(ctx, by)
	if err != nil {
		return r, asker, err
	}
	if caller.State != directory.Active {
		return r, asker, directory.Deny(directory.NotActive)
	}
	if r, err = d.Request(ctx, by, id); err != nil {
		return r, asker, err
	}
	switch {
	case r.Version != version:
		return r, asker, cloison.Errorf(cloison.Stale, "the request has changed: look at it again")
	case !d.Waits(r):
		return r, asker, cloison.Errorf(cloison.Conflict, "the request is not open any more")
	}
	asker, err = d.directory.Account(ctx, r.By)
	return r, asker, err
}

// OwnRequests lists the requests that the caller made in the last week, newest first.
func (d *Grants) OwnRequests(ctx context.Context, by cloison.Caller) ([]Request, error) {
	return d.store.Requests(ctx, RequestQuery{By: by.Account, Since: d.now().AddDate(0, 0, -7)})
}

// AskedOf lists the open requests that the caller is asked to confirm, newest first.
func (d *Grants) AskedOf(ctx context.Context, by cloison.Caller) ([]Request, error) {
	list, err := d.store.Requests(ctx, RequestQuery{Asked: by.Account, State: Open, Since: d.now().Add(-d.settings.RequestLife)})
	live := list[:0]
	for _, r := range list {
		if d.Waits(r) {
			live = append(live, r)
		}
	}
	return live, err
}

// BreakGlasses lists the break-glasses of a structure ("" is all) that were confirmed in the last week, newest first.
// It checks no caller: the page does.
func (d *Grants) BreakGlasses(ctx context.Context, structure cloison.StructureID) ([]Request, error) {
	return d.store.Requests(ctx, RequestQuery{Structure: structure, Kind: BreakGlassRequest, State: Confirmed, Since: d.now().AddDate(0, 0, -7)})
}
