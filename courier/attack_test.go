package courier_test

import (
	"strings"
	"testing"
	"time"

	"cloison/courier"
	"cloison/directory"
)

// TestAClockThatWasAhead for a while does not silence the days' letters for as long as it was ahead.
func TestAClockThatWasAhead(t *testing.T) {
	w := open(t)
	honest := w.at
	w.add("ML1", "Alice Martin", directory.Adviser, func(a *directory.Account) { a.AwarenessUntil = honest.AddDate(0, 0, 20) })
	c := w.courier(nil, courier.Settings{})
	w.at = honest.AddDate(1, 1, 0)
	w.write(c)
	w.at = honest.Add(time.Hour)
	if got := kinds(w.write(c)); !strings.Contains(got, "training") {
		t.Errorf("after the clock was set right, the day's letters are %q", got)
	}
	if n := len(w.outbox()); n != len(w.write(c)) {
		t.Error("the same letters came again")
	}
}
