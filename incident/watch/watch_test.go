package watch_test

import (
	"context"
	"slices"
	"sync"
	"testing"
	"time"

	"cloison"
	"cloison/access/directory"
	"cloison/incident/contain"
	"cloison/incident/watch"
	"cloison/internal/testkit"
	"cloison/internal/testkit/testworld"
	"cloison/ledger/journal"
	"cloison/store/storetest"
	"cloison/wall/disclose"
)

// world is the shared one with a container; tests break single calls of them.
type world struct {
	*testworld.World
	c *contain.Container
}

func open(t *testing.T) *world {
	t.Helper()
	w := &world{World: testworld.New(t, testworld.Options{Empty: true, Start: time.Date(2025, 12, 1, 19, 40, 0, 0, time.UTC)})}
	w.c = contain.New(w.DB, w.DB, contain.Settings{}, testkit.Quiet(), w.Now)
	return w
}

func (w *world) add(name string) cloison.AccountID {
	w.Helper()
	return w.Add("ML1", name, directory.Adviser, func(a *directory.Account) { a.Name, a.Created = "", w.Now().Add(-14*time.Minute) }).ID
}

// alarm commits one as a disclosure would.
func (w *world) alarm(account cloison.AccountID, level string) {
	w.Helper()
	w.Commit(disclose.Commit{At: w.Now(),
		Alarms: []disclose.Alarm{{At: w.Now(), Account: account,
			Lineage: account, Structure: "ML1", Counted: disclose.CountedAccount(account), Level: level, Statistic: 61234,
			Persons: 9, Unexplained: 9}}})
}

func (w *world) state(id cloison.AccountID) directory.State {
	w.Helper()
	return w.Account(id).State
}

// eventLog is a journal that says when something of the watch is in it.
type eventLog struct {
	storetest.All
	told chan journal.Event
}

func (j eventLog) AddEvent(ctx context.Context, e journal.Event) error {
	err := j.All.AddEvent(ctx, e)
	if err == nil {
		j.told <- e
	}
	return err
}

// run starts a watch; the events that it journals come out of the channel, stop ends it and waits.
func (w *world) run(store watch.Store, c watch.Container, s watch.Settings,
	wake chan struct{}) (told chan journal.Event, stop func()) {
	j := eventLog{w.DB, make(chan journal.Event, 100)}
	ctx, cancel := context.WithCancel(w.Context())
	var wg sync.WaitGroup
	wg.Go(func() {
		if err := watch.New(store, c, j, s, testkit.Quiet(), w.Now).Run(ctx, wake); err != nil {
			w.Errorf("Run: %v", err)
		}
	})
	return j.told, func() { cancel(); wg.Wait() }
}

func TestAHardAlarmCutsAndASoftOneTells(t *testing.T) {
	w := open(t)
	thief, odd := w.add("thief"), w.add("odd")
	wake := make(chan struct{}, 1)
	told, stop := w.run(w.DB, w.c, watch.Settings{Poll: time.Hour}, wake)
	defer stop()
	w.alarm(odd, "soft")
	w.alarm(thief, "hard")
	wake <- struct{}{}
	soft, hard := <-told, <-told
	if soft.Code != "alarm.soft" || soft.Account != odd || soft.Detail["cut"] != "false" ||
		w.state(odd) != directory.Active {
		t.Errorf("soft: %+v, the account is %s", soft, w.state(odd))
	}
	want := map[string]string{"alarm": "2", "subject": "a:" + thief.String(), "persons": "9", "unexplained": "9",
		"statistic":   "61234",
		"age_seconds": "840", "fresh": "false", "maker": "a-", "approver": "a-", "cut": "true"}
	if hard.Code != "alarm.hard" || w.state(thief) != directory.Suspended {
		t.Errorf("hard: %+v, the account is %s", hard, w.state(thief))
	}
	for k, v := range want {
		if hard.Detail[k] != v {
			t.Errorf("%s: got %q, want %q", k, hard.Detail[k], v)
		}
	}
}

func TestManualTellsAndCutsNothing(t *testing.T) {
	w := open(t)
	thief := w.add("thief")
	w.alarm(thief, "hard")
	told, stop := w.run(w.DB, w.c, watch.Settings{Manual: true}, nil)
	defer stop()
	if e := <-told; e.Detail["cut"] != "false" || w.state(thief) != directory.Active {
		t.Errorf("%+v, the account is %s", e, w.state(thief))
	}
}

// TestPollFindsWhatNobodyAnnounced: an alarm of another replica.
func TestPollFindsWhatNobodyAnnounced(t *testing.T) {
	w := open(t)
	thief := w.add("thief")
	told, stop := w.run(w.DB, w.c, watch.Settings{Poll: 2 * time.Millisecond}, nil)
	defer stop()
	w.alarm(thief, "hard")
	<-told
	if w.state(thief) != directory.Suspended {
		t.Error("not cut")
	}
}

// broken refuses the cuts of one account until it is healed, and tells of each refusal.
type broken struct {
	watch.Container
	refused chan struct{}
	mu      sync.Mutex
	account cloison.AccountID
	tried   []int64
}

func (b *broken) CutFor(ctx context.Context, id cloison.AccountID, a disclose.Alarm) error {
	b.mu.Lock()
	b.tried = append(b.tried, a.ID)
	sick := id == b.account
	b.mu.Unlock()
	if sick {
		b.refused <- struct{}{}
		return cloison.Errorf(cloison.Unavailable, "the database did not answer")
	}
	return b.Container.CutFor(ctx, id, a)
}

// TestOneBadAlarmHoldsUpNone: the alarm that cannot be handled is tried again and again, the later ones are
// not, and the durable place waits for it.
func TestOneBadAlarmHoldsUpNone(t *testing.T) {
	w := open(t)
	first, second := w.add("first"), w.add("second")
	w.alarm(first, "hard")
	w.alarm(second, "hard")
	c := &broken{Container: w.c, account: first, refused: make(chan struct{})}
	told, stop := w.run(w.DB, c, watch.Settings{Poll: time.Millisecond}, nil)
	<-c.refused
	if e := <-told; e.Account != second {
		t.Errorf("told of %s first", e.Account)
	}
	<-c.refused // in the second pass: the first has kept its place
	if at, err := w.DB.Cursor(t.Context(), "watch.alarms"); err != nil || at != 0 {
		t.Errorf("the place is %d, %v: want before the alarm that is left", at, err)
	}
	c.mu.Lock()
	c.account = 0
	c.mu.Unlock()
	for healed := false; !healed; {
		select {
		case <-c.refused: // one that was under way
		case <-told:
			healed = true
		}
	}
	stop()
	if w.state(first) != directory.Suspended || w.state(second) != directory.Suspended {
		t.Error("not both cut")
	}
	if n := len(slices.DeleteFunc(c.tried, func(id int64) bool { return id != 2 })); n != 1 {
		t.Errorf("the good alarm was dealt with %d times", n)
	}
	if cuts, err := w.c.Cuts(t.Context()); err != nil || len(cuts) != 2 {
		t.Errorf("%d cuts, %v", len(cuts), err)
	}
}

// TestACrashRepeatsAndNeverSkips stops the watch before each write of its place, and starts another: every alarm is
// dealt with, and cut for once.
func TestACrashRepeatsAndNeverSkips(t *testing.T) {
	w := open(t)
	var thieves []cloison.AccountID
	for _, name := range []string{"a", "b", "c", "d"} {
		thieves = append(thieves, w.add(name))
		w.alarm(thieves[len(thieves)-1], "hard")
		told, stop := w.run(forgetful{w.DB}, w.c, watch.Settings{Poll: time.Hour}, nil)
		for range thieves { // it starts from the beginning each time
			<-told
		}
		stop()
	}
	told, stop := w.run(w.DB, w.c, watch.Settings{Poll: time.Hour}, nil)
	for range thieves {
		<-told
	}
	stop()
	for _, id := range thieves {
		if w.state(id) != directory.Suspended {
			t.Errorf("%s is %s", id, w.state(id))
		}
	}
	if cuts, err := w.c.Cuts(t.Context()); err != nil || len(cuts) != len(thieves) {
		t.Errorf("%d cuts for %d alarms, %v", len(cuts), len(thieves), err)
	}
}

// forgetful never keeps the place: what a crash before the write leaves.
type forgetful struct{ storetest.All }

func (forgetful) SetCursor(context.Context, string, int64) error {
	return cloison.Errorf(cloison.Unavailable, "the database did not answer")
}
