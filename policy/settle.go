package policy

import (
	"slices"

	"cloison/bound"
)

// Charges returns what the bound must decide on: the persons to be shown and the attempts, in their order. Pass it to
// bound.Charge and the verdicts to Settle, in the ledger's single writer.
func (d Decision) Charges(f Facts) bound.Request {
	r := bound.Request{Whole: !f.Operation.many()}
	for i, o := range d.Persons {
		if !o.charged() {
			continue
		}
		before := f.Persons[i].ShownToday
		if o.Attempt {
			before = f.Persons[i].RefusedToday
		}
		r.Persons = append(r.Persons, bound.Person{New: !before, Explained: !o.Unexplained, Refused: o.Attempt})
	}
	return r
}

func (o Outcome) charged() bool { return o.Shown() || o.Attempt }

// Settle gives the bound the last word: it returns the decision with every person withheld whom the bound did not
// admit. The verdicts are those of the persons of Charges, in their order; a missing one is a refusal.
func (d Decision) Settle(s Settings, f Facts, verdicts []bound.Verdict) Decision {
	if d.Verdict != Permit { // nobody is shown: the bound had evidence to take, and nothing to say
		return d
	}
	d.Persons = slices.Clone(d.Persons)
	for i := range d.Persons {
		o := &d.Persons[i]
		if !o.charged() {
			continue
		}
		v := bound.Refused
		if len(verdicts) > 0 {
			v, verdicts = verdicts[0], verdicts[1:]
		}
		if v != bound.Admitted && o.Shown() {
			o.Show, o.Mask, o.Withheld = 0, 0, s.over(f, v)
		}
	}
	return d.conclude(f.Operation.many())
}

// over is the reason behind a verdict of the bound.
func (s Settings) over(f Facts, v bound.Verdict) Reason {
	r := Reason{Code: Code(v.String())}
	switch v {
	case bound.OverAccount:
		r.Limit = s.Bound.Caps.Account(f.Account.OnProbation(f.Now))
	case bound.OverLineage:
		r.Limit = s.Bound.Caps.LineagePerDay
	case bound.NoPresence:
		r.Limit = s.Bound.Caps.PresencePersons
	}
	return r
}
