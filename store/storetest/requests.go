package storetest

import (
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"cloison"
	"cloison/access/directory"
	"cloison/access/explanation"
)

func requestTests() []test {
	return []test{
		{"a grant holds for its time, moves the fence and is dropped", grants},
		{"visits are counted by maker and structure, on two replicas", visitLimits},
		{"nothing of a suspended account is granted", suspendedAtReception},
		{"codes tried are counted for account and person", triesCounted},
		{"a code is spent once, and older ones with it", spentOnce},
		{"requests are kept, found and decided once", requests},
		{"requests are counted", requestLimits},
		{"one of many who decide a request does", decideRace},
	}
}

func (w *world) visit(by, of directory.Account, person string, at int) explanation.Grant {
	return explanation.Grant{ID: cloison.NewActID(), Account: of.ID, Structure: of.Structure, Person: cloison.PersonRef(person), Means: explanation.Visit,
		By: by.ID, Made: hours(at), Until: hours(at + 5)}
}

func (w *world) breakGlass(by, asked directory.Account, at int) explanation.Request {
	return explanation.Request{ID: cloison.NewActID(), Kind: explanation.BreakGlassRequest, Structure: by.Structure, By: by.ID, Asked: asked.ID, Person: "777", Reason: "<b>une urgence</b>",
		Made: hours(at), Expires: hours(at + 1), Session: 5, State: explanation.Open, Version: 1}
}

func grants(w *world) {
	rita, claire := w.account("rita"), w.account("claire")
	first, second := w.visit(rita, claire, "77", 0), w.visit(rita, claire, "78", 1)
	for _, g := range []explanation.Grant{first, second} {
		w.raises(func() { w.ok(w.AddVisit(w.ctx, g, hours(-9), 9, 9)) })
	}
	at := func(n int, want ...explanation.Grant) {
		w.Helper()
		got, err := w.replica().Grants(w.ctx, claire.ID, hours(n))
		w.ok(err)
		same(w, "grants", got, want)
	}
	at(0) // made now: for later reads
	at(1, first)
	at(4, first, second)
	at(5, second)
	at(6)
	visits, err := w.Visits(w.ctx, claire.Structure, hours(0))
	w.ok(err)
	same(w, "visits", visits, []explanation.Grant{second, first})
	w.keeps(func() { w.ok(w.Maintain(w.ctx, hours(5+48).Add(time.Second))) })
	at(4, second)
	visits, err = w.Visits(w.ctx, claire.Structure, hours(1))
	w.ok(err)
	same(w, "visits left", visits, []explanation.Grant{second})
}

func visitLimits(w *world) {
	claire := w.account("claire")
	makers := []directory.Account{w.account("rita"), w.account("remy")}
	stores := []explanation.GrantStore{w.All, w.replica()}
	var wg sync.WaitGroup
	var stored [2]atomic.Int32
	for i := range 24 {
		wg.Go(func() {
			err := stores[i%2].AddVisit(w.ctx, w.visit(makers[i/2%2], claire, fmt.Sprint(i), 1), hours(0), 4, 7)
			switch {
			case err == nil:
				stored[i/2%2].Add(1)
			case cloison.KindOf(err) != cloison.Denied:
				w.Error(err)
			}
		})
	}
	wg.Wait()
	if a, b := stored[0].Load(), stored[1].Load(); a > 4 || b > 4 || a+b != 7 {
		w.Errorf("%d and %d visits were stored, want at most 4 each and 7 together", a, b)
	}
	w.ok(w.AddVisit(w.ctx, w.visit(makers[0], claire, "x", 30), hours(24), 1, 1)) // another day
}

func suspendedAtReception(w *world) {
	rita, claire, paul := w.account("rita"), w.account("claire"), w.account("paul")
	r := w.breakGlass(claire, rita, 0)
	w.ok(w.AddRequest(w.ctx, r, hours(-1), 9, 9))
	rita.State = directory.Suspended
	w.ok(w.UpdateAccount(w.ctx, rita))
	w.is(cloison.Stale, w.AddVisit(w.ctx, w.visit(rita, claire, "77", 1), hours(0), 9, 9))
	w.is(cloison.Stale, w.AddVisit(w.ctx, w.visit(claire, rita, "77", 1), hours(0), 9, 9))
	w.is(cloison.Stale, w.AddRequest(w.ctx, w.breakGlass(rita, paul, 1), hours(0), 9, 9))
	w.is(cloison.Stale, w.AddRequest(w.ctx, w.breakGlass(paul, rita, 1), hours(0), 9, 9))
	code := w.visit(rita, rita, "77", 1)
	code.Means, code.By = explanation.Code, 0
	w.is(cloison.Stale, w.SpendCode(w.ctx, [32]byte{1}, 5, code))
	r.State = explanation.Confirmed
	w.keeps(func() { w.is(cloison.Stale, w.DecideRequest(w.ctx, r, new(w.visit(rita, claire, "77", 1)), nil)) })
	again, err := w.Request(w.ctx, r.ID)
	w.ok(err)
	if again.State != explanation.Open || again.Version != 1 {
		w.Errorf("the request is %s %d", again.State, again.Version)
	}
	w.ok(w.SpendCode(w.ctx, [32]byte{1}, 5, func() explanation.Grant { // what failed has spent nothing
		g := w.visit(claire, claire, "77", 1)
		g.Means, g.By = explanation.Code, 0
		return g
	}()))
}

func triesCounted(w *world) {
	claire, paul := w.account("claire"), w.account("paul")
	p, q := [32]byte{1}, [32]byte{2}
	try := func(a directory.Account, person [32]byte, at, since, mine, theirs int) {
		w.Helper()
		w.keeps(func() {
			gotMine, gotTheirs, err := w.TryCode(w.ctx, a.ID, person, hours(at), hours(since))
			w.ok(err)
			if gotMine != mine || gotTheirs != theirs {
				w.Errorf("counted %d and %d, want %d and %d", gotMine, gotTheirs, mine, theirs)
			}
		})
	}
	try(claire, p, 0, -1, 1, 1)
	try(claire, q, 0, -1, 2, 1)
	try(paul, p, 0, -1, 1, 2)
	try(paul, p, 2, 1, 1, 1)
	stores := []explanation.GrantStore{w.All, w.replica()}
	var wg sync.WaitGroup
	var seen sync.Map
	for i := range 16 {
		wg.Go(func() {
			n, _, err := stores[i%2].TryCode(w.ctx, claire.ID, [32]byte{byte(10 + i)}, hours(9), hours(8))
			if _, twice := seen.LoadOrStore(n, true); twice || err != nil {
				w.Errorf("two tries are number %d: %v", n, err)
			}
		})
	}
	wg.Wait()
}

func spentOnce(w *world) {
	claire := w.account("claire")
	stores := []explanation.GrantStore{w.All, w.replica()}
	code := func() explanation.Grant {
		g := w.visit(claire, claire, "77", 1)
		g.Means, g.By = explanation.Code, 0
		return g
	}
	var wg sync.WaitGroup
	var spent atomic.Int32
	for i := range 12 {
		wg.Go(func() {
			switch err := stores[i%2].SpendCode(w.ctx, [32]byte{1}, 7, code()); {
			case err == nil:
				spent.Add(1)
			case cloison.KindOf(err) != cloison.Conflict:
				w.Error(err)
			}
		})
	}
	wg.Wait()
	if spent.Load() != 1 {
		w.Errorf("a code was spent %d times", spent.Load())
	}
	for _, step := range []int64{6, 7, -1} {
		w.keeps(func() { w.is(cloison.Conflict, w.SpendCode(w.ctx, [32]byte{1}, step, code())) })
	}
	w.raises(func() { w.ok(w.SpendCode(w.ctx, [32]byte{1}, 8, code())) })
	w.ok(w.SpendCode(w.ctx, [32]byte{2}, 7, code()))
	held, err := w.Grants(w.ctx, claire.ID, hours(2))
	w.ok(err)
	if len(held) != 3 {
		w.Errorf("%d grants, want 3", len(held))
	}
}

func requests(w *world) {
	claire, paul := w.account("claire"), w.account("paul")
	glass, cover := w.breakGlass(claire, paul, 0), w.breakGlass(paul, claire, 1)
	cover.Kind, cover.Person, cover.Reason, cover.Of, cover.Since, cover.Until = explanation.CoverRequest, "", "", claire.ID, hours(2), hours(20)
	for _, r := range []explanation.Request{glass, cover} {
		w.keeps(func() { w.ok(w.AddRequest(w.ctx, r, hours(-9), 9, 9)) })
		got, err := w.Request(w.ctx, r.ID)
		w.ok(err)
		same(w, "request", got, r)
	}
	for _, c := range []struct {
		q    explanation.RequestQuery
		want []explanation.Request
	}{
		{explanation.RequestQuery{}, []explanation.Request{cover, glass}},
		{explanation.RequestQuery{By: claire.ID}, []explanation.Request{glass}},
		{explanation.RequestQuery{Asked: claire.ID, State: explanation.Open}, []explanation.Request{cover}},
		{explanation.RequestQuery{Structure: "ML1", Kind: explanation.BreakGlassRequest, Since: hours(0)}, []explanation.Request{glass}},
		{explanation.RequestQuery{Structure: "ML2"}, nil},
		{explanation.RequestQuery{Since: hours(2)}, nil},
		{explanation.RequestQuery{State: explanation.Declined}, nil},
	} {
		got, err := w.Requests(w.ctx, c.q)
		w.ok(err)
		same(w, fmt.Sprintf("requests %+v", c.q), got, c.want)
	}
	glass.State, glass.Decided, glass.Until = explanation.Confirmed, hours(1), hours(4)
	g := w.visit(paul, claire, "777", 1)
	g.ID, g.Means = glass.ID, explanation.BreakGlass
	w.raises(func() { w.ok(w.DecideRequest(w.ctx, glass, &g, nil)) })
	w.is(cloison.Stale, w.DecideRequest(w.ctx, glass, &g, nil))
	glass.Version++
	w.is(cloison.Stale, w.DecideRequest(w.ctx, glass, &g, nil)) // it is decided
	got, err := w.Request(w.ctx, glass.ID)
	w.ok(err)
	same(w, "confirmed", got, glass)
	cover.State, cover.Decided = explanation.Confirmed, hours(2)
	c := explanation.CoverDeclared{ID: cloison.NewActID(), For: paul.ID, Of: claire.ID, By: claire.ID, Made: hours(2), Since: hours(2), Until: hours(20)}
	w.raises(func() { w.ok(w.DecideRequest(w.ctx, cover, nil, &c)) })
	covers, err := w.Covers(w.ctx, paul.ID, hours(3))
	w.ok(err)
	same(w, "covers", covers, []explanation.CoverDeclared{c})
	_, err = w.Request(w.ctx, glass.ID+1)
	w.is(cloison.NotFound, err)
	w.ok(w.Maintain(w.ctx, hours(0).AddDate(0, 0, 401)))
	_, err = w.Request(w.ctx, glass.ID)
	w.is(cloison.NotFound, err)
}

func requestLimits(w *world) {
	claire, paul := w.account("claire"), w.account("paul")
	w.ok(w.AddRequest(w.ctx, w.breakGlass(claire, paul, 0), hours(0), 1, 2))
	w.is(cloison.Denied, w.AddRequest(w.ctx, w.breakGlass(claire, paul, 0), hours(0), 1, 9))
	w.ok(w.AddRequest(w.ctx, w.breakGlass(paul, claire, 0), hours(0), 1, 2))
	w.is(cloison.Denied, w.AddRequest(w.ctx, w.breakGlass(claire, paul, 0), hours(0), 9, 2))
	w.ok(w.AddRequest(w.ctx, w.breakGlass(claire, paul, 1), hours(1), 1, 1))
	cover := w.breakGlass(claire, paul, 1)
	cover.Kind = explanation.CoverRequest
	w.ok(w.AddRequest(w.ctx, cover, hours(1), 1, 1)) // another kind
}

// decideRace confirms, declines and withdraws one request from two replicas at once: one of them does, and what it
// grants is there once.
func decideRace(w *world) {
	claire, paul := w.account("claire"), w.account("paul")
	stores := []explanation.GrantStore{w.All, w.replica()}
	r := w.breakGlass(claire, paul, 0)
	w.ok(w.AddRequest(w.ctx, r, hours(-9), 9, 9))
	states := []explanation.RequestState{explanation.Confirmed, explanation.Declined, explanation.Confirmed, explanation.Withdrawn}
	var wg sync.WaitGroup
	var done sync.Map
	for i := range 12 {
		wg.Go(func() {
			mine := r
			mine.State = states[i%4]
			var g *explanation.Grant
			if mine.State == explanation.Confirmed {
				g = new(w.visit(paul, claire, "777", 1))
				g.Means = explanation.BreakGlass
			}
			switch err := stores[i%2].DecideRequest(w.ctx, mine, g, nil); {
			case err == nil:
				if _, twice := done.LoadOrStore("won", mine.State); twice {
					w.Error("two decided")
				}
			case cloison.KindOf(err) != cloison.Stale:
				w.Error(err)
			}
		})
	}
	wg.Wait()
	won, ok := done.Load("won")
	after, err := w.Request(w.ctx, r.ID)
	held, failed := w.Grants(w.ctx, claire.ID, hours(2))
	w.ok(errors.Join(err, failed))
	if !ok || after.State != won || (len(held) == 1) != (won == explanation.Confirmed) || len(held) > 1 {
		w.Errorf("%v won, the request is %s and %d grants are there", won, after.State, len(held))
	}
}
