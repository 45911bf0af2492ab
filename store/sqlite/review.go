package sqlite

import (
	"context"
	"database/sql"
	"time"

	"cloison"
	"cloison/access/directory"
	"cloison/access/lifecycle"
)

// Reviewed reads every structure's place between two reviews by one query.
func (db *DB) Reviewed(ctx context.Context) (standings []lifecycle.Standing, err error) {
	err = db.each(ctx, `SELECT s.id, a.first, coalesce(max(r.opened), 0), EXISTS (SELECT 1 FROM review o WHERE o.structure = s.id AND o.closed = 0)
		FROM structure s JOIN (SELECT structure, min(created) AS first FROM account WHERE state = 1 GROUP BY structure) a ON a.structure = s.id
		LEFT JOIN review r ON r.structure = s.id WHERE s.merged_into = '' GROUP BY s.id, a.first ORDER BY s.id`, nil,
		func(rows *sql.Rows) error {
			var s lifecycle.Standing
			err := rows.Scan(&s.Structure, (*moment)(&s.First), (*moment)(&s.Opened), &s.Open)
			standings = append(standings, s)
			return unavailable(err)
		})
	return standings, err
}

// OpenReview opens a review with the accounts that are active now.
func (db *DB) OpenReview(ctx context.Context, r lifecycle.Review, e directory.Event) error {
	return db.tx(ctx, func(t *tx) error {
		err := t.run("INSERT INTO review (id, structure, opened, due) VALUES (?, ?, ?, ?)", int64(r.ID), string(r.Structure),
			millis(r.Opened), millis(r.Due))
		if exists(err) {
			return cloison.Errorf(cloison.Conflict, "a review of that structure is open already: %w", err)
		}
		if err != nil {
			return err
		}
		err = t.run(`INSERT INTO review_line (review, account, verdict, at, made_by)
			SELECT ?, id, '', 0, 0 FROM account WHERE structure = ? AND state = ?`, int64(r.ID), string(r.Structure), int64(directory.Active))
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

func scanReview(row scanner) (r lifecycle.Review, err error) {
	var n [5]int
	err = row.Scan(&r.ID, &r.Structure, (*moment)(&r.Opened), (*moment)(&r.Due), (*moment)(&r.Reminded), (*moment)(&r.Closed),
		&r.Accounts, &n[0], &n[1], &n[2], &n[3], &n[4])
	r.Answers = map[lifecycle.Verdict]int{lifecycle.Waiting: n[0], lifecycle.Keep: n[1], lifecycle.Leaves: n[2], lifecycle.Suspend: n[3], lifecycle.Lapsed: n[4]}
	return r, err
}

// Review finds a review with its counts.
func (db *DB) Review(ctx context.Context, id cloison.ActID) (lifecycle.Review, error) {
	s, err := db.statement(ctx, reviewQuery+"WHERE r.id = ? GROUP BY r.id")
	if err != nil {
		return lifecycle.Review{}, unavailable(err)
	}
	r, err := scanReview(s.QueryRowContext(ctx, int64(id)))
	return r, found("review", err)
}

// Reviews lists reviews with their counts, and counts no other's lines.
func (db *DB) Reviews(ctx context.Context, structure cloison.StructureID, limit int) (reviews []lifecycle.Review, err error) {
	err = db.each(ctx, reviewQuery+`WHERE r.id IN (SELECT id FROM review WHERE structure = ?1 OR ?1 = ''
		ORDER BY (closed = 0) DESC, opened DESC, id LIMIT ?2) GROUP BY r.id ORDER BY (r.closed = 0) DESC, r.opened DESC, r.id`,
		[]any{string(structure), limit}, func(rows *sql.Rows) error {
			r, err := scanReview(rows)
			reviews = append(reviews, r)
			return unavailable(err)
		})
	return reviews, err
}

// Lines lists a page of a review's accounts.
func (db *DB) Lines(ctx context.Context, review cloison.ActID, after cloison.AccountID, limit int) (lines []lifecycle.Line, err error) {
	err = db.each(ctx, "SELECT l.verdict, l.at, l.made_by, a.* FROM review_line l JOIN (SELECT "+accountColumns+` FROM account) a ON a.id = l.account
		WHERE l.review = ? AND l.account > ? ORDER BY l.account LIMIT ?`, []any{int64(review), int64(after), limit}, func(rows *sql.Rows) error {
		var l lifecycle.Line
		err := rows.Scan(append([]any{&l.Verdict, (*moment)(&l.At), &l.By}, accountDest(&l.Account)...)...)
		lines = append(lines, l)
		return unavailable(err)
	})
	return lines, err
}

// Answer stores answers; it raises the fence when one of them changes an account.
func (db *DB) Answer(ctx context.Context, review cloison.ActID, answers []lifecycle.Answered) error {
	return db.tx(ctx, func(t *tx) error {
		if err := t.openReview(review); err != nil {
			return err
		}
		var ended []lifecycle.Ending
		for _, a := range answers {
			if err := t.stillActive(a.By); err != nil {
				return err
			}
			n, err := t.exec("UPDATE review_line SET verdict = ?, at = ?, made_by = ? WHERE review = ? AND account = ?",
				string(a.Verdict), millis(a.At), int64(a.By), int64(review), int64(a.Account))
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
	err := t.row("SELECT closed FROM review WHERE id = ?", int64(review)).Scan((*moment)(&closed))
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
		n, err := t.exec("UPDATE review SET reminded = ? WHERE id = ? AND reminded = 0 AND closed = 0", millis(at), int64(review))
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
	return db.tx(ctx, func(t *tx) error {
		if err := t.openReview(review); err != nil {
			return err
		}
		var waiting bool
		err := t.row(`SELECT EXISTS (SELECT 1 FROM review_line l JOIN account a ON a.id = l.account
			WHERE l.review = ? AND l.verdict = '' AND a.state = 1)`, int64(review)).Scan(&waiting)
		switch {
		case err != nil:
			return err
		case waiting:
			return stale("review")
		}
		if err := t.run("UPDATE review SET closed = ? WHERE id = ?", millis(at), int64(review)); err != nil {
			return err
		}
		return t.addEvent(e)
	})
}
