package retention_test

import (
	"context"
	"log/slog"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"cloison"
	"cloison/access/approval"
	"cloison/access/directory"
	"cloison/access/signin"
	"cloison/internal/testkit"
	"cloison/internal/testkit/testworld"
	"cloison/ledger"
	"cloison/ledger/retention"
	"cloison/ledger/seal"
	"cloison/store/sqlite"
	"cloison/wall/disclose"
)

// world is a ledger whose rows are thirteen months old, and the people who may hold it.
type world struct {
	*testing.T
	ctx   context.Context
	db    *sqlite.DB
	k     *retention.Keeper
	holds *retention.LegalHolds
	who   map[string]directory.Account
	now   time.Time
}

func newWorld(t *testing.T) *world {
	t.Helper()
	w := &world{T: t, ctx: t.Context(), who: map[string]directory.Account{}, now: time.Date(2025, 1, 15, 9, 0, 0, 0, time.UTC)}
	db, err := sqlite.Open(w.ctx, testkit.SQLite(t), sqlite.Options{})
	w.ok(err)
	t.Cleanup(func() { db.Close() })
	w.db = db
	dir := t.TempDir()
	key, err := seal.GenerateKey(filepath.Join(dir, "ledger.key"), "ledger.example/test")
	w.ok(err)
	log := filepath.Join(dir, "log")
	w.k = retention.New(db, log, key, retention.Settings{}, slog.New(slog.DiscardHandler), func() time.Time { return w.now })
	w.holds = retention.NewLegalHolds(db, rights(db, func() time.Time { return w.now }),
		func() time.Time { return w.now })
	_, err = db.ImportStructures(w.ctx, []directory.Structure{{ID: "NET"}})
	w.ok(err)
	for name, role := range map[string]directory.Role{"officer": directory.Officer, "dpo": directory.DPO, "auditor": directory.Auditor, "manager": directory.Manager} {
		w.add(name, role, nil)
	}
	w.commit()
	s, err := seal.New(db, seal.Config{Dir: log, Key: key, Holder: "h", Pace: time.Millisecond, Poll: time.Millisecond}, slog.New(slog.DiscardHandler),
		func() time.Time { return w.now })
	w.ok(err)
	ctx, stop := context.WithCancel(w.ctx)
	ended := make(chan error, 1)
	go func() { ended <- s.Run(ctx) }()
	for s.Stats().Size < 10 && len(ended) == 0 {
		time.Sleep(time.Millisecond)
	}
	stop()
	w.ok(<-ended)
	w.now = w.now.AddDate(0, 13, 0)
	return w
}

func (w *world) ok(err error) {
	w.Helper()
	if err != nil {
		w.Fatal(err)
	}
}

func (w *world) add(name string, role directory.Role, change func(*directory.Account)) {
	w.Helper()
	a := testworld.AddAccount(w.T, w.db, w.now, name, func(a *directory.Account) { a.Structure, a.Roles = "NET", role })
	if change != nil {
		change(&a)
		w.ok(w.db.UpdateAccount(w.ctx, a))
		a.Version++
	}
	w.who[name] = a
}

func (w *world) commit() {
	w.Helper()
	gate, err := w.db.Gate(w.ctx)
	w.ok(err)
	c := disclose.Commit{Fence: gate.Fence, At: w.now}
	for range 10 {
		c.Rows = append(c.Rows, ledger.Row{At: w.now, Account: 1, Structure: "NET", Tool: "t", Operation: "read", Person: "p", Fields: 1, Explanation: "caseload"})
	}
	_, err = w.db.Commit(w.ctx, c)
	w.ok(err)
}

func (w *world) by(name string) cloison.Caller {
	return cloison.Caller{Account: w.who[name].ID, Session: 7}
}

// pass opens a session and makes one pass.
func (w *world) pass() retention.Passed {
	w.Helper()
	s := signin.Session{ID: cloison.NewSessionID(), Opened: w.now, Expires: w.now.Add(time.Hour)}
	copy(s.Token[:], s.ID.String())
	w.ok(w.db.AddSession(w.ctx, s, 0))
	p, err := w.k.Pass(w.ctx)
	w.ok(err)
	return p
}

func (w *world) kept(what string) {
	w.Helper()
	if p := w.pass(); p.Dropped != 0 || p.Why != retention.Held || w.k.Figures().Held != 1 {
		w.Errorf("%s: %+v", what, p)
	}
}

// TestAHoldIsEasyToSetAndTakesTwoToLose, and a week.
func TestAHoldIsEasyToSetAndTakesTwoToLose(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	for _, name := range []string{"manager", "auditor"} {
		if _, err := w.holds.Hold(w.ctx, w.by(name), "RG 26/1"); cloison.KindOf(err) != cloison.Denied {
			t.Errorf("%s holds: %v", name, err)
		}
	}
	for _, reason := range []string{"", "  ", "a\nb", strings.Repeat("x", 201)} {
		if _, err := w.holds.Hold(w.ctx, w.by("officer"), reason); cloison.KindOf(err) != cloison.Invalid {
			t.Errorf("reason %q: %v", reason, err)
		}
	}
	h, err := w.holds.Hold(w.ctx, w.by("dpo"), " RG 26/00123 ")
	w.ok(err)
	w.kept("a hold")
	lift := func(name string, want bool, kind cloison.Kind) {
		t.Helper()
		lifted, err := w.holds.Lift(w.ctx, w.by(name), h.ID)
		if lifted != want || (err == nil) != (kind == 0) || err != nil && cloison.KindOf(err) != kind {
			t.Errorf("%s: %v, %v", name, lifted, err)
		}
	}
	if _, err := w.holds.Lift(w.ctx, w.by("dpo"), h.ID+1); cloison.KindOf(err) != cloison.NotFound {
		t.Errorf("another one: %v", err)
	}
	lift("manager", false, cloison.Denied)
	lift("dpo", false, 0)
	lift("dpo", false, cloison.Denied)
	w.add("child", directory.Officer, func(a *directory.Account) { a.CreatedBy, a.Lineage = w.who["dpo"].ID, w.who["dpo"].Lineage })
	lift("child", false, cloison.Denied) // the first one's own hand
	w.kept("one has asked")

	dpo, err := w.db.Account(w.ctx, w.who["dpo"].ID)
	w.ok(err)
	dpo.State = directory.Suspended
	w.ok(w.db.UpdateAccount(w.ctx, dpo))
	lift("officer", false, 0) // who asked was stopped: this one asks anew
	w.kept("one has asked again")
	w.add("dpo2", directory.DPO, nil)
	lift("dpo2", true, 0)
	w.kept("lifted just now")
	w.now = w.now.Add(6 * 24 * time.Hour)
	w.kept("six days later")
	second, err := w.holds.Hold(w.ctx, cloison.Operator(), "the operator's")
	w.ok(err)
	w.now = w.now.Add(9 * 24 * time.Hour)
	w.kept("another hold")
	if lifted, err := w.holds.Lift(w.ctx, cloison.Operator(), second.ID); err != nil || !lifted {
		t.Errorf("the operator: %v, %v", lifted, err)
	}
	if _, err := w.holds.Lift(w.ctx, cloison.Operator(), second.ID); cloison.KindOf(err) != cloison.Conflict {
		t.Errorf("twice: %v", err)
	}
	w.now = w.now.Add(8 * 24 * time.Hour)
	if p := w.pass(); p.Dropped != 10 || w.k.Figures().Dropped != 10 || w.k.Figures().Held != 0 {
		t.Errorf("a week later: %+v", p)
	}
}

func rights(db *sqlite.DB, now func() time.Time) approval.LedgerRights {
	d := directory.New(db, directory.Settings{}, slog.New(slog.DiscardHandler), now)
	return approval.LedgerRights{Directory: d, Approvals: approval.New(db, d, approval.Settings{}, now)}
}
