package approval

import (
	"context"
	"time"

	"cloison"
)

// Pair is a maker and an approver who decide together often.
type Pair struct {
	Maker, Decider cloison.AccountID
	Approved       int // of the maker's proposals, by this approver
	OfMaker        int // of the maker's proposals, by anybody
	Back           int // of the approver's own proposals, by the maker
}

const (
	pairsBack = 90 * 24 * time.Hour
	pairsFrom = 5  // approvals that make a habit
	pairShare = 80 // per cent of the maker's
)

// Pairs lists who approves whom so regularly that four eyes may have become two, in the last 90 days: five approvals
// that are four in five of all that the maker was granted, or approvals both ways. The closest come first.
func (ap *Approvals) Pairs(ctx context.Context) ([]Pair, error) {
	all, err := ap.store.Approvals(ctx, ap.now().Add(-pairsBack))
	if err != nil {
		return nil, err
	}
	granted, of := map[cloison.AccountID]int{}, map[[2]cloison.AccountID]int{}
	for _, p := range all {
		granted[p.Maker] += p.Approved
		of[[2]cloison.AccountID{p.Maker, p.Decider}] = p.Approved
	}
	var close []Pair
	for _, p := range all {
		p.OfMaker, p.Back = granted[p.Maker], of[[2]cloison.AccountID{p.Decider, p.Maker}]
		if p.Back > 0 || p.Approved >= pairsFrom && 100*p.Approved >= pairShare*p.OfMaker {
			close = append(close, p)
		}
	}
	return close, nil
}
