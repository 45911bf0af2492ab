package contain

import (
	"context"
	"strconv"
	"time"

	"cloison"
	"cloison/access/directory"
	"cloison/ledger/journal"
	"cloison/wall/disclose"
)

// attempts bounds how often a plan is made again because the fence moved. Each takes milliseconds; a directory that
// changes faster than that for all of them is itself the emergency.
const attempts = 64

// Cut cuts the account's plan since the presumed compromise (zero: as in [Container.Preview]) and returns what it did.
// [Container.MayCut] says who may. Conflict: there is nothing left to cut. Stale: the directory kept changing; call
// again. The reason is a code of the message catalogue.
func (c *Container) Cut(ctx context.Context, by cloison.Caller, account cloison.AccountID, since time.Time, reason string) (Cut, error) {
	start := c.now()
	since, err := c.presume(ctx, account, since, start)
	if err != nil {
		return Cut{}, c.fail(err)
	}
	cut := Cut{ID: cloison.NewActID(), Since: since, By: by.Account, Reason: reason}
	return c.cut(ctx, cut, account, by.Session, start, func(p Plan) error { return c.MayCut(ctx, by, p) })
}

// CutFor is the system's own cut, on an alarm. It may be repeated: an alarm that was cut for before, or whose plan is
// cut already, is nil and changes nothing, even when the cut was undone since.
func (c *Container) CutFor(ctx context.Context, account cloison.AccountID, alarm disclose.Alarm) error {
	switch _, err := c.store.CutOfAlarm(ctx, alarm.ID); {
	case err == nil:
		return nil
	case cloison.KindOf(err) != cloison.NotFound:
		return err
	}
	since, err := c.presume(ctx, account, time.Time{}, alarm.At)
	if err != nil {
		return c.fail(err)
	}
	cut := Cut{ID: cloison.NewActID(), Since: since, Alarm: alarm.ID, Reason: "alarm." + alarm.Level}
	_, err = c.cut(ctx, cut, account, 0, alarm.At, func(Plan) error { return nil })
	if err != nil && cloison.KindOf(err) == cloison.Conflict {
		return nil
	}
	return err
}

// MayCut says whether the caller may cut the whole plan: nil, or a Denied error with its reason. An officer may cut
// anybody; a manager only when every account is of its own structure and without an oversight role; the operator
// anything.
func (c *Container) MayCut(ctx context.Context, by cloison.Caller, p Plan) error {
	if by.IsOperator() {
		return nil
	}
	caller, err := c.facts.Account(ctx, by.Account)
	if err != nil && cloison.KindOf(err) != cloison.NotFound {
		return err
	}
	for _, affected := range p.Accounts {
		if err := directory.Allow(directory.ToContain, caller, affected.Account); err != nil {
			return err
		}
	}
	return nil
}

// cut makes the plan under the fence and commits it, again until the fence did not move in between. A crash before the
// commit leaves nothing; a crash after it loses only the journal's line, and the cut itself is in the store's list.
func (c *Container) cut(ctx context.Context, cut Cut, account cloison.AccountID, session cloison.SessionID,
	start time.Time, allow func(Plan) error) (Cut, error) {

	for range attempts {
		var err error
		if cut.Fence, err = c.store.Fence(ctx); err != nil {
			return Cut{}, c.fail(err)
		}
		p, err := c.plan(ctx, account, cut.Since)
		if err != nil {
			return Cut{}, c.fail(err)
		}
		if err := allow(p); err != nil {
			return Cut{}, err
		}
		if p.empty() {
			return Cut{}, cloison.Errorf(cloison.Conflict, "cut: nothing is left to cut, the account and its lineage are cut already")
		}
		cut.Root, cut.Accounts, cut.At = p.Root, p.ids(), c.now()
		cut.Effect, err = c.store.Cut(ctx, cut)
		if err == nil {
			c.done(ctx, cut, account, session, start)
			return cut, nil
		}
		if cloison.KindOf(err) != cloison.Stale {
			return Cut{}, c.fail(err)
		}
		c.stale.Add(1)
	}
	return Cut{}, c.fail(cloison.Errorf(cloison.Stale, "cut: the directory changed %d times meanwhile; cut again",
		attempts))
}

func (c *Container) fail(err error) error {
	c.failed.Add(1)
	return err
}

func (c *Container) done(ctx context.Context, cut Cut, account cloison.AccountID, session cloison.SessionID,
	start time.Time) {
	millis := c.now().Sub(start).Milliseconds()
	c.cuts.Add(1)
	c.accounts.Add(int64(cut.Effect.Accounts))
	c.sessions.Add(int64(cut.Effect.Sessions))
	c.lastMillis.Store(millis)
	c.log.WarnContext(ctx, "lineage cut", "cut", cut.ID.String(), "root", cut.Root.String(),
		"accounts", cut.Effect.Accounts, "sessions", cut.Effect.Sessions, "proposals", cut.Effect.Proposals,
		"codes", cut.Effect.Codes, "after_ms", millis)
	c.record(ctx, journal.Event{Code: "lineage.cut", Actor: cut.By, Account: account, Session: session, Act: cut.ID,
		Detail: map[string]string{
			"root": cut.Root.String(), "reason": cut.Reason, "since": cut.Since.Format(time.RFC3339),
			"alarm":     strconv.FormatInt(cut.Alarm, 10),
			"accounts":  strconv.Itoa(cut.Effect.Accounts),
			"sessions":  strconv.Itoa(cut.Effect.Sessions),
			"proposals": strconv.Itoa(cut.Effect.Proposals),
			"codes":     strconv.Itoa(cut.Effect.Codes),
			"after_ms":  strconv.FormatInt(millis, 10),
		}})
}
