package policy_test

import (
	"slices"
	"testing"

	"cloison/rules/limits"
	"cloison/rules/policy"
)

const today = 20423

// run makes a decision and settles it, as the ledger's writer does.
func run(t testing.TB, s policy.Settings, f policy.Facts, at limits.Standing) (policy.Decision, limits.Result) {
	t.Helper()
	at.Probation = f.Account.OnProbation(f.Now)
	d := policy.Decide(s, f)
	out, err := s.Bound.Charge(today, at, d.Charges(f))
	if err != nil {
		t.Fatal(err)
	}
	return d.Settle(s, f, out.Verdicts), out
}

func lease(left int32) limits.Standing { return limits.Standing{Session: limits.Tally{Left: left}} }

func TestTheBoundHasTheLastWord(t *testing.T) {
	full := lease(20)
	full.Account.Persons, full.Account.Day = 60, today
	pool := lease(20)
	pool.Lineage.Persons, pool.Lineage.Pooled, pool.Lineage.Day = 60, 60, today
	body := lease(20)
	body.Structure.Persons, body.Structure.Day = 300, today
	latched := lease(20)
	latched.Lineage.Latched = true
	for _, c := range []struct {
		name    string
		change  func(*policy.Facts)
		at      limits.Standing
		verdict policy.Outcome
		want    policy.Reason
	}{
		{"account", func(*policy.Facts) {}, full, policy.Refuse, policy.Reason{Code: policy.CapDay, Count: 1, Limit: 60}},
		{"lineage", func(f *policy.Facts) { f.Account.ProbationUntil = noon.AddDate(0, 0, 1) }, pool, policy.Refuse,
			policy.Reason{Code: policy.CapLineage, Count: 1, Limit: 60}},
		{"structure", func(*policy.Facts) {}, body, policy.Refuse, policy.Reason{Code: policy.CapStructure, Count: 1}},
		{"bound", func(f *policy.Facts) { f.Persons[0].Explanation = by(policy.BreakGlass) }, latched, policy.Refuse,
			policy.Reason{Code: policy.BoundReached, Count: 1}},
		{"presence", func(*policy.Facts) {}, lease(0), policy.StepUp, policy.Reason{Code: policy.Presence, Count: 1, Limit: 20}},
		{"presence for one of two in a file", func(f *policy.Facts) { f.Persons = slices.Repeat(f.Persons, 2) }, lease(1), policy.StepUp,
			policy.Reason{Code: policy.Presence, Count: 1, Limit: 20}},
	} {
		f := ordinary()
		c.change(&f)
		d, out := run(t, policy.Default(), f, c.at)
		if d.Outcome != c.verdict || !slices.Equal(d.Reasons, []policy.Reason{c.want}) || d.Withheld() != len(f.Persons) {
			t.Errorf("%s: %+v", c.name, d)
		}
		if out.Next.Account.Persons != c.at.Account.Persons || out.Next.Session.Left != c.at.Session.Left {
			t.Errorf("%s: charged for nothing: %+v", c.name, out.Next)
		}
	}
}

// TestListLeavesWhatIsLeft: a page of 50 with a lease of 20 shows 20 rows, says how many need the passkey and how many
// are unexplained, and asks for the passkey.
func TestListLeavesWhatIsLeft(t *testing.T) {
	f := ordinary()
	f.Operation = policy.Search
	f.Persons = slices.Repeat(f.Persons, 50)
	for i := range 12 {
		f.Persons[4*i].Explanation = policy.Explanation{}
	}
	d, out := run(t, policy.Default(), f, lease(20))
	want := []policy.Reason{{Code: policy.NotExplained, Count: 12}, {Code: policy.Presence, Count: 18, Limit: 20}}
	if d.Outcome != policy.Permit || d.Factor != policy.PasskeyFactor || !slices.Equal(d.Reasons, want) || d.Withheld() != 30 {
		t.Fatalf("%s %s %+v", d.Outcome, d.Factor, d.Reasons)
	}
	if out.Next.Account.Persons != 20 || out.Next.Account.Attempts != 0 {
		t.Fatalf("%+v", out.Next.Account)
	}
	for i, o := range d.Persons { // the passkey is touched, the page asked for again
		f.Persons[i].ShownToday = o.Shown()
	}
	out.Next.Session.Left = 20
	if d, out = run(t, policy.Default(), f, out.Next); d.Withheld() != 12 || d.Factor != "" || out.Next.Account.Persons != 38 {
		t.Fatalf("%+v, %+v", d.Reasons, out.Next.Account)
	}
}

func TestListWithNothingButTheLeaseInTheWayAsks(t *testing.T) {
	f := ordinary()
	f.Operation = policy.List
	if d, _ := run(t, policy.Default(), f, lease(0)); d.Outcome != policy.StepUp || d.Factor != policy.PasskeyFactor {
		t.Fatalf("%+v", d)
	}
	f.Persons = append(f.Persons, policy.Person{Fields: file})
	if d, _ := run(t, policy.Default(), f, lease(0)); d.Outcome != policy.Permit || d.Withheld() != 2 || d.Factor != policy.PasskeyFactor {
		t.Fatalf("%+v", d)
	}
}

// TestAttemptsStopTheAccount: attempts at strangers open nothing, and then break-glass opens nothing either.
func TestAttemptsStopTheAccount(t *testing.T) {
	f, at := ordinary(), lease(20)
	f.Persons[0].Explanation = policy.Explanation{}
	for range 5 {
		d, out := run(t, policy.Default(), f, at)
		if d.Outcome != policy.Refuse || !slices.Equal(codes(d), []policy.ReasonCode{policy.NotExplained}) {
			t.Fatalf("%+v", d)
		}
		again := f
		again.Persons = []policy.Person{{Fields: file, RefusedToday: true}}
		if _, same := run(t, policy.Default(), again, out.Next); same.Next != out.Next {
			t.Fatal("asking again for the same person is no further evidence")
		}
		at = out.Next
	}
	f.Persons[0].Explanation = by(policy.BreakGlass)
	f.Session.PasskeyAt = noon
	if d, _ := run(t, policy.Default(), f, at); !at.Account.Latched || d.Outcome != policy.Refuse || codes(d)[0] != policy.BoundReached {
		t.Fatalf("%+v, %+v", at.Account, d)
	}
	f.Persons[0].Explanation = by(policy.Caseload)
	if d, _ := run(t, policy.Default(), f, at); d.Outcome != policy.Permit {
		t.Fatalf("the caseload stays open: %+v", d)
	}
}

func TestMissingVerdictsRefuse(t *testing.T) {
	f := ordinary()
	f.Persons = slices.Repeat(f.Persons, 3)
	d := policy.Decide(policy.Default(), f)
	if got := d.Settle(policy.Default(), f, []limits.Verdict{limits.Admitted, limits.Admitted}); got.Outcome != policy.Refuse || got.Withheld() != 3 {
		t.Fatalf("%+v", got)
	}
	if d.Withheld() != 0 {
		t.Fatal("Settle changed the decision it was called on")
	}
}
