package exposure_test

import (
	"context"
	"errors"
	"slices"
	"testing"
	"time"

	"cloison"
	"cloison/access/directory"
	"cloison/incident/exposure"
	"cloison/ledger/journal"
)

// shown is a ledger of one account with its journal; it implements exposure.RollStore.
type shown struct {
	persons []cloison.PersonRef
	lines   []journal.Event
	fails   error // of the journal
}

func (s *shown) Disclosures(_ context.Context, _ cloison.AccountID, _, _ time.Time, each func(exposure.Disclosed) error) error {
	for i, p := range s.persons {
		if err := each(exposure.Disclosed{At: int64(i + 1), Person: p, Fields: cloison.Identity, Explanation: "none"}); err != nil {
			return err
		}
	}
	return nil
}

func (s *shown) Span(context.Context, cloison.AccountID, time.Time, time.Time) (first, last time.Time, err error) {
	return time.UnixMilli(1), time.UnixMilli(1), nil
}

func (s *shown) Coverage(context.Context, time.Time, time.Time) (exposure.Coverage, error) {
	return exposure.Coverage{}, nil
}

func (s *shown) AddEvent(_ context.Context, e journal.Event) error {
	if s.fails == nil {
		s.lines = append(s.lines, e)
	}
	return s.fails
}

// rights lets one account draw rolls.
type rights cloison.AccountID

func (r rights) May(_ context.Context, by cloison.Caller, verb directory.Verb, _ ...cloison.AccountID) error {
	if by.Account != cloison.AccountID(r) || verb != directory.ToExport {
		return cloison.Errorf(cloison.Denied, "export: %w", directory.NoRole)
	}
	return nil
}

// TestARollIsInTheJournalBeforeItLeaves draws one as an officer, as somebody else, and without a journal.
func TestARollIsInTheJournalBeforeItLeaves(t *testing.T) {
	officer, account := cloison.NewAccountID(), cloison.NewAccountID()
	store := &shown{persons: []cloison.PersonRef{"1", "2", "1"}}
	rolls := exposure.NewRolls(store, rights(officer), time.Now)
	q := exposure.Query{Accounts: []string{account.String()}}
	by := cloison.Caller{Account: officer, Session: 7}

	if roll, err := rolls.Draw(t.Context(), by, q); err != nil || roll.Persons != 2 || len(store.lines) != 0 {
		t.Errorf("a count: %+v, %v and %d lines", roll, err, len(store.lines))
	}
	roll, err := rolls.Export(t.Context(), by, q, 9)
	if err != nil || roll.Persons != 2 {
		t.Fatalf("a roll: %+v, %v", roll, err)
	}
	if len(store.lines) != 1 {
		t.Fatalf("%d lines in the journal", len(store.lines))
	}
	line := store.lines[0]
	if line.Code != "roll.exported" || line.Actor != officer || line.Session != 7 || line.Act != 9 || line.Detail["persons"] != "2" ||
		line.Detail["accounts"] != account.String() {
		t.Errorf("the line is %+v", line)
	}
	if n, err := rolls.Persons(t.Context(), []cloison.AccountID{account, account}, time.Time{}, time.Time{}); n != 2 || err != nil {
		t.Errorf("%d persons, %v", n, err)
	}
	if _, err := rolls.Export(t.Context(), cloison.Caller{Account: account}, q, 0); !errors.Is(err, directory.NoRole) {
		t.Errorf("somebody else's roll: %v", err)
	}
	store.fails = errors.New("no journal")
	if _, err := rolls.Export(t.Context(), by, q, 0); !errors.Is(err, store.fails) {
		t.Errorf("without a journal: %v", err)
	}
	if slices.ContainsFunc(store.lines, func(e journal.Event) bool { return e.Actor == account }) {
		t.Error("a refused roll is in the journal")
	}
}
