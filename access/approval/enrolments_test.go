package approval_test

import (
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"cloison"
	"cloison/access/approval"
	"cloison/access/directory"
	"cloison/access/signin"
	"cloison/internal/testkit/testworld"
)

func TestEnrolReadsWhatPeopleType(t *testing.T) {
	w := newWorld(t, approval.Settings{})
	for i, typed := range []func(string) string{
		strings.ToLower,
		func(s string) string { return strings.ReplaceAll(s, "-", " ") },
		func(s string) string { return strings.ReplaceAll(s, "-", "") },
		func(s string) string { return strings.NewReplacer("0", "o", "1", "l").Replace(s) },
		func(s string) string { return " " + strings.NewReplacer("0", "O", "1", "I", "-", "–").Replace(s) },
	} {
		code := w.Approve("approver", w.Propose("officer", testworld.Newcomer())).Code
		if n := len(strings.ReplaceAll(code.Reveal(), "-", "")); n*5 < 80 {
			t.Fatalf("a code has %d characters of 5 bits", n)
		}
		w.Enrol(cloison.Secret(typed(code.Reveal())), "agent"+string(rune('a'+i)))
	}
}

func TestEnrolmentIsLocked(t *testing.T) {
	w := newWorld(t, approval.Settings{})
	code := w.Approve("approver", w.Propose("manager", testworld.Newcomer())).Code
	guesser := directory.Binding{IdP: "idp", Sub: "guesser"}
	var wrong, locked atomic.Int32
	var wg sync.WaitGroup
	for range 16 { // in parallel, which gains nothing
		wg.Go(func() {
			switch _, err := w.Approvals.Enrol(w.Ctx, "0000-0000-0000-0000", guesser, 1); cloison.KindOf(err) {
			case cloison.NotFound:
				wrong.Add(1)
			case cloison.Denied:
				locked.Add(1)
			}
		})
	}
	wg.Wait()
	if wrong.Load() != 10 || locked.Load() != 6 {
		t.Errorf("%d codes looked at and %d not, want 10 and 6", wrong.Load(), locked.Load())
	}
	_, err := w.Approvals.Enrol(w.Ctx, code.Reveal(), guesser, 1)
	testworld.WantDenied(t, err, directory.CodeLocked) // even the right one
	w.Clock.Add(61 * time.Minute)
	_, err = w.Approvals.Enrol(w.Ctx, "not a code", guesser, 1)
	testworld.WantKind(t, err, cloison.Invalid)
	w.Enrol(code, "guesser")
}

func TestACodeIsUsedOnceAndInTime(t *testing.T) {
	w := newWorld(t, approval.Settings{})
	done := w.Approve("approver", w.Propose("officer", testworld.Newcomer()))
	_, err := w.Approvals.Enrol(w.Ctx, done.Code.Reveal(), directory.Binding{IdP: "idp", Sub: "adviser"}, 1)
	testworld.WantKind(t, err, cloison.Conflict) // that subject has an account
	_, err = w.Approvals.Enrol(w.Ctx, done.Code.Reveal(), directory.Binding{}, 1)
	testworld.WantKind(t, err, cloison.Invalid)

	var wg sync.WaitGroup
	var won atomic.Int32
	for _, sub := range []string{"x", "y", "z"} {
		wg.Go(func() {
			if _, err := w.Approvals.Enrol(w.Ctx, done.Code.Reveal(), directory.Binding{IdP: "idp", Sub: sub}, 1); err == nil {
				won.Add(1)
			}
		})
	}
	wg.Wait()
	if won.Load() != 1 {
		t.Errorf("%d subjects enrolled with one code", won.Load())
	}

	late := w.Approve("approver", w.Propose("officer", testworld.Newcomer()))
	w.Clock.Add(7 * 24 * time.Hour)
	_, err = w.Approvals.Enrol(w.Ctx, late.Code.Reveal(), directory.Binding{IdP: "idp", Sub: "late"}, 1)
	testworld.WantDenied(t, err, directory.CodeExpired)
}

// TestRebind: a new code moves the account into its re-enroller's lineage, on probation; the old subject, sessions
// and passkeys stop working.
func TestRebind(t *testing.T) {
	w := newWorld(t, approval.Settings{})
	old := w.Who["adviser"]
	session := signin.Session{ID: 5, Token: [32]byte{5}, Account: old.ID, Opened: w.Clock.Now(),
		LastSeen: w.Clock.Now(), Expires: w.Clock.Now().Add(time.Hour)}
	if err := w.DB.AddSession(w.Ctx, session, 20); err != nil {
		t.Fatal(err)
	}
	if err := w.DB.AddPasskey(w.Ctx, signin.Passkey{ID: []byte("key"), Account: old.ID, Credential: []byte("{}"),
		Made: w.Clock.Now()}); err != nil {
		t.Fatal(err)
	}
	done := w.Approve("approver", w.Propose("manager", approval.Ask{Kind: approval.Rebind, Account: old.ID}))
	if _, err := w.Directory.AccountOf(w.Ctx, old.Binding); cloison.KindOf(err) != cloison.NotFound {
		t.Errorf("the old subject is still somebody: %v", err)
	}
	if live, err := w.DB.SessionsOf(w.Ctx, old.ID); err != nil || len(live) != 0 {
		t.Errorf("%d sessions outlive the approval, %v", len(live), err)
	}
	a := w.Recover(done, "director", "new subject")
	if a.ID != old.ID || a.State != directory.Active || !a.OnProbation(w.Clock.Now()) ||
		a.ReenrolledBy != w.Who["manager"].ID ||
		a.Lineage != w.Who["manager"].ID || a.CreatedBy != 0 {
		t.Errorf("the re-enrolled account is %+v", a)
	}
	if keys, err := w.DB.Passkeys(w.Ctx, a.ID); err != nil || len(keys) != 0 {
		t.Errorf("%d passkeys outlive the enrolment, %v", len(keys), err)
	}
}

// TestRebindByAFreshManager: an account that a manager on probation re-enrols goes into the lineage of the manager's
// root.
func TestRebindByAFreshManager(t *testing.T) {
	w := newWorld(t, approval.Settings{})
	w.Recover(w.Approve("approver", w.Propose("officer", approval.Ask{Kind: approval.Rebind,
		Account: w.Who["manager"].ID})), "director", "m")
	w.Change("manager", func(a *directory.Account) {})
	a := w.Recover(w.Approve("approver2", w.Propose("manager", approval.Ask{Kind: approval.Rebind,
		Account: w.Who["adviser"].ID})), "director", "a")
	if a.Lineage != w.Who["officer"].ID {
		t.Errorf("its lineage is %s, want the officer's", a.Lineage)
	}
}

func TestOperatorCodes(t *testing.T) {
	w := newWorld(t, approval.Settings{})
	id := w.Who["manager"].ID
	first, err := w.Approvals.IssueCode(w.Ctx, id, false)
	if err != nil {
		t.Fatal(err)
	}
	_, err = w.Approvals.Enrol(w.Ctx, first.Reveal(), directory.Binding{IdP: "idp", Sub: "thief"}, 1)
	testworld.WantDenied(t, err, directory.CodeForOther)
	if a := w.Enrol(first, "manager"); a.OnProbation(w.Clock.Now()) || a.State != directory.Active {
		t.Errorf("the operator vouched for it, and it is on probation: %+v", a)
	}
	again, err := w.Approvals.IssueCode(w.Ctx, id, true)
	if err != nil {
		t.Fatal(err)
	}
	if a := w.Account(id); a.State != directory.Pending || a.Binding.Sub != "" {
		t.Errorf("the account is %+v, want it pending", a)
	}
	if a := w.Enrol(again, "other"); !a.OnProbation(w.Clock.Now()) {
		t.Error("an account that enrolled before is not on probation after a further code")
	}
	if err := w.Directory.Suspend(w.Ctx, w.By("officer"), id, "left"); err != nil {
		t.Fatal(err)
	}
	_, err = w.Approvals.IssueCode(w.Ctx, id, false)
	testworld.WantKind(t, err, cloison.Conflict)
	replaced, err := w.Approvals.IssueCode(w.Ctx, w.Who["adviser"].ID, false)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := w.Approvals.IssueCode(w.Ctx, w.Who["adviser"].ID, false); err != nil {
		t.Fatal(err)
	}
	_, err = w.Approvals.Enrol(w.Ctx, replaced.Reveal(), directory.Binding{IdP: "idp", Sub: "adviser"}, 1)
	testworld.WantKind(t, err, cloison.NotFound)
}
