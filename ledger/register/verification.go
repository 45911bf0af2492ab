package register

import (
	"context"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"cloison"
	"cloison/ledger"
	"cloison/ledger/journal"
	"cloison/ledger/seal"
)

const (
	verified   = "register.verified" // the journal's code
	verifyFor  = time.Hour           // the longest verification here; longer ones run at the command line
	faultsKept = 20                  // faults in the journal's line; cloison ledger verify lists more
)

// verifier is the one verification that runs at a time.
type verifier struct {
	requested chan *run // has room for one
	mu        sync.Mutex
	current   *run // requested or under way
	failed    bool
}

// run is one verification, until it has ended.
type run struct {
	by       cloison.Caller
	began    time.Time
	expected int64
	rows     atomic.Int64
	upto     atomic.Int64
}

// Running is the verification under way.
type Running struct {
	By    cloison.AccountID
	Began time.Time
	Rows  int64 // read so far
	Of    int64 // rows that were sealed when it began
}

// Verified is a verification that has ended, as the journal keeps it.
type Verified struct {
	At      time.Time
	By      cloison.AccountID
	Rows    int64    // read
	Upto    int64    // the number of the last one
	Sealed  int64    // rows that the log's checkpoint covers, dropped ones included
	Pending int64    // read and not sealed yet
	Faults  int64    // all
	Found   []string // the first faults
	Seconds float64  // that it took
}

// OK says that nothing was found.
func (v Verified) OK() bool { return v.Faults == 0 }

// Verification is the one under way, and the last that the journal knows of.
type Verification struct {
	Running *Running  // nil: none
	Last    *Verified // nil: none yet
	Failed  bool      // the last one here proved nothing: the rows or the log could not be read
	Log     string    // the log's origin
}

// Verify starts a verification, unless one is under way. It does not wait for it.
func (r *Register) Verify(ctx context.Context, by cloison.Caller) error {
	mark, err := r.store.Sealed(ctx)
	if err != nil {
		return err
	}
	v := &r.verifier
	v.mu.Lock()
	defer v.mu.Unlock()
	if v.current == nil {
		v.current, v.failed = &run{by: by, began: r.now(), expected: mark.Seq}, false
		v.requested <- v.current // there is room: the one before has ended
	}
	return nil
}

// Verification reads how far the verification under way is, and what the last one found.
func (r *Register) Verification(ctx context.Context) (Verification, error) {
	v := &r.verifier
	v.mu.Lock()
	current, failed := v.current, v.failed
	v.mu.Unlock()
	now := Verification{Failed: failed, Log: r.files.Key.Name()}
	if current != nil {
		now.Running = &Running{By: current.by.Account, Began: current.began, Rows: current.rows.Load(), Of: current.expected}
	}
	events, err := r.store.EventsWhere(ctx, journal.Search{Code: verified, Limit: 1})
	if err == nil && len(events) > 0 {
		now.Last = parseVerified(events[0])
	}
	return now, err
}

// Run makes the verifications that Verify asks for, one after the other, until ctx ends; then it returns ctx's error.
func (r *Register) Run(ctx context.Context) error {
	for {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case next := <-r.verifier.requested:
			err := r.verify(ctx, next)
			if err != nil {
				r.log.ErrorContext(ctx, "verification failed", "rows", next.rows.Load(), "err", err)
			}
			r.verifier.mu.Lock()
			r.verifier.current, r.verifier.failed = nil, err != nil
			r.verifier.mu.Unlock()
		}
	}
}

// verify reads the whole ledger and writes into the journal what it found.
func (r *Register) verify(ctx context.Context, one *run) error {
	ctx, cancel := context.WithTimeout(ctx, verifyFor)
	defer cancel()
	root, err := r.openLog()
	if err != nil {
		return err
	}
	defer root.Close()
	v, err := seal.Verify(ctx, countedReader{r.store, one}, ledger.Log{Tiles: root.FS(), Key: r.files.Key})
	if err != nil {
		return err
	}
	detail := map[string]string{"rows": strconv.FormatInt(v.Rows, 10), "upto": strconv.FormatInt(one.upto.Load(), 10),
		"sealed": strconv.FormatInt(v.Sealed, 10), "pending": strconv.FormatInt(v.Pending, 10),
		"seconds": strconv.FormatFloat(r.now().Sub(one.began).Seconds(), 'f', 1, 64)}
	if !v.OK() {
		var found []string
		for _, f := range v.Faults[:min(len(v.Faults), faultsKept)] {
			found = append(found, f.String())
		}
		detail["faults"], detail["found"] = strconv.FormatInt(int64(len(v.Faults))+v.More, 10), strings.Join(found, "\n")
		r.log.ErrorContext(ctx, "the ledger is not what was sealed: keep a copy of the database and of the log", "faults", detail["faults"], "first", found[0])
	}
	return r.record(ctx, one.by, journal.Event{Code: verified, Detail: detail})
}

// parseVerified reads the journal's line.
func parseVerified(e journal.Event) *Verified {
	number := func(name string) int64 {
		n, _ := strconv.ParseInt(e.Detail[name], 10, 64) // verify wrote it
		return n
	}
	v := &Verified{At: e.At, By: e.Actor, Rows: number("rows"), Upto: number("upto"), Sealed: number("sealed"), Pending: number("pending"),
		Faults: number("faults"), Found: []string{}}
	v.Seconds, _ = strconv.ParseFloat(e.Detail["seconds"], 64)
	if found := e.Detail["found"]; found != "" {
		v.Found = strings.Split(found, "\n")
	}
	return v
}

// countedReader counts the rows that are read.
type countedReader struct {
	seal.Reader
	run *run
}

// Rows reads rows and counts them.
func (c countedReader) Rows(ctx context.Context, after int64, limit int) ([]ledger.Row, error) {
	rows, err := c.Reader.Rows(ctx, after, limit)
	if len(rows) > 0 {
		c.run.rows.Add(int64(len(rows)))
		c.run.upto.Store(rows[len(rows)-1].Seq)
	}
	return rows, err
}
