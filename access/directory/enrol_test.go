package directory_test

import (
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"cloison"
	"cloison/access/directory"
	"cloison/access/signin"
)

func TestEnrolReadsWhatPeopleType(t *testing.T) {
	w := newWorld(t, directory.Settings{})
	for i, typed := range []func(string) string{
		strings.ToLower,
		func(s string) string { return strings.ReplaceAll(s, "-", " ") },
		func(s string) string { return strings.ReplaceAll(s, "-", "") },
		func(s string) string { return strings.NewReplacer("0", "o", "1", "l").Replace(s) },
		func(s string) string { return " " + strings.NewReplacer("0", "O", "1", "I", "-", "–").Replace(s) },
	} {
		code := w.approve("approver", w.propose("officer", newcomer())).Code
		if n := len(strings.ReplaceAll(code.Reveal(), "-", "")); n*5 < 80 {
			t.Fatalf("a code has %d characters of 5 bits", n)
		}
		w.enrol(cloison.Secret(typed(code.Reveal())), "agent"+string(rune('a'+i)))
	}
}

func TestEnrolmentIsLocked(t *testing.T) {
	w := newWorld(t, directory.Settings{})
	code := w.approve("approver", w.propose("manager", newcomer())).Code
	guesser := directory.Binding{IdP: "idp", Sub: "guesser"}
	var wrong, locked atomic.Int32
	var wg sync.WaitGroup
	for range 16 { // in parallel, which gains nothing
		wg.Go(func() {
			switch _, err := w.d.Enrol(w.ctx, "0000-0000-0000-0000", guesser, 1); cloison.KindOf(err) {
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
	_, err := w.d.Enrol(w.ctx, code.Reveal(), guesser, 1)
	wantBar(t, err, directory.CodeLocked) // even the right one
	w.clock.add(61 * time.Minute)
	_, err = w.d.Enrol(w.ctx, "not a code", guesser, 1)
	wantKind(t, err, cloison.Invalid)
	w.enrol(code, "guesser")
}

func TestACodeIsUsedOnceAndInTime(t *testing.T) {
	w := newWorld(t, directory.Settings{})
	done := w.approve("approver", w.propose("officer", newcomer()))
	_, err := w.d.Enrol(w.ctx, done.Code.Reveal(), directory.Binding{IdP: "idp", Sub: "adviser"}, 1)
	wantKind(t, err, cloison.Conflict) // that subject has an account
	_, err = w.d.Enrol(w.ctx, done.Code.Reveal(), directory.Binding{}, 1)
	wantKind(t, err, cloison.Invalid)

	var wg sync.WaitGroup
	var won atomic.Int32
	for _, sub := range []string{"x", "y", "z"} {
		wg.Go(func() {
			if _, err := w.d.Enrol(w.ctx, done.Code.Reveal(), directory.Binding{IdP: "idp", Sub: sub}, 1); err == nil {
				won.Add(1)
			}
		})
	}
	wg.Wait()
	if won.Load() != 1 {
		t.Errorf("%d subjects enrolled with one code", won.Load())
	}

	late := w.approve("approver", w.propose("officer", newcomer()))
	w.clock.add(7 * 24 * time.Hour)
	_, err = w.d.Enrol(w.ctx, late.Code.Reveal(), directory.Binding{IdP: "idp", Sub: "late"}, 1)
	wantBar(t, err, directory.CodeExpired)
}

// TestRebind: a new code makes the account its re-enroller's, on probation; the old subject, sessions and passkeys
// are dead.
func TestRebind(t *testing.T) {
	w := newWorld(t, directory.Settings{})
	old := w.who["adviser"]
	session := signin.Session{ID: 5, Token: [32]byte{5}, Account: old.ID, Opened: w.clock.now(),
		LastSeen: w.clock.now(), Expires: w.clock.now().Add(time.Hour)}
	if err := w.db.AddSession(w.ctx, session, 20); err != nil {
		t.Fatal(err)
	}
	if err := w.db.AddPasskey(w.ctx, signin.Passkey{ID: []byte("key"), Account: old.ID, Credential: []byte("{}"),
		Made: w.clock.now()}); err != nil {
		t.Fatal(err)
	}
	done := w.approve("approver", w.propose("manager", directory.Ask{Kind: directory.Rebind, Account: old.ID}))
	if _, err := w.d.AccountOf(w.ctx, old.Binding); cloison.KindOf(err) != cloison.NotFound {
		t.Errorf("the old subject is still somebody: %v", err)
	}
	if live, err := w.db.SessionsOf(w.ctx, old.ID); err != nil || len(live) != 0 {
		t.Errorf("%d sessions outlive the approval, %v", len(live), err)
	}
	a := w.recover(done, "director", "new subject")
	if a.ID != old.ID || a.State != directory.Active || !a.OnProbation(w.clock.now()) ||
		a.ReenrolledBy != w.who["manager"].ID ||
		a.Lineage != w.who["manager"].ID || a.CreatedBy != 0 {
		t.Errorf("the re-enrolled account is %+v", a)
	}
	if keys, err := w.db.Passkeys(w.ctx, a.ID); err != nil || len(keys) != 0 {
		t.Errorf("%d passkeys outlive the enrolment, %v", len(keys), err)
	}
}

// TestRebindByAFreshManager: what a fresh manager re-enrols belongs to whose tool the manager may be.
func TestRebindByAFreshManager(t *testing.T) {
	w := newWorld(t, directory.Settings{})
	w.recover(w.approve("approver", w.propose("officer", directory.Ask{Kind: directory.Rebind,
		Account: w.who["manager"].ID})), "director", "m")
	w.change("manager", func(a *directory.Account) {})
	a := w.recover(w.approve("approver2", w.propose("manager", directory.Ask{Kind: directory.Rebind,
		Account: w.who["adviser"].ID})), "director", "a")
	if a.Lineage != w.who["officer"].ID {
		t.Errorf("its lineage is %s, want the officer's", a.Lineage)
	}
}

func TestOperatorCodes(t *testing.T) {
	w := newWorld(t, directory.Settings{})
	id := w.who["manager"].ID
	first, err := w.d.IssueCode(w.ctx, id, false)
	if err != nil {
		t.Fatal(err)
	}
	_, err = w.d.Enrol(w.ctx, first.Reveal(), directory.Binding{IdP: "idp", Sub: "thief"}, 1)
	wantBar(t, err, directory.CodeForOther)
	if a := w.enrol(first, "manager"); a.OnProbation(w.clock.now()) || a.State != directory.Active {
		t.Errorf("the operator vouched for it, and it is on probation: %+v", a)
	}
	again, err := w.d.IssueCode(w.ctx, id, true)
	if err != nil {
		t.Fatal(err)
	}
	if a := w.account(id); a.State != directory.Pending || a.Binding.Sub != "" {
		t.Errorf("the account is %+v, want it pending", a)
	}
	if a := w.enrol(again, "other"); !a.OnProbation(w.clock.now()) {
		t.Error("an account that enrolled before is not on probation after a further code")
	}
	if err := w.d.Suspend(w.ctx, w.by("officer"), id, "left"); err != nil {
		t.Fatal(err)
	}
	_, err = w.d.IssueCode(w.ctx, id, false)
	wantKind(t, err, cloison.Conflict)
	replaced, err := w.d.IssueCode(w.ctx, w.who["adviser"].ID, false)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := w.d.IssueCode(w.ctx, w.who["adviser"].ID, false); err != nil {
		t.Fatal(err)
	}
	_, err = w.d.Enrol(w.ctx, replaced.Reveal(), directory.Binding{IdP: "idp", Sub: "adviser"}, 1)
	wantKind(t, err, cloison.NotFound)
}
