package explanation

import (
	"context"
	"time"

	"cloison"
	"cloison/access/directory"
	"cloison/ledger/journal"
)

// CoverAsk says that For meets Of's caseload from Since (zero: now) until Until.
type CoverAsk struct {
	For   cloison.AccountID
	Of    cloison.AccountID
	Since time.Time
	Until time.Time
}

// DeclareCover records a cover (remplacement). A third person of the same structure declares it, or the absent
// colleague; never the account that covers, never an approver, and a newcomer only for its own caseload. It covers no
// read of the past: a Since before now becomes now.
func (ex *Explanations) DeclareCover(ctx context.Context, by cloison.Caller, ask CoverAsk) (CoverDeclared, error) {
	c, err := ex.PrepareCover(ctx, by, ask)
	if err != nil {
		return CoverDeclared{}, err
	}
	if err := ex.store.AddCover(ctx, c); err != nil {
		return CoverDeclared{}, err
	}
	ex.directory.Record(ctx, c.Event(by.Session))
	return c, nil
}

// Event is the line of the cover in the journal.
func (c CoverDeclared) Event(in cloison.SessionID) journal.Event {
	return journal.Event{Code: "cover.declared", Actor: c.By, Account: c.For, Session: in, Act: c.ID,
		Detail: map[string]string{"of": c.Of.String(), "until": c.Until.Format(time.RFC3339)}}
}

// PrepareCover checks what DeclareCover checks and returns the cover that it would store. It stores nothing.
func (ex *Explanations) PrepareCover(ctx context.Context, by cloison.Caller, ask CoverAsk) (CoverDeclared, error) {
	caller, err := ex.directory.Caller(ctx, by)
	if err != nil {
		return CoverDeclared{}, err
	}
	covering, err := ex.store.Account(ctx, ask.For)
	if err != nil {
		return CoverDeclared{}, err
	}
	absent, err := ex.store.Account(ctx, ask.Of)
	if err != nil {
		return CoverDeclared{}, err
	}
	now := ex.now()
	if err := MayCover(caller, covering, absent, now); err != nil {
		return CoverDeclared{}, err
	}
	since, until, err := ex.CoverTimes(ask.Since, ask.Until)
	if err != nil {
		return CoverDeclared{}, err
	}
	return CoverDeclared{ID: cloison.NewActID(), For: covering.ID, Of: absent.ID, By: caller.ID, Made: now, Since: since,
		Until: until}, nil
}

// MayCover says whether the caller may declare now that covering meets absent's caseload: nil, or the error that
// DeclareCover would give, but for the times.
func MayCover(caller, covering, absent directory.Account, now time.Time) error {
	if err := directory.Allow(directory.ToCover, caller, covering); err != nil {
		return err
	}
	switch {
	case caller.Roles.Has(directory.Approver):
		return directory.Deny(directory.Approving)
	case caller.OnProbation(now) && caller.ID != absent.ID:
		return directory.Deny(directory.Newcomer)
	case absent.Structure != covering.Structure:
		return directory.Deny(directory.OtherStructure)
	case covering.ID == absent.ID:
		return cloison.InvalidField("for", "a cover needs two accounts")
	case covering.State != directory.Active:
		return cloison.Errorf(cloison.Conflict, "the covering colleague's account is %s", covering.State)
	case absent.State == directory.Closed || absent.State == directory.Pending:
		return cloison.Errorf(cloison.Conflict,
			"the absent colleague's account is %s: its caseload is the structure's to give again", absent.State)
	}
	return nil
}

// CoverTimes returns from when until when a cover declared now would hold: a beginning in the past becomes now. It is
// Invalid when the cover would end before it begins, or last longer than Settings.LongestCover.
func (ex *Explanations) CoverTimes(since, until time.Time) (from, to time.Time, err error) {
	from, to = laterOf(since, ex.now()), until.UTC()
	switch {
	case !to.After(from):
		err = cloison.InvalidField("until", "a cover ends after it begins, and after now")
	case to.Sub(from) > ex.settings.LongestCover:
		err = cloison.InvalidField("until", "a cover lasts at most %d days: declare a further one then",
			ex.settings.LongestCover/(24*time.Hour))
	}
	return from, to, err
}

// laterOf returns the later of two times, in UTC.
func laterOf(t, now time.Time) time.Time {
	if t = t.UTC(); t.Before(now) {
		return now
	}
	return t
}

// CoverDeclared says that For may meet Of's caseload for a time, because By declared it.
type CoverDeclared struct {
	ID    cloison.ActID
	For   cloison.AccountID
	Of    cloison.AccountID
	By    cloison.AccountID
	Made  time.Time
	Since time.Time
	Until time.Time
}
