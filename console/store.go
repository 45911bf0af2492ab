package console

import (
	"context"
	"time"

	"cloison"
	"cloison/access/directory"
	"cloison/access/letters"
	"cloison/incident/contain"
	"cloison/incident/exposure"
	"cloison/ledger"
	"cloison/ledger/seal"
	"cloison/wall/disclose"
)

// Store is what the pages read. The contracts are those of the stages whose methods these are: one transaction each,
// safe for concurrent use, an error carries a cloison.Kind. The console writes nothing but lines of the journal; its
// acts go through the stages.
type Store interface {
	exposure.Store
	seal.Store

	Account(ctx context.Context, id cloison.AccountID) (directory.Account, error)
	// AccountsByID finds accounts by one query, in no order; those that are not there are left out.
	AccountsByID(ctx context.Context, ids []cloison.AccountID) ([]directory.Account, error)
	Accounts(ctx context.Context, structure cloison.StructureID, after cloison.AccountID, limit int) ([]directory.Account, error)
	FindAccounts(ctx context.Context, s directory.Search) ([]directory.Account, error)
	Members(ctx context.Context, structure cloison.StructureID) ([]directory.Member, error)
	Structure(ctx context.Context, id cloison.StructureID) (directory.Structure, error)
	Structures(ctx context.Context) ([]directory.Structure, error)
	Duties(ctx context.Context, account cloison.AccountID, at time.Time) ([]directory.DutyDeclared, error)
	Covers(ctx context.Context, account cloison.AccountID, at time.Time) ([]directory.CoverDeclared, error)
	Grants(ctx context.Context, account cloison.AccountID, at time.Time) ([]directory.Grant, error)
	Caseload(ctx context.Context, account cloison.AccountID, at time.Time) (map[cloison.PersonRef]directory.Explanation, error)
	Events(ctx context.Context, after int64, limit int) ([]directory.Event, error)
	AddEvent(ctx context.Context, e directory.Event) error
	// EventsWhere lists events, the newest first.
	EventsWhere(ctx context.Context, s directory.EventSearch) ([]directory.Event, error)
	// RowsOf lists the ledger's rows of one account, since ≤ at < until (zero: no bound), the oldest first, at most
	// limit of them.
	RowsOf(ctx context.Context, account cloison.AccountID, since, until time.Time, limit int) ([]ledger.Row, error)
	// RowsAbout lists the ledger's rows about one person, since ≤ at < until, the newest first, at most limit of them.
	// It reads every row of that time: no index is kept by person, since each commit would pay for it.
	RowsAbout(ctx context.Context, person cloison.PersonRef, since, until time.Time, limit int) ([]ledger.Row, error)
	Letter(ctx context.Context, id int64) (letters.Letter, error)
	Letters(ctx context.Context, state letters.State, below int64, limit int) ([]letters.Letter, error)
	Tally(ctx context.Context) (map[letters.State]int, error)

	Alarms(ctx context.Context, after int64, limit int) ([]disclose.Alarm, error)
	Descent(ctx context.Context, of []cloison.AccountID, since time.Time) ([]contain.Link, error)
	CutByID(ctx context.Context, id cloison.ActID) (contain.Cut, error)
}
