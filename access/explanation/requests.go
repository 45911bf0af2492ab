package explanation

import (
	"context"
	"time"
	"unicode/utf8"

	"cloison"
	"cloison/access/directory"
	"cloison/ledger/journal"
)

// RequestAsk is what an agent asks a colleague to confirm. A cover takes Of, Since and Until; a break-glass takes
// Person and Reason.
type RequestAsk struct {
	Kind   RequestKind
	Asked  cloison.AccountID
	Of     cloison.AccountID
	Since  time.Time
	Until  time.Time
	Person cloison.PersonRef
	Reason cloison.Personal
}

// A reason is long enough for a colleague to judge, and too short to become a file of its own.
const (
	minReason = 10
	maxReason = 500
)

const breakGlassWait = time.Hour // what can wait longer is no emergency

// Ask stores a request. The named colleague alone sees and confirms it. It opens nothing.
func (d *Grants) Ask(ctx context.Context, by cloison.Caller, ask RequestAsk) (Request, error) {
	caller, err := d.MayAsk(ctx, by, ask)
	if err != nil {
		return Request{}, err
	}
	now := d.now()
	r := Request{ID: cloison.NewActID(), Kind: ask.Kind, Structure: caller.Structure, By: caller.ID, Asked: ask.Asked, Made: now,
		Expires: now.Add(d.settings.RequestLife), Session: by.Session, State: Open, Version: 1}
	mine, all := d.settings.BreakGlassPerAccount, d.settings.BreakGlassPerStructure
	if r.Kind == BreakGlassRequest {
		r.Person, r.Reason = ask.Person, ask.Reason.OneLine()
		r.Expires = earlierOf(r.Expires, now.Add(breakGlassWait))
	} else {
		r.Of, r.Since, r.Until = ask.Of, ask.Since.UTC(), ask.Until.UTC()
		r.Expires = earlierOf(r.Expires, r.Until)
		mine, all = d.settings.CoversPerAccount, 1<<30
	}
	begins, _ := d.today(now)
	if err := d.store.AddRequest(ctx, r, begins, mine, all); err != nil {
		return Request{}, dayFull(err)
	}
	d.directory.Record(ctx, journal.Event{Code: journalOf(r.Kind) + ".asked", Actor: r.By, Account: r.By, Session: by.Session, Act: r.ID,
		Detail: map[string]string{"asked": r.Asked.String()}})
	return r, nil
}

// MayAsk says whether the caller may ask that: its account, or the error that Ask would give, but for the day's
// numbers.
func (d *Grants) MayAsk(ctx context.Context, by cloison.Caller, ask RequestAsk) (directory.Account, error) {
	caller, err := d.directory.Caller(ctx, by)
	if err != nil {
		return caller, err
	}
	if err := directory.Allow(directory.ToAsk, caller, caller); err != nil {
		return caller, err
	}
	asked, err := d.colleague(ctx, caller, ask.Asked)
	if err != nil {
		return caller, err
	}
	switch ask.Kind {
	case CoverRequest:
		if ask.Of == caller.ID {
			return caller, cloison.InvalidField("of", "a cover needs two accounts")
		}
		_, err = d.explanations.PrepareCover(ctx, cloison.Caller{Account: asked.ID}, CoverAsk{For: caller.ID, Of: ask.Of,
			Since: ask.Since, Until: ask.Until})
	case BreakGlassRequest:
		if err = ask.Person.Check(); err == nil {
			err = CheckReason(ask.Reason)
		}
		if err == nil && caller.OnProbation(d.now()) { // the wall would not open the file
			err = directory.Deny(directory.Newcomer)
		}
	default:
		err = cloison.Errorf(cloison.Invalid, "a request is a cover or a break-glass")
	}
	if err != nil {
		return caller, err
	}
	return caller, d.mayConfirm(ctx, asked, caller)
}

// mayConfirm says whether by may confirm what asker asks for.
func (d *Grants) mayConfirm(ctx context.Context, by, asker directory.Account) error {
	if err := directory.Allow(directory.ToConfirm, by, asker); err != nil {
		return err
	}
	return d.explanations.MayVouch(ctx, by, asker)
}

// CheckReason returns what is wrong with the length of a reason, or nil.
func CheckReason(r cloison.Personal) error {
	if n := utf8.RuneCountInString(r.OneLine().Reveal()); n < minReason || n > maxReason {
		return cloison.InvalidField("reason", "a reason has %d to %d characters, this one %d", minReason, maxReason, n)
	}
	return nil
}

// journalOf returns the word for a kind in the journal's codes.
func journalOf(k RequestKind) string {
	if k == BreakGlassRequest {
		return "breakglass"
	}
	return "cover"
}

// RequestKind is what a request asks for.
type RequestKind string

const (
	CoverRequest      RequestKind = "cover"
	BreakGlassRequest RequestKind = "break_glass"
)

// RequestState is where a request stands.
type RequestState string

const (
	Open      RequestState = "open"
	Confirmed RequestState = "confirmed"
	Declined  RequestState = "declined"  // by the colleague asked
	Withdrawn RequestState = "withdrawn" // by its maker
)

// Request is what an agent asks a named colleague to confirm.
type Request struct {
	ID        cloison.ActID
	Kind      RequestKind
	Structure cloison.StructureID // of maker and colleague
	By        cloison.AccountID   // the maker, who will read
	Asked     cloison.AccountID   // the colleague, who alone may confirm
	Of        cloison.AccountID   // of a cover: the absent colleague
	Person    cloison.PersonRef   // of a break-glass
	Reason    cloison.Personal    // of a break-glass
	Since     time.Time           // of a cover; zero: from the confirmation on
	Until     time.Time           // of a cover
	Made      time.Time
	Expires   time.Time // nobody can confirm it from then on
	Session   cloison.SessionID
	State     RequestState
	Decided   time.Time
	Version   int64
}

// RequestQuery selects requests; a zero field selects all.
type RequestQuery struct {
	By        cloison.AccountID
	Asked     cloison.AccountID
	Structure cloison.StructureID
	Kind      RequestKind
	State     RequestState
	Since     time.Time // made at or after
}
