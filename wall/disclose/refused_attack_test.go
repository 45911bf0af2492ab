package disclose_test

import (
	"testing"

	"cloison"
	"cloison/rules/limits"
	"cloison/rules/policy"
	"cloison/wall/disclose"
)

// TestAttemptsAtOneStrangerDoNotHideTheOthers first spends the day's quota of refusals on one stranger, then asks for
// others: each is still evidence.
func TestAttemptsAtOneStrangerDoNotHideTheOthers(t *testing.T) {
	onBoth(t, func(w *world) {
		t := w.TB
		who, d := w.adviser(1), w.replica(w.DB)
		for range 1001 {
			w.reads(d, who, person(2, 0))
		}
		for i := range 20 {
			w.reads(d, who, person(2, 1+i))
		}
		c, err := w.DB.Tallies(t.Context(), []disclose.Counted{disclose.CountedAccount(who.Account)})
		w.Must(err)
		if level := c[0].Tally.Level(w.set.Bound.Detector); level != limits.Hard {
			t.Fatalf("twenty more strangers were asked for, and the account is %v after %d attempts", level, c[0].Tally.Attempts)
		}
	})
}

// TestAPresenceOpensTheListThatAskedForIt uses the passkey after a list was withheld because the lease was used up.
func TestAPresenceOpensTheListThatAskedForIt(t *testing.T) {
	onBoth(t, func(w *world) {
		t := w.TB
		who, d := w.adviser(1), w.replica(w.DB)
		list := func(from int) policy.Decision {
			r := read(who, "")
			r.Operation, r.Persons = policy.List, nil
			for i := range 20 {
				r.Persons = append(r.Persons, disclose.Person{Ref: person(1, from+i), Fields: cloison.Identity})
			}
			a, err := d.Disclose(t.Context(), r)
			w.Must(err)
			return a.Decision
		}
		list(0)
		if decision := list(20); decision.Outcome != policy.StepUp {
			t.Fatalf("%+v", decision)
		}
		w.Must(w.DB.RenewPresence(t.Context(), who.Session.ID, 20))
		if decision := list(20); decision.Outcome != policy.Permit || decision.Withheld() != 0 {
			t.Fatalf("the passkey was shown, and the list is %s: %+v", decision.Outcome, decision.Reasons)
		}
	})
}
