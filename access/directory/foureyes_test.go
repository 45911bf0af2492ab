package directory_test

import (
	"errors"
	"slices"
	"sync"
	"testing"
	"time"

	"cloison"
	"cloison/access/directory"
)

func TestANewAccount(t *testing.T) {
	w := newWorld(t, directory.Settings{})
	p := w.propose("manager", newcomer())
	done := w.approve("approver", p)
	a := done.Account
	if a.State != directory.Pending || a.Structure != "ML1" || a.Roles != directory.Adviser ||
		a.Binding != (directory.Binding{}) ||
		a.CreatedBy != w.who["manager"].ID || a.ApprovedBy != w.who["approver"].ID ||
		a.Lineage != w.who["manager"].ID ||
		a.Name.Reveal() != "Camille Exemple" {
		t.Errorf("the pending account is %+v", a)
	}
	w.clock.add(5 * 24 * time.Hour)
	a = w.enrol(done.Code, "camille")
	if a.State != directory.Active || a.Binding.Sub != "camille" || !a.OnProbation(w.clock.now().AddDate(0, 0, 12)) ||
		a.OnProbation(w.clock.now().AddDate(0, 0, 14)) {
		t.Errorf("the enrolled account is %+v, want active and on probation for ten working days from its enrolment", a)
	}
	if p, err := w.d.Proposal(w.ctx, p.ID); err != nil || p.State != directory.Approved || p.Account != a.ID {
		t.Errorf("the proposal is %+v, %v", p, err)
	}
	if open, err := w.d.Proposals(w.ctx, ""); err != nil || len(open) != 0 {
		t.Errorf("open proposals: %v, %v", open, err)
	}
	if got := w.codes(); !slices.Equal(got, []string{"account.proposed", "account.approved", "account.code_issued",
		"account.enrolled"}) {
		t.Errorf("the journal says %v", got)
	}
}

func TestWhoMayPropose(t *testing.T) {
	w := newWorld(t, directory.Settings{})
	w.change("manager3", func(a *directory.Account) { a.ManagersUntil = w.clock.now() })
	other := newcomer()
	other.Structure = "ML2"
	approver := newcomer()
	approver.Roles = directory.Adviser | directory.Approver
	manager := newcomer()
	manager.Roles = directory.Manager
	for name, c := range map[string]struct {
		by   string
		ask  directory.Ask
		want directory.Bar
	}{
		"an adviser":          {"adviser", newcomer(), directory.NoRole},
		"an approver":         {"approver", newcomer(), directory.NoRole},
		"elsewhere":           {"manager", other, directory.OtherStructure},
		"a role of oversight": {"manager", approver, directory.Overseer},
		"a manager":           {"manager", manager, directory.RoleNotGiven},
		"course expired":      {"manager3", other, directory.CourseExpired},
		"oneself re-enrolled": {"manager", directory.Ask{Kind: directory.Rebind,
			Account: w.who["manager"].ID}, directory.Oneself},
		"a fellow manager re-enrolled": {"manager", directory.Ask{Kind: directory.Rebind,
			Account: w.who["manager2"].ID}, directory.RoleNotGiven},
		"an approver re-enrolled": {"manager", directory.Ask{Kind: directory.Rebind, Account: w.who["near"].ID},
			directory.Overseer},
		"somebody elsewhere re-enrolled": {"manager", directory.Ask{Kind: directory.Rebind,
			Account: w.who["stranger"].ID}, directory.OtherStructure},
		"an officer re-enrolling oneself": {"officer", directory.Ask{Kind: directory.Rebind,
			Account: w.who["officer"].ID}, directory.Oneself},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := w.d.Propose(w.ctx, w.by(c.by), c.ask)
			wantBar(t, err, c.want)
		})
	}
	_, err := w.d.Propose(w.ctx, directory.Caller{}, newcomer())
	wantBar(t, err, directory.NotActive)
	_, err = w.d.Propose(w.ctx, directory.Operator(), newcomer())
	wantBar(t, err, directory.NotActive)
	_, err = w.d.Propose(w.ctx, directory.Caller{Account: cloison.NewAccountID()}, newcomer())
	wantBar(t, err, directory.NotActive)
	w.propose("officer", approver)
	w.propose("officer", manager)
}

func TestAskIsChecked(t *testing.T) {
	w := newWorld(t, directory.Settings{})
	for name, edit := range map[string]func(*directory.Ask){
		"no kind":        func(a *directory.Ask) { a.Kind = "" },
		"no name":        func(a *directory.Ask) { a.Name = " " },
		"a name in two":  func(a *directory.Ask) { a.Name = "Camille\nExemple" },
		"no e-mail":      func(a *directory.Ask) { a.Email = "" },
		"two e-mails":    func(a *directory.Ask) { a.Email = "a@b.example,c@d.example" },
		"no role":        func(a *directory.Ask) { a.Roles = 0 },
		"display e-mail": func(a *directory.Ask) { a.Email = "Camille <a@b.example>" },
	} {
		ask := newcomer()
		edit(&ask)
		if _, err := w.d.Propose(w.ctx, w.by("manager"), ask); cloison.KindOf(err) != cloison.Invalid || err == nil {
			t.Errorf("%s: got %v", name, err)
		}
	}
	nowhere := newcomer()
	nowhere.Structure = "nowhere"
	_, err := w.d.Propose(w.ctx, w.by("officer"), nowhere)
	wantKind(t, err, cloison.NotFound)
	_, err = w.d.Propose(w.ctx, w.by("manager"), directory.Ask{Kind: directory.Reinstate, Account: w.who["adviser"].ID})
	wantKind(t, err, cloison.Conflict) // it is active
}

// TestCreationSpeed: three a day by one manager, ten for a structure, an officer beyond; a day later they are free
// again.
func TestCreationSpeed(t *testing.T) {
	w := newWorld(t, directory.Settings{})
	var wg sync.WaitGroup
	var mu sync.Mutex
	made, denied := 0, 0
	for range 8 {
		wg.Go(func() {
			_, err := w.d.Propose(w.ctx, w.by("manager"), newcomer())
			mu.Lock()
			defer mu.Unlock()
			var b directory.Bar
			switch {
			case err == nil:
				made++
			case errors.As(err, &b) && b == directory.TooMany:
				denied++
			default:
				t.Errorf("got %v", err)
			}
		})
	}
	wg.Wait()
	if made != 3 || denied != 5 {
		t.Errorf("%d made and %d denied, want 3 and 5", made, denied)
	}
	w.clock.add(time.Hour)
	w.propose("officer", newcomer())
	for _, name := range []string{"ma", "mb", "mc"} {
		w.add("ML1", name, directory.Manager)
	}
	for _, name := range []string{"ma", "ma", "mb", "mb", "mc", "mc"} {
		w.propose(name, newcomer())
	}
	_, err := w.d.Propose(w.ctx, w.by("manager2"), newcomer())
	wantBar(t, err, directory.TooMany) // three, one of the officer's, and six are ten
	w.propose("officer", newcomer())
	w.clock.add(25 * time.Hour)
	w.propose("manager", newcomer())
}

func TestWhoMayApprove(t *testing.T) {
	w := newWorld(t, directory.Settings{})
	w.change("manager2", func(a *directory.Account) { a.Roles |= directory.Approver })
	w.change("approver2", func(a *directory.Account) { a.ApprovedBy = w.who["manager"].ID })
	p := w.propose("manager", newcomer())
	for name, want := range map[string]directory.Bar{"manager": directory.NoRole, "officer": directory.NoRole,
		"manager2": directory.InControl,
		"near":     directory.InControl, "approver2": directory.InControl} {
		_, err := w.d.Approve(w.ctx, w.by(name), p.ID, p.Version)
		wantBar(t, err, want)
		wantBar(t, w.d.Refuse(w.ctx, w.by(name), p.ID, p.Version, "unknown_person", ""), want)
		wantBar(t, w.d.MayDecide(w.ctx, w.by(name), p), want)
	}
	own := w.propose("officer", directory.Ask{Kind: directory.Rebind, Account: w.who["approver"].ID})
	_, err := w.d.Approve(w.ctx, w.by("approver"), own.ID, own.Version)
	wantBar(t, err, directory.Oneself) // not the approver's own new code

	w.change("manager2", func(a *directory.Account) { a.Lineage = w.who["approver"].ID })
	q := w.propose("manager2", newcomer())
	_, err = w.d.Approve(w.ctx, w.by("approver"), q.ID, q.Version)
	wantBar(t, err, directory.SameLineage)

	w.change("manager", func(a *directory.Account) { a.State = directory.Suspended })
	_, err = w.d.Approve(w.ctx, w.by("approver"), p.ID, p.Version)
	wantBar(t, err, directory.MakerGone)
}

func TestAManagerWhoIsApproverToo(t *testing.T) {
	w := newWorld(t, directory.Settings{SameStructureApproval: true})
	w.change("manager", func(a *directory.Account) { a.Roles |= directory.Approver })
	p := w.propose("manager", newcomer())
	_, err := w.d.Approve(w.ctx, w.by("manager"), p.ID, p.Version)
	wantBar(t, err, directory.OwnProposal)
	w.approve("near", p) // same structure, which this network allows
}

func TestTwoApproversAtOnce(t *testing.T) {
	w := newWorld(t, directory.Settings{})
	for range 10 {
		p := w.propose("officer", newcomer())
		var wg sync.WaitGroup
		errs := make([]error, 4)
		for i, name := range []string{"approver", "approver2", "approver", "approver2"} {
			wg.Go(func() {
				if i == 3 {
					errs[i] = w.d.Refuse(w.ctx, w.by(name), p.ID, p.Version, "unknown_person", "")
					return
				}
				_, errs[i] = w.d.Approve(w.ctx, w.by(name), p.ID, p.Version)
			})
		}
		wg.Wait()
		won := 0
		for _, err := range errs {
			if err == nil {
				won++
			} else if k := cloison.KindOf(err); k != cloison.Stale && k != cloison.Conflict {
				t.Errorf("a loser got %v", err)
			}
		}
		if won != 1 {
			t.Fatalf("%d decisions of one proposal", won)
		}
	}
}

func TestApproveAfterAChange(t *testing.T) {
	w := newWorld(t, directory.Settings{})
	p := w.propose("manager", newcomer())
	_, err := w.d.Approve(w.ctx, w.by("approver"), p.ID, p.Version-1)
	wantKind(t, err, cloison.Stale)
	wantBar(t, w.d.Cancel(w.ctx, w.by("manager2"), p.ID), directory.NoRole)
	if err := w.d.Cancel(w.ctx, w.by("manager"), p.ID); err != nil {
		t.Fatal(err)
	}
	_, err = w.d.Approve(w.ctx, w.by("approver"), p.ID, p.Version)
	wantKind(t, err, cloison.Conflict)
	wantKind(t, w.d.Cancel(w.ctx, w.by("manager"), p.ID), cloison.Conflict)
	_, err = w.d.Approve(w.ctx, w.by("approver"), cloison.NewActID(), 1)
	wantKind(t, err, cloison.NotFound)
}

func TestReinstate(t *testing.T) {
	w := newWorld(t, directory.Settings{})
	target := w.who["adviser"].ID
	wantBar(t, w.d.Suspend(w.ctx, w.by("colleague"), target, "left"), directory.NoRole)
	wantBar(t, w.d.Suspend(w.ctx, w.by("manager3"), target, "left"), directory.OtherStructure)
	wantBar(t, w.d.Suspend(w.ctx, w.by("manager"), w.who["director"].ID, "left"), directory.Overseer)
	for range 2 { // the second changes nothing
		if err := w.d.Suspend(w.ctx, w.by("manager"), target, "left"); err != nil {
			t.Fatal(err)
		}
	}
	if a := w.account(target); a.State != directory.Suspended || a.SuspendedBy != w.who["manager"].ID ||
		a.Reason != "left" {
		t.Errorf("the suspended account is %+v", a)
	}
	done := w.approve("approver", w.propose("manager2", directory.Ask{Kind: directory.Reinstate, Account: target}))
	if a := done.Account; a.State != directory.Active || a.SuspendedBy != 0 || a.Reason != "" || done.Code != "" {
		t.Errorf("the reinstated account is %+v", a)
	}
	w.change("adviser", func(a *directory.Account) { a.State, a.SuspendedIn = directory.Suspended, cloison.NewActID() })
	_, err := w.d.Propose(w.ctx, w.by("manager2"), directory.Ask{Kind: directory.Reinstate, Account: target})
	wantBar(t, err, directory.Cut)
	w.approve("approver2", w.propose("officer", directory.Ask{Kind: directory.Reinstate, Account: target}))
	if err := w.d.Suspend(w.ctx, w.by("adviser"), target, "lost_key"); err != nil {
		t.Errorf("one's own account: %v", err)
	}
}
