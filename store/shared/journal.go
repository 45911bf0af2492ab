package shared

import (
	"encoding/json"

	"cloison/ledger/journal"
)

// AddEvent appends an event. It comes last in a transaction: it may lock the journal until the commit.
func (t Tx) AddEvent(e journal.Event) error {
	detail, err := json.Marshal(e.Detail)
	if err != nil {
		return err
	}
	if e.Detail == nil {
		detail = []byte("{}")
	}
	seq, err := t.EventNumber()
	if err != nil {
		return err
	}
	return t.Run("INSERT INTO event (seq, at, code, actor, account, session, act, detail) VALUES ($1, $2, $3, $4, $5, $6, $7, $8)",
		seq, e.At, e.Code, int64(e.Actor), int64(e.Account), int64(e.Session), int64(e.Act), string(detail))
}
