package storetest

import (
	"time"

	"cloison/directory"
)

func tenureTests() []test {
	return []test{
		{"a touch moves last seen by the hour, and no version", touches},
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
