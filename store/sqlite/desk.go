package sqlite

import (
	"context"
	"database/sql"
	"errors"
	"time"

	"cloison"
	"cloison/access/explanation"
)

const grantColumns = "id, account, structure, person, means, made_by, made, until"

func (db *DB) grants(ctx context.Context, where string, args ...any) (list []explanation.Grant, err error) {
	err = db.each(ctx, "SELECT "+grantColumns+" FROM desk_grant "+where, args, func(rows *sql.Rows) error {
		var g explanation.Grant
		var person string
		err := rows.Scan(&g.ID, &g.Account, &g.Structure, &person, &g.Means, &g.By, (*moment)(&g.Made), (*moment)(&g.Until))
		g.Person = cloison.PersonRef(person)
		list = append(list, g)
		return unavailable(err)
	})
	return list, err
}

// Grants lists what was granted to an account and holds at a time.
func (db *DB) Grants(ctx context.Context, account cloison.AccountID, at time.Time) ([]explanation.Grant, error) {
	return db.grants(ctx, "WHERE account = ?1 AND until > ?2 AND made < ?2 ORDER BY made, id", int64(account), millis(at))
}

// Visits lists the late ones of a structure.
func (db *DB) Visits(ctx context.Context, structure cloison.StructureID, since time.Time) ([]explanation.Grant, error) {
	return db.grants(ctx, "WHERE structure = ? AND made >= ? AND means = 'visit' ORDER BY made DESC, id", string(structure), millis(since))
}

// insertGrant stores a grant and raises the fence.
func (t *tx) insertGrant(g explanation.Grant) error {
	err := t.run("INSERT INTO desk_grant ("+grantColumns+") VALUES (?, ?, ?, ?, ?, ?, ?, ?)", int64(g.ID), int64(g.Account), string(g.Structure),
		string(g.Person), string(g.Means), int64(g.By), millis(g.Made), millis(g.Until))
	if err != nil {
		return err
	}
	return t.raiseFence()
}

// fewer is nil when fewer were made by one account, and in one structure, than the given numbers.
func (t *tx) fewer(maxMaker, maxStructure int, query string, args ...any) error {
	var byMaker, inStructure int
	if err := t.row(query, args...).Scan(&byMaker, &inStructure); err != nil {
		return err
	}
	if byMaker >= maxMaker || inStructure >= maxStructure {
		return cloison.Errorf(cloison.Denied, "the day has %d by its maker and %d of the structure already: wait for the next day", byMaker, inStructure)
	}
	return nil
}

// AddVisit counts and stores in one transaction.
func (db *DB) AddVisit(ctx context.Context, g explanation.Grant, since time.Time, maxMaker, maxStructure int) error {
	return db.tx(ctx, func(t *tx) error {
		if err := t.stillActive(g.By, g.Account); err != nil {
			return err
		}
		err := t.fewer(maxMaker, maxStructure, `SELECT (SELECT count(*) FROM desk_grant WHERE made_by = ?1 AND made >= ?3 AND means = 'visit'),
			(SELECT count(*) FROM desk_grant WHERE structure = ?2 AND made >= ?3 AND means = 'visit')`, int64(g.By), string(g.Structure), millis(since))
		if err != nil {
			return err
		}
		return t.insertGrant(g)
	})
}

// TryCode counts a code of an account for a person.
func (db *DB) TryCode(ctx context.Context, account cloison.AccountID, person [32]byte, at, since time.Time) (mine, theirs int, err error) {
	err = db.tx(ctx, func(t *tx) error {
		err := t.row(`SELECT (SELECT count(*) FROM (SELECT 1 FROM desk_try WHERE account = ?1 AND at >= ?3 LIMIT 1000)),
			(SELECT count(*) FROM (SELECT 1 FROM desk_try WHERE person = ?2 AND at >= ?3 LIMIT 1000))`, int64(account), person[:],
			millis(since)).Scan(&mine, &theirs)
		if err != nil {
			return err
		}
		mine, theirs = min(mine+1, 1000), min(theirs+1, 1000)
		if mine == 1000 {
			return nil // it is stopped: no more are kept
		}
		return t.run("INSERT INTO desk_try (account, person, at) VALUES (?, ?, ?)", int64(account), person[:], millis(at))
	})
	return mine, theirs, err
}

// SpendCode moves the person's last step forward.
func (db *DB) SpendCode(ctx context.Context, person [32]byte, step int64, g explanation.Grant) error {
	return db.tx(ctx, func(t *tx) error {
		if err := t.stillActive(g.Account); err != nil {
			return err
		}
		n, err := t.exec(`INSERT INTO desk_spent (person, step) VALUES (?1, ?2)
			ON CONFLICT (person) DO UPDATE SET step = ?2 WHERE step < ?2`, person[:], step)
		switch {
		case err != nil:
			return err
		case n == 0:
			return cloison.Errorf(cloison.Conflict, "the person's code was used before")
		}
		return t.insertGrant(g)
	})
}

const requestColumns = `id, kind, structure, made_by, asked, of, person, reason, since, until, made, expires, session, state, decided, version`

// requestDest takes the person apart: a PersonRef does not scan.
func requestDest(r *explanation.Request) []any {
	return []any{&r.ID, &r.Kind, &r.Structure, &r.By, &r.Asked, &r.Of, (*string)(&r.Person), (*string)(&r.Reason), (*moment)(&r.Since),
		(*moment)(&r.Until), (*moment)(&r.Made), (*moment)(&r.Expires), &r.Session, &r.State, (*moment)(&r.Decided), &r.Version}
}

// AddRequest counts and stores in one transaction.
func (db *DB) AddRequest(ctx context.Context, r explanation.Request, since time.Time, maxMaker, maxStructure int) error {
	return db.tx(ctx, func(t *tx) error {
		if err := t.stillActive(r.By, r.Asked); err != nil {
			return err
		}
		err := t.fewer(maxMaker, maxStructure, `SELECT (SELECT count(*) FROM desk_request WHERE made_by = ?1 AND made >= ?3 AND kind = ?4),
			(SELECT count(*) FROM desk_request WHERE structure = ?2 AND made >= ?3 AND kind = ?4)`, int64(r.By), string(r.Structure), millis(since),
			string(r.Kind))
		if err != nil {
			return err
		}
		return t.run("INSERT INTO desk_request ("+requestColumns+") VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, 1)", int64(r.ID), string(r.Kind),
			string(r.Structure), int64(r.By), int64(r.Asked), int64(r.Of), string(r.Person), r.Reason.Reveal(), millis(r.Since), millis(r.Until),
			millis(r.Made), millis(r.Expires), int64(r.Session), string(r.State), millis(r.Decided))
	})
}

// Request finds a request by its id.
func (db *DB) Request(ctx context.Context, id cloison.ActID) (r explanation.Request, err error) {
	err = db.get(ctx, "request", "SELECT "+requestColumns+" FROM desk_request WHERE id = ?", []any{int64(id)}, requestDest(&r))
	return r, err
}

// Requests lists those that match.
func (db *DB) Requests(ctx context.Context, q explanation.RequestQuery) (list []explanation.Request, err error) {
	err = db.each(ctx, "SELECT "+requestColumns+` FROM desk_request WHERE (?1 = 0 OR made_by = ?1) AND (?2 = 0 OR asked = ?2)
		AND (?3 = '' OR structure = ?3) AND (?4 = '' OR kind = ?4) AND (?5 = '' OR state = ?5) AND made >= ?6 ORDER BY made DESC, id LIMIT 1000`,
		[]any{int64(q.By), int64(q.Asked), string(q.Structure), string(q.Kind), string(q.State), millis(q.Since)}, func(rows *sql.Rows) error {
			var r explanation.Request
			err := rows.Scan(requestDest(&r)...)
			list = append(list, r)
			return unavailable(err)
		})
	return list, err
}

// DecideRequest decides an open request, and stores what it grants.
func (db *DB) DecideRequest(ctx context.Context, r explanation.Request, g *explanation.Grant, c *explanation.CoverDeclared) error {
	return db.tx(ctx, func(t *tx) error {
		n, err := t.exec("UPDATE desk_request SET state = ?, decided = ?, until = ?, version = version + 1 WHERE id = ? AND version = ? AND state = 'open'",
			string(r.State), millis(r.Decided), millis(r.Until), int64(r.ID), r.Version)
		switch {
		case err != nil:
			return err
		case n == 0:
			return stale("request")
		}
		if r.State == explanation.Confirmed {
			if err := t.stillActive(r.By, r.Asked); err != nil {
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

// forgetDesk drops what the desk has no use for any more.
func (t *tx) forgetDesk(now time.Time) error {
	ended, old := millis(now.AddDate(0, 0, -2)), millis(now.AddDate(0, 0, -400))
	return errors.Join(t.run("DELETE FROM desk_grant WHERE until < ?", ended), t.run("DELETE FROM desk_try WHERE at < ?", ended),
		t.run("DELETE FROM desk_request WHERE made < ?", old))
}
