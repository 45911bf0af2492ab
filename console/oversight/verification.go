package oversight

import (
	"net/http"
	"time"

	"cloison/console/web"
)

const verificationPath = "/registre/verification"

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

// verification shows it.
func (h *rows) verification(r *http.Request, v web.Viewer) (web.View, error) {
	now, err := h.rows.Verification(r.Context())
	view := &verificationView{Failed: now.Failed, Log: now.Log}
	if run := now.Running; run != nil {
		view.Running = &runningView{By: h.Party(r.Context(), v, run.By), Began: run.Began, Rows: run.Rows, Of: run.Of}
	}
	if last := now.Last; last != nil {
		view.Last = &verifiedView{At: last.At, By: h.Party(r.Context(), v, last.By), OK: last.OK(), Rows: last.Rows, Upto: last.Upto,
			Sealed: last.Sealed, Pending: last.Pending, Faults: last.Faults, Found: last.Found, Seconds: last.Seconds}
	}
	return view, err
}

// verify is POST /registre/verification: begins one, unless one is under way, and shows it.
func (h *rows) verify(w http.ResponseWriter, r *http.Request, p web.Page) {
	v, err := h.Viewer(r)
	if err == nil {
		err = p.MayOpen(v)
	}
	if err == nil {
		err = h.rows.Verify(r.Context(), v.Caller())
	}
	if err != nil {
		h.Fail(w, r, err)
		return
	}
	web.SeeOther(w, verificationPath)
}
