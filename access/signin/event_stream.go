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
)

// Over is where a page goes when its session has ended: the console says there how and why.
const Over = Prefix + "fin"

const (
	liveEvery  = 500 * time.Millisecond // between two looks at the ledger's fence
	liveBeat   = 25 * time.Second       // between two signs of life: proxies cut what is silent
	liveWrite  = 10 * time.Second       // for a browser to take a few bytes
	maxLive    = 8192                   // open streams of a process
	maxLiveOne = 6                      // of a session: its windows
)

// follower knows which browsers listen to the end of their session. One goroutine looks for all of them: it reads one
// number, the ledger's fence, and asks about the sessions only when that has moved.
type follower struct {
	every time.Duration

	mu      sync.Mutex
	stopped chan struct{} // closed when nobody follows any more; nil: nobody does yet
	streams map[cloison.SessionID][]chan struct{}
	n       int
}

// join adds a stream of the session. The channel is closed when the session is over or its stream is not served any
// more (stopped is closed then). leave must be called once.
func (f *follower) join(id cloison.SessionID) (over, stopped <-chan struct{}, leave func(), err error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	switch {
	case f.stopped == nil, closed(f.stopped):
		return nil, nil, nil, refuse(cloison.Unavailable, Closed, "this process does not follow sessions now")
	case f.n >= maxLive:
		return nil, nil, nil, refuse(cloison.Unavailable, Closed, "%d pages listen already", f.n)
	case len(f.streams[id]) >= maxLiveOne:
		return nil, nil, nil, refuse(cloison.Denied, Throttled, "%d pages of this session listen already", maxLiveOne)
	}
	c := make(chan struct{})
	f.streams[id] = append(f.streams[id], c)
	f.n++
	return c, f.stopped, func() { f.leave(id, c) }, nil
}

func (f *follower) leave(id cloison.SessionID, c chan struct{}) {
	f.mu.Lock()
	defer f.mu.Unlock()
	at := slices.Index(f.streams[id], c)
	if at < 0 { // it was told that it is over
		return
	}
	f.streams[id] = slices.Delete(f.streams[id], at, at+1)
	f.n--
	if len(f.streams[id]) == 0 {
		delete(f.streams, id)
	}
}

// end tells the streams of these sessions that they are over.
func (f *follower) end(ids []cloison.SessionID) {
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, id := range ids {
		for _, c := range f.streams[id] {
			close(c)
		}
		f.n -= len(f.streams[id])
		delete(f.streams, id)
	}
}

// Listening counts the pages that are open in this process and will be told that their session is over.
func (s *Signin) Listening() int {
	s.live.mu.Lock()
	defer s.live.mu.Unlock()
	return s.live.n
}

func (f *follower) sessions() []cloison.SessionID {
	f.mu.Lock()
	defer f.mu.Unlock()
	ids := make([]cloison.SessionID, 0, len(f.streams))
	for id := range f.streams {
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

// follow looks for sessions that end anywhere, until ctx does; then it lets every stream go.
func (s *Signin) follow(ctx context.Context) {
	f := &s.live
	stopped := make(chan struct{})
	f.mu.Lock()
	f.stopped, f.streams, f.n = stopped, map[cloison.SessionID][]chan struct{}{}, 0
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
			s.log.WarnContext(ctx, "whether sessions ended cannot be seen: open pages learn it at their next request", "err", err)
		}
		failing = err != nil
	}
}

// endStreams ends the streams of sessions that are over, if the fence is not this one any more, and returns what it is.
// The fence is read before the list of streams: a session that joins later looks for itself, and what ends it after
// that moves the fence again.
func (s *Signin) endStreams(ctx context.Context, fence int64) (int64, error) {
	if len(s.live.sessions()) == 0 {
		return -1, nil
	}
	now, err := s.store.Fence(ctx)
	if err != nil || now == fence {
		return fence, err
	}
	over, err := s.store.Over(ctx, s.live.sessions())
	if err != nil {
		return fence, err
	}
	if len(over) > 0 {
		s.live.end(over)
		s.cache.forget(func(c Session) bool { return slices.Contains(over, c.ID) })
	}
	return now, nil
}

// liveSession finds the session of a stream in the store, and leaves it as it is: a page that listens does not keep its
// session from falling idle. over reports that there was one and it has ended.
func (s *Signin) liveSession(r *http.Request) (session Session, over bool, err error) {
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
		return session, false, s.alive(&session, s.now())
	case cloison.KindOf(err) != cloison.NotFound:
		return Session{}, false, err
	}
	_, err = s.store.EndedSession(r.Context(), digest(value))
	if err != nil && cloison.KindOf(err) == cloison.NotFound {
		err = signedOut("no session has this token")
	}
	return Session{}, err == nil, err
}

const saysOver = "event: over\ndata: " + Over + "\n\n"

// serveLive is GET live: a stream of server-sent events (WHATWG HTML, section 9.2) that says one thing, once: "over",
// with where to go, when the session has ended on whatever replica. It needs Run. 204 tells the browser not to come
// back.
func (h *handler) serveLive(w http.ResponseWriter, r *http.Request) {
	if site := r.Header.Get("Sec-Fetch-Site"); site != "" && site != "same-origin" {
		h.refuse(w, r, Problem{Status: http.StatusForbidden, Reason: BadRequest})
		return
	}
	w.Header().Set("Cache-Control", "no-store")
	err := h.stream(w, r)
	switch p := ProblemOf(err); {
	case err == nil:
	case p.Reason == SignedOut:
		w.WriteHeader(http.StatusNoContent)
	default:
		if p.Status >= 500 {
			h.log.WarnContext(r.Context(), "a page cannot listen", "err", err)
		}
		h.refuse(w, r, p)
	}
}

// stream serves one stream to its end. An error comes before its first byte.
func (h *handler) stream(w http.ResponseWriter, r *http.Request) error {
	session, ended, err := h.liveSession(r)
	if err != nil {
		return err
	}
	out := events{w, http.NewResponseController(w)}
	if ended {
		out.start(saysOver)
		return nil
	}
	over, stopped, leave, err := h.live.join(session.ID)
	if err != nil {
		return err
	}
	defer leave()
	// What ended it before it joined has not moved the fence since.
	gone, err := h.store.Over(r.Context(), []cloison.SessionID{session.ID})
	switch {
	case err != nil:
		return err
	case len(gone) > 0:
		out.start(saysOver)
		return nil
	}
	out.start("")
	beat, until := time.NewTicker(liveBeat), time.NewTimer(session.Expires.Sub(h.now()))
	defer beat.Stop()
	defer until.Stop()
	for {
		select {
		case <-r.Context().Done():
			return nil
		case <-stopped:
			return nil
		case <-over:
			out.write(saysOver)
			return nil
		case <-until.C:
			out.write(saysOver)
			return nil
		case <-beat.C:
			if out.write(":\n\n") != nil {
				return nil
			}
		}
	}
}

// events writes a stream. A browser that does not read what it is sent holds nothing up for long.
type events struct {
	http.ResponseWriter
	control *http.ResponseController
}

// start sends the head, when to come back after an interruption (not all at once), and what there is to say already.
func (e events) start(said string) {
	e.Header().Set("Content-Type", "text/event-stream")
	e.Header().Set("X-Accel-Buffering", "no")                               // nginx would keep it
	_ = e.write(fmt.Sprintf("retry: %d\n\n%s", 1000+rand.IntN(4000), said)) // or the browser is gone
}

func (e events) write(said string) error {
	if err := e.control.SetWriteDeadline(time.Now().Add(liveWrite)); err != nil && !errors.Is(err, http.ErrNotSupported) {
		return err
	}
	if _, err := e.Write([]byte(said)); err != nil {
		return err
	}
	return e.control.Flush()
}
