package directory

import (
	"context"
	"time"

	"cloison"
)

// Store keeps structures, accounts and the journal of what was done to them. Each method is one transaction, durable
// when it returns nil. Every method that changes what a disclosure is decided on also advances the ledger's fence in
// the same transaction, so that no disclosure decided before it can commit after it. Methods are safe for concurrent
// use by several processes. Errors carry a cloison.Kind: NotFound, Conflict (it exists already), Stale (Version differs
// from the stored one: read and decide again), Unavailable.
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
	// AccountsByEmail returns the accounts with that address, whatever the case of its ASCII letters; none is no error.
	AccountsByEmail(ctx context.Context, email cloison.Personal) ([]Account, error)
	// UpdateAccount replaces the account if its stored version is a.Version, and stores a.Version+1; else Stale. A
	// binding that another account holds is a Conflict. When a.State is not Active it also ends the account's
	// sessions and their presence leases, so that a later reinstatement wakes none of them. LastSeen never goes back.
	UpdateAccount(ctx context.Context, a Account) error
	// SuspendLeaver is UpdateAccount if fewer than the given numbers of accounts stand suspended since then: by
	// machines, of a.Structure, and by a.SuspendedBy, of any; else Denied.
	SuspendLeaver(ctx context.Context, a Account, since time.Time, maxStructure, maxSource int) error
	// AmendAccount is UpdateAccount; it keeps for thirty days the address that the account had, if that is another one
	// than a.Email.
	AmendAccount(ctx context.Context, a Account, at time.Time) error
	// TouchAccount moves LastSeen of an Active account forward to at, unless it moved within the hour before, or the
	// account was neither seen nor created after since: who was away for so long is not woken by coming. It changes no
	// Version and moves no fence. An account that is not there, or is not touched, is no error.
	TouchAccount(ctx context.Context, id cloison.AccountID, at, since time.Time) error
}

// AccountLists lists accounts.
type AccountLists interface {
	// Accounts lists by structure ("" is all), ordered by structure then id, after the given id, at most limit.
	Accounts(ctx context.Context, structure cloison.StructureID, after cloison.AccountID, limit int) ([]Account, error)
	// FindAccounts lists the accounts of a search.
	FindAccounts(ctx context.Context, s Search) ([]Account, error)
	// Members returns of every account of a structure ("" is all) what its blast radius is made of, by id.
	Members(ctx context.Context, structure cloison.StructureID) ([]Member, error)
	// CoursesEnding lists the Active accounts whose AwarenessUntil or ManagersUntil is in [from, until), ordered by id,
	// after the given id, at most limit.
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
	AddEvent(ctx context.Context, e Event) error
	// Events returns those after the cursor, oldest first.
	Events(ctx context.Context, after int64, limit int) ([]Event, error)
	// EventsWhere lists the events of a search, the newest first.
	EventsWhere(ctx context.Context, s EventSearch) ([]Event, error)
}
