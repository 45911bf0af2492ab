package lifecycle_test

import (
	"errors"
	"testing"
	"time"

	"cloison"
	"cloison/access/directory"
	"cloison/access/lifecycle"
)

// TestMerger: one officer asks, another one agrees, the day does it, once, on however many replicas.
func TestMerger(t *testing.T) {
	w := newWorld(t, 3)
	w.add("ML2", "officer2", directory.Officer)
	day := w.Now().AddDate(0, 0, 3)
	if _, err := w.t.ProposeMerger(w.Ctx, w.By("manager"), "ML1", "ML2", day); cloison.KindOf(err) != cloison.Denied {
		t.Errorf("a manager asks: %v", err)
	}
	for _, wrong := range []struct{ gone, kept cloison.StructureID }{{"ML1", "ML1"}, {"ML1", "ML9"}} {
		if _, err := w.t.ProposeMerger(w.Ctx, w.By("officer"), wrong.gone, wrong.kept, day); err == nil {
			t.Errorf("%v is proposed", wrong)
		}
	}
	if _, err := w.t.ProposeMerger(w.Ctx, w.By("officer"), "ML1", "ML2", w.Now().AddDate(0, 0, -3)); cloison.KindOf(err) != cloison.Invalid {
		t.Errorf("a day of last week: %v", err)
	}
	m, err := w.t.ProposeMerger(w.Ctx, w.By("officer"), "ML1", "ML2", day)
	w.Must(err)
	var bar directory.DenyReason
	if err := w.t.DecideMerger(w.Ctx, w.By("officer"), m.ID, true); !errors.As(err, &bar) || bar != directory.OwnProposal {
		t.Errorf("one officer alone: %v", err)
	}
	if err := w.t.DecideMerger(w.Ctx, w.By("manager"), m.ID, true); cloison.KindOf(err) != cloison.Denied {
		t.Errorf("a manager agrees: %v", err)
	}
	w.Must(w.t.DecideMerger(w.Ctx, w.By("officer2"), m.ID, true))
	if err := w.t.DecideMerger(w.Ctx, w.By("officer2"), m.ID, false); cloison.KindOf(err) != cloison.Conflict {
		t.Errorf("decided twice: %v", err)
	}
	w.pass(2)
	if a, _ := w.DB.Account(w.Ctx, w.Who["adviser0"].ID); a.Structure != "ML1" {
		t.Error("it happened before its day")
	}
	w.Clock.Set(m.Since.Add(time.Minute))
	other := w.stage(w.Replica())
	done := make(chan error)
	go func() { _, err := other.Sweep(w.Ctx); done <- err }()
	w.sweep()
	w.Must(<-done)
	for name := range w.Who {
		if a, err := w.DB.Account(w.Ctx, w.Who[name].ID); err != nil || a.Structure != "ML2" {
			t.Errorf("%s is in %s, %v", name, a.Structure, err)
		}
	}
	if n := w.events("merger.done"); n != 1 {
		t.Errorf("it was done %d times", n)
	}
	list, err := w.t.Mergers(w.Ctx)
	if err != nil || len(list) != 1 || list[0].State != lifecycle.MergerDone {
		t.Errorf("%+v, %v", list, err)
	}
}

// TestWhoMayMerge asks beforehand what the acts would answer, and stores nothing by asking.
func TestWhoMayMerge(t *testing.T) {
	w := newWorld(t, 1)
	w.add("ML2", "officer2", directory.Officer)
	day := w.Now().AddDate(0, 0, 3)
	var field cloison.BadField
	if _, err := w.t.MayMerge(w.Ctx, w.By("officer"), "ML1", "ML1", day); !errors.As(err, &field) || field != "kept" {
		t.Errorf("a structure into itself: %v", err)
	}
	if _, err := w.t.MayMerge(w.Ctx, w.By("officer"), "ML1", "ML2", w.Now().AddDate(0, 0, -3)); !errors.As(err, &field) || field != "since" {
		t.Errorf("a day of last week: %v", err)
	}
	if _, err := w.t.MayMerge(w.Ctx, w.By("manager"), "ML1", "ML2", day); cloison.KindOf(err) != cloison.Denied {
		t.Errorf("a manager: %v", err)
	}
	if _, err := w.t.MayMerge(w.Ctx, w.By("officer"), "ML1", "ML2", day); err != nil {
		t.Error(err)
	}
	if list, err := w.t.Mergers(w.Ctx); err != nil || len(list) != 0 {
		t.Fatalf("asking made %+v, %v", list, err)
	}
	m, err := w.t.ProposeMerger(w.Ctx, w.By("officer"), "ML1", "ML2", day)
	w.Must(err)
	if _, err := w.t.MayDecideMerger(w.Ctx, w.By("officer"), m.ID, true); !errors.Is(err, directory.OwnProposal) {
		t.Errorf("one officer alone: %v", err)
	}
	if got, err := w.t.MayDecideMerger(w.Ctx, w.By("officer2"), m.ID, true); err != nil || got.ID != m.ID {
		t.Errorf("another officer: %+v, %v", got, err)
	}
	w.Must(w.t.DecideMerger(w.Ctx, w.By("officer2"), m.ID, true))
	if _, err := w.t.MayDecideMerger(w.Ctx, w.By("officer2"), m.ID, false); cloison.KindOf(err) != cloison.Conflict {
		t.Errorf("decided twice: %v", err)
	}
}
