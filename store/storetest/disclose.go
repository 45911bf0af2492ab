package storetest

import (
	"errors"
	"fmt"
	"time"

	"cloison"
	"cloison/ledger"
	"cloison/rules/limits"
	"cloison/wall/disclose"
)

func discloseTests() []test {
	return []test{
		{"a ledger begins empty", emptyLedger},
		{"a commit is there whole", commitWhole},
		{"a commit that is stale stores nothing", commitStale},
		{"a counter is stored on its version only", counterVersions},
		{"a lease cannot be made by a commit", noLeaseByCommit},
		{"the clock does not go back", clock},
		{"tallies come in the order asked for", tallies},
		{"each tally but the sessions'", eachTally},
		{"shown tells one tool since a time", shown},
		{"a commit without rows takes no number", commitEmpty},
		{"a large group is one commit", commitLarge},
		{"odd texts come back", oddTexts},
	}
}

// row is a row of the ledger.
func row(account cloison.AccountID, person string, at time.Time) ledger.Row {
	r := ledger.Row{At: at, Account: account, Structure: "ML1", Tool: "dossiers", Operation: "read",
		Person: cloison.PersonRef(person), Fields: cloison.Identity | cloison.NIR, Explanation: "caseload", Session: 7, Request: "r-" + person}
	copy(r.Nonce[:], person+"................")
	return r
}

// commit commits rows and counters under the fence of now.
func (w *world) commit(at time.Time, rows []ledger.Row, counters ...disclose.Counter) error {
	w.Helper()
	_, err := w.Commit(w.ctx, disclose.Commit{Fence: w.fence(), At: at, Rows: rows, Counters: counters})
	return err
}

func counter(s disclose.Counted, version int64, persons int32) disclose.Counter {
	return disclose.Counter{Counted: s, Version: version, Tally: limits.Tally{Day: 20_000, Persons: persons, Stream: limits.Stream{1: 0.5}}}
}

func (w *world) gate() disclose.Gate {
	w.Helper()
	g, err := w.Gate(w.ctx)
	w.ok(err)
	return g
}

// ledger reads all rows.
func (w *world) ledger() []ledger.Row {
	w.Helper()
	rows, err := w.Rows(w.ctx, 0, 1<<20)
	w.ok(err)
	return rows
}

func emptyLedger(w *world) {
	g := w.gate()
	if g.NextSeq != 1 || !g.LastAt.IsZero() || g.Fence <= 0 {
		w.Errorf("gate %+v, want next 1, no time, a positive fence", g)
	}
	same(w, "rows", len(w.ledger()), 0)
	w.ok(w.Ping(w.ctx))
}

func commitWhole(w *world) {
	c := disclose.Commit{Fence: w.fence(), At: hours(1),
		Rows:     []ledger.Row{row(1, "p1", noon()), row(2, "p2", noon().Add(time.Millisecond)), row(1, "p3", hours(1))},
		Counters: []disclose.Counter{counter("a:1", 0, 2), counter("l:1", 0, 3)},
		Refusals: []disclose.Refusal{{At: noon(), Account: 1, Session: 7, Tool: "dossiers", Operation: "list", Person: "p9",
			Reason: "no_explanation", Request: "r"}, {At: noon(), Account: 1, Reason: "training"}},
		Alarms: []disclose.Alarm{{At: noon(), Account: 1, Lineage: 2, Structure: "ML1", Counted: "l:1", Level: "hard",
			Statistic: 61234.5, Persons: 9, Unexplained: 8, Request: "r"}},
	}
	n, err := w.Commit(w.ctx, c)
	w.ok(err)
	same(w, "first", n, 1)
	for i := range c.Rows {
		c.Rows[i].Seq = int64(i + 1)
	}
	same(w, "rows", w.ledger(), c.Rows)
	g := w.gate()
	same(w, "gate", g, disclose.Gate{Fence: c.Fence, NextSeq: 4, LastAt: hours(1)})
	got, err := w.Tallies(w.ctx, []disclose.Counted{"l:1", "a:1"})
	w.ok(err)
	same(w, "tallies", got, []disclose.Counter{counter("l:1", 1, 3), counter("a:1", 1, 2)})
	alarms, err := w.Alarms(w.ctx, 0, 9)
	w.ok(err)
	c.Alarms[0].ID = alarms[0].ID
	same(w, "alarms", alarms, c.Alarms)
	n, err = w.Commit(w.ctx, disclose.Commit{Fence: c.Fence, At: hours(1), Rows: []ledger.Row{row(1, "p4", hours(1))}})
	w.ok(err)
	same(w, "first of the next commit", n, 4)
}

// unchanged checks that do leaves the ledger, its gate and these counters as they were.
func (w *world) unchanged(subjects []disclose.Counted, do func()) {
	w.Helper()
	gate, rows := w.gate(), len(w.ledger())
	counters, err := w.Tallies(w.ctx, subjects)
	w.ok(err)
	do()
	same(w, "gate", w.gate(), gate)
	same(w, "rows", len(w.ledger()), rows)
	same(w, "counters", first(w.Tallies(w.ctx, subjects)), counters)
	same(w, "alarms", len(first(w.Alarms(w.ctx, 0, 9))), 0)
}

func commitStale(w *world) {
	w.ok(w.commit(noon(), []ledger.Row{row(1, "p1", noon())}, counter("a:1", 0, 1)))
	c := disclose.Commit{Fence: w.fence(), At: noon(), Rows: []ledger.Row{row(1, "p2", noon())},
		Counters: []disclose.Counter{counter("a:2", 0, 1), counter("a:1", 1, 2)},
		Alarms:   []disclose.Alarm{{At: noon(), Account: 1, Level: "soft"}}}
	try := func(change func(*disclose.Commit)) {
		w.Helper()
		d := c
		d.Counters = append([]disclose.Counter(nil), c.Counters...)
		change(&d)
		w.unchanged([]disclose.Counted{"a:1", "a:2", "t:1"}, func() { w.is(cloison.Stale, second(w.Commit(w.ctx, d))) })
	}
	try(func(c *disclose.Commit) { c.Fence-- })
	try(func(c *disclose.Commit) { c.Fence++ })
	try(func(c *disclose.Commit) { c.At = noon().Add(-time.Millisecond) })
	try(func(c *disclose.Commit) { c.Counters[1].Version = 0 })
	try(func(c *disclose.Commit) { c.Counters[1].Version = 2 })
	try(func(c *disclose.Commit) { c.Counters[0].Version = 1 })
	try(func(c *disclose.Commit) { c.Counters[0].Counted = "t:1" })
	try(func(c *disclose.Commit) { c.Counters[0] = counter("t:1", 3, 0) })
	try(func(c *disclose.Commit) { c.Counters[0] = counter("t:1", -1, 0) })
	w.ok(second(w.Commit(w.ctx, c)))
}

func counterVersions(w *world) {
	for v := range int64(4) {
		w.ok(w.commit(noon(), nil, counter("a:1", v, int32(v))))
		w.is(cloison.Stale, w.commit(noon(), nil, counter("a:1", v, 99)))
	}
	same(w, "counter", first(w.Tallies(w.ctx, []disclose.Counted{"a:1"}))[0], counter("a:1", 4, 3))
}

func noLeaseByCommit(w *world) {
	s := w.session(1, 5)
	subject := disclose.CountedSession(s.ID)
	c := w.lease(s.ID)
	_, err := w.Revoke(w.ctx, 1, s.ID, "left", noon())
	w.ok(err)
	for _, v := range []int64{-1, 0, c.Version} {
		w.is(cloison.Stale, w.commit(noon(), []ledger.Row{row(1, "p", noon())}, counter(subject, v, 0)))
	}
	same(w, "version", w.lease(s.ID).Version, -1)
	same(w, "rows", len(w.ledger()), 0)
}

func clock(w *world) {
	w.ok(w.commit(hours(1), nil, counter("a:1", 0, 1)))
	w.is(cloison.Stale, w.commit(noon(), nil, counter("a:2", 0, 1)))
	w.ok(w.commit(hours(1), nil, counter("a:2", 0, 1)))
	same(w, "last commit", w.gate().LastAt, hours(1))
}

func tallies(w *world) {
	w.ok(w.commit(noon(), nil, counter("a:1", 0, 1), counter("s:ML\"1", 0, 2)))
	got, err := w.Tallies(w.ctx, []disclose.Counted{"x", "s:ML\"1", "t:gone", "a:1", "x"})
	w.ok(err)
	same(w, "tallies", got, []disclose.Counter{{Counted: "x"}, counter("s:ML\"1", 1, 2), {Counted: "t:gone", Version: -1},
		counter("a:1", 1, 1), {Counted: "x"}})
	got, err = w.Tallies(w.ctx, nil)
	w.ok(err)
	same(w, "no tallies", len(got), 0)
}

func eachTally(w *world) {
	w.session(1, 5) // it has a counter
	w.ok(w.commit(noon(), nil, counter("a:1", 0, 1), counter("l:1", 0, 2), counter("s:t:ML\"é", 0, 3)))
	got := map[disclose.Counted]limits.Tally{}
	w.ok(w.EachTally(w.ctx, func(s disclose.Counted, t limits.Tally) error {
		got[s] = t
		return nil
	}))
	want := map[disclose.Counted]limits.Tally{}
	for _, c := range []disclose.Counter{counter("a:1", 1, 1), counter("l:1", 1, 2), counter("s:t:ML\"é", 1, 3)} {
		want[c.Counted] = c.Tally
	}
	same(w, "tallies", got, want)
	enough := errors.New("enough")
	n := 0
	err := w.EachTally(w.ctx, func(disclose.Counted, limits.Tally) error { n++; return enough })
	if !errors.Is(err, enough) || n != 1 {
		w.Errorf("%d tallies until %v, want 1 until the error of each", n, err)
	}
}

func shown(w *world) {
	rows := []ledger.Row{row(1, "early", hours(-1)), row(1, "p", noon()), row(1, "p", noon()), row(2, "other", noon()),
		row(1, "tool", noon()), row(1, "q", hours(1))}
	rows[4].Tool = "agenda"
	w.ok(w.commit(hours(1), rows))
	got, err := w.Shown(w.ctx, 1, "dossiers", noon())
	w.ok(err)
	set := map[cloison.PersonRef]bool{}
	for _, p := range got {
		set[p] = true
	}
	same(w, "shown", set, map[cloison.PersonRef]bool{"p": true, "q": true})
}

func commitEmpty(w *world) {
	w.ok(second(w.Commit(w.ctx, disclose.Commit{Fence: w.fence(), At: noon(), Refusals: []disclose.Refusal{{At: noon(), Account: 1}}})))
	same(w, "next", w.gate().NextSeq, 1)
	w.ok(w.commit(noon(), []ledger.Row{row(1, "p", noon())}))
	same(w, "next", w.gate().NextSeq, 2)
}

func commitLarge(w *world) {
	c := disclose.Commit{Fence: w.fence(), At: noon()}
	for i := range 1500 {
		c.Rows = append(c.Rows, row(cloison.AccountID(1+i%70), fmt.Sprintf("p%d", i), noon()))
	}
	for i := range 700 {
		c.Counters = append(c.Counters, counter(disclose.Counted(fmt.Sprintf("a:%d", i)), 0, int32(i)))
	}
	w.ok(second(w.Commit(w.ctx, c)))
	for i := range c.Counters {
		c.Counters[i].Version, c.Counters[i].Tally.Persons = 1, int32(i+1)
	}
	last := c.Counters[699]
	c.Counters[699].Version = 5
	w.unchanged(nil, func() { w.is(cloison.Stale, second(w.Commit(w.ctx, c))) }) // one of 700 is enough
	c.Counters[699] = last
	w.ok(second(w.Commit(w.ctx, c)))
	rows := w.ledger()
	if len(rows) != 3000 {
		w.Fatalf("%d rows, want 3000", len(rows))
	}
	for i, r := range rows {
		want := c.Rows[i%1500]
		if want.Seq = int64(i + 1); r != want {
			w.Fatalf("row %d is %v, want %v", i, r, want)
		}
	}
	subjects := []disclose.Counted{"a:0", "a:699"}
	same(w, "tallies", first(w.Tallies(w.ctx, subjects)), []disclose.Counter{counter("a:0", 2, 1), counter("a:699", 2, 700)})
}

func oddTexts(w *world) {
	r := row(1, "é'\"\\%_ €𝄞", noon())
	r.Structure, r.Tool, r.Operation, r.Explanation, r.Request, r.Fields = "", "'", "{}", "cover:n0", "\u202f", 1<<32-1
	r.Nonce = [16]byte{0, 255, '\'', 0}
	w.ok(w.commit(noon(), []ledger.Row{r}))
	r.Seq = 1
	same(w, "row", w.ledger()[0], r)
}
