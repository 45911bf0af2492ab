package oversight

import (
	"context"
	"net/http"
	"os"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"cloison"
	"cloison/access/directory"
	"cloison/console/web"
	"cloison/ledger"
	"cloison/ledger/seal"
)

const (
	verificationPath = "/registre/verification"
	verified         = "register.verified" // what the journal calls it
)

// verifyFor is how long a verification may take; whoever has more rows verifies at the command line.
const verifyFor = time.Hour

// verificationView is GET /registre/verification: the one under way, and the last that the journal knows of. A page
// never waits for one.
type verificationView struct {
	Running *runningView  `json:"running,omitempty"`
	Last    *verifiedView `json:"last,omitempty"`
	Failed  bool          `json:"failed,omitempty"` // the last one here proved nothing: what it read, or the log, could not be read
	Log     string        `json:"log"`              // its origin
}

// runningView is the verification under way.
type runningView struct {
	By    web.Party `json:"by"`
	Began time.Time `json:"began"`
	Rows  int64     `json:"rows"` // read so far
	Of    int64     `json:"of"`   // about
}

// Percent is how much of the register has been read.
func (r runningView) Percent() int64 { return min(99, 100*r.Rows/max(1, r.Of)) }

// verifiedView is a verification as the journal keeps it.
type verifiedView struct {
	At      time.Time `json:"at"`
	By      web.Party `json:"by"`
	OK      bool      `json:"ok"`
	Rows    int64     `json:"rows"`           // read
	Upto    int64     `json:"upto"`           // the number of the last one
	Sealed  int64     `json:"sealed"`         // that the log's checkpoint covers, dropped ones included
	Pending int64     `json:"pending"`        // read and not sealed yet
	Faults  int64     `json:"faults"`         //
	Found   []string  `json:"found"`          // the first faults
	Seconds float64   `json:"seconds,string"` // that it took
}

func (v *verificationView) Title(s web.Say) string {
	switch {
	case v.Running != nil:
		return s("verification.title_running", "n", v.Running.Percent())
	case v.Last == nil:
		return s("verification.title_none")
	case !v.Last.OK:
		return s("verification.title_bad", "n", v.Last.Faults)
	}
	return s("verification.title", "n", v.Last.Rows)
}

// verifier is the one verification that a console runs at a time.
type verifier struct {
	asked  chan *verifying // has room for one
	mu     sync.Mutex
	now    *verifying // asked for or under way
	failed bool
}

// verifying is one verification, until it has ended.
type verifying struct {
	by    directory.Caller
	began time.Time
	of    int64
	rows  atomic.Int64
	upto  atomic.Int64
}

// verification shows it.
func (h *verification) page(r *http.Request, v web.Viewer) (web.View, error) {
	view := &verificationView{Log: h.logKey.Name()}
	h.verifier.mu.Lock()
	run := h.verifier.now
	view.Failed = h.verifier.failed
	h.verifier.mu.Unlock()
	if run != nil {
		view.Running = &runningView{By: h.Party(r.Context(), v, run.by.Account), Began: run.began, Rows: run.rows.Load(), Of: run.of}
	}
	events, err := h.store.EventsWhere(r.Context(), directory.EventSearch{Code: verified, Limit: 1})
	if err == nil && len(events) > 0 {
		view.Last = verifiedOf(events[0])
		view.Last.By = h.Party(r.Context(), v, events[0].Actor)
	}
	return view, err
}

func verifiedOf(e directory.Event) *verifiedView {
	number := func(name string) int64 {
		n, _ := strconv.ParseInt(e.Detail[name], 10, 64) // we wrote it
		return n
	}
	seconds, _ := strconv.ParseFloat(e.Detail["seconds"], 64)
	one := &verifiedView{At: e.At, Rows: number("rows"), Upto: number("upto"), Sealed: number("sealed"), Pending: number("pending"), Faults: number("faults"),
		Found: []string{}, Seconds: seconds}
	one.OK = one.Faults == 0
	if found := e.Detail["found"]; found != "" {
		one.Found = strings.Split(found, "\n")
	}
	return one
}

// verify is POST /registre/verification: begins one, unless one is under way, and shows it.
func (h *verification) verify(w http.ResponseWriter, r *http.Request, p web.Page) {
	v, err := h.Viewer(r)
	if err == nil {
		err = p.MayOpen(v)
	}
	if err == nil {
		err = h.beginVerifying(r.Context(), v)
	}
	if err != nil {
		h.Fail(w, r, err)
		return
	}
	web.SeeOther(w, verificationPath)
}

func (h *verification) beginVerifying(ctx context.Context, v web.Viewer) error {
	mark, err := h.store.Sealed(ctx)
	if err != nil {
		return err
	}
	f := h.verifier
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.now == nil {
		f.now, f.failed = &verifying{by: v.Caller(), began: h.Now(), of: mark.Seq}, false
		f.asked <- f.now // there is room: what was asked before has ended
	}
	return nil
}

// run does what pages ask for and do not wait for, one after the other, until ctx ends; then it returns ctx's error.
func (h *verification) run(ctx context.Context) error {
	for {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case run := <-h.verifier.asked:
			err := h.verifyNow(ctx, run)
			if err != nil {
				h.Log.ErrorContext(ctx, "a verification of the ledger has proved nothing", "rows", run.rows.Load(), "err", err)
			}
			h.verifier.mu.Lock()
			h.verifier.now, h.verifier.failed = nil, err != nil
			h.verifier.mu.Unlock()
		}
	}
}

// verifyNow reads the whole ledger, and tells the journal what it found.
func (h *verification) verifyNow(ctx context.Context, run *verifying) error {
	ctx, cancel := context.WithTimeout(ctx, verifyFor)
	defer cancel()
	root, err := os.OpenRoot(h.logDir)
	if err != nil {
		return cloison.Errorf(cloison.Unavailable, "the transparency log: %w", err)
	}
	defer root.Close()
	v, err := seal.Verify(ctx, reading{h.store, run}, ledger.Log{Tiles: root.FS(), Key: h.logKey})
	if err != nil {
		return err
	}
	detail := map[string]string{"rows": strconv.FormatInt(v.Rows, 10), "upto": strconv.FormatInt(run.upto.Load(), 10),
		"sealed": strconv.FormatInt(v.Sealed, 10), "pending": strconv.FormatInt(v.Pending, 10),
		"seconds": strconv.FormatFloat(h.Now().Sub(run.began).Seconds(), 'f', 1, 64)}
	if !v.OK() {
		var found []string
		for _, f := range v.Faults[:min(len(v.Faults), faultsKept)] {
			found = append(found, f.String())
		}
		detail["faults"], detail["found"] = strconv.FormatInt(int64(len(v.Faults))+v.More, 10), strings.Join(found, "\n")
		h.Log.ErrorContext(ctx, "the ledger is not what was sealed: keep a copy of the database and of the log", "faults", detail["faults"], "first", found[0])
	}
	return h.store.AddEvent(ctx, directory.Event{At: h.Now().UTC().Truncate(time.Millisecond), Code: verified, Actor: run.by.Account,
		Session: run.by.Session, Detail: detail})
}

// reading is a ledger that counts what is read of it.
type reading struct {
	seal.Store
	*verifying
}

// Rows reads rows and counts them.
func (s reading) Rows(ctx context.Context, after int64, limit int) ([]ledger.Row, error) {
	rows, err := s.Store.Rows(ctx, after, limit)
	if len(rows) > 0 {
		s.rows.Add(int64(len(rows)))
		s.upto.Store(rows[len(rows)-1].Seq)
	}
	return rows, err
}

// faultsKept is how many faults the journal keeps; cloison ledger verify lists more.
const faultsKept = 20
