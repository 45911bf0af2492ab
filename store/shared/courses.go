package shared

import (
	"context"
	"encoding/json"
	"errors"
	"time"

	"cloison"
	"cloison/access/directory"
	"cloison/access/training"
)

const attemptColumns = "id, account, course, edition, state, began, ended, round, questions, version"

func scanAttempt(row Row) (a training.Attempt, err error) {
	var questions []byte
	err = row.Scan((*int64)(&a.ID), (*int64)(&a.Account), (*string)(&a.Course), &a.Edition, (*string)(&a.State), &a.Began,
		&a.Ended, &a.Round, &questions, &a.Version)
	if err != nil {
		return a, err
	}
	if err := json.Unmarshal(questions, &a.Questions); err != nil {
		return a, cloison.Errorf(cloison.Internal, "reading attempt %v: its questions are no JSON: %w", a.ID, err)
	}
	return a, nil
}

// BeginAttempt forgets, counts and stores in one transaction.
func (db TrainingStore) BeginAttempt(ctx context.Context, a training.Attempt, since time.Time, most int, forget time.Time) error {
	questions, err := json.Marshal(a.Questions)
	if err != nil {
		return err
	}
	return db.Tx(ctx, func(t Tx) error {
		// The account's row is the lock of its attempts: two at once cannot both be the last one allowed. Nothing else
		// is waited for behind it.
		if err := t.Run("SELECT 1 FROM account WHERE id = $1 FOR NO KEY UPDATE", int64(a.Account)); err != nil {
			return err
		}
		if err := t.Run("DELETE FROM attempt WHERE account = $1 AND began < $2", int64(a.Account), forget); err != nil {
			return err
		}
		var begun int
		err := t.Row("SELECT count(*) FROM attempt WHERE account = $1 AND course = $2 AND began >= $3", int64(a.Account),
			string(a.Course), since).Scan(&begun)
		switch {
		case err != nil:
			return err
		case begun >= most:
			return cloison.Errorf(cloison.Denied, "%d attempts were begun already: wait", begun)
		}
		err = t.Run("INSERT INTO attempt ("+attemptColumns+") VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, 1)", int64(a.ID),
			int64(a.Account),
			string(a.Course), a.Edition, string(a.State), a.Began, Optional(a.Ended), a.Round, string(questions))
		if errors.Is(err, ErrExists) {
			return cloison.Errorf(cloison.Conflict, "an attempt at that course is open already: %w", err)
		}
		return err
	})
}

// Attempt finds an attempt by its id.
func (db TrainingStore) Attempt(ctx context.Context, id cloison.ActID) (training.Attempt, error) {
	return One(ctx, db.Engine, "attempt", scanAttempt, "SELECT "+attemptColumns+" FROM attempt WHERE id = $1", int64(id))
}

// Attempts lists the late ones of an account, and the open ones.
func (db TrainingStore) Attempts(ctx context.Context, account cloison.AccountID, since time.Time) ([]training.Attempt, error) {
	return List(ctx, db.Engine, scanAttempt,
		"SELECT "+attemptColumns+` FROM attempt WHERE account = $1 AND (began >= $2 OR state = 'open')
		ORDER BY began DESC, id`, int64(account), since)
}

// UpdateAttempt goes on with an open attempt, or ends it.
func (db TrainingStore) UpdateAttempt(ctx context.Context, a training.Attempt, c *training.Certificate) error {
	questions, err := json.Marshal(a.Questions)
	if err != nil {
		return err
	}
	return db.Tx(ctx, func(t Tx) error {
		if err := t.Must(t.staleOrGone("attempt", int64(a.ID)),
			`UPDATE attempt SET state = $1, ended = $2, questions = $3, version = version + 1
			WHERE id = $4 AND version = $5 AND state = 'open'`, string(a.State), Optional(a.Ended), string(questions),
			int64(a.ID), a.Version); err != nil {
			return err
		}
		if c == nil {
			return nil
		}
		return t.Run("INSERT INTO certificate ("+certificateColumns+") VALUES ($1, $2, $3, $4, $5, $6, $7, $8)", int64(c.ID),
			int64(c.Account), string(c.Course), c.Edition, c.Right, c.Of, c.At, c.Until)
	})
}

const certificateColumns = "id, account, course, edition, correct, of, at, until"

func certificateDest(c *training.Certificate) []any {
	return []any{(*int64)(&c.ID), (*int64)(&c.Account), (*string)(&c.Course), &c.Edition, &c.Right, &c.Of, &c.At, &c.Until}
}

// Certificate finds a certificate by its number.
func (db TrainingStore) Certificate(ctx context.Context, id cloison.ActID) (training.Certificate, error) {
	return One(ctx, db.Engine, "certificate", Into(certificateDest),
		"SELECT "+certificateColumns+" FROM certificate WHERE id = $1", int64(id))
}

// Certificates lists those of an account.
func (db TrainingStore) Certificates(ctx context.Context, account cloison.AccountID, limit int) ([]training.Certificate, error) {
	return List(ctx, db.Engine, Into(certificateDest),
		"SELECT "+certificateColumns+" FROM certificate WHERE account = $1 ORDER BY at DESC, id LIMIT $2",
		int64(account), limit)
}

// CoursesEnding lists a page of accounts of which a course ends.
func (db TrainingStore) CoursesEnding(ctx context.Context, from, until time.Time, after cloison.AccountID,
	limit int) ([]directory.Account, error) {
	return db.accounts(ctx,
		`id > $1 AND state = $2 AND (awareness_until >= $3 AND awareness_until < $4 OR managers_until >= $3 AND managers_until < $4)
		ORDER BY id LIMIT $5`, int64(after), int64(directory.Active), from, until, limit)
}
