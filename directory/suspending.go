package directory

import (
	"context"

	"cloison"
)

// Suspend stops one account at once: no disclosure of it commits any more, and its sessions end. The reason is a code
// of the message catalogue. To stop what the account has made as well, cut its lineage (package contain). Suspending
// a suspended account changes nothing.
func (d *Directory) Suspend(ctx context.Context, by Caller, id cloison.AccountID, reason string) error {
	caller, err := d.caller(ctx, by)
	if err != nil {
		return err
	}
	changed := false
	err = again(func() error {
		a, err := d.store.Account(ctx, id)
		if err != nil {
			return err
		}
		if err := Allow(ToSuspend, caller, a); err != nil {
			return err
		}
		switch a.State {
		case Suspended:
			return nil
		case Closed:
			return cloison.Errorf(cloison.Conflict, "the account is closed")
		}
		a.State, a.SuspendedAt, a.SuspendedBy, a.SuspendedIn, a.Reason = Suspended, d.now(), caller.ID, 0, reason
		changed = true
		return d.store.UpdateAccount(ctx, a)
	})
	if err == nil && changed {
		d.record(ctx, Event{Code: "account.suspended", Actor: caller.ID, Account: id, Session: by.Session,
			Detail: map[string]string{"reason": reason}})
	}
	return err
}

func (a *Account) unsuspend() {
	var none Account
	a.SuspendedAt, a.SuspendedBy, a.SuspendedIn, a.Reason = none.SuspendedAt, 0, 0, ""
}
