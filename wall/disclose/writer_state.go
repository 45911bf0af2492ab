package disclose

import "cloison"

// desk is the writer's own memory between two commits: counters at the versions that it stored or read last, and whom
// each account was shown or refused today. It belongs to the writer's goroutine alone. Whatever in it is out of date
// makes a commit Stale, after which it is read again.
type writerState struct {
	gate     Gate
	open     bool // gate was read
	counters map[Counted]Counter
	days     map[cloison.AccountID]*accountDay
}

// day is whom one account has met today, by tool and person.
type accountDay struct {
	number  int32
	shown   map[string]map[cloison.PersonRef]bool
	refused map[string]map[cloison.PersonRef]bool
}

func newWriterState() *writerState {
	return &writerState{counters: map[Counted]Counter{}, days: map[cloison.AccountID]*accountDay{}}
}

// forget drops what may have changed behind the desk's back. Refusals already counted stay: they are this process's own
// memory.
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

// subjects name the counters that a request's standing is made of.
type countedSet struct{ account, lineage, structure, session Counted }

// subjectsOf is called once the request's facts are known.
func countedBy(w *queued) countedSet {
	a := w.facts.account
	return countedSet{CountedAccount(w.request.Agent.Account), CountedLineage(a.Lineage), CountedStructure(a.Structure),
		CountedSession(w.request.Agent.Session.ID)}
}

func (s countedSet) all() [4]Counted { return [4]Counted{s.account, s.lineage, s.structure, s.session} }

// today returns the account's day, emptied when a new one has begun.
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
