package shared

import (
	"context"

	"cloison"
	"cloison/access/signin"
)

// AddAct stores an act that waits for its passkey, and drops its session's oldest ones.
func (db ActStore) AddAct(ctx context.Context, a signin.Act, keep int) error {
	return db.Tx(ctx, func(t Tx) error {
		err := t.Run("INSERT INTO act (id, session, account, verb, subject, challenge, made, expires) VALUES ($1, $2, $3, $4, $5, $6, $7, $8)",
			int64(a.ID), int64(a.Session), int64(a.Account), string(a.Verb), string(a.Subject), a.Challenge, Optional(a.Made),
			Optional(a.Expires))
		if err != nil {
			return err
		}
		return t.Run(`DELETE FROM act WHERE id IN
			(SELECT id FROM act WHERE session = $1 AND id <> $2 ORDER BY made DESC NULLS LAST, id DESC LIMIT 1000 OFFSET $3
				FOR UPDATE SKIP LOCKED)`,
			int64(a.Session), int64(a.ID), keep-1)
	})
}

// TakeAct takes an act out of the store, for its session.
func (db ActStore) TakeAct(ctx context.Context, id cloison.ActID, session cloison.SessionID) (a signin.Act, err error) {
	err = db.Tx(ctx, func(t Tx) error {
		var subject []byte
		err := t.Row("DELETE FROM act WHERE id = $1 AND session = $2 RETURNING id, session, account, verb, subject, challenge, made, expires",
			int64(id), int64(session)).Scan((*int64)(&a.ID), (*int64)(&a.Session), (*int64)(&a.Account), (*string)(&a.Verb),
			&subject, &a.Challenge, &a.Made, &a.Expires)
		a.Subject = subject
		return Found("act", err)
	})
	if err != nil {
		return signin.Act{}, err
	}
	return a, nil
}
