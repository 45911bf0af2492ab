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
	"cloison/ledger"
)

// EventsWhere walks down one of the journal's indexes.
func (db *DB) EventsWhere(ctx context.Context, s directory.EventSearch) ([]directory.Event, error) {
	where, args := []string{"true"}, []any{}
	only := func(condition string, arg any) {
		args = append(args, arg)
		where = append(where, strings.ReplaceAll(condition, "?", "$"+strconv.Itoa(len(args))))
	}
	if s.Account != 0 {
		only("(actor = ? OR account = ?)", int64(s.Account))
	}
	if s.Code != "" {
		only("code = ?", s.Code)
	}
	from, to := window(s.Since, s.Until)
	only("at >= ?::text::timestamptz", from)
	only("at < ?::text::timestamptz", to)
	if s.Before > 0 {
		only("seq < ?", s.Before)
	}
	only("true ORDER BY seq DESC LIMIT ?", s.Limit)
	var events []directory.Event
	err := db.each(ctx, "SELECT seq, at, code, actor, account, session, act, detail FROM event WHERE "+strings.Join(where, " AND "), args,
		func(rows pgx.Rows) error {
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
		var there time.Time
		middle := low + (high-low)/2
		err = db.get(ctx, "row", "SELECT at FROM disclosure WHERE seq >= $1 ORDER BY seq LIMIT 1", []any{middle}, []any{(*moment)(&there)})
		if there.Before(at) {
			low = middle + 1
		} else {
			high = middle
		}
	}
	return low, err
}

// RowsAbout reads the rows of that time, partition by partition.
func (db *DB) RowsAbout(ctx context.Context, person cloison.PersonRef, since, until time.Time, limit int) ([]ledger.Row, error) {
	from, to := window(since, until)
	return db.rows(ctx, "person = $1", "seq DESC", string(person), from, to, limit)
}

// RowsOf finds the rows by the roll's index, partition by partition.
func (db *DB) RowsOf(ctx context.Context, account cloison.AccountID, since, until time.Time, limit int) ([]ledger.Row, error) {
	from, to := window(since, until)
	return db.rows(ctx, "account = $1", "at, seq", int64(account), from, to, limit)
}

func (db *DB) rows(ctx context.Context, of, order string, args ...any) ([]ledger.Row, error) {
	var rs []ledger.Row
	err := db.each(ctx, `SELECT seq, at, account, structure, tool, operation, person, fields, explanation, session, request FROM disclosure
		WHERE `+of+" AND at >= $2::text::timestamptz AND at < $3::text::timestamptz ORDER BY "+order+" LIMIT $4", args,
		func(rows pgx.Rows) error {
			var r ledger.Row
			var fields int64
			err := rows.Scan(&r.Seq, &r.At, (*int64)(&r.Account), (*string)(&r.Structure), &r.Tool, &r.Operation, (*string)(&r.Person), &fields,
				&r.Explanation, (*int64)(&r.Session), &r.Request)
			r.Fields, r.At = cloison.Fields(fields), r.At.UTC()
			rs = append(rs, r)
			return unavailable(err)
		})
	return rs, err
}
