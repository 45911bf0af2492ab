package approval_test

import (
	"fmt"
	"testing"
	"time"

	"cloison"
	"cloison/access/approval"
	"cloison/internal/testkit/testworld"
)

func TestPairsAreSeen(t *testing.T) {
	w := newWorld(t, approval.Settings{PerManager: 99, PerStructure: 99})
	n := 0
	grant := func(maker, approver string, times int) {
		for range times {
			n++
			ask := testworld.Newcomer()
			ask.Email, ask.Structure = cloison.Personal(fmt.Sprintf("n%d@ml.example", n)), w.Who[maker].Structure
			w.Approve(approver, w.Propose(maker, ask))
		}
	}
	grant("manager", "approver", 4)
	grant("manager2", "approver", 5)
	grant("manager2", "approver2", 2)
	pairs, err := w.Approvals.Pairs(w.Ctx)
	if err != nil || len(pairs) != 0 {
		t.Errorf("four, or five of seven: %+v, %v", pairs, err)
	}
	grant("manager", "approver", 1)
	pairs, err = w.Approvals.Pairs(w.Ctx)
	want := approval.Pair{Maker: w.Who["manager"].ID, Decider: w.Who["approver"].ID, Approved: 5, OfMaker: 5}
	if err != nil || len(pairs) != 1 || pairs[0] != want {
		t.Errorf("five of five: %+v, %v; want %+v", pairs, err, want)
	}
	asked, err := w.Approvals.CountProposals(w.Ctx, w.Who["manager"].ID)
	if err != nil || asked != (approval.ProposalCounts{Day: 5, Month: 5, Approved: 5}) {
		t.Errorf("the manager asked %+v, %v", asked, err)
	}
	w.Clock.Add(91 * 24 * time.Hour)
	if pairs, err = w.Approvals.Pairs(w.Ctx); err != nil || len(pairs) != 0 {
		t.Errorf("after ninety days: %+v, %v", pairs, err)
	}
}
