package storetest

import (
	"fmt"

	"cloison"
	"cloison/access/directory"
)

func leavers(w *world) {
	w.structure("ML2")
	machine := func(name string) directory.Account {
		a := w.account(name)
		a.Roles = directory.Source
		w.ok(w.UpdateAccount(w.ctx, a))
		return w.read(a.ID)
	}
	one, two, officer := machine("one"), machine("two"), w.account("officer")
	var agents []directory.Account
	for i := range 9 {
		agents = append(agents, w.account(fmt.Sprint("agent", i)))
	}
	leave := func(i int, by cloison.AccountID, h int) directory.Account {
		a := w.read(agents[i].ID)
		a.State, a.SuspendedAt, a.SuspendedBy, a.Reason = directory.Suspended, hours(h), by, "source"
		return a
	}
	w.ok(w.UpdateAccount(w.ctx, leave(0, officer.ID, 1))) // a person's word is not counted
	w.raises(func() { w.ok(w.SuspendLeaver(w.ctx, leave(1, one.ID, 1), hours(0), 2, 9)) })
	same(w, "state", w.read(agents[1].ID).State, directory.Suspended)
	w.ok(w.SuspendLeaver(w.ctx, leave(2, two.ID, 2), hours(0), 2, 9))
	w.keeps(func() {
		w.is(cloison.Denied, w.SuspendLeaver(w.ctx, leave(3, one.ID, 3), hours(0), 2, 9)) // the structure's number, of two machines
		w.is(cloison.Denied, w.SuspendLeaver(w.ctx, leave(3, one.ID, 3), hours(0), 9, 1)) // the machine's own
	})
	same(w, "state", w.read(agents[3].ID).State, directory.Active)
	w.ok(w.SuspendLeaver(w.ctx, leave(3, one.ID, 3), hours(2), 2, 1)) // the window went on
	elsewhere := w.read(agents[4].ID)
	elsewhere.Structure = "ML2"
	w.ok(w.UpdateAccount(w.ctx, elsewhere))
	w.ok(w.SuspendLeaver(w.ctx, leave(4, one.ID, 3), hours(0), 1, 9)) // another structure's number
	stale := leave(5, one.ID, 3)
	w.ok(w.UpdateAccount(w.ctx, stale))
	w.is(cloison.Stale, w.SuspendLeaver(w.ctx, stale, hours(3), 9, 9))

	back := w.read(agents[1].ID) // given back, it counts no more
	back.State, back.SuspendedBy = directory.Active, 0
	w.ok(w.UpdateAccount(w.ctx, back))
	w.is(cloison.Denied, w.SuspendLeaver(w.ctx, leave(6, two.ID, 3), hours(0), 3, 9))
	w.ok(w.SuspendLeaver(w.ctx, leave(6, two.ID, 3), hours(0), 4, 9))
}

func formerAddresses(w *world) {
	a := w.account("ann")
	was := a.Email
	amend := func(email cloison.Personal, h int) {
		a = w.read(a.ID)
		a.Email = email
		w.ok(w.AmendAccount(w.ctx, a, hours(h)))
	}
	amend(was, 0)
	amend("one@ml.example", 1)
	amend("one@ml.example", 2)
	amend("two@ml.example", 48)
	w.is(cloison.Stale, w.AmendAccount(w.ctx, a, hours(49)))
	kept := func() (list []any) {
		all, err := w.FormerAddresses(w.ctx, a.ID)
		w.ok(err)
		for _, f := range all {
			list = append(list, f.Address, f.Until)
		}
		return list
	}
	same(w, "kept", kept(), []any{was, hours(1), cloison.Personal("one@ml.example"), hours(48)})
	w.ok(w.Maintain(w.ctx, hours(1).AddDate(0, 0, 30)))
	same(w, "at the end of the month", len(kept()), 4)
	w.ok(w.Maintain(w.ctx, hours(2).AddDate(0, 0, 30)))
	same(w, "after it", kept(), []any{cloison.Personal("one@ml.example"), hours(48)})
}
