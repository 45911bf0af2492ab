package signin

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"net/http"
	"slices"
	"sync"
	"time"

	"cloison"
	"cloison/access/signin/refusal"
)

// EndedPath is where a page goes when its session has ended: the console says there how and why.
const EndedPath = Prefix + "fin"

const (
	lookEvery    = 500 * time.Millisecond // between two looks at the ledger's fence
	beatEvery    = 25 * time.Second       // between two comments that keep the stream open: proxies cut a silent one
	writeTime    = 10 * time.Second       // for a browser to take a few bytes
	maxStreams   = 8192                   // of a process
	maxOfSession = 6                      // its windows
)

// streams are the event streams that are open in this process. One goroutine looks for all of them: it reads one
// number, the ledger's fence, and asks about the sessions only when that has moved.
type streams struct {
	every time.Duration

	mu      sync.Mutex
	stopped chan struct{} // closed when Run has ended; nil: Run has not begun
	open    map[cloison.SessionID][]chan struct{}
	n       int
}

// join adds a stream of the session. over is closed when the session is over, stopped when the process serves no
// streams any more. leave must be called once.
func (f *streams) join(id cloison.SessionID) (over, stopped <-chan struct{}, leave func(), err error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	switch {
	case f.stopped == nil, closed(f.stopped):
		return nil, nil, nil, refusal.New(cloison.Unavailable, refusal.Closed, "this process serves no event streams now")
	case f.n >= maxStreams:
		return nil, nil, nil, refusal.New(cloison.Unavailable, refusal.Closed, "%d pages have event streams already", f.n)
	case len(f.open[id]) >= maxOfSession:
		return nil, nil, nil, refusal.New(cloison.Denied, refusal.Throttled, "%d pages of this session have event streams already", maxOfSession)
	}
	c := make(chan struct{})
	f.open[id] = append(f.open[id], c)
	f.n++
	return c, f.stopped, func() { f.leave(id, c) }, nil
}

func (f *streams) leave(id cloison.SessionID, c chan struct{}) {
	f.mu.Lock()
	defer f.mu.Unlock()
	at := slices.Index(f.open[id], c)
	if at < 0 { // end has removed it
		return
	}
	f.open[id] = slices.Delete(f.open[id], at, at+1)
	f.n--
	if len(f.open[id]) == 0 {
		delete(f.open, id)
	}
}

// end closes the streams of these sessions.
func (f *streams) end(ids []cloison.SessionID) {
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, id := range ids {
		for _, c := range f.open[id] {
			close(c)
		}
		f.n -= len(f.open[id])
		delete(f.open, id)
	}
}

// Listening counts the pages that have an event stream in this process.
func (s *Signin) Listening() int {
	s.streams.mu.Lock()
	defer s.streams.mu.Unlock()
	return s.streams.n
}

func (f *streams) sessions() []cloison.SessionID {
	f.mu.Lock()
	defer f.mu.Unlock()
	ids := make([]cloison.SessionID, 0, len(f.open))
	for id := range f.open {
		ids = append(ids, id)
	}
	return ids
}

func closed(c <-chan struct{}) bool {
	select {
	case <-c:
		return true
	default:
		return false
	}
}

// follow looks for sessions that end on any replica, until ctx does; then it stops every stream.
func (s *Signin) follow(ctx context.Context) {
	f := &s.streams
	stopped := make(chan struct{})
	f.mu.Lock()
	f.stopped, f.open, f.n = stopped, map[cloison.SessionID][]chan struct{}{}, 0
	f.mu.Unlock()
	defer close(stopped)
	tick := time.NewTicker(f.every)
	defer tick.Stop()
	fence, failing := int64(-1), false
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
		var err error
		fence, err = s.endStreams(ctx, fence)
		if err != nil && !failing && ctx.Err() == nil {
			s.log.WarnContext(ctx, "reading which sessions ended failed: open pages learn it at their next request", "err", err)
		}
		failing = err != nil
	}
}

// endStreams ends the streams of sessions that are over, when the fence has moved from this number, and returns the
// fence. It reads the fence before the list of streams: a stream that joins later checks its session itself, and an end
// after that moves the fence again.
func (s *Signin) endStreams(ctx context.Context, fence int64) (int64, error) {
	if len(s.streams.sessions()) == 0 {
		return -1, nil
	}
	now, err := s.store.Fence(ctx)
	if err != nil || now == fence {
		return fence, err
	}
	over, err := s.store.Over(ctx, s.streams.sessions())
	if err != nil {
		return fence, err
	}
	if len(over) > 0 {
		s.streams.end(over)
		s.cache.forget(func(c Session) bool { return slices.Contains(over, c.ID) })
	}
	return now, nil
}

// streamSession finds the session of a stream in the store, and does not touch it: an open stream does not keep its
// session from falling idle. over reports that there was a session and it has ended.
func (s *Signin) streamSession(r *http.Request) (session Session, over bool, err error) {
	o, err := s.originOf(r)
	if err != nil {
		return Session{}, false, err
	}
	value, ok := cookieValue(r, o, sessionCookie)
	if !ok {
		return Session{}, false, signedOut("no cookie")
	}
	session, err = s.store.Session(r.Context(), digest(value))
	switch {
	case err == nil && session.Account == 0:
		return Session{}, false, signedOut("the session has no account")
	case err == nil:
		return session, false, s.checkDates(&session, s.now())
	case cloison.KindOf(err) != cloison.NotFound:
		return Session{}, false, err
	}
	_, err = s.store.EndedSession(r.Context(), digest(value))
	if err != nil && cloison.KindOf(err) == cloison.NotFound {
		err = signedOut("no session has this token")
	}
	return Session{}, err == nil, err
}

const overEvent = "event: over\ndata: " + EndedPath + "\n\n"

// serveLive is GET live: a stream of server-sent events (WHATWG HTML, section 9.2) with one event, "over", which says
// where to go when the session has ended on any replica. It needs Run. 204 tells the browser not to come back.
func (h *handler) serveLive(w http.ResponseWriter, r *http.Request) {
	if site := r.Header.Get("Sec-Fetch-Site"); site != "" && site != "same-origin" {
		h.refuse(w, r, refusal.Problem{Status: http.StatusForbidden, Reason: refusal.BadRequest})
		return
	}
	w.Header().Set("Cache-Control", "no-store")
	err := h.stream(w, r)
	switch p := refusal.ProblemOf(err); {
	case err == nil:
	case p.Reason == refusal.SignedOut:
		w.WriteHeader(http.StatusNoContent)
	default:
		if p.Status >= 500 {
			h.log.WarnContext(r.Context(), "opening an event stream failed", "err", err)
		}
		h.refuse(w, r, p)
	}
}

// stream serves one stream to its end. An error comes before its first byte.
func (h *handler) stream(w http.ResponseWriter, r *http.Request) error {
	session, ended, err := h.streamSession(r)
	if err != nil {
		return err
	}
	out := events{w, http.NewResponseController(w)}
	if ended {
		out.start(overEvent)
		return nil
	}
	over, stopped, leave, err := h.streams.join(session.ID)
	if err != nil {
		return err
	}
	defer leave()
	// An end before it joined moves the fence no more.
	gone, err := h.store.Over(r.Context(), []cloison.SessionID{session.ID})
	switch {
	case err != nil:
		return err
	case len(gone) > 0:
		out.start(overEvent)
		return nil
	}
	out.start("")
	beat, until := time.NewTicker(beatEvery), time.NewTimer(session.Expires.Sub(h.now()))
	defer beat.Stop()
	defer until.Stop()
	for {
		select {
		case <-r.Context().Done():
			return nil
		case <-stopped:
			return nil
		case <-over:
			out.write(overEvent)
			return nil
		case <-until.C:
			out.write(overEvent)
			return nil
		case <-beat.C:
			if out.write(":\n\n") != nil {
				return nil
			}
		}
	}
}

// events writes a stream. A browser that does not read holds nothing up for longer than writeTime.
type events struct {
	http.ResponseWriter
	control *http.ResponseController
}

// start sends the head, the time to come back after an interruption (drawn, so that pages do not come all at once), and
// a first event if there is one.
func (e events) start(said string) {
	e.Header().Set("Content-Type", "text/event-stream")
	e.Header().Set("X-Accel-Buffering", "no")                               // nginx would buffer it
	_ = e.write(fmt.Sprintf("retry: %d\n\n%s", 1000+rand.IntN(4000), said)) // the browser is gone if this fails
}

func (e events) write(said string) error {
	if err := e.control.SetWriteDeadline(time.Now().Add(writeTime)); err != nil && !errors.Is(err, http.ErrNotSupported) {
		return err
	}
	if _, err := e.Write([]byte(said)); err != nil {
		return err
	}
	return e.control.Flush()
}
