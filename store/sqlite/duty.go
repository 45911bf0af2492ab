package sqlite

import (
	"context"
	"database/sql"
	"encoding/json"
	"time"

	"cloison"
	"cloison/access/explanation"
)

// AddDuty stores a turn at the duty desk, and raises the fence.
func (db *DB) AddDuty(ctx context.Context, d explanation.DutyDeclared) error {
	return db.tx(ctx, func(t *tx) error {
		if err := t.stillActive(d.By, d.For); err != nil {
			return err
		}
		if err := t.stillStands(d.Structure); err != nil {
			return err
		}
		err := t.run("INSERT INTO duty (id, account, structure, made_by, made, since, until) VALUES (?, ?, ?, ?, ?, ?, ?)",
			int64(d.ID), int64(d.For), string(d.Structure), int64(d.By), millis(d.Made), millis(d.Since), millis(d.Until))
		if err != nil {
			return err
		}
		return t.raiseFence()
	})
}

// Duties lists the turns that the account holds at a time.
func (db *DB) Duties(ctx context.Context, account cloison.AccountID, at time.Time) (duties []explanation.DutyDeclared, err error) {
	err = db.each(ctx, `SELECT id, account, structure, made_by, made, since, until FROM duty
		WHERE account = ?1 AND until > ?2 AND since < ?2 ORDER BY made, id`, []any{int64(account), millis(at)},
		func(rows *sql.Rows) error {
			var d explanation.DutyDeclared
			err := rows.Scan(&d.ID, &d.For, &d.Structure, &d.By, (*moment)(&d.Made), (*moment)(&d.Since), (*moment)(&d.Until))
			duties = append(duties, d)
			return unavailable(err)
		})
	return duties, err
}

// AddTransfer moves a caseload. A person whom the receiver is assigned from the same moment stays as it is.
func (db *DB) AddTransfer(ctx context.Context, d explanation.Transfer) (moved int, err error) {
	err = db.tx(ctx, func(t *tx) error {
		if err := t.stillActive(d.By, d.To); err != nil {
			return err
		}
		err := t.run("INSERT INTO transfer (id, from_account, to_account, made_by, made, since) VALUES (?, ?, ?, ?, ?, ?)",
			int64(d.ID), int64(d.From), int64(d.To), int64(d.By), millis(d.Made), millis(d.Since))
		if err != nil {
			return err
		}
		n, err := t.exec(`INSERT INTO assignment (account, person, means, since, until, transfer, earlier)
			SELECT ?1, person, means, max(since, ?2), iif(min(until) = 0, 0, max(until)), ?3,
				group_concat(earlier || iif(transfer = 0, '', ' ' || transfer), '') FROM assignment
			WHERE account = ?4 AND means = 'caseload' AND (until = 0 OR until > ?2) GROUP BY person, max(since, ?2)
			ON CONFLICT DO NOTHING`, int64(d.To), millis(d.Since), int64(d.ID), int64(d.From))
		if err != nil {
			return err
		}
		moved = int(n)
		err = t.run("DELETE FROM assignment WHERE account = ? AND means = 'caseload' AND since >= ?", int64(d.From), millis(d.Since))
		if err != nil {
			return err
		}
		err = t.run(`UPDATE assignment SET until = ?2 WHERE account = ?1 AND means = 'caseload' AND (until = 0 OR until > ?2)`,
			int64(d.From), millis(d.Since))
		if err != nil {
			return err
		}
		return t.raiseFence()
	})
	return moved, err
}

// Transfers finds those with these ids.
func (db *DB) Transfers(ctx context.Context, ids []cloison.ActID) (list []explanation.Transfer, err error) {
	numbers := make([]int64, len(ids))
	for i, id := range ids {
		numbers[i] = int64(id)
	}
	wanted, err := json.Marshal(numbers)
	if err != nil {
		return nil, err
	}
	err = db.each(ctx, `SELECT id, from_account, to_account, made_by, made, since FROM transfer WHERE id IN (SELECT value FROM json_each(?))
		ORDER BY made, id`, []any{string(wanted)}, func(rows *sql.Rows) error {
		var d explanation.Transfer
		err := rows.Scan(&d.ID, &d.From, &d.To, &d.By, (*moment)(&d.Made), (*moment)(&d.Since))
		list = append(list, d)
		return unavailable(err)
	})
	return list, err
}
