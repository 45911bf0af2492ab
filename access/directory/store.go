package directory

import (
	"context"
	"time"

	"cloison"
	"cloison/ledger/journal"
)

// Store keeps structures, accounts and the journal. Each method is one transaction, durable when it returns nil. A
// method that changes what a disclosure is decided on also advances the ledger's fence in the same transaction, so
// that no disclosure decided before it can commit after it. Methods are safe for concurrent use by several processes.
// Errors carry a cloison.Kind: NotFound, Conflict (it exists already), Stale (Version differs from the stored one:
// read and decide again), Unavailable.
type Store interface {
	AccountReader
	Accounts
	AccountLists
	Structures
	Journal
}

// AccountReader reads one account.
type AccountReader interface {
	Account(ctx context.Context, id cloison.AccountID) (Account, error)
}

// Accounts finds accounts and changes them.
type Accounts interface {
	AccountByBinding(ctx context.Context, b Binding) (Account, error)
	// AccountsByEmail returns the accounts with that address, whatever the case of its ASCII letters. None is no
	// error.
	AccountsByEmail(ctx context.Context, email cloison.Personal) ([]Account, error)
	// UpdateAccount replaces the account if its stored version is a.Version, and stores a.Version+1; else Stale. A
	// binding that another account holds is a Conflict. When a.State is not Active it also ends the account's
	// sessions and their presence leases, so that a later reinstatement wakes none of them. LastSeen never goes back.
	UpdateAccount(ctx context.Context, a Account) error
	// SuspendLeaver is UpdateAccount, if fewer accounts than the given numbers are suspended since that time: by
	// machines in a.Structure, and by a.SuspendedBy anywhere; else it is Denied.
	SuspendLeaver(ctx context.Context, a Account, since time.Time, maxStructure, maxSource int) error
	// AmendAccount is UpdateAccount. When the address changes it keeps the former one for thirty days.
	AmendAccount(ctx context.Context, a Account, at time.Time) error
	// TouchAccount moves LastSeen of an Active account forward to at, unless it moved within the hour before, or the
	// account was neither seen nor created after since: a visit does not wake an account that was unused for so long.
	// It changes no Version and moves no fence. An account that does not exist or is not touched is no error.
	TouchAccount(ctx context.Context, id cloison.AccountID, at, since time.Time) error
}

// AccountLists lists accounts.
type AccountLists interface {
	// Accounts lists the accounts of a structure ("" is all) by structure and id, from the one after that id, at most
	// limit.
	Accounts(ctx context.Context, structure cloison.StructureID, after cloison.AccountID, limit int) ([]Account, error)
	// FindAccounts lists the accounts of a search.
	FindAccounts(ctx context.Context, s Search) ([]Account, error)
	// Members returns what the blast radii of a structure ("" is all) are made of, by id.
	Members(ctx context.Context, structure cloison.StructureID) ([]Member, error)
	// CoursesEnding lists by id the Active accounts whose AwarenessUntil or ManagersUntil is in [from, until), from
	// the one after that id, at most limit.
	CoursesEnding(ctx context.Context, from, until time.Time, after cloison.AccountID, limit int) ([]Account, error)
}

// Structures reads partner bodies.
type Structures interface {
	Structure(ctx context.Context, id cloison.StructureID) (Structure, error)
	Structures(ctx context.Context) ([]Structure, error)
}

// Journal is the journal of account events: append-only.
type Journal interface {
	// AddEvent appends to the journal of account events.
	AddEvent(ctx context.Context, e journal.Event) error
	// Events returns those after the cursor, oldest first.
	Events(ctx context.Context, after int64, limit int) ([]journal.Event, error)
	// EventsWhere lists the events of a search, the newest first.
	EventsWhere(ctx context.Context, s journal.Search) ([]journal.Event, error)
}
