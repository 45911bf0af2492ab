package disclose_test

import (
	"context"
	"testing"
	"time"

	"pgregory.net/rapid"

	"cloison"
	"cloison/access/signin"
	"cloison/internal/testkit"
	"cloison/rules/policy"
	"cloison/wall/disclose"
)

// pair is a machine's two clocks: pass moves both, leap the wall clock alone.
type pair struct {
	*testkit.Clock
	up *testkit.Clock
}

func (w *world) clocks() *pair { return &pair{w.Clock, testkit.NewClock(time.Unix(1, 0))} }

func (p *pair) pass(d time.Duration) { p.Add(d); p.up.Add(d) }
func (p *pair) leap(d time.Duration) { p.Add(d) }

// machine starts a replica with these clocks.
func (w *world) machine(p *pair, store disclose.Store) *disclose.Discloser {
	w.Helper()
	return w.replica(store, func(o *disclose.Options) {
		o.Uptime = func() time.Duration { return p.up.Now().Sub(time.Unix(0, 0)) }
	})
}

func (w *world) signsIn(who disclose.Agent, at time.Time) {
	w.Helper()
	s := signin.Session{ID: cloison.NewSessionID(), Account: who.Account, Opened: at, LastSeen: at, Expires: at.Add(time.Hour)}
	copy(s.Token[:], s.ID.String())
	w.Must(w.DB.AddSession(w.Ctx, s, 0))
}

// doubted asks for a person and reports whether doubt of the clock is why nobody is shown; any other reason fails.
func (w *world) doubted(d *disclose.Discloser, who disclose.Agent, n int) bool {
	w.Helper()
	got := w.reads(d, who, person(1, n))
	if got.Outcome == policy.Permit {
		return false
	}
	if got.Reasons[0].Code != policy.ClockDoubt {
		w.Fatalf("refused for another reason: %+v", got.Reasons)
	}
	admitted, err := d.Admit(w.Ctx, who, "dossiers", policy.Read)
	if err != nil || admitted.Outcome != policy.Refuse || admitted.Reasons[0].Code != policy.ClockDoubt {
		w.Fatalf("Admit says %+v, %v", admitted, err)
	}
	return true
}

// TestAClockThatLeaps: nothing is shown, nothing is recorded with its time, and there are three ways out.
func TestAClockThatLeaps(t *testing.T) {
	t.Parallel()
	onBoth(t, func(w *world) {
		p, who := w.clocks(), w.adviser(1)
		d := w.machine(p, w.DB)
		right := func(what string, n int) {
			t.Helper()
			if w.doubted(d, who, n) {
				w.Errorf("%s: in doubt", what)
			}
		}
		wrong := func(what string, n int) {
			t.Helper()
			p.pass(time.Second) // it is asked once a second
			before, err := w.DB.Gate(w.Ctx)
			w.Must(err)
			if !w.doubted(d, who, n) || d.ClockInDoubt() != 1 {
				w.Errorf("%s: believed", what)
			}
			if after, err := w.DB.Gate(w.Ctx); err != nil || after.NextSeq != before.NextSeq || after.LastAt.Sub(before.LastAt) > 12*time.Hour {
				w.Errorf("%s: recorded at %v, %v", what, after.LastAt, err)
			}
		}
		right("at first", 1)
		p.pass(time.Hour)
		p.leap(50 * time.Second)
		right("within the bound", 2)
		p.leap(20 * time.Second)
		wrong("a little beyond the bound, in two leaps", 3)
		p.leap(-15 * time.Second)
		right("it agrees again", 3)

		w.signsIn(who, p.Now().Add(5*time.Second)) // on a replica whose clock is a little ahead
		p.leap(365 * 24 * time.Hour)
		wrong("a year ahead", 4)
		w.signsIn(who, p.Now().Add(-365*24*time.Hour))
		wrong("somebody signs in by the right clock, elsewhere", 4)
		p.leap(-365 * 24 * time.Hour)
		right("set right again, the ledger is open", 4)

		p.leap(10 * time.Minute) // the machine slept
		wrong("nobody has signed in since", 5)
		w.signsIn(who, p.Now())
		p.pass(2 * time.Second)
		right("somebody signed in by it", 5)
		p.leap(365 * 24 * time.Hour)
		wrong("and again a year ahead", 6)
		p.leap(-365 * 24 * time.Hour)

		p.leap(3 * time.Minute)
		wrong("three minutes", 7)
		w.signsIn(who, p.Now())
		p.leap(24 * time.Hour)
		wrong("a sign-in by a clock that has leapt on is none by this one", 7)
		p.leap(-24*time.Hour - 3*time.Minute)
		right("agrees", 7)

		p.leap(-time.Second)
		right("a second back", 8)
		p.leap(61 * time.Second)
		wrong("forward again, from there", 9)
		if started := w.machine(p, w.DB); w.doubted(started, who, 9) {
			w.Error("after a restart: in doubt")
		}
	})
}

// TestTheDatabasesClock confirms a clock, when the database is on another machine.
func TestTheDatabasesClock(t *testing.T) {
	t.Parallel()
	w := newWorld(t, nil)
	p, who := w.clocks(), w.adviser(1)
	far := &farClock{Store: w.DB}
	d := w.machine(p, far)
	p.leap(time.Hour)
	far.at = p.Now().Add(-time.Hour)
	if !w.doubted(d, who, 1) {
		t.Error("the database's clock says otherwise: believed")
	}
	p.pass(time.Second)
	far.at = p.Now().Add(3 * time.Second)
	if w.doubted(d, who, 1) {
		t.Error("the database's clock says the same: in doubt")
	}
}

// farClock is a store on another machine, whose clock is read over the network.
type farClock struct {
	disclose.Store
	at time.Time
}

func (f *farClock) ServerClock(context.Context) (time.Time, error) { return f.at, nil }

// TestNoWalkOfTheClockOpensMore: whatever leaps a clock makes, without a sign-in nobody is shown at a time that is
// further than ClockGain from the monotonic clock, counted from the lowest start.
func TestNoWalkOfTheClockOpensMore(t *testing.T) {
	t.Parallel()
	w := newWorld(t, nil)
	rapid.Check(t, func(rt *rapid.T) {
		p := w.clocks()
		p.Set(time.Date(2025, 12, 1, 9, 0, 0, 0, time.UTC))
		d, err := disclose.New(disclose.Options{Store: w.DB, Directory: w.Directory, Explanations: w.Explanations, Settings: w.set, Zone: time.UTC, Log: testkit.Quiet(), Now: p.Now,
			Uptime: func() time.Duration { return p.up.Now().Sub(time.Unix(0, 0)) }})
		if err != nil {
			rt.Fatal(err)
		}
		lowest := p.Now().Sub(p.up.Now())
		for range rapid.IntRange(1, 30).Draw(rt, "steps") {
			p.pass(time.Duration(rapid.IntRange(0, 5000).Draw(rt, "pass")) * time.Millisecond)
			p.leap(time.Duration(rapid.IntRange(-90_000, 90_000).Draw(rt, "leap")) * time.Millisecond)
			got, err := d.Admit(t.Context(), disclose.Agent{}, "dossiers", policy.Read)
			if err != nil {
				rt.Fatal(err)
			}
			ahead := p.Now().Sub(p.up.Now())
			lowest = min(lowest, ahead)
			if doubt := got.Reasons[0].Code == policy.ClockDoubt; doubt != (ahead-lowest > time.Minute) {
				rt.Fatalf("in doubt: %v, with a gain of %v", doubt, ahead-lowest)
			}
		}
	})
}
