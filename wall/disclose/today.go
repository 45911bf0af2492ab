package disclose

import (
	"context"

	"cloison"
	"cloison/access/directory"
	"cloison/rules/limits"
)

// Today is where one account stands in its day, as its own bearer is told: beside its [Reach], which says what is left.
type Today struct {
	Shown int          `json:"shown"` // new persons shown to the account
	Cap   int          `json:"cap"`   // of the account alone: at most so many in a day
	Lease int          `json:"lease"` // new persons until the session's passkey is asked again
	Alarm limits.Level `json:"alarm"` // the highest of the account's, its lineage's and its structure's stream
}

// Today reads the counters of an account and of one of its sessions. A counter that is ahead of the clock is
// Unavailable.
func (g Gauge) Today(ctx context.Context, a directory.Account, session cloison.SessionID) (Today, error) {
	counters, err := g.Store.Tallies(ctx, []Subject{AccountSubject(a.ID), LineageSubject(a.Lineage), StructureSubject(a.Structure),
		SessionSubject(session)})
	if err != nil {
		return Today{}, err
	}
	now := g.Now()
	t := Today{Cap: g.Bound.Caps.Account(a.OnProbation(startOf(now, g.Zone).AddDate(0, 0, 1))), Lease: int(counters[3].Tally.Left)}
	for i, c := range counters[:3] {
		tally, err := c.Tally.Roll(dayOf(now, g.Zone))
		if err != nil {
			return Today{}, err
		}
		if i == 0 {
			t.Shown = int(tally.Persons)
		}
		t.Alarm = max(t.Alarm, tally.Level(g.Bound.Params))
	}
	return t, nil
}
