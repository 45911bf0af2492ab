package journal_test

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"strings"
	"testing"

	"cloison"
	"cloison/ledger/journal"
)

// lines is a journal in memory that may fail.
type lines struct {
	events []journal.Event
	fails  error
}

func (l *lines) AddEvent(ctx context.Context, e journal.Event) error {
	if err := errors.Join(ctx.Err(), l.fails); err != nil {
		return err
	}
	l.events = append(l.events, e)
	return nil
}

// TestRecord: the end of a request loses no line, and a line that the store refuses is in the log with what it says.
func TestRecord(t *testing.T) {
	ended, end := context.WithCancel(t.Context())
	end()
	store, log := &lines{}, &bytes.Buffer{}
	e := journal.Event{Code: "lineage.cut", Actor: cloison.NewAccountID(), Account: cloison.NewAccountID(), Act: cloison.NewActID()}
	journal.Record(ended, store, slog.New(slog.NewTextHandler(log, nil)), e)
	if len(store.events) != 1 || store.events[0].Code != e.Code || log.Len() > 0 {
		t.Errorf("after the request's end: %+v, log %q", store.events, log)
	}
	store.fails = errors.New("the disk is full")
	journal.Record(t.Context(), store, slog.New(slog.NewTextHandler(log, nil)), e)
	for _, want := range []string{"level=ERROR", "code=lineage.cut", e.Actor.String(), e.Account.String(), e.Act.String(), `err="the disk is full"`} {
		if !strings.Contains(log.String(), want) {
			t.Errorf("the log lacks %s: %s", want, log)
		}
	}
}
