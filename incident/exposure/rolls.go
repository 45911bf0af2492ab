package exposure

import (
	"context"
	"strconv"
	"strings"
	"time"

	"cloison"
	"cloison/access/directory"
	"cloison/ledger/journal"
)

// Rights says what a caller may do to accounts, as they stand now; access/directory has it. A no is Denied with its
// reason, or NotFound.
type Rights interface {
	May(ctx context.Context, by cloison.Caller, verb directory.Verb, subjects ...cloison.AccountID) error
}

// RollStore is Store with the journal.
type RollStore interface {
	Store
	journal.Writer
}

// Rolls draws rolls from the ledger for people: it asks whether they may, and a roll that leaves is in the journal
// first.
type Rolls struct {
	store  RollStore
	rights Rights
	now    func() time.Time
}

// NewRolls returns the stage on that store.
func NewRolls(store RollStore, rights Rights, now func() time.Time) *Rolls {
	return &Rolls{store, rights, now}
}

// MayDraw says whether the caller may have the roll of these accounts: nil, Denied with its reason, or NotFound.
func (r *Rolls) MayDraw(ctx context.Context, by cloison.Caller, q Query) error {
	ids := make([]cloison.AccountID, len(q.Accounts))
	for i, text := range q.Accounts {
		id, err := cloison.ParseAccountID(text)
		if err != nil {
			return err
		}
		ids[i] = id
	}
	return r.rights.May(ctx, by, directory.ToExport, ids...)
}

// Draw draws the roll to be counted.
func (r *Rolls) Draw(ctx context.Context, by cloison.Caller, q Query) (*Roll, error) {
	if err := r.MayDraw(ctx, by, q); err != nil {
		return nil, err
	}
	return FromLedger(ctx, r.store, q)
}

// Export draws the roll to be handed out, for a cut when it is of one. The journal's line, with counts alone, is durable
// when it returns.
func (r *Rolls) Export(ctx context.Context, by cloison.Caller, q Query, cut cloison.ActID) (*Roll, error) {
	roll, err := r.Draw(ctx, by, q)
	if err != nil {
		return nil, err
	}
	stamp := func(t time.Time) string {
		if t.IsZero() {
			return ""
		}
		return t.UTC().Format(time.RFC3339)
	}
	err = r.store.AddEvent(ctx, journal.Event{At: cloison.Timestamp(r.now()), Code: "roll.exported", Actor: by.Account,
		Session: by.Session, Act: cut, Detail: map[string]string{"accounts": strings.Join(q.Accounts, " "),
			"persons": strconv.FormatInt(roll.Persons, 10), "since": stamp(q.Since), "until": stamp(q.Until)}})
	if err != nil {
		return nil, err
	}
	return roll, nil
}

// Persons counts the distinct persons that these accounts were shown together, since ≤ at < until; zero: no bound.
func (r *Rolls) Persons(ctx context.Context, accounts []cloison.AccountID, since, until time.Time) (int, error) {
	persons := map[cloison.PersonRef]bool{}
	for _, id := range accounts {
		err := r.store.Disclosures(ctx, id, since, until, func(d Disclosed) error {
			persons[d.Person] = true
			return nil
		})
		if err != nil {
			return 0, err
		}
	}
	return len(persons), nil
}
