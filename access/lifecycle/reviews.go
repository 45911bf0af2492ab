package lifecycle

import (
	"context"
	"strconv"
	"time"

	"cloison"
	"cloison/access/directory"
	"cloison/ledger/journal"
)

// review opens the reviews that are due, reminds, and ends those whose day has come.
func (lc *Lifecycle) review(ctx context.Context, now time.Time, s *Swept) error {
	standings, err := lc.store.Reviewed(ctx)
	if err != nil {
		return err
	}
	for _, st := range standings {
		if st.Open || now.Before(lc.nextReview(st)) {
			continue
		}
		r := Review{ID: cloison.NewActID(), Structure: st.Structure, Opened: now, Due: lc.dueAfter(now)}
		err := lc.store.OpenReview(ctx, r, lc.event("review.opened", r, now))
		switch {
		case err == nil:
			s.Opened++
		case cloison.KindOf(err) != cloison.Conflict: // another replica's
			return err
		}
	}
	open, err := lc.store.Reviews(ctx, "", everyReview)
	if err != nil {
		return err
	}
	for _, r := range open {
		if !r.Closed.IsZero() {
			break
		}
		if err := lc.advance(ctx, r, now, s); err != nil {
			return err
		}
	}
	return nil
}

// everyReview is more than there are structures.
const everyReview = 100_000

// nextReview is when the structure's next review opens: some months after the last one, or after its first account.
func (lc *Lifecycle) nextReview(s Standing) time.Time {
	from := s.Opened
	if from.IsZero() {
		from = s.First
	}
	return directory.AfterMonths(from.In(lc.zone), lc.settings.ReviewMonths)
}

// dueAfter is the first moment of the day on which a review that opens now ends: people have whole days.
func (lc *Lifecycle) dueAfter(now time.Time) time.Time {
	y, m, d := now.In(lc.zone).Date()
	return time.Date(y, m, d+lc.settings.ReviewDays+1, 0, 0, 0, 0, lc.zone).UTC()
}

// advance reminds of an open review, or ends it.
func (lc *Lifecycle) advance(ctx context.Context, r Review, now time.Time, s *Swept) error {
	if now.Before(r.Due) {
		if r.Answers[Waiting] == 0 || !r.Reminded.IsZero() || now.Before(r.Due.AddDate(0, 0, -lc.settings.ReminderDays)) {
			return nil
		}
		return unless(cloison.Conflict, lc.store.Remind(ctx, r.ID, now, lc.event("review.due", r, now)))
	}
	n, err := lc.lapse(ctx, r, now)
	if s.Lapsed += n; err != nil {
		return err
	}
	err = lc.store.CloseReview(ctx, r.ID, now, lc.event("review.closed", r, now))
	if err == nil {
		s.Closed++
	}
	// Stale: an account changed while it was read. The next sweep looks at it again.
	return unless(cloison.Stale, unless(cloison.Conflict, err))
}

func unless(k cloison.Kind, err error) error {
	if err != nil && cloison.KindOf(err) == k {
		return nil
	}
	return err
}

// lapse suspends the accounts of a review that have no answer. Those that are not active any more have theirs already.
func (lc *Lifecycle) lapse(ctx context.Context, r Review, now time.Time) (ended int, err error) {
	var after cloison.AccountID
	for {
		page, err := lc.store.Lines(ctx, r.ID, after, batch)
		if err != nil || len(page) == 0 {
			return ended, err
		}
		after = page[len(page)-1].Account.ID
		var endings []Ending
		for _, l := range page {
			if l.Answer == Waiting && l.Account.State == directory.Active {
				endings = append(endings, suspended(l.Account, now, Unreviewed, r.ID))
			}
		}
		n, err := lc.store.End(ctx, r.ID, endings)
		if ended += n; err != nil {
			return ended, err
		}
	}
}

func (lc *Lifecycle) event(code string, r Review, now time.Time) journal.Event {
	return journal.Event{At: now, Code: code, Act: r.ID, Detail: map[string]string{"structure": string(r.Structure),
		"due": r.Due.Format(time.RFC3339), "waiting": strconv.Itoa(r.Answers[Waiting])}}
}

// Reviews lists the reviews of one structure, or of all (""), open ones first.
func (lc *Lifecycle) Reviews(ctx context.Context, structure cloison.StructureID, limit int) ([]Review, error) {
	return lc.store.Reviews(ctx, structure, limit)
}

// Review returns one review with its counts, or NotFound.
func (lc *Lifecycle) Review(ctx context.Context, id cloison.ActID) (Review, error) {
	return lc.store.Review(ctx, id)
}

// Lines lists the accounts of a review by id, after that one.
func (lc *Lifecycle) Lines(ctx context.Context, id cloison.ActID, after cloison.AccountID, limit int) ([]Line, error) {
	return lc.store.Lines(ctx, id, after, limit)
}
