package exposure

import (
	"iter"
	"math/bits"
	"slices"
	"strings"
	"time"

	"cloison"
	"cloison/incident/accesslog"
)

// Query says which disclosures a roll is about.
type Query struct {
	Accounts []string  // at least one; as the log names them, or in the ledger the text of a cloison.AccountID
	Since    time.Time // inclusive; zero: from the beginning
	Until    time.Time // exclusive; zero: to the end

	// Verified is the instant up to which the caller has just verified the ledger's seals; zero: they were not checked,
	// and the roll says so. Logs have none.
	Verified time.Time

	// Universe is how many persons the tool could have shown, for the counts of the classes Possible and Excluded;
	// zero: not known, and then only the persons who are named count.
	Universe int64
}

// check returns the distinct accounts in the order given.
func (q Query) check() ([]string, error) {
	var accounts []string
	for _, a := range q.Accounts {
		if a == "" {
			return nil, cloison.Errorf(cloison.Invalid, "roll: an account is empty; name the accounts whose exposure you want")
		}
		if !slices.Contains(accounts, a) {
			accounts = append(accounts, a)
		}
	}
	switch {
	case len(accounts) == 0:
		return nil, cloison.Errorf(cloison.Invalid, "roll: no account; name at least one whose exposure you want")
	case len(accounts) > maxAccounts:
		return nil, cloison.Errorf(cloison.Invalid, "roll: %d accounts; at most %d in one roll", len(accounts), maxAccounts)
	case !q.Since.IsZero() && !q.Until.IsZero() && !q.Since.Before(q.Until):
		return nil, cloison.Errorf(cloison.Invalid, "roll: empty window; since must be before until, which is exclusive")
	}
	return accounts, nil
}

// Class says how sure the roll is about a person and an account. The texts are stable.
type Class string

const (
	Proven   Class = "proven"   // a row says so
	Possible Class = "possible" // it cannot be ruled out: a named gap, or a disclosure whose time cannot be read
	Excluded Class = "excluded" // the record is whole and has no such row
)

// GapKind says why something may be missing from a roll. The texts are stable.
type GapKind string

const (
	BeforeLedger  GapKind = "before_ledger"  // the window begins before the ledger did
	Retention     GapKind = "retention"      // rows of that time were dropped when their retention ended
	Unsealed      GapKind = "unsealed"       // rows of that time are not yet under a signed checkpoint
	Unverified    GapKind = "unverified"     // the seals over that time were not checked for this roll
	ClockStep     GapKind = "clock_step"     // the recorder's clock was set: times in there are in doubt
	Suspended     GapKind = "suspended"      // the tool was reachable without the recorder
	UnparsedLines GapKind = "unparsed_lines" // lines of the log that could not be read
	CutShort      GapKind = "cut_short"      // a compressed log that ends or breaks in the middle
)

// Gap names something that a roll cannot vouch for. Zero times are open ends.
type Gap struct {
	Kind    GapKind   `json:"kind"`
	From    time.Time `json:"from,omitzero"`
	To      time.Time `json:"to,omitzero"`
	Account string    `json:"account,omitempty"` // the one account that it concerns; empty: any
	Lines   int64     `json:"lines,omitempty"`   // how many, for UnparsedLines
	File    string    `json:"file,omitempty"`    // which, for CutShort
	Reason  string    `json:"reason,omitempty"`  // what broke, for CutShort
}

// Roll (relevé d'exposition) is who was shown to the accounts in the window. A row is one person shown once: a line of
// a log that lists fifty persons is fifty rows. All counts but those of Classes are of proven rows.
type Roll struct {
	Rows           int64               `json:"rows"`
	Persons        int64               `json:"persons"`          // distinct
	PerField       map[string]int64    `json:"per_field"`        // field → distinct persons of whom it was shown
	PerAccount     map[string]int64    `json:"per_account"`      // account → distinct persons; all accounts are there
	PerAccountRows map[string]int64    `json:"per_account_rows"` // account → rows
	First          time.Time           `json:"first,omitzero"`   // of the first and last row, in UTC
	Last           time.Time           `json:"last,omitzero"`
	Lines          int64               `json:"lines"`          // of the logs, read in full; zero from the ledger
	Unparsed       int64               `json:"unparsed"`       // of the lines, those that could not be read
	UnparsedShown  []accesslog.BadLine `json:"unparsed_shown"` // the first of them
	NoAccount      int64               `json:"no_account"`     // of the lines, those that name no account at all
	Classes        map[Class]int64     `json:"class_counts"`   // class → distinct persons, each in its surest
	Gaps           []Gap               `json:"gaps"`

	table    *table
	accounts []string
	fields   []string // by bit
	hows     []string // by bit
}

// Entry is one person and one account of a roll.
type Entry struct {
	Person      cloison.PersonRef
	Account     string
	Fields      []string // sorted
	First, Last time.Time
	Times       int64 // rows; zero when Class is Possible
	Class       Class
	How         []string // the kinds of explanation, sorted; none from a log
}

// Entries returns the roll's persons × accounts, ordered by person then account. Slices are shared between entries.
func (r *Roll) Entries() iter.Seq[Entry] {
	return func(yield func(Entry) bool) {
		fields, hows := nameSets{names: r.fields}, nameSets{names: r.hows}
		for sh, e := range r.table.ordered(r.accounts) {
			out := Entry{
				Person:  cloison.PersonRef(sh.name(e)),
				Account: r.accounts[e.account],
				Fields:  fields.of(e.fields).names,
				How:     hows.of(uint64(e.hows)).names,
				Times:   int64(e.times),
				Class:   e.class(),
			}
			if e.proven() {
				out.First, out.Last = instant(e.first), instant(e.last)
			}
			if !yield(out) {
				return
			}
		}
	}
}

// instant is a time in UTC.
func instant(unixNano int64) time.Time { return time.Unix(0, unixNano).UTC() }

// Class says how sure the roll is about one person and one account.
func (r *Roll) Class(person cloison.PersonRef, account string) Class {
	i := slices.Index(r.accounts, account)
	if e := r.table.get([]byte(person), i); e != nil && e.proven() {
		return Proven
	} else if e != nil {
		return Possible
	}
	if i < 0 || slices.ContainsFunc(r.Gaps, func(g Gap) bool { return g.Account == "" || g.Account == account }) {
		return Possible
	}
	return Excluded
}

// nameSets turns bits into sorted names, each set once.
type nameSets struct {
	names []string
	known map[uint64]nameSet
}

type nameSet struct {
	names  []string
	joined string // by commas
}

func (n *nameSets) of(set uint64) nameSet {
	if known, ok := n.known[set]; ok {
		return known
	}
	names := make([]string, 0, bits.OnesCount64(set))
	for rest := set; rest != 0; rest &= rest - 1 {
		names = append(names, n.names[bits.TrailingZeros64(rest)])
	}
	slices.SortFunc(names, strings.Compare)
	if n.known == nil {
		n.known = map[uint64]nameSet{}
	}
	n.known[set] = nameSet{names, strings.Join(names, ",")}
	return n.known[set]
}

// count fills in the counts from the table.
func (r *Roll) count(universe int64) {
	r.PerField, r.PerAccount, r.PerAccountRows = map[string]int64{}, map[string]int64{}, map[string]int64{}
	persons, rows := make([]int64, len(r.accounts)), make([]int64, len(r.accounts))
	var perField [64]int64
	var possible int64
	first, last := int64(1<<63-1), int64(-1<<63)
	r.table.each(func(of []*entry) {
		var fields uint64
		proven := false
		for _, e := range of {
			if !e.proven() {
				continue
			}
			proven = true
			fields |= e.fields
			persons[e.account]++
			rows[e.account] += int64(e.times)
			first, last = min(first, e.first), max(last, e.last)
		}
		if !proven {
			possible++
			return
		}
		r.Persons++
		for ; fields != 0; fields &= fields - 1 {
			perField[bits.TrailingZeros64(fields)]++
		}
	})
	for i, a := range r.accounts {
		r.PerAccount[a], r.PerAccountRows[a] = persons[i], rows[i]
		r.Rows += rows[i]
	}
	for i, name := range r.fields {
		if perField[i] > 0 {
			r.PerField[name] = perField[i]
		}
	}
	if r.Rows > 0 {
		r.First, r.Last = instant(first), instant(last)
	}
	r.classify(possible, universe)
}

// classify puts every person of the universe into the surest class that holds.
func (r *Roll) classify(possible, universe int64) {
	others := max(0, universe-r.Persons-possible)
	r.Classes = map[Class]int64{Proven: r.Persons, Possible: possible, Excluded: others}
	if len(r.Gaps) > 0 {
		r.Classes[Possible], r.Classes[Excluded] = possible+others, 0
	}
	if r.Gaps == nil {
		r.Gaps = []Gap{}
	}
	if r.UnparsedShown == nil {
		r.UnparsedShown = []accesslog.BadLine{}
	}
}
