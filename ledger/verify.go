package ledger

import (
	"cmp"
	"context"
	"fmt"
	"io/fs"
	"iter"
	"runtime"
	"slices"
	"sync"
	"sync/atomic"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
)

// Log is the input of VerifyLog: a ledger's rows and its transparency log.
type Log struct {
	Rows     iter.Seq2[Row, error] // the ledger's rows in Seq order, an error ends it; nil to verify the log alone
	Tiles    fs.FS                 // the log's directory: checkpoint and tile/…
	Key      note.Verifier         // the log's public key; its name is the log's origin
	From     int64                 // rows below it may have been dropped; 0: as the log's own statement of retention says
	Older    [][]byte              // signed checkpoints kept from before, each to be continued by the log
	Progress func(rows int64)      // called with the rows done, from one goroutine; may be nil
}

// Verification is the result of VerifyLog.
type Verification struct {
	Rows       int64      `json:"rows"`       // rows read
	Sealed     int64      `json:"sealed"`     // rows that the log's checkpoint covers, dropped ones included
	Pending    int64      `json:"pending"`    // rows read that are not sealed yet
	Dropped    int64      `json:"dropped"`    // the rows up to this one may have been dropped at the end of their retention
	Checkpoint Checkpoint `json:"checkpoint"` // the log's own
	Faults     []Fault    `json:"faults"`     // the first ones by Seq, at most MaxFaults
	More       int64      `json:"more"`       // faults beyond these
}

// OK reports that no fault was found.
func (v Verification) OK() bool { return len(v.Faults) == 0 }

// MaxFaults bounds Verification.Faults.
const MaxFaults = 1000

// Fault is one difference from what was sealed. It holds no personal data.
type Fault struct {
	Kind   Kind   `json:"kind"`
	Seq    int64  `json:"seq,omitempty"`  // the row, or the first of those concerned; 0 when it is about the whole log
	Last   int64  `json:"last,omitempty"` // the last row concerned; equal to Seq for one row
	Detail string `json:"detail"`         // one English sentence
}

// String returns the fault in one line.
func (f Fault) String() string {
	switch {
	case f.Seq == 0:
		return fmt.Sprintf("%s: %s", f.Kind, f.Detail)
	case f.Seq == f.Last:
		return fmt.Sprintf("row %d: %s: %s", f.Seq, f.Kind, f.Detail)
	}
	return fmt.Sprintf("rows %d to %d: %s: %s", f.Seq, f.Last, f.Kind, f.Detail)
}

// Kind is the stable name of a sort of fault.
type Kind string

const (
	RowChanged    Kind = "row changed"        // a field of the row, or its nonce, is not what was sealed
	RowMissing    Kind = "row missing"        // a number that no row has
	RowAdded      Kind = "row added"          // a second row of the same number, or a number below 1
	RowMoved      Kind = "row moved"          // the row comes out of order, or holds what was sealed under another number
	LeafChanged   Kind = "leaf changed"       // the log's entry bundle does not hold what the checkpoint covers
	TileChanged   Kind = "tile changed"       // a hash tile does not hold what the checkpoint covers
	BadCheckpoint Kind = "bad checkpoint"     // missing, not readable, not signed by the log's key, or of another log
	BadTree       Kind = "bad tree"           // the log's files do not add up to its checkpoint
	RolledBack    Kind = "log rolled back"    // an older checkpoint covers more rows than the log's own
	Forked        Kind = "log forked"         // an older checkpoint belongs to another history than the log's own
	BadOlder      Kind = "bad old checkpoint" // an older checkpoint is not signed by the log's key
	BadRetention  Kind = "bad retention"      // the statement of retention is not readable, not signed by the log's key, or of rows never sealed
)

// VerifyLog checks every row against the log, every file of the log against its checkpoint, and the checkpoint against
// the key and the older ones. It names each difference; rows after the checkpoint are counted as pending. It needs
// neither the writer's code nor its database, reads rows once and in order, hashes on all cores in bounded memory, and
// does not stop at the first fault. The error is that of the row stream or of ctx; what the log hides is a fault.
func VerifyLog(ctx context.Context, l Log) (Verification, error) {
	v := &verifier{log: l}
	signed, err := readBounded(l.Tiles, checkpointPath, maxCheckpoint)
	if err == nil {
		v.checkpoint, err = OpenCheckpoint(signed, l.Key)
	}
	if err != nil {
		v.fault(Fault{Kind: BadCheckpoint, Detail: err.Error()})
	}
	v.tree = newTree(l.Tiles, v.checkpoint, v.fault)
	if err == nil {
		v.tree.resolveEdges()
		v.checkOlder()
		v.checkRetention()
	}
	if err := v.run(ctx); err != nil {
		return Verification{}, err
	}
	v.tree.explain(v.edgeRows)
	v.nameMoves()
	v.sortFaults()
	more := v.dropped + int64(max(0, len(v.faults)-MaxFaults))
	return Verification{Rows: v.rows, Sealed: v.checkpoint.Size, Pending: v.pending, Dropped: max(v.log.From-1, 0), Checkpoint: v.checkpoint,
		Faults: v.faults[:min(len(v.faults), MaxFaults)], More: more}, nil
}

type verifier struct {
	log           Log
	checkpoint    Checkpoint
	tree          *tree
	rows, pending int64
	edgeRows      []tlog.Hash // the leaf hashes of the last, partial tile's rows, when all are there

	mu      sync.Mutex // guards what follows: workers report faults
	faults  []Fault
	dropped int64
	changed []changedRow
}

// changedRow is kept to find out whether the row was sealed under another number.
type changedRow struct {
	row  Row
	want tlog.Hash
}

const maxChanged = 64

func (v *verifier) fault(f Fault) {
	if f.Last == 0 {
		f.Last = f.Seq
	}
	v.mu.Lock()
	defer v.mu.Unlock()
	if v.faults = append(v.faults, f); len(v.faults) >= 4*MaxFaults {
		v.sortFaults()
		v.dropped += int64(len(v.faults) - MaxFaults)
		v.faults = v.faults[:MaxFaults]
	}
}

func (v *verifier) sortFaults() {
	slices.SortFunc(v.faults, func(a, b Fault) int {
		return cmp.Or(cmp.Compare(a.Seq, b.Seq), cmp.Compare(a.Kind, b.Kind), cmp.Compare(a.Detail, b.Detail))
	})
}

func (v *verifier) rowChanged(row Row, want tlog.Hash, detail string) {
	v.fault(Fault{Kind: RowChanged, Seq: row.Seq, Detail: detail})
	v.mu.Lock()
	defer v.mu.Unlock()
	if v.changed = append(v.changed, changedRow{row, want}); len(v.changed) > 4*maxChanged {
		v.sortChanged()
	}
}

// sortChanged keeps the first changed rows by number, whichever worker came first.
func (v *verifier) sortChanged() {
	slices.SortFunc(v.changed, func(a, b changedRow) int { return cmp.Compare(a.row.Seq, b.row.Seq) })
	v.changed = v.changed[:min(len(v.changed), maxChanged)]
}

// nameMoves looks among the changed rows for those that hold what was sealed under another one's number, as after two
// numbers were swapped, or a row was taken out and the following ones renumbered.
func (v *verifier) nameMoves() {
	v.sortChanged()
	for _, c := range v.changed {
		at := slices.IndexFunc(v.faults, func(f Fault) bool { return f.Kind == RowChanged && f.Seq == c.row.Seq })
		if at < 0 {
			continue
		}
		for _, other := range v.changed {
			row := c.row
			row.Seq = other.row.Seq
			if leaf := row.Leaf(); row.Seq != c.row.Seq && leaf.hash() == other.want {
				v.faults[at].Kind = RowMoved
				v.faults[at].Detail = fmt.Sprintf("it holds what was sealed as row %d", row.Seq)
				break
			}
		}
	}
}

// checkOlder checks that the log continues each older checkpoint.
func (v *verifier) checkOlder() {
	for _, signed := range v.log.Older {
		old, err := OpenCheckpoint(signed, v.log.Key)
		switch {
		case err != nil:
			v.fault(Fault{Kind: BadOlder, Detail: err.Error()})
		case old.Size > v.checkpoint.Size:
			v.fault(Fault{Kind: RolledBack, Seq: v.checkpoint.Size + 1, Last: old.Size,
				Detail: fmt.Sprintf("an older checkpoint covers %d rows, the log's own %d", old.Size, v.checkpoint.Size)})
		default:
			root, err := tlog.TreeHash(old.Size, v.tree)
			if err != nil {
				v.fault(Fault{Kind: BadTree, Detail: fmt.Sprintf("the older checkpoint of size %d cannot be compared: %v", old.Size, err)})
			} else if root != old.Root {
				v.fault(Fault{Kind: Forked, Seq: min(1, old.Size), Last: old.Size,
					Detail: fmt.Sprintf("the log does not continue the older checkpoint of size %d: a row among these was rewritten in the log", old.Size)})
			}
		}
	}
}

// checkRetention reads the first row that must be there: without a statement by the log's key, that is row 1.
func (v *verifier) checkRetention() {
	if v.log.From != 0 {
		return
	}
	r, err := Retained(v.log.Tiles, v.log.Key)
	switch {
	case err != nil:
		v.fault(Fault{Kind: BadRetention, Detail: err.Error()})
	case r.From > v.checkpoint.Size+1:
		v.fault(Fault{Kind: BadRetention, Detail: fmt.Sprintf("it drops the rows below %d, but only %d were sealed", r.From, v.checkpoint.Size)})
	default:
		v.log.From = r.From
	}
}

// run streams the rows, tile by tile, through workers, one for each core.
func (v *verifier) run(ctx context.Context) error {
	c := tileReader{v: v, want: max(v.log.From, 1)}
	if v.log.Rows == nil {
		v.log.Rows, c.want = func(func(Row, error) bool) {}, v.checkpoint.Size+1
	}
	workers := runtime.GOMAXPROCS(0)
	jobs := make(chan *tileJob, 4*workers)
	var done atomic.Int64
	var pool sync.WaitGroup
	for range workers {
		pool.Go(func() {
			for job := range jobs {
				v.checkTile(job)
				done.Add(int64(len(job.rows)))
				clear(job.rows)
				c.spare.Put(job)
			}
		})
	}
	err := c.read(ctx, func(job *tileJob) {
		jobs <- job
		if v.log.Progress != nil && job.tile%64 == 0 {
			v.log.Progress(done.Load())
		}
	})
	close(jobs)
	pool.Wait()
	if v.log.Progress != nil {
		v.log.Progress(v.rows)
	}
	return err
}
