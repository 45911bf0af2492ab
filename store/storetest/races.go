package storetest

import (
	"context"
	"fmt"
	"sync"
	"sync/atomic"

	"cloison"
	"cloison/access/directory"
	"cloison/incident/contain"
	"cloison/ledger"
	"cloison/rules/limits"
	"cloison/wall/disclose"
)

func raceTests() []test {
	return []test{
		{"two replicas on one counter version: one wins", raceCounter},
		{"numbers have no gaps whatever fails", raceSeq},
		{"a reader of the ledger misses nothing", raceReader},
		{"a cap holds on two replicas", raceCap},
		{"nothing commits after a cut", raceCut},
		{"nothing commits after a revocation", raceRevoke},
		{"proposals are limited however many come at once", raceProposals},
		{"a code a state and an act are used once", raceOnce},
		{"of all passkeys removed at once one is left", raceRemovals},
		{"no passkey is made after a cut", racePasskey},
		{"failures are all counted", raceFailures},
		{"a reader of events misses nothing", raceEvents},
		{"one of many holds the lease", raceLease},
		{"a lapsed sealer cannot turn the mark back", raceMarks},
		{"imports at once store everything once", raceImports},
		{"everything at once stays consistent", raceAll},
	}
}

// workers is how many goroutines race, half of them on each of two replicas.
const workers = 8

// race runs do in many goroutines on two replicas and waits for all.
func (w *world) race(do func(i int, db All)) {
	replicas := [2]All{w.All, w.replica()}
	var group sync.WaitGroup
	for i := range workers {
		group.Go(func() { do(i, replicas[i%2]) })
	}
	group.Wait()
}

// winners races and returns how many succeeded; the others must fail with one of the kinds.
func (w *world) winners(do func(i int, db All) error, losers ...cloison.Kind) int {
	w.Helper()
	var n atomic.Int64
	w.race(func(i int, db All) {
		err := do(i, db)
		if err == nil {
			n.Add(1)
			return
		}
		for _, k := range losers {
			if cloison.KindOf(err) == k {
				return
			}
		}
		w.Errorf("a loser got an error of kind %q: %v", cloison.KindOf(err), err)
	})
	return int(n.Load())
}

func raceCounter(w *world) {
	fence := w.fence()
	for v := range int64(10) {
		n := w.winners(func(i int, db All) error {
			_, err := db.Commit(w.ctx, disclose.Commit{Fence: fence, At: noon(), Rows: []ledger.Row{row(1, fmt.Sprintf("p%d-%d", v, i), noon())},
				Counters: []disclose.Counter{counter("a:1", v, int32(i))}})
			return err
		}, cloison.Stale)
		same(w, fmt.Sprintf("winners at version %d", v), n, 1)
	}
	same(w, "rows", len(w.ledger()), 10)
}

func raceSeq(w *world) {
	const each = 25
	fence := w.fence()
	var mu sync.Mutex
	acknowledged := map[int64]string{}
	w.race(func(i int, db All) {
		for k := range each {
			rows := make([]ledger.Row, 1+(i+k)%3)
			for j := range rows {
				rows[j] = row(cloison.AccountID(i+1), fmt.Sprintf("w%d-%d-%d", i, k, j), noon())
			}
			c := disclose.Commit{Fence: fence, At: noon(), Rows: rows}
			if k%5 == 4 { // fails after the gate was passed
				c.Counters = []disclose.Counter{counter("a:none", 7, 1)}
			}
			first, err := db.Commit(w.ctx, c)
			if k%5 == 4 {
				if cloison.KindOf(err) != cloison.Stale {
					w.Errorf("want Stale, got %v", err)
				}
				continue
			}
			if err != nil {
				w.Error(err)
				return
			}
			mu.Lock()
			for j := range rows {
				acknowledged[first+int64(j)] = string(rows[j].Person)
			}
			mu.Unlock()
		}
	})
	w.complete(acknowledged, true)
}

// complete checks that the ledger is numbered without gaps and holds every acknowledged row at its number; with all,
// that it holds nothing else.
func (w *world) complete(acknowledged map[int64]string, all bool) {
	w.Helper()
	rows := w.ledger()
	for i, r := range rows {
		if r.Seq != int64(i+1) {
			w.Fatalf("row %d has number %d", i+1, r.Seq)
		}
	}
	for seq, person := range acknowledged {
		if seq > int64(len(rows)) || string(rows[seq-1].Person) != person {
			w.Errorf("the acknowledged row %d is not there", seq)
		}
	}
	if all && len(rows) != len(acknowledged) {
		w.Errorf("%d rows, but %d were acknowledged", len(rows), len(acknowledged))
	}
	same(w, "next number", w.gate().NextSeq, int64(len(rows)+1))
}

func raceReader(w *world) {
	fence := w.fence()
	ctx, stop := context.WithCancel(w.ctx)
	var reader sync.WaitGroup
	var read int64
	db := w.replica()
	reader.Go(func() {
		for last := false; ; {
			rows, err := db.Rows(w.ctx, read, 7)
			if err != nil {
				w.Error(err)
				return
			}
			for _, r := range rows {
				if r.Seq != read+1 {
					w.Errorf("row %d came after row %d", r.Seq, read)
				}
				read = r.Seq
			}
			if last && len(rows) == 0 {
				return
			}
			last = ctx.Err() != nil
		}
	})
	w.race(func(i int, db All) {
		for k := range 20 {
			if _, err := db.Commit(w.ctx, disclose.Commit{Fence: fence, At: noon(), Rows: []ledger.Row{row(1, fmt.Sprint(i, "-", k), noon())}}); err != nil {
				w.Error(err)
			}
		}
	})
	stop()
	reader.Wait()
	same(w, "last row read", read, workers*20)
}

// raceCap has every worker disclose as the stage does: read, decide, commit, and again when it was Stale.
func raceCap(w *world) {
	const limit = 30
	var shown atomic.Int64
	w.race(func(i int, db All) {
		for k := 0; ; k++ {
			gate, err := db.Gate(w.ctx)
			if err != nil {
				w.Error(err)
				return
			}
			counters, err := db.Tallies(w.ctx, []disclose.Counted{"a:1"})
			if err != nil {
				w.Error(err)
				return
			}
			if counters[0].Tally.Persons >= limit {
				return
			}
			counters[0].Tally.Persons++
			_, err = db.Commit(w.ctx, disclose.Commit{Fence: gate.Fence, At: noon(), Counters: counters,
				Rows: []ledger.Row{row(1, fmt.Sprint(i, "-", k), noon())}})
			switch {
			case err == nil:
				shown.Add(1)
			case cloison.KindOf(err) != cloison.Stale:
				w.Error(err)
				return
			}
		}
	})
	same(w, "acknowledged", shown.Load(), limit)
	same(w, "rows", len(w.ledger()), limit)
	same(w, "counter", first(w.Tallies(w.ctx, []disclose.Counted{"a:1"}))[0].Tally.Persons, limit)
}

// hammer discloses for an account on both replicas, deciding each time on what is true, until the facts forbid it.
// While it goes on, end is called once; after end returned no row of the account may be committed.
func (w *world) hammer(account cloison.AccountID, session cloison.SessionID, allowed func(db All) bool, end func(db All) error) {
	w.Helper()
	var started, ended atomic.Int64
	enough := make(chan struct{})
	other := w.replica()
	w.race(func(i int, db All) {
		if i == 0 {
			<-enough
			if err := end(other); err != nil {
				w.Error(err)
			}
			next, err := other.Gate(w.ctx)
			if err != nil {
				w.Error(err)
			}
			ended.Store(next.NextSeq)
			return
		}
		for k := 0; ; k++ {
			gate, err := db.Gate(w.ctx)
			if err != nil {
				w.Error(err)
				return
			}
			if !allowed(db) {
				return
			}
			before := ended.Load()
			r := row(account, fmt.Sprint(i, "-", k), noon())
			r.Session = session
			_, err = db.Commit(w.ctx, disclose.Commit{Fence: gate.Fence, At: noon(), Rows: []ledger.Row{r}})
			if err == nil {
				if started.Add(1) == 20 {
					close(enough)
				}
				if before != 0 {
					w.Error("a disclosure that began after the end was committed")
				}
			} else if cloison.KindOf(err) != cloison.Stale {
				w.Error(err)
				return
			}
		}
	})
	for _, r := range w.ledger() {
		if r.Seq >= ended.Load() {
			w.Errorf("row %d was committed after the end, at %d", r.Seq, ended.Load())
		}
	}
}

func raceCut(w *world) {
	for round := range 3 {
		a := w.account(fmt.Sprintf("a%d", round))
		s := w.session(a.ID, 100)
		w.hammer(a.ID, s.ID, func(db All) bool {
			now, err := db.Account(w.ctx, a.ID)
			if err != nil {
				w.Error(err)
			}
			return err == nil && now.State == directory.Active
		}, func(db All) error {
			for {
				fence, err := db.Fence(w.ctx)
				if err != nil {
					return err
				}
				_, err = db.Cut(w.ctx, contain.Cut{ID: cloison.ActID(round + 1), Root: a.ID, Accounts: []cloison.AccountID{a.ID}, At: noon(), Fence: fence})
				if cloison.KindOf(err) != cloison.Stale || err == nil {
					return err
				}
			}
		})
	}
}

func raceRevoke(w *world) {
	s := w.session(1, 100)
	w.hammer(1, s.ID, func(db All) bool {
		_, err := db.Session(w.ctx, s.Token)
		return err == nil
	}, func(db All) error {
		_, err := db.Revoke(w.ctx, 1, 0, "left", noon())
		return err
	})
	// The lease alone ends it too: a commit decided on an earlier version fails.
	t := w.session(2, 100)
	lease := w.lease(t.ID)
	n := w.winners(func(i int, db All) error {
		if i == 0 {
			_, err := db.Revoke(w.ctx, 2, t.ID, "left", noon())
			return err
		}
		gate, err := db.Gate(w.ctx)
		if err != nil {
			return err
		}
		c := lease
		c.Tally = limits.Tally{Left: int32(i)}
		_, err = db.Commit(w.ctx, disclose.Commit{Fence: gate.Fence, At: noon(), Counters: []disclose.Counter{c}})
		return err
	}, cloison.Stale)
	if n < 1 || n > 2 {
		w.Errorf("%d winners, want the revocation and at most one commit before it", n)
	}
	same(w, "lease", w.lease(t.ID).Version, -1)
}
