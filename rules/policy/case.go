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

// Case is all that a decision rests on, kept to replay it.
type Case struct {
	Rules    int              `json:"rules"`
	Settings Settings         `json:"settings"`
	Facts    Facts            `json:"facts"`
	Verdicts []limits.Verdict `json:"verdicts,omitempty"` // the bound's, in the order of Charges
}

// Decide makes the case's decision again.
func (c Case) Decide() Decision {
	return Decide(c.Settings, c.Facts).Settle(c.Settings, c.Facts, c.Verdicts)
}

// ReadCase reads a case from its JSON. A case of other rules, or with an unknown member, is Invalid: this package would
// not decide it as it was decided.
func ReadCase(b []byte) (Case, error) {
	var c Case
	dec := json.NewDecoder(bytes.NewReader(b))
	dec.DisallowUnknownFields()
	if err := dec.Decode(&c); err != nil {
		return Case{}, cloison.Errorf(cloison.Invalid, "read case: %w", err)
	}
	if _, err := dec.Token(); err != io.EOF {
		return Case{}, cloison.Errorf(cloison.Invalid, "read case: data after the JSON document")
	}
	if c.Rules != Rules {
		return Case{}, cloison.Errorf(cloison.Invalid, "read case: it was decided by rules %d, these are rules %d", c.Rules, Rules)
	}
	return c, nil
}
