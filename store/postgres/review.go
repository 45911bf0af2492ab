package postgres

import (
	"context"
	"time"

	"github.com/jackc/pgx/v5"

	"cloison"
	"cloison/access/directory"
	"cloison/access/lifecycle"
)

// Reviewed reads every structure's place between two reviews by one query.
func (db *DB) Reviewed(ctx context.Context) (standings []lifecycle.Standing, err error) {
	err = db.each(ctx, `SELECT s.id, a.first, max(r.opened), EXISTS (SELECT FROM review o WHERE o.structure = s.id AND o.closed IS NULL)
		FROM structure s JOIN (SELECT structure, min(created) AS first FROM account WHERE state = 1 GROUP BY structure) a ON a.structure = s.id
		LEFT JOIN review r ON r.structure = s.id WHERE s.merged_into = '' GROUP BY s.id, a.first ORDER BY s.id`, nil,
		func(rows pgx.Rows) error {
			var s lifecycle.Standing
			err := rows.Scan((*string)(&s.Structure), (*moment)(&s.First), (*moment)(&s.Opened), &s.Open)
			standings = append(standings, s)
			return unavailable(err)
		})
	return standings, err
}

// OpenReview opens a review with the accounts that are active now.
func (db *DB) OpenReview(ctx context.Context, r lifecycle.Review, e directory.Event) error {
	return db.tx(ctx, func(t *tx) error {
		err := t.run("INSERT INTO review (id, structure, opened, due) VALUES ($1, $2, $3, $4)", int64(r.ID), string(r.Structure),
			exact(r.Opened), exact(r.Due))
		if exists(err) {
			return cloison.Errorf(cloison.Conflict, "a review of that structure is open already: %w", err)
		}
		if err != nil {
			return err
		}
		err = t.run(`INSERT INTO review_line (review, account, verdict, at, made_by)
			SELECT $1::bigint, id, '', NULL, 0 FROM account WHERE structure = $2 AND state = $3`, int64(r.ID), string(r.Structure), int32(directory.Active))
		if err != nil {
			return err
		}
		return t.addEvent(e)
	})
}

// A line without an answer whose account is not active any more waits for nobody.
const reviewQuery = `SELECT r.id, r.structure, r.opened, r.due, r.reminded, r.closed, count(l.account),
	count(l.account) FILTER (WHERE l.verdict = '' AND a.state = 1), count(l.account) FILTER (WHERE l.verdict = 'keep'),
	count(l.account) FILTER (WHERE l.verdict = 'leaves'), count(l.account) FILTER (WHERE l.verdict = 'suspend'),
	count(l.account) FILTER (WHERE l.verdict = 'lapsed')
	FROM review r LEFT JOIN review_line l ON l.review = r.id LEFT JOIN account a ON a.id = l.account `

func scanReview(row pgx.Row) (r lifecycle.Review, err error) {
	var n [5]int
	err = row.Scan((*int64)(&r.ID), (*string)(&r.Structure), (*moment)(&r.Opened), (*moment)(&r.Due), (*moment)(&r.Reminded), (*moment)(&r.Closed),
		&r.Accounts, &n[0], &n[1], &n[2], &n[3], &n[4])
	r.Answers = map[lifecycle.Verdict]int{lifecycle.Waiting: n[0], lifecycle.Keep: n[1], lifecycle.Leaves: n[2], lifecycle.Suspend: n[3], lifecycle.Lapsed: n[4]}
	return r, err
}

// Review finds a review with its counts.
func (db *DB) Review(ctx context.Context, id cloison.ActID) (lifecycle.Review, error) {
	r, err := scanReview(db.pool.QueryRow(ctx, reviewQuery+"WHERE r.id = $1 GROUP BY r.id", int64(id)))
	return r, found("review", err)
}

// Reviews lists reviews with their counts, and counts no other's lines.
func (db *DB) Reviews(ctx context.Context, structure cloison.StructureID, limit int) (reviews []lifecycle.Review, err error) {
	err = db.each(ctx, reviewQuery+`WHERE r.id IN (SELECT id FROM review WHERE structure = $1 OR $1 = ''::text
		ORDER BY (closed IS NULL) DESC, opened DESC, id LIMIT $2) GROUP BY r.id ORDER BY (r.closed IS NULL) DESC, r.opened DESC, r.id`,
		[]any{string(structure), limit}, func(rows pgx.Rows) error {
			r, err := scanReview(rows)
			reviews = append(reviews, r)
			return unavailable(err)
		})
	return reviews, err
}

// Lines lists a page of a review's accounts.
func (db *DB) Lines(ctx context.Context, review cloison.ActID, after cloison.AccountID, limit int) (lines []lifecycle.Line, err error) {
	err = db.each(ctx, "SELECT l.verdict, l.at, l.made_by, a.* FROM review_line l JOIN (SELECT "+accountColumns+` FROM account) a ON a.id = l.account
		WHERE l.review = $1 AND l.account > $2 ORDER BY l.account LIMIT $3`, []any{int64(review), int64(after), limit}, func(rows pgx.Rows) error {
		var l lifecycle.Line
		err := rows.Scan(append([]any{(*string)(&l.Verdict), (*moment)(&l.At), (*int64)(&l.By)}, accountDest(&l.Account)...)...)
		lines = append(lines, l)
		return unavailable(err)
	})
	return lines, err
}

// Answer stores answers; it raises the fence when one of them changes an account.
func (db *DB) Answer(ctx context.Context, review cloison.ActID, answers []lifecycle.Answered) error {
	return db.guarded(ctx, func(t *tx) error {
		if err := t.openReview(review); err != nil {
			return err
		}
		var ended []lifecycle.Ending
		for _, a := range answers {
			if err := t.stillActive(a.By); err != nil {
				return err
			}
			n, err := t.exec("UPDATE review_line SET verdict = $1, at = $2, made_by = $3 WHERE review = $4 AND account = $5",
				string(a.Verdict), exact(a.At), int64(a.By), int64(review), int64(a.Account))
			if err != nil {
				return err
			}
			if n == 0 {
				return cloison.Errorf(cloison.NotFound, "the account %v is not in the review %v", a.Account, review)
			}
			if a.Becomes != nil {
				if err := t.replaceAccount(a.Becomes.Account); err != nil {
					return err
				}
				ended = append(ended, *a.Becomes)
			}
		}
		if len(ended) == 0 {
			return nil
		}
		if err := t.raiseFence(); err != nil {
			return err
		}
		for _, e := range ended {
			if err := t.addEvent(e.Event); err != nil {
				return err
			}
		}
		return nil
	})
}

// openReview makes sure that a review is open until the transaction ends.
func (t *tx) openReview(review cloison.ActID) error {
	var closed time.Time
	err := t.row("SELECT closed FROM review WHERE id = $1", int64(review)).Scan((*moment)(&closed))
	switch {
	case err != nil:
		return found("review", err)
	case !closed.IsZero():
		return cloison.Errorf(cloison.Conflict, "the review %v is closed", review)
	}
	return nil
}

// Remind notes a reminder once.
func (db *DB) Remind(ctx context.Context, review cloison.ActID, at time.Time, e directory.Event) error {
	return db.tx(ctx, func(t *tx) error {
		n, err := t.exec("UPDATE review SET reminded = $1 WHERE id = $2 AND reminded IS NULL AND closed IS NULL", exact(at), int64(review))
		if err != nil {
			return err
		}
		if n == 0 {
			return cloison.Errorf(cloison.Conflict, "the review %v was reminded of, or is closed", review)
		}
		return t.addEvent(e)
	})
}

// CloseReview closes a review once, when nobody waits.
func (db *DB) CloseReview(ctx context.Context, review cloison.ActID, at time.Time, e directory.Event) error {
	return db.guarded(ctx, func(t *tx) error {
		if err := t.openReview(review); err != nil {
			return err
		}
		var waiting bool
		err := t.row(`SELECT EXISTS (SELECT FROM review_line l JOIN account a ON a.id = l.account
			WHERE l.review = $1 AND l.verdict = '' AND a.state = 1)`, int64(review)).Scan(&waiting)
		switch {
		case err != nil:
			return err
		case waiting:
			return stale("review")
		}
		if err := t.run("UPDATE review SET closed = $1 WHERE id = $2", exact(at), int64(review)); err != nil {
			return err
		}
		return t.addEvent(e)
	})
}
