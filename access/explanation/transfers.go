package explanation

import (
	"context"
	"strconv"
	"time"

	"cloison"
	"cloison/access/directory"
	"cloison/ledger/journal"
)

// TransferAsk says that To takes over From's caseload at Since (zero: now).
type TransferAsk struct {
	From  cloison.AccountID
	To    cloison.AccountID
	Since time.Time
}

// Transfer is a caseload that goes to another account, because By declared it.
type Transfer struct {
	ID    cloison.ActID
	From  cloison.AccountID
	To    cloison.AccountID
	By    cloison.AccountID
	Made  time.Time
	Since time.Time
}

// Transfer gives From's caseload to To and returns how many persons it moved. Appointments stay where they are. The
// manager or the director of both accounts declares it, or an officer when they are of two structures; never the
// account that receives, nor a newcomer. From's assignments end where To's begin. The business tool has the last
// word: its next import replaces what it names.
func (ex *Explanations) Transfer(ctx context.Context, by cloison.Caller, ask TransferAsk) (Transfer, int, error) {
	caller, err := ex.directory.Caller(ctx, by)
	if err != nil {
		return Transfer{}, 0, err
	}
	from, err := ex.store.Account(ctx, ask.From)
	if err != nil {
		return Transfer{}, 0, err
	}
	to, err := ex.store.Account(ctx, ask.To)
	if err != nil {
		return Transfer{}, 0, err
	}
	now := ex.now()
	if err := MayTransfer(caller, from, to, now); err != nil {
		return Transfer{}, 0, err
	}
	since := laterOf(ask.Since, now)
	t := Transfer{ID: cloison.NewActID(), From: from.ID, To: to.ID, By: caller.ID, Made: now, Since: since}
	n, err := ex.store.AddTransfer(ctx, t)
	if err != nil {
		return Transfer{}, 0, err
	}
	ex.directory.Record(ctx, journal.Event{Code: "caseload.transferred", Actor: caller.ID, Account: t.To, Session: by.Session, Act: t.ID,
		Detail: map[string]string{"from": t.From.String(), "since": t.Since.Format(time.RFC3339), "persons": strconv.Itoa(n)}})
	return t, n, nil
}

// MayTransfer says whether the caller may give from's caseload to to now: nil, or the error that Transfer would give.
func MayTransfer(caller, from, to directory.Account, now time.Time) error {
	if err := directory.Allow(directory.ToTransfer, caller, to); err != nil {
		return err
	}
	switch {
	case caller.Roles.Has(directory.Approver):
		return directory.Deny(directory.Approving)
	case caller.OnProbation(now):
		return directory.Deny(directory.Newcomer)
	case !caller.Roles.Has(directory.Officer) && from.Structure != caller.Structure:
		return directory.Deny(directory.OtherStructure)
	case from.ID == to.ID:
		return cloison.InvalidField("to", "a transfer needs two accounts")
	case to.State != directory.Active:
		return cloison.Errorf(cloison.Conflict, "the receiving colleague's account is %s", to.State)
	}
	return nil
}
