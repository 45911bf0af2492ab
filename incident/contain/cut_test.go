package contain_test

import (
	"context"
	"fmt"
	"sync"
	"testing"
	"time"

	"cloison"
	"cloison/access/approval"
	"cloison/access/directory"
	"cloison/access/signin"
	"cloison/incident/contain"
	"cloison/internal/testkit/testworld"
	"cloison/store/storetest"
	"cloison/wall/disclose"
)

// TestDecember2025: a hijacked manager, two rogue accounts, an alarm about one of them. Everything of the thief's
// goes, what the manager made before the hijack stays, the approver is named, and two officers give the honest ones
// back.
func TestDecember2025(t *testing.T) {
	w := open(t)
	manager := w.add("ML1", "manager", directory.Manager)
	approver := w.add("ML2", "approver", directory.Approver)
	officer, officer2 := w.add("ML2", "officer", directory.Officer), w.add("ML2", "officer2", directory.Officer)
	colleague := w.add("ML1", "colleague", directory.Adviser)
	old := w.mustJoin("old", manager, approver)
	w.Clock.Add(40 * 24 * time.Hour)
	rogue1, rogue2 := w.mustJoin("rogue1", manager, approver), w.mustJoin("rogue2", manager, approver)
	waiting, err := w.Approvals.Propose(w.Ctx, cloison.Caller{Account: manager}, approval.Ask{Kind: approval.NewAccount,
		Structure: "ML1", Name: "Un Tiers", Email: "tiers@ml.example", Roles: directory.Adviser})
	if err != nil {
		t.Fatal(err)
	}
	for i, id := range []cloison.AccountID{manager, rogue1, rogue1, colleague} {
		s := signin.Session{ID: cloison.NewSessionID(), Token: [32]byte{byte(i)}, Account: id, Opened: w.Now(),
			LastSeen: w.Now(), Expires: w.Now().Add(time.Hour)}
		w.Must(w.DB.AddSession(w.Ctx, s, 20))
	}

	p, err := w.c.Preview(w.Ctx, rogue1, time.Time{})
	if err != nil {
		t.Fatal(err)
	}
	if p.Root != manager || len(p.Accounts) != 3 || len(p.Sessions) != 3 || len(p.Proposals) != 1 ||
		p.Proposals[0].ID != waiting.ID {
		t.Errorf("the plan is %+v", p)
	}
	if len(p.Review) != 2 || p.Review[0].Account != approver || p.Review[0].How != "approved" {
		t.Errorf("to look at: %+v", p.Review)
	}

	alarm := disclose.Alarm{ID: 7, At: w.Now(), Account: rogue1, Level: "hard"}
	w.Clock.Add(30 * time.Millisecond)
	for range 3 { // a watch that crashed says it again
		w.Must(w.c.CutFor(w.Ctx, rogue1, alarm))
	}
	for id, want := range map[cloison.AccountID]directory.State{manager: directory.Suspended,
		rogue1: directory.Suspended,
		rogue2: directory.Suspended, old: directory.Active, approver: directory.Active, colleague: directory.Active} {
		if a := w.Account(id); a.State != want {
			t.Errorf("%s is %s, want %s", a.Binding.Sub, a.State, want)
		}
	}
	cuts, err := w.c.Cuts(w.Ctx)
	if err != nil || len(cuts) != 1 || cuts[0].Effect != (contain.Effect{Accounts: 3, Sessions: 3, Proposals: 1}) ||
		cuts[0].Alarm != 7 {
		t.Fatalf("the cuts are %+v, %v", cuts, err)
	}
	if n := w.c.Counts(); n.Cuts != 1 || n.Accounts != 3 || n.Sessions != 3 || n.Failed != 0 || n.LastMillis != 30 {
		t.Errorf("counts: %+v", n)
	}
	_, err = w.c.Cut(w.Ctx, cloison.Caller{Account: officer}, rogue1, time.Time{}, "officer")
	testworld.WantKind(t, err, cloison.Conflict) // nothing left

	undo := func(by cloison.AccountID) (bool, error) {
		caller := cloison.Caller{Account: by}
		_, may := w.c.MayUndo(w.Ctx, caller, cuts[0].ID)
		done, err := w.c.Undo(w.Ctx, caller, cuts[0].ID)
		if (may == nil) != (err == nil) || err != nil && cloison.KindOf(may) != cloison.KindOf(err) {
			t.Errorf("%v: MayUndo says %v, Undo says %v", by, may, err)
		}
		return done, err
	}
	_, err = undo(approver)
	testworld.WantDenied(t, err, directory.NoRole)
	_, err = undo(manager)
	testworld.WantDenied(t, err, directory.NotActive)
	if done, err := undo(officer); done || err != nil {
		t.Fatal(done, err)
	}
	_, err = undo(officer)
	testworld.WantDenied(t, err, directory.OwnProposal)
	if done, err := undo(officer2); !done || err != nil {
		t.Fatal(done, err)
	}
	if a := w.Account(manager); a.State != directory.Active || a.SuspendedIn != 0 {
		t.Errorf("after the undoing the manager is %+v", a)
	}
	if live, err := w.DB.SessionsOf(w.Ctx, manager); err != nil || len(live) != 0 {
		t.Errorf("%d sessions came back, %v", len(live), err)
	}
	_, err = undo(officer)
	testworld.WantKind(t, err, cloison.Conflict)
	if err := w.c.CutFor(w.Ctx, rogue1, alarm); err != nil || w.Account(rogue1).State != directory.Active {
		t.Errorf("the same alarm cuts again what people gave back: %v", err)
	}
}

func TestWhoMayCut(t *testing.T) {
	w := open(t)
	manager := w.add("ML1", "manager", directory.Manager)
	adviser := w.add("ML1", "adviser", directory.Adviser)
	director := w.add("ML1", "director", directory.Director)
	stranger := w.add("ML2", "stranger", directory.Adviser)
	approver := w.add("ML2", "approver", directory.Approver)
	officer := w.add("ML2", "officer", directory.Officer)
	officer2 := w.add("ML2", "officer2", directory.Officer)
	rogue := w.mustJoin("rogue", manager, approver)
	cut := func(by cloison.Caller, of cloison.AccountID) error {
		_, err := w.c.Cut(w.Ctx, by, of, time.Time{}, "test")
		return err
	}
	as := func(id cloison.AccountID) cloison.Caller { return cloison.Caller{Account: id} }
	testworld.WantDenied(t, cut(as(adviser), stranger), directory.NoRole)
	testworld.WantDenied(t, cut(as(approver), stranger), directory.NoRole)
	testworld.WantDenied(t, cut(as(manager), stranger), directory.OtherStructure)
	testworld.WantDenied(t, cut(as(manager), director), directory.Overseer)
	testworld.WantDenied(t, cut(as(manager), rogue), directory.Oneself) // the plan reaches up to the manager: an officer's matter
	testworld.WantDenied(t, cut(cloison.Caller{}, adviser), directory.NotActive)
	testworld.WantKind(t, cut(as(officer), cloison.NewAccountID()), cloison.NotFound)
	if w.Account(rogue).State != directory.Active {
		t.Fatal("a cut that was denied cut")
	}
	if err := cut(as(manager), adviser); err != nil {
		t.Error(err)
	}
	if err := cut(as(officer), officer2); err != nil {
		t.Error(err)
	}
	if err := cut(cloison.Operator(), rogue); err != nil {
		t.Error(err)
	}
	if w.Account(manager).State != directory.Suspended {
		t.Error("the maker of a fresh account was left")
	}
}

// TestSinceDecidesHowFarUp: a fresh account that was made before the presumed compromise does not drag its maker in.
func TestSinceDecidesHowFarUp(t *testing.T) {
	w := open(t)
	manager, approver := w.add("ML1", "manager", directory.Manager), w.add("ML2", "approver", directory.Approver)
	fresh := w.mustJoin("fresh", manager, approver)
	p, err := w.c.Preview(w.Ctx, fresh, w.Now()) // made at that very moment
	if err != nil || len(p.Accounts) != 2 || p.Root != manager {
		t.Errorf("got %+v, %v", p, err)
	}
	w.Clock.Add(time.Hour)
	p, err = w.c.Preview(w.Ctx, fresh, w.Now())
	if err != nil || len(p.Accounts) != 1 || p.Root != fresh {
		t.Errorf("got %+v, %v", p, err)
	}
}

// meanwhile is a store in which something happens between the decision on a proposal and its commit.
type meanwhile struct {
	storetest.All
	happens func()
}

func (m meanwhile) DecideProposal(ctx context.Context, p approval.Proposal, a *directory.Account) error {
	m.happens()
	return m.All.DecideProposal(ctx, p, a)
}

// TestAnApprovalUnderWay: maker or approver is cut after the approval was decided and before it commits. It does not
// commit.
func TestAnApprovalUnderWay(t *testing.T) {
	for _, cutMaker := range []bool{false, true} {
		w := open(t)
		maker, approver := w.add("ML1", "maker", directory.Manager), w.add("ML2", "approver", directory.Approver)
		target := approver
		if cutMaker {
			target = maker
		}
		w.Approvals = approvalsOn(meanwhile{w.DB, func() {
			if _, err := w.c.Cut(w.Ctx, cloison.Operator(), target, time.Time{}, "test"); err != nil {
				t.Error(err)
			}
		}}, approval.Settings{}, w.Now)
		_, err := w.join("rogue", maker, approver)
		testworld.WantKind(t, err, cloison.Stale)
		if all, err := w.DB.Accounts(w.Ctx, "", 0, 10); err != nil || len(all) != 2 {
			t.Errorf("%d accounts, %v", len(all), err)
		}
	}
}

// TestNothingMadeDuringACutSurvives: a manager makes accounts as fast as it can, with two approvers, while it is cut;
// then an approver is cut while it approves what others propose. Afterwards no account of theirs is alive, and no
// code enters.
func TestNothingMadeDuringACutSurvives(t *testing.T) {
	const each = 40 // accounts a hammer
	w := open(t)
	officer := w.add("ML2", "officer", directory.Officer)
	thief, honest := w.add("ML1", "thief", directory.Manager), w.add("ML1", "honest", directory.Manager)
	accomplice, approver := w.add("ML2", "accomplice", directory.Approver), w.add("ML2", "approver", directory.Approver)
	var wg sync.WaitGroup
	warm := make(chan struct{}, 100)
	hammer := func(name string, maker, decider cloison.AccountID) {
		wg.Go(func() {
			for i := range each {
				_, err := w.join(fmt.Sprintf("%s-%d", name, i), maker, decider)
				if k := cloison.KindOf(err); err != nil && k != cloison.Denied && k != cloison.Stale &&
					k != cloison.Conflict && k != cloison.NotFound {
					t.Errorf("%s: %v", name, err)
				}
				select {
				case warm <- struct{}{}:
				default:
				}
			}
		})
	}
	hammer("t1", thief, approver)
	hammer("t2", thief, accomplice)
	hammer("h1", honest, accomplice)
	hammer("h2", honest, approver)
	for range 12 {
		<-warm
	}
	start := time.Now()
	for _, target := range []cloison.AccountID{thief, accomplice} {
		if _, err := w.c.Cut(w.Ctx, cloison.Caller{Account: officer}, target, time.Time{}, "test"); err != nil {
			t.Fatal(err)
		}
	}
	t.Logf("two cuts under way of four hammers: %v, %d plans made again", time.Since(start), w.c.Counts().Stale)
	wg.Wait()
	alive, honestly := 0, 0
	all, err := w.DB.Accounts(w.Ctx, "", 0, 1000)
	if err != nil {
		t.Fatal(err)
	}
	for _, a := range all {
		ours := a.CreatedBy == thief || a.ApprovedBy == accomplice
		switch {
		case ours && a.State != directory.Suspended:
			alive++
		case a.CreatedBy == honest && a.ApprovedBy == approver && a.State == directory.Active:
			honestly++
		}
	}
	if alive > 0 {
		t.Errorf("%d accounts survived the cut of who made them", alive)
	}
	if honestly != each {
		t.Errorf("%d of %d honest accounts are active", honestly, each)
	}
	left, err := w.Approvals.Proposals(w.Ctx, "")
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range left {
		if p.By == thief {
			t.Errorf("proposal %s of the thief is open", p.ID)
		}
	}
}
