package shared

import (
	"context"

	"cloison"
	"cloison/access/approval"
	"cloison/access/directory"
)

// SetEnrolment stores a fresh code; an older one of the account dies with it.
func (db EnrolmentStore) SetEnrolment(ctx context.Context, e approval.Enrolment) error {
	return db.Guarded(ctx, func(t Tx) error {
		if err := t.StillActive(e.By); err != nil {
			return err
		}
		var out bool
		err := t.Row("SELECT EXISTS (SELECT 1 FROM account WHERE id = $1 AND state NOT IN ($2, $3))", int64(e.Account),
			int64(directory.Pending), int64(directory.Active)).Scan(&out)
		switch {
		case err != nil:
			return err
		case out:
			return Stale("account of the code")
		}
		if err := t.Run("UPDATE enrolment SET state = 'replaced' WHERE account = $1 AND state = 'open'",
			int64(e.Account)); err != nil {
			return err
		}
		return t.addCode(e)
	})
}

func (t Tx) addCode(e approval.Enrolment) error {
	return t.Run("INSERT INTO enrolment (digest, account, made_by, made, expires, state, proposal) VALUES ($1, $2, $3, $4, $5, 'open', $6)",
		e.Digest[:], int64(e.Account), int64(e.By), Optional(e.Made), Optional(e.Expires), int64(e.Proposal))
}

// Enrolment finds a code that still works; whether it has expired is the stage's to say.
func (db EnrolmentStore) Enrolment(ctx context.Context, digest [32]byte) (approval.Enrolment, error) {
	return db.enrolment(ctx, "digest = $1", digest[:])
}

// EnrolmentOf finds an account's code.
func (db EnrolmentStore) EnrolmentOf(ctx context.Context, account cloison.AccountID) (approval.Enrolment, error) {
	return db.enrolment(ctx, "account = $1", int64(account))
}

func (db EnrolmentStore) enrolment(ctx context.Context, where string, arg any) (e approval.Enrolment, err error) {
	var digest, word []byte
	err = db.Get(ctx, "enrolment code", `SELECT digest, account, made_by, made, expires, proposal, witness, witnessed, word,
			EXISTS (SELECT 1 FROM enrolment before WHERE before.account = enrolment.account AND before.state = 'used')
		FROM enrolment WHERE state = 'open' AND `+where, []any{arg},
		[]any{&digest, (*int64)(&e.Account), (*int64)(&e.By), &e.Made, &e.Expires, (*int64)(&e.Proposal),
			(*int64)(&e.Witness), &e.Witnessed, &word, &e.Repeat})
	if err != nil {
		return approval.Enrolment{}, err
	}
	copy(e.Digest[:], digest)
	copy(e.Word[:], word)
	return e, nil
}

// WitnessEnrolment stores the witness of an enrolment, and the word that it was given.
func (db EnrolmentStore) WitnessEnrolment(ctx context.Context, e approval.Enrolment) error {
	return db.Guarded(ctx, func(t Tx) error {
		if err := t.StillActive(e.Witness); err != nil {
			return err
		}
		return t.Must(Stale("enrolment code"),
			"UPDATE enrolment SET witness = $1, witnessed = $2, word = $3 WHERE digest = $4 AND state = 'open'",
			int64(e.Witness), e.Witnessed, e.Word[:], e.Digest[:])
	})
}

// UseEnrolment spends the code and binds the account. The sessions and passkeys of an earlier holder end.
func (db EnrolmentStore) UseEnrolment(ctx context.Context, digest [32]byte, a directory.Account) error {
	return db.Change(ctx, func(t Tx) error {
		var witness cloison.AccountID
		err := t.Row("UPDATE enrolment SET state = 'used' WHERE digest = $1 AND account = $2 AND state = 'open' RETURNING witness",
			digest[:], int64(a.ID)).Scan((*int64)(&witness))
		if none(err) {
			return cloison.Errorf(cloison.Conflict, "the enrolment code was used, replaced or cut: ask for a new one")
		}
		if err != nil {
			return err
		}
		if err := t.StillActive(witness); err != nil {
			return err
		}
		if err := t.UpdateAccount(a); err != nil {
			return err
		}
		now, err := t.Now()
		if err != nil {
			return err
		}
		if _, err := t.EndSessions(a.ID, 0, "enrolled", now); err != nil {
			return err
		}
		return t.Run("UPDATE passkey SET revoked = $1 WHERE account = $2 AND revoked IS NULL", now, int64(a.ID))
	})
}
