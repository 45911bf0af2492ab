package limits_test

import (
	"testing"

	"pgregory.net/rapid"

	"cloison/rules/limits"
)

func TestRadiusOfAFreshAccount(t *testing.T) {
	b := limits.Default()
	for _, c := range []struct {
		name   string
		change func(*limits.Standing)
		want   limits.Radius
	}{
		{"established", func(*limits.Standing) {}, limits.Radius{Persons: 60, Unexplained: 15}},
		{"on probation", func(s *limits.Standing) { s.Probation = true }, limits.Radius{Persons: 20}},
		{"nearly full", func(s *limits.Standing) { s.Account.Day, s.Account.Persons = today, 57 }, limits.Radius{Persons: 3, Unexplained: 3}},
		{"full", func(s *limits.Standing) { s.Account.Day, s.Account.Persons = today, 60 }, limits.Radius{}},
		{"latched", func(s *limits.Standing) { s.Lineage.Latched = true }, limits.Radius{Persons: 60}},
		{"yesterday's count", func(s *limits.Standing) { s.Account.Day, s.Account.Persons = today-1, 60 }, limits.Radius{Persons: 60, Unexplained: 15}},
	} {
		s := fresh()
		c.change(&s)
		if got, err := b.Radius(today, s, 0); err != nil || got != c.want {
			t.Errorf("%s: %+v, %v, want %+v", c.name, got, err, c.want)
		}
	}
	if got := (limits.Radius{Persons: 60, Unexplained: 15}).Within(limits.Tally{Left: 7}); got != (limits.Radius{Persons: 7, Unexplained: 7}) {
		t.Errorf("within a lease of 7: %+v", got)
	}
}

func TestLineageRadiusAddsUpUnderEveryCap(t *testing.T) {
	b := limits.Default()
	newcomer, adviser := limits.Member{Probation: true}, limits.Member{}
	elsewhere := limits.Member{Structure: 1}
	bodies := []limits.StructureState{{MedianDay: 200}, {Tally: limits.Tally{Day: today, Persons: 230}}}
	for _, c := range []struct {
		name string
		limits.LineageState
		want limits.Radius
	}{
		{"nobody", limits.LineageState{}, limits.Radius{}},
		{"two newcomers", limits.LineageState{Members: []limits.Member{newcomer, newcomer}}, limits.Radius{Persons: 40}},
		{"five newcomers share the pool", limits.LineageState{Members: []limits.Member{newcomer, newcomer, newcomer, newcomer, newcomer}}, limits.Radius{Persons: 60}},
		{"the pool has begun", limits.LineageState{Tally: limits.Tally{Day: today, Persons: 55, Pooled: 55},
			Members: []limits.Member{newcomer, adviser}}, limits.Radius{Persons: 65, Unexplained: 15}},
		{"one adviser", limits.LineageState{Members: []limits.Member{adviser}}, limits.Radius{Persons: 60, Unexplained: 15}},
		{"one stream for two advisers", limits.LineageState{Members: []limits.Member{adviser, adviser}}, limits.Radius{Persons: 120, Unexplained: 21}},
		{"their structure is nearly full", limits.LineageState{Members: []limits.Member{elsewhere, elsewhere}}, limits.Radius{Persons: 70, Unexplained: 16}},
		{"the lineage is latched", limits.LineageState{Tally: limits.Tally{Latched: true}, Members: []limits.Member{adviser}}, limits.Radius{Persons: 60}},
	} {
		c.Structures = bodies
		if got, err := b.LineageRadius(today, c.LineageState); err != nil || got != c.want {
			t.Errorf("%s: %+v, %v, want %+v", c.name, got, err, c.want)
		}
	}
}

// TestRadiiAreTheRadiusOfEach measures lineages member by member, which is how one account is measured.
func TestRadiiAreTheRadiusOfEach(t *testing.T) {
	b := limits.Default()
	rapid.Check(t, func(t *rapid.T) {
		tally := func() limits.Tally {
			return limits.Tally{Day: today - rapid.Int32Range(0, 1).Draw(t, "age"), Persons: rapid.Int32Range(0, 320).Draw(t, "persons"),
				Stream: drawStream(t, b.Detector), Latched: rapid.IntRange(0, 9).Draw(t, "latched") == 0}
		}
		l := limits.LineageState{Tally: tally()}
		l.Tally.Pooled = min(l.Tally.Persons, rapid.Int32Range(0, 70).Draw(t, "pooled"))
		for range rapid.IntRange(1, 3).Draw(t, "bodies") {
			l.Structures = append(l.Structures, limits.StructureState{Tally: tally(), MedianDay: rapid.IntRange(0, 200).Draw(t, "median")})
		}
		for range rapid.IntRange(0, 5).Draw(t, "members") {
			m := limits.Member{Account: tally(), Structure: rapid.IntRange(0, len(l.Structures)-1).Draw(t, "body"), Probation: rapid.Bool().Draw(t, "probation")}
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
			want, err := b.Radius(today, limits.Standing{Account: m.Account, Lineage: l.Tally, Structure: l.Structures[m.Structure].Tally, Probation: m.Probation,
				MedianDay: l.Structures[m.Structure].MedianDay}, len(l.Members)-1)
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
	b := limits.Default()
	rapid.Check(t, func(t *rapid.T) {
		s := limits.Standing{Probation: rapid.Bool().Draw(t, "probation"), MedianDay: rapid.IntRange(0, 200).Draw(t, "median")}
		for _, y := range []*limits.Tally{&s.Account, &s.Lineage, &s.Structure} {
			y.Day, y.Stream = today, drawStream(t, b.Detector)
			y.Persons = rapid.Int32Range(0, 70).Draw(t, "persons")
		}
		siblings := rapid.IntRange(0, 9).Draw(t, "siblings")
		before, err := b.Radius(today, s, siblings)
		if err != nil {
			t.Fatal(err)
		}
		more := s
		y := []*limits.Tally{&more.Account, &more.Lineage, &more.Structure}[rapid.IntRange(0, 2).Draw(t, "whose")]
		switch rapid.IntRange(0, 3).Draw(t, "what") {
		case 0:
			y.Persons += 3
		case 1:
			y.Stream[rapid.IntRange(0, limits.Stakes-1).Draw(t, "stake")] += 100
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
	b := limits.Default()
	manager := limits.LineageState{Structures: []limits.StructureState{{MedianDay: 200}}}
	three := manager
	three.Members = []limits.Member{{Probation: true}, {Probation: true}, {Probation: true}}
	full := manager
	full.Structures = []limits.StructureState{{Tally: limits.Tally{Day: today, Persons: 600}, MedianDay: 200}}
	for _, c := range []struct {
		name  string
		state limits.LineageState
		want  limits.Marginal
	}{
		{"the first", manager, limits.Marginal{Today: limits.Radius{Persons: 20}, Established: limits.Radius{Persons: 60, Unexplained: 15}}},
		{"the fourth: the pool is shared", three, limits.Marginal{Established: limits.Radius{Persons: 60, Unexplained: 6}}},
		{"a structure whose day is full", full, limits.Marginal{Established: limits.Radius{Persons: 60, Unexplained: 15}}},
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
