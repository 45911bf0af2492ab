package sqlite

import (
	"context"
	"database/sql"
	"encoding/json"
	"math"
	"strings"
	"time"

	"cloison"
	"cloison/access/directory"
	"cloison/ledger"
)

// EventsWhere walks down one of the journal's indexes.
func (db *DB) EventsWhere(ctx context.Context, s directory.EventSearch) ([]directory.Event, error) {
	where, args := []string{"1"}, []any{}
	only := func(condition string, arg any) {
		where, args = append(where, condition), append(args, arg)
	}
	if s.Code != "" {
		only("code = ?", s.Code)
	}
	if !s.Since.IsZero() {
		only("at >= ?", s.Since.UnixMilli())
	}
	if !s.Until.IsZero() {
		only("at < ?", s.Until.UnixMilli())
	}
	if s.Before > 0 {
		only("seq < ?", s.Before)
	}
	const columns = "SELECT seq, at, code, actor, account, session, act, detail FROM event WHERE "
	query := columns + strings.Join(where, " AND ")
	if s.Account != 0 { // each half has its index
		part := query
		query = part + " AND actor = ? UNION " + part + " AND account = ?"
		args = append(append(append([]any{}, append(args, int64(s.Account))...), args...), int64(s.Account))
	}
	var events []directory.Event
	err := db.each(ctx, query+" ORDER BY seq DESC LIMIT ?", append(args, s.Limit), func(rows *sql.Rows) error {
		var e directory.Event
		var detail []byte
		if err := rows.Scan(&e.Seq, (*moment)(&e.At), &e.Code, &e.Actor, &e.Account, &e.Session, &e.Act, &detail); err != nil {
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

// NextRow reads the gate.
func (db *DB) NextRow(ctx context.Context) (next int64, err error) {
	err = db.get(ctx, "gate", "SELECT next_seq FROM gate", nil, []any{&next})
	return next, err
}

// FirstRow looks among the rows' numbers: times grow with them.
func (db *DB) FirstRow(ctx context.Context, at time.Time) (int64, error) {
	var low, high int64
	err := db.get(ctx, "gate", "SELECT coalesce((SELECT min(seq) FROM disclosure), next_seq), next_seq FROM gate", nil, []any{&low, &high})
	for err == nil && low < high {
		var ms int64
		middle := low + (high-low)/2
		if err = db.get(ctx, "row", "SELECT at FROM disclosure WHERE seq >= ? ORDER BY seq LIMIT 1", []any{middle}, []any{&ms}); ms < millis(at) {
			low = middle + 1
		} else {
			high = middle
		}
	}
	return low, err
}

// RowsAbout reads the rows of that time downwards, and no others: times grow with the rows' numbers.
func (db *DB) RowsAbout(ctx context.Context, person cloison.PersonRef, since, until time.Time, limit int) ([]ledger.Row, error) {
	from, to := window(since, until)
	first, end := int64(0), int64(math.MaxInt64)
	var err error
	if !since.IsZero() {
		first, err = db.FirstRow(ctx, since)
	}
	if err == nil && !until.IsZero() {
		end, err = db.FirstRow(ctx, until.Add(time.Millisecond)) // what is left of a millisecond counts
	}
	if err != nil {
		return nil, err
	}
	return db.rows(ctx, "SELECT "+rowColumns+" FROM disclosure WHERE seq >= ? AND seq < ? AND person = ? AND at >= ? AND at < ? ORDER BY seq DESC LIMIT ?",
		first, end, string(person), from, to, limit)
}

// RowsOf finds the rows by the two parts of the roll's index.
func (db *DB) RowsOf(ctx context.Context, account cloison.AccountID, since, until time.Time, limit int) ([]ledger.Row, error) {
	from, to := window(since, until)
	return db.rows(ctx, "SELECT "+rowColumns+" FROM disclosure WHERE filed = 1 AND account = ?1 AND at >= ?2 AND at < ?3 UNION ALL SELECT "+
		rowColumns+" FROM disclosure WHERE filed = 0 AND account = ?1 AND at >= ?2 AND at < ?3 ORDER BY at, seq LIMIT ?4",
		int64(account), from, to, limit)
}

const rowColumns = "seq, at, account, structure, tool, operation, person, fields, explanation, session, request"

func (db *DB) rows(ctx context.Context, query string, args ...any) ([]ledger.Row, error) {
	var rs []ledger.Row
	err := db.each(ctx, query, args, func(rows *sql.Rows) error {
		var r ledger.Row
		err := rows.Scan(&r.Seq, (*moment)(&r.At), &r.Account, &r.Structure, &r.Tool, &r.Operation, &r.Person, &r.Fields, &r.Explanation,
			&r.Session, &r.Request)
		rs = append(rs, r)
		return unavailable(err)
	})
	return rs, err
}
