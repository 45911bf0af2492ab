package postgres

import (
	"context"
	"time"

	"cloison"
	"cloison/incident/exposure"
	"cloison/store/shared"
)

// window turns half-open times into ones that the server understands: zero is an open side.
func window(since, until time.Time) (from, to any) {
	from, to = "-infinity", "infinity"
	if !since.IsZero() {
		from = since.UTC().Add(time.Millisecond - 1).Truncate(time.Millisecond).Format(time.RFC3339Nano)
	}
	if !until.IsZero() {
		to = until.UTC().Add(time.Millisecond - 1).Truncate(time.Millisecond).Format(time.RFC3339Nano)
	}
	return from, to
}

// Disclosures streams the rows out of the roll's index, partition by partition.
func (db *DB) Disclosures(ctx context.Context, account cloison.AccountID, since, until time.Time,
	each func(exposure.Disclosed) error,
) error {
	from, to := window(since, until)
	err := db.each(ctx, `SELECT at, person, fields, explanation FROM disclosure
		WHERE account = $1 AND at >= $2::text::timestamptz AND at < $3::text::timestamptz ORDER BY at`,
		[]any{int64(account), from, to}, func(row shared.Row) error {
			var d exposure.Disclosed
			var at time.Time
			var fields int64
			if err := row.Scan(&at, (*string)(&d.Person), &fields, &d.Explanation); err != nil {
				return err
			}
			d.At, d.Fields = at.UnixMilli(), cloison.Fields(fields)
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
	err = db.get(ctx, "row", `SELECT min(at), max(at) FROM disclosure
		WHERE account = $1 AND at >= $2::text::timestamptz AND at < $3::text::timestamptz`,
		[]any{int64(account), from, to}, []any{&first, &last})
	return first, last, err
}

// Coverage reads what the gate and the mark say.
func (db *DB) Coverage(ctx context.Context, since, until time.Time) (c exposure.Coverage, err error) {
	err = db.get(ctx, "gate", `SELECT opened_at, kept_at, CASE
			WHEN m.seq IS NULL THEN NULL
			WHEN m.seq >= g.next_seq - 1 THEN g.last_at + interval '1 millisecond'
			ELSE (SELECT min(at) FROM disclosure WHERE seq = m.seq + 1) END
		FROM gate g LEFT JOIN seal_mark m ON true`, nil,
		[]any{&c.Opened, &c.Kept, &c.Sealed})
	return c, err
}
