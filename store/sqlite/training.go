package sqlite

import (
	"context"
	"database/sql"
	"encoding/json"
	"time"

	"cloison"
	"cloison/access/directory"
	"cloison/access/training"
)

// CoursesEnding lists a page of accounts of which a course ends.
func (db *DB) CoursesEnding(ctx context.Context, from, until time.Time, after cloison.AccountID, limit int) (
	accounts []directory.Account, err error,
) {
	err = db.each(ctx, "SELECT "+accountColumns+` FROM account
		WHERE id > ?1 AND state = ?2 AND (awareness_until >= ?3 AND awareness_until < ?4 OR managers_until >= ?3 AND managers_until < ?4)
		ORDER BY id LIMIT ?5`, []any{int64(after), int64(directory.Active), millis(from), millis(until), limit},
		func(rows *sql.Rows) error {
			a, err := scanAccount(rows)
			accounts = append(accounts, a)
			return unavailable(err)
		})
	return accounts, err
}

const attemptColumns = "id, account, course, edition, state, began, ended, round, questions, version"

// attemptDest takes the questions apart from the rest: they are JSON.
func attemptDest(a *training.Attempt, questions *[]byte) []any {
	return []any{&a.ID, &a.Account, &a.Course, &a.Edition, &a.State, (*moment)(&a.Began), (*moment)(&a.Ended), &a.Round, questions,
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
		if err := t.run("DELETE FROM attempt WHERE account = ? AND began < ?", int64(a.Account), millis(forget)); err != nil {
			return err
		}
		var begun int
		err := t.row("SELECT count(*) FROM attempt WHERE account = ? AND course = ? AND began >= ?", int64(a.Account), string(a.Course),
			millis(since)).Scan(&begun)
		switch {
		case err != nil:
			return err
		case begun >= most:
			return cloison.Errorf(cloison.Denied, "%d attempts were begun already: wait", begun)
		}
		err = t.run("INSERT INTO attempt ("+attemptColumns+") VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, 1)", int64(a.ID), int64(a.Account),
			string(a.Course), a.Edition, string(a.State), millis(a.Began), millis(a.Ended), a.Round, string(questions))
		if exists(err) {
			return cloison.Errorf(cloison.Conflict, "an attempt at that course is open already: %w", err)
		}
		return err
	})
}

// Attempt finds an attempt by its id.
func (db *DB) Attempt(ctx context.Context, id cloison.ActID) (a training.Attempt, err error) {
	var questions []byte
	err = db.get(ctx, "attempt", "SELECT "+attemptColumns+" FROM attempt WHERE id = ?", []any{int64(id)}, attemptDest(&a, &questions))
	if err == nil {
		err = questionsOf(&a, questions)
	}
	return a, err
}

// Attempts lists the late ones of an account, and the open ones.
func (db *DB) Attempts(ctx context.Context, account cloison.AccountID, since time.Time) (list []training.Attempt, err error) {
	err = db.each(ctx, "SELECT "+attemptColumns+` FROM attempt WHERE account = ? AND (began >= ? OR state = 'open')
		ORDER BY began DESC, id`, []any{int64(account), millis(since)}, func(rows *sql.Rows) error {
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
		n, err := t.exec(`UPDATE attempt SET state = ?, ended = ?, questions = ?, version = version + 1
			WHERE id = ? AND version = ? AND state = 'open'`, string(a.State), millis(a.Ended), string(questions), int64(a.ID), a.Version)
		if err != nil {
			return err
		}
		if n == 0 {
			var there bool
			if err := t.row("SELECT count(*) FROM attempt WHERE id = ?", int64(a.ID)).Scan(&there); err != nil {
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
		return t.run("INSERT INTO certificate ("+certificateColumns+") VALUES (?, ?, ?, ?, ?, ?, ?, ?)", int64(c.ID), int64(c.Account),
			string(c.Course), c.Edition, c.Right, c.Of, millis(c.At), millis(c.Until))
	})
}

const certificateColumns = "id, account, course, edition, correct, of, at, until"

func certificateDest(c *training.Certificate) []any {
	return []any{&c.ID, &c.Account, &c.Course, &c.Edition, &c.Right, &c.Of, (*moment)(&c.At), (*moment)(&c.Until)}
}

// Certificate finds a certificate by its number.
func (db *DB) Certificate(ctx context.Context, id cloison.ActID) (c training.Certificate, err error) {
	err = db.get(ctx, "certificate", "SELECT "+certificateColumns+" FROM certificate WHERE id = ?", []any{int64(id)}, certificateDest(&c))
	return c, err
}

// Certificates lists those of an account.
func (db *DB) Certificates(ctx context.Context, account cloison.AccountID, limit int) (list []training.Certificate, err error) {
	err = db.each(ctx, "SELECT "+certificateColumns+" FROM certificate WHERE account = ? ORDER BY at DESC, id LIMIT ?",
		[]any{int64(account), limit}, func(rows *sql.Rows) error {
			var c training.Certificate
			err := rows.Scan(certificateDest(&c)...)
			list = append(list, c)
			return unavailable(err)
		})
	return list, err
}
