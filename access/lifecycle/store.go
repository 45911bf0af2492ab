package lifecycle

import (
	"context"
	"time"

	"cloison"
	"cloison/access/directory"
	"cloison/ledger/journal"
)

// Store keeps reviews, mergers and day counts. Each method is one transaction, durable when it returns nil, and safe
// for concurrent use by several processes. Errors carry a cloison.Kind. What suspends or closes an account, or changes
// a median, moves the ledger's fence once in the same transaction; nothing else here does. What an account says is
// Stale when it is not Active any more: an answer, a merger asked for, and an approval, for which both officers are
// looked at.
type Store interface {
	Account(ctx context.Context, id cloison.AccountID) (directory.Account, error)
	Structure(ctx context.Context, id cloison.StructureID) (directory.Structure, error)

	// Pass notes that a sweep looked at its clock, and returns what the sweep before it noted; zero when there was
	// none.
	Pass(ctx context.Context, at time.Time) (before time.Time, err error)
	// AnybodySignedIn reports whether the latest session was opened (signin.Store.AddSession), which takes the
	// provider's word, from since to until. What lies more than a day back may be forgotten.
	AnybodySignedIn(ctx context.Context, since, until time.Time) (bool, error)
	// Idle lists the Active accounts that were neither seen nor created after since, ordered by id, after the given id.
	Idle(ctx context.Context, since time.Time, after cloison.AccountID, limit int) ([]directory.Account, error)
	// End replaces the accounts whose stored version is their Version, as directory.Store.UpdateAccount does, and
	// leaves the others as they are. With a review it leaves those too that are not in it or have an answer, and the
	// answer of those that it replaced becomes Lapsed. Each one's event is journaled. It returns how many it replaced.
	End(ctx context.Context, review cloison.ActID, batch []Ending) (int, error)

	// Reviewed says, for each structure that has accounts and is not merged into another, how its last review went.
	Reviewed(ctx context.Context) ([]Standing, error)
	// OpenReview stores the review with every Active account of its structure, and the event. Conflict when the
	// structure has an open one.
	OpenReview(ctx context.Context, r Review, e journal.Event) error
	// Review finds one by its id, with its counts.
	Review(ctx context.Context, id cloison.ActID) (Review, error)
	// Reviews lists those of one structure ("" is all), open ones first, then the latest, at most limit, with their
	// counts.
	Reviews(ctx context.Context, structure cloison.StructureID, limit int) ([]Review, error)
	// Lines lists the accounts of a review, ordered by id, after the given id.
	Lines(ctx context.Context, review cloison.ActID, after cloison.AccountID, limit int) ([]Line, error)
	// Answer stores answers to an open review, replacing earlier ones, with what they make of the accounts and their
	// events. All or none: Stale when an account changed, Conflict when the review is closed, NotFound when an account
	// is not in it.
	Answer(ctx context.Context, review cloison.ActID, answers []Answered) error
	// Remind notes that who has to answer was reminded, with its event; Conflict when it was noted before.
	Remind(ctx context.Context, review cloison.ActID, at time.Time, e journal.Event) error
	// CloseReview closes a review of which no line waits, with its event; Conflict when it is closed, Stale when one
	// waits.
	CloseReview(ctx context.Context, review cloison.ActID, at time.Time, e journal.Event) error

	// AddMerger stores an open merger, with its event. Conflict when one of its structures is in another one that is
	// not over, or is merged already.
	AddMerger(ctx context.Context, m Merger, e journal.Event) error
	Merger(ctx context.Context, id cloison.ActID) (Merger, error)
	// Mergers lists them all, the latest first.
	Mergers(ctx context.Context) ([]Merger, error)
	// DecideMerger stores the decision on an open one, with its event; Conflict when it is not open.
	DecideMerger(ctx context.Context, m Merger, e journal.Event) error
	// Merge carries out an approved merger, with its event: accounts (each with a new version), open proposals, the
	// open review and what was said at the desk of Gone become Kept's, Kept's median day becomes the sum of both, turns
	// at either's desk end, for they were given for the half of it, and Gone is marked as merged, with all that was
	// merged into it before. Conflict when it is not approved, or done. It raises the fence once.
	Merge(ctx context.Context, id cloison.ActID, at time.Time, e journal.Event) error

	// ShownBy counts the distinct persons that each structure's accounts were shown from one time until before another,
	// by the ledger's rows. A structure that was shown nobody is missing.
	ShownBy(ctx context.Context, from, until time.Time) (map[cloison.StructureID]int, error)
	// AddDay stores a day's counts, for all structures; those of a day that is there stay. Days are of 1970-01-01 on.
	// What is older than a hundred days is dropped.
	AddDay(ctx context.Context, day int32, persons map[cloison.StructureID]int) error
	// Days lists the counts since that day, by structure, then day.
	Days(ctx context.Context, since int32) ([]Day, error)
	// SetMedians makes these the median days that hold from that day's night on, and notes them beside its counts.
	SetMedians(ctx context.Context, day int32, medians map[cloison.StructureID]int) error

	// Postures counts the accounts of one structure, or of all (""), by id: on probation after now, trained after now
	// and until soon or longer, unused since idle.
	Postures(ctx context.Context, structure cloison.StructureID, now, soon, idle time.Time) ([]Posture, error)
}

// Ending is an account as it becomes, and the journal's line.
type Ending struct {
	Account directory.Account
	Event   journal.Event
}

// Standing is a structure's place between two reviews.
type Standing struct {
	Structure cloison.StructureID
	First     time.Time // when the first of its accounts was created
	Opened    time.Time // its last review; zero: none yet
	Open      bool      // it is not closed
}

// Review is one campaign in one structure.
type Review struct {
	ID        cloison.ActID
	Structure cloison.StructureID
	Opened    time.Time
	Due       time.Time // from then on, what has no answer is suspended
	Reminded  time.Time
	Closed    time.Time // zero: open

	Accounts int            // how many are in it
	Answers  map[Answer]int // how many of each; Waiting included
}

// Verdict is what became of one account in a review. The texts are stored.
type Answer string

const (
	Waiting Answer = ""        // nobody has answered
	Keep    Answer = "keep"    // still needed
	Leaves  Answer = "leaves"  // closed: its holder has left
	Suspend Answer = "suspend" // in doubt, or away for long
	Lapsed  Answer = "lapsed"  // the day came without an answer
)

// Line is one account of a review.
type Line struct {
	Account directory.Account
	Answer  Answer
	At      time.Time
	By      cloison.AccountID
}

// Answered is one answer: the account as it becomes, when it changes.
type Answered struct {
	Account cloison.AccountID
	Answer  Answer
	By      cloison.AccountID
	At      time.Time
	Becomes *Ending // nil: the account stays as it is
}
