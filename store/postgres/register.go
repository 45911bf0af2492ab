package postgres

import (
	"context"
	"strconv"
	"strings"
	"time"

	"cloison"
	"cloison/ledger"
	"cloison/ledger/journal"
	"cloison/store/shared"
	"cloison/store/shared/incident"
)

// EventsWhere walks down one of the journal's indexes.
func (db *DB) EventsWhere(ctx context.Context, s journal.Search) ([]journal.Event, error) {
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
	var events []journal.Event
	err := db.each(ctx, "SELECT "+incident.EventColumns+" FROM event WHERE "+strings.Join(where, " AND "), args, func(row shared.Row) error {
		e, err := incident.ScanEvent(row)
		events = append(events, e)
		return err
	})
	return events, err
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

func (db *DB) rows(ctx context.Context, of, order string, args ...any) (rs []ledger.Row, err error) {
	err = db.each(ctx, "SELECT "+incident.RowColumns+" FROM disclosure WHERE "+of+
		" AND at >= $2::text::timestamptz AND at < $3::text::timestamptz ORDER BY "+order+" LIMIT $4", args, func(row shared.Row) error {
		var r ledger.Row
		err := row.Scan(incident.RowDest(&r)...)
		rs = append(rs, r)
		return err
	})
	return rs, err
}
