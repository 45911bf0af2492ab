package limits_test

import (
	"fmt"
	"slices"
	"testing"

	"cloison"
	"cloison/rules/limits"
)

const today = 20423 // 1 December 2025

// persons draws a request in letters: e explained, u unexplained, a refused attempt; a capital stands for a person
// shown or refused today already.
func persons(letters string) (r limits.Request) {
	for _, c := range letters {
		p := limits.Person{New: c >= 'a'}
		switch c | 0x20 {
		case 'e':
			p.Explained = true
		case 'a':
			p.Refused = true
		}
		r.Persons = append(r.Persons, p)
	}
	return r
}

func fresh() limits.Standing { return limits.Standing{Session: limits.Tally{Left: 1000}} }

func charge(t *testing.T, b limits.Bound, s limits.Standing, letters string) limits.Result {
	t.Helper()
	out, err := b.Charge(today, s, persons(letters))
	if err != nil {
		t.Fatal(err)
	}
	return out
}

func count(out limits.Result, v limits.Verdict) (n int) {
	for _, w := range out.Verdicts {
		if w == v {
			n++
		}
	}
	return n
}

func repeat(letter string, n int) string {
	return string(slices.Repeat([]byte(letter), n))
}

// TestEachCapStopsAtItsNumber fills one cap after the other, in one request and person by person alike.
func TestEachCapStopsAtItsNumber(t *testing.T) {
	b := limits.Default()
	for _, c := range []struct {
		name     string
		change   func(*limits.Standing)
		admitted int
		over     limits.Verdict
	}{
		{"account", func(*limits.Standing) {}, 60, limits.OverAccount},
		{"account, begun", func(s *limits.Standing) { s.Account.Persons = 57 }, 3, limits.OverAccount},
		{"probation", func(s *limits.Standing) { s.Probation = true }, 20, limits.OverAccount},
		{"pool of the lineage", func(s *limits.Standing) { s.Probation, s.Lineage.Persons, s.Lineage.Pooled = true, 90, 55 }, 5, limits.OverLineage},
		{"established, pool full", func(s *limits.Standing) { s.Lineage.Persons, s.Lineage.Pooled = 90, 60 }, 60, limits.OverAccount},
		{"structure, median unknown", func(s *limits.Standing) { s.Structure.Persons = 290 }, 10, limits.OverStructure},
		{"structure, median known", func(s *limits.Standing) { s.Structure.Persons, s.MedianDay = 590, 200 }, 10, limits.OverStructure},
		{"presence", func(s *limits.Standing) { s.Session.Left = 20 }, 20, limits.NoPresence},
		{"no session", func(s *limits.Standing) { s.Session = limits.Tally{} }, 0, limits.NoPresence},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := fresh()
			for _, y := range []*limits.Tally{&s.Account, &s.Lineage, &s.Structure, &s.Session} {
				y.Day = today
			}
			c.change(&s)
			out := charge(t, b, s, repeat("e", 100))
			if n := count(out, limits.Admitted); n != c.admitted || count(out, c.over) != 100-n {
				t.Errorf("at once: %d admitted, want %d; last %v", n, c.admitted, out.Verdicts[99])
			}
			n := 0
			for range 100 {
				one := charge(t, b, s, "e")
				n, s = n+count(one, limits.Admitted), one.Next
			}
			if n != c.admitted || s != out.Next {
				t.Errorf("one by one: %d admitted, want %d; tallies %+v, want %+v", n, c.admitted, s, out.Next)
			}
		})
	}
}

func TestShowingAgainIsFree(t *testing.T) {
	b := limits.Default()
	s := charge(t, b, fresh(), repeat("e", 60)+"uu").Next
	s.Session.Left = 0
	out := charge(t, b, s, repeat("E", 500)+"UU")
	if count(out, limits.Admitted) != 502 || out.Next != s {
		t.Fatalf("%d admitted; %+v became %+v", count(out, limits.Admitted), s, out.Next)
	}
}

// TestRefusedAttemptsAreEvidence: nothing leaves, the account turns hard, and further attempts move no stream.
func TestRefusedAttemptsAreEvidence(t *testing.T) {
	b := limits.Default()
	out := charge(t, b, fresh(), repeat("a", 4)+repeat("A", 50))
	if count(out, limits.Refused) != 54 || out.Next.Account.Attempts != 4 || out.Next.Account.Latched || out.Next.Account.Persons != 0 {
		t.Fatalf("%+v", out.Next.Account)
	}
	fifth := charge(t, b, out.Next, "a")
	want := limits.Rise{Owner: limits.Account, Level: limits.Hard, Statistic: fifth.Next.Account.Stream.Statistic()}
	if !fifth.Next.Account.Latched || fifth.Next.Lineage.Latched || fifth.Next.Structure.Latched || !slices.Equal(fifth.Rises, []limits.Rise{want}) {
		t.Fatalf("after five attempts: %+v", fifth)
	}
	if on := charge(t, b, fifth.Next, repeat("a", 30)); on.Next != fifth.Next || on.Rises != nil {
		t.Fatalf("a further attempt moved %+v to %+v", fifth.Next, on.Next)
	}
}

// TestBoundRefusesBeforeAndLatches: the crossing person is not shown, explained persons still are, and only a reset
// ends it.
func TestBoundRefusesBeforeAndLatches(t *testing.T) {
	b := limits.Default()
	out := charge(t, b, fresh(), "uuuuuueu")
	want := []limits.Verdict{1, 1, 1, 1, limits.OverBound, limits.OverBound, limits.Admitted, limits.OverBound}
	if !slices.Equal(out.Verdicts, want) || out.Next.Account.Unexplained != 4 || !out.Next.Account.Latched {
		t.Fatalf("%v, %+v", out.Verdicts, out.Next.Account)
	}
	if out.Rises[0].Level != limits.Hard {
		t.Fatalf("rises %v", out.Rises)
	}
	frozen := out.Next.Account.Stream
	out, err := b.Charge(today+30, out.Next, persons(repeat("e", 40)+"u"))
	if err != nil || count(out, limits.Admitted) != 40 || out.Next.Account.Stream != frozen {
		t.Fatalf("a month later %v, %v", out.Verdicts, err)
	}
	out.Next.Account = out.Next.Account.Reset()
	if again := charge2(t, b, today+30, out.Next, "u"); count(again, limits.Admitted) != 1 || again.Next.Account.Persons != 41 {
		t.Fatalf("after a reset: %+v", again)
	}
}

func charge2(t *testing.T, b limits.Bound, day int32, s limits.Standing, letters string) limits.Result {
	t.Helper()
	out, err := b.Charge(day, s, persons(letters))
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// TestAnyLatchStopsTheUnexplained: the account's, the lineage's and the structure's.
func TestAnyLatchStopsTheUnexplained(t *testing.T) {
	for i := range 3 {
		s := fresh()
		[]*limits.Tally{&s.Account, &s.Lineage, &s.Structure}[i].Latched = true
		out := charge(t, limits.Default(), s, "eu")
		if !slices.Equal(out.Verdicts, []limits.Verdict{limits.Admitted, limits.OverBound}) {
			t.Errorf("%v latched: %v", limits.Owner(i), out.Verdicts)
		}
	}
}

func TestNothingUnexplainedOnProbation(t *testing.T) {
	s := fresh()
	s.Probation = true
	out := charge(t, limits.Default(), s, "ueu")
	if !slices.Equal(out.Verdicts, []limits.Verdict{limits.Refused, limits.Admitted, limits.Refused}) || out.Next.Account.Attempts != 2 || out.Next.Account.Unexplained != 0 {
		t.Fatalf("%v, %+v", out.Verdicts, out.Next.Account)
	}
}

// TestWholeAnswersChargeNobodyAlone: a file of several persons leaves complete or not at all.
func TestWholeAnswersChargeNobodyAlone(t *testing.T) {
	b := limits.Default()
	for letters, want := range map[string]string{
		"eE": "admitted admitted", "ee": "admitted presence", "eeu": "admitted presence presence",
		"ea": "incomplete not_explained", "eA": "incomplete not_explained",
	} {
		s := fresh()
		s.Session.Left = 1
		r := persons(letters)
		r.Whole = true
		out, err := b.Charge(today, s, r)
		if err != nil {
			t.Fatal(err)
		}
		if letters[1] == 'e' { // the first fitted alone
			want = "incomplete" + want[len("admitted"):]
		}
		if got := fmt.Sprint(out.Verdicts); got != "["+want+"]" {
			t.Errorf("%s: %v, want %s", letters, got, want)
		}
		if shown := letters == "eE"; (out.Next.Account.Persons == 1) != shown || (out.Next.Session.Left == 0) != shown {
			t.Errorf("%s: %+v", letters, out.Next)
		}
		if (out.Next.Account.Attempts == 1) != (letters == "ea") {
			t.Errorf("%s: %d attempts", letters, out.Next.Account.Attempts)
		}
	}
}

func TestZeroBoundAdmitsNobody(t *testing.T) {
	if out := charge(t, limits.Bound{}, fresh(), "eu"); count(out, limits.Admitted) != 0 {
		t.Fatal(out.Verdicts)
	}
	if out := charge(t, limits.Bound{Caps: limits.DefaultCaps()}, fresh(), "u"); count(out, limits.Admitted) != 0 {
		t.Fatal(out.Verdicts)
	}
}

func TestClockThatGoesBackClosesEverything(t *testing.T) {
	b := limits.Default()
	for i := range 4 {
		s := fresh()
		[]*limits.Tally{&s.Account, &s.Lineage, &s.Structure, &s.Session}[i].Day = today + 1
		if _, err := b.Charge(today, s, persons("e")); cloison.KindOf(err) != cloison.Unavailable {
			t.Errorf("charge: %v", err)
		}
		if _, err := b.Radius(today, s, 0); cloison.KindOf(err) != cloison.Unavailable {
			t.Errorf("radius: %v", err)
		}
	}
}

func TestNamesReadBack(t *testing.T) {
	for v := limits.Refused; v <= limits.Incomplete; v++ {
		b, _ := v.MarshalText()
		var got limits.Verdict
		if err := got.UnmarshalText(b); err != nil || got != v {
			t.Errorf("%v: %v, %v", v, got, err)
		}
	}
	for l := limits.Calm; l <= limits.Hard; l++ {
		b, _ := l.MarshalText()
		var got limits.Level
		if err := got.UnmarshalText(b); err != nil || got != l {
			t.Errorf("%v: %v, %v", l, got, err)
		}
	}
	if new(limits.Verdict).UnmarshalText([]byte("Admitted")) == nil || new(limits.Level).UnmarshalText(nil) == nil {
		t.Error("an unknown name was read")
	}
}

func BenchmarkCharge(b *testing.B) {
	rule := limits.Default()
	rule.Caps.AccountPerDay, rule.Caps.StructureFloor = 1_000_000, 1_000_000
	for _, n := range []int{1, 50} {
		r := persons(repeat("e", n))
		b.Run(fmt.Sprintf("persons=%d", n), func(b *testing.B) {
			s := fresh()
			s.Session.Left = 1 << 20
			b.ReportAllocs()
			for b.Loop() {
				if _, err := rule.Charge(today, s, r); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

func BenchmarkRadius(b *testing.B) {
	rule, s := limits.Default(), fresh()
	for b.Loop() {
		if _, err := rule.Radius(today, s, 3); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkTally(b *testing.B) {
	y := limits.Tally{Day: today, Persons: 3, Stream: limits.Stream{1, 2, 3, 4, 5}}
	for b.Loop() {
		bytes, err := y.MarshalBinary()
		if err != nil || y.UnmarshalBinary(bytes) != nil {
			b.Fatal(err)
		}
	}
}
