package storetest

import (
	"context"
	"fmt"
	"time"

	"cloison"
	"cloison/incident/exposure"
	"cloison/ledger"
	"cloison/ledger/seal"
	"cloison/wall/disclose"
)

func sealTests() []test {
	return []test{
		{"a closed store refuses", closed},
		{"rows are read in pages", rowPages},
		{"the mark only moves forward", marks},
		{"one holder has the lease", leases},
	}
}

func closed(w *world) {
	db := w.replica()
	w.ok(db.Ping(w.ctx))
	w.ok(db.Close())
	w.ok(db.Close())
	w.is(cloison.Unavailable, db.Ping(w.ctx))
	w.is(cloison.Unavailable, second(db.Gate(w.ctx)))
	w.is(cloison.Unavailable, second(db.Commit(w.ctx, disclose.Commit{Fence: 1, At: noon()})))
	w.ok(w.Ping(w.ctx))
	ctx, stop := context.WithCancel(w.ctx)
	stop()
	w.is(cloison.Unavailable, w.Ping(ctx))
	w.is(cloison.Unavailable, second(w.Commit(ctx, disclose.Commit{Fence: 1, At: noon()})))
}

func rowPages(w *world) {
	for i := range 10 {
		w.ok(w.commit(noon(), []ledger.Row{row(1, fmt.Sprint(i), noon())}))
	}
	for _, c := range []struct{ after, limit, first, n int64 }{{0, 3, 1, 3}, {3, 100, 4, 7}, {9, 1, 10, 1}, {10, 5, 0, 0}, {50, 5, 0, 0}} {
		rows, err := w.Rows(w.ctx, c.after, int(c.limit))
		w.ok(err)
		if int64(len(rows)) != c.n || (c.n > 0 && rows[0].Seq != c.first) {
			w.Errorf("after %d: %d rows, want %d from %d", c.after, len(rows), c.n, c.first)
		}
	}
}

func marks(w *world) {
	same(w, "first mark", first(w.Sealed(w.ctx)), seal.Mark{})
	m := seal.Mark{Seq: 5, Size: 5, Checkpoint: []byte("five\x00"), At: noon()}
	w.ok(w.MarkSealed(w.ctx, m))
	again := m
	again.Checkpoint, again.At = []byte("other"), hours(1)
	w.ok(w.MarkSealed(w.ctx, again))
	same(w, "mark", first(w.Sealed(w.ctx)), m)
	w.is(cloison.Stale, w.MarkSealed(w.ctx, seal.Mark{Seq: 4, Size: 4, Checkpoint: []byte("four"), At: hours(1)}))
	same(w, "mark", first(w.replica().Sealed(w.ctx)), m)
	m = seal.Mark{Seq: 6, Size: 6, Checkpoint: []byte("six"), At: hours(2)}
	w.ok(w.MarkSealed(w.ctx, m))
	same(w, "mark", first(w.Sealed(w.ctx)), m)
}

func leases(w *world) {
	hold := func(who string, ttl time.Duration, want bool) {
		w.Helper()
		got, err := w.Lease(w.ctx, who, ttl)
		w.ok(err)
		if got != want {
			w.Errorf("%s holds the lease: %v, want %v", who, got, want)
		}
	}
	hold("a", time.Hour, true)
	hold("b", time.Hour, false)
	hold("a", time.Hour, true)
	hold("b", 0, false) // gives up what it does not have
	hold("b", time.Hour, false)
	hold("a", 0, false)
	hold("b", time.Millisecond, true)
	for deadline := time.Now().Add(5 * time.Second); ; { // b's millisecond passes by the database's clock
		got, err := w.Lease(w.ctx, "a", time.Hour)
		w.ok(err)
		if got {
			break
		}
		if time.Now().After(deadline) {
			w.Fatal("a lease of one millisecond does not expire")
		}
	}
	hold("b", time.Hour, false)
}

func watchTests() []test {
	return []test{
		{"alarms come in commit order", alarms},
		{"the latest alarms of a structure", alarmsSince},
		{"a cursor only moves forward", cursors},
	}
}

func alarms(w *world) {
	for i := range 5 {
		w.ok(second(w.Commit(w.ctx, disclose.Commit{Fence: w.fence(), At: noon(),
			Alarms: []disclose.Alarm{{At: noon(), Account: cloison.AccountID(2 * i)}, {At: noon(), Account: cloison.AccountID(2*i + 1)}}})))
	}
	var after int64
	for i := 0; i < 10; i += 2 {
		list, err := w.Alarms(w.ctx, after, 2)
		w.ok(err)
		if len(list) != 2 || list[0].ID <= after || list[1].ID <= list[0].ID || list[0].Account != cloison.AccountID(i) {
			w.Fatalf("after %d: %+v", after, list)
		}
		after = list[1].ID
	}
	same(w, "alarms after the last", len(first(w.Alarms(w.ctx, after, 9))), 0)
}

func alarmsSince(w *world) {
	at := func(hours int) time.Time { return noon().Add(time.Duration(hours) * time.Hour) }
	for i, structure := range []cloison.StructureID{"ML1", "ML2", "ML1", "ML1"} {
		w.ok(second(w.Commit(w.ctx, disclose.Commit{Fence: w.fence(), At: at(i),
			Alarms: []disclose.Alarm{{At: at(i), Account: cloison.AccountID(i + 1), Structure: structure}}})))
	}
	for _, c := range []struct {
		structure cloison.StructureID
		since     time.Time
		limit     int
		want      []cloison.AccountID
	}{
		{"", time.Time{}, 9, []cloison.AccountID{4, 3, 2, 1}}, {"ML1", time.Time{}, 9, []cloison.AccountID{4, 3, 1}},
		{"ML1", at(2), 9, []cloison.AccountID{4, 3}}, {"", at(1), 2, []cloison.AccountID{4, 3}}, {"", at(9), 9, nil}, {"ML9", time.Time{}, 9, nil},
	} {
		var got []cloison.AccountID
		for _, a := range first(w.AlarmsSince(w.ctx, c.structure, c.since, c.limit)) {
			got = append(got, a.Account)
		}
		same(w, fmt.Sprintf("alarms of %q since %v, at most %d", c.structure, c.since, c.limit), got, c.want)
	}
}

func cursors(w *world) {
	same(w, "cursor", first(w.Cursor(w.ctx, "watch")), 0)
	w.ok(w.SetCursor(w.ctx, "watch", 5))
	w.ok(w.SetCursor(w.ctx, "watch", 5))
	w.is(cloison.Stale, w.SetCursor(w.ctx, "watch", 4))
	w.ok(w.SetCursor(w.ctx, "watch", 9))
	same(w, "cursor", first(w.replica().Cursor(w.ctx, "watch")), 9)
	same(w, "other cursor", first(w.Cursor(w.ctx, "other")), 0)
}

func exposureTests() []test {
	return []test{
		{"rows of an account come in order of time", disclosures},
		{"an error of the reader ends the call", disclosureError},
		{"coverage says when the ledger began and how far it is sealed", coverage},
	}
}

func disclosures(w *world) {
	rows := []ledger.Row{row(1, "late", hours(2)), row(1, "p1", noon()), row(2, "other", noon()), row(1, "p2", hours(1)), row(1, "p1", hours(1))}
	rows[1].Explanation, rows[3].Explanation = "", "cover:n0000000001"
	w.ok(w.commit(hours(2), rows))
	read := func(since, until time.Time) (got []string) {
		err := w.Disclosures(w.ctx, 1, since, until, func(d exposure.Disclosed) error {
			if d.Fields != cloison.Identity|cloison.NIR {
				w.Errorf("fields %v", d.Fields)
			}
			got = append(got, string(d.Person)+" "+time.UnixMilli(d.At).UTC().Format("15:04")+" "+d.Explanation)
			return nil
		})
		w.ok(err)
		return got
	}
	all := read(time.Time{}, time.Time{})
	if len(all) != 4 || all[0] != "p1 12:00 " || all[3] != "late 14:00 caseload" {
		w.Errorf("all rows: %q", all)
	}
	if got := read(noon(), hours(1)); len(got) != 1 || got[0] != "p1 12:00 " {
		w.Errorf("rows from 12 to 13: %q", got)
	}
	if got := read(hours(1), time.Time{}); len(got) != 3 {
		w.Errorf("rows since 13: %q", got)
	}
	a, b, err := w.Span(w.ctx, 1, time.Time{}, time.Time{})
	w.ok(err)
	same(w, "span", [2]time.Time{a, b}, [2]time.Time{noon(), hours(2)})
	a, b, err = w.Span(w.ctx, 1, noon().Add(1), hours(2))
	w.ok(err)
	same(w, "inner span", [2]time.Time{a, b}, [2]time.Time{hours(1), hours(1)})
	a, b, err = w.Span(w.ctx, 3, time.Time{}, time.Time{})
	w.ok(err)
	same(w, "span of nobody", [2]time.Time{a, b}, [2]time.Time{})
	w.ok(w.Disclosures(w.ctx, 3, time.Time{}, time.Time{}, func(exposure.Disclosed) error { panic("nobody has no rows") }))
}

func disclosureError(w *world) {
	var rows []ledger.Row
	for i := range 500 {
		rows = append(rows, row(1, fmt.Sprint(i), noon()))
	}
	w.ok(w.commit(noon(), rows))
	enough := cloison.Errorf(cloison.Invalid, "enough")
	calls := 0
	err := w.Disclosures(w.ctx, 1, time.Time{}, time.Time{}, func(exposure.Disclosed) error {
		if calls++; calls == 3 {
			return enough
		}
		return nil
	})
	if err != enough || calls != 3 {
		w.Errorf("%v after %d calls, want the reader's own error after 3", err, calls)
	}
	ctx, stop := context.WithCancel(w.ctx)
	err = w.Disclosures(ctx, 1, time.Time{}, time.Time{}, func(exposure.Disclosed) error { stop(); return nil })
	if err != ctx.Err() || err == nil {
		w.Errorf("%v at the end of the context, want its error", err)
	}
}

func coverage(w *world) {
	cover := func() exposure.Coverage {
		c, err := w.Coverage(w.ctx, time.Time{}, time.Time{})
		w.ok(err)
		return c
	}
	same(w, "coverage of nothing", cover(), exposure.Coverage{})
	w.ok(w.commit(hours(1), []ledger.Row{row(1, "p1", noon()), row(1, "p2", hours(1)), row(1, "p3", hours(1))}))
	same(w, "not sealed", cover(), exposure.Coverage{Opened: noon()})
	w.ok(w.MarkSealed(w.ctx, seal.Mark{Seq: 1, Size: 1, Checkpoint: []byte("1"), At: hours(9)}))
	same(w, "one row sealed", cover(), exposure.Coverage{Opened: noon(), Sealed: hours(1)})
	w.ok(w.MarkSealed(w.ctx, seal.Mark{Seq: 3, Size: 3, Checkpoint: []byte("3"), At: hours(9)}))
	if c := cover(); !c.Sealed.After(hours(1)) {
		w.Errorf("all rows are sealed, but only before %v", c.Sealed)
	}
}
