package oversight_test

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"cloison/access/directory"
	"cloison/internal/demo/network"
	"cloison/internal/testkit/consolekit"
	"cloison/ledger/journal"
)

// begun makes the log, and lets its sealer rest.
func begun(w *consolekit.World) {
	w.Helper()
	ctx, stop := context.WithCancel(w.Ctx)
	ended := make(chan error, 1)
	go func() { ended <- w.Sealer.Run(ctx) }()
	w.Opened()
	stop()
	<-ended
}

func TestAVerificationKeepsNoPageWaiting(t *testing.T) {
	t.Parallel()
	w := consolekit.New(t)
	officer, adviser, auditor := w.Enter(w.Promote(w.Central(0), directory.Officer)), w.Enter(w.Agent(0, network.Adviser, 0)), w.Enter(w.Promote(w.Central(1), directory.Auditor))
	begun(w)
	events := func() (n int) {
		list, err := w.DB.EventsWhere(w.Ctx, journal.Search{Code: "register.verified", Limit: 10})
		w.Must(err)
		return len(list)
	}
	if a := officer.Get("/registre/verification", "text/html"); !strings.Contains(a.Body, "Le registre n’a pas encore été vérifié") {
		t.Error("a register that nobody has verified is said to be")
	}
	for _, p := range []*consolekit.Person{officer, auditor} { // nothing runs yet: both are answered, and one verification is asked for
		if a := p.Form("/registre/verification"); a.Status != 200 || !strings.Contains(a.Body, "<progress") {
			t.Errorf("a verification that was asked for shows no progress: %d", a.Status)
		}
	}
	if a := adviser.Form("/registre/verification"); a.Status != 403 {
		t.Errorf("an adviser who verifies gets %d, want 403", a.Status)
	}
	w.Run()
	w.Read(adviser, w.Caseload(adviser.Account.ID, 5)...)
	w.Sealed(5)
	if v := w.Ended(officer); v.Failed || v.Last == nil || v.Last.By.Account != officer.Account.ID {
		t.Errorf("the first verification: %+v", v)
	}
	if n := events(); n != 1 {
		t.Errorf("two people asked at once, and the journal tells of %d verifications, want 1", n)
	}
	if v := w.Verified(auditor); !v.OK || v.Rows != 5 || v.Upto != 5 || v.By.Account != auditor.Account.ID {
		t.Errorf("the second one: %+v", v)
	}
	w.Must(filepath.WalkDir(filepath.Join(w.LogDir, "tile", "entries"), func(path string, d fs.DirEntry, err error) error {
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
	if v := w.Verified(officer); v.OK || v.Faults == 0 || len(v.Found) == 0 {
		t.Errorf("a log that was changed: %+v", v)
	}
	if a := auditor.Get("/registre/verification", "text/html"); !strings.Contains(a.Body, "n’est pas celui qui a été scellé") {
		t.Error("the page does not say that the log was changed")
	}
	w.Must(os.RemoveAll(w.LogDir))
	officer.Form("/registre/verification")
	if v := w.Ended(officer); !v.Failed || events() != 3 {
		t.Errorf("without a log: %+v, and %d lines in the journal, want 3", v, events())
	}
}

// TestAStopEndsAVerification asks for one and stops: Run returns, and nothing is said to be proved.
func TestAStopEndsAVerification(t *testing.T) {
	t.Parallel()
	w := consolekit.New(t)
	officer := w.Enter(w.Promote(w.Central(0), directory.Officer))
	officer.Form("/registre/verification")
	ctx, stop := context.WithCancel(w.Ctx)
	stop()
	if err := w.Register.Run(ctx); !errors.Is(err, context.Canceled) {
		t.Errorf("Run ended with %v", err)
	}
	var v consolekit.Verification
	if officer.JSON("/registre/verification", &v); v.Last != nil {
		t.Errorf("a verification that was stopped: %+v", v)
	}
}
