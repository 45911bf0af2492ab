package shared

import (
	"cloison/access/explanation"
	"context"
	"strconv"
	"strings"
	"time"

	"cloison"
)

// AddCover stores a declared cover, and raises the fence.
func (db ExplanationStore) AddCover(ctx context.Context, c explanation.CoverDeclared) error {
	return db.Guarded(ctx, func(t Tx) error { return t.insertCover(c) })
}

func (t Tx) insertCover(c explanation.CoverDeclared) error {
	if err := t.StillActive(c.By, c.For); err != nil {
		return err
	}
	err := t.Run("INSERT INTO cover (id, for_account, of_account, made_by, made, since, until) VALUES ($1, $2, $3, $4, $5, $6, $7)",
		int64(c.ID), int64(c.For), int64(c.Of), int64(c.By), Optional(c.Made), Optional(c.Since), Optional(c.Until))
	if err != nil {
		return err
	}
	return t.RaiseFence()
}

// Covers lists what the account covers at a time, oldest first.
func (db ExplanationStore) Covers(ctx context.Context, account cloison.AccountID, at time.Time) ([]explanation.CoverDeclared,
	error) {
	return List(ctx, db.Engine, Into(coverDest), `SELECT id, for_account, of_account, made_by, made, since, until FROM cover
		WHERE for_account = $1 AND since < $2 AND (until IS NULL OR until > $2) ORDER BY made, id`, int64(account), at)
}

func coverDest(c *explanation.CoverDeclared) []any {
	return []any{(*int64)(&c.ID), (*int64)(&c.For), (*int64)(&c.Of), (*int64)(&c.By), &c.Made, &c.Since, &c.Until}
}

// Caseload reads the assignments that hold at a time. Where several explain a person one is kept: what was imported
// before what was transferred, then a caseload before an appointment, then the one that began first.
func (db ExplanationStore) Caseload(ctx context.Context, account cloison.AccountID, at time.Time) (
	map[cloison.PersonRef]explanation.Explanation, error,
) {
	return db.caseload(ctx, `SELECT person, means, since, until, transfer, earlier FROM assignment
		WHERE account = $1 AND since < $2 AND (until IS NULL OR until > $2) ORDER BY (transfer = 0) DESC, (means = 'caseload') DESC, since`,
		int64(account), at)
}

// StructureCaseload reads the assignments of a whole structure.
func (db ExplanationStore) StructureCaseload(ctx context.Context, structure cloison.StructureID, at time.Time) (
	map[cloison.PersonRef]explanation.Explanation, error,
) {
	return db.caseload(ctx,
		`SELECT person, means, since, until, transfer, earlier FROM account JOIN assignment ON account = account.id
		WHERE structure = $1 AND state <> `+Closed+` AND since < $2 AND (until IS NULL OR until > $2) ORDER BY (transfer = 0) DESC, (means = 'caseload') DESC, since`,
		string(structure), at)
}

// caseload reads assignments, the strongest of each person first.
func (db ExplanationStore) caseload(ctx context.Context, query string, args ...any) (map[cloison.PersonRef]explanation.Explanation,
	error) {
	caseload := map[cloison.PersonRef]explanation.Explanation{}
	err := db.Each(ctx, query, args, func(row Row) error {
		var person, earlier string
		var e explanation.Explanation
		err := row.Scan(&person, (*string)(&e.Means), &e.Since, &e.Until, (*int64)(&e.Ref), &earlier)
		if err != nil {
			return err
		}
		if e.Earlier, err = acts(earlier); err != nil {
			return err
		}
		if _, ok := caseload[cloison.PersonRef(person)]; !ok {
			caseload[cloison.PersonRef(person)] = e
		}
		return nil
	})
	return caseload, err
}

// acts reads ids that are written with spaces between them.
func acts(text string) (ids []cloison.ActID, err error) {
	for _, word := range strings.Fields(text) {
		n, err := strconv.ParseInt(word, 10, 64)
		if err != nil {
			return nil, cloison.Errorf(cloison.Internal, "reading an assignment: a transfer is no number: %w", err)
		}
		ids = append(ids, cloison.ActID(n))
	}
	return ids, nil
}

// AddDuty stores a turn at the duty desk, and raises the fence.
func (db DutyStore) AddDuty(ctx context.Context, d explanation.DutyDeclared) error {
	return db.Change(ctx, func(t Tx) error {
		if err := t.StillActive(d.By, d.For); err != nil {
			return err
		}
		if err := t.stillStands(d.Structure); err != nil {
			return err
		}
		err := t.Run("INSERT INTO duty (id, account, structure, made_by, made, since, until) VALUES ($1, $2, $3, $4, $5, $6, $7)",
			int64(d.ID), int64(d.For), string(d.Structure), int64(d.By), d.Made, d.Since, d.Until)
		return err
	})
}

// Duties lists the turns that the account holds at a time.
func (db DutyStore) Duties(ctx context.Context, account cloison.AccountID, at time.Time) ([]explanation.DutyDeclared, error) {
	return List(ctx, db.Engine, Into(dutyDest), `SELECT id, account, structure, made_by, made, since, until FROM duty
		WHERE account = $1 AND until > $2 AND since < $2 ORDER BY made, id`, int64(account), at)
}

func dutyDest(d *explanation.DutyDeclared) []any {
	return []any{(*int64)(&d.ID), (*int64)(&d.For), (*string)(&d.Structure), (*int64)(&d.By), &d.Made, &d.Since, &d.Until}
}

// AddTransfer moves a caseload. A person that the receiver has from the same moment already stays as it is.
func (db DutyStore) AddTransfer(ctx context.Context, d explanation.Transfer) (moved int, err error) {
	err = db.Change(ctx, func(t Tx) error {
		if err := t.StillActive(d.By, d.To); err != nil {
			return err
		}
		err := t.Run("INSERT INTO transfer (id, from_account, to_account, made_by, made, since) VALUES ($1, $2, $3, $4, $5, $6)",
			int64(d.ID), int64(d.From), int64(d.To), int64(d.By), d.Made, d.Since)
		if err != nil {
			return err
		}
		n, err := t.Exec(`INSERT INTO assignment (account, person, means, since, until, transfer, earlier)
			SELECT $1::bigint, person, 'caseload', start, CASE WHEN count(*) FILTER (WHERE until IS NULL) = 0 THEN max(until) ELSE $5::timestamptz END,
				$3::bigint,
				string_agg(hands, '')
			FROM (SELECT person, until, greatest(since, $2::timestamptz) AS start,
					earlier || CASE transfer WHEN 0 THEN '' ELSE ' ' || transfer END AS hands FROM assignment
				WHERE account = $4 AND means = 'caseload' AND (until IS NULL OR until > $2::timestamptz)) AS moving
			GROUP BY person, start ON CONFLICT DO NOTHING`, int64(d.To), d.Since, int64(d.ID), int64(d.From), Optional{})
		if err != nil {
			return err
		}
		moved = int(n)
		err = t.Run("DELETE FROM assignment WHERE account = $1 AND means = 'caseload' AND since >= $2", int64(d.From), d.Since)
		if err != nil {
			return err
		}
		err = t.Run(`UPDATE assignment SET until = $2 WHERE account = $1 AND means = 'caseload' AND (until IS NULL OR until > $2)`,
			int64(d.From), d.Since)
		return err
	})
	return moved, err
}

// Transfers finds those with these ids.
func (db DutyStore) Transfers(ctx context.Context, ids []cloison.ActID) ([]explanation.Transfer, error) {
	return List(ctx, db.Engine, Into(transferDest), `SELECT id, from_account, to_account, made_by, made, since FROM transfer
		WHERE id = ANY($1) ORDER BY made, id`, Numbers(ids))
}

func transferDest(d *explanation.Transfer) []any {
	return []any{(*int64)(&d.ID), (*int64)(&d.From), (*int64)(&d.To), (*int64)(&d.By), &d.Made, &d.Since}
}
