package directory

import (
	"context"
	"time"

	"cloison"
)

// leaverWindow is the time in which leavers are counted, and how often a held one is told of again.
const leaverWindow = 24 * time.Hour

// leave suspends the account as a machine says that its holder has left. A leaver is stopped at once; but an identity
// system that says it of a whole structure in an hour is broken, or in somebody's hands, and what it stops takes two
// people each to give back. So beyond the numbers of Settings it suspends nobody more: each one is Denied as
// LeaversHeld and, once a day, an event that the directors and the officer are written to about. Whoever may suspend
// the account may do so all the same.
func (d *Directory) leave(ctx context.Context, by Caller, a Account) error {
	err := d.store.SuspendLeaver(ctx, a, d.now().Add(-leaverWindow), d.settings.LeaversPerStructure, d.settings.LeaversPerSource)
	if err == nil || cloison.KindOf(err) != cloison.Denied {
		return err
	}
	told, err := d.store.EventsWhere(ctx, EventSearch{Account: a.ID, Code: "leaver.held", Since: d.now().Add(-leaverWindow), Limit: 1})
	if err != nil {
		return err
	}
	if len(told) == 0 {
		d.Record(ctx, Event{Code: "leaver.held", Actor: by.Account, Account: a.ID, Session: by.Session,
			Detail: map[string]string{"structure": string(a.Structure)}})
	}
	return Deny(LeaversHeld)
}
