package contain

import (
	"context"

	"cloison"
	"cloison/access/directory"
)

// Undo gives back what a cut took from its accounts; it takes two officers. The first call records the wish and
// returns false, the call of a second one, independent of the first, does it and returns true. Neither may be among
// the accounts. Sessions, proposals and codes stay dead: people sign in again.
func (c *Container) Undo(ctx context.Context, by directory.Caller, id cloison.ActID) (done bool, err error) {
	cut, err := c.store.CutByID(ctx, id)
	if err != nil {
		return false, err
	}
	if !cut.Undone.IsZero() {
		return false, cloison.Errorf(cloison.Conflict, "the cut was undone already")
	}
	second, err := c.facts.Account(ctx, by.Account)
	if err != nil && cloison.KindOf(err) != cloison.NotFound {
		return false, err
	}
	for _, a := range cut.Accounts {
		if err := directory.Allow(directory.ToUndo, second, directory.Account{ID: a}); err != nil {
			return false, err
		}
	}
	event := directory.Event{Code: "cut.undo_asked", Actor: second.ID, Account: cut.Root, Session: by.Session,
		Act: cut.ID}
	if cut.UndoAsk == 0 {
		if err := c.store.AskUndo(ctx, id, second.ID, c.now()); err != nil {
			return false, err
		}
		c.record(ctx, event)
		return false, nil
	}
	first, err := c.facts.Account(ctx, cut.UndoAsk)
	if err != nil {
		return false, err
	}
	if first.State != directory.Active {
		return false, cloison.Errorf(cloison.Denied,
			"who first asked to undo the cut is %s since: reinstate the accounts one by one: %w",
			first.State, directory.MakerGone)
	}
	if err := directory.Independent(ctx, c.facts, first, second); err != nil {
		return false, err
	}
	if err := c.store.Undo(ctx, id, second.ID, c.now()); err != nil {
		return false, err
	}
	event.Code = "cut.undone"
	c.record(ctx, event)
	return true, nil
}
