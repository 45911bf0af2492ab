package directory

import (
	"context"

	"cloison"
	"cloison/ledger/journal"
)

// Close ends an account for good, because its holder has left: no disclosure of it commits any more, its sessions
// end, and it never comes back. Its makers and what it made stay known. The reason is a code of the message
// catalogue. The operator may close too. Closing a closed account changes nothing.
func (d *Directory) Close(ctx context.Context, by cloison.Caller, id cloison.AccountID, reason string) error {
	return d.end(ctx, by, ToClose, id, Closed, reason)
}

// MayClose says whether by may close the account as it is: nil, or why not. A closed account is a Conflict.
func MayClose(by, subject Account) error {
	if err := Allow(ToClose, by, subject); err != nil {
		return err
	}
	return subject.mayBecome(Closed)
}

// mayBecome returns why the account cannot be suspended or closed as it is, or nil.
func (a Account) mayBecome(s State) error {
	if a.State == Closed || a.State == s {
		return cloison.Errorf(cloison.Conflict, "the account is %s", a.State)
	}
	return nil
}

// end suspends or closes an account, after checking the right.
func (d *Directory) end(ctx context.Context, by cloison.Caller, verb Verb, id cloison.AccountID, state State, reason string) error {
	caller, err := Account{}, error(nil)
	if !by.IsOperator() {
		if caller, err = d.Caller(ctx, by); err != nil {
			return err
		}
	}
	changed := false
	err = cloison.RetryStale(func() error {
		a, err := d.store.Account(ctx, id)
		if err != nil {
			return err
		}
		if !by.IsOperator() {
			if err := Allow(verb, caller, a); err != nil {
				return err
			}
		}
		if a.State == state {
			return nil
		}
		if err := a.mayBecome(state); err != nil {
			return err
		}
		// SuspendedIn stays: an explanation by a cut account counts as none, also once it is closed.
		a.State, a.SuspendedAt, a.SuspendedBy, a.Reason = state, d.now(), caller.ID, reason
		if caller.Roles.Machine() {
			err = d.suspendDeparture(ctx, by, a)
		} else {
			err = d.store.UpdateAccount(ctx, a)
		}
		changed = err == nil
		return err
	})
	if err == nil && changed {
		d.Record(ctx, journal.Event{Code: "account." + state.String(), Actor: caller.ID, Account: id, Session: by.Session,
			Detail: map[string]string{"reason": reason}})
	}
	return err
}
