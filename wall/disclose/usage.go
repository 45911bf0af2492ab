package disclose

import (
	"context"

	"cloison"
	"cloison/access/directory"
	"cloison/rules/limits"
)

// Usage is how much of its day one account has used. Its [Radius] says how much is left.
type Usage struct {
	Shown int          `json:"shown"` // new persons shown to the account
	Cap   int          `json:"cap"`   // of new persons in a day, for the account alone
	Lease int          `json:"lease"` // new persons until the session's passkey is asked again
	Alarm limits.Level `json:"alarm"` // the highest level of the account's, its lineage's and its structure's stream
}

// Usage reads the counters of an account and of one of its sessions. The error is Unavailable when a counter is ahead
// of the clock.
func (g Gauge) Usage(ctx context.Context, a directory.Account, session cloison.SessionID) (Usage, error) {
	counters, err := g.Store.Tallies(ctx, []Counted{CountedAccount(a.ID), CountedLineage(a.Lineage), CountedStructure(a.Structure),
		CountedSession(session)})
	if err != nil {
		return Usage{}, err
	}
	now := g.Now()
	t := Usage{Cap: g.Bound.Caps.Account(a.OnProbation(startOf(now, g.Zone).AddDate(0, 0, 1))), Lease: int(counters[3].Tally.Left)}
	for i, c := range counters[:3] {
		tally, err := c.Tally.Advance(dayOf(now, g.Zone))
		if err != nil {
			return Usage{}, err
		}
		if i == 0 {
			t.Shown = int(tally.Persons)
		}
		t.Alarm = max(t.Alarm, tally.Level(g.Bound.Detector))
	}
	return t, nil
}
