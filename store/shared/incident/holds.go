package incident

import (
	"context"

	"cloison"
	"cloison/ledger/journal"
	"cloison/ledger/retention"
	"cloison/store/shared"
)

// RetentionLock keeps the dropping of rows and the storing of holds apart.
const RetentionLock = "retention"

// Needs asks the holds and the cuts.
func (db HoldStore) Needs(ctx context.Context, q retention.Question) (n retention.Need, err error) {
	err = db.Tx(ctx, func(t shared.Tx) error { n, err = Needs(t, q); return err })
	return n, err
}

// Needs asks the holds and the cuts. A cut that reaches back without an end needs all rows.
func Needs(t shared.Tx, q retention.Question) (n retention.Need, err error) {
	err = t.Row(`SELECT EXISTS (SELECT 1 FROM hold WHERE lifted IS NULL OR lifted > $1), count(*) > 0,
		CASE WHEN count(*) = count(since) THEN min(since) END FROM cut WHERE undone IS NULL AND at > $2`,
		q.LiftedAfter, q.CutAfter).Scan(&n.Hold, &n.Cut, &n.Since)
	return n, err
}

// Holds lists all.
func (db HoldStore) Holds(ctx context.Context) ([]retention.Hold, error) {
	dest := func(h *retention.Hold) []any {
		return []any{(*int64)(&h.ID), &h.At, (*int64)(&h.By), &h.Reason, (*int64)(&h.AskedBy), &h.Asked, &h.Lifted,
			(*int64)(&h.LiftedBy)}
	}
	return shared.List(ctx, db.Engine, shared.Into(dest),
		"SELECT id, at, made_by, reason, asked_by, asked, lifted, lifted_by FROM hold ORDER BY at DESC, id")
}

// AddHold stores a hold while no rows are being dropped: the next drop sees it.
func (db HoldStore) AddHold(ctx context.Context, h retention.Hold, e journal.Event) error {
	return db.Tx(ctx, func(t shared.Tx) error {
		if err := t.Lock(RetentionLock); err != nil {
			return err
		}
		if err := t.StillActive(h.By); err != nil {
			return err
		}
		err := t.Run("INSERT INTO hold (id, at, made_by, reason, asked_by, asked, lifted, lifted_by) VALUES ($1, $2, $3, $4, 0, $5, $5, 0)",
			int64(h.ID), h.At, int64(h.By), h.Reason, shared.Optional{})
		if err != nil {
			return err
		}
		return t.AddEvent(e)
	})
}

// LiftHold stores the request to lift, or the end. It is guarded: a cut of the asking account comes before it or after.
func (db HoldStore) LiftHold(ctx context.Context, h retention.Hold, asked cloison.AccountID, e journal.Event) error {
	return db.Guarded(ctx, func(t shared.Tx) error {
		if h.LiftedBy != 0 || h.Lifted.IsZero() {
			if err := t.StillActive(h.AskedBy, h.LiftedBy); err != nil {
				return err
			}
		}
		if err := t.Must(shared.Stale("hold"),
			"UPDATE hold SET asked_by = $2, asked = $3, lifted = $4, lifted_by = $5 WHERE id = $1 AND lifted IS NULL AND asked_by = $6",
			int64(h.ID), int64(h.AskedBy), shared.Optional(h.Asked), shared.Optional(h.Lifted), int64(h.LiftedBy),
			int64(asked)); err != nil {
			return err
		}
		return t.AddEvent(e)
	})
}
