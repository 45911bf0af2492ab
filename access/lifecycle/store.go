package lifecycle

import (
	"context"
	"time"

	"cloison"
	"cloison/access/directory"
	"cloison/ledger/journal"
)

// Store keeps reviews, mergers and day counts. Each method is one transaction, durable when it returns nil, and safe
// for concurrent use by several processes. Errors carry a cloison.Kind. A method that suspends or closes an account, or
// changes a median, moves the ledger's fence once in the same transaction; no other one does. What an account says is
// Stale when it is not Active any more: an answer, a merger asked for, and an approval, for which both officers are
// read.
type Store interface {
	Account(ctx context.Context, id cloison.AccountID) (directory.Account, error)
	Structure(ctx context.Context, id cloison.StructureID) (directory.Structure, error)
	// Postures counts the accounts of one structure, or of all (""), by id: on probation after now, trained after now
	// and until soon or longer, unused since idle.
	Postures(ctx context.Context, structure cloison.StructureID, now, soon, idle time.Time) ([]Posture, error)
	SweepStore
	ReviewStore
	MergerStore
	MedianStore
}

// SweepStore serves the sweep, and ends accounts for it.
type SweepStore interface {
	// Pass notes the time of a sweep, and returns the one that the sweep before it noted; zero when there was none.
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
}

// ReviewStore keeps reviews and their answers.
type ReviewStore interface {
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
	// Remind notes the reminder of a review, with its event; Conflict when it was noted before.
	Remind(ctx context.Context, review cloison.ActID, at time.Time, e journal.Event) error
	// CloseReview closes a review of which no line waits, with its event; Conflict when it is closed, Stale when one
	// waits.
	CloseReview(ctx context.Context, review cloison.ActID, at time.Time, e journal.Event) error
}

// MergerStore keeps mergers, and carries them out.
type MergerStore interface {
	// AddMerger stores an open merger, with its event. Conflict when one of its structures is in another one that is
	// not over, or is merged already.
	AddMerger(ctx context.Context, m Merger, e journal.Event) error
	Merger(ctx context.Context, id cloison.ActID) (Merger, error)
	// Mergers lists them all, the latest first.
	Mergers(ctx context.Context) ([]Merger, error)
	// DecideMerger stores the decision on an open one, with its event; Conflict when it is not open.
	DecideMerger(ctx context.Context, m Merger, e journal.Event) error
	// Merge carries out an approved merger, with its event: accounts (each with a new version), open proposals, the
	// open review and what was said at the desk of Gone become Kept's, Kept's median day becomes the sum of both,
	// duties of either structure end, because they were given for half of the new one, and Gone is marked as merged,
	// with all that was merged into it before. Conflict when it is not approved, or done. It raises the fence once.
	Merge(ctx context.Context, id cloison.ActID, at time.Time, e journal.Event) error
}

// MedianStore keeps the counts of days, from which medians are made.
type MedianStore interface {
	// ShownBy counts the distinct persons that each structure's accounts were shown from one time until before another,
	// by the ledger's rows. A structure that was shown no person is missing.
	ShownBy(ctx context.Context, from, until time.Time) (map[cloison.StructureID]int, error)
	// AddDay stores a day's counts, for all structures; those of a day that is there stay. Days are of 1970-01-01 on.
	// What is older than a hundred days is dropped.
	AddDay(ctx context.Context, day int32, persons map[cloison.StructureID]int) error
	// Days lists the counts since that day, by structure, then day.
	Days(ctx context.Context, since int32) ([]Day, error)
	// SetMedians makes these the median days that hold from that day's night on, and notes them beside its counts.
	SetMedians(ctx context.Context, day int32, medians map[cloison.StructureID]int) error
}
