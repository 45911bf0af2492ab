package bound_test

import (
	"testing"

	"pgregory.net/rapid"

	"cloison/bound"
)

func TestRadiusOfAFreshAccount(t *testing.T) {
	b := bound.Default()
	for _, c := range []struct {
		name   string
		change func(*bound.Standing)
		want   bound.Radius
	}{
		{"established", func(*bound.Standing) {}, bound.Radius{Persons: 60, Unexplained: 15}},
		{"on probation", func(s *bound.Standing) { s.Probation = true }, bound.Radius{Persons: 20}},
		{"nearly full", func(s *bound.Standing) { s.Account.Day, s.Account.Persons = today, 57 }, bound.Radius{Persons: 3, Unexplained: 3}},
		{"full", func(s *bound.Standing) { s.Account.Day, s.Account.Persons = today, 60 }, bound.Radius{}},
		{"latched", func(s *bound.Standing) { s.Lineage.Latched = true }, bound.Radius{Persons: 60}},
		{"yesterday's count", func(s *bound.Standing) { s.Account.Day, s.Account.Persons = today-1, 60 }, bound.Radius{Persons: 60, Unexplained: 15}},
	} {
		s := fresh()
		c.change(&s)
		if got, err := b.Radius(today, s, 0); err != nil || got != c.want {
			t.Errorf("%s: %+v, %v, want %+v", c.name, got, err, c.want)
		}
	}
	if got := (bound.Radius{Persons: 60, Unexplained: 15}).Within(bound.Tally{Left: 7}); got != (bound.Radius{Persons: 7, Unexplained: 7}) {
		t.Errorf("within a lease of 7: %+v", got)
	}
}

func TestLineageRadiusAddsUpUnderEveryCap(t *testing.T) {
	b := bound.Default()
	newcomer, adviser := bound.Member{Probation: true}, bound.Member{}
	elsewhere := bound.Member{Body: 1}
	bodies := []bound.Body{{MedianDay: 200}, {Tally: bound.Tally{Day: today, Persons: 230}}}
	for _, c := range []struct {
		name string
		bound.LineageState
		want bound.Radius
	}{
		{"nobody", bound.LineageState{}, bound.Radius{}},
		{"two newcomers", bound.LineageState{Members: []bound.Member{newcomer, newcomer}}, bound.Radius{Persons: 40}},
		{"five newcomers share the pool", bound.LineageState{Members: []bound.Member{newcomer, newcomer, newcomer, newcomer, newcomer}}, bound.Radius{Persons: 60}},
		{"the pool has begun", bound.LineageState{Tally: bound.Tally{Day: today, Persons: 55, Pooled: 55},
			Members: []bound.Member{newcomer, adviser}}, bound.Radius{Persons: 65, Unexplained: 15}},
		{"one adviser", bound.LineageState{Members: []bound.Member{adviser}}, bound.Radius{Persons: 60, Unexplained: 15}},
		{"one stream for two advisers", bound.LineageState{Members: []bound.Member{adviser, adviser}}, bound.Radius{Persons: 120, Unexplained: 21}},
		{"their structure is nearly full", bound.LineageState{Members: []bound.Member{elsewhere, elsewhere}}, bound.Radius{Persons: 70, Unexplained: 16}},
		{"the lineage is latched", bound.LineageState{Tally: bound.Tally{Latched: true}, Members: []bound.Member{adviser}}, bound.Radius{Persons: 60}},
	} {
		c.Bodies = bodies
		if got, err := b.LineageRadius(today, c.LineageState); err != nil || got != c.want {
			t.Errorf("%s: %+v, %v, want %+v", c.name, got, err, c.want)
		}
	}
}

// TestRadiiAreTheRadiusOfEach measures lineages member by member, which is how one account is measured.
func TestRadiiAreTheRadiusOfEach(t *testing.T) {
	b := bound.Default()
	rapid.Check(t, func(t *rapid.T) {
		tally := func() bound.Tally {
			return bound.Tally{Day: today - rapid.Int32Range(0, 1).Draw(t, "age"), Persons: rapid.Int32Range(0, 320).Draw(t, "persons"),
				Stream: drawStream(t, b.Params), Latched: rapid.IntRange(0, 9).Draw(t, "latched") == 0}
		}
		l := bound.LineageState{Tally: tally()}
		l.Tally.Pooled = min(l.Tally.Persons, rapid.Int32Range(0, 70).Draw(t, "pooled"))
		for range rapid.IntRange(1, 3).Draw(t, "bodies") {
			l.Bodies = append(l.Bodies, bound.Body{Tally: tally(), MedianDay: rapid.IntRange(0, 200).Draw(t, "median")})
		}
		for range rapid.IntRange(0, 5).Draw(t, "members") {
			m := bound.Member{Account: tally(), Body: rapid.IntRange(0, len(l.Bodies)-1).Draw(t, "body"), Probation: rapid.Bool().Draw(t, "probation")}
			m.Account.Persons %= 70
			l.Members = append(l.Members, m)
		}
		together, each, err := b.Radii(today, l)
		if err != nil || len(each) != len(l.Members) {
			t.Fatalf("%d radii of %d members, %v", len(each), len(l.Members), err)
		}
		if whole, err := b.LineageRadius(today, l); err != nil || whole != together {
			t.Errorf("the lineage reaches %+v, %v, want %+v", whole, err, together)
		}
		var widest int
		for i, m := range l.Members {
			want, err := b.Radius(today, bound.Standing{Account: m.Account, Lineage: l.Tally, Structure: l.Bodies[m.Body].Tally, Probation: m.Probation,
				MedianDay: l.Bodies[m.Body].MedianDay}, len(l.Members)-1)
			if err != nil || each[i] != want {
				t.Errorf("member %d reaches %+v, %v, want %+v", i, each[i], err, want)
			}
			widest = max(widest, each[i].Persons)
		}
		if together.Persons < widest {
			t.Errorf("together they reach %d persons, one of them %d", together.Persons, widest)
		}
	})
}

// TestRadiusIsMonotone: more already counted, or a worse stream, never widens it.
func TestRadiusIsMonotone(t *testing.T) {
	b := bound.Default()
	rapid.Check(t, func(t *rapid.T) {
		s := bound.Standing{Probation: rapid.Bool().Draw(t, "probation"), MedianDay: rapid.IntRange(0, 200).Draw(t, "median")}
		for _, y := range []*bound.Tally{&s.Account, &s.Lineage, &s.Structure} {
			y.Day, y.Stream = today, drawStream(t, b.Params)
			y.Persons = rapid.Int32Range(0, 70).Draw(t, "persons")
		}
		siblings := rapid.IntRange(0, 9).Draw(t, "siblings")
		before, err := b.Radius(today, s, siblings)
		if err != nil {
			t.Fatal(err)
		}
		more := s
		y := []*bound.Tally{&more.Account, &more.Lineage, &more.Structure}[rapid.IntRange(0, 2).Draw(t, "whose")]
		switch rapid.IntRange(0, 3).Draw(t, "what") {
		case 0:
			y.Persons += 3
		case 1:
			y.Stream[rapid.IntRange(0, bound.Stakes-1).Draw(t, "stake")] += 100
		case 2:
			y.Latched = true
		case 3:
			more.Probation = true
		}
		after, err := b.Radius(today, more, siblings)
		if err != nil || after.Persons > before.Persons || after.Unexplained > before.Unexplained {
			t.Fatalf("%+v became %+v, %v", before, after, err)
		}
		wider, _ := b.Radius(today, s, siblings+1)
		if wider.Unexplained < before.Unexplained {
			t.Fatalf("one sibling more made %+v of %+v", wider, before)
		}
	})
}

func TestMarginalShowsWhatApprovingAdds(t *testing.T) {
	b := bound.Default()
	manager := bound.LineageState{Bodies: []bound.Body{{MedianDay: 200}}}
	three := manager
	three.Members = []bound.Member{{Probation: true}, {Probation: true}, {Probation: true}}
	full := manager
	full.Bodies = []bound.Body{{Tally: bound.Tally{Day: today, Persons: 600}, MedianDay: 200}}
	for _, c := range []struct {
		name  string
		state bound.LineageState
		want  bound.Marginal
	}{
		{"the first", manager, bound.Marginal{Today: bound.Radius{Persons: 20}, Established: bound.Radius{Persons: 60, Unexplained: 15}}},
		{"the fourth: the pool is shared", three, bound.Marginal{Established: bound.Radius{Persons: 60, Unexplained: 6}}},
		{"a structure whose day is full", full, bound.Marginal{Established: bound.Radius{Persons: 60, Unexplained: 15}}},
	} {
		got, err := b.Marginal(today, c.state, 0, 1)
		if err != nil || got != c.want {
			t.Errorf("%s: %+v, %v, want %+v", c.name, got, err, c.want)
		}
	}
	if len(three.Members) != 3 {
		t.Error("Marginal changed its argument")
	}
}
