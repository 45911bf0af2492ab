package letters

import (
	"context"
	"strconv"
	"time"

	"cloison"
	"cloison/ledger/journal"
)

// sendDue delivers the letters that are due, one after the other, until none is left or the relay cannot be reached.
//
// A letter is Sending in the store before the relay gets it. After a crash it stays so until its lease ends; then it is
// Doubtful: the relay may have taken it.
func (ls *Letters) sendDue(ctx context.Context) error {
	if err := ls.settleAll(ctx); err != nil {
		return err
	}
	if err := ls.giveUp(ctx); err != nil {
		return err
	}
	for ctx.Err() == nil {
		now := ls.now()
		l, err := ls.store.Claim(ctx, ls.holder, now, now.Add(ls.settings.Lease))
		if cloison.KindOf(err) == cloison.NotFound && err != nil {
			ls.relay.hangUp()
			return nil
		}
		if err != nil {
			return err
		}
		// A delivery that has begun ends even at shutdown: a broken one would leave a doubt.
		delivered := ls.relay.deliver(context.WithoutCancel(ctx), l)
		if err := ls.settle(context.WithoutCancel(ctx), l, delivered); err != nil {
			return err
		}
		if delivered.unreachable {
			return cloison.Errorf(cloison.Unavailable, "the relay cannot be reached: %s", delivered.reply)
		}
		select {
		case <-ctx.Done():
		case <-time.After(ls.settings.Pace):
		}
	}
	return nil
}

// settle stores the relay's answer, now or as soon as the store works: a letter that the relay took is not doubtful.
func (ls *Letters) settle(ctx context.Context, l Letter, d delivery) error {
	now := ls.now()
	l.Reply, l.State = d.reply, d.state
	switch {
	case d.state == Unsent && d.unreachable: // not the letter's fault
		l.Tries--
		l.Due = now.Add(time.Minute)
	case d.state == Unsent && l.Tries >= ls.settings.Tries:
		l.State = Failed
	case d.state == Unsent:
		l.Due = now.Add(backoff(l.Tries))
	}
	if l.State != Unsent {
		l.Settled = now
	}
	ls.unsettled = append(ls.unsettled, l)
	return ls.settleAll(ctx)
}

// settleAll stores the answers that are not stored yet. Stale: another sender has settled the letter, and ours is late.
func (ls *Letters) settleAll(ctx context.Context) error {
	for len(ls.unsettled) > 0 {
		l := ls.unsettled[0]
		err := ls.store.Settle(ctx, l)
		if err != nil && cloison.KindOf(err) != cloison.Stale {
			return err
		}
		ls.unsettled = ls.unsettled[1:]
		if err == nil {
			ls.report(ctx, l)
		}
	}
	return nil
}

// backoff is how long to wait after that many tries: 1, 4, 16 minutes, then an hour, then four.
func backoff(tries int) time.Duration {
	steps := []time.Duration{time.Minute, 4 * time.Minute, 16 * time.Minute, time.Hour, 4 * time.Hour}
	return steps[min(max(tries, 1), len(steps))-1]
}

// giveUp settles letters whose sender died, and letters that are too old.
func (ls *Letters) giveUp(ctx context.Context) error {
	now := ls.now()
	letters, err := ls.store.Lapse(ctx, now, now.Add(-ls.settings.TooOld))
	if err != nil {
		return err
	}
	for _, l := range letters {
		ls.report(ctx, l)
	}
	return nil
}

// report counts a settled letter, and journals one that was not sent or may not have been.
func (ls *Letters) report(ctx context.Context, l Letter) {
	switch l.State {
	case Sent:
		ls.sent.Add(1)
		return
	case Doubtful:
		ls.doubtful.Add(1)
	case Failed:
		ls.failed.Add(1)
	default:
		return
	}
	ls.log.WarnContext(ctx, "letter not sent, or in doubt", "letter", l.ID, "kind", string(l.Kind), "state", string(l.State),
		"reply", l.Reply)
	journal.Record(ctx, ls.accounts, ls.log, journal.Event{At: ls.now(), Code: "letter." + string(l.State), Account: l.To, Detail: detailOf(l)})
}

func detailOf(l Letter) map[string]string {
	return map[string]string{"letter": strconv.FormatInt(l.ID, 10), "kind": string(l.Kind), "reply": l.Reply}
}
