package limits

import "slices"

// Radius is a blast radius: the most new persons that can still leave from somewhere until the day ends.
type Radius struct {
	Persons     int // explained or not
	Unexplained int // the most of them that nobody else explained
}

// Within returns the radius of a thief that has the session's cookie and not the passkey: at most what is left of the
// lease.
func (r Radius) Within(session Tally) Radius {
	left := int(max(session.Left, 0))
	return Radius{min(r.Persons, left), min(r.Unexplained, left)}
}

// rooms is how many new persons each cap still admits.
type rooms struct{ account, lineage, structure int }

func (b Bound) room(s Standing) rooms {
	r := rooms{
		account:   b.Caps.Account(s.Probation) - int(s.Account.Persons),
		lineage:   maxCap,
		structure: b.Caps.Structure(s.MedianDay) - int(s.Structure.Persons),
	}
	if s.Probation {
		r.lineage = b.Caps.LineagePerDay - int(s.Lineage.Pooled)
	}
	return r
}

// Radius returns the blast radius of one account, whatever all accounts do until the day ends; siblings is the number
// of other accounts in its lineage. A probation that ends within the day counts as ended.
//
// It bounds every interleaving. Persons: each new person that Charge admits takes one from each room, so that no more
// than the smallest room can follow. Unexplained: each one steps the account's, the lineage's and the structure's
// stream, and none may reach Hard, so that Detector.Most holds for each, with as many explained persons as the rooms of
// its subject leave (others of the lineage and the structure included); the least of the three holds. Persons shown
// again today add nothing: they are out already.
func (b Bound) Radius(day int32, s Standing, siblings int) (Radius, error) {
	s, err := s.advance(day)
	if err != nil {
		return Radius{}, err
	}
	account, lineage, structure := b.leeway(s.Account), b.leeway(s.Lineage), b.leeway(s.Structure)
	room := b.room(s)
	return b.radius(room, s.Probation, &account, &lineage, structure.most(room.structure), siblings), nil
}

// radius is Radius of one account, from its rooms and what the streams leave; structure is the most unexplained persons
// of its whole structure.
func (b Bound) radius(room rooms, probation bool, account, lineage *leeway, structure, siblings int) Radius {
	left := max(0, min(room.account, room.lineage, room.structure))
	if probation {
		return Radius{Persons: left}
	}
	return Radius{Persons: left, Unexplained: min(
		account.most(left),
		lineage.most(left+siblings*b.Caps.AccountPerDay),
		structure,
		left)}
}

// leeway is what a stream still leaves.
type leeway struct {
	lines
	latched bool
}

func (b Bound) leeway(t Tally) leeway {
	if t.Latched {
		return leeway{latched: true}
	}
	return leeway{lines: b.Detector.lines(t.Stream)}
}

// most is the most unexplained persons when at most persons new ones can follow: u unexplained ones leave room for
// persons − u explained ones.
func (l *leeway) most(persons int) int {
	if l.latched {
		return 0
	}
	// What the lines allow grows with the explained ones: if u does not fit, no greater u does. So walk u down from
	// just above where it crosses them.
	u := max(0, min(persons, l.crossing(max(0, persons))+2))
	for u > 0 && u > l.lines.most(persons-u) {
		u--
	}
	return u
}

// StructureState is a structure's tally with what its cap depends on.
type StructureState struct {
	Tally     Tally
	MedianDay int
}

// Member is one account of a lineage.
type Member struct {
	Account   Tally
	Structure int // an index into LineageState.Structures
	Probation bool
}

// LineageState is the state of a whole lineage. Leave out accounts that cannot disclose (managers, suspended accounts).
type LineageState struct {
	Tally      Tally
	Structures []StructureState
	Members    []Member
}

// LineageRadius returns the blast radius of all members together. It bounds every interleaving for the reasons given at
// Radius: the members' rooms add up, the newcomers' sum is capped by their pool, each structure's sum by its own cap;
// and the unexplained are bounded by the lineage's stream, by each structure's, and by the sum of the members'.
func (b Bound) LineageRadius(day int32, l LineageState) (Radius, error) {
	together, _, err := b.Radii(day, l)
	return together, err
}

// Radii returns LineageRadius and the Radius of each member, in their order, at the price of one: what the lineage's
// and its structures' streams leave is found once for all.
func (b Bound) Radii(day int32, l LineageState) (together Radius, each []Radius, err error) {
	lineage, err := l.Tally.Advance(day)
	if err != nil {
		return Radius{}, nil, err
	}
	stream := b.leeway(lineage)
	type sum struct{ persons, unexplained, room, most int }
	sums := make([]sum, len(l.Structures))
	for i, body := range l.Structures {
		t, err := body.Tally.Advance(day)
		if err != nil {
			return Radius{}, nil, err
		}
		own := b.leeway(t)
		sums[i].room = max(0, b.Caps.Structure(body.MedianDay)-int(t.Persons))
		sums[i].most = own.most(sums[i].room)
	}
	pool := b.Caps.LineagePerDay - int(lineage.Pooled)
	each = make([]Radius, 0, len(l.Members))
	var pooled, established int
	for _, m := range l.Members {
		account, err := m.Account.Advance(day)
		if err != nil {
			return Radius{}, nil, err
		}
		own, at := b.leeway(account), &sums[m.Structure]
		room := rooms{b.Caps.Account(m.Probation) - int(account.Persons), maxCap, at.room}
		left := max(0, min(room.account, room.structure))
		at.persons += left
		if m.Probation {
			room.lineage = pool
			pooled += left
		} else {
			established += left
			at.unexplained += own.most(left)
		}
		each = append(each, b.radius(room, m.Probation, &own, &stream, at.most, len(l.Members)-1))
	}
	var persons, unexplained int
	for _, s := range sums {
		persons += min(s.persons, s.room)
		unexplained += min(s.unexplained, s.most)
	}
	together.Persons = min(persons, min(pooled, max(0, pool))+established)
	together.Unexplained = min(unexplained, stream.most(together.Persons), together.Persons)
	return together, each, nil
}

// Marginal is what approving more accounts adds. An approver sees it.
type Marginal struct {
	Today       Radius // to the lineage's blast radius of today, with the accounts on probation
	Established Radius // to that of a whole day after their probation, with a calm detector
}

// Marginal returns what n more accounts in that structure (an index into l.Structures) add to the lineage.
func (b Bound) Marginal(day int32, l LineageState, body, n int) (Marginal, error) {
	var m Marginal
	var err error
	if m.Today, err = b.added(day, l, Member{Structure: body, Probation: true}, n); err != nil {
		return Marginal{}, err
	}
	quiet := LineageState{Structures: make([]StructureState, len(l.Structures)), Members: make([]Member, len(l.Members))}
	for i, old := range l.Structures {
		quiet.Structures[i].MedianDay = old.MedianDay
	}
	for i, old := range l.Members {
		quiet.Members[i].Structure = old.Structure
	}
	m.Established, err = b.added(day, quiet, Member{Structure: body}, n)
	return m, err
}

func (b Bound) added(day int32, l LineageState, m Member, n int) (Radius, error) {
	before, err := b.LineageRadius(day, l)
	if err != nil {
		return Radius{}, err
	}
	l.Members = slices.Concat(l.Members, slices.Repeat([]Member{m}, n))
	after, err := b.LineageRadius(day, l)
	return Radius{after.Persons - before.Persons, after.Unexplained - before.Unexplained}, err
}
