package policy

import (
	"slices"

	"cloison/rules/limits"
)

// Charges returns what caps and bound must decide on: the persons to be shown and the attempts, in their order. The
// ledger's writer passes it to limits.Charge, and the verdicts to Settle.
func (d Decision) Charges(f Facts) limits.Request {
	r := limits.Request{Whole: !f.Operation.many()}
	for i, o := range d.Persons {
		if !o.charged() {
			continue
		}
		before := f.Persons[i].ShownToday
		if o.Attempt {
			before = f.Persons[i].RefusedToday
		}
		r.Persons = append(r.Persons, limits.Person{New: !before, Explained: !o.Unexplained, Refused: o.Attempt})
	}
	return r
}

func (o PersonDecision) charged() bool { return o.Shown() || o.Attempt }

// Settle returns the decision with every person withheld that caps or bound did not admit. The verdicts are those of
// the persons of Charges, in their order; a missing one is a refusal.
func (d Decision) Settle(s Settings, f Facts, verdicts []limits.Verdict) Decision {
	if d.Outcome != Permit { // nobody is shown: the bound only took the evidence
		return d
	}
	d.Persons = slices.Clone(d.Persons)
	for i := range d.Persons {
		o := &d.Persons[i]
		if !o.charged() {
			continue
		}
		v := limits.Refused
		if len(verdicts) > 0 {
			v, verdicts = verdicts[0], verdicts[1:]
		}
		if v != limits.Admitted && o.Shown() {
			o.Show, o.Mask, o.Withheld = 0, 0, s.limitReason(f, v)
		}
	}
	return d.conclude(f.Operation.many())
}

// limitReason is the reason behind a verdict.
func (s Settings) limitReason(f Facts, v limits.Verdict) Reason {
	r := Reason{Code: ReasonCode(v.String())}
	switch v {
	case limits.OverAccount:
		r.Limit = s.Bound.Caps.Account(f.Account.OnProbation(f.Now))
	case limits.OverLineage:
		r.Limit = s.Bound.Caps.LineagePerDay
	case limits.NoPresence:
		r.Limit = s.Bound.Caps.PresencePersons
	}
	return r
}
