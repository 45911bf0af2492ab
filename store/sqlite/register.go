package sqlite

import (
	"context"
	"math"
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
	query := "SELECT " + incident.EventColumns + " FROM event WHERE " + strings.Join(where, " AND ")
	if s.Account != 0 { // each half has its index
		part := query
		query = part + " AND actor = ? UNION " + part + " AND account = ?"
		args = append(append(append([]any{}, append(args, int64(s.Account))...), args...), int64(s.Account))
	}
	var events []journal.Event
	err := db.each(ctx, query+" ORDER BY seq DESC LIMIT ?", append(args, s.Limit), func(row shared.Row) error {
		e, err := incident.ScanEvent(row)
		events = append(events, e)
		return err
	})
	return events, err
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
	return db.rows(ctx, "SELECT "+incident.RowColumns+" FROM disclosure WHERE seq >= ? AND seq < ? AND person = ? AND at >= ? AND at < ? ORDER BY seq DESC LIMIT ?",
		first, end, string(person), from, to, limit)
}

// RowsOf finds the rows by the two parts of the roll's index.
func (db *DB) RowsOf(ctx context.Context, account cloison.AccountID, since, until time.Time, limit int) ([]ledger.Row, error) {
	from, to := window(since, until)
	return db.rows(ctx, "SELECT "+incident.RowColumns+" FROM disclosure WHERE filed = 1 AND account = ?1 AND at >= ?2 AND at < ?3 UNION ALL SELECT "+
		incident.RowColumns+" FROM disclosure WHERE filed = 0 AND account = ?1 AND at >= ?2 AND at < ?3 ORDER BY at, seq LIMIT ?4",
		int64(account), from, to, limit)
}

func (db *DB) rows(ctx context.Context, query string, args ...any) (rs []ledger.Row, err error) {
	err = db.each(ctx, query, args, func(row shared.Row) error {
		var r ledger.Row
		err := row.Scan(incident.RowDest(&r)...)
		rs = append(rs, r)
		return err
	})
	return rs, err
}
