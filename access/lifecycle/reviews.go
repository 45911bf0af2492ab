package lifecycle

import (
	"context"
	"strconv"
	"time"

	"cloison"
	"cloison/access/directory"
	"cloison/ledger/journal"
)

// Standing is a structure's place between two reviews.
type Standing struct {
	Structure cloison.StructureID
	First     time.Time // when the first of its accounts was created
	Opened    time.Time // its last review; zero: none yet
	Open      bool      // it is not closed
}

// Review is one campaign in one structure.
type Review struct {
	ID        cloison.ActID
	Structure cloison.StructureID
	Opened    time.Time
	Due       time.Time // from then on, an account without an answer is suspended
	Reminded  time.Time
	Closed    time.Time // zero: open

	Accounts int            // how many are in it
	Answers  map[Answer]int // how many of each; Waiting included
}

// Open reports whether the review takes answers at that time.
func (r Review) Open(at time.Time) bool { return r.Closed.IsZero() && at.Before(r.Due) }

// Line is one account of a review.
type Line struct {
	Account directory.Account
	Answer  Answer
	At      time.Time
	By      cloison.AccountID
}

// review opens the reviews that are due, reminds of open ones, and closes those whose last day is over.
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
		case cloison.KindOf(err) != cloison.Conflict: // Conflict: another replica came first
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

// dueAfter is the first moment after the last day of a review that opens now: agents have whole days.
func (lc *Lifecycle) dueAfter(now time.Time) time.Time {
	y, m, d := now.In(lc.zone).Date()
	return time.Date(y, m, d+lc.settings.ReviewDays+1, 0, 0, 0, 0, lc.zone).UTC()
}

// advance reminds of an open review, or closes it.
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
	// Stale: an account changed meanwhile. The next sweep closes the review.
	return unless(cloison.Stale, unless(cloison.Conflict, err))
}

// unless is the error, or nil when it is of that kind.
func unless(k cloison.Kind, err error) error {
	if err != nil && cloison.KindOf(err) == k {
		return nil
	}
	return err
}

// lapse suspends the active accounts of a review that have no answer.
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
