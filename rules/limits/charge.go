package limits

import (
	"slices"

	"cloison"
)

// Bound holds the settings of Charge and of the radii. The zero Bound admits nobody.
type Bound struct {
	Detector Detector `json:"detector"`
	Caps     Caps     `json:"caps"`
}

// Default is the bound without a setting.
func Default() Bound { return Bound{DefaultDetector(), DefaultCaps()} }

// Validate checks both parts.
func (b Bound) Validate() error {
	if err := b.Detector.Validate(); err != nil {
		return err
	}
	return b.Caps.Validate()
}

// Standing is the state of one account: its four tallies and what its caps depend on.
type Standing struct {
	Account, Lineage, Structure, Session Tally

	Probation bool // the account is on probation: small cap, pooled with its lineage, nothing unexplained
	MedianDay int  // of its structure; 0: not known
}

// Request is the persons that one request would disclose.
type Request struct {
	Persons []Person
	// Whole is true when the answer leaves whole or not at all, as a file does and a list does not. If one person is
	// not admitted then, nobody is, and only refused attempts move a counter.
	Whole bool
}

// Person is one person of a request.
type Person struct {
	// New is true when the person was not shown to this account today or, when Refused, not refused to it today. A
	// person shown again costs nothing, and a person refused again is no new evidence.
	New bool
	// Explained is true when somebody else made the explanation, earlier. A self-granted explanation does not count.
	Explained bool
	// Refused is true when policy refused this person, asked for by reference, because there is no explanation: nothing
	// is disclosed, but the attempt is evidence. Leave out rows withheld from a list: they were not asked for by
	// reference.
	Refused bool
}

// Verdict is what happens to one person. Only Admitted discloses.
type Verdict uint8

const (
	Refused       Verdict = iota // by policy, or unexplained on probation
	Admitted                     //
	OverAccount                  // the account's day is full
	OverLineage                  // the day of the lineage's newcomers is full
	OverStructure                // the structure's day is full
	OverBound                    // the detector's bound: it would turn hard, or is latched
	NoPresence                   // the presence lease is used up: ask the passkey first
	Incomplete                   // admissible, but another person of the whole answer is not
)

func verdictCodes() []string {
	return []string{"not_explained", "admitted", "cap_day", "cap_lineage", "cap_structure", "bound_reached", "presence",
		"incomplete"}
}

// String returns the stable code, a reason of the message catalogue.
func (v Verdict) String() string { return verdictCodes()[v] }

// MarshalText stores a verdict by its code.
func (v Verdict) MarshalText() ([]byte, error) { return []byte(v.String()), nil }

// UnmarshalText reads a code.
func (v *Verdict) UnmarshalText(b []byte) error {
	i := slices.Index(verdictCodes(), string(b))
	if i < 0 {
		return cloison.Errorf(cloison.Invalid, "read verdict: %q is unknown; want one of %v", b, verdictCodes())
	}
	*v = Verdict(i)
	return nil
}

// Owner says whose stream it is, the narrowest first.
type Owner uint8

const (
	Account Owner = iota
	Lineage
	Structure
)

// String returns account, lineage or structure.
func (s Owner) String() string { return [...]string{"account", "lineage", "structure"}[s] }

// Rise says that a stream reached a higher level during the request. It makes an alarm.
type Rise struct {
	Owner     Owner
	Level     Level
	Statistic float64 // the highest in the request
}

// Result is what Charge decides.
type Result struct {
	Verdicts []Verdict // one a person, in their order
	Next     Standing  // the tallies to store, in the transaction that stores the rows of the admitted persons
	Rises    []Rise    // the narrowest first
}

// Charge decides one request, person by person in their order, and returns the next tallies. No other code moves a
// counter. Only the ledger's writer may call it, on the tallies that its commit is conditional on.
//
// It refuses an unexplained person that would take a stream to Hard. The refused attempt is evidence: it turns that
// stream hard and latches it. The error is Unavailable when the day goes back.
func (b Bound) Charge(day int32, s Standing, r Request) (Result, error) {
	s, err := s.advance(day)
	if err != nil {
		return Result{}, err
	}
	c := b.begin(s)
	verdicts := make([]Verdict, len(r.Persons))
	for i, p := range r.Persons {
		verdicts[i] = c.person(p)
	}
	if r.Whole && slices.ContainsFunc(verdicts, func(v Verdict) bool { return v != Admitted }) {
		c = b.begin(s)
		for i, p := range r.Persons {
			switch {
			case verdicts[i] == Admitted:
				verdicts[i] = Incomplete
			case verdicts[i] == OverBound, verdicts[i] == Refused && p.New:
				c.attempt()
			}
		}
	}
	return Result{verdicts, c.next, c.rises()}, nil
}

func (s Standing) advance(day int32) (Standing, error) {
	var err error
	for _, t := range []*Tally{&s.Account, &s.Lineage, &s.Structure, &s.Session} {
		if *t, err = t.Advance(day); err != nil {
			return s, err
		}
	}
	return s, nil
}

// charge is one request under way.
type charge struct {
	Bound
	next        Standing
	began, peak [3]Level
	statistic   [3]float64
}

func (b Bound) begin(s Standing) charge {
	c := charge{Bound: b, next: s}
	for i, t := range c.streams() {
		c.began[i] = t.Level(b.Detector)
	}
	return c
}

func (c *charge) rises() (rises []Rise) {
	for i, level := range c.peak {
		if level > c.began[i] {
			rises = append(rises, Rise{Owner(i), level, c.statistic[i]})
		}
	}
	return rises
}

func (c *charge) streams() [3]*Tally {
	return [3]*Tally{&c.next.Account, &c.next.Lineage, &c.next.Structure}
}

func (c *charge) person(p Person) Verdict {
	if p.Refused || c.next.Probation && !p.Explained {
		if p.New {
			c.attempt()
		}
		return Refused
	}
	if !p.New {
		return Admitted
	}
	switch room := c.room(c.next); {
	case room.account <= 0:
		return OverAccount
	case room.lineage <= 0:
		return OverLineage
	case room.structure <= 0:
		return OverStructure
	case !p.Explained && c.wouldCross():
		c.attempt()
		return OverBound
	case c.next.Session.Left <= 0:
		return NoPresence
	}
	c.admit(!p.Explained)
	return Admitted
}

// wouldCross reports whether the stream of the account, its lineage or its structure is hard, or would be after one
// more unexplained person.
func (c *charge) wouldCross() bool {
	for _, t := range c.streams() {
		if t.Latched || c.Detector.WouldCross(t.Stream) {
			return true
		}
	}
	return false
}

func (c *charge) admit(unexplained bool) {
	c.next.Session.Left--
	for i, t := range c.streams() {
		t.Persons++
		if c.next.Probation {
			t.Pooled++
		}
		if unexplained {
			t.Unexplained++
		}
		c.step(i, t, unexplained)
	}
}

// attempt takes a refused unexplained person as evidence, against the narrowest stream first: once one is hard, the
// wider ones take no step. So an account that is stopped already cannot stop its colleagues by further attempts.
func (c *charge) attempt() {
	for i, t := range c.streams() {
		if t.Latched {
			return
		}
		t.Attempts++
		c.step(i, t, true)
		if t.Latched {
			return
		}
	}
}

// step moves a stream that is not frozen, and latches it when it turns hard.
func (c *charge) step(i int, t *Tally, unexplained bool) {
	if t.Latched {
		return
	}
	t.Stream = c.Detector.Step(t.Stream, unexplained)
	level := c.Detector.Level(t.Stream)
	t.Latched = level == Hard
	c.peak[i] = max(c.peak[i], level)
	c.statistic[i] = max(c.statistic[i], t.Stream.Statistic())
}
