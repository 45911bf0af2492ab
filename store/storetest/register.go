package storetest

import (
	"context"
	"fmt"
	"time"

	"cloison"
	"cloison/access/directory"
	"cloison/ledger"
	"cloison/ledger/journal"
)

// Readers is what the console asks of the store beside what the stages do.
type Readers interface {
	AccountsByID(ctx context.Context, ids []cloison.AccountID) ([]directory.Account, error)
}

func registerTests() []test {
	return []test{
		{"events are found by whom they name, code and time, the newest first", sifted},
		{"rows are found by person, the newest first", traced},
		{"the first row of a time and the next one have their numbers", numbered},
	}
}

func sifted(w *world) {
	a, b := w.account("a"), w.account("b")
	for i, e := range []journal.Event{{Code: "x.made", Actor: a.ID, Account: b.ID}, {Code: "x.kept", Actor: b.ID}, {Code: "x.made", Account: a.ID},
		{Code: "x.made", Actor: a.ID, Account: a.ID, Detail: map[string]string{"k": "v"}}} {
		e.At = hours(i)
		w.ok(w.AddEvent(w.ctx, e))
	}
	all := first(w.EventsWhere(w.ctx, journal.Search{Limit: 10, Since: noon()}))
	if len(all) < 4 {
		w.Fatalf("the journal has %+v", all)
	}
	for _, c := range []struct {
		s    journal.Search
		want []int // hours after noon
	}{
		{journal.Search{Code: "x.made"}, []int{3, 2, 0}},
		{journal.Search{Code: "x.made", Limit: 2}, []int{3, 2}},
		{journal.Search{Code: "x.made", Before: all[0].Seq}, []int{2, 0}},
		{journal.Search{Account: a.ID, Since: noon()}, []int{3, 2, 0}},
		{journal.Search{Account: b.ID, Since: noon()}, []int{1, 0}},
		{journal.Search{Account: a.ID, Code: "x.made", Since: hours(1), Until: hours(3)}, []int{2}},
		{journal.Search{Account: a.ID, Code: "x.kept"}, nil},
		{journal.Search{Since: hours(2)}, []int{3, 2}},
		{journal.Search{Code: "x.made' OR '1'='1"}, nil},
	} {
		if c.s.Limit == 0 {
			c.s.Limit = 10
		}
		var got []int
		for _, e := range first(w.EventsWhere(w.ctx, c.s)) {
			got = append(got, int(e.At.Sub(noon())/time.Hour))
		}
		same(w, fmt.Sprintf("%+v", c.s), got, c.want)
	}
	same(w, "detail", all[0].Detail, map[string]string{"k": "v"})
	same(w, "time", all[0].At, hours(3))
}

func traced(w *world) {
	w.ok(w.Maintain(w.ctx, noon()))
	w.ok(w.commit(noon(), []ledger.Row{row(1, "p", noon()), row(2, "q", noon())}))
	w.ok(w.commit(hours(1), []ledger.Row{row(2, "p", hours(1)), row(1, "p", hours(2))}))
	seqs := func(person cloison.PersonRef, since, until time.Time, limit int) (got []int64) {
		for _, r := range first(w.RowsAbout(w.ctx, person, since, until, limit)) {
			if r.Person != person {
				w.Errorf("asked for %s, got a row about somebody else", string(person))
			}
			got = append(got, r.Seq)
		}
		return got
	}
	same(w, "all", seqs("p", time.Time{}, time.Time{}, 10), []int64{4, 3, 1})
	same(w, "the newest", seqs("p", time.Time{}, time.Time{}, 2), []int64{4, 3})
	same(w, "in a time", seqs("p", noon(), hours(2), 10), []int64{3, 1})
	same(w, "nobody", seqs("%", time.Time{}, time.Time{}, 10), nil)
	of := func(account cloison.AccountID, since, until time.Time, limit int) (got []int64) {
		for _, r := range first(w.RowsOf(w.ctx, account, since, until, limit)) {
			if r.Account != account {
				w.Errorf("asked for account %v, got a row of %v", account, r.Account)
			}
			got = append(got, r.Seq)
		}
		return got
	}
	same(w, "of an account", of(1, time.Time{}, time.Time{}, 10), []int64{1, 4})
	same(w, "its oldest", of(2, time.Time{}, time.Time{}, 1), []int64{2})
	same(w, "of an account in a time", of(1, hours(1), hours(3), 10), []int64{4})
	same(w, "of nobody", of(3, time.Time{}, time.Time{}, 10), nil)
	whole := w.ledger()[3]
	one := first(w.RowsAbout(w.ctx, "p", hours(2), time.Time{}, 1))[0]
	whole.Nonce = one.Nonce
	same(w, "the row", one, whole)
}

func numbered(w *world) {
	same(w, "next of none", first(w.NextRow(w.ctx)), int64(1))
	same(w, "first of none", first(w.FirstRow(w.ctx, time.Time{})), int64(1))
	w.ok(w.Maintain(w.ctx, noon()))
	w.ok(w.commit(noon(), []ledger.Row{row(1, "p", noon()), row(2, "q", noon())}))
	w.ok(w.commit(hours(2), []ledger.Row{row(1, "r", hours(2))}))
	same(w, "next", first(w.NextRow(w.ctx)), int64(4))
	for at, want := range map[time.Time]int64{{}: 1, noon(): 1, noon().Add(time.Millisecond): 3, hours(2): 3, hours(3): 4} {
		same(w, "first at "+at.String(), first(w.FirstRow(w.ctx, at)), want)
	}
}
