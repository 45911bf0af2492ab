package storetest

import (
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
	"testing"
	"time"

	"cloison/ledger"
	"cloison/ledger/journal"
	"cloison/ledger/retention"
	"cloison/wall/disclose"
)

// Deaths are the moments at which a Keeper is killed, in the order in which RunRetentionCrash tries them.
func Deaths() []string {
	return []string{"before event", "after event", "before drop", "during drop", "after drop", "during drop", "never"}
}

// Keep is the child of a crash test: it drops what has reached its end in thirteen months, and kills itself at that
// moment.
func Keep(ctx context.Context, db All, dir, death string) error {
	w := &world{T: &testing.T{}, ctx: ctx, All: db}
	h := w.house(dir)
	h.now = later()
	_, err := h.keeper(&dying{db, death}).Pass(ctx)
	return err
}

func later() time.Time { return noon().AddDate(0, 13, 0) }

// dying is a store whose process dies at a moment.
type dying struct {
	All
	death string
}

func (d *dying) at(moment string) {
	if d.death == moment {
		_ = syscall.Kill(os.Getpid(), syscall.SIGKILL)
		select {}
	}
}

func (d *dying) AddEvent(ctx context.Context, e journal.Event) error {
	d.at("before event")
	err := d.All.AddEvent(ctx, e)
	d.at("after event")
	return err
}

func (d *dying) Drop(ctx context.Context, what retention.Drop) (bool, error) {
	d.at("before drop")
	if d.death == "during drop" {
		time.AfterFunc(rand.N(8*time.Millisecond), func() { d.at("during drop") })
	}
	more, err := d.All.Drop(ctx, what)
	d.at("after drop")
	return more, err
}

// RunRetentionCrash kills a Keeper at each moment, on one ledger: after every death it verifies, nothing is missing
// that the log does not let go, and what is left goes in the end. tables lists the tables of the ledger's first month,
// if the engine has such.
func RunRetentionCrash(t *testing.T, open Open, child func(dir, death string) *exec.Cmd, tables func() []string) {
	w := &world{T: t, ctx: t.Context(), All: open(t), open: open}
	dir := t.TempDir()
	h := w.house(dir)
	h.year()
	checkpoint, err := os.ReadFile(filepath.Join(h.dir, "checkpoint"))
	w.ok(err)
	w.signedIn(later())
	counters := first(w.Tallies(w.ctx, []disclose.Counted{"a:1"}))
	oldest := int64(1)
	for _, death := range Deaths() {
		out, err := child(dir, death).CombinedOutput()
		if died := err != nil; death == "never" && died {
			t.Fatalf("%v: %s", err, out)
		}
		dropped := h.verify(checkpoint)
		rows := w.ledger()
		if rows[0].Seq < oldest || rows[0].Seq > dropped+1 {
			t.Fatalf("%s: the oldest row is %d, was %d, and the log lets those up to %d go", death, rows[0].Seq, oldest, dropped)
		}
		if oldest = rows[0].Seq; oldest > 1 && len(first(w.Events(w.ctx, 0, 99))) == 0 {
			t.Fatalf("%s: rows went without a word in the journal", death)
		}
		c := first(w.Coverage(w.ctx, noon(), later()))
		if oldest > 1 && c.Kept.IsZero() {
			t.Fatalf("%s: a roll would not know that rows went", death)
		}
		w.ok(w.commit(later(), []ledger.Row{row(1, fmt.Sprint("on", len(rows), death), later())})) // disclosures go on
	}
	same(w, "oldest", oldest, 1101)
	same(w, "counters", first(w.Tallies(w.ctx, []disclose.Counted{"a:1"})), counters)
	if tables != nil {
		same(w, "tables of the first month", len(tables()), 0)
	}
	h.now = later()
	h.seal()
	h.verify(checkpoint)
}
