package sqlite

import (
	"context"
	"database/sql"
	"encoding/json"
	"strconv"
	"strings"
	"time"

	"cloison"
	"cloison/access/directory"
	"cloison/access/explanation"
)

// AddCover stores a declared cover, and raises the fence.
func (db *DB) AddCover(ctx context.Context, c explanation.CoverDeclared) error {
	return db.tx(ctx, func(t *tx) error { return t.insertCover(c) })
}

func (t *tx) insertCover(c explanation.CoverDeclared) error {
	if err := t.stillActive(c.By, c.For); err != nil {
		return err
	}
	err := t.run("INSERT INTO cover (id, for_account, of_account, made_by, made, since, until) VALUES (?, ?, ?, ?, ?, ?, ?)",
		int64(c.ID), int64(c.For), int64(c.Of), int64(c.By), millis(c.Made), millis(c.Since), millis(c.Until))
	if err != nil {
		return err
	}
	return t.raiseFence()
}

// Covers lists what the account covers at a time, oldest first.
func (db *DB) Covers(ctx context.Context, account cloison.AccountID, at time.Time) ([]explanation.CoverDeclared, error) {
	var covers []explanation.CoverDeclared
	err := db.each(ctx, `SELECT id, for_account, of_account, made_by, made, since, until FROM cover
		WHERE for_account = ?1 AND since < ?2 AND (until = 0 OR until > ?2) ORDER BY made, id`,
		[]any{int64(account), millis(at)}, func(rows *sql.Rows) error {
			var c explanation.CoverDeclared
			err := rows.Scan(&c.ID, &c.For, &c.Of, &c.By, (*moment)(&c.Made), (*moment)(&c.Since), (*moment)(&c.Until))
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
		WHERE account = ?1 AND since < ?2 AND (until = 0 OR until > ?2) ORDER BY transfer = 0 DESC, means = 'caseload' DESC, since`, int64(account), millis(at))
}

// StructureCaseload reads the assignments of a whole structure.
func (db *DB) StructureCaseload(ctx context.Context, structure cloison.StructureID, at time.Time) (
	map[cloison.PersonRef]explanation.Explanation, error,
) {
	return db.caseload(ctx, `SELECT person, means, since, until, transfer, earlier FROM account JOIN assignment ON account = account.id
		WHERE structure = ?1 AND state <> 3 AND since < ?2 AND (until = 0 OR until > ?2) ORDER BY transfer = 0 DESC, means = 'caseload' DESC, since`, string(structure), millis(at))
}

// caseload reads assignments, the strongest of each person first.
func (db *DB) caseload(ctx context.Context, query string, args ...any) (map[cloison.PersonRef]explanation.Explanation, error) {
	caseload := map[cloison.PersonRef]explanation.Explanation{}
	err := db.each(ctx, query, args, func(rows *sql.Rows) error {
		var person, earlier string
		var e explanation.Explanation
		if err := rows.Scan(&person, &e.Means, (*moment)(&e.Since), (*moment)(&e.Until), &e.Ref, &earlier); err != nil {
			return unavailable(err)
		}
		var err error
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

func (t *tx) addEvent(e directory.Event) error {
	detail, err := json.Marshal(e.Detail)
	if err != nil {
		return err
	}
	if e.Detail == nil {
		detail = []byte("{}")
	}
	return t.run("INSERT INTO event (at, code, actor, account, session, act, detail) VALUES (?, ?, ?, ?, ?, ?, ?)",
		millis(e.At), e.Code, int64(e.Actor), int64(e.Account), int64(e.Session), int64(e.Act), string(detail))
}

// Events reads the journal.
func (db *DB) Events(ctx context.Context, after int64, limit int) ([]directory.Event, error) {
	var events []directory.Event
	err := db.each(ctx, `SELECT seq, at, code, actor, account, session, act, detail FROM event
		WHERE seq > ? ORDER BY seq LIMIT ?`, []any{after, limit}, func(rows *sql.Rows) error {
		var e directory.Event
		var detail []byte
		err := rows.Scan(&e.Seq, (*moment)(&e.At), &e.Code, &e.Actor, &e.Account, &e.Session, &e.Act, &detail)
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
