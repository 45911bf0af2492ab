package explanation

import (
	"context"
	"time"

	"cloison"
	"cloison/access/directory"
	"cloison/ledger/journal"
)

// DutyAsk says that For is on duty (permanence) in its structure from Since (zero: now) until Until.
type DutyAsk struct {
	For   cloison.AccountID
	Since time.Time
	Until time.Time
}

// DutyDeclared is one turn of duty: For meets every person of the structure's own caseloads, because By declared it.
type DutyDeclared struct {
	ID        cloison.ActID
	For       cloison.AccountID
	Structure cloison.StructureID
	By        cloison.AccountID
	Made      time.Time
	Since     time.Time
	Until     time.Time
}

// DeclareDuty records a turn of duty. The manager or the director of the structure declares it, never the account
// that is put on duty, never an approver or a newcomer. It opens the caseloads of the whole structure, within the
// caps of the day, so it lasts no longer than Settings.LongestDuty. It covers no read of the past: a Since before now
// becomes now.
func (ex *Explanations) DeclareDuty(ctx context.Context, by cloison.Caller, ask DutyAsk) (DutyDeclared, error) {
	caller, err := ex.directory.Caller(ctx, by)
	if err != nil {
		return DutyDeclared{}, err
	}
	holder, err := ex.store.Account(ctx, ask.For)
	if err != nil {
		return DutyDeclared{}, err
	}
	now := ex.now()
	if err := MayRoster(caller, holder, now); err != nil {
		return DutyDeclared{}, err
	}
	since, until, err := ex.DutyTimes(ask.Since, ask.Until)
	if err != nil {
		return DutyDeclared{}, err
	}
	t := DutyDeclared{ID: cloison.NewActID(), For: holder.ID, Structure: holder.Structure, By: caller.ID, Made: now,
		Since: since, Until: until}
	if err := ex.store.AddDuty(ctx, t); err != nil {
		return DutyDeclared{}, err
	}
	ex.directory.Record(ctx, journal.Event{Code: "duty.declared", Actor: caller.ID, Account: t.For, Session: by.Session, Act: t.ID,
		Detail: map[string]string{"structure": string(t.Structure), "since": t.Since.Format(time.RFC3339),
			"until": t.Until.Format(time.RFC3339)}})
	return t, nil
}

// MayRoster says whether the caller may put holder on duty now: nil, or the error that DeclareDuty would give, but
// for the times.
func MayRoster(caller, holder directory.Account, now time.Time) error {
	if err := directory.Allow(directory.ToRoster, caller, holder); err != nil {
		return err
	}
	switch {
	case caller.Roles.Has(directory.Approver):
		return directory.Deny(directory.Approving)
	case caller.OnProbation(now):
		return directory.Deny(directory.Newcomer)
	case holder.State != directory.Active:
		return cloison.Errorf(cloison.Conflict, "the colleague's account is %s", holder.State)
	}
	return nil
}

// DutyTimes returns from when until when a turn declared now would hold: a beginning in the past becomes now. It is
// Invalid when the turn would end before it begins, or last longer than Settings.LongestDuty.
func (ex *Explanations) DutyTimes(since, until time.Time) (from, to time.Time, err error) {
	from, to = laterOf(since, ex.now()), until.UTC()
	switch {
	case !to.After(from):
		err = cloison.InvalidField("until", "a turn of duty ends after it begins, and after now")
	case to.Sub(from) > ex.settings.LongestDuty:
		err = cloison.InvalidField("until", "a turn of duty lasts at most %v", ex.settings.LongestDuty)
	}
	return from, to, err
}
