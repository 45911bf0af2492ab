package gateway

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"time"
)

// answered is what a client made of an answer.
type answered struct {
	status int
	body   string
	err    error
}

// get asks for a path and reads the whole answer.
func get(t http.RoundTripper, ctx context.Context, url string) answered {
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return answered{err: err}
	}
	resp, err := t.RoundTrip(r)
	if err != nil {
		return answered{err: err}
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	return answered{resp.StatusCode, string(body), err}
}

// piped dials a tool that answers the first request with these bytes and hangs up.
func piped(raw []byte) func(context.Context, string, string) (net.Conn, error) {
	return func(context.Context, string, string) (net.Conn, error) {
		ours, theirs := net.Pipe()
		go func() {
			defer theirs.Close()
			if r, err := http.ReadRequest(bufio.NewReader(theirs)); err != nil || r.Host == "" {
				return
			}
			theirs.Write(raw) // an error is the client's leaving
		}()
		return ours, nil
	}
}

// agree fails when the leg takes an answer that net/http refuses or reads differently.
func agree(t *testing.T, raw []byte) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 5*time.Second)
	defer cancel()
	ours := newTransport(time.Second)
	ours.DialContext = piped(raw)
	theirs := newTransport(time.Second).Transport
	theirs.DialContext = piped(raw)
	theirs.DisableKeepAlives = false
	got, want := get(ours, ctx, "http://tool/x"), get(theirs, ctx, "http://tool/x")
	theirs.CloseIdleConnections()
	if got.err == nil && (want.err != nil || got != want) {
		t.Errorf("the leg read %+v, net/http %+v, of %q", got, want, raw)
	}
}

// answers are the fuzzing seeds; whole says that the leg must take it.
func answers() []struct {
	raw   string
	whole bool
} {
	return []struct {
		raw   string
		whole bool
	}{
		{"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello", true},
		{"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhelloHTTP/1.1 200 OK\r\n\r\n", true},
		{"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n", true},
		{"HTTP/1.1 204 No Content\r\n\r\n", true},
		{"HTTP/1.1 404 Not Found\r\nContent-Length: 2\r\n\r\nno", true},
		{"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n", true},
		{"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nTrailer: X\r\n\r\n3\r\nabc\r\n0\r\nX: 1\r\n\r\n", true},
		{"HTTP/1.0 200 OK\r\n\r\nuntil the end", true},
		{"HTTP/1.1 200 OK\r\n\r\nuntil the end", true},
		{"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\nx",
			true},
		{strings.Repeat("HTTP/1.1 103 Early Hints\r\n\r\n", 9) + "HTTP/1.1 200 OK\r\n\r\n", false},
		{"HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\nConnection: upgrade\r\n\r\n", false},
		{"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nshort", false},
		{"HTTP/1.1 200 OK\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\nhello!", false},
		{"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n", false},
		{"HTTP/1.1 200 OK\r\nno colon\r\n\r\n", false},
		{"HTTP/1.1 200 OK\r\nX: " + strings.Repeat("x", maxHeader) + "\r\nContent-Length: 1\r\n\r\nx", false},
		{"HTTP/1.1 200", false},
		{"", false},
	}
}

func TestTheLegReadsAsNetHTTP(t *testing.T) {
	t.Parallel()
	for _, a := range answers() {
		agree(t, []byte(a.raw))
		leg := newTransport(time.Second)
		leg.DialContext = piped([]byte(a.raw))
		if got := get(leg, t.Context(), "http://tool/x"); (got.err == nil) != a.whole {
			t.Errorf("%.60q: %+v, want it taken: %v", a.raw, got, a.whole)
		}
	}
}

func FuzzLeg(f *testing.F) {
	for _, a := range answers() {
		f.Add([]byte(a.raw))
	}
	f.Fuzz(agree)
}

// scriptedTool is a tool on TCP that answers the n-th request of a connection, both from 0, by what say writes, and
// hangs up on false.
func scriptedTool(
	t *testing.T, say func(w io.Writer, connection, n int) bool,
) (url string, connections *atomic.Int32) {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	connections = &atomic.Int32{}
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			connection := int(connections.Add(1)) - 1
			go func() {
				defer c.Close()
				in := bufio.NewReader(c)
				for n := 0; ; n++ {
					if _, err := http.ReadRequest(in); err != nil || !say(c, connection, n) {
						return
					}
				}
			}()
		}
	}()
	return "http://" + l.Addr().String() + "/x", connections
}

func say(w io.Writer, body string) bool {
	_, err := fmt.Fprintf(w, "HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%s", len(body), body)
	return err == nil
}

func TestTheLegKeepsConnections(t *testing.T) {
	t.Parallel()
	url, connections := scriptedTool(t, func(w io.Writer, connection, n int) bool {
		return say(w,
			fmt.Sprint(connection, n))
	})
	leg := newTransport(time.Second)
	for n := range 3 {
		if got := get(leg, t.Context(), url); got.err != nil || got.body != fmt.Sprint(0, n) {
			t.Fatalf("request %d: %+v", n, got)
		}
	}
	if n := connections.Load(); n != 1 {
		t.Errorf("%d connections for three requests in turn", n)
	}
}

// TestTheLegReplacesAClosedConnection: the tool closes after each answer, with and without reading the next request
// first.
func TestTheLegReplacesAClosedConnection(t *testing.T) {
	t.Parallel()
	for _, reads := range []int{0, 1} {
		url, _ := scriptedTool(t, func(w io.Writer, connection, n int) bool {
			return n == 0 && say(w, "x") &&
				reads > 0
		})
		leg := newTransport(time.Second)
		for n := range 4 {
			if got := get(leg, t.Context(), url); got.err != nil || got.body != "x" {
				t.Fatalf("request %d, %d reads: %+v", n, reads, got)
			}
		}
	}
}

// TestAnAnswerThatNobodyAskedForIsNobodys: a tool that answers twice, at once or a little later, must not have the
// second one given to whoever asks next.
func TestAnAnswerThatNobodyAskedForIsNobodys(t *testing.T) {
	t.Parallel()
	for _, later := range []bool{false, true} {
		taken, sent := make(chan struct{}, 8), make(chan struct{}, 8)
		url, _ := scriptedTool(t, func(w io.Writer, connection, n int) bool {
			if later {
				say(w, "mine")
				<-taken
				say(w, "somebody else's") // on an idle connection
			} else {
				io.WriteString(w, strings.Repeat("HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nmine", 2))
			}
			sent <- struct{}{}
			return true
		})
		leg := newTransport(time.Second)
		for n := range 4 {
			if got := get(leg, t.Context(), url); got.err != nil || got.body != "mine" {
				t.Fatalf("request %d, later %v: %+v", n, later, got)
			}
			taken <- struct{}{}
			<-sent
			leg.mu.Lock()
			idle := len(leg.idle)
			leg.mu.Unlock()
			if !later && idle != 0 {
				t.Fatalf("a connection with more than its answer was kept")
			}
		}
	}
}

func TestTheLegStopsWhenTheAgentLeaves(t *testing.T) {
	t.Parallel()
	for _, prefix := range []string{"", "HTTP/1.1 200 OK\r\n", "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nsome"} {
		heard := make(chan struct{}, 1)
		url, _ := scriptedTool(t, func(w io.Writer, connection, n int) bool {
			io.WriteString(w, prefix)
			heard <- struct{}{}
			return true // and never the rest
		})
		leg := newTransport(time.Minute)
		ctx, cancel := context.WithCancel(t.Context())
		go func() { <-heard; cancel() }()
		if got := get(leg, ctx, url); !errors.Is(got.err, context.Canceled) {
			t.Errorf("after %q: %+v", prefix, got)
		}
		ctx, cancel = context.WithTimeout(t.Context(), 20*time.Millisecond)
		if got := get(leg, ctx, url); !errors.Is(got.err, context.DeadlineExceeded) {
			t.Errorf("after %q: %+v", prefix, got)
		}
		cancel()
		if len(leg.idle) != 0 {
			t.Errorf("after %q: the connection was kept", prefix)
		}
	}
}
