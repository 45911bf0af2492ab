package sqlite

import (
	"context"
	"database/sql"
	"time"

	"cloison"
	"cloison/incident/exposure"
	"cloison/store/shared"
)

// window turns half-open times, zero when open, into numbers: the first whole millisecond that is not before each.
func window(since, until time.Time) (from, to int64) {
	from, to = 0, 1<<62
	if !since.IsZero() {
		from = since.Add(time.Millisecond - 1).UnixMilli()
	}
	if !until.IsZero() {
		to = until.Add(time.Millisecond - 1).UnixMilli()
	}
	return from, to
}

// Disclosures streams the rows out of the roll's index, its two parts merged; the table itself is not read.
func (db *DB) Disclosures(ctx context.Context, account cloison.AccountID, since, until time.Time,
	each func(exposure.Disclosed) error,
) error {
	from, to := window(since, until)
	var d exposure.Disclosed
	var person, explanation sql.RawBytes
	dest := []any{&d.At, &person, &d.Fields, &explanation}
	err := db.each(ctx, `SELECT at, person, fields, explanation FROM disclosure
		WHERE filed = 1 AND account = ?1 AND at >= ?2 AND at < ?3
		UNION ALL SELECT at, person, fields, explanation FROM disclosure
		WHERE filed = 0 AND account = ?1 AND at >= ?2 AND at < ?3 ORDER BY at`, []any{int64(account), from, to}, func(row shared.Row) error {
		if err := row.Scan(dest...); err != nil {
			return unavailable(err)
		}
		d.Person = cloison.PersonRef(person)
		if string(explanation) != d.Explanation { // most rows repeat it: no new string for each
			d.Explanation = string(explanation)
		}
		return each(d)
	})
	if ctx.Err() != nil {
		return ctx.Err()
	}
	return err
}

// Span looks at both ends of the account's stretch of the index.
func (db *DB) Span(ctx context.Context, account cloison.AccountID, since, until time.Time) (first, last time.Time, err error) {
	from, to := window(since, until)
	err = db.get(ctx, "row", `WITH part (first, last) AS (
			SELECT (SELECT min(at) FROM disclosure WHERE filed = 1 AND account = ?1 AND at >= ?2 AND at < ?3),
				(SELECT max(at) FROM disclosure WHERE filed = 1 AND account = ?1 AND at >= ?2 AND at < ?3)
			UNION ALL SELECT (SELECT min(at) FROM disclosure WHERE filed = 0 AND account = ?1 AND at >= ?2 AND at < ?3),
				(SELECT max(at) FROM disclosure WHERE filed = 0 AND account = ?1 AND at >= ?2 AND at < ?3))
		SELECT coalesce(min(first), 0), coalesce(max(last), 0) FROM part`,
		[]any{int64(account), from, to}, []any{&first, &last})
	return first, last, err
}

// Coverage reads what the gate and the mark say.
func (db *DB) Coverage(ctx context.Context, since, until time.Time) (c exposure.Coverage, err error) {
	err = db.get(ctx, "gate", `SELECT opened_at, kept_at, CASE
			WHEN m.seq >= g.next_seq - 1 THEN g.last_at + 1
			WHEN m.seq >= 0 THEN coalesce((SELECT min(at) FROM disclosure WHERE seq = m.seq + 1), 0)
			ELSE 0 END
		FROM gate g LEFT JOIN seal_mark m`, nil,
		[]any{&c.Opened, &c.Kept, &c.Sealed})
	return c, err
}
