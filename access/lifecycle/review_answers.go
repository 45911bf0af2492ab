package lifecycle

import (
	"context"

	"cloison"
	"cloison/access/approval"
	"cloison/access/directory"
	"cloison/ledger/journal"
)

// Answers are what somebody answers in a review, account by account.
type Answers map[cloison.AccountID]Answer

// most is how many accounts may be answered for by one act.
const most = 500

// Answer answers for accounts of an open review: all of them, or none and an error. Each is checked by the table of
// package directory: to keep an account, and what else the answer does to it. Denied errors hold a directory.DenyReason. The
// same answer again changes nothing that matters; another one replaces the first while the review is open.
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
	case !r.Closed.IsZero() || !lc.now().Before(r.Due):
		return cloison.Errorf(cloison.Conflict, "the review is over")
	}
	list := make([]Answered, 0, len(answers))
	for id, verdict := range answers {
		a, err := lc.answered(ctx, caller, by, review, id, verdict)
		if err != nil {
			return err
		}
		list = append(list, a)
	}
	return lc.store.Answer(ctx, review, list)
}

// MayAnswer says whether the caller may answer so for the account now: nil, or a Denied error with its directory.DenyReason.
func (lc *Lifecycle) MayAnswer(caller, a directory.Account, verdict Answer) error {
	if err := directory.Allow(directory.ToReview, caller, a); err != nil {
		return err
	}
	switch verdict {
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
	id cloison.AccountID, verdict Answer) (Answered, error) {

	now := lc.now()
	out := Answered{Account: id, Answer: verdict, By: caller.ID, At: now}
	a, err := lc.store.Account(ctx, id)
	if err != nil {
		return out, err
	}
	if err := lc.MayAnswer(caller, a, verdict); err != nil {
		return out, err
	}
	state, code := directory.Suspended, "account.suspended"
	if verdict == Leaves {
		state, code = directory.Closed, "account.closed"
	}
	if verdict == Keep || a.State == state || a.State == directory.Closed {
		return out, nil
	}
	a.State, a.SuspendedAt, a.SuspendedBy, a.Reason = state, now, caller.ID, Unreviewed
	if verdict == Leaves {
		a.Reason = directory.Left
	}
	out.Becomes = &Ending{a, journal.Event{At: now, Code: code, Actor: caller.ID, Account: id, Session: by.Session,
		Act: review, Detail: map[string]string{"reason": a.Reason, "structure": string(a.Structure)}}}
	return out, nil
}

// caller reads who acts; nobody is denied like one without rights.
func (lc *Lifecycle) caller(ctx context.Context, by cloison.Caller) (directory.Account, error) {
	if by.Account == 0 {
		return directory.Account{}, directory.Allow(directory.ToReview, directory.Account{}, directory.Account{})
	}
	return lc.store.Account(ctx, by.Account)
}
