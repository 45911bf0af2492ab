package register_test

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"cloison"
	"cloison/access/directory"
	"cloison/internal/testkit"
	"cloison/internal/testkit/testworld"
	"cloison/ledger"
	"cloison/ledger/journal"
	"cloison/ledger/register"
	"cloison/ledger/seal"
)

// world is a ledger of two accounts' rows and the people who search it.
type world struct {
	*testworld.World
	r   *register.Register
	dir string
	key seal.Key
}

func newWorld(t *testing.T) *world {
	t.Helper()
	w := &world{World: testworld.New(t, testworld.Options{Start: time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC)})}
	w.dir, w.key = w.LogFiles()
	w.r = w.on(w.DB)
	w.Add("ML2", "auditor", directory.Auditor)
	return w
}

// on makes the register of a store.
func (w *world) on(store register.Store) *register.Register {
	w.Helper()
	key, err := w.key.Verifier()
	w.Must(err)
	return register.New(store, w.Directory, register.Log{Dir: w.dir, Key: key}, testkit.Quiet(), w.Now)
}

// read commits n rows of an account about a person, an hour after the ones before.
func (w *world) read(account string, person cloison.PersonRef, n int) {
	w.Helper()
	w.Clock.Add(time.Hour)
	w.Read(account, person, n)
}

func TestPagesCoverTheLedger(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	if p, err := w.r.Find(w.Ctx, register.Search{Limit: 5}); err != nil || len(p.Rows) != 0 || p.Older != 0 {
		t.Errorf("an empty ledger: %+v, %v", p, err)
	}
	w.read("adviser", "p1", 7)
	w.read("officer", "p2", 5)
	var seqs []int64
	for s := (register.Search{Limit: 5}); ; {
		p, err := w.r.Find(w.Ctx, s)
		w.Must(err)
		for _, row := range p.Rows {
			seqs = append(seqs, row.Seq)
			if row.Person != "" || row.Nonce != [16]byte{} {
				t.Errorf("row %d of a page names its person, or has its nonce", row.Seq)
			}
		}
		if s.Before = p.Older; p.Older == 0 {
			break
		}
	}
	if want := []int64{12, 11, 10, 9, 8, 7, 6, 5, 4, 3, 2, 1}; !slices.Equal(seqs, want) {
		t.Errorf("the pages list %v", seqs)
	}
	for name, c := range map[string]struct {
		s     register.Search
		first int64
		rows  int
		newer bool
	}{
		"beyond the end":       {register.Search{Before: 1 << 40, Limit: 3}, 12, 3, false},
		"of an account":        {register.Search{Account: w.Who["officer"].ID, Limit: 4}, 8, 4, true},
		"all of an account":    {register.Search{Account: w.Who["officer"].ID, Limit: 5}, 8, 5, false},
		"since the second":     {register.Search{Since: w.Now(), Limit: 10}, 8, 5, false},
		"until the second":     {register.Search{Until: w.Now(), Limit: 10}, 1, 7, false},
		"after everything":     {register.Search{Since: w.Now().Add(time.Hour), Limit: 10}, 0, 0, false},
		"more than a page":     {register.Search{Since: w.Now().Add(-2 * time.Hour), Limit: 3}, 1, 3, true},
		"between, none inside": {register.Search{Since: w.Now().Add(-time.Minute), Until: w.Now(), Limit: 10}, 0, 0, false},
	} {
		p, err := w.r.Find(w.Ctx, c.s)
		w.Must(err)
		if len(p.Rows) != c.rows || c.rows > 0 && p.Rows[0].Seq != c.first || p.Newer.IsZero() == c.newer {
			t.Errorf("%s: %d rows, newer %v: %+v", name, len(p.Rows), p.Newer, p.Rows)
		}
	}
}

func TestATraceIsInTheJournalFirst(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.read("adviser", "p1", 2)
	w.read("officer", "p2", 1)
	w.read("officer", "p1", 1)
	for _, q := range []register.Question{{}, {Person: "p1", Since: w.Now(), Until: w.Now()}, {Person: "p1", Since: w.Now().AddDate(-1, 0, 0)}} {
		var field cloison.BadField
		if _, err := w.r.Trace(w.Ctx, w.By("auditor"), q); !errors.As(err, &field) || cloison.KindOf(err) != cloison.Invalid {
			t.Errorf("%+v: %v", q, err)
		}
	}
	for _, by := range []cloison.Caller{w.By("adviser"), {}, cloison.Operator()} {
		if _, err := w.r.Trace(w.Ctx, by, register.Question{Person: "p1"}); cloison.KindOf(err) != cloison.Denied || err == nil {
			t.Errorf("%v traces: %v", by.Account, err)
		}
	}
	if n := len(w.Events("person.traced")); n != 0 {
		t.Errorf("%d lines of traces that were refused", n)
	}
	trace, err := w.r.Trace(w.Ctx, w.By("auditor"), register.Question{Person: "p1"})
	w.Must(err)
	if len(trace.Rows) != 3 || trace.Rows[0].Seq != 4 || trace.More {
		t.Errorf("the trace: %+v", trace)
	}
	lines := w.Events("person.traced")
	if len(lines) != 1 || lines[0].Actor != w.Who["auditor"].ID || lines[0].Detail["newest"] != "4" || lines[0].Detail["oldest"] != "1" || lines[0].Detail["rows"] != "3" {
		t.Fatalf("the journal: %+v", lines)
	}
	for key, value := range lines[0].Detail {
		if value == "p1" {
			t.Errorf("the journal repeats the person in %s", key)
		}
	}
	r := w.on(lostJournal{w.DB})
	if trace, err := r.Trace(w.Ctx, w.By("auditor"), register.Question{Person: "p1"}); err == nil || len(trace.Rows) > 0 {
		t.Error("rows without a line in the journal")
	}
	w.Seal(w.dir, w.key)
	if _, err := r.Prove(w.Ctx, w.By("auditor"), 1); err == nil {
		t.Error("a proof without a line in the journal")
	}
}

// lostJournal is a store whose journal fails.
type lostJournal struct{ register.Store }

func (lostJournal) AddEvent(context.Context, journal.Event) error {
	return cloison.Errorf(cloison.Unavailable, "the disk is full")
}

func TestAProofTakesARight(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.read("adviser", "p1", 3)
	_, err := w.r.Prove(w.Ctx, w.By("auditor"), 2)
	if cloison.KindOf(err) != cloison.Unavailable {
		t.Errorf("without a log: %v", err)
	}
	w.Seal(w.dir, w.key)
	w.read("adviser", "p1", 1)
	for seq, want := range map[int64]error{4: ledger.ErrNotSealed, 5: nil, 0: nil, -1: nil} {
		if _, err := w.r.Prove(w.Ctx, w.By("auditor"), seq); cloison.KindOf(err) != cloison.NotFound || want != nil && !errors.Is(err, want) {
			t.Errorf("row %d: %v", seq, err)
		}
	}
	if _, err := w.r.Prove(w.Ctx, w.By("adviser"), 2); cloison.KindOf(err) != cloison.Denied {
		t.Errorf("an adviser: %v", err)
	}
	if err := w.r.MayProve(w.Ctx, w.By("adviser"), 2); cloison.KindOf(err) != cloison.Denied {
		t.Errorf("an adviser: %v", err)
	}
	proof, err := w.r.Prove(w.Ctx, w.By("auditor"), 2)
	w.Must(err)
	key, err := w.key.Verifier()
	w.Must(err)
	if _, err := proof.Verify(key); err != nil || proof.Row.Person != "p1" {
		t.Errorf("the proof: %v", err)
	}
	if lines := w.Events("row.proved"); len(lines) != 1 || lines[0].Detail["seq"] != "2" || lines[0].Account != w.Who["adviser"].ID {
		t.Errorf("the journal: %+v", lines)
	}
}

func TestOnlyPublicFilesAreServed(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	if _, err := w.r.LogFile("checkpoint"); cloison.KindOf(err) != cloison.NotFound {
		t.Errorf("without a log: %v", err)
	}
	w.read("adviser", "p1", 3)
	w.Seal(w.dir, w.key)
	w.Must(os.WriteFile(filepath.Join(w.dir, "..", "outside"), []byte("secret"), 0o600))
	w.Must(os.Symlink(filepath.Join("..", "..", "outside"), filepath.Join(w.dir, "tile", "link")))
	for _, name := range []string{"checkpoint", "tile/0/000.p/3", "tile/entries/000.p/3"} {
		if b, err := w.r.LogFile(name); err != nil || len(b) == 0 {
			t.Errorf("%s: %v", name, err)
		}
	}
	for _, name := range []string{"", ".", "tile", "tile/", "tile/0", ".state/treeState", "tile/../.state/treeState", "seal.lock", "tile/../../outside", "tile/link",
		"../outside", "/etc/passwd", "checkpoint/", "tile/\x00"} {
		if b, err := w.r.LogFile(name); cloison.KindOf(err) != cloison.NotFound || err == nil {
			t.Errorf("%q is served: %d bytes, %v", name, len(b), err)
		}
	}
}

func TestOneVerificationAtATime(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.read("adviser", "p1", 3)
	w.Seal(w.dir, w.key)
	state := func() register.Verification {
		t.Helper()
		v, err := w.r.Verification(w.Ctx)
		w.Must(err)
		return v
	}
	if v := state(); v.Running != nil || v.Last != nil || v.Failed || v.Log != "ledger.example/test" {
		t.Errorf("before any: %+v", v)
	}
	for _, name := range []string{"officer", "auditor"} { // nothing runs yet: one is asked for
		w.Must(w.r.Verify(w.Ctx, w.By(name)))
		if v := state(); v.Running == nil || v.Running.By != w.Who["officer"].ID || v.Running.Of != 3 {
			t.Errorf("asked for: %+v", v.Running)
		}
	}
	ctx, stop := context.WithCancel(w.Ctx)
	ended := make(chan error, 1)
	go func() { ended <- w.r.Run(ctx) }()
	wait := func() register.Verification {
		t.Helper()
		testkit.Until(t, "the verification does not end", func() bool { return state().Running == nil })
		return state()
	}
	if v := wait(); v.Failed || !v.Last.OK() || v.Last.Rows != 3 || v.Last.Upto != 3 || v.Last.Sealed != 3 || v.Last.By != w.Who["officer"].ID {
		t.Errorf("the first: %+v", v.Last)
	}
	if n := len(w.Events("register.verified")); n != 1 {
		t.Errorf("two asked, and the journal has %d lines", n)
	}
	bundle := filepath.Join(w.dir, "tile", "entries", "000.p", "3")
	b, err := os.ReadFile(bundle)
	w.Must(err)
	b[len(b)-1] ^= 1
	w.Must(os.WriteFile(bundle, b, 0o600))
	w.Must(w.r.Verify(w.Ctx, w.By("auditor")))
	if v := wait(); v.Last.OK() || len(v.Last.Found) == 0 || v.Last.By != w.Who["auditor"].ID {
		t.Errorf("a changed log: %+v", v.Last)
	}
	w.Must(os.RemoveAll(w.dir))
	w.Must(w.r.Verify(w.Ctx, w.By("auditor")))
	if v := wait(); !v.Failed || len(w.Events("register.verified")) != 2 {
		t.Errorf("without a log: %+v", v)
	}
	stop()
	if err := <-ended; !errors.Is(err, context.Canceled) {
		t.Errorf("Run ended with %v", err)
	}
}
