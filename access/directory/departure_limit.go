package directory

import (
	"context"
	"time"

	"cloison"
	"cloison/ledger/journal"
)

// departureWindow is the time in which departures are counted, and in which a refused one is reported once.
const departureWindow = 24 * time.Hour

// suspendDeparture suspends an account because a machine says that its holder has left. Each one is suspended at
// once, up to the numbers of Settings: an identity system that reports a whole structure in an hour is broken or
// hijacked, and each suspension takes two people to end. Beyond the numbers it is Denied as LeaversHeld and, once a
// day, an event of which directors and officers get a letter. People with the right may still suspend the account.
func (d *Directory) suspendDeparture(ctx context.Context, by cloison.Caller, a Account) error {
	err := d.store.SuspendLeaver(ctx, a, d.now().Add(-departureWindow), d.settings.LeaversPerStructure, d.settings.LeaversPerSource)
	if err == nil || cloison.KindOf(err) != cloison.Denied {
		return err
	}
	told, err := d.store.EventsWhere(ctx, journal.Search{Account: a.ID, Code: "leaver.held", Since: d.now().Add(-departureWindow), Limit: 1})
	if err != nil {
		return err
	}
	if len(told) == 0 {
		d.Record(ctx, journal.Event{Code: "leaver.held", Actor: by.Account, Account: a.ID, Session: by.Session,
			Detail: map[string]string{"structure": string(a.Structure)}})
	}
	return Deny(LeaversHeld)
}
