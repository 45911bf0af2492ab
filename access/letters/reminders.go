package letters

import (
	"context"
	"fmt"
	"time"

	"cloison"
	"cloison/access/directory"
)

const (
	dayReader  = "courier.day"
	remindHour = 7 // of the local day: reminders are there when people come to work
)

// remindDaily writes, once a local day, the reminders and the approvers' list of waiting proposals. Its cursor is the
// day, as in 20261125. A day without a running replica needs no repetition: the next day finds the same things due.
func (ls *Letters) remindDaily(ctx context.Context) error {
	now := ls.now().In(ls.zone)
	today := int64(now.Year()*10000 + int(now.Month())*100 + now.Day())
	at, err := ls.store.Cursor(ctx, dayReader)
	if err != nil || at == today || now.Hour() < remindHour { // a cursor ahead of today comes from a wrong clock
		return err
	}
	// Each part is stored under the old place; the last one moves it. A crash between them repeats parts, whose keys
	// are there.
	if err := ls.writeReminders(ctx, at); err != nil {
		return ignoreStale(err)
	}
	letters, err := ls.writeWaiting(ctx, today)
	if err != nil {
		return err
	}
	if err := ls.store.Post(ctx, Batch{Reader: dayReader, From: at, To: today, Letters: letters}); err != nil {
		return ignoreStale(err)
	}
	return ls.store.Forget(ctx, ls.now().Add(-ls.settings.Keep))
}

// ignoreStale drops the error of a replica that came second.
func ignoreStale(err error) error {
	if cloison.KindOf(err) == cloison.Stale {
		return nil
	}
	return err
}

// writeReminders writes to each account whose training ends within 30 days, once for each of the steps 30, 7 and 1.
func (ls *Letters) writeReminders(ctx context.Context, at int64) error {
	now := ls.now()
	var after cloison.AccountID
	for {
		accounts, err := ls.accounts.CoursesEnding(ctx, now, now.AddDate(0, 0, 30), after, batch)
		if err != nil || len(accounts) == 0 {
			return err
		}
		var letters []Letter
		for _, a := range accounts {
			after = a.ID
			for course, ends := range map[string]time.Time{"awareness": a.AwarenessUntil, "managers": a.ManagersUntil} {
				if course == "managers" && !a.Roles.Has(directory.Manager) {
					continue
				}
				l, ok, err := ls.reminder(a, course, ends)
				if err != nil {
					return err
				}
				if ok {
					letters = append(letters, l)
				}
			}
		}
		if err := ls.store.Post(ctx, Batch{Reader: dayReader, From: at, To: at, Letters: letters}); err != nil {
			return err
		}
	}
}

// reminder is the letter of the step in which the course is.
func (ls *Letters) reminder(a directory.Account, course string, ends time.Time) (Letter, bool, error) {
	left := ends.Sub(ls.now())
	step := 0
	for _, s := range []int{30, 7, 1} {
		if left > 0 && left <= time.Duration(s)*24*time.Hour {
			step = s
		}
	}
	if step == 0 || a.Email == "" {
		return Letter{}, false, nil
	}
	days := int((left + 24*time.Hour - 1) / (24 * time.Hour))
	l, err := ls.letter(fmt.Sprintf("training:%s:%s:%d:%d", a.ID, course, ends.Unix(), step), Training, a, ToHolder,
		facts{Course: course, Days: days, Ends: ls.render.when(ends)})
	l.About = a.ID
	return l, true, err
}

// writeWaiting tells each approver how many proposals wait for its decision.
func (ls *Letters) writeWaiting(ctx context.Context, today int64) ([]Letter, error) {
	open, err := ls.accounts.Proposals(ctx, "")
	if err != nil || len(open) == 0 {
		return nil, err
	}
	approvers, err := ls.store.Bearers(ctx, "", directory.Approver, 10*batch)
	if err != nil {
		return nil, err
	}
	var letters []Letter
	for _, a := range approvers {
		if a.Email == "" {
			continue
		}
		denials, err := ls.decider.MayDecideEach(ctx, cloison.Caller{Account: a.ID}, open)
		if err != nil {
			return nil, err
		}
		n, oldest := 0, time.Time{}
		for i, p := range open {
			if denials[i] == nil {
				if n++; oldest.IsZero() {
					oldest = p.Made
				}
			}
		}
		if n == 0 {
			continue
		}
		l, err := ls.letter(fmt.Sprintf("waiting:%d:%s", today, a.ID), Waiting, a, ToApprover,
			facts{Count: n, Since: ls.render.day(oldest)})
		if err != nil {
			return nil, err
		}
		letters = append(letters, l)
	}
	return letters, nil
}
