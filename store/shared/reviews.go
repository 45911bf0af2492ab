package shared

import (
	"context"
	"errors"
	"time"

	"cloison"
	"cloison/access/directory"
	"cloison/access/lifecycle"
	"cloison/ledger/journal"
)

// Reviewed reads every structure's place between two reviews by one query.
func (db ReviewStore) Reviewed(ctx context.Context) ([]lifecycle.Standing, error) {
	dest := func(s *lifecycle.Standing) []any { return []any{(*string)(&s.Structure), &s.First, &s.Opened, &s.Open} }
	return List(ctx, db.Engine, Into(dest),
		`SELECT s.id, a.first, max(r.opened), EXISTS (SELECT 1 FROM review o WHERE o.structure = s.id AND o.closed IS NULL)
		FROM structure s JOIN (SELECT structure, min(created) AS first FROM account WHERE state = `+Active+` GROUP BY structure) a ON a.structure = s.id
		LEFT JOIN review r ON r.structure = s.id WHERE s.merged_into = '' GROUP BY s.id, a.first ORDER BY s.id`)
}

// OpenReview opens a review with the accounts that are active now.
func (db ReviewStore) OpenReview(ctx context.Context, r lifecycle.Review, e journal.Event) error {
	return db.Tx(ctx, func(t Tx) error {
		err := t.Run("INSERT INTO review (id, structure, opened, due, reminded, closed) VALUES ($1, $2, $3, $4, $5, $5)",
			int64(r.ID), string(r.Structure), r.Opened, r.Due, Optional{})
		if errors.Is(err, ErrExists) {
			return cloison.Errorf(cloison.Conflict, "a review of that structure is open already: %w", err)
		}
		if err != nil {
			return err
		}
		err = t.Run(`INSERT INTO review_line (review, account, verdict, at, made_by)
			SELECT $1::bigint, id, '', $4::timestamptz, 0 FROM account WHERE structure = $2 AND state = $3`,
			int64(r.ID), string(r.Structure), int64(directory.Active), Optional{})
		if err != nil {
			return err
		}
		return t.AddEvent(e)
	})
}

// reviewQuery counts lines. A line without an answer whose account is no longer active needs none.
const reviewQuery = `SELECT r.id, r.structure, r.opened, r.due, r.reminded, r.closed, count(l.account),
	count(l.account) FILTER (WHERE l.verdict = '' AND a.state = ` + Active + `), count(l.account) FILTER (WHERE l.verdict = 'keep'),
	count(l.account) FILTER (WHERE l.verdict = 'leaves'), count(l.account) FILTER (WHERE l.verdict = 'suspend'),
	count(l.account) FILTER (WHERE l.verdict = 'lapsed')
	FROM review r LEFT JOIN review_line l ON l.review = r.id LEFT JOIN account a ON a.id = l.account `

func scanReview(row Row) (r lifecycle.Review, err error) {
	var n [5]int
	err = row.Scan((*int64)(&r.ID), (*string)(&r.Structure), &r.Opened, &r.Due, &r.Reminded, &r.Closed,
		&r.Accounts, &n[0], &n[1], &n[2], &n[3], &n[4])
	r.Answers = map[lifecycle.Answer]int{lifecycle.Waiting: n[0], lifecycle.Keep: n[1], lifecycle.Leaves: n[2],
		lifecycle.Suspend: n[3], lifecycle.Lapsed: n[4]}
	return r, err
}

// Review finds a review with its counts.
func (db ReviewStore) Review(ctx context.Context, id cloison.ActID) (lifecycle.Review, error) {
	return One(ctx, db.Engine, "review", scanReview, reviewQuery+"WHERE r.id = $1 GROUP BY r.id", int64(id))
}

// Reviews lists reviews with their counts, and counts no other's lines.
func (db ReviewStore) Reviews(ctx context.Context, structure cloison.StructureID, limit int) ([]lifecycle.Review, error) {
	return List(ctx, db.Engine, scanReview,
		reviewQuery+`WHERE r.id IN (SELECT id FROM review WHERE structure = $1 OR $1 = ''::text
		ORDER BY (closed IS NULL) DESC, opened DESC, id LIMIT $2) GROUP BY r.id ORDER BY (r.closed IS NULL) DESC, r.opened DESC, r.id`,
		string(structure), limit)
}

// Lines lists a page of a review's accounts.
func (db ReviewStore) Lines(ctx context.Context, review cloison.ActID, after cloison.AccountID, limit int) ([]lifecycle.Line,
	error) {
	dest := func(l *lifecycle.Line) []any {
		return append([]any{(*string)(&l.Answer), &l.At, (*int64)(&l.By)}, AccountDest(&l.Account)...)
	}
	return List(ctx, db.Engine, Into(dest),
		"SELECT l.verdict, l.at, l.made_by, a.* FROM review_line l JOIN (SELECT "+AccountColumns+` FROM account) a
		ON a.id = l.account WHERE l.review = $1 AND l.account > $2 ORDER BY l.account LIMIT $3`, int64(review), int64(after),
		limit)
}

// Answer stores answers; it raises the fence when one of them changes an account.
func (db ReviewStore) Answer(ctx context.Context, review cloison.ActID, answers []lifecycle.Answered) error {
	return db.Guarded(ctx, func(t Tx) error {
		if err := t.openReview(review); err != nil {
			return err
		}
		var ended []lifecycle.Ending
		for _, a := range answers {
			if err := t.StillActive(a.By); err != nil {
				return err
			}
			if err := t.Must(cloison.Errorf(cloison.NotFound, "the account %v is not in the review %v", a.Account, review),
				"UPDATE review_line SET verdict = $1, at = $2, made_by = $3 WHERE review = $4 AND account = $5",
				string(a.Answer), a.At, int64(a.By), int64(review), int64(a.Account)); err != nil {
				return err
			}
			if a.Becomes != nil {
				if err := t.ReplaceAccount(a.Becomes.Account); err != nil {
					return err
				}
				ended = append(ended, *a.Becomes)
			}
		}
		if len(ended) == 0 {
			return nil
		}
		if err := t.RaiseFence(); err != nil {
			return err
		}
		for _, e := range ended {
			if err := t.AddEvent(e.Event); err != nil {
				return err
			}
		}
		return nil
	})
}

// openReview makes sure that a review is open until the transaction ends.
func (t Tx) openReview(review cloison.ActID) error {
	var closed time.Time
	err := t.Row("SELECT closed FROM review WHERE id = $1", int64(review)).Scan(&closed)
	switch {
	case err != nil:
		return Found("review", err)
	case !closed.IsZero():
		return cloison.Errorf(cloison.Conflict, "the review %v is closed", review)
	}
	return nil
}

// Remind notes a reminder once.
func (db ReviewStore) Remind(ctx context.Context, review cloison.ActID, at time.Time, e journal.Event) error {
	return db.Tx(ctx, func(t Tx) error {
		if err := t.Must(cloison.Errorf(cloison.Conflict, "the review %v was reminded of, or is closed", review),
			"UPDATE review SET reminded = $1 WHERE id = $2 AND reminded IS NULL AND closed IS NULL", at,
			int64(review)); err != nil {
			return err
		}
		return t.AddEvent(e)
	})
}

// CloseReview closes a review once, when every line has its answer.
func (db ReviewStore) CloseReview(ctx context.Context, review cloison.ActID, at time.Time, e journal.Event) error {
	return db.Guarded(ctx, func(t Tx) error {
		if err := t.openReview(review); err != nil {
			return err
		}
		var waiting bool
		err := t.Row(`SELECT EXISTS (SELECT 1 FROM review_line l JOIN account a ON a.id = l.account
			WHERE l.review = $1 AND l.verdict = '' AND a.state = `+Active+`)`, int64(review)).Scan(&waiting)
		switch {
		case err != nil:
			return err
		case waiting:
			return Stale("review")
		}
		if err := t.Run("UPDATE review SET closed = $1 WHERE id = $2", at, int64(review)); err != nil {
			return err
		}
		return t.AddEvent(e)
	})
}
