package approval_test

import (
	"errors"
	"fmt"
	"slices"
	"sync"
	"testing"
	"time"

	"cloison"
	"cloison/access/approval"
	"cloison/access/directory"
	"cloison/internal/testkit/testworld"
)

func TestANewAccount(t *testing.T) {
	w := newWorld(t, approval.Settings{})
	p := w.Propose("manager", testworld.Newcomer())
	done := w.Approve("approver", p)
	a := done.Account
	if a.State != directory.Pending || a.Structure != "ML1" || a.Roles != directory.Adviser ||
		a.Binding != (directory.Binding{}) ||
		a.CreatedBy != w.Who["manager"].ID || a.ApprovedBy != w.Who["approver"].ID ||
		a.Lineage != w.Who["manager"].ID ||
		a.Name.Reveal() != "Camille Exemple" {
		t.Errorf("the pending account is %+v", a)
	}
	w.Clock.Add(5 * 24 * time.Hour)
	a = w.Enrol(done.Code, "camille")
	if a.State != directory.Active || a.Binding.Sub != "camille" || !a.OnProbation(w.Clock.Now().AddDate(0, 0, 12)) ||
		a.OnProbation(w.Clock.Now().AddDate(0, 0, 14)) {
		t.Errorf("the enrolled account is %+v, want active and on probation for ten working days from its enrolment", a)
	}
	if p, err := w.Approvals.Proposal(w.Ctx, p.ID); err != nil || p.State != approval.Approved || p.Account != a.ID {
		t.Errorf("the proposal is %+v, %v", p, err)
	}
	if open, err := w.Approvals.Proposals(w.Ctx, ""); err != nil || len(open) != 0 {
		t.Errorf("open proposals: %v, %v", open, err)
	}
	if got := w.Codes(); !slices.Equal(got, []string{"account.proposed", "account.approved", "account.code_issued",
		"account.enrolled"}) {
		t.Errorf("the journal says %v", got)
	}
}

func TestWhoMayPropose(t *testing.T) {
	w := newWorld(t, approval.Settings{})
	w.Change("manager3", func(a *directory.Account) { a.ManagersUntil = w.Clock.Now() })
	other := testworld.Newcomer()
	other.Structure = "ML2"
	approver := testworld.Newcomer()
	approver.Roles = directory.Adviser | directory.Approver
	manager := testworld.Newcomer()
	manager.Roles = directory.Manager
	for name, c := range map[string]struct {
		by   string
		ask  approval.Ask
		want directory.DenyReason
	}{
		"an adviser":          {"adviser", testworld.Newcomer(), directory.NoRole},
		"an approver":         {"approver", testworld.Newcomer(), directory.NoRole},
		"elsewhere":           {"manager", other, directory.OtherStructure},
		"a role of oversight": {"manager", approver, directory.Overseer},
		"a manager":           {"manager", manager, directory.RoleNotGiven},
		"course expired":      {"manager3", other, directory.CourseExpired},
		"oneself re-enrolled": {"manager", approval.Ask{Kind: approval.Rebind,
			Account: w.Who["manager"].ID}, directory.Oneself},
		"a fellow manager re-enrolled": {"manager", approval.Ask{Kind: approval.Rebind,
			Account: w.Who["manager2"].ID}, directory.RoleNotGiven},
		"an approver re-enrolled": {"manager", approval.Ask{Kind: approval.Rebind, Account: w.Who["near"].ID},
			directory.Overseer},
		"somebody elsewhere re-enrolled": {"manager", approval.Ask{Kind: approval.Rebind,
			Account: w.Who["stranger"].ID}, directory.OtherStructure},
		"an officer re-enrolling oneself": {"officer", approval.Ask{Kind: approval.Rebind,
			Account: w.Who["officer"].ID}, directory.Oneself},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := w.Approvals.Propose(w.Ctx, w.By(c.by), c.ask)
			testworld.WantDenied(t, err, c.want)
		})
	}
	_, err := w.Approvals.Propose(w.Ctx, cloison.Caller{}, testworld.Newcomer())
	testworld.WantDenied(t, err, directory.NotActive)
	_, err = w.Approvals.Propose(w.Ctx, cloison.Operator(), testworld.Newcomer())
	testworld.WantDenied(t, err, directory.NotActive)
	_, err = w.Approvals.Propose(w.Ctx, cloison.Caller{Account: cloison.NewAccountID()}, testworld.Newcomer())
	testworld.WantDenied(t, err, directory.NotActive)
	w.Propose("officer", approver)
	w.Propose("officer", manager)
}

func TestAskIsChecked(t *testing.T) {
	w := newWorld(t, approval.Settings{})
	for name, edit := range map[string]func(*approval.Ask){
		"no kind":        func(a *approval.Ask) { a.Kind = "" },
		"no name":        func(a *approval.Ask) { a.Name = " " },
		"a name in two":  func(a *approval.Ask) { a.Name = "Camille\nExemple" },
		"no e-mail":      func(a *approval.Ask) { a.Email = "" },
		"two e-mails":    func(a *approval.Ask) { a.Email = "a@b.example,c@d.example" },
		"no role":        func(a *approval.Ask) { a.Roles = 0 },
		"display e-mail": func(a *approval.Ask) { a.Email = "Camille <a@b.example>" },
	} {
		ask := testworld.Newcomer()
		edit(&ask)
		if _, err := w.Approvals.Propose(w.Ctx, w.By("manager"), ask); cloison.KindOf(err) != cloison.Invalid || err == nil {
			t.Errorf("%s: got %v", name, err)
		}
	}
	nowhere := testworld.Newcomer()
	nowhere.Structure = "nowhere"
	_, err := w.Approvals.Propose(w.Ctx, w.By("officer"), nowhere)
	testworld.WantKind(t, err, cloison.NotFound)
	_, err = w.Approvals.Propose(w.Ctx, w.By("manager"), approval.Ask{Kind: approval.Reinstate, Account: w.Who["adviser"].ID})
	testworld.WantKind(t, err, cloison.Conflict) // it is active
}

// TestCreationSpeed: three proposals a day by a manager, ten for a structure, more by an officer; a day later they
// are free again.
func TestCreationSpeed(t *testing.T) {
	w := newWorld(t, approval.Settings{})
	var wg sync.WaitGroup
	var mu sync.Mutex
	made, denied := 0, 0
	for range 8 {
		wg.Go(func() {
			_, err := w.Approvals.Propose(w.Ctx, w.By("manager"), testworld.Newcomer())
			mu.Lock()
			defer mu.Unlock()
			var b directory.DenyReason
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
	w.Clock.Add(time.Hour)
	w.Propose("officer", testworld.Newcomer())
	for _, name := range []string{"ma", "mb", "mc"} {
		w.Add("ML1", name, directory.Manager)
	}
	for _, name := range []string{"ma", "ma", "mb", "mb", "mc", "mc"} {
		w.Propose(name, testworld.Newcomer())
	}
	_, err := w.Approvals.Propose(w.Ctx, w.By("manager2"), testworld.Newcomer())
	testworld.WantDenied(t, err, directory.TooMany) // three, one of the officer's, and six are ten
	w.Propose("officer", testworld.Newcomer())
	w.Clock.Add(25 * time.Hour)
	w.Propose("manager", testworld.Newcomer())
}

func TestWhoMayApprove(t *testing.T) {
	w := newWorld(t, approval.Settings{})
	w.Change("manager2", func(a *directory.Account) { a.Roles |= directory.Approver })
	w.Change("approver2", func(a *directory.Account) { a.ApprovedBy = w.Who["manager"].ID })
	p := w.Propose("manager", testworld.Newcomer())
	for name, want := range map[string]directory.DenyReason{"manager": directory.NoRole, "officer": directory.NoRole,
		"manager2": directory.InControl,
		"near":     directory.InControl, "approver2": directory.InControl} {
		_, err := w.Approvals.Approve(w.Ctx, w.By(name), p.ID, p.Version)
		testworld.WantDenied(t, err, want)
		testworld.WantDenied(t, w.Approvals.Refuse(w.Ctx, w.By(name), p.ID, p.Version, "unknown_person", ""), want)
		testworld.WantDenied(t, w.Approvals.MayDecide(w.Ctx, w.By(name), p), want)
	}
	own := w.Propose("officer", approval.Ask{Kind: approval.Rebind, Account: w.Who["approver"].ID})
	_, err := w.Approvals.Approve(w.Ctx, w.By("approver"), own.ID, own.Version)
	testworld.WantDenied(t, err, directory.Oneself) // not the approver's own new code

	w.Change("manager2", func(a *directory.Account) { a.Lineage = w.Who["approver"].ID })
	q := w.Propose("manager2", testworld.Newcomer())
	_, err = w.Approvals.Approve(w.Ctx, w.By("approver"), q.ID, q.Version)
	testworld.WantDenied(t, err, directory.SameLineage)

	w.Change("manager", func(a *directory.Account) { a.State = directory.Suspended })
	_, err = w.Approvals.Approve(w.Ctx, w.By("approver"), p.ID, p.Version)
	testworld.WantDenied(t, err, directory.MakerGone)
}

func TestAManagerWhoIsApproverToo(t *testing.T) {
	w := newWorld(t, approval.Settings{SameStructureApproval: true})
	w.Change("manager", func(a *directory.Account) { a.Roles |= directory.Approver })
	p := w.Propose("manager", testworld.Newcomer())
	_, err := w.Approvals.Approve(w.Ctx, w.By("manager"), p.ID, p.Version)
	testworld.WantDenied(t, err, directory.OwnProposal)
	w.Approve("near", p) // same structure, which this network allows
}

func TestTwoApproversAtOnce(t *testing.T) {
	w := newWorld(t, approval.Settings{})
	for range 10 {
		p := w.Propose("officer", testworld.Newcomer())
		var wg sync.WaitGroup
		errs := make([]error, 4)
		for i, name := range []string{"approver", "approver2", "approver", "approver2"} {
			wg.Go(func() {
				if i == 3 {
					errs[i] = w.Approvals.Refuse(w.Ctx, w.By(name), p.ID, p.Version, "unknown_person", "")
					return
				}
				_, errs[i] = w.Approvals.Approve(w.Ctx, w.By(name), p.ID, p.Version)
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
	w := newWorld(t, approval.Settings{})
	p := w.Propose("manager", testworld.Newcomer())
	_, err := w.Approvals.Approve(w.Ctx, w.By("approver"), p.ID, p.Version-1)
	testworld.WantKind(t, err, cloison.Stale)
	testworld.WantDenied(t, w.Approvals.Cancel(w.Ctx, w.By("manager2"), p.ID), directory.NoRole)
	if err := w.Approvals.Cancel(w.Ctx, w.By("manager"), p.ID); err != nil {
		t.Fatal(err)
	}
	_, err = w.Approvals.Approve(w.Ctx, w.By("approver"), p.ID, p.Version)
	testworld.WantKind(t, err, cloison.Conflict)
	testworld.WantKind(t, w.Approvals.Cancel(w.Ctx, w.By("manager"), p.ID), cloison.Conflict)
	_, err = w.Approvals.Approve(w.Ctx, w.By("approver"), cloison.NewActID(), 1)
	testworld.WantKind(t, err, cloison.NotFound)
}

func TestReinstate(t *testing.T) {
	w := newWorld(t, approval.Settings{})
	target := w.Who["adviser"].ID
	testworld.WantDenied(t, w.Directory.Suspend(w.Ctx, w.By("colleague"), target, "left"), directory.NoRole)
	testworld.WantDenied(t, w.Directory.Suspend(w.Ctx, w.By("manager3"), target, "left"), directory.OtherStructure)
	testworld.WantDenied(t, w.Directory.Suspend(w.Ctx, w.By("manager"), w.Who["director"].ID, "left"), directory.Overseer)
	for range 2 { // the second changes nothing
		if err := w.Directory.Suspend(w.Ctx, w.By("manager"), target, "left"); err != nil {
			t.Fatal(err)
		}
	}
	if a := w.Account(target); a.State != directory.Suspended || a.SuspendedBy != w.Who["manager"].ID ||
		a.Reason != "left" {
		t.Errorf("the suspended account is %+v", a)
	}
	done := w.Approve("approver", w.Propose("manager2", approval.Ask{Kind: approval.Reinstate, Account: target}))
	if a := done.Account; a.State != directory.Active || a.SuspendedBy != 0 || a.Reason != "" || done.Code != "" {
		t.Errorf("the reinstated account is %+v", a)
	}
	w.Change("adviser", func(a *directory.Account) { a.State, a.SuspendedIn = directory.Suspended, cloison.NewActID() })
	_, err := w.Approvals.Propose(w.Ctx, w.By("manager2"), approval.Ask{Kind: approval.Reinstate, Account: target})
	testworld.WantDenied(t, err, directory.Cut)
	w.Approve("approver2", w.Propose("officer", approval.Ask{Kind: approval.Reinstate, Account: target}))
	if err := w.Directory.Suspend(w.Ctx, w.By("adviser"), target, "lost_key"); err != nil {
		t.Errorf("one's own account: %v", err)
	}
}

// TestWhoMayCancel: the maker may, and an officer, while the proposal is open.
func TestWhoMayCancel(t *testing.T) {
	w := newWorld(t, approval.Settings{})
	p := w.Propose("manager", testworld.Newcomer())
	for _, name := range []string{"adviser", "manager2", "approver", "director"} {
		testworld.WantDenied(t, w.Approvals.Cancel(w.Ctx, w.By(name), p.ID), directory.NoRole)
		testworld.WantDenied(t, approval.MayCancel(w.Who[name], p), directory.NoRole)
	}
	if err := approval.MayCancel(w.Who["officer"], p); err != nil {
		t.Error(err)
	}
	suspended := w.Who["manager"]
	suspended.State = directory.Suspended
	testworld.WantDenied(t, approval.MayCancel(suspended, p), directory.NotActive)
	if err := w.Approvals.Cancel(w.Ctx, w.By("manager"), p.ID); err != nil {
		t.Fatal(err)
	}
	testworld.WantKind(t, w.Approvals.Cancel(w.Ctx, w.By("officer"), p.ID), cloison.Conflict)
}

// TestMayIsWhatTheActSays: the May functions answer as the acts do.
func TestMayIsWhatTheActSays(t *testing.T) {
	w := newWorld(t, approval.Settings{})
	p := w.Propose("manager", testworld.Newcomer())
	for _, name := range []string{"manager", "near", "officer", "adviser", "approver"} {
		_, may := w.Approvals.MayApprove(w.Ctx, w.By(name), p.ID, p.Version)
		_, refuse := w.Approvals.MayRefuse(w.Ctx, w.By(name), p.ID, p.Version, "")
		_, err := w.Approvals.Approve(w.Ctx, w.By(name), p.ID, p.Version)
		if fmt.Sprint(may) != fmt.Sprint(err) || fmt.Sprint(refuse) != fmt.Sprint(err) {
			t.Errorf("%s approves: %v, may: %v, may refuse: %v", name, err, may, refuse)
		}
	}
	for _, ask := range []approval.Ask{{Kind: approval.Rebind, Account: w.Who["adviser"].ID}, {Kind: approval.Reinstate, Account: w.Who["adviser"].ID},
		{Kind: approval.NewRoles, Account: w.Who["adviser"].ID, Roles: directory.Officer}, {Kind: approval.NewAccount, Structure: "ML1"}} {
		for _, name := range []string{"manager", "manager3", "officer", "adviser"} {
			_, _, may := w.Approvals.MayPropose(w.Ctx, w.By(name), ask)
			_, err := w.Approvals.Propose(w.Ctx, w.By(name), ask)
			if fmt.Sprint(may) != fmt.Sprint(err) && !errors.Is(err, directory.AlreadyAsked) {
				t.Errorf("%s asks for %s: %v, may: %v", name, ask.Kind, err, may)
			}
		}
	}
}
