package postgres

import (
	"context"
	"time"

	"github.com/jackc/pgx/v5"

	"cloison"
	"cloison/access/directory"
	"cloison/incident/contain"
)

// Fence reads the gate's fence.
func (db *DB) Fence(ctx context.Context) (fence int64, err error) {
	err = db.get(ctx, "gate", "SELECT fence FROM gate", nil, []any{&fence})
	return fence, err
}

// Descent reads the edges that leave the accounts, from the accounts themselves and from approved proposals.
func (db *DB) Descent(ctx context.Context, of []cloison.AccountID, since time.Time) ([]contain.Link, error) {
	var links []contain.Link
	err := db.each(ctx, `WITH link (origin, target, how, at) AS (
			SELECT created_by, id, 'created', created FROM account WHERE created_by = ANY($1)
			UNION ALL SELECT approved_by, id, 'approved', created FROM account WHERE approved_by = ANY($1)
			UNION ALL SELECT made_by, account,
				CASE kind WHEN 'rebind' THEN 're-enrolled' WHEN 'reinstate' THEN 'reinstated' WHEN 'new_roles' THEN 'changed' ELSE 'created' END, decided
				FROM proposal WHERE made_by = ANY($1) AND state = 'approved'
			UNION ALL SELECT decided_by, account, 'approved', decided
				FROM proposal WHERE decided_by = ANY($1) AND state = 'approved'
			UNION ALL SELECT decided_by, newcomer.account, 'approved', decided
				FROM proposal JOIN newcomer ON proposal = proposal.id WHERE decided_by = ANY($1) AND state = 'approved')
		SELECT origin, how, latest, `+accountColumns+` FROM account JOIN (SELECT origin, target, how, max(at) AS latest FROM link
			WHERE at >= $2 AND origin <> 0 GROUP BY origin, target, how) AS l ON account.id = target
		ORDER BY latest, target, origin, how`, []any{numbers(of), exact(since)},
		func(rows pgx.Rows) error {
			var l contain.Link
			err := rows.Scan(append([]any{(*int64)(&l.From), &l.How, (*moment)(&l.At)}, accountDest(&l.Account)...)...)
			l.To = l.Account.ID
			links = append(links, l)
			return unavailable(err)
		})
	return links, err
}

// Cut applies a cut: the fence first, then everything that the accounts could still act with.
func (db *DB) Cut(ctx context.Context, c contain.Cut) (e contain.Effect, err error) {
	err = db.guarded(ctx, func(t *tx) error {
		var there bool
		if err := t.row("SELECT EXISTS (SELECT FROM cut WHERE id = $1)", int64(c.ID)).Scan(&there); err != nil {
			return err
		}
		if there {
			return cloison.Errorf(cloison.Conflict, "the cut %v was stored before", c.ID)
		}
		n, err := t.exec("UPDATE gate SET fence = fence + 1 WHERE fence = $1", c.Fence)
		if err != nil {
			return err
		}
		if n == 0 {
			return stale("ledger's fence")
		}
		err = t.run(`INSERT INTO cut (id, root, since, at, made_by, alarm, reason, fence, accounts, sessions, proposals, codes,
			undo_ask, undo_at, undone_by, undone) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, 0, 0, 0, 0, 0, NULL, 0, NULL)`,
			int64(c.ID), int64(c.Root), stamp(c.Since), stamp(c.At), int64(c.By), c.Alarm, c.Reason, c.Fence)
		if err != nil {
			return err
		}
		e = contain.Effect{}
		for i, account := range c.Accounts {
			if err := t.cutAccount(c, i, account, &e); err != nil {
				return err
			}
		}
		return t.run("UPDATE cut SET accounts = $1, sessions = $2, proposals = $3, codes = $4 WHERE id = $5",
			e.Accounts, e.Sessions, e.Proposals, e.Codes, int64(c.ID))
	})
	if err != nil {
		return contain.Effect{}, err
	}
	return e, nil
}

// cutAccount ends one account's means and counts them.
func (t *tx) cutAccount(c contain.Cut, place int, account cloison.AccountID, e *contain.Effect) error {
	n, err := t.exec(`INSERT INTO cut_account (cut, account, place, suspended, state, suspended_at, suspended_by, suspended_in, reason)
		SELECT $1, id, $2, state <> $3, state, suspended_at, suspended_by, suspended_in, reason FROM account WHERE id = $4`,
		int64(c.ID), place, int64(directory.Closed), int64(account))
	if err != nil {
		return err
	}
	if n == 0 {
		return cloison.Errorf(cloison.NotFound, "there is no account %v", account)
	}
	n, err = t.exec(`UPDATE account SET state = $1, suspended_at = $2, suspended_by = $3, suspended_in = $4, reason = $5,
		version = version + 1 WHERE id = $6 AND state <> $7`, int64(directory.Suspended), stamp(c.At), int64(c.By), int64(c.ID),
		c.Reason, int64(account), int64(directory.Closed))
	if err != nil {
		return err
	}
	e.Accounts += int(n)
	sessions, err := t.endSessions(account, 0, c.Reason, c.At)
	if err != nil {
		return err
	}
	e.Sessions += sessions
	n, err = t.exec(`UPDATE proposal SET state = 'cancelled', decided = $1, decided_by = $2, reason = $3, version = version + 1
		WHERE state = 'open' AND (made_by = $4 OR account = $4)`, stamp(c.At), int64(c.By), c.Reason, int64(account))
	if err != nil {
		return err
	}
	e.Proposals += int(n)
	err = t.run("UPDATE merger SET state = 'refused', decided = $1 WHERE state IN ('open', 'approved') AND (made_by = $2 OR decided_by = $2)",
		exact(c.At), int64(account))
	if err != nil {
		return err
	}
	n, err = t.exec("UPDATE enrolment SET state = 'cut' WHERE state = 'open' AND (account = $1 OR made_by = $1)", int64(account))
	e.Codes += int(n)
	return err
}

const cutColumns = `id, root, since, at, made_by, alarm, reason, fence, accounts, sessions, proposals, codes, undo_ask, undone,
	ARRAY(SELECT account FROM cut_account WHERE cut = cut.id ORDER BY place)`

func scanCut(row pgx.Row) (c contain.Cut, err error) {
	var accounts []int64
	err = row.Scan((*int64)(&c.ID), (*int64)(&c.Root), (*moment)(&c.Since), (*moment)(&c.At), (*int64)(&c.By), &c.Alarm, &c.Reason, &c.Fence,
		&c.Effect.Accounts, &c.Effect.Sessions, &c.Effect.Proposals, &c.Effect.Codes, (*int64)(&c.UndoAsk), (*moment)(&c.Undone), &accounts)
	if err != nil {
		return contain.Cut{}, err
	}
	for _, id := range accounts {
		c.Accounts = append(c.Accounts, cloison.AccountID(id))
	}
	return c, nil
}

// CutByID finds a cut.
func (db *DB) CutByID(ctx context.Context, id cloison.ActID) (contain.Cut, error) {
	return db.oneCut(ctx, "id = $1", int64(id))
}

// CutOfAlarm finds the cut of an alarm.
func (db *DB) CutOfAlarm(ctx context.Context, alarm int64) (contain.Cut, error) {
	return db.oneCut(ctx, "alarm = $1 ORDER BY at LIMIT 1", alarm)
}

func (db *DB) oneCut(ctx context.Context, of string, arg int64) (contain.Cut, error) {
	c, err := scanCut(db.pool.QueryRow(ctx, "SELECT "+cutColumns+" FROM cut WHERE "+of, arg))
	return c, found("cut", err)
}

// Cuts lists all cuts.
func (db *DB) Cuts(ctx context.Context) ([]contain.Cut, error) {
	var cuts []contain.Cut
	err := db.each(ctx, "SELECT "+cutColumns+" FROM cut ORDER BY at DESC, fence DESC", nil, func(rows pgx.Rows) error {
		c, err := scanCut(rows)
		cuts = append(cuts, c)
		return unavailable(err)
	})
	return cuts, err
}

// undoAsked reads who asked to undo the cut; a Conflict when it is undone.
func (t *tx) undoAsked(cut cloison.ActID) (asked cloison.AccountID, err error) {
	var undone time.Time
	err = t.row("SELECT undo_ask, undone FROM cut WHERE id = $1", int64(cut)).Scan((*int64)(&asked), (*moment)(&undone))
	switch {
	case err != nil:
		return 0, found("cut", err)
	case !undone.IsZero():
		return 0, cloison.Errorf(cloison.Conflict, "the cut %v is undone already", cut)
	}
	return asked, nil
}

// AskUndo records the first person's wish.
func (db *DB) AskUndo(ctx context.Context, cut cloison.ActID, by cloison.AccountID, at time.Time) error {
	return db.guarded(ctx, func(t *tx) error {
		asked, err := t.undoAsked(cut)
		if err != nil {
			return err
		}
		if asked != 0 {
			return cloison.Errorf(cloison.Conflict, "somebody asked to undo the cut %v already: a second person may undo it", cut)
		}
		return t.run("UPDATE cut SET undo_ask = $1, undo_at = $2 WHERE id = $3", int64(by), stamp(at), int64(cut))
	})
}

// Undo gives back what the cut took from the accounts that nothing suspended since.
func (db *DB) Undo(ctx context.Context, cut cloison.ActID, by cloison.AccountID, at time.Time) error {
	return db.guarded(ctx, func(t *tx) error {
		asked, err := t.undoAsked(cut)
		switch {
		case err != nil:
			return err
		case asked == 0:
			return cloison.Errorf(cloison.Conflict, "nobody asked to undo the cut %v: one person asks, a second one undoes", cut)
		case asked == by:
			return cloison.Errorf(cloison.Conflict, "who asked to undo the cut %v may not undo it: a second person must", cut)
		}
		// A later cut that found these accounts suspended by this one shall give back what this one found.
		err = t.run(`UPDATE cut_account AS later SET state = this.state, suspended_at = this.suspended_at,
			suspended_by = this.suspended_by, suspended_in = this.suspended_in, reason = this.reason
			FROM cut_account AS this WHERE this.cut = $1 AND this.account = later.account AND later.suspended_in = $1`, int64(cut))
		if err != nil {
			return err
		}
		err = t.run(`UPDATE account SET state = this.state, suspended_at = this.suspended_at, suspended_by = this.suspended_by,
			suspended_in = this.suspended_in, reason = this.reason, version = version + 1
			FROM cut_account AS this WHERE this.cut = $1 AND this.suspended AND this.account = account.id
				AND account.state = $2 AND account.suspended_in = $1`, int64(cut), int64(directory.Suspended))
		if err != nil {
			return err
		}
		err = t.run("UPDATE cut SET undone = $1, undone_by = $2 WHERE id = $3", exact(at), int64(by), int64(cut))
		if err != nil {
			return err
		}
		return t.raiseFence()
	})
}
