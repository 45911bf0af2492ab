package postgres

import (
	"context"
	"encoding/json"
	"strconv"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	"cloison"
	"cloison/access/directory"
	"cloison/access/explanation"
)

// AddCover stores a declared cover, and raises the fence.
func (db *DB) AddCover(ctx context.Context, c explanation.CoverDeclared) error {
	return db.guarded(ctx, func(t *tx) error { return t.insertCover(c) })
}

func (t *tx) insertCover(c explanation.CoverDeclared) error {
	if err := t.stillActive(c.By, c.For); err != nil {
		return err
	}
	err := t.run("INSERT INTO cover (id, for_account, of_account, made_by, made, since, until) VALUES ($1, $2, $3, $4, $5, $6, $7)",
		int64(c.ID), int64(c.For), int64(c.Of), int64(c.By), stamp(c.Made), stamp(c.Since), stamp(c.Until))
	if err != nil {
		return err
	}
	return t.raiseFence()
}

// Covers lists what the account covers at a time, oldest first.
func (db *DB) Covers(ctx context.Context, account cloison.AccountID, at time.Time) ([]explanation.CoverDeclared, error) {
	var covers []explanation.CoverDeclared
	err := db.each(ctx, `SELECT id, for_account, of_account, made_by, made, since, until FROM cover
		WHERE for_account = $1 AND since < $2 AND (until IS NULL OR until > $2) ORDER BY made, id`,
		[]any{int64(account), exact(at)}, func(rows pgx.Rows) error {
			var c explanation.CoverDeclared
			err := rows.Scan((*int64)(&c.ID), (*int64)(&c.For), (*int64)(&c.Of), (*int64)(&c.By), (*moment)(&c.Made), (*moment)(&c.Since), (*moment)(&c.Until))
			covers = append(covers, c)
			return unavailable(err)
		})
	return covers, err
}

// Caseload reads the assignments that hold at a time. Where several explain a person one is kept: what was imported
// before what somebody transferred, then a caseload before an appointment, then the one that began first.
func (db *DB) Caseload(ctx context.Context, account cloison.AccountID, at time.Time) (
	map[cloison.PersonRef]explanation.Explanation, error,
) {
	return db.caseload(ctx, `SELECT person, means, since, until, transfer, earlier FROM assignment
		WHERE account = $1 AND since < $2 AND (until IS NULL OR until > $2) ORDER BY (transfer = 0) DESC, (means = 'caseload') DESC, since`, int64(account), exact(at))
}

// StructureCaseload reads the assignments of a whole structure.
func (db *DB) StructureCaseload(ctx context.Context, structure cloison.StructureID, at time.Time) (
	map[cloison.PersonRef]explanation.Explanation, error,
) {
	return db.caseload(ctx, `SELECT person, means, since, until, transfer, earlier FROM account JOIN assignment ON account = account.id
		WHERE structure = $1 AND state <> 3 AND since < $2 AND (until IS NULL OR until > $2) ORDER BY (transfer = 0) DESC, (means = 'caseload') DESC, since`, string(structure), exact(at))
}

// caseload reads assignments, the strongest of each person first.
func (db *DB) caseload(ctx context.Context, query string, args ...any) (map[cloison.PersonRef]explanation.Explanation, error) {
	caseload := map[cloison.PersonRef]explanation.Explanation{}
	err := db.each(ctx, query, args, func(rows pgx.Rows) error {
		var person, earlier string
		var e explanation.Explanation
		err := rows.Scan(&person, (*string)(&e.Means), (*moment)(&e.Since), (*moment)(&e.Until), (*int64)(&e.Ref), &earlier)
		if err != nil {
			return unavailable(err)
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
			return nil, cloison.Errorf(cloison.Internal, "an assignment's transfers cannot be read: %w", err)
		}
		ids = append(ids, cloison.ActID(n))
	}
	return ids, nil
}

// AddEvent appends to the journal.
func (db *DB) AddEvent(ctx context.Context, e directory.Event) error {
	return db.tx(ctx, func(t *tx) error { return t.addEvent(e) })
}

// addEvent comes last in a transaction: it locks the journal.
func (t *tx) addEvent(e directory.Event) error {
	detail, err := json.Marshal(e.Detail)
	if err != nil {
		return err
	}
	if e.Detail == nil {
		detail = []byte("{}")
	}
	// One row's lock, until the commit is visible: who reads up to a number misses none below it.
	var seq int64
	if err := t.row("UPDATE journal SET last = last + 1 RETURNING last").Scan(&seq); err != nil {
		return err
	}
	return t.run("INSERT INTO event (seq, at, code, actor, account, session, act, detail) VALUES ($1, $2, $3, $4, $5, $6, $7, $8)",
		seq, exact(e.At), e.Code, int64(e.Actor), int64(e.Account), int64(e.Session), int64(e.Act), string(detail))
}

// Events reads the journal.
func (db *DB) Events(ctx context.Context, after int64, limit int) ([]directory.Event, error) {
	var events []directory.Event
	err := db.each(ctx, `SELECT seq, at, code, actor, account, session, act, detail FROM event
		WHERE seq > $1 ORDER BY seq LIMIT $2`, []any{after, limit}, func(rows pgx.Rows) error {
		var e directory.Event
		var detail []byte
		err := rows.Scan(&e.Seq, (*moment)(&e.At), &e.Code, (*int64)(&e.Actor), (*int64)(&e.Account), (*int64)(&e.Session), (*int64)(&e.Act), &detail)
		if err != nil {
			return unavailable(err)
		}
		if err := json.Unmarshal(detail, &e.Detail); err != nil {
			return cloison.Errorf(cloison.Internal, "event %d: its detail cannot be read: %w", e.Seq, err)
		}
		events = append(events, e)
		return nil
	})
	return events, err
}
