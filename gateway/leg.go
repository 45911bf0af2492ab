package gateway

import (
	"bufio"
	"context"
	"errors"
	"io"
	"math"
	"net"
	"net/http"
	"sync"
	"syscall"
	"time"
)

const (
	maxIdle    = 256
	idleLife   = 90 * time.Second
	maxHeader  = 64 << 10 // bytes of an answer's header
	maxInterim = 5        // answers 1xx before the answer
)

// leg is a transport to one tool: net/http's own, but for a plain GET over cleartext HTTP/1.1, which is most of what
// agents ask. For that it keeps the connections itself, and writes and reads them in the request's goroutine, by
// net/http's own writer and parser: handing each request between three goroutines costs a tenth more. What net/http
// refuses it refuses too (leg_test.go fuzzes it against that). It is safe for concurrent use.
type leg struct {
	*http.Transport // for everything else

	mu   sync.Mutex
	idle []*line // the one used last comes last
}

// line is one connection to the tool. Nobody but its request uses it, or nobody.
type line struct {
	conn net.Conn
	raw  syscall.RawConn
	in   *bufio.Reader
	out  *bufio.Writer
	left int64 // bytes that may still be read before the header must have ended
	used time.Time
}

var (
	errHeader      = errors.New("the header of the answer is too long")
	errInterim     = errors.New("too many answers before the answer, or a switch of protocol that was not asked for")
	errUnsolicited = errors.New("the tool closed or answered a connection on which nothing was asked")
)

// RoundTrip sends one request. As with net/http, a kept connection that turns out to be closed is replaced by another,
// and a GET that got no byte of answer on it is sent again.
func (g *leg) RoundTrip(r *http.Request) (*http.Response, error) {
	if r.Method != http.MethodGet || r.URL.Scheme != "http" || r.Body != nil {
		return g.Transport.RoundTrip(r)
	}
	ctx := r.Context()
	for {
		l, kept, err := g.line(ctx, r.URL.Host)
		if err != nil {
			return nil, err
		}
		end := context.AfterFunc(ctx, func() { l.conn.SetDeadline(time.Unix(1, 0)) })
		resp, answered, err := l.ask(r)
		if err == nil {
			resp.Body = &answerBody{ReadCloser: resp.Body, ctx: ctx, end: end, leg: g, line: l, keep: !resp.Close}
			return resp, nil
		}
		end()
		l.conn.Close()
		switch {
		case ctx.Err() != nil:
			return nil, ctx.Err()
		case !kept || answered:
			return nil, err
		}
	}
}

// line returns a kept connection on which the tool said nothing since, else a new one.
func (g *leg) line(ctx context.Context, host string) (l *line, kept bool, err error) {
	for {
		g.mu.Lock()
		n := len(g.idle)
		if n == 0 {
			g.mu.Unlock()
			break
		}
		l, g.idle = g.idle[n-1], g.idle[:n-1]
		g.mu.Unlock()
		if time.Since(l.used) < idleLife && l.quiet() == nil {
			return l, true, nil
		}
		l.conn.Close()
	}
	conn, err := g.DialContext(ctx, "tcp", withPort(host))
	if err != nil {
		return nil, false, err
	}
	l = &line{conn: conn, out: bufio.NewWriter(conn)}
	l.in = bufio.NewReader(l)
	if c, ok := conn.(syscall.Conn); ok {
		l.raw, err = c.SyscallConn()
	}
	return l, false, err
}

func withPort(host string) string {
	if _, _, err := net.SplitHostPort(host); err != nil {
		return net.JoinHostPort(host, "80")
	}
	return host
}

// keep puts a connection back whose answer was read to its end.
func (g *leg) keep(l *line) {
	if l.in.Buffered() > 0 || l.raw == nil { // more than the answer: whose would that be?
		l.conn.Close()
		return
	}
	l.used = time.Now()
	var old *line
	g.mu.Lock()
	if n := len(g.idle); n > 0 && (n == maxIdle || time.Since(g.idle[0].used) > idleLife) {
		old, g.idle = g.idle[0], g.idle[1:]
	}
	g.idle = append(g.idle, l)
	g.mu.Unlock()
	if old != nil {
		old.conn.Close()
	}
}

// quiet says whether nothing came on an idle connection, not even its end. An answer that nobody asked for must not
// become the answer to somebody's next request.
func (l *line) quiet() error {
	var b [1]byte
	var got error
	err := l.raw.Read(func(fd uintptr) bool {
		_, _, got = syscall.Recvfrom(int(fd), b[:], syscall.MSG_PEEK|syscall.MSG_DONTWAIT)
		return true
	})
	if err == nil && got == syscall.EAGAIN {
		return nil
	}
	return errUnsolicited
}

// ask writes the request and reads the header of the answer; answered says whether any byte of it came.
func (l *line) ask(r *http.Request) (resp *http.Response, answered bool, err error) {
	if err = r.Write(l.out); err == nil {
		err = l.out.Flush()
	}
	if err != nil {
		return nil, false, err
	}
	l.left = maxHeader
	if _, err := l.in.Peek(1); err != nil {
		return nil, false, err
	}
	for range maxInterim {
		if resp, err = http.ReadResponse(l.in, r); err != nil {
			return nil, true, err
		}
		if resp.StatusCode >= 200 {
			l.left = math.MaxInt64
			return resp, true, nil
		}
		if resp.StatusCode == http.StatusSwitchingProtocols {
			break
		}
	}
	return nil, true, errInterim
}

// Read reads what the tool sends, no more than the header may be long until it has ended.
func (l *line) Read(p []byte) (int, error) {
	if l.left <= 0 {
		return 0, errHeader
	}
	n, err := l.conn.Read(p[:min(int64(len(p)), l.left)])
	l.left -= int64(n)
	return n, err
}

// answerBody gives the connection back once the answer was read to its end, and closes it otherwise.
type answerBody struct {
	io.ReadCloser
	ctx  context.Context
	end  func() bool // stops watching ctx; false: it has ended
	leg  *leg
	line *line
	keep bool
	err  error
}

func (b *answerBody) Read(p []byte) (int, error) {
	if b.err != nil {
		return 0, b.err
	}
	n, err := b.ReadCloser.Read(p)
	if err == nil {
		return n, nil
	}
	b.err = err
	switch watching := b.end(); {
	case err == io.EOF && watching && b.keep:
		b.leg.keep(b.line)
	case err != io.EOF && b.ctx.Err() != nil:
		b.err = b.ctx.Err()
		fallthrough
	default:
		b.line.conn.Close()
	}
	return n, b.err
}

// Close does not read what is left: who knows how much that is.
func (b *answerBody) Close() error {
	if b.err == nil {
		b.err = http.ErrBodyReadAfterClose
		b.end()
		return b.line.conn.Close()
	}
	return nil
}
