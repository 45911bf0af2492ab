package contain

import (
	"context"
	"time"

	"cloison"
	"cloison/access/directory"
)

// Store applies cuts. Each method is one transaction, durable when it returns nil.
type Store interface {
	// Descent returns the links from these accounts to those that they made at or after since. Every approved proposal
	// is two links to its account, both at the time of the decision: from its maker (How "created", "re-enrolled",
	// "reinstated" or "changed", by its kind) and from its decider ("approved"). An account's CreatedBy and ApprovedBy
	// are also links, at its creation. Each From, To and How comes once, with the latest time; oldest first.
	Descent(ctx context.Context, of []cloison.AccountID, since time.Time) ([]Link, error)

	// Cut suspends every account of c.Accounts that is not closed, ends all their sessions and presence leases, cancels
	// their open proposals (made by, or about them) and unused enrolment codes, refuses the mergers that they asked for
	// or agreed to and that are not done, stores c and advances the fence, in one transaction. After it returned nil no
	// disclosure by these accounts commits on any replica. Stale when the fence is no longer c.Fence: the descent may
	// have grown, compute it again. A c.ID stored before is a Conflict.
	Cut(ctx context.Context, c Cut) (Effect, error)

	// Fence returns the ledger's fence; read it before Descent.
	Fence(ctx context.Context) (int64, error)

	// CutByID returns one cut, CutOfAlarm the one of an alarm; NotFound when there is none.
	CutByID(ctx context.Context, id cloison.ActID) (Cut, error)
	CutOfAlarm(ctx context.Context, alarm int64) (Cut, error)
	// Cuts lists all, newest first.
	Cuts(ctx context.Context) ([]Cut, error)

	// AskUndo records the first person's request to undo; Conflict when one is recorded or the cut is undone.
	AskUndo(ctx context.Context, cut cloison.ActID, by cloison.AccountID, at time.Time) error
	// Undo gives back to the accounts suspended by this cut (and by nothing later) the state they had, marks the cut
	// undone, and advances the fence. Sessions, proposals and codes stay ended. Conflict when there is no request, or
	// the second person is the first.
	Undo(ctx context.Context, cut cloison.ActID, by cloison.AccountID, at time.Time) error
}

// Link is one edge of a lineage.
type Link struct {
	From, To cloison.AccountID
	How      string // "created", "approved", "re-enrolled", "reinstated" or "changed" (its roles)
	At       time.Time
	Account  directory.Account // of To
}

// Cut is one containment: what was cut, by whom, since which presumed compromise.
type Cut struct {
	ID       cloison.ActID
	Root     cloison.AccountID
	Accounts []cloison.AccountID
	Since    time.Time // presumed compromise
	At       time.Time
	By       cloison.AccountID // zero: the system, on an alarm
	Alarm    int64             // the alarm that caused it; 0: a person decided
	Reason   string
	Fence    int64

	Effect  Effect
	UndoAsk cloison.AccountID // the first of the two who undo
	Undone  time.Time
}

// Effect counts what a cut ended.
type Effect struct {
	Accounts  int
	Sessions  int
	Proposals int
	Codes     int
}
