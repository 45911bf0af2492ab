package disclose_test

import (
	"context"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"cloison"
	"cloison/access/directory"
	"cloison/access/explanation"
	"cloison/incident/contain"
	"cloison/rules/limits"
	"cloison/rules/policy"
	"cloison/wall/disclose"
)

func TestAnExplainedPersonIsShownAndRecorded(t *testing.T) {
	onBoth(t, func(w *world) {
		t := w.TB
		who, d := w.adviser(1), w.replica(w.DB)
		decision := w.reads(d, who, person(1, 3))
		if decision.Outcome != policy.Permit || decision.Persons[0].Show != cloison.Identity || decision.Persons[0].Mask != cloison.NIR {
			t.Fatalf("%+v", decision)
		}
		rows, err := w.DB.Rows(t.Context(), 0, 10)
		if err != nil || len(rows) != 1 {
			t.Fatal(rows, err)
		}
		if r := rows[0]; r.Seq != 1 || r.Person != person(1, 3) || r.Fields != cloison.Identity || r.Explanation != "caseload" || r.Account != who.Account {
			t.Fatalf("%+v", r)
		}
	})
}

func TestAStrangerIsRefusedAndTheAttemptCounts(t *testing.T) {
	onBoth(t, func(w *world) {
		t := w.TB
		who, d := w.adviser(1), w.replica(w.DB)
		var hard bool
		for i := range 10 {
			decision := w.reads(d, who, person(2, i))
			if decision.Outcome != policy.Refuse || decision.Persons[0].Shown() {
				t.Fatalf("%+v", decision)
			}
		}
		alarms, err := w.DB.Alarms(t.Context(), 0, 10)
		if err != nil {
			t.Fatal(err)
		}
		for _, a := range alarms {
			hard = hard || a.Level == limits.Hard.String() && a.Counted == disclose.CountedAccount(who.Account)
		}
		if !hard {
			t.Fatalf("ten strangers asked for and no hard alarm: %+v", alarms)
		}
		if rows, _ := w.DB.Rows(t.Context(), 0, 10); len(rows) != 0 {
			t.Fatal("a refusal left rows")
		}
		if w.reads(d, who, person(1, 0)).Outcome != policy.Permit {
			t.Fatal("the caseload stays open")
		}
	})
}

// TestCapsHoldOnTwoReplicas lets two replicas with their own handles race for one account, whose passkey is used again
// and again.
func TestCapsHoldOnTwoReplicas(t *testing.T) {
	onBoth(t, func(w *world) {
		t := w.TB
		second := w.Replica()
		who := w.adviser(1)
		replicas := []*disclose.Discloser{w.replica(w.DB), w.replica(second)}
		var shown sync.Map
		var group sync.WaitGroup
		for i := range 100 {
			group.Go(func() {
				for try := 0; ; try++ {
					a, err := replicas[(i+try)%2].Disclose(t.Context(), read(who, person(1, i)))
					switch {
					case err != nil:
						t.Error(err)
						return
					case a.Decision.Outcome == policy.Permit:
						shown.Store(i, true)
						return
					case a.Decision.Outcome == policy.StepUp && try < 50:
						if err := w.DB.RenewPresence(t.Context(), who.Session.ID, 20); err != nil {
							t.Error(err)
							return
						}
						continue
					}
					return
				}
			})
		}
		group.Wait()
		n := 0
		shown.Range(func(any, any) bool { n++; return true })
		roll, _ := w.DB.Shown(t.Context(), who.Account, "dossiers", w.Clock.Now().Add(-time.Hour))
		if n != 60 || len(roll) != 60 {
			t.Fatalf("%d persons shown, %d in rows: the cap is 60", n, len(roll))
		}
	})
}

func TestPresenceLeaseEndsAStolenCookie(t *testing.T) {
	onBoth(t, func(w *world) {
		t := w.TB
		who, d := w.adviser(1), w.replica(w.DB)
		shown := 0
		for i := range 40 {
			decision := w.reads(d, who, person(1, i))
			if decision.Outcome == policy.Permit {
				shown++
			} else if decision.Factor != policy.PasskeyFactor || decision.Reasons[0].Code != policy.Presence {
				t.Fatalf("%+v", decision)
			}
		}
		if shown != 20 {
			t.Fatalf("%d persons shown on one touch", shown)
		}
		if w.reads(d, who, person(1, 0)).Outcome != policy.Permit {
			t.Fatal("a person already shown today costs no lease")
		}
	})
}

func TestAClockThatGoesBackClosesTheLedger(t *testing.T) {
	onBoth(t, func(w *world) {
		t := w.TB
		who, d := w.adviser(1), w.replica(w.DB)
		w.reads(d, who, person(1, 0))
		w.Clock.Add(-2 * time.Second)
		if w.reads(d, who, person(1, 1)).Outcome != policy.Permit {
			t.Fatal("two replicas' clocks may differ by a little")
		}
		w.Clock.Add(-time.Hour)
		if decision := w.reads(d, who, person(1, 2)); decision.Outcome != policy.Refuse || decision.Reasons[0].Code != policy.LedgerUnavailable {
			t.Fatalf("%+v", decision)
		}
		w.Clock.Add(2 * time.Hour)
		if w.reads(d, who, person(1, 3)).Outcome != policy.Permit {
			t.Fatal("the clock is right again")
		}
	})
}

// TestACutIsACut lets agents read on two replicas while their lineage is cut: no row of theirs is added after Cut
// returns.
func TestACutIsACut(t *testing.T) {
	onBoth(t, func(w *world) {
		t := w.TB
		whos := []disclose.Agent{w.adviser(1), w.adviser(2), w.adviser(3)}
		replicas := []*disclose.Discloser{w.replica(w.DB), w.replica(w.Replica())}
		var after atomic.Int64 // the ledger's next row when the cut had returned
		var group sync.WaitGroup
		var shownAfter atomic.Int64
		started := make(chan struct{}, 1000)
		for n, who := range whos {
			for k := range 4 {
				group.Go(func() {
					for i := range 15 {
						began := after.Load()
						a, err := replicas[(i+k)%2].Disclose(t.Context(), read(who, person(n+1, 15*k+i)))
						if err != nil {
							t.Error(err)
							return
						}
						if a.Decision.Outcome == policy.Permit && began != 0 {
							shownAfter.Add(1)
						}
						if a.Decision.Factor == policy.PasskeyFactor {
							_ = w.DB.RenewPresence(t.Context(), who.Session.ID, 20) // NotFound once it is cut
						}
						select {
						case started <- struct{}{}:
						default:
						}
					}
				})
			}
		}
		for range 20 {
			<-started
		}
		cutter := w.Replica()
		ids := []cloison.AccountID{whos[0].Account, whos[1].Account, whos[2].Account}
		cut := contain.Cut{ID: cloison.NewActID(), Root: ids[0], Accounts: ids, At: w.Clock.Now(), Since: w.Clock.Now()}
		for {
			var err error
			if cut.Fence, err = cutter.Fence(t.Context()); err != nil {
				t.Fatal(err)
			}
			if _, err = cutter.Cut(t.Context(), cut); err == nil {
				break
			} else if cloison.KindOf(err) != cloison.Stale {
				t.Fatal(err)
			}
		}
		gate, err := cutter.Gate(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		after.Store(gate.NextSeq)
		group.Wait()
		rows, err := w.DB.Rows(t.Context(), gate.NextSeq-1, 100)
		if err != nil || len(rows) != 0 || shownAfter.Load() != 0 {
			t.Fatalf("%d rows and %d answers after the cut, %v", len(rows), shownAfter.Load(), err)
		}
		if d := w.reads(replicas[0], whos[0], person(1, 0)); d.Outcome != policy.Refuse || d.Reasons[0].Code != policy.IsSuspended {
			t.Fatalf("%+v", d)
		}
	})
}

// TestARevokedSessionShowsNothing ends a session on one replica while the other still has it in memory.
func TestARevokedSessionShowsNothing(t *testing.T) {
	onBoth(t, func(w *world) {
		who, d := w.adviser(1), w.replica(w.DB)
		w.reads(d, who, person(1, 0))
		if n, err := w.Replica().Revoke(w.Ctx, who.Account, who.Session.ID, "test", w.Clock.Now()); err != nil || n != 1 {
			w.Fatal(n, err)
		}
		for _, p := range []cloison.PersonRef{person(1, 1), person(1, 0)} {
			if decision := w.reads(d, who, p); decision.Outcome != policy.StepUp || decision.Factor != policy.SignInFactor {
				w.Fatalf("%+v", decision)
			}
		}
	})
}

// TestTheBoundHoldsAgainstAnAdversaryWhoSeesTheState lets an account with a self-granted explanation of each person
// choose the next one by all counters. It gets at most as many unexplained persons as the radius was before.
func TestTheBoundHoldsAgainstAnAdversaryWhoSeesTheState(t *testing.T) {
	onBoth(t, func(w *world) {
		t := w.TB
		victim, helper := w.adviser(1), w.adviser(2)
		who := w.adviser(3, func(a *directory.Account) { a.CreatedBy = helper.Account; a.Lineage = helper.Account })
		w.Must(w.DB.AddCover(t.Context(), explanation.CoverDeclared{ID: cloison.NewActID(), For: who.Account, Of: victim.Account,
			By: helper.Account, Made: w.Clock.Now().Add(-time.Hour), Since: w.Clock.Now().Add(-time.Hour), Until: w.Clock.Now().Add(24 * time.Hour)}))
		d := w.replica(w.DB)
		gauge := disclose.Gauge{Store: w.DB, Accounts: w.DB, Bound: w.set.Bound, Zone: time.UTC, Now: w.Clock.Now}
		before, err := gauge.Of(t.Context(), who.Account)
		if err != nil {
			t.Fatal(err)
		}
		unexplained, explained := 0, 0
		for i := range 60 { // an unexplained one whenever that does not cross, else an explained one to make room
			for _, ref := range []cloison.PersonRef{person(1, i), person(3, i)} {
				c, err := w.DB.Tallies(t.Context(), []disclose.Counted{disclose.CountedAccount(who.Account), disclose.CountedLineage(helper.Account)})
				w.Must(err)
				if ref == person(1, i) && (w.set.Bound.Detector.WouldCross(c[0].Tally.Stream) || w.set.Bound.Detector.WouldCross(c[1].Tally.Stream)) {
					continue
				}
				w.Must(w.DB.RenewPresence(t.Context(), who.Session.ID, 20))
				if w.reads(d, who, ref).Outcome != policy.Permit {
					continue
				}
				if ref == person(1, i) {
					unexplained++
				} else {
					explained++
				}
			}
		}
		if unexplained == 0 || unexplained > before.Unexplained || unexplained+explained > before.Persons {
			t.Fatalf("%d unexplained and %d explained persons shown, the bound said %d and %d", unexplained, explained, before.Unexplained, before.Persons)
		}
		t.Logf("%d unexplained of at most %d, %d in all of at most %d", unexplained, before.Unexplained, unexplained+explained, before.Persons)
	})
}

// TestAnUnknownOutcomeIsNoDisclosure is a connection that breaks during the commit.
func TestAnUnknownOutcomeIsNoDisclosure(t *testing.T) {
	onBoth(t, func(w *world) {
		who := w.adviser(1)
		for _, kind := range []cloison.Kind{cloison.Internal, cloison.Unavailable} {
			for _, stored := range []bool{false, true} {
				broken := &brokenStore{Store: w.DB, kind: kind, stored: stored}
				d := w.replica(broken)
				if a, err := d.Disclose(w.Ctx, read(who, person(1, 5))); err == nil || cloison.KindOf(err) != kind || a.Decision.Outcome != "" {
					w.Fatalf("%v stored=%v: %+v, %v", kind, stored, a, err)
				}
				broken.mended.Store(true)
				if w.reads(d, who, person(1, 5)).Outcome != policy.Permit {
					w.Fatal("after the fault the ledger works again")
				}
			}
		}
	})
}

// brokenStore fails each commit, before or after it is stored, until the test repairs it.
type brokenStore struct {
	disclose.Store
	kind   cloison.Kind
	stored bool
	mended atomic.Bool
}

func (b *brokenStore) Commit(ctx context.Context, c disclose.Commit) (int64, error) {
	if b.mended.Load() {
		return b.Store.Commit(ctx, c)
	}
	if b.stored {
		if _, err := b.Store.Commit(ctx, c); err != nil {
			return 0, err
		}
	}
	return 0, cloison.Errorf(b.kind, "a fault of this test")
}

func TestListsWithholdStrangersAndChargeEachRow(t *testing.T) {
	onBoth(t, func(w *world) {
		who, d := w.adviser(1), w.replica(w.DB)
		r := read(who, "")
		r.Operation, r.Persons = policy.List, nil
		for i := range 30 {
			r.Persons = append(r.Persons, disclose.Person{Ref: person(1+i%2, i), Fields: cloison.Identity})
		}
		a, err := d.Disclose(w.Ctx, r)
		w.Must(err)
		if a.Decision.Outcome != policy.Permit || a.Decision.Withheld() != 15 {
			w.Fatalf("%+v", a.Decision)
		}
		rows, err := w.DB.Rows(w.Ctx, 0, 100)
		w.Must(err)
		if len(rows) != 15 {
			w.Fatalf("%d rows for 15 persons shown", len(rows))
		}
		if alarms, _ := w.DB.Alarms(w.Ctx, 0, 1); len(alarms) != 0 {
			w.Fatal("a homonym in a list is no evidence")
		}
	})
}

func TestATooLargeOrRepeatedRequestIsInvalid(t *testing.T) {
	onBoth(t, func(w *world) {
		who, d := w.adviser(1), w.replica(w.DB)
		r := read(who, person(1, 1))
		r.Persons = append(r.Persons, r.Persons[0])
		if _, err := d.Disclose(w.Ctx, r); cloison.KindOf(err) != cloison.Invalid {
			w.Fatal(err)
		}
		r = read(who, "")
		if _, err := d.Disclose(w.Ctx, r); cloison.KindOf(err) != cloison.Invalid {
			w.Fatal(err)
		}
	})
}
