package storetest

import (
	"fmt"

	"cloison"
	"cloison/directory"
)

func trainingTests() []test {
	return []test{
		{"courses that end are listed by pages", coursesEnding},
	}
}

func coursesEnding(w *world) {
	due := func(name string, awareness, managers int, state directory.State) cloison.AccountID {
		a := w.account(name)
		if awareness != 0 {
			a.AwarenessUntil = hours(awareness)
		}
		if managers != 0 {
			a.ManagersUntil = hours(managers)
		}
		a.State = state
		w.ok(w.UpdateAccount(w.ctx, a))
		return a.ID
	}
	want := map[cloison.AccountID]bool{
		due("first instant", 24, 0, directory.Active): true, due("course", 500, 30, directory.Active): true,
		due("both", 47, 40, directory.Active): true,
	}
	for i := range 4 {
		want[due(fmt.Sprint("other ", i), 30+i, 0, directory.Active)] = true
	}
	due("never", 0, 0, directory.Active)
	due("earlier", 23, 0, directory.Active)
	due("last instant", 48, 48, directory.Active)
	due("suspended", 30, 30, directory.Suspended)
	due("pending", 30, 30, directory.Pending)

	var after cloison.AccountID
	for range len(want) + 1 {
		page, err := w.CoursesEnding(w.ctx, hours(24), hours(48), after, 2)
		w.ok(err)
		if len(page) == 0 {
			break
		}
		for _, a := range page {
			if a.ID <= after || !want[a.ID] {
				w.Errorf("%s is listed, after %v", a.Email.Reveal(), after)
			}
			same(w, "account", a, w.read(a.ID))
			after = a.ID
			delete(want, a.ID)
		}
	}
	same(w, "not listed", want, map[cloison.AccountID]bool{})
	never, err := w.CoursesEnding(w.ctx, hours(-100000), hours(-99999), 0, 10)
	w.ok(err)
	same(w, "long ago", len(never), 0)
}
