package approval

import (
	"time"

	"cloison"
)

// Enrolment is a code given out of band, in person; only its SHA-256 is stored.
type Enrolment struct {
	Digest  [32]byte
	Account cloison.AccountID
	By      cloison.AccountID // zero: the operator
	Made    time.Time
	Expires time.Time
	Repeat  bool // the account has used a code before

	// Proposal is the Rebind that granted the code; zero when it needs no witness. Word is the digest of what the
	// witness reads out.
	Proposal  cloison.ActID
	Witness   cloison.AccountID
	Witnessed time.Time
	Word      [32]byte
}
