package lifecycle

import (
	"context"
	"time"

	"cloison"
	"cloison/access/approval"
	"cloison/access/directory"
	"cloison/ledger/journal"
)

// Answer is what became of one account in a review. The texts are stored.
type Answer string

const (
	Waiting Answer = ""        // no answer yet
	Keep    Answer = "keep"    // still needed
	Leaves  Answer = "leaves"  // closed: its holder has left
	Suspend Answer = "suspend" // in doubt, or away for long
	Lapsed  Answer = "lapsed"  // the last day passed without an answer
)

// Answers are the answers of one act, account by account.
type Answers map[cloison.AccountID]Answer

// Answered is one answer, with the account as it becomes.
type Answered struct {
	Account cloison.AccountID
	Answer  Answer
	By      cloison.AccountID
	At      time.Time
	Becomes *Ending // nil: the account stays as it is
}

// most is how many accounts may be answered for by one act.
const most = 500

// Answer answers for accounts of an open review: all of them, or none and an error. Denied errors hold a
// directory.DenyReason: see MayAnswer. While the review is open another answer replaces the first.
func (lc *Lifecycle) Answer(ctx context.Context, by cloison.Caller, review cloison.ActID, answers Answers) error {
	if len(answers) == 0 || len(answers) > most {
		return cloison.InvalidField("answers", "want answers for 1 to %d accounts at a time", most)
	}
	caller, err := lc.caller(ctx, by)
	if err != nil {
		return err
	}
	r, err := lc.store.Review(ctx, review)
	switch {
	case err != nil:
		return err
	case !r.Open(lc.now()):
		return cloison.Errorf(cloison.Conflict, "the review is over")
	}
	list := make([]Answered, 0, len(answers))
	for id, answer := range answers {
		a, err := lc.answered(ctx, caller, by, review, id, answer)
		if err != nil {
			return err
		}
		list = append(list, a)
	}
	return lc.store.Answer(ctx, review, list)
}

// MayAnswer says why the caller may not give that answer for the account now; the error holds a directory.DenyReason.
func (lc *Lifecycle) MayAnswer(caller, a directory.Account, answer Answer) error {
	if err := directory.Allow(directory.ToReview, caller, a); err != nil {
		return err
	}
	switch answer {
	case Keep:
		return approval.MayKeep(caller, a, lc.now())
	case Suspend:
		return directory.Allow(directory.ToSuspend, caller, a)
	case Leaves:
		return directory.Allow(directory.ToClose, caller, a)
	}
	return cloison.InvalidField("answers", "an answer is keep, suspend or leaves")
}

func (lc *Lifecycle) answered(ctx context.Context, caller directory.Account, by cloison.Caller, review cloison.ActID,
	id cloison.AccountID, answer Answer) (Answered, error) {

	now := lc.now()
	out := Answered{Account: id, Answer: answer, By: caller.ID, At: now}
	a, err := lc.store.Account(ctx, id)
	if err != nil {
		return out, err
	}
	if err := lc.MayAnswer(caller, a, answer); err != nil {
		return out, err
	}
	state, code := directory.Suspended, "account.suspended"
	if answer == Leaves {
		state, code = directory.Closed, "account.closed"
	}
	if answer == Keep || a.State == state || a.State == directory.Closed {
		return out, nil
	}
	a.State, a.SuspendedAt, a.SuspendedBy, a.Reason = state, now, caller.ID, Unreviewed
	if answer == Leaves {
		a.Reason = directory.Left
	}
	out.Becomes = &Ending{a, journal.Event{At: now, Code: code, Actor: caller.ID, Account: id, Session: by.Session,
		Act: review, Detail: map[string]string{"reason": a.Reason, "structure": string(a.Structure)}}}
	return out, nil
}

// caller reads the account that acts; without an account the caller is denied.
func (lc *Lifecycle) caller(ctx context.Context, by cloison.Caller) (directory.Account, error) {
	if by.Account == 0 {
		return directory.Account{}, directory.Allow(directory.ToReview, directory.Account{}, directory.Account{})
	}
	return lc.store.Account(ctx, by.Account)
}
