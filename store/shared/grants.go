package shared

import (
	"cloison/access/explanation"
	"context"
	"time"

	"cloison"
)

const grantColumns = "id, account, structure, person, means, made_by, made, until"

func grantDest(g *explanation.Grant) []any {
	return []any{(*int64)(&g.ID), (*int64)(&g.Account), (*string)(&g.Structure), (*string)(&g.Person), (*string)(&g.Means),
		(*int64)(&g.By), &g.Made, &g.Until}
}

func (db GrantStore) grants(ctx context.Context, where string, args ...any) ([]explanation.Grant, error) {
	return List(ctx, db.Engine, Into(grantDest), "SELECT "+grantColumns+" FROM desk_grant "+where, args...)
}

// Grants lists what was granted to an account and holds at a time.
func (db GrantStore) Grants(ctx context.Context, account cloison.AccountID, at time.Time) ([]explanation.Grant, error) {
	return db.grants(ctx, "WHERE account = $1 AND until > $2 AND made < $2 ORDER BY made, id", int64(account), at)
}

// Visits lists the late ones of a structure.
func (db GrantStore) Visits(ctx context.Context, structure cloison.StructureID, since time.Time) ([]explanation.Grant, error) {
	return db.grants(ctx, "WHERE structure = $1 AND made >= $2 AND means = 'visit' ORDER BY made DESC, id", string(structure),
		since)
}

// insertGrant stores a grant and raises the fence.
func (t Tx) insertGrant(g explanation.Grant) error {
	err := t.Run("INSERT INTO desk_grant ("+grantColumns+") VALUES ($1, $2, $3, $4, $5, $6, $7, $8)", int64(g.ID),
		int64(g.Account), string(g.Structure),
		string(g.Person), string(g.Means), int64(g.By), Optional(g.Made), Optional(g.Until))
	if err != nil {
		return err
	}
	return t.RaiseFence()
}

// AddVisit counts and stores in one transaction.
func (db GrantStore) AddVisit(ctx context.Context, g explanation.Grant, since time.Time, maxMaker, maxStructure int) error {
	return db.Guarded(ctx, func(t Tx) error {
		if err := t.StillActive(g.By, g.Account); err != nil {
			return err
		}
		err := t.fewer(maxMaker, maxStructure,
			`SELECT (SELECT count(*) FROM desk_grant WHERE made_by = $1 AND made >= $3 AND means = 'visit'),
			(SELECT count(*) FROM desk_grant WHERE structure = $2 AND made >= $3 AND means = 'visit')`, int64(g.By),
			string(g.Structure), since)
		if err != nil {
			return err
		}
		return t.insertGrant(g)
	})
}

// TryCode counts a code of an account for a person.
func (db GrantStore) TryCode(ctx context.Context, account cloison.AccountID, person [32]byte, at, since time.Time) (mine,
	theirs int, err error) {
	err = db.Guarded(ctx, func(t Tx) error {
		err := t.Row(`SELECT (SELECT count(*) FROM (SELECT 1 FROM desk_try WHERE account = $1 AND at >= $3 LIMIT 1000) AS mine),
			(SELECT count(*) FROM (SELECT 1 FROM desk_try WHERE person = $2 AND at >= $3 LIMIT 1000) AS theirs)`, int64(account),
			person[:], since).Scan(&mine, &theirs)
		if err != nil {
			return err
		}
		mine, theirs = min(mine+1, 1000), min(theirs+1, 1000)
		if mine == 1000 {
			return nil // it is stopped: no more are kept
		}
		return t.Run("INSERT INTO desk_try (account, person, at) VALUES ($1, $2, $3)", int64(account), person[:], at)
	})
	return mine, theirs, err
}

// SpendCode moves the person's last step forward.
func (db GrantStore) SpendCode(ctx context.Context, person [32]byte, step int64, g explanation.Grant) error {
	return db.Guarded(ctx, func(t Tx) error {
		if err := t.StillActive(g.Account); err != nil {
			return err
		}
		if err := t.Must(cloison.Errorf(cloison.Conflict, "the person's code was used before"),
			`INSERT INTO desk_spent (person, step) VALUES ($1, $2)
			ON CONFLICT (person) DO UPDATE SET step = $2 WHERE desk_spent.step < $2`, person[:], step); err != nil {
			return err
		}
		return t.insertGrant(g)
	})
}
