package signin_test

import (
	"bufio"
	"context"
	"crypto/sha256"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"cloison"
	"cloison/access/directory"
	"cloison/access/signin"
	"cloison/access/signin/refusal"
	"cloison/internal/testkit"
	"cloison/store/storetest"
)

// cutting is a store on which something happens just before a passkey is stored.
type cutting struct {
	storetest.All
	before func()
}

func (c cutting) AddPasskey(ctx context.Context, p signin.Passkey) error {
	c.before()
	return c.All.AddPasskey(ctx, p)
}

// stream is an open GET live.
type stream struct {
	status int
	lines  chan string // closed at the end of the stream
	close  func()
}

func (b *browser) listen() *stream {
	b.w.Helper()
	ctx, cancel := context.WithCancel(b.w.Ctx)
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, b.w.origin+"/cloison/live", nil)
	b.w.Must(err)
	r.Header.Set("User-Agent", b.agent)
	resp, err := b.client.Do(r)
	b.w.Must(err)
	s := &stream{resp.StatusCode, make(chan string, 100), cancel}
	go func() {
		defer close(s.lines)
		defer resp.Body.Close()
		for scan := bufio.NewScanner(resp.Body); scan.Scan(); {
			if scan.Text() != "" {
				s.lines <- scan.Text()
			}
		}
	}()
	b.w.Cleanup(cancel)
	return s
}

// next is the stream's next line; empty when it is over.
func (s *stream) next(t testing.TB) string {
	t.Helper()
	select {
	case line := <-s.lines:
		return line
	case <-time.After(testkit.Patience):
		t.Fatal("nothing comes")
		return ""
	}
}

func (s *stream) wantOver(t testing.TB) {
	t.Helper()
	if a, b := s.next(t), s.next(t); a != "event: over" || b != "data: "+signin.EndedPath {
		t.Errorf("%q, %q", a, b)
	}
	if line := s.next(t); line != "" {
		t.Errorf("after the end: %q", line)
	}
}

// running runs the service's stage, looking often, and returns how to stop it.
func (w *world) running(s *signin.Signin) (stop func()) {
	ctx, cancel := context.WithCancel(context.Background())
	s.LookEvery(2 * time.Millisecond)
	var stage sync.WaitGroup
	stage.Go(func() { s.Run(ctx) })
	stop = func() { cancel(); stage.Wait() }
	w.Cleanup(stop)
	return stop
}

// open waits until the stream is served.
func (w *world) open(b *browser) *stream {
	w.Helper()
	var s *stream
	testkit.Until(w, "no stream opens", func() bool {
		s = b.listen()
		return s.status == http.StatusOK
	})
	if line := s.next(w); !strings.HasPrefix(line, "retry: ") {
		w.Fatalf("it begins with %q", line)
	}
	return s
}

// TestTheEndIsSeenAtOnce: by who listens, on another replica than the one that ended the session, and by nobody else.
func TestTheEndIsSeenAtOnce(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.running(w.signin)
	b, second, other := w.present("mail"), w.browser().in("mail"), w.browser().in("strong")
	theirs, twice, mine, strangers := w.open(b), w.open(b), w.open(second), w.open(other)

	elsewhere := w.replica(w.settings)
	w.Must(elsewhere.EndSession(w.Ctx, w.live(b), w.live(second).ID))
	mine.wantOver(t)
	w.want(second.get("/cloison/session"), http.StatusUnauthorized, refusal.SignedOut) // whatever was remembered here

	a, err := w.DB.Account(w.Ctx, w.Who["mail"].ID)
	w.Must(err)
	a.State, a.Reason, a.SuspendedAt = directory.Suspended, "suspicion", w.Now()
	w.Must(w.DB.UpdateAccount(w.Ctx, a))
	theirs.wantOver(t)
	twice.wantOver(t)
	testkit.Until(t, "a stream is counted that is over", func() bool { return w.signin.Listening() == 1 })

	again := b.listen() // a browser that was away comes back
	again.next(t)
	again.wantOver(t)
	select {
	case line := <-strangers.lines:
		t.Errorf("the stranger was told %q", line)
	default:
	}
	strangers.close()
	testkit.Until(t, "a stream is left behind", func() bool { return w.signin.Listening() == 0 })
}

// TestWhoMayListen: those who have a live session of an account, in a few windows.
func TestWhoMayListen(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	b := w.present("mail")
	if s := b.listen(); s.status != http.StatusServiceUnavailable {
		t.Errorf("nobody follows, and it says %d", s.status)
	}
	stop := w.running(w.signin)
	w.open(b).close()
	testkit.Until(t, "a stream is left behind", func() bool { return w.signin.Listening() == 0 })
	if s := w.browser().listen(); s.status != http.StatusNoContent {
		t.Errorf("without a cookie: %d", s.status)
	}
	if s := w.browser().in("nobody").listen(); s.status != http.StatusNoContent {
		t.Errorf("without an account: %d", s.status)
	}
	r, err := http.NewRequestWithContext(w.Ctx, http.MethodGet, w.origin+"/cloison/live", nil)
	w.Must(err)
	r.Header.Set("Sec-Fetch-Site", "same-site")
	w.want(b.do(r), http.StatusForbidden, refusal.BadRequest)
	var open []*stream
	for range 6 {
		open = append(open, w.open(b))
	}
	if s := b.listen(); s.status != http.StatusTooManyRequests {
		t.Errorf("the seventh window: %d", s.status)
	}
	open[0].close()
	open[0] = w.open(b) // a place is free again
	stop()
	for _, s := range open {
		if line := s.next(t); line != "" {
			t.Errorf("the process stops, and says %q", line)
		}
	}
	if s := b.listen(); s.status != http.StatusServiceUnavailable {
		t.Errorf("after the end: %d", s.status)
	}
}

// TestListeningKeepsNothingAlive: a page that is open all night falls idle like any other.
func TestListeningKeepsNothingAlive(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.running(w.signin)
	b := w.present("mail")
	before := w.live(b).LastSeen
	w.Clock.Add(20 * time.Minute)
	w.open(b)
	w.Clock.Add(9 * time.Minute)
	w.open(b)
	live, err := w.DB.SessionsOf(w.Ctx, w.Who["mail"].ID)
	w.Must(err)
	if !live[0].LastSeen.Equal(before) {
		t.Errorf("it was last seen at %s", live[0].LastSeen)
	}
	w.Clock.Add(2 * time.Minute)
	if s := b.listen(); s.status != http.StatusNoContent {
		t.Errorf("%d", s.status)
	}
}

// failing is a store whose fence cannot be read for a while.
type failing struct {
	storetest.All
	mu   sync.Mutex
	down bool
	asks int
}

func (f *failing) Fence(ctx context.Context) (int64, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.asks++
	if f.down {
		return 0, io.ErrUnexpectedEOF
	}
	return f.All.Fence(ctx)
}

func (f *failing) set(down bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.down, f.asks = down, 0
}

func (f *failing) asked() int {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.asks
}

// TestTheEndIsSeenAfterAnOutage: what ended while the store was away is found when it is back, and without listeners
// nothing is asked.
func TestTheEndIsSeenAfterAnOutage(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	store := &failing{All: w.DB}
	s, err := signin.New(store, w.DB, w.settings, testkit.Quiet(), w.ours)
	w.Must(err)
	w.signin = s
	mux := http.NewServeMux()
	mux.Handle(signin.Prefix, s.Handler(w.Approvals, nil))
	mux.HandleFunc("/", func(w http.ResponseWriter, r *http.Request) { io.WriteString(w, "at "+r.URL.RequestURI()) })
	w.service.handler = mux
	w.running(s)
	b := w.browser().in("mail")
	stream := w.open(b)
	testkit.Until(t, "the first look does not end", func() bool { return store.asked() > 1 }) // it asks about every session
	store.set(true)
	_, err = w.DB.Revoke(w.Ctx, w.Who["mail"].ID, 0, "left", w.Now())
	w.Must(err)
	testkit.Until(t, "it does not ask again", func() bool { return store.asked() > 3 })
	store.set(false)
	stream.wantOver(t)
	testkit.Until(t, "a stream is left", func() bool { return s.Listening() == 0 })
	asked := store.asked()
	if fence, err := s.LookOnce(w.Ctx); fence != -1 || err != nil || store.asked() > asked {
		t.Errorf("nobody listens, and the store is asked: %d, %v", fence, err)
	}
}

// TestAStreamOutlivesTheLimitOfReading: a server that gives requests so long to be read does not end the stream with
// that.
func TestAStreamOutlivesTheLimitOfReading(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	limited := httptest.NewUnstartedServer(w.service)
	limited.Config.ReadTimeout = 500 * time.Millisecond
	limited.Start()
	t.Cleanup(limited.Close)
	w.origin = strings.Replace(limited.URL, "127.0.0.1", "localhost", 1)
	w.start()
	w.running(w.signin)
	b := w.browser()
	w.cookie(b, w.Who["mail"].ID)
	s := w.open(b)
	select {
	case line := <-s.lines:
		t.Fatalf("it says %q, or has ended", line)
	case <-time.After(time.Second):
	}
	_, err := w.DB.Revoke(w.Ctx, w.Who["mail"].ID, 0, "left", w.Now())
	w.Must(err)
	s.wantOver(t)
}

// cookie gives a browser a session of that account.
func (w *world) cookie(b *browser, account cloison.AccountID) {
	w.Helper()
	token := strings.Repeat("t", 43)
	w.Must(w.DB.AddSession(w.Ctx, signin.Session{ID: cloison.NewSessionID(), Token: sha256.Sum256([]byte(token)), Account: account,
		Acr: "eidas2", Amr: []string{"pwd"}, Opened: w.Now(), LastSeen: w.Now(), Expires: w.Now().Add(time.Hour), Version: 1}, 0))
	u, err := url.Parse(w.origin)
	w.Must(err)
	b.client.Jar.SetCookies(u, []*http.Cookie{{Name: "cloison", Value: token}})
}
