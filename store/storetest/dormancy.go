package storetest

import (
	"fmt"
	"net/netip"
	"time"

	"cloison"
	"cloison/access/approval"
	"cloison/access/directory"
	"cloison/access/explanation"
	"cloison/access/lifecycle"
	"cloison/access/signin"
	"cloison/incident/contain"
	"cloison/ledger"
	"cloison/ledger/journal"
	"cloison/wall/disclose"
)

func lifecycleTests() []test {
	return []test{
		{"a touch moves last seen by the hour, and no version", touches},
		{"a sweep knows the clock of the one before", passes},
		{"accounts end in batches, unless they changed", endsInBatches},
		{"a review is opened, answered and closed once", reviews},
		{"a structure's posture is counted", postures},
		{"a median day moves the fence once", medianDays},
		{"two structures become one, once", mergers},
		{"what was merged away takes nothing more", mergedAway},
		{"nothing is left behind by a merger", raceMergers},
		{"what a stopped account says is not stored", declaredByTheStopped},
		{"a merger dies with the cut of an officer of it", mergersOfTheCut},
		{"a turn at the desk holds at its time", duties},
		{"a caseload changes hands on its day", transfers},
	}
}

func touches(w *world) {
	a := w.account("claire") // created at hours(-48)
	never := hours(-1000)
	touch := func(at, since time.Time) time.Time {
		w.Helper()
		w.keeps(func() { w.ok(w.TouchAccount(w.ctx, a.ID, at, since)) })
		return w.read(a.ID).LastSeen
	}
	same(w, "never seen, created too long ago", touch(hours(0), hours(-48)), time.Time{})
	same(w, "first", touch(hours(0), hours(-49)), hours(0))
	same(w, "within the hour", touch(hours(1).Add(-time.Millisecond), never), hours(0))
	same(w, "after an hour", touch(hours(1), never), hours(1))
	same(w, "a clock that goes back", touch(hours(-9), never), hours(1))
	same(w, "away for too long", touch(hours(90), hours(1)), hours(1))
	same(w, "version", w.read(a.ID).Version, a.Version)

	w.ok(w.UpdateAccount(w.ctx, a)) // decided before the touch
	same(w, "after an update that knew nothing of it", w.read(a.ID).LastSeen, hours(1))
	a = w.read(a.ID)
	a.State = directory.Suspended
	w.ok(w.UpdateAccount(w.ctx, a))
	same(w, "suspended", touch(hours(3), never), hours(1))
	w.ok(w.TouchAccount(w.ctx, 12345, hours(1), never))
}

func ending(a directory.Account, reason string) lifecycle.Ending {
	a.State, a.SuspendedAt, a.Reason = directory.Suspended, noon(), reason
	return lifecycle.Ending{Account: a, Event: journal.Event{At: noon(), Code: "account.suspended", Account: a.ID,
		Detail: map[string]string{"reason": reason}}}
}

// opened opens a review of ML1.
func (w *world) opened() lifecycle.Review {
	w.Helper()
	r := lifecycle.Review{ID: cloison.NewActID(), Structure: "ML1", Opened: noon(), Due: hours(30 * 24)}
	w.keeps(func() { w.ok(w.OpenReview(w.ctx, r, journal.Event{At: noon(), Code: "review.opened", Act: r.ID})) })
	return r
}

func (w *world) waiting(r lifecycle.Review) int {
	w.Helper()
	got, err := w.Review(w.ctx, r.ID)
	w.ok(err)
	return got.Answers[lifecycle.Waiting]
}

func passes(w *world) {
	other := w.replica()
	same(w, "first", first(w.Pass(w.ctx, hours(1))), time.Time{})
	same(w, "second", first(other.Pass(w.ctx, hours(5))), hours(1))
	same(w, "a clock that goes back", first(w.Pass(w.ctx, hours(2))), hours(5))
	same(w, "and on", first(w.Pass(w.ctx, hours(3))), hours(2))

	if at := first(w.ServerClock(w.ctx)); !at.IsZero() && time.Since(at).Abs() > time.Minute {
		w.Errorf("the server's clock says %v", at)
	}
	same(w, "nobody", first(w.AnybodySignedIn(w.ctx, noon(), hours(9))), false)
	w.ok(second(w.SeenAt(w.ctx, 1, netip.Prefix{}, "agent", hours(4)))) // a session that moves is no sign-in
	same(w, "moved", first(w.AnybodySignedIn(w.ctx, noon(), hours(9))), false)
	w.signedIn(hours(4))
	w.signedIn(hours(-99))
	for from, want := range map[int]bool{0: false, 2: true, 4: true, 5: false} { // until two hours later
		w.keeps(func() { same(w, "somebody", first(other.AnybodySignedIn(w.ctx, hours(from), hours(from+2))), want) })
	}
}

func endsInBatches(w *world) {
	a, b, c := w.account("a"), w.account("b"), w.account("c")
	s := w.session(a.ID, 20)
	w.ok(w.TouchAccount(w.ctx, c.ID, hours(2), hours(-100)))
	idle, err := w.Idle(w.ctx, hours(-48), 0, 10) // all were created then
	w.ok(err)
	same(w, "idle", len(idle), 2)
	page, err := w.Idle(w.ctx, hours(-48), idle[0].ID, 10)
	w.ok(err)
	same(w, "after the first", page, idle[1:])
	none, err := w.Idle(w.ctx, hours(-49), 0, 10)
	w.ok(err)
	same(w, "earlier", len(none), 0)

	b.Roles = directory.Manager
	w.ok(w.UpdateAccount(w.ctx, b)) // b is not what the batch holds any more
	batch := []lifecycle.Ending{ending(a, "dormant"), ending(b, "dormant")}
	before := w.fence()
	w.raises(func() { same(w, "ended", first(w.End(w.ctx, 0, batch)), 1) })
	same(w, "fences for the batch", w.fence(), before+1)
	w.keeps(func() { same(w, "ended again", first(w.End(w.ctx, 0, batch)), 0) })
	w.keeps(func() { same(w, "nothing to end", first(w.End(w.ctx, 0, nil)), 0) })
	got := w.read(a.ID)
	same(w, "state", got.State, directory.Suspended)
	same(w, "reason", got.Reason, "dormant")
	same(w, "b", w.read(b.ID).State, directory.Active)
	w.is(cloison.NotFound, second(w.Session(w.ctx, s.Token)))
	events, err := w.Events(w.ctx, 0, 10)
	w.ok(err)
	same(w, "events", len(events), 1)
	same(w, "event", events[0].Account, a.ID)
}

func reviews(w *world) {
	a, b, c := w.account("a"), w.account("b"), w.account("c")
	standings, err := w.Reviewed(w.ctx)
	w.ok(err)
	same(w, "before", standings, []lifecycle.Standing{{Structure: "ML1", First: hours(-48)}})
	r := w.opened()
	w.is(cloison.Conflict, w.replica().OpenReview(w.ctx, lifecycle.Review{ID: cloison.NewActID(), Structure: "ML1", Opened: noon(), Due: hours(9)}, journal.Event{At: noon(), Code: "review.opened"}))
	standings, err = w.Reviewed(w.ctx)
	w.ok(err)
	same(w, "while open", standings, []lifecycle.Standing{{Structure: "ML1", First: hours(-48), Opened: noon(), Open: true}})
	late := w.account("late") // came after: not in it
	same(w, "waiting", w.waiting(r), 3)

	keep := func(id cloison.AccountID) lifecycle.Answered {
		return lifecycle.Answered{Account: id, Answer: lifecycle.Keep, By: c.ID, At: hours(1)}
	}
	w.keeps(func() { w.ok(w.Answer(w.ctx, r.ID, []lifecycle.Answered{keep(a.ID)})) })
	w.ok(w.Answer(w.ctx, r.ID, []lifecycle.Answered{keep(a.ID)})) // again
	same(w, "waiting", w.waiting(r), 2)
	w.is(cloison.NotFound, w.Answer(w.ctx, r.ID, []lifecycle.Answered{keep(b.ID), keep(late.ID)}))
	same(w, "all or none", w.waiting(r), 2)
	stale := ending(b, "review")
	stale.Account.Version--
	w.is(cloison.Stale, w.Answer(w.ctx, r.ID, []lifecycle.Answered{keep(c.ID), {Account: b.ID, Answer: lifecycle.Suspend, By: c.ID, At: hours(1), Becomes: &stale}}))
	same(w, "all or none", w.waiting(r), 2)
	gone := ending(b, "left")
	gone.Account.State = directory.Closed
	w.raises(func() {
		w.ok(w.Answer(w.ctx, r.ID, []lifecycle.Answered{{Account: b.ID, Answer: lifecycle.Leaves, By: c.ID, At: hours(1), Becomes: &gone}}))
	})
	same(w, "b", w.read(b.ID).State, directory.Closed)

	w.ok(w.Remind(w.ctx, r.ID, hours(2), journal.Event{At: hours(2), Code: "review.due", Act: r.ID}))
	w.is(cloison.Conflict, w.Remind(w.ctx, r.ID, hours(3), journal.Event{At: hours(3), Code: "review.due", Act: r.ID}))
	w.is(cloison.Stale, w.CloseReview(w.ctx, r.ID, hours(4), journal.Event{At: hours(4), Code: "review.closed"}))
	// a was confirmed, whatever the sweep read before.
	same(w, "lapsed", first(w.End(w.ctx, r.ID, []lifecycle.Ending{ending(w.read(a.ID), "review"), ending(c, "review"), ending(late, "review")})), 1)
	same(w, "a", w.read(a.ID).State, directory.Active)
	same(w, "c", w.read(c.ID).State, directory.Suspended)
	same(w, "late", w.read(late.ID).State, directory.Active)
	w.ok(w.CloseReview(w.ctx, r.ID, hours(4), journal.Event{At: hours(4), Code: "review.closed", Act: r.ID}))
	w.is(cloison.Conflict, w.CloseReview(w.ctx, r.ID, hours(5), journal.Event{At: hours(5), Code: "review.closed"}))
	w.is(cloison.Conflict, w.Answer(w.ctx, r.ID, []lifecycle.Answered{keep(c.ID)}))
	got, err := w.Review(w.ctx, r.ID)
	w.ok(err)
	want := lifecycle.Review{ID: r.ID, Structure: "ML1", Opened: noon(), Due: r.Due, Reminded: hours(2), Closed: hours(4), Accounts: 3,
		Answers: map[lifecycle.Answer]int{lifecycle.Waiting: 0, lifecycle.Keep: 1, lifecycle.Leaves: 1, lifecycle.Suspend: 0, lifecycle.Lapsed: 1}}
	same(w, "review", got, want)
	again := w.opened()
	list, err := w.Reviews(w.ctx, "", 10)
	w.ok(err)
	same(w, "open first", []cloison.ActID{list[0].ID, list[1].ID}, []cloison.ActID{again.ID, r.ID})
	none, err := w.Reviews(w.ctx, "ML9", 10)
	w.ok(err)
	same(w, "of nowhere", len(none), 0)
	lines, err := w.Lines(w.ctx, r.ID, 0, 2)
	w.ok(err)
	rest, err := w.Lines(w.ctx, r.ID, lines[1].Account.ID, 2)
	w.ok(err)
	same(w, "lines", len(rest), 1)
	for _, l := range append(lines, rest...) {
		same(w, "account of the line", l.Account, w.read(l.Account.ID))
		if l.Account.ID == a.ID {
			same(w, "line", l, lifecycle.Line{Account: l.Account, Answer: lifecycle.Keep, At: hours(1), By: c.ID})
		}
	}
	w.is(cloison.NotFound, second(w.Review(w.ctx, 99)))
}

func duties(w *world) {
	a, by := w.account("a"), w.account("by")
	d := explanation.DutyDeclared{ID: cloison.NewActID(), For: a.ID, Structure: "ML1", By: by.ID, Made: noon(), Since: hours(1), Until: hours(9)}
	w.raises(func() { w.ok(w.AddDuty(w.ctx, d)) })
	for at, want := range map[int]int{0: 0, 1: 0, 2: 1, 8: 1, 9: 0} {
		list, err := w.Duties(w.ctx, a.ID, hours(at))
		w.ok(err)
		same(w, "duties", len(list), want)
		if want == 1 {
			same(w, "duty", list[0], d)
		}
	}
}

// declaredByTheStopped: what a stopped account says is not stored, however long before it was read.
func declaredByTheStopped(w *world) {
	a, b, by := w.account("a"), w.account("b"), w.account("by")
	r := w.opened()
	by.State = directory.Suspended
	w.ok(w.UpdateAccount(w.ctx, by))
	w.keeps(func() {
		w.is(cloison.Stale, w.AddDuty(w.ctx, explanation.DutyDeclared{ID: 1, For: a.ID, Structure: "ML1", By: by.ID, Made: noon(), Since: noon(), Until: hours(1)}))
		w.is(cloison.Stale, w.AddCover(w.ctx, explanation.CoverDeclared{ID: 1, For: a.ID, Of: b.ID, By: by.ID, Made: noon(), Since: noon(), Until: hours(1)}))
		w.is(cloison.Stale, second(w.AddTransfer(w.ctx, explanation.Transfer{ID: 1, From: a.ID, To: b.ID, By: by.ID, Made: noon(), Since: noon()})))
		w.is(cloison.Stale, w.AddMerger(w.ctx, lifecycle.Merger{ID: 1, Gone: "ML1", Kept: "ML1", Since: noon(), By: by.ID, Made: noon(), State: lifecycle.MergerOpen}, journal.Event{}))
		w.is(cloison.Stale, w.Answer(w.ctx, r.ID, []lifecycle.Answered{{Account: a.ID, Answer: lifecycle.Keep, By: by.ID, At: noon()}}))
	})
}

// mergersOfTheCut: a merger dies with the cut of either of its officers, and with its own approval when its maker was
// stopped before.
func mergersOfTheCut(w *world) {
	w.structure("ML2")
	for _, cut := range []int{0, 1} {
		officers := []directory.Account{w.account(fmt.Sprint("a", cut)), w.account(fmt.Sprint("b", cut))}
		m := lifecycle.Merger{ID: cloison.NewActID(), Gone: "ML1", Kept: "ML2", Since: hours(3), By: officers[0].ID, Made: noon(), State: lifecycle.MergerOpen}
		w.ok(w.AddMerger(w.ctx, m, journal.Event{}))
		m.State, m.DecidedBy, m.Decided = lifecycle.MergerApproved, officers[1].ID, hours(1)
		w.ok(w.DecideMerger(w.ctx, m, journal.Event{}))
		_, err := w.Cut(w.ctx, contain.Cut{ID: cloison.NewActID(), Root: officers[cut].ID, At: hours(2), Fence: w.fence(), Accounts: []cloison.AccountID{officers[cut].ID}})
		w.ok(err)
		got, err := w.Merger(w.ctx, m.ID)
		w.ok(err)
		same(w, "merger", []any{got.State, got.Decided}, []any{lifecycle.MergerRefused, hours(2)})
		w.is(cloison.Conflict, w.Merge(w.ctx, m.ID, hours(4), journal.Event{}))

		m.ID, m.State, m.By, m.DecidedBy = cloison.NewActID(), lifecycle.MergerOpen, officers[1-cut].ID, 0
		w.ok(w.AddMerger(w.ctx, m, journal.Event{}))
		stopped := w.read(officers[1-cut].ID)
		stopped.State = directory.Suspended
		w.ok(w.UpdateAccount(w.ctx, stopped))
		m.State, m.DecidedBy = lifecycle.MergerApproved, w.account(fmt.Sprint("c", cut)).ID
		w.is(cloison.Stale, w.DecideMerger(w.ctx, m, journal.Event{}))
		m.State = lifecycle.MergerRefused
		w.ok(w.DecideMerger(w.ctx, m, journal.Event{}))
	}
}

func transfers(w *world) {
	a, b, by := w.account("a"), w.account("b"), w.account("by")
	line := func(p cloison.PersonRef, since, until time.Time, means explanation.Means) explanation.Assignment {
		return explanation.Assignment{Binding: a.Binding, Person: p, Means: means, Since: since, Until: until}
	}
	w.accepted(w.ImportCaseload(w.ctx, []explanation.Assignment{
		line("open", hours(-9), time.Time{}, explanation.Caseload), line("ends", hours(-9), hours(50), explanation.Caseload),
		line("over", hours(-9), hours(-1), explanation.Caseload), line("later", hours(20), time.Time{}, explanation.Caseload),
		line("met", hours(-9), hours(50), explanation.Appointment)}))
	who := func(of cloison.AccountID, at time.Time) map[cloison.PersonRef]cloison.ActID {
		list, err := w.Caseload(w.ctx, of, at)
		w.ok(err)
		refs := map[cloison.PersonRef]cloison.ActID{}
		for p, e := range list {
			refs[p] = e.Ref
		}
		return refs
	}
	d := explanation.Transfer{ID: cloison.NewActID(), From: a.ID, To: b.ID, By: by.ID, Made: noon(), Since: hours(10)}
	w.raises(func() { same(w, "moved", first(w.AddTransfer(w.ctx, d)), 3) })
	type refs = map[cloison.PersonRef]cloison.ActID
	same(w, "a before", who(a.ID, hours(5)), refs{"open": 0, "ends": 0, "met": 0})
	same(w, "b before", who(b.ID, hours(5)), refs{})
	same(w, "a after", who(a.ID, hours(30)), refs{"met": 0})
	same(w, "b after", who(b.ID, hours(30)), refs{"open": d.ID, "ends": d.ID, "later": d.ID})
	same(w, "b at the end", who(b.ID, hours(60)), refs{"open": d.ID, "later": d.ID})
	list, err := w.Transfers(w.ctx, []cloison.ActID{d.ID, 12345, d.ID})
	w.ok(err)
	same(w, "transfers", list, []explanation.Transfer{d})
	none, err := w.Transfers(w.ctx, nil)
	w.ok(err)
	same(w, "no transfers", len(none), 0)
	all, err := w.StructureCaseload(w.ctx, "ML1", hours(30))
	w.ok(err)
	same(w, "of the structure", len(all), 4)

	// Passed on, and on before it holds, a person keeps all the hands; what the tool says is read first.
	c := w.account("c")
	on := explanation.Transfer{ID: cloison.NewActID(), From: b.ID, To: c.ID, By: by.ID, Made: hours(1), Since: hours(2)}
	back := explanation.Transfer{ID: cloison.NewActID(), From: c.ID, To: a.ID, By: by.ID, Made: hours(3), Since: hours(30)}
	same(w, "passed on", first(w.AddTransfer(w.ctx, on)), 3)
	same(w, "and back", first(w.AddTransfer(w.ctx, back)), 3)
	w.accepted(w.ImportCaseload(w.ctx, []explanation.Assignment{line("open", hours(31), time.Time{}, explanation.Appointment)}))
	passed, err := w.Caseload(w.ctx, a.ID, hours(40))
	w.ok(err)
	same(w, "hands", []any{passed["ends"].Ref, passed["ends"].Earlier}, []any{back.ID, []cloison.ActID{d.ID, on.ID}})
	same(w, "the tool's word", passed["open"], explanation.Explanation{Means: explanation.Appointment, Since: hours(31)})

	b.State = directory.Suspended
	w.ok(w.UpdateAccount(w.ctx, b))
	w.is(cloison.Stale, second(w.AddTransfer(w.ctx, explanation.Transfer{ID: 9, From: a.ID, To: b.ID, By: by.ID, Made: noon(), Since: noon()})))
}

func postures(w *world) {
	w.structure("ML2")
	at := func(name string, change func(*directory.Account)) directory.Account {
		a := w.account(name)
		a.AwarenessUntil = hours(1000)
		change(&a)
		w.ok(w.UpdateAccount(w.ctx, a))
		return a
	}
	key := func(of directory.Account, id string) {
		w.ok(w.AddPasskey(w.ctx, signin.Passkey{ID: []byte(id), Account: of.ID, Credential: []byte("{}"), Made: noon()}))
	}
	one := at("one", func(a *directory.Account) { a.LastSeen = hours(1) })
	two := at("two", func(a *directory.Account) { a.LastSeen, a.AwarenessUntil = hours(1), hours(20) })
	key(one, "a")
	key(two, "b")
	key(two, "c")
	at("new", func(a *directory.Account) {
		a.LastSeen, a.ProbationUntil, a.AwarenessUntil = hours(1), hours(9), hours(-9)
	})
	at("idle", func(a *directory.Account) { a.Roles = directory.Manager })
	at("gone", func(a *directory.Account) { a.State, a.Reason = directory.Suspended, "dormant" })
	at("closed", func(a *directory.Account) { a.State = directory.Closed })
	r := w.opened()
	list, err := w.Postures(w.ctx, "", hours(2), hours(24), hours(-47))
	w.ok(err)
	want := lifecycle.Posture{Structure: first(w.Structure(w.ctx, "ML1")), Active: 4, Suspended: 1, Probation: 1, Dormant: 2, WithKey: 2, WithTwo: 1,
		Trained: 3, Due: 1, Readers: 3, Newcomer: 1, Review: r.ID, ReviewDue: r.Due, Waiting: 4}
	same(w, "all", list, []lifecycle.Posture{want, {Structure: first(w.Structure(w.ctx, "ML2"))}})
	alone, err := w.Postures(w.ctx, "ML1", hours(2), hours(24), hours(-47))
	w.ok(err)
	same(w, "one", alone, list[:1])
	none, err := w.Postures(w.ctx, "ML9", hours(2), hours(24), hours(-47))
	w.ok(err)
	same(w, "none", len(none), 0)
}

func medianDays(w *world) {
	w.structure("ML2")
	a := w.account("a")
	at := func(h int, persons ...cloison.PersonRef) {
		var rows []ledger.Row
		for _, p := range persons {
			rows = append(rows, ledger.Row{At: hours(h), Account: a.ID, Structure: "ML1", Tool: "t", Operation: "read", Person: p, Explanation: "caseload", Request: "r"})
		}
		second(w.Commit(w.ctx, disclose.Commit{Fence: w.fence(), At: hours(h), Rows: rows}))
	}
	none, err := w.ShownBy(w.ctx, hours(0), hours(24))
	w.ok(err)
	same(w, "an empty ledger", len(none), 0)
	at(0, "early")
	at(1, "p1", "p2")
	at(2, "p2", "p3")
	at(30, "late")
	shown, err := w.ShownBy(w.ctx, hours(1), hours(30))
	w.ok(err)
	same(w, "shown", shown, map[cloison.StructureID]int{"ML1": 3})
	w.keeps(func() { w.ok(w.AddDay(w.ctx, 500, shown)) })
	w.ok(w.AddDay(w.ctx, 500, map[cloison.StructureID]int{"ML1": 9})) // it is there
	w.ok(w.AddDay(w.ctx, 501, nil))
	days, err := w.Days(w.ctx, 501)
	w.ok(err)
	same(w, "since", days, []lifecycle.Day{{Structure: "ML1", Day: 501}, {Structure: "ML2", Day: 501}})
	medians := map[cloison.StructureID]int{"ML1": 77, "ML2": 40}
	before := w.fence()
	w.ok(w.SetMedians(w.ctx, 500, medians))
	same(w, "fences", w.fence(), before+1)
	w.keeps(func() { w.ok(w.SetMedians(w.ctx, 500, medians)) })
	same(w, "median", first(w.Structure(w.ctx, "ML1")).MedianDay, 77)
	days, err = w.Days(w.ctx, 0)
	w.ok(err)
	same(w, "days", days, []lifecycle.Day{{Structure: "ML1", Day: 500, Persons: 3, Median: 77}, {Structure: "ML1", Day: 501},
		{Structure: "ML2", Day: 500, Median: 40}, {Structure: "ML2", Day: 501}})
	w.ok(w.AddDay(w.ctx, 601, nil))
	days, err = w.Days(w.ctx, 0)
	w.ok(err)
	same(w, "kept", days[0].Day, 501)
}

func mergers(w *world) {
	w.structure("ML2")
	w.structure("ML3")
	a := w.account("a")
	both := []directory.Account{a, w.account("b")}
	w.ok(w.AddProposal(w.ctx, approval.Proposal{ID: 5, Kind: approval.NewAccount, Structure: "ML1", By: a.ID, Made: noon(), State: approval.Open}, noon(), 9, 9))
	r := w.opened()
	one, two := w.account("one").ID, w.account("two").ID
	turn := explanation.DutyDeclared{ID: cloison.NewActID(), For: a.ID, Structure: "ML1", By: one, Made: noon(), Since: hours(1), Until: hours(9)}
	theirs, later := turn, turn
	theirs.ID, theirs.Structure = cloison.NewActID(), "ML2"
	later.ID, later.Since = cloison.NewActID(), hours(6)
	for _, t := range []explanation.DutyDeclared{turn, theirs, later} {
		w.ok(w.AddDuty(w.ctx, t))
	}
	e := func(code string) journal.Event { return journal.Event{At: noon(), Code: code} }
	m := lifecycle.Merger{ID: cloison.NewActID(), Gone: "ML1", Kept: "ML2", Since: hours(3), By: one, Made: noon(), State: lifecycle.MergerOpen}
	w.keeps(func() { w.ok(w.AddMerger(w.ctx, m, e("merger.proposed"))) })
	w.is(cloison.Conflict, w.AddMerger(w.ctx, lifecycle.Merger{ID: 9, Gone: "ML3", Kept: "ML1", Since: noon(), Made: noon(), State: lifecycle.MergerOpen}, e("merger.proposed")))
	w.is(cloison.Conflict, w.Merge(w.ctx, m.ID, hours(4), e("merger.done"))) // it is not approved
	m.State, m.DecidedBy, m.Decided = lifecycle.MergerApproved, two, hours(1)
	w.ok(w.DecideMerger(w.ctx, m, e("merger.approved")))
	w.is(cloison.Conflict, w.DecideMerger(w.ctx, m, e("merger.approved")))
	got, err := w.Merger(w.ctx, m.ID)
	w.ok(err)
	same(w, "merger", got, m)
	before := w.fence()
	w.ok(w.Merge(w.ctx, m.ID, hours(4), e("merger.done")))
	same(w, "fences", w.fence(), before+1)
	w.is(cloison.Conflict, w.replica().Merge(w.ctx, m.ID, hours(4), e("merger.done")))
	for _, was := range both {
		now := w.read(was.ID)
		same(w, "structure and version", []any{now.Structure, now.Version}, []any{cloison.StructureID("ML2"), was.Version + 1})
	}
	same(w, "proposal", first(w.Proposal(w.ctx, 5)).Structure, "ML2")
	same(w, "turns before", len(first(w.Duties(w.ctx, a.ID, hours(3)))), 2)
	for _, h := range []int{5, 8} {
		same(w, "turns after", len(first(w.Duties(w.ctx, a.ID, hours(h)))), 0)
	}
	same(w, "review", first(w.Review(w.ctx, r.ID)).Structure, "ML2")
	same(w, "waiting", w.waiting(r), 2)
	same(w, "median", first(w.Structure(w.ctx, "ML2")).MedianDay, 80)
	list, err := w.Postures(w.ctx, "", noon(), noon(), noon())
	w.ok(err)
	same(w, "merged into", []cloison.StructureID{list[0].Structure.Into, list[1].Structure.Into, list[2].Structure.Into}, []cloison.StructureID{"ML2", "", ""})
	all, err := w.Mergers(w.ctx)
	w.ok(err)
	m.State, m.Done = lifecycle.MergerDone, hours(4)
	same(w, "mergers", all, []lifecycle.Merger{m})

	// On into a structure that has an open review: the lines join it, and the alias goes along.
	on := lifecycle.Merger{ID: cloison.NewActID(), Gone: "ML2", Kept: "ML3", Since: hours(5), By: one, Made: hours(5), State: lifecycle.MergerOpen}
	w.is(cloison.Conflict, w.AddMerger(w.ctx, lifecycle.Merger{ID: 9, Gone: "ML1", Kept: "ML3", Since: noon(), Made: noon(), State: lifecycle.MergerOpen}, e("merger.proposed")))
	third := lifecycle.Review{ID: cloison.NewActID(), Structure: "ML3", Opened: noon(), Due: hours(99)}
	w.ok(w.OpenReview(w.ctx, third, e("review.opened")))
	w.ok(w.AddMerger(w.ctx, on, e("merger.proposed")))
	on.State, on.DecidedBy, on.Decided = lifecycle.MergerApproved, two, hours(6)
	w.ok(w.DecideMerger(w.ctx, on, e("merger.approved")))
	w.ok(w.Merge(w.ctx, on.ID, hours(7), e("merger.done")))
	same(w, "waiting", w.waiting(third), 2)
	same(w, "closed", first(w.Review(w.ctx, r.ID)).Closed, hours(7))
	list, err = w.Postures(w.ctx, "ML1", noon(), noon(), noon())
	w.ok(err)
	same(w, "merged into", list[0].Structure.Into, "ML3")
}
