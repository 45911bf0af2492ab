package incident

import (
	"context"
	"strconv"
	"strings"
	"time"

	"cloison"
	"cloison/access/directory"
	"cloison/incident/contain"
	"cloison/store/shared"
)

// Fence reads the gate's fence.
func (db CutStore) Fence(ctx context.Context) (int64, error) {
	return shared.Value[int64](ctx, db.Engine, "SELECT fence FROM gate")
}

// Cut applies a cut: the fence first, then everything that the accounts could still act with.
func (db CutStore) Cut(ctx context.Context, c contain.Cut) (e contain.Effect, err error) {
	err = db.Guarded(ctx, func(t shared.Tx) error {
		there, err := t.Exists("cut", int64(c.ID))
		switch {
		case err != nil:
			return err
		case there:
			return cloison.Errorf(cloison.Conflict, "storing cut %v: it is stored already", c.ID)
		}
		if err := t.Must(shared.Stale("ledger's fence"),
			"UPDATE gate SET fence = fence + 1 WHERE fence = $1", c.Fence); err != nil {
			return err
		}
		err = t.Run(`INSERT INTO cut (id, root, since, at, made_by, alarm, reason, fence, accounts, sessions, proposals, codes,
			undo_ask, undo_at, undone_by, undone) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, 0, 0, 0, 0, 0, $9, 0, $9)`,
			int64(c.ID), int64(c.Root), shared.Optional(c.Since), shared.Optional(c.At), int64(c.By), c.Alarm, c.Reason, c.Fence,
			shared.Optional{})
		if err != nil {
			return err
		}
		e = contain.Effect{}
		for i, account := range c.Accounts {
			if err := cutAccount(t, c, i, account, &e); err != nil {
				return err
			}
		}
		return t.Run("UPDATE cut SET accounts = $1, sessions = $2, proposals = $3, codes = $4 WHERE id = $5",
			e.Accounts, e.Sessions, e.Proposals, e.Codes, int64(c.ID))
	})
	if err != nil {
		return contain.Effect{}, err
	}
	return e, nil
}

// cutAccount ends one account's means and counts them.
func cutAccount(t shared.Tx, c contain.Cut, place int, account cloison.AccountID, e *contain.Effect) error {
	if err := t.Must(cloison.Errorf(cloison.NotFound, "there is no account %v", account),
		`INSERT INTO cut_account (cut, account, place, suspended, state, suspended_at, suspended_by, suspended_in, reason)
		SELECT $1, id, $2, state <> $3, state, suspended_at, suspended_by, suspended_in, reason FROM account WHERE id = $4`,
		int64(c.ID), place, int64(directory.Closed), int64(account)); err != nil {
		return err
	}
	n, err := t.Exec(`UPDATE account SET state = $1, suspended_at = $2, suspended_by = $3, suspended_in = $4, reason = $5,
		version = version + 1 WHERE id = $6 AND state <> $7`, int64(directory.Suspended), shared.Optional(c.At), int64(c.By),
		int64(c.ID), c.Reason, int64(account), int64(directory.Closed))
	if err != nil {
		return err
	}
	e.Accounts += int(n)
	sessions, err := t.EndSessions(account, 0, c.Reason, c.At)
	if err != nil {
		return err
	}
	e.Sessions += sessions
	n, err = t.Exec(`UPDATE proposal SET state = 'cancelled', decided = $1, decided_by = $2, reason = $3, version = version + 1
		WHERE state = 'open' AND (made_by = $4 OR account = $4)`, shared.Optional(c.At), int64(c.By), c.Reason, int64(account))
	if err != nil {
		return err
	}
	e.Proposals += int(n)
	err = t.Run("UPDATE merger SET state = 'refused', decided = $1 WHERE state IN ('open', 'approved') AND (made_by = $2 OR decided_by = $2)",
		c.At, int64(account))
	if err != nil {
		return err
	}
	n, err = t.Exec("UPDATE enrolment SET state = 'cut' WHERE state = 'open' AND (account = $1 OR made_by = $1)", int64(account))
	e.Codes += int(n)
	return err
}

const cutColumns = `id, root, since, at, made_by, alarm, reason, fence, accounts, sessions, proposals, codes, undo_ask, undone,
	coalesce((SELECT string_agg(account::text, ' ' ORDER BY place) FROM cut_account WHERE cut = cut.id), '')`

func scanCut(row shared.Row) (c contain.Cut, err error) {
	var accounts string
	err = row.Scan((*int64)(&c.ID), (*int64)(&c.Root), &c.Since, &c.At, (*int64)(&c.By), &c.Alarm, &c.Reason, &c.Fence,
		&c.Effect.Accounts, &c.Effect.Sessions, &c.Effect.Proposals, &c.Effect.Codes, (*int64)(&c.UndoAsk), &c.Undone, &accounts)
	if err != nil {
		return contain.Cut{}, err
	}
	for id := range strings.FieldsSeq(accounts) {
		n, err := strconv.ParseInt(id, 10, 64)
		if err != nil {
			return contain.Cut{}, cloison.Errorf(cloison.Internal, "reading cut %v: an account is no number: %w", c.ID, err)
		}
		c.Accounts = append(c.Accounts, cloison.AccountID(n))
	}
	return c, nil
}

// CutByID finds a cut.
func (db CutStore) CutByID(ctx context.Context, id cloison.ActID) (contain.Cut, error) {
	return shared.One(ctx, db.Engine, "cut", scanCut, "SELECT "+cutColumns+" FROM cut WHERE id = $1", int64(id))
}

// CutOfAlarm finds the cut of an alarm.
func (db CutStore) CutOfAlarm(ctx context.Context, alarm int64) (contain.Cut, error) {
	return shared.One(ctx, db.Engine, "cut", scanCut, "SELECT "+cutColumns+" FROM cut WHERE alarm = $1 ORDER BY at LIMIT 1", alarm)
}

// Cuts lists all cuts.
func (db CutStore) Cuts(ctx context.Context) ([]contain.Cut, error) {
	return shared.List(ctx, db.Engine, scanCut, "SELECT "+cutColumns+" FROM cut ORDER BY at DESC, fence DESC")
}

// CutAccounts lists the accounts of a cut.
func (db CutStore) CutAccounts(ctx context.Context, cut cloison.ActID) ([]cloison.AccountID, error) {
	return shared.List(ctx, db.Engine, shared.Into(func(id *cloison.AccountID) []any { return []any{(*int64)(id)} }),
		"SELECT account FROM cut_account WHERE cut = $1 AND suspended ORDER BY place", int64(cut))
}

// undoAsked reads the account that asked to undo the cut; a Conflict when it is undone.
func undoAsked(t shared.Tx, cut cloison.ActID) (asked cloison.AccountID, err error) {
	var undone time.Time
	err = t.Row("SELECT undo_ask, undone FROM cut WHERE id = $1", int64(cut)).Scan((*int64)(&asked), &undone)
	switch {
	case err != nil:
		return 0, shared.Found("cut", err)
	case !undone.IsZero():
		return 0, cloison.Errorf(cloison.Conflict, "undoing cut %v: it is undone already", cut)
	}
	return asked, nil
}

// AskUndo records the first person's wish.
func (db CutStore) AskUndo(ctx context.Context, cut cloison.ActID, by cloison.AccountID, at time.Time) error {
	return db.Guarded(ctx, func(t shared.Tx) error {
		asked, err := undoAsked(t, cut)
		if err != nil {
			return err
		}
		if asked != 0 {
			return cloison.Errorf(cloison.Conflict, "asking to undo cut %v: another account asked already: a second person may undo it", cut)
		}
		return t.Run("UPDATE cut SET undo_ask = $1, undo_at = $2 WHERE id = $3", int64(by), shared.Optional(at), int64(cut))
	})
}

// Undo gives back what the cut took from the accounts that nothing suspended since.
func (db CutStore) Undo(ctx context.Context, cut cloison.ActID, by cloison.AccountID, at time.Time) error {
	return db.Change(ctx, func(t shared.Tx) error {
		asked, err := undoAsked(t, cut)
		switch {
		case err != nil:
			return err
		case asked == 0:
			return cloison.Errorf(cloison.Conflict, "undoing cut %v: no request to undo it: one person asks, a second one undoes", cut)
		case asked == by:
			return cloison.Errorf(cloison.Conflict, "undoing cut %v: the account that asked may not undo it: a second person must", cut)
		}
		// A later cut that found these accounts suspended by this one must give back what this one found.
		err = t.Run(`UPDATE cut_account AS later SET state = this.state, suspended_at = this.suspended_at,
			suspended_by = this.suspended_by, suspended_in = this.suspended_in, reason = this.reason
			FROM cut_account AS this WHERE this.cut = $1 AND this.account = later.account AND later.suspended_in = $1`,
			int64(cut))
		if err != nil {
			return err
		}
		err = t.Run(`UPDATE account SET state = this.state, suspended_at = this.suspended_at, suspended_by = this.suspended_by,
			suspended_in = this.suspended_in, reason = this.reason, version = version + 1
			FROM cut_account AS this WHERE this.cut = $1 AND this.suspended AND this.account = account.id
				AND account.state = $2 AND account.suspended_in = $1`, int64(cut), int64(directory.Suspended))
		if err != nil {
			return err
		}
		err = t.Run("UPDATE cut SET undone = $1, undone_by = $2 WHERE id = $3", shared.Marked(at), int64(by), int64(cut))
		return err
	})
}
