package postgres

import (
	"context"
	"time"

	"github.com/jackc/pgx/v5"

	"cloison"
	"cloison/access/explanation"
)

// AddDuty stores a turn at the duty desk, and raises the fence.
func (db *DB) AddDuty(ctx context.Context, d explanation.DutyDeclared) error {
	return db.guarded(ctx, func(t *tx) error {
		if err := t.stillActive(d.By, d.For); err != nil {
			return err
		}
		if err := t.stillStands(d.Structure); err != nil {
			return err
		}
		err := t.run("INSERT INTO duty (id, account, structure, made_by, made, since, until) VALUES ($1, $2, $3, $4, $5, $6, $7)",
			int64(d.ID), int64(d.For), string(d.Structure), int64(d.By), exact(d.Made), exact(d.Since), exact(d.Until))
		if err != nil {
			return err
		}
		return t.raiseFence()
	})
}

// Duties lists the turns that the account holds at a time.
func (db *DB) Duties(ctx context.Context, account cloison.AccountID, at time.Time) (duties []explanation.DutyDeclared, err error) {
	err = db.each(ctx, `SELECT id, account, structure, made_by, made, since, until FROM duty
		WHERE account = $1 AND until > $2 AND since < $2 ORDER BY made, id`, []any{int64(account), exact(at)},
		func(rows pgx.Rows) error {
			var d explanation.DutyDeclared
			err := rows.Scan((*int64)(&d.ID), (*int64)(&d.For), (*string)(&d.Structure), (*int64)(&d.By), (*moment)(&d.Made), (*moment)(&d.Since), (*moment)(&d.Until))
			duties = append(duties, d)
			return unavailable(err)
		})
	return duties, err
}

// AddTransfer moves a caseload. A person whom the receiver is assigned from the same moment stays as it is.
func (db *DB) AddTransfer(ctx context.Context, d explanation.Transfer) (moved int, err error) {
	err = db.guarded(ctx, func(t *tx) error {
		if err := t.stillActive(d.By, d.To); err != nil {
			return err
		}
		err := t.run("INSERT INTO transfer (id, from_account, to_account, made_by, made, since) VALUES ($1, $2, $3, $4, $5, $6)",
			int64(d.ID), int64(d.From), int64(d.To), int64(d.By), exact(d.Made), exact(d.Since))
		if err != nil {
			return err
		}
		n, err := t.exec(`INSERT INTO assignment (account, person, means, since, until, transfer, earlier)
			SELECT $1::bigint, person, 'caseload', start, CASE WHEN bool_or(until IS NULL) THEN NULL ELSE max(until) END, $3::bigint,
				string_agg(hands, '')
			FROM (SELECT person, until, greatest(since, $2::timestamptz) AS start,
					earlier || CASE transfer WHEN 0 THEN '' ELSE ' ' || transfer END AS hands FROM assignment
				WHERE account = $4 AND means = 'caseload' AND (until IS NULL OR until > $2::timestamptz)) AS moving
			GROUP BY person, start ON CONFLICT DO NOTHING`, int64(d.To), exact(d.Since), int64(d.ID), int64(d.From))
		if err != nil {
			return err
		}
		moved = int(n)
		err = t.run("DELETE FROM assignment WHERE account = $1 AND means = 'caseload' AND since >= $2", int64(d.From), exact(d.Since))
		if err != nil {
			return err
		}
		err = t.run(`UPDATE assignment SET until = $2 WHERE account = $1 AND means = 'caseload' AND (until IS NULL OR until > $2)`,
			int64(d.From), exact(d.Since))
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
	err = db.each(ctx, `SELECT id, from_account, to_account, made_by, made, since FROM transfer WHERE id = ANY($1::bigint[])
		ORDER BY made, id`, []any{numbers}, func(rows pgx.Rows) error {
		var d explanation.Transfer
		err := rows.Scan((*int64)(&d.ID), (*int64)(&d.From), (*int64)(&d.To), (*int64)(&d.By), (*moment)(&d.Made), (*moment)(&d.Since))
		list = append(list, d)
		return unavailable(err)
	})
	return list, err
}
