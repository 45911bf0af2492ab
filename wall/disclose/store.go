package disclose

import (
	"context"
	"time"

	"cloison"
	"cloison/ledger"
	"cloison/rules/limits"
)

// Store is where disclosures become durable. Commit is the point of the whole program: what it has not accepted has not
// been disclosed. All methods may be called from many goroutines and many processes at once.
type Store interface {
	// Gate reads the ledger's gate: one row through which every commit of every replica passes.
	Gate(ctx context.Context) (Gate, error)

	// Tallies reads the counters of these subjects, in their order; a subject without one has Version 0 and a zero
	// Tally, except a session: a session whose counter is absent is over, and comes back with Version -1.
	Tallies(ctx context.Context, subjects []Counted) ([]Counter, error)

	// EachTally reads the counters of every account, lineage and structure that has one, in one snapshot and in no
	// order. An error of each ends it and is returned as it is.
	EachTally(ctx context.Context, each func(Counted, limits.Tally) error) error

	// Shown returns the persons shown to the account by that tool since t, by the rows themselves.
	Shown(ctx context.Context, account cloison.AccountID, tool string, since time.Time) ([]cloison.PersonRef, error)

	// AnybodySignedIn is lifecycle.Store's: whether the latest sign-in through the provider, on any replica, is at or
	// between these times.
	AnybodySignedIn(ctx context.Context, since, until time.Time) (bool, error)
	// ServerClock is the time by the database's own clock; zero when that is this machine's, as far as can be known.
	ServerClock(ctx context.Context) (time.Time, error)

	// Commit makes everything in c durable (fsync, or synchronous commit) in one transaction, or nothing of it. It
	// gives the rows consecutive Seq, in their order, right after the last committed row whatever the replica, and
	// returns the first. It returns:
	//   - Stale, and stores nothing, when the fence has moved, a counter's version differs (or a session's counter is
	//     gone), or c.At is before the gate's LastAt;
	//   - Unavailable when nothing was stored for another reason;
	//   - Internal when the outcome is unknown: the caller must treat the rows as perhaps stored, and disclose nothing.
	Commit(ctx context.Context, c Commit) (first int64, err error)
}

// Gate is the ledger's linearisation point. Fence grows with every change of a fact that a disclosure is decided on
// (containment, suspension, session end, caseload…): a commit decided under an older fence is Stale.
type Gate struct {
	Fence   int64
	NextSeq int64     // the Seq of the next row
	LastAt  time.Time // the latest commit's time: the clock may not go behind it
}

// Subject names a counter: "a" account, "l" lineage, "s" structure, "t" session, then its id.
type Counted string

// AccountSubject names the counter of one account.
func CountedAccount(id cloison.AccountID) Counted { return Counted("a:" + id.String()) }

// LineageSubject names the counter of the lineage with that root.
func CountedLineage(root cloison.AccountID) Counted { return Counted("l:" + root.String()) }

// StructureSubject names the counter of one structure.
func CountedStructure(id cloison.StructureID) Counted { return Counted("s:" + string(id)) }

// SessionSubject names the presence lease of one session.
func CountedSession(id cloison.SessionID) Counted { return Counted("t:" + id.String()) }

// split returns the letter of a subject's kind, and its id.
func (s Counted) split() (kind byte, id string) {
	if len(s) < 2 || s[1] != ':' {
		return 0, ""
	}
	return s[0], string(s[2:])
}

// Counter is a tally with the version at which it was read; Commit stores Version+1.
type Counter struct {
	Counted Counted
	Version int64
	Tally   limits.Tally
}

// Commit is one group of decided requests.
type Commit struct {
	Fence    int64
	At       time.Time
	Rows     []ledger.Row // Seq is ignored and assigned
	Counters []Counter    // the new tallies, with the versions on which they stand; each subject once
	Refusals []Refusal
	Alarms   []Alarm
}

// Refusal is a request for a person that was not granted: evidence for the detector and for the exclusion of a person
// from a roll; nothing was disclosed.
type Refusal struct {
	At        time.Time
	Account   cloison.AccountID
	Session   cloison.SessionID
	Tool      string
	Operation string
	Person    cloison.PersonRef // as asked for; "unknown:" and a keyed hash when the tool knows nobody by what was asked
	Reason    string            // a policy reason code
	Request   string
}

// Alarm says that a stream reached a level, with the numbers of its sentence.
type Alarm struct {
	ID          int64 // assigned by the store, increasing in commit order
	At          time.Time
	Account     cloison.AccountID
	Lineage     cloison.AccountID
	Structure   cloison.StructureID
	Counted     Counted // whose stream
	Level       string  // "soft" or "hard"
	Statistic   float64 // the detector's; c of design.md §7 is its threshold
	Persons     int     // persons asked for by the subject in the day, explained or not
	Unexplained int     // of them without explanation
	Request     string
}
