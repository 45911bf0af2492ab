package policy

import (
	"bytes"
	"encoding/json"
	"io"

	"cloison"
	"cloison/rules/limits"
)

// Rules is the version of the rules in this package. It grows with every change that could change a decision; the old
// rules then stay for the old cases.
const Rules = 1

// Case is a decision's whole ground, as kept to be replayed.
type Case struct {
	Rules    int              `json:"rules"`
	Settings Settings         `json:"settings"`
	Facts    Facts            `json:"facts"`
	Verdicts []limits.Verdict `json:"verdicts,omitempty"` // the bound's, in the order of Charges
}

// Decide takes the case's decision again.
func (c Case) Decide() Decision {
	return Decide(c.Settings, c.Facts).Settle(c.Settings, c.Facts, c.Verdicts)
}

// ReadCase reads a case from its JSON. A case of other rules, or with a member that these rules do not know, is
// Invalid: it could not be decided as it was.
func ReadCase(b []byte) (Case, error) {
	var c Case
	dec := json.NewDecoder(bytes.NewReader(b))
	dec.DisallowUnknownFields()
	if err := dec.Decode(&c); err != nil {
		return Case{}, cloison.Errorf(cloison.Invalid, "not a case: %w", err)
	}
	if _, err := dec.Token(); err != io.EOF {
		return Case{}, cloison.Errorf(cloison.Invalid, "not a case: something follows it")
	}
	if c.Rules != Rules {
		return Case{}, cloison.Errorf(cloison.Invalid, "the case was decided by rules %d, these are %d", c.Rules, Rules)
	}
	return c, nil
}
