package storetest

import (
	"fmt"
	"sync"
	"sync/atomic"

	"cloison"
	"cloison/access/provisioning/scim"
)

func resourceTests() []test {
	return []test{
		{"what a client said is kept as it was said", resourceKept},
		{"two resources of a client do not share a name", resourceUnique},
		{"of many who take a name at once one gets it", resourceRace},
		{"a statement is stored once, and its id is not taken by another", statementsOnce},
	}
}

func resourceKept(w *world) {
	_, err := w.Resource(w.ctx, "c", "n1")
	w.is(cloison.NotFound, err)
	list, err := w.Resources(w.ctx, "c")
	w.ok(err)
	same(w, "resources", len(list), 0)

	r := scim.Resource{Client: "c", ID: "n1", ExternalID: "e", UserName: "Ünal@ml1.example", Given: "Zoé", Family: "d’Été"}
	w.keeps(func() { w.ok(w.PutResource(w.ctx, r)) })
	got, err := w.replica().Resource(w.ctx, "c", "n1")
	w.ok(err)
	same(w, "resource", got, r)

	r.Account, r.Deleted, r.ExternalID, r.UserName, r.Given, r.Family = cloison.NewAccountID(), true, "", "", "", ""
	w.ok(w.PutResource(w.ctx, r))
	b := scim.Resource{Client: "c", ID: "a1", UserName: "b"}
	w.ok(w.PutResource(w.ctx, b))
	w.ok(w.PutResource(w.ctx, scim.Resource{Client: "d", ID: "n1", UserName: "b"}))
	list, err = w.Resources(w.ctx, "c")
	w.ok(err)
	same(w, "resources", list, []scim.Resource{b, r})
	got, err = w.Resource(w.ctx, "d", "a1")
	w.is(cloison.NotFound, err)
	same(w, "nothing", got, scim.Resource{})
}

func resourceUnique(w *world) {
	w.ok(w.PutResource(w.ctx, scim.Resource{Client: "c", ID: "1", ExternalID: "e", UserName: "Ann@x.example"}))
	w.is(cloison.Conflict, w.PutResource(w.ctx, scim.Resource{Client: "c", ID: "2", ExternalID: "e", UserName: "other"}))
	w.is(cloison.Conflict, w.PutResource(w.ctx, scim.Resource{Client: "c", ID: "2", UserName: "aNN@x.example"}))
	_, err := w.Resource(w.ctx, "c", "2")
	w.is(cloison.NotFound, err)
	w.ok(w.PutResource(w.ctx, scim.Resource{Client: "c", ID: "2", ExternalID: "E", UserName: ""}))
	w.ok(w.PutResource(w.ctx, scim.Resource{Client: "c", ID: "3"}))
	w.ok(w.PutResource(w.ctx, scim.Resource{Client: "d", ID: "1", ExternalID: "e", UserName: "ann@x.example"}))

	w.ok(w.PutResource(w.ctx, scim.Resource{Client: "c", ID: "1", ExternalID: "e", UserName: "Ann@x.example", Deleted: true}))
	w.ok(w.PutResource(w.ctx, scim.Resource{Client: "c", ID: "4", ExternalID: "e", UserName: "ann@x.example"}))
	w.is(cloison.Conflict, w.PutResource(w.ctx, scim.Resource{Client: "c", ID: "1", ExternalID: "e", UserName: "Ann@x.example"}))
}

func resourceRace(w *world) {
	var got atomic.Int32
	var all sync.WaitGroup
	other := w.replica()
	for i := range 8 {
		store := w.All
		if i%2 == 1 {
			store = other
		}
		all.Go(func() {
			err := store.PutResource(w.ctx, scim.Resource{Client: "c", ID: fmt.Sprint(i), UserName: "ann"})
			switch {
			case err == nil:
				got.Add(1)
			case cloison.KindOf(err) != cloison.Conflict:
				w.Error(err)
			}
		})
	}
	all.Wait()
	same(w, "winners", got.Load(), 1)
}

func statementsOnce(w *world) {
	a, b := [32]byte{1}, [32]byte{2}
	w.keeps(func() {
		w.ok(w.AddStatements(w.ctx, "c", noon(), map[string][32]byte{"1": a, "2": b}))
		w.ok(w.AddStatements(w.ctx, "c", hours(1), map[string][32]byte{"2": b, "3": a}))
	})
	w.is(cloison.Conflict, w.AddStatements(w.ctx, "c", noon(), map[string][32]byte{"2": a, "1": a, "9": a}))
	w.ok(w.AddStatements(w.ctx, "d", noon(), map[string][32]byte{"1": b}))
	found, err := w.replica().Statements(w.ctx, "c", []string{"1", "2", "3", "9"})
	w.ok(err)
	same(w, "statements", found, map[string][32]byte{"1": a, "2": b, "3": a})
	found, err = w.Statements(w.ctx, "c", nil)
	w.ok(err)
	same(w, "none", len(found), 0)
}
