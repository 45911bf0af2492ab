package disclose

import "cloison"

// writerState is what the writer remembers between two commits: counters at the versions last stored or read, and which
// persons each account was shown or refused today. The writer's goroutine alone uses it. An outdated counter makes the
// commit Stale, and is read again.
type writerState struct {
	gate     Gate
	open     bool // the gate was read
	counters map[Counted]Counter
	days     map[cloison.AccountID]*accountDay
}

// accountDay holds the persons that one account was shown or refused today, by tool.
type accountDay struct {
	number  int32
	shown   map[string]map[cloison.PersonRef]bool
	refused map[string]map[cloison.PersonRef]bool
}

func newWriterState() *writerState {
	return &writerState{counters: map[Counted]Counter{}, days: map[cloison.AccountID]*accountDay{}}
}

// forget drops what another replica may have changed. Refusals stay: no other replica counts them.
func (k *writerState) forget(group []*queued) {
	k.open = false
	for _, w := range group {
		for _, s := range w.counted.all() {
			delete(k.counters, s)
		}
		if d := k.days[w.request.Agent.Account]; d != nil {
			clear(d.shown)
		}
	}
}

// countedSet names the four counters that a request stands on.
type countedSet struct{ account, lineage, structure, session Counted }

// countedBy needs the request's facts.
func countedBy(w *queued) countedSet {
	a := w.facts.account
	return countedSet{CountedAccount(w.request.Agent.Account), CountedLineage(a.Lineage), CountedStructure(a.Structure),
		CountedSession(w.request.Agent.Session.ID)}
}

func (s countedSet) all() [4]Counted { return [4]Counted{s.account, s.lineage, s.structure, s.session} }

// day returns the account's day; a new day starts empty.
func (k *writerState) day(id cloison.AccountID, number int32) *accountDay {
	d := k.days[id]
	if d == nil || d.number != number {
		if len(k.days) >= maxAccounts {
			clear(k.days)
			clear(k.counters)
		}
		d = &accountDay{number: number, shown: map[string]map[cloison.PersonRef]bool{},
			refused: map[string]map[cloison.PersonRef]bool{}}
		k.days[id] = d
	}
	return d
}

func mark(m map[string]map[cloison.PersonRef]bool, tool string, p cloison.PersonRef) {
	if m[tool] == nil {
		m[tool] = map[cloison.PersonRef]bool{}
	}
	m[tool][p] = true
}
