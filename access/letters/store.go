package letters

import (
	"context"
	"time"

	"cloison"
	"cloison/access/approval"
	"cloison/access/directory"
	"cloison/ledger/journal"
)

// Store is the outbox and what the letters are written from. Each method is one transaction, durable when it returns
// nil, safe for concurrent use by several processes. No method moves the ledger's fence. Errors carry a cloison.Kind.
type Store interface {
	SourceStore
	WritingStore
	DeliveryStore
	OutboxStore
}

// SourceStore is what letters are written from.
type SourceStore interface {
	// Events returns the journal's lines after the cursor, oldest first.
	Events(ctx context.Context, after int64, limit int) ([]journal.Event, error)
	// FormerAddresses lists the addresses that the account had within the last days, oldest first.
	FormerAddresses(ctx context.Context, account cloison.AccountID) ([]Former, error)
	// Bearers returns the Active accounts that hold that role, of a structure or ("") of all, by id, at most limit.
	Bearers(ctx context.Context, structure cloison.StructureID, role directory.Role, limit int) ([]directory.Account, error)
	// CutAccounts returns the accounts that a cut suspended, in its order.
	CutAccounts(ctx context.Context, cut cloison.ActID) ([]cloison.AccountID, error)
}

// WritingStore keeps new letters, and how far each reader has come.
type WritingStore interface {
	// Cursor returns the place of the named reader; 0 when it never read.
	Cursor(ctx context.Context, name string) (int64, error)
	// Post stores the letters whose keys are new, and moves the reader's place from b.From to b.To. Stale, and nothing
	// is stored, when the place is not b.From: another replica was faster.
	Post(ctx context.Context, b Batch) error
	// Recent counts the letters of that kind to the account made since, without those that are Held or Folded.
	Recent(ctx context.Context, to cloison.AccountID, kind Kind, since time.Time) (int, error)
	// HeldLetters returns at most limit letters that are Held, by recipient, then weight, then age.
	HeldLetters(ctx context.Context, limit int) ([]Letter, error)
	// Fold stores the digest, unless its key is there, and makes the letters Folded, without a body. Stale when one of
	// them is not Held any more.
	Fold(ctx context.Context, digest Letter, letters []int64) error
}

// DeliveryStore hands letters to senders.
type DeliveryStore interface {
	// Claim takes the Unsent letter that is due, the weightiest and then the oldest, for that holder until then: it is
	// Sending, tried once more. NotFound when none is due.
	Claim(ctx context.Context, holder string, now, until time.Time) (Letter, error)
	// Settle stores State, Due, Tries, Settled and Reply of a letter that l.Holder has in hand or left Doubtful, and
	// drops the body of one that is Sent. Stale when another sender settled it or took it.
	Settle(ctx context.Context, l Letter) error
	// Lapse makes Doubtful what is Sending although its lease ended, and Failed what is Unsent and was made before old.
	// It returns those that it changed.
	Lapse(ctx context.Context, now, old time.Time) ([]Letter, error)
	// Forget deletes what was settled or folded, and made before then.
	Forget(ctx context.Context, before time.Time) error
}

// OutboxStore shows the outbox.
type OutboxStore interface {
	// Letter returns one letter, or NotFound.
	Letter(ctx context.Context, id int64) (Letter, error)
	// Letters lists the newest first, of one state or ("") of all, below that ID (0: from the newest), at most limit.
	Letters(ctx context.Context, state State, below int64, limit int) ([]Letter, error)
	// Tally counts letters by state.
	Tally(ctx context.Context) (map[State]int, error)
	// Resend makes a Doubtful or Failed letter Unsent, due now, with no tries. Conflict in any other state, or without
	// a body.
	Resend(ctx context.Context, id int64, now time.Time) error
}

// Former is an address that an account had.
type Former struct {
	ID      int64
	Address cloison.Personal
	Until   time.Time
}

// Batch is new letters and how far their reader has come.
type Batch struct {
	Reader   string
	From, To int64 // equal: a part of what comes up to the next place
	Letters  []Letter
}

// Decider says of each proposal whether the caller may decide on it: nil, or why not. *approval.Approvals is one.
type Decider interface {
	MayDecideEach(ctx context.Context, by cloison.Caller, proposals []approval.Proposal) ([]error, error)
}

// Accounts is what letters speak of; directory.Store and approval.Store have the contracts.
type Accounts interface {
	Account(ctx context.Context, id cloison.AccountID) (directory.Account, error)
	Structure(ctx context.Context, id cloison.StructureID) (directory.Structure, error)
	Proposal(ctx context.Context, id cloison.ActID) (approval.Proposal, error)
	Proposals(ctx context.Context, structure cloison.StructureID) ([]approval.Proposal, error)
	CoursesEnding(ctx context.Context, from, until time.Time, after cloison.AccountID, limit int) ([]directory.Account, error)
	journal.Writer
}
