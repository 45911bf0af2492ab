package policy

import (
	"time"

	"cloison"
	"cloison/rules/limits"
)

// Settings is what the operator may choose. Every zero value is the strict one: a zero duration is never fresh, a false
// permission is not given, and the zero Bound admits nobody.
type Settings struct {
	Bound limits.Bound `json:"bound"`

	// PasskeyFresh is how long a use of the passkey makes up for a weak factor of the federation.
	PasskeyFresh time.Duration `json:"passkey_fresh"`
	// SoftFresh is how recent that use must be to open an unexplained file at the detector's soft level.
	SoftFresh time.Duration `json:"soft_fresh"`

	BreakGlass  bool `json:"break_glass"`  // a reason that a colleague confirmed opens a file, within the bound
	SelfGranted bool `json:"self_granted"` // a self-granted explanation does too

	// WithoutAwareness and WithoutManagersCourse let accounts disclose whose training is out of date.
	WithoutAwareness      bool `json:"without_awareness"`
	WithoutManagersCourse bool `json:"without_managers_course"`

	// Masked are categories hidden until revealed, besides the NIR, which always is.
	Masked cloison.Fields `json:"masked"`
}

// Default is the policy without a setting.
func Default() Settings {
	return Settings{
		Bound:        limits.Default(),
		PasskeyFresh: 4 * time.Hour,
		SoftFresh:    5 * time.Minute,
		BreakGlass:   true,
		SelfGranted:  true,
	}
}

// Validate returns Invalid when a setting is impossible.
func (s Settings) Validate() error {
	if s.PasskeyFresh < 0 || s.SoftFresh < 0 {
		return cloison.Errorf(cloison.Invalid, "passkey_fresh and soft_fresh are durations of at least 0, as 4h")
	}
	return s.Bound.Validate()
}

func (s Settings) masked() cloison.Fields { return s.Masked | cloison.NIR }
