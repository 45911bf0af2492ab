package shared

import (
	"context"
	"errors"
	"time"

	"cloison"
	"cloison/access/explanation"
)

const requestColumns = `id, kind, structure, made_by, asked, of, person, reason, since, until, made, expires, session, state, decided, version`

func requestDest(r *explanation.Request) []any {
	return []any{(*int64)(&r.ID), (*string)(&r.Kind), (*string)(&r.Structure), (*int64)(&r.By), (*int64)(&r.Asked),
		(*int64)(&r.Of), (*string)(&r.Person), (*string)(&r.Reason), &r.Since,
		&r.Until, &r.Made, &r.Expires, (*int64)(&r.Session), (*string)(&r.State), &r.Decided, &r.Version}
}

// AddRequest counts and stores in one transaction.
func (db RequestStore) AddRequest(ctx context.Context, r explanation.Request, since time.Time, maxMaker, maxStructure int) error {
	return db.Guarded(ctx, func(t Tx) error {
		if err := t.StillActive(r.By, r.Asked); err != nil {
			return err
		}
		err := t.fewer(maxMaker, maxStructure,
			`SELECT (SELECT count(*) FROM desk_request WHERE made_by = $1 AND made >= $3 AND kind = $4),
			(SELECT count(*) FROM desk_request WHERE structure = $2 AND made >= $3 AND kind = $4)`, int64(r.By),
			string(r.Structure), since, string(r.Kind))
		if err != nil {
			return err
		}
		return t.Run("INSERT INTO desk_request ("+requestColumns+") VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, 1)",
			int64(r.ID), string(r.Kind),
			string(r.Structure), int64(r.By), int64(r.Asked), int64(r.Of), string(r.Person), r.Reason.Reveal(), Optional(r.Since),
			Optional(r.Until), Optional(r.Made), Optional(r.Expires), int64(r.Session), string(r.State), Optional(r.Decided))
	})
}

// Request finds a request by its id.
func (db RequestStore) Request(ctx context.Context, id cloison.ActID) (explanation.Request, error) {
	return One(ctx, db.Engine, "request", Into(requestDest), "SELECT "+requestColumns+" FROM desk_request WHERE id = $1",
		int64(id))
}

// Requests lists those that match.
func (db RequestStore) Requests(ctx context.Context, q explanation.RequestQuery) ([]explanation.Request, error) {
	return List(ctx, db.Engine, Into(requestDest), "SELECT "+requestColumns+` FROM desk_request
		WHERE ($1::bigint = 0 OR made_by = $1) AND ($2::bigint = 0 OR asked = $2) AND ($3::text = '' OR structure = $3)
			AND ($4::text = '' OR kind = $4) AND ($5::text = '' OR state = $5) AND made >= $6 ORDER BY made DESC, id LIMIT 1000`,
		int64(q.By), int64(q.Asked), string(q.Structure), string(q.Kind), string(q.State), q.Since)
}

// DecideRequest decides an open request, and stores what it grants.
func (db RequestStore) DecideRequest(ctx context.Context, r explanation.Request, g *explanation.Grant,
	c *explanation.CoverDeclared) error {
	return db.Guarded(ctx, func(t Tx) error {
		if err := t.Must(Stale("request"),
			"UPDATE desk_request SET state = $1, decided = $2, until = $3, version = version + 1 WHERE id = $4 AND version = $5 AND state = 'open'",
			string(r.State), Optional(r.Decided), Optional(r.Until), int64(r.ID), r.Version); err != nil {
			return err
		}
		if r.State == explanation.Confirmed {
			if err := t.StillActive(r.By, r.Asked); err != nil {
				return err
			}
		}
		if g != nil {
			if err := t.insertGrant(*g); err != nil {
				return err
			}
		}
		if c != nil {
			return t.insertCover(*c)
		}
		return nil
	})
}

// fewer is nil when fewer were made by one account, and in one structure, than the given numbers.
func (t Tx) fewer(maxMaker, maxStructure int, query string, args ...any) error {
	var byMaker, inStructure int
	if err := t.Row(query, args...).Scan(&byMaker, &inStructure); err != nil {
		return err
	}
	if byMaker >= maxMaker || inStructure >= maxStructure {
		return cloison.Errorf(cloison.Denied,
			"the day has %d by its maker and %d of the structure already: wait for the next day", byMaker, inStructure)
	}
	return nil
}

// forgetDesk drops ended grants and old requests.
func (t Tx) forgetDesk(now time.Time) error {
	ended, old := now.AddDate(0, 0, -2), now.AddDate(0, 0, -400)
	return errors.Join(t.Run("DELETE FROM desk_grant WHERE until < $1", ended), t.Run("DELETE FROM desk_try WHERE at < $1",
		ended), t.Run("DELETE FROM desk_request WHERE made < $1", old))
}
