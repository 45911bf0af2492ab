package letters

import (
	"context"
	"log/slog"
	"sync/atomic"
	"time"

	"golang.org/x/sync/errgroup"

	"cloison"
	"cloison/access/directory"
	"cloison/ledger/journal"
)

// Settings of the letters. The zero value of each field means the default in its comment.
type Settings struct {
	Language string // of the letters: fr, or en
	Console  string // the console's address as people type it; empty: not named
	Help     string // where to ask for help, in words, with a number that people know

	PerHour int           // letters of one kind to one person before the rest becomes a digest: 5
	Tries   int           // deliveries that the relay puts off before a letter is Failed: 8
	Keep    time.Duration // how long the outbox lists letters that are done: 90 days
	TooOld  time.Duration // an Unsent letter older than that is Failed, because its warning comes too late: 72 h
	Lease   time.Duration // how long a sender may hold a letter: 5 min; more than twice the relay's Timeout
	Pace    time.Duration // between two letters: 50 ms
	Poll    time.Duration // how often the journal and the outbox are looked at: 2 s
}

// Letters is the stage. Replicas on one store share its work.
type Letters struct {
	store    Store
	accounts Accounts
	decider  Decider
	relay    *Relay
	render   *renderer
	settings Settings
	zone     *time.Location
	holder   string
	log      *slog.Logger
	now      func() time.Time
	events   map[string]func(context.Context, *draft) error // by code

	sent, doubtful, failed atomic.Int64

	// Of the sending goroutine alone: letters that the relay answered and the store does not know settled yet.
	unsettled []Letter
	// Of the writing goroutine alone: enrolments of the last hour.
	enrolled map[cloison.AccountID]time.Time
}

// New returns the stage. Without a relay (nil) it writes letters and sends none. The holder is a name of this process
// that no other replica has.
func New(store Store, accounts Accounts, decider Decider, relay *Relay, settings Settings, zone *time.Location, holder string,
	log *slog.Logger, now func() time.Time) (*Letters, error) {
	s := settings.withDefaults()
	w, err := newRenderer(s.Language, s.Console, s.Help, zone)
	if err != nil {
		return nil, err
	}
	if relay != nil && s.Lease <= 2*relay.settings.Timeout {
		return nil, cloison.Errorf(cloison.Invalid, "lease of %s: too short for a relay's timeout of %s; want more than twice the timeout", s.Lease,
			relay.settings.Timeout)
	}
	ls := &Letters{store: store, accounts: accounts, decider: decider, relay: relay, render: w, settings: s, zone: zone, holder: holder,
		log: log, enrolled: map[cloison.AccountID]time.Time{}, now: cloison.Clock(now)}
	ls.events = ls.lettersOfEvents()
	return ls, nil
}

func (s Settings) withDefaults() Settings {
	orElse(&s.Language, "fr")
	orElse(&s.PerHour, 5)
	orElse(&s.Tries, 8)
	orElse(&s.Keep, 90*24*time.Hour)
	orElse(&s.TooOld, 72*time.Hour)
	orElse(&s.Lease, 5*time.Minute)
	orElse(&s.Pace, 50*time.Millisecond)
	orElse(&s.Poll, 2*time.Second)
	return s
}

func orElse[T comparable](v *T, otherwise T) {
	if *v == *new(T) {
		*v = otherwise
	}
}

// Counts is how many letters this process sent, or could not send, since it started, for metrics.
type Counts struct{ Sent, Doubtful, Failed int64 }

// Counts returns a snapshot.
func (ls *Letters) Counts() Counts {
	return Counts{ls.sent.Load(), ls.doubtful.Load(), ls.failed.Load()}
}

// Sends reports whether there is a relay.
func (ls *Letters) Sends() bool { return ls.relay != nil }

// Run writes and sends until ctx ends, and returns nil then. It tries again what the store refuses.
func (ls *Letters) Run(ctx context.Context) error {
	group, ctx := errgroup.WithContext(ctx)
	group.Go(func() error { return ls.every(ctx, "write", ls.writeDue) })
	if ls.relay != nil {
		group.Go(func() error {
			defer ls.relay.Close()
			return ls.every(ctx, "send", ls.sendDue)
		})
	}
	return group.Wait()
}

// every repeats work until ctx ends.
func (ls *Letters) every(ctx context.Context, what string, work func(context.Context) error) error {
	tick := time.NewTicker(ls.settings.Poll)
	defer tick.Stop()
	for {
		if err := work(ctx); err != nil && ctx.Err() == nil {
			ls.log.WarnContext(ctx, "letters will be tried again", "what", what, "err", err)
		}
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
		}
	}
}

// writeDue writes letters about new events, about what is due today, and about held letters.
func (ls *Letters) writeDue(ctx context.Context) error {
	if err := ls.readJournal(ctx); err != nil {
		return err
	}
	if err := ls.remindDaily(ctx); err != nil {
		return err
	}
	return ls.writeDigests(ctx)
}

// Resend sends a Doubtful or Failed letter again, as an officer decides: it may arrive twice.
func (ls *Letters) Resend(ctx context.Context, by cloison.Caller, id int64) error {
	if err := ls.MayResend(ctx, by, id); err != nil {
		return err
	}
	if err := ls.store.Resend(ctx, id, ls.now()); err != nil {
		return err
	}
	l, err := ls.store.Letter(ctx, id)
	if err != nil {
		return err
	}
	journal.Record(ctx, ls.accounts, ls.log, journal.Event{At: ls.now(), Code: "letter.resent", Actor: by.Account,
		Account: l.To, Session: by.Session, Detail: detailOf(l)})
	return nil
}

// Letter returns one letter, or NotFound.
func (ls *Letters) Letter(ctx context.Context, id int64) (Letter, error) {
	return ls.store.Letter(ctx, id)
}

// List lists the newest letters first, of one state or ("") of all, below that ID (0: from the newest), at most limit.
func (ls *Letters) List(ctx context.Context, state State, below int64, limit int) ([]Letter, error) {
	return ls.store.Letters(ctx, state, below, limit)
}

// Tally counts letters by state.
func (ls *Letters) Tally(ctx context.Context) (map[State]int, error) { return ls.store.Tally(ctx) }

// MayResend says why the caller may not send that letter again: its role, or the state of the letter.
func (ls *Letters) MayResend(ctx context.Context, by cloison.Caller, id int64) error {
	l, err := ls.store.Letter(ctx, id)
	if err != nil {
		return err
	}
	caller, err := ls.accounts.Account(ctx, by.Account)
	if err != nil && cloison.KindOf(err) != cloison.NotFound {
		return err
	}
	to, err := ls.accounts.Account(ctx, l.To)
	if err != nil {
		return err
	}
	if err := directory.Allow(directory.ToResend, caller, to); err != nil {
		return err
	}
	if (l.State != Doubtful && l.State != Failed) || l.Body == "" {
		return cloison.Errorf(cloison.Conflict, "the letter is %s: only a doubtful or a failed one is sent again", l.State)
	}
	return nil
}
