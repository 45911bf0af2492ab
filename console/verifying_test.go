package console_test

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"cloison"
	"cloison/access/directory"
	"cloison/internal/demo/network"
)

// verification is what GET /registre/verification says.
type verification struct {
	Running *struct{ Rows, Of int }
	Last    *verified
	Failed  bool
}

type verified struct {
	OK           bool
	Rows, Sealed int
	Upto, Faults int
	Found        []string
	By           struct{ Account cloison.AccountID }
}

// verified has a person verify the register, and waits for the end.
func (w *world) verified(p *person) verified {
	w.Helper()
	if a := p.form("/registre/verification"); a.url.Path != "/registre/verification" || a.status != 200 {
		w.Fatalf("to verify led to %s, %d", a.url, a.status)
	}
	return *w.ended(p).Last
}

// ended waits until no verification is under way.
func (w *world) ended(p *person) (v verification) {
	w.Helper()
	for until := time.Now().Add(20 * time.Second); ; time.Sleep(10 * time.Millisecond) {
		v = verification{}
		if p.json("/registre/verification", &v); v.Running == nil {
			return v
		}
		if time.Now().After(until) {
			w.Fatalf("the verification goes on and on: %+v", v.Running)
		}
	}
}

// begun makes the log, and lets its sealer rest.
func (w *world) begun() {
	w.Helper()
	ctx, stop := context.WithCancel(w.ctx)
	ended := make(chan error, 1)
	go func() { ended <- w.sealer.Run(ctx) }()
	w.opened()
	stop()
	<-ended
}

func TestAVerificationKeepsNoPageWaiting(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	officer, adviser, auditor := w.enter(w.promote(w.central(0), directory.Officer)), w.enter(w.agent(0, network.Adviser, 0)), w.enter(w.promote(w.central(1), directory.Auditor))
	w.begun()
	events := func() (n int) {
		list, err := w.db.EventsWhere(w.ctx, directory.EventSearch{Code: "register.verified", Limit: 10})
		w.must(err)
		return len(list)
	}
	if a := officer.get("/registre/verification", "text/html"); !strings.Contains(a.body, "Le registre n’a pas encore été vérifié") {
		t.Error("a register that nobody has verified is said to be")
	}
	for _, p := range []*person{officer, auditor} { // nothing runs yet: both are answered, and one verification is asked for
		if a := p.form("/registre/verification"); a.status != 200 || !strings.Contains(a.body, "<progress") {
			t.Errorf("a verification that was asked for shows no progress: %d", a.status)
		}
	}
	if a := adviser.form("/registre/verification"); a.status != 403 {
		t.Errorf("an adviser who verifies gets %d, want 403", a.status)
	}
	w.run()
	w.read(adviser, w.caseload(adviser.account.ID, 5)...)
	w.sealed(5)
	if v := w.ended(officer); v.Failed || v.Last == nil || v.Last.By.Account != officer.account.ID {
		t.Errorf("the first verification: %+v", v)
	}
	if n := events(); n != 1 {
		t.Errorf("two people asked at once, and the journal tells of %d verifications, want 1", n)
	}
	if v := w.verified(auditor); !v.OK || v.Rows != 5 || v.Upto != 5 || v.By.Account != auditor.account.ID {
		t.Errorf("the second one: %+v", v)
	}
	w.must(filepath.WalkDir(filepath.Join(w.logDir, "tile", "entries"), func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		b, err := os.ReadFile(path)
		if err == nil {
			b[len(b)-1] ^= 1
			err = os.WriteFile(path, b, 0o600)
		}
		return err
	}))
	if v := w.verified(officer); v.OK || v.Faults == 0 || len(v.Found) == 0 {
		t.Errorf("a log that was changed: %+v", v)
	}
	if a := auditor.get("/registre/verification", "text/html"); !strings.Contains(a.body, "n’est pas celui qui a été scellé") {
		t.Error("the page does not say that the log was changed")
	}
	w.must(os.RemoveAll(w.logDir))
	officer.form("/registre/verification")
	if v := w.ended(officer); !v.Failed || events() != 3 {
		t.Errorf("without a log: %+v, and %d lines in the journal, want 3", v, events())
	}
}

// TestAStopEndsAVerification asks for one and stops: Run returns, and nothing is said to be proved.
func TestAStopEndsAVerification(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	officer := w.enter(w.promote(w.central(0), directory.Officer))
	officer.form("/registre/verification")
	ctx, stop := context.WithCancel(w.ctx)
	stop()
	if err := w.register.Run(ctx); !errors.Is(err, context.Canceled) {
		t.Errorf("Run ended with %v", err)
	}
	var v verification
	if officer.json("/registre/verification", &v); v.Last != nil {
		t.Errorf("a verification that was stopped: %+v", v)
	}
}
