package postgres

import (
	"context"
	"encoding/json"
	"time"

	"github.com/jackc/pgx/v5"

	"cloison"
	"cloison/access/directory"
	"cloison/access/training"
)

// CoursesEnding lists a page of accounts of which a course ends.
func (db *DB) CoursesEnding(ctx context.Context, from, until time.Time, after cloison.AccountID, limit int) (
	accounts []directory.Account, err error,
) {
	err = db.each(ctx, "SELECT "+accountColumns+` FROM account
		WHERE id > $1 AND state = $2 AND (awareness_until >= $3 AND awareness_until < $4 OR managers_until >= $3 AND managers_until < $4)
		ORDER BY id LIMIT $5`, []any{int64(after), int32(directory.Active), exact(from), exact(until), limit},
		func(rows pgx.Rows) error {
			var a directory.Account
			err := rows.Scan(accountDest(&a)...)
			accounts = append(accounts, a)
			return unavailable(err)
		})
	return accounts, err
}

const attemptColumns = "id, account, course, edition, state, began, ended, round, questions, version"

// attemptDest takes the questions apart from the rest: they are JSON.
func attemptDest(a *training.Attempt, questions *[]byte) []any {
	return []any{(*int64)(&a.ID), (*int64)(&a.Account), (*string)(&a.Course), &a.Edition, (*string)(&a.State), (*moment)(&a.Began), (*moment)(&a.Ended), &a.Round, questions,
		&a.Version}
}

func questionsOf(a *training.Attempt, questions []byte) error {
	if err := json.Unmarshal(questions, &a.Questions); err != nil {
		return cloison.Errorf(cloison.Internal, "the questions of an attempt: %w", err)
	}
	return nil
}

// BeginAttempt forgets, counts and stores in one transaction.
func (db *DB) BeginAttempt(ctx context.Context, a training.Attempt, since time.Time, most int, forget time.Time) error {
	questions, err := json.Marshal(a.Questions)
	if err != nil {
		return err
	}
	return db.tx(ctx, func(t *tx) error {
		// The account's row is the lock of its attempts: two at once cannot both be the last one allowed. Nothing else
		// is waited for behind it.
		if err := t.run("SELECT FROM account WHERE id = $1 FOR NO KEY UPDATE", int64(a.Account)); err != nil {
			return err
		}
		if err := t.run("DELETE FROM attempt WHERE account = $1 AND began < $2", int64(a.Account), exact(forget)); err != nil {
			return err
		}
		var begun int
		err := t.row("SELECT count(*) FROM attempt WHERE account = $1 AND course = $2 AND began >= $3", int64(a.Account), string(a.Course),
			exact(since)).Scan(&begun)
		switch {
		case err != nil:
			return err
		case begun >= most:
			return cloison.Errorf(cloison.Denied, "%d attempts were begun already: wait", begun)
		}
		err = t.run("INSERT INTO attempt ("+attemptColumns+") VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, 1)", int64(a.ID), int64(a.Account),
			string(a.Course), a.Edition, string(a.State), exact(a.Began), stamp(a.Ended), a.Round, string(questions))
		if exists(err) {
			return cloison.Errorf(cloison.Conflict, "an attempt at that course is open already: %w", err)
		}
		return err
	})
}

// Attempt finds an attempt by its id.
func (db *DB) Attempt(ctx context.Context, id cloison.ActID) (a training.Attempt, err error) {
	var questions []byte
	err = db.get(ctx, "attempt", "SELECT "+attemptColumns+" FROM attempt WHERE id = $1", []any{int64(id)}, attemptDest(&a, &questions))
	if err == nil {
		err = questionsOf(&a, questions)
	}
	return a, err
}

// Attempts lists the late ones of an account, and the open ones.
func (db *DB) Attempts(ctx context.Context, account cloison.AccountID, since time.Time) (list []training.Attempt, err error) {
	err = db.each(ctx, "SELECT "+attemptColumns+` FROM attempt WHERE account = $1 AND (began >= $2 OR state = 'open')
		ORDER BY began DESC, id`, []any{int64(account), exact(since)}, func(rows pgx.Rows) error {
		var a training.Attempt
		var questions []byte
		if err := rows.Scan(attemptDest(&a, &questions)...); err != nil {
			return unavailable(err)
		}
		err := questionsOf(&a, questions)
		list = append(list, a)
		return err
	})
	return list, err
}

// UpdateAttempt goes on with an open attempt, or ends it.
func (db *DB) UpdateAttempt(ctx context.Context, a training.Attempt, c *training.Certificate) error {
	questions, err := json.Marshal(a.Questions)
	if err != nil {
		return err
	}
	return db.tx(ctx, func(t *tx) error {
		n, err := t.exec(`UPDATE attempt SET state = $1, ended = $2, questions = $3, version = version + 1
			WHERE id = $4 AND version = $5 AND state = 'open'`, string(a.State), stamp(a.Ended), string(questions), int64(a.ID), a.Version)
		if err != nil {
			return err
		}
		if n == 0 {
			var there bool
			if err := t.row("SELECT count(*) > 0 FROM attempt WHERE id = $1", int64(a.ID)).Scan(&there); err != nil {
				return err
			}
			if !there {
				return cloison.Errorf(cloison.NotFound, "there is no such attempt")
			}
			return stale("attempt")
		}
		if c == nil {
			return nil
		}
		return t.run("INSERT INTO certificate ("+certificateColumns+") VALUES ($1, $2, $3, $4, $5, $6, $7, $8)", int64(c.ID), int64(c.Account),
			string(c.Course), c.Edition, c.Right, c.Of, exact(c.At), exact(c.Until))
	})
}

const certificateColumns = "id, account, course, edition, correct, of, at, until"

func certificateDest(c *training.Certificate) []any {
	return []any{(*int64)(&c.ID), (*int64)(&c.Account), (*string)(&c.Course), &c.Edition, &c.Right, &c.Of, (*moment)(&c.At), (*moment)(&c.Until)}
}

// Certificate finds a certificate by its number.
func (db *DB) Certificate(ctx context.Context, id cloison.ActID) (c training.Certificate, err error) {
	err = db.get(ctx, "certificate", "SELECT "+certificateColumns+" FROM certificate WHERE id = $1", []any{int64(id)}, certificateDest(&c))
	return c, err
}

// Certificates lists those of an account.
func (db *DB) Certificates(ctx context.Context, account cloison.AccountID, limit int) (list []training.Certificate, err error) {
	err = db.each(ctx, "SELECT "+certificateColumns+" FROM certificate WHERE account = $1 ORDER BY at DESC, id LIMIT $2",
		[]any{int64(account), limit}, func(rows pgx.Rows) error {
			var c training.Certificate
			err := rows.Scan(certificateDest(&c)...)
			list = append(list, c)
			return unavailable(err)
		})
	return list, err
}
