package self

import (
	"context"
	"time"

	"cloison"
	"cloison/access/explanation"
	"cloison/incident/exposure"
)

// Store is what the viewer may read, and has read. Safe for concurrent use; an error carries a cloison.Kind.
type Store interface {
	// Caseload returns the explanations that the account has at that time by import or transfer, by person.
	Caseload(ctx context.Context, account cloison.AccountID, at time.Time) (map[cloison.PersonRef]explanation.Explanation, error)
	// Disclosures calls each for every row of the account in the window, in order of time.
	Disclosures(ctx context.Context, account cloison.AccountID, since, until time.Time, each func(exposure.Disclosed) error) error
}
