package incident

import (
	"context"
	"encoding/json"

	"cloison"
	"cloison/ledger/journal"
	"cloison/store/shared"
)

// AddEvent appends an event.
func (db JournalStore) AddEvent(ctx context.Context, e journal.Event) error {
	return db.Tx(ctx, func(t shared.Tx) error { return t.AddEvent(e) })
}

// Events reads the journal.
func (db JournalStore) Events(ctx context.Context, after int64, limit int) (events []journal.Event, err error) {
	err = db.Each(ctx, "SELECT "+EventColumns+" FROM event WHERE seq > $1 ORDER BY seq LIMIT $2", []any{after, limit},
		func(row shared.Row) error {
			e, err := ScanEvent(row)
			events = append(events, e)
			return err
		})
	return events, err
}

// EventColumns are the columns that ScanEvent reads.
const EventColumns = "seq, at, code, actor, account, session, act, detail"

// ScanEvent reads an event.
func ScanEvent(row shared.Row) (e journal.Event, err error) {
	var detail []byte
	err = row.Scan(&e.Seq, &e.At, &e.Code, (*int64)(&e.Actor), (*int64)(&e.Account), (*int64)(&e.Session), (*int64)(&e.Act),
		&detail)
	if err != nil {
		return e, err
	}
	if err := json.Unmarshal(detail, &e.Detail); err != nil {
		return e, cloison.Errorf(cloison.Internal, "reading event %d: its detail is no JSON object: %w", e.Seq, err)
	}
	return e, nil
}
