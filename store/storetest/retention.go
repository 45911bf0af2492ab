package storetest

import (
	"context"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"time"

	"cloison"
	"cloison/access/directory"
	"cloison/access/signin"
	"cloison/incident/contain"
	"cloison/incident/exposure"
	"cloison/ledger"
	"cloison/ledger/journal"
	"cloison/ledger/retention"
	"cloison/ledger/seal"
	"cloison/wall/disclose"
)

func retentionTests() []test {
	return []test{
		{"sealed rows go oldest first", rowsGo},
		{"a hold keeps everything", holds},
		{"a cut keeps what it may need", cutsKeep},
		{"refused requests go too", refusalsGo},
		{"a hold and a drop at once", raceHold},
		{"rows go after a year and the ledger verifies", aYear},
	}
}

func april() time.Time { return time.Date(2026, 4, 1, 0, 0, 0, 0, time.UTC) }

// ages is the question of tests in which neither grace nor time passes.
func ages() retention.Question { return retention.Question{LiftedAfter: noon(), CutAfter: noon()} }

// drop drops all that is before t, as a Keeper does, and returns the first error.
func (w *world) drop(t time.Time) error {
	last, err := w.Expired(w.ctx, t)
	for more := err == nil; more && err == nil; {
		more, err = w.Drop(w.ctx, retention.Drop{Last: last, Before: t, Question: ages()})
	}
	return err
}

// march commits 1100 rows of March and three around the first of April, and seals all but the last.
func (w *world) march() {
	var rows []ledger.Row
	for i := range 1100 {
		rows = append(rows, row(1, fmt.Sprint("m", i), noon()))
	}
	w.ok(w.commit(noon(), rows))
	w.ok(w.commit(april(), []ledger.Row{row(1, "a1", april().Add(-time.Millisecond)), row(1, "a2", april()), row(1, "a3", april())}))
}

func (w *world) sealedTo(n int64) {
	w.ok(w.MarkSealed(w.ctx, seal.Mark{Seq: n, Size: uint64(n), Checkpoint: []byte("c"), At: april()}))
}

func rowsGo(w *world) {
	w.ok(w.Maintain(w.ctx, noon()))
	w.ok(w.drop(noon())) // nothing to drop
	w.march()
	w.is(cloison.Conflict, w.drop(april()))
	w.is(cloison.Conflict, second(w.Drop(w.ctx, retention.Drop{Last: 1101, Before: april(), Question: ages()})))
	w.sealedTo(1102)
	if _, err := w.Drop(w.ctx, retention.Drop{Last: 1101, Before: noon(), Question: ages()}); err != nil { // the rows are younger
		w.is(cloison.Conflict, err)
	}
	same(w, "rows", len(w.ledger()), 1103)
	w.keeps(func() { w.ok(w.drop(april())) })
	rows := w.ledger()
	if len(rows) != 2 || rows[0].Seq != 1102 {
		w.Fatalf("%d rows left, want those of April", len(rows))
	}
	c, err := w.Coverage(w.ctx, time.Time{}, time.Time{})
	w.ok(err)
	same(w, "coverage", c, exposure.Coverage{Opened: noon(), Kept: april(), Sealed: april()})
	w.ok(w.drop(april()))
	w.ok(w.Maintain(w.ctx, april()))
	w.ok(w.commit(april(), []ledger.Row{row(1, "a4", april())}))
	same(w, "next number", w.gate().NextSeq, 1105)
	w.is(cloison.Conflict, w.drop(april().AddDate(0, 1, 0)))
	same(w, "rows after a refusal", w.ledger()[0].Seq >= 1102, true)
	w.ok(w.commit(april().AddDate(1, 2, 3), []ledger.Row{row(1, "later", april().AddDate(1, 2, 3)), row(1, "much later", april().AddDate(7, 0, 0))}))
	same(w, "shown", len(first(w.Shown(w.ctx, 1, "dossiers", time.Time{}))), 5)
}

func holds(w *world) {
	w.march()
	w.sealedTo(1102)
	officer, dpo := w.account("officer"), w.account("dpo")
	e := func(code string) journal.Event { return journal.Event{At: noon(), Code: code} }
	h := retention.Hold{ID: cloison.NewActID(), At: noon(), By: officer.ID, Reason: "RG 26/00123"}
	w.keeps(func() { w.ok(w.AddHold(w.ctx, h, e("ledger.held"))) })
	same(w, "needs", first(w.Needs(w.ctx, ages())), retention.Need{Hold: true})
	w.is(cloison.Stale, w.drop(april()))
	h.AskedBy, h.Asked = dpo.ID, hours(1)
	w.ok(w.LiftHold(w.ctx, h, 0, e("ledger.lift_asked")))
	w.is(cloison.Stale, w.LiftHold(w.ctx, h, 0, e("ledger.lift_asked"))) // it was asked for already
	w.is(cloison.Stale, w.drop(april()))
	h.Lifted, h.LiftedBy = hours(2), officer.ID
	w.ok(w.LiftHold(w.ctx, h, dpo.ID, e("ledger.lifted")))
	w.is(cloison.Stale, w.LiftHold(w.ctx, h, dpo.ID, e("ledger.lifted")))
	same(w, "holds", first(w.Holds(w.ctx)), []retention.Hold{h})
	same(w, "events", len(first(w.Events(w.ctx, 0, 9))), 3)
	w.is(cloison.Stale, w.drop(april())) // lifted after LiftedAfter: it still holds
	_, err := w.Drop(w.ctx, retention.Drop{Last: 1101, Before: april(), Question: retention.Question{LiftedAfter: hours(2), CutAfter: noon()}})
	w.ok(err)

	officer.State = directory.Suspended
	w.ok(w.UpdateAccount(w.ctx, officer))
	other := retention.Hold{ID: cloison.NewActID(), At: noon(), By: officer.ID, Reason: "r"}
	w.is(cloison.Stale, w.AddHold(w.ctx, other, e("ledger.held"))) // who was stopped sets none
	other.By = 0
	w.ok(w.AddHold(w.ctx, other, e("ledger.held"))) // the operator does
	other.AskedBy, other.Asked = officer.ID, hours(3)
	w.is(cloison.Stale, w.LiftHold(w.ctx, other, 0, e("ledger.lift_asked")))
	other.AskedBy, other.Asked, other.Lifted = 0, time.Time{}, hours(4)
	w.ok(w.LiftHold(w.ctx, other, 0, e("ledger.lifted")))
}

func cutsKeep(w *world) {
	w.march()
	w.sealedTo(1102)
	a := w.account("a")
	c := contain.Cut{ID: cloison.NewActID(), Root: a.ID, Accounts: []cloison.AccountID{a.ID}, Since: noon().Add(time.Hour), At: hours(2), Fence: w.fence()}
	_, err := w.Cut(w.ctx, c)
	w.ok(err)
	same(w, "needs", first(w.Needs(w.ctx, ages())), retention.Need{Cut: true, Since: noon().Add(time.Hour)})
	w.is(cloison.Stale, w.drop(april()))
	same(w, "an older cut", first(w.Needs(w.ctx, retention.Question{CutAfter: hours(2)})), retention.Need{})
	one, two := w.account("one"), w.account("two")
	w.ok(w.AskUndo(w.ctx, c.ID, one.ID, hours(3)))
	w.ok(w.Undo(w.ctx, c.ID, two.ID, hours(3)))
	w.ok(w.drop(april()))
	c.ID, c.Since, c.Fence = cloison.NewActID(), time.Time{}, w.fence() // from the beginning
	w.ok(second(w.Cut(w.ctx, c)))
	same(w, "needs", first(w.Needs(w.ctx, ages())), retention.Need{Cut: true})
	w.is(cloison.Stale, w.drop(april()))
}

func refusalsGo(w *world) {
	refused := disclose.Commit{Fence: w.fence(), At: noon()}
	for i := range 1001 {
		refused.Refusals = append(refused.Refusals, disclose.Refusal{At: noon(), Account: 1, Person: cloison.PersonRef(fmt.Sprint(i)), Reason: "unexplained"})
	}
	w.ok(second(w.Commit(w.ctx, refused)))
	drop := func(before time.Time) (rounds int) {
		for more := true; more; rounds++ {
			var err error
			more, err = w.Drop(w.ctx, retention.Drop{Before: before, Question: ages()})
			w.ok(err)
		}
		return rounds
	}
	same(w, "too young", drop(noon()), 1)
	if n := drop(hours(1)); n < 2 {
		w.Errorf("all went in %d steps", n)
	}
	same(w, "again", drop(hours(1)), 1)
}

// raceHold: whatever a hold's AddHold found when it returned is still there at the end.
func raceHold(w *world) {
	w.march()
	w.sealedTo(1102)
	found := make(chan int, 1)
	go func() {
		db := w.replica()
		err := db.AddHold(w.ctx, retention.Hold{ID: 5, At: noon(), Reason: "r"}, journal.Event{At: noon(), Code: "ledger.held"})
		if err != nil {
			w.Error(err)
		}
		rows, err := db.Rows(w.ctx, 0, 9999)
		if err != nil {
			w.Error(err)
		}
		found <- len(rows)
	}()
	err := w.drop(april())
	if err != nil {
		w.is(cloison.Stale, err)
	}
	n := <-found
	w.drop(april())
	same(w, "rows", len(w.ledger()), n)
}

func (w *world) signedIn(at time.Time) {
	w.Helper()
	s := signin.Session{ID: cloison.NewSessionID(), Opened: at, Expires: at.Add(time.Hour), Version: 1}
	copy(s.Token[:], s.ID.String())
	w.ok(w.AddSession(w.ctx, s, 0))
}

// ledgerHouse is a database with its log, by a clock that tests move.
type ledgerHouse struct {
	*world
	dir string
	key seal.Key
	now time.Time
}

func (w *world) house(dir string) *ledgerHouse {
	h := &ledgerHouse{world: w, dir: filepath.Join(dir, "log")}
	file := filepath.Join(dir, "ledger.key")
	var err error
	if h.key, err = seal.LoadKey(file); err != nil {
		h.key, err = seal.GenerateKey(file, "ledger.example/test")
	}
	w.ok(err)
	return h
}

// keeper is a Keeper on a store, on the log.
func (h *ledgerHouse) keeper(db retention.Store) *retention.Keeper {
	return retention.New(db, h.dir, h.key, 0, slog.New(slog.DiscardHandler), func() time.Time { return h.now })
}

// seal seals all rows.
func (h *ledgerHouse) seal() {
	h.Helper()
	s, err := seal.New(h.All, seal.Config{Dir: h.dir, Key: h.key, Holder: cloison.NewActID().String(), Pace: time.Millisecond, Poll: time.Millisecond},
		slog.New(slog.DiscardHandler), func() time.Time { return h.now })
	h.ok(err)
	ctx, stop := context.WithCancel(h.ctx)
	ended := make(chan error, 1)
	go func() { ended <- s.Run(ctx) }()
	for want := h.gate().NextSeq - 1; s.Stats().Size < want && ctx.Err() == nil; {
		select {
		case err := <-ended:
			h.Fatal("the sealer has ended: ", err)
		case <-time.After(time.Millisecond):
		}
	}
	stop()
	h.ok(<-ended)
}

// verify verifies the ledger as an outsider does, and returns how many rows the log lets go.
func (h *ledgerHouse) verify(older ...[]byte) (dropped int64) {
	h.Helper()
	key, err := h.key.Verifier()
	h.ok(err)
	v, err := seal.Verify(h.ctx, h.All, ledger.Log{Tiles: os.DirFS(h.dir), Key: key, Older: older})
	h.ok(err)
	if !v.OK() {
		h.Fatalf("the ledger does not verify: %v", v.Faults)
	}
	return v.Dropped
}

// year commits 20 rows a month for fourteen months, after 1080 more in the first, and seals them.
func (h *ledgerHouse) year() {
	h.Helper()
	for m := range 14 {
		h.now = noon().AddDate(0, m, 0)
		n := 20
		if m == 0 {
			n = 1100
		}
		var rows []ledger.Row
		for i := range n {
			rows = append(rows, row(1, fmt.Sprint("m", m, "-", i), h.now))
		}
		h.ok(h.commit(h.now, rows, counter("a:1", int64(m), int32(m))))
	}
	h.seal()
}

// aYear: after thirteen months the rows of the first go, and nothing else changes.
func aYear(w *world) {
	h := w.house(w.TempDir())
	pass := func(want retention.Passed) {
		h.Helper()
		p, err := h.keeper(h).Pass(h.ctx)
		h.ok(err)
		same(w, "pass", p, want)
	}
	h.now = noon()
	pass(retention.Passed{Why: retention.Elsewhere}) // there is no log yet
	h.year()
	checkpoint, err := os.ReadFile(filepath.Join(h.dir, "checkpoint"))
	h.ok(err)
	same(w, "dropped", h.verify(), 0)
	pass(retention.Passed{Why: retention.Doubtful}) // no sign-in has that clock
	h.now = noon().AddDate(9, 0, 0)                 // nor by one that is years ahead
	pass(retention.Passed{Why: retention.Doubtful})
	h.now = noon().AddDate(0, 13, 0)
	w.signedIn(h.now.Add(-time.Hour))
	counters := first(w.Tallies(w.ctx, []disclose.Counted{"a:1"}))
	w.keeps(func() { pass(retention.Passed{Dropped: 1100}) })
	same(w, "counters", first(w.Tallies(w.ctx, []disclose.Counted{"a:1"})), counters)
	same(w, "dropped", h.verify(checkpoint), 1100)
	same(w, "oldest", w.ledger()[0].Seq, 1101)
	events := first(w.Events(w.ctx, 0, 99))
	same(w, "events", len(events), 1)
	same(w, "event", events[0].Detail["first"]+" to "+events[0].Detail["last"], "1 to 1100")
	if c := first(w.Coverage(w.ctx, noon(), noon().AddDate(0, 2, 0))); c.Kept.IsZero() || c.Kept.After(noon().AddDate(0, 1, 0)) {
		w.Errorf("the roll's coverage is %+v", c)
	}
	pass(retention.Passed{Why: retention.Today})
	h.now = h.now.Add(24 * time.Hour) // a day later, a year ago is still the month after
	w.signedIn(h.now)
	p, err := h.keeper(h).Pass(h.ctx)
	h.ok(err)
	same(w, "a day later", []any{p.Dropped == 0 || p.Dropped == 20, p.Dropped == 20 || p.Why == retention.Nothing}, []any{true, true})
	w.ok(w.commit(h.now, []ledger.Row{row(1, "on", h.now)}))
	h.seal()
	h.verify(checkpoint)

	// A clock that is years ahead, and by which there was a sign-in, drops a month a day.
	h.now = h.now.AddDate(5, 0, 0)
	w.signedIn(h.now)
	before := int64(len(w.ledger()))
	p, err = h.keeper(h).Pass(h.ctx)
	h.ok(err)
	if p.Dropped == 0 || p.Dropped > 40 || before-int64(len(w.ledger())) != p.Dropped {
		w.Errorf("of %d rows went %+v", before, p)
	}
	h.verify(checkpoint)
	w.changed(h)
}

// changed: rows that were changed, or are missing without the log's word, stay and stop all dropping; without the
// statement they are found.
func (w *world) changed(h *ledgerHouse) {
	h.now = h.now.Add(24 * time.Hour)
	w.signedIn(h.now)
	oldest := w.ledger()[0].Seq
	y, m, _ := w.ledger()[0].At.Date()
	next := time.Date(y, m+1, 1, 0, 0, 0, 0, time.UTC)
	last := first(w.Expired(w.ctx, next))
	for more := true; more; { // what an insider could do: the store lets sealed rows go
		var err error
		more, err = w.Drop(w.ctx, retention.Drop{Last: last, Before: next, Question: ages()})
		w.ok(err)
	}
	if w.ledger()[0].Seq == oldest {
		w.Fatal("nothing was taken")
	}
	key, err := h.key.Verifier()
	w.ok(err)
	l := ledger.Log{Tiles: os.DirFS(h.dir), Key: key}
	v, err := seal.Verify(w.ctx, w.All, l)
	w.ok(err)
	if v.OK() || v.Faults[0].Kind != ledger.RowMissing || v.Faults[0].Seq != oldest {
		w.Errorf("rows that are missing from %d on: %v", oldest, v.Faults)
	}
	w.ok(os.Remove(filepath.Join(h.dir, ledger.RetentionFile)))
	v, err = seal.Verify(w.ctx, w.All, l)
	w.ok(err)
	if v.OK() || v.Faults[0].Seq != 1 {
		w.Errorf("without the statement: %v", v.Faults)
	}
}
