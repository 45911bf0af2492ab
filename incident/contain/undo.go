package contain

import (
	"context"

	"cloison"
	"cloison/access/approval"
	"cloison/access/directory"
	"cloison/ledger/journal"
)

// CutByID returns one cut; NotFound when there is none.
func (c *Container) CutByID(ctx context.Context, id cloison.ActID) (Cut, error) {
	return c.store.CutByID(ctx, id)
}

// MayUndo says whether the caller may be the first or the second of the two who undo a cut. It returns the cut: nil,
// NotFound, Conflict when it is undone, Denied with its reason.
func (c *Container) MayUndo(ctx context.Context, by cloison.Caller, id cloison.ActID) (Cut, error) {
	cut, err := c.store.CutByID(ctx, id)
	if err != nil {
		return cut, err
	}
	if !cut.Undone.IsZero() {
		return cut, cloison.Errorf(cloison.Conflict, "undo %v: already undone", id)
	}
	second, err := c.facts.Account(ctx, by.Account)
	if err != nil && cloison.KindOf(err) != cloison.NotFound {
		return cut, err
	}
	for _, a := range cut.Accounts {
		if err := directory.Allow(directory.ToUndo, second, directory.Account{ID: a}); err != nil {
			return cut, err
		}
	}
	if cut.UndoAsk == 0 {
		return cut, nil
	}
	first, err := c.facts.Account(ctx, cut.UndoAsk)
	switch {
	case err != nil:
		return cut, err
	case first.State != directory.Active:
		return cut, cloison.Errorf(cloison.Denied, "undo %v: the first officer is %s now; reinstate the accounts one by one: %w",
			id, first.State, directory.MakerGone)
	}
	return cut, approval.Independent(ctx, c.facts, first, second)
}

// Undo gives back what a cut took from its accounts; it takes two officers. The first call records the request and
// returns false; the call of a second officer, independent of the first, undoes the cut and returns true. Neither may
// be among the accounts. Sessions, proposals and codes stay ended: people sign in again.
func (c *Container) Undo(ctx context.Context, by cloison.Caller, id cloison.ActID) (done bool, err error) {
	cut, err := c.MayUndo(ctx, by, id)
	if err != nil {
		return false, err
	}
	event, undo := journal.Event{Code: "cut.undo_asked", Actor: by.Account, Account: cut.Root, Session: by.Session, Act: id}, c.store.AskUndo
	if done = cut.UndoAsk != 0; done {
		event.Code, undo = "cut.undone", c.store.Undo
	}
	if err := undo(ctx, id, by.Account, c.now()); err != nil {
		return false, err
	}
	c.record(ctx, event)
	return done, nil
}
