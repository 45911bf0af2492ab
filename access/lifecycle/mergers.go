package lifecycle

import (
	"context"
	"time"

	"cloison"
	"cloison/access/approval"
	"cloison/access/directory"
	"cloison/ledger/journal"
)

// Merger is two structures that become one. Accounts, open proposals and the open review of Gone become Kept's; duties
// of either structure end and are declared again for the whole. Gone stays as a name of Kept. The ledger's rows stay as
// they are.
type Merger struct {
	ID        cloison.ActID
	Gone      cloison.StructureID
	Kept      cloison.StructureID
	Since     time.Time // the first moment of its day
	By        cloison.AccountID
	Made      time.Time
	State     MergerState
	DecidedBy cloison.AccountID
	Decided   time.Time
	Done      time.Time
}

// MergerState is where a merger stands. The texts are stored.
type MergerState string

const (
	MergerOpen     MergerState = "open"     // a second officer decides
	MergerApproved MergerState = "approved" // waits for its day
	MergerRefused  MergerState = "refused"
	MergerDone     MergerState = "done"
)

// ProposeMerger asks that gone becomes part of kept from the beginning of that day on; a day that has begun is today.
// An officer asks, another one decides.
func (lc *Lifecycle) ProposeMerger(ctx context.Context, by cloison.Caller, gone, kept cloison.StructureID, day time.Time) (Merger, error) {
	m, err := lc.MayMerge(ctx, by, gone, kept, day)
	if err != nil {
		return Merger{}, err
	}
	return m, lc.store.AddMerger(ctx, m, lc.mergerEvent("merger.proposed", m, by))
}

// MayMerge says whether the caller may ask for that merger now: the merger that ProposeMerger would store, or the error
// that it would give.
func (lc *Lifecycle) MayMerge(ctx context.Context, by cloison.Caller, gone, kept cloison.StructureID, day time.Time) (Merger, error) {
	maker, err := lc.officer(ctx, by)
	if err != nil {
		return Merger{}, err
	}
	if gone == kept {
		return Merger{}, cloison.InvalidField("kept", "a structure joins another one")
	}
	for _, id := range []cloison.StructureID{gone, kept} {
		if _, err := lc.store.Structure(ctx, id); err != nil {
			return Merger{}, err
		}
	}
	now := lc.now()
	y, m, d := day.In(lc.zone).Date()
	since := time.Date(y, m, d, 0, 0, 0, 0, lc.zone).UTC()
	if since.Before(now.AddDate(0, 0, -1)) {
		return Merger{}, cloison.InvalidField("since", "a merger happens today or later")
	}
	return Merger{ID: cloison.NewActID(), Gone: gone, Kept: kept, Since: since, By: maker.ID, Made: now, State: MergerOpen}, nil
}

// DecideMerger approves or refuses what another officer asked for. Denied errors hold a directory.DenyReason. Conflict
// when it was decided before.
func (lc *Lifecycle) DecideMerger(ctx context.Context, by cloison.Caller, id cloison.ActID, approve bool) error {
	m, err := lc.MayDecideMerger(ctx, by, id, approve)
	if err != nil {
		return err
	}
	m.State, m.DecidedBy, m.Decided = MergerRefused, by.Account, lc.now()
	code := "merger.refused"
	if approve {
		m.State, code = MergerApproved, "merger.approved"
	}
	return lc.store.DecideMerger(ctx, m, lc.mergerEvent(code, m, by))
}

// MayDecideMerger says whether the caller may decide so on the merger now: the merger, or the error that DecideMerger
// would give.
func (lc *Lifecycle) MayDecideMerger(ctx context.Context, by cloison.Caller, id cloison.ActID, approve bool) (Merger, error) {
	decider, err := lc.officer(ctx, by)
	if err != nil {
		return Merger{}, err
	}
	m, err := lc.store.Merger(ctx, id)
	if err != nil {
		return m, err
	}
	if m.State != MergerOpen {
		return m, cloison.Errorf(cloison.Conflict, "the merger is %s", m.State)
	}
	maker, err := lc.store.Account(ctx, m.By)
	if err != nil {
		return m, err
	}
	if err := approval.Independent(ctx, lc.store, maker, decider); err != nil || !approve {
		return m, err
	}
	return m, directory.Allow(directory.ToMerge, maker, directory.Account{}) // the first officer may have been stopped since
}

// Mergers lists them, the latest first.
func (lc *Lifecycle) Mergers(ctx context.Context) ([]Merger, error) { return lc.store.Mergers(ctx) }

// merge carries out what is approved and due, each in one transaction.
func (lc *Lifecycle) merge(ctx context.Context, now time.Time) error {
	list, err := lc.store.Mergers(ctx)
	if err != nil {
		return err
	}
	for _, m := range list {
		if m.State != MergerApproved || now.Before(m.Since) {
			continue
		}
		err := lc.store.Merge(ctx, m.ID, now, lc.mergerEvent("merger.done", m, cloison.Caller{}))
		if unless(cloison.Conflict, err) != nil { // done by another replica
			return err
		}
	}
	return nil
}

// officer reads the caller, who must have the right to merge.
func (lc *Lifecycle) officer(ctx context.Context, by cloison.Caller) (directory.Account, error) {
	a, err := lc.caller(ctx, by)
	if err == nil {
		err = directory.Allow(directory.ToMerge, a, directory.Account{})
	}
	return a, err
}

// mergerEvent is the journal's line about a merger.
func (lc *Lifecycle) mergerEvent(code string, m Merger, by cloison.Caller) journal.Event {
	return journal.Event{At: lc.now(), Code: code, Actor: by.Account, Session: by.Session, Act: m.ID,
		Detail: map[string]string{"from": string(m.Gone), "structure": string(m.Kept), "since": m.Since.Format(time.RFC3339)}}
}
