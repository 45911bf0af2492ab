package disclose

import (
	"context"
	"sync"
	"time"
)

// clockGuard compares the wall clock with a monotonic one. A wall clock that gains on the other was set forward, or the
// machine slept. A commit at a wrong future time would open the caps of days to come, and then block the ledger until
// those days. So nothing is disclosed until the clocks agree again, an agent signs in by this clock, or the database's
// clock confirms it.
type clockGuard struct {
	mu    sync.Mutex
	began bool
	wall  time.Time     // the wall clock when it was last believed
	up    time.Duration // the monotonic clock then
	doubt bool
	asked time.Duration // the monotonic clock at the last attempt to confirm
}

// DefaultClockGain is the Options.ClockGain of a config that says nothing.
const DefaultClockGain = time.Minute

const (
	confirmEvery = time.Second     // while it is in doubt
	signInAge    = 5 * time.Minute // how old a sign-in may be, by the clock in doubt, to confirm it
	clockSkew    = 10 * time.Second
)

// decisionTime returns the time to decide by: the wall clock's, or, while that is in doubt, the last believed time plus
// what the monotonic clock counted since. It asks the store only while there is doubt.
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
	case !w.began, gained < 0: // Gate.LastAt refuses a clock that goes back
		w.began, w.wall, w.up = true, now, up
	case gained > d.ClockGain && !d.tryConfirm(ctx, now, expected, up):
		return expected, true
	case gained > d.ClockGain:
		return now, false
	}
	if w.doubt {
		d.Log.InfoContext(ctx, "the clock is right again", "now", now)
	}
	w.doubt = false
	return now, false
}

// tryConfirm looks for a confirmation of the clock, and believes it again when there is one. The caller holds the
// mutex.
func (d *Discloser) tryConfirm(ctx context.Context, now, expected time.Time, up time.Duration) bool {
	w := &d.guard
	if w.doubt && up-w.asked < confirmEvery {
		return false
	}
	if !w.doubt {
		d.Log.ErrorContext(ctx, "the clock jumped forward: nothing is disclosed until it is confirmed", "gained", now.Sub(expected).String(), "now", now)
	}
	w.doubt, w.asked = true, up
	by, err := d.confirm(ctx, now, expected)
	if err != nil {
		d.Log.WarnContext(ctx, "clock confirmation failed", "err", err)
	}
	if by == "" {
		return false
	}
	w.wall, w.up, w.doubt = now, up, false
	d.Log.InfoContext(ctx, "the clock is confirmed", "by", by, "now", now)
	return true
}

// confirm names what confirms the clock, if anything does. A recent sign-in does: the provider's tokens are dated, and
// a wrong clock refuses them. It must be later than the expected time, so that it is later than the jump too.
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
	signedIn, err := d.Store.AnybodySignedIn(ctx, since, now.Add(clockSkew))
	if err != nil || !signedIn {
		return "", err
	}
	return "sign-in", nil
}

// ClockInDoubt is 1 while disclosures are stopped because the clock is in doubt, else 0. It is for a metric.
func (d *Discloser) ClockInDoubt() int64 {
	d.guard.mu.Lock()
	defer d.guard.mu.Unlock()
	if d.guard.doubt {
		return 1
	}
	return 0
}
