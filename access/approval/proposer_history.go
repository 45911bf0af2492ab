package approval

import (
	"context"
	"time"

	"cloison"
)

// ProposalCounts counts what a maker proposed, for the approver of the next one.
type ProposalCounts struct {
	Day      int // proposals of the last 24 hours
	Month    int // of the last 30 days
	Approved int // of the month's
	Refused  int // of the month's
}

// CountProposals counts the proposals of a maker, open ones included.
func (ap *Approvals) CountProposals(ctx context.Context, maker cloison.AccountID) (ProposalCounts, error) {
	now := ap.now()
	day, err := ap.store.ProposalsBy(ctx, maker, now.Add(-24*time.Hour))
	if err != nil {
		return ProposalCounts{}, err
	}
	month, err := ap.store.ProposalsBy(ctx, maker, now.AddDate(0, 0, -30))
	if err != nil {
		return ProposalCounts{}, err
	}
	a := ProposalCounts{Approved: month[Approved], Refused: month[Refused]}
	for _, n := range day {
		a.Day += n
	}
	for _, n := range month {
		a.Month += n
	}
	return a, nil
}

// Place is where somebody acts from, as far as the session tells: no address, only the network around it.
type Place struct {
	Device  string    // browser and system in codes, as "firefox linux"; empty: not known
	Network string    // as 192.0.2.0/24
	Since   time.Time // when the maker's passkey was first used there; zero: not known
}

// familiarAfter is how long ago a passkey must have been used in a place for the place to be familiar: an attacker
// who waits less is seen. A sign-in without the passkey makes no place familiar.
const familiarAfter = 7 * 24 * time.Hour

// Unfamiliar reports whether the proposal comes from a place that was not familiar to its maker.
func (p Proposal) Unfamiliar() bool {
	return p.From.Since.IsZero() || p.Made.Sub(p.From.Since) < familiarAfter
}
