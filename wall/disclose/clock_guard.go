package disclose

import (
	"context"
	"sync"
	"time"
)

// watch compares the wall clock with one that only counts. Each by itself may be wrong; a wall clock that has gained on
// the other was set forward, or the machine slept. What is decided by a time that nobody confirms opens the caps of
// days that have not come, and shuts the ledger until they do; so nothing is disclosed until the clock agrees again,
// somebody signs in by it, or the database's own clock says the same.
type clockGuard struct {
	mu    sync.Mutex
	began bool
	wall  time.Time     // when both were last believed
	up    time.Duration // likewise
	doubt bool
	asked time.Duration // when somebody was last asked to confirm
}

const (
	clockGain    = time.Minute     // what a wall clock may gain before it is in doubt, unless Options say otherwise
	confirmEvery = time.Second     // while it is in doubt
	signInAge    = 5 * time.Minute // how old a sign-in may be, by the clock in doubt, to confirm it
	clockSkew    = 10 * time.Second
)

// reckon returns the time to decide by. It is the wall clock's, unless that is in doubt: then it is what the other
// clock makes of the last time that was believed. It asks the store only while there is doubt.
func (d *Discloser) decisionTime(ctx context.Context, now time.Time) (at time.Time, doubt bool) {
	if d.Uptime == nil {
		return now, false
	}
	w, up := &d.guard, d.Uptime()
	w.mu.Lock()
	defer w.mu.Unlock()
	expected := w.wall.Add(up - w.up)
	gained := now.Sub(expected)
	switch {
	case !w.began, gained < 0: // going back is LastAt's to refuse; what comes after is measured from there
		w.began, w.wall, w.up = true, now, up
	case gained > d.ClockGain && !d.tryConfirm(ctx, now, expected, up):
		return expected, true
	case gained > d.ClockGain:
		return now, false
	}
	if w.doubt {
		d.Log.InfoContext(ctx, "the clock agrees again", "now", now)
	}
	w.doubt = false
	return now, false
}

// confirmed asks whether somebody else believes the clock too. The caller holds the watch.
func (d *Discloser) tryConfirm(ctx context.Context, now, expected time.Time, up time.Duration) bool {
	w := &d.guard
	if w.doubt && up-w.asked < confirmEvery {
		return false
	}
	if !w.doubt {
		d.Log.ErrorContext(ctx, "the clock was set forward, or this machine slept: nothing is disclosed until somebody signs in by it, "+
			"it is right again, or the program is started anew", "gained", now.Sub(expected).String(), "now", now)
	}
	w.doubt, w.asked = true, up
	by, err := d.confirm(ctx, now, expected)
	if err != nil {
		d.Log.WarnContext(ctx, "whether the clock is right could not be found out", "err", err)
	}
	if by == "" {
		return false
	}
	w.wall, w.up, w.doubt = now, up, false
	d.Log.InfoContext(ctx, "the clock is confirmed", "by", by, "now", now)
	return true
}

// confirm names who confirms the clock. A sign-in does: the provider's tokens are dated, and refused by a clock that is
// wrong. It counts when it is stamped after what the other clock would say now, so that it was not stamped before the
// jump, and is recent by this one.
func (d *Discloser) confirm(ctx context.Context, now, expected time.Time) (by string, err error) {
	server, err := d.Store.ServerClock(ctx)
	if err != nil {
		return "", err
	}
	if !server.IsZero() && now.Sub(server).Abs() <= clockSkew {
		return "database", nil
	}
	since := expected.Add(clockSkew)
	if lately := now.Add(-signInAge); lately.After(since) {
		since = lately
	}
	told, err := d.Store.AnybodySignedIn(ctx, since, now.Add(clockSkew))
	if err != nil || !told {
		return "", err
	}
	return "sign-in", nil
}

// ClockInDoubt reports whether disclosures are stopped for the clock's sake, for a metric: 1 or 0.
func (d *Discloser) ClockInDoubt() int64 {
	d.guard.mu.Lock()
	defer d.guard.mu.Unlock()
	if d.guard.doubt {
		return 1
	}
	return 0
}
