package directory

import (
	"context"
	"strconv"
	"time"

	"cloison"
)

// TransferAsk says that To takes over From's caseload from Since (zero: now) on.
type TransferAsk struct {
	From  cloison.AccountID
	To    cloison.AccountID
	Since time.Time
}

// Transferred is a caseload that changed hands, because By says so.
type Transferred struct {
	ID    cloison.ActID
	From  cloison.AccountID
	To    cloison.AccountID
	By    cloison.AccountID
	Made  time.Time
	Since time.Time
}

// Transfer gives From's caseload to To and returns how many persons it moved; appointments stay with whom they were
// made. The manager or the director of both declares it, or an officer when they are of two structures; never the one
// who receives, nor one on probation. What From was assigned ends where To's begins. The business tool has the last
// word: what its next import says of a person holds.
func (d *Directory) Transfer(ctx context.Context, by Caller, ask TransferAsk) (Transferred, int, error) {
	caller, err := d.caller(ctx, by)
	if err != nil {
		return Transferred{}, 0, err
	}
	from, err := d.store.Account(ctx, ask.From)
	if err != nil {
		return Transferred{}, 0, err
	}
	to, err := d.store.Account(ctx, ask.To)
	if err != nil {
		return Transferred{}, 0, err
	}
	now := d.now()
	if err := MayTransfer(caller, from, to, now); err != nil {
		return Transferred{}, 0, err
	}
	since := ask.Since.UTC()
	if since.Before(now) {
		since = now
	}
	t := Transferred{ID: cloison.NewActID(), From: from.ID, To: to.ID, By: caller.ID, Made: now, Since: since}
	n, err := d.store.AddTransfer(ctx, t)
	if err != nil {
		return Transferred{}, 0, err
	}
	d.record(ctx, Event{Code: "caseload.transferred", Actor: caller.ID, Account: t.To, Session: by.Session, Act: t.ID,
		Detail: map[string]string{"from": t.From.String(), "since": t.Since.Format(time.RFC3339), "persons": strconv.Itoa(n)}})
	return t, n, nil
}

// MayTransfer says whether the caller may give from's caseload to to now: nil, or the error that Transfer would give.
func MayTransfer(caller, from, to Account, now time.Time) error {
	if err := Allow(ToTransfer, caller, to); err != nil {
		return err
	}
	switch {
	case caller.Roles.Has(Approver):
		return deny(Approving)
	case caller.OnProbation(now):
		return deny(Newcomer)
	case !caller.Roles.Has(Officer) && from.Structure != caller.Structure:
		return deny(OtherStructure)
	case from.ID == to.ID:
		return cloison.Errorf(cloison.Invalid, "a caseload goes to somebody else")
	case to.State != Active:
		return cloison.Errorf(cloison.Conflict, "the receiving colleague's account is %s", to.State)
	}
	return nil
}
