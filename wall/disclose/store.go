package disclose

import (
	"context"
	"time"

	"cloison"
	"cloison/ledger"
	"cloison/rules/limits"
)

// Store is where disclosures become durable: nothing is disclosed that Commit has not accepted. All methods are safe
// for concurrent use, by many goroutines and many processes.
type Store interface {
	// Gate reads the ledger's gate.
	Gate(ctx context.Context) (Gate, error)

	// Tallies reads these counters, in their order. A missing counter has Version 0 and a zero Tally, but a session's
	// has Version -1: that session has ended.
	Tallies(ctx context.Context, counted []Counted) ([]Counter, error)

	// EachTally reads the counters of all accounts, lineages and structures, in one snapshot and in no order. It stops
	// at an error of each and returns it unchanged.
	EachTally(ctx context.Context, each func(Counted, limits.Tally) error) error

	// Shown returns the persons that the rows since that time say were shown to the account by that tool.
	Shown(ctx context.Context, account cloison.AccountID, tool string, since time.Time) ([]cloison.PersonRef, error)

	// AnybodySignedIn reports whether the latest sign-in through the provider, on any replica, is within these times,
	// both included.
	AnybodySignedIn(ctx context.Context, since, until time.Time) (bool, error)

	// ServerClock is the time by the database server's clock; zero when that may be this machine's own clock.
	ServerClock(ctx context.Context) (time.Time, error)

	// Commit makes everything in c durable (fsync, or synchronous commit) in one transaction, or nothing of it. It
	// gives the rows consecutive Seq, in their order, right after the last committed row whatever the replica, and
	// returns the first. It returns:
	//   - Stale, and stores nothing, when the fence has moved, a counter's version differs, a session's counter is
	//     missing, or c.At is before the gate's LastAt;
	//   - Unavailable when nothing was stored for another reason;
	//   - Internal when the outcome is unknown: the rows may be stored, and the caller must disclose nothing.
	Commit(ctx context.Context, c Commit) (first int64, err error)
}

// Gate is the ledger's linearisation point: one row through which every commit of every replica passes. Fence grows
// with each change of a fact that disclosures are decided on (cut, suspension, session end, caseload…); a commit
// decided under an older fence is Stale.
type Gate struct {
	Fence   int64
	NextSeq int64     // the Seq of the next row
	LastAt  time.Time // the latest commit's time: no commit may be earlier
}

// Counted names a counter: "a" account, "l" lineage, "s" structure or "t" session, then ":" and its id.
type Counted string

// CountedAccount names the counter of one account.
func CountedAccount(id cloison.AccountID) Counted { return Counted("a:" + id.String()) }

// CountedLineage names the counter of the lineage with that root.
func CountedLineage(root cloison.AccountID) Counted { return Counted("l:" + root.String()) }

// CountedStructure names the counter of one structure.
func CountedStructure(id cloison.StructureID) Counted { return Counted("s:" + string(id)) }

// CountedSession names the presence lease of one session.
func CountedSession(id cloison.SessionID) Counted { return Counted("t:" + id.String()) }

// split returns the letter of the kind, and the id.
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
	Counters []Counter    // the new tallies, with the versions on which they stand; each counter once
	Refusals []Refusal
	Alarms   []Alarm
}

// Refusal is a person who was asked for and not shown. It is evidence for the detector, and for the exclusion of that
// person from a roll.
type Refusal struct {
	At        time.Time
	Account   cloison.AccountID
	Session   cloison.SessionID
	Tool      string
	Operation string
	Person    cloison.PersonRef // as asked for; "unknown:" and a keyed hash when the tool finds nobody
	Reason    string            // a policy.ReasonCode
	Request   string
}

// Alarm says that a stream reached a level.
type Alarm struct {
	ID          int64 // assigned by the store, increasing in commit order
	At          time.Time
	Account     cloison.AccountID
	Lineage     cloison.AccountID
	Structure   cloison.StructureID
	Counted     Counted // whose stream
	Level       string  // "soft" or "hard"
	Statistic   float64 // the detector's; the level is its threshold
	Persons     int     // asked for in the day, explained or not
	Unexplained int     // of them, those without explanation
	Request     string
}
