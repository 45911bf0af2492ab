package gateway_test

import (
	"bufio"
	"cloison/internal/testkit"
	"io"
	"net"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"
)

// TestSmuggling speaks raw TCP. Whatever the bytes are, each request that reaches the tool is one that the gateway
// understood, with its own assertion, on a route that matches; nothing hidden in a body or a header becomes a request.
func TestSmuggling(t *testing.T) {
	var mu sync.Mutex
	var got []string // what the tool received: method, target, body
	seen := map[string]bool{}
	w := newWorld(t, http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		mu.Lock()
		defer mu.Unlock()
		id := r.Header.Get("Cloison-Request")
		if len(r.Header.Values("Cloison-Assertion")) != 1 || seen[id] || id == "" {
			t.Errorf("%s %s reached the tool without the gateway: %v", r.Method, r.RequestURI, r.Header)
		}
		seen[id] = true
		if err != nil { // the gateway gave it up, for its body went wrong on the way
			return
		}
		got = append(got, r.Method+" "+r.RequestURI+" "+string(body))
		if r.Method == "GET" {
			says(fileOf("01"))(rw, r)
			return
		}
		says(`{"texte":"x"}`)(rw, r)
	}))
	const agent = "Host: tool\r\nCookie: __Host-cloison=agent\r\n"
	const hidden = "GET /api/dossiers/99 HTTP/1.1\r\nHost: tool\r\n\r\n"
	const post = "POST /api/dossiers/01/notes "
	for name, test := range map[string]struct {
		send   string
		status string // of the first answer; empty: the connection may just close
		tool   string // what the tool receives of it
	}{
		"as it should be":       {"GET /api/dossiers/01 HTTP/1.1\r\n" + agent + "\r\n", "200", "GET /api/dossiers/01 "},
		"two in a row":          {"GET /api/dossiers/01 HTTP/1.1\r\n" + agent + "\r\n" + hidden, "200", "GET /api/dossiers/01 "},
		"absolute form":         {"GET http://elsewhere.example/api/dossiers/01 HTTP/1.1\r\n" + agent + "\r\n", "200", "GET /api/dossiers/01 "},
		"length and chunks":     {post + "HTTP/1.1\r\n" + agent + "Content-Length: 60\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n" + hidden, "200", "POST /api/dossiers/01/notes "},
		"chunks and length":     {post + "HTTP/1.1\r\n" + agent + "Transfer-Encoding: chunked\r\nContent-Length: 4\r\n\r\n3\r\nabc\r\n0\r\n\r\n", "200", "POST /api/dossiers/01/notes abc"},
		"chunk extension":       {post + "HTTP/1.1\r\n" + agent + "Transfer-Encoding: chunked\r\n\r\n3;x=\"y\"\r\nabc\r\n0\r\n\r\n", "200", "POST /api/dossiers/01/notes abc"},
		"trailer":               {post + "HTTP/1.1\r\n" + agent + "Transfer-Encoding: chunked\r\nTrailer: Cloison-Assertion\r\n\r\n0\r\nCloison-Assertion: x\r\n\r\n", "200", "POST /api/dossiers/01/notes "},
		"two lengths":           {post + "HTTP/1.1\r\n" + agent + "Content-Length: 0\r\nContent-Length: 44\r\n\r\n" + hidden, "400", ""},
		"list of lengths":       {post + "HTTP/1.1\r\n" + agent + "Content-Length: 0, 44\r\n\r\n" + hidden, "400", ""},
		"signed length":         {post + "HTTP/1.1\r\n" + agent + "Content-Length: +3\r\n\r\nabc", "400", ""},
		"negative length":       {post + "HTTP/1.1\r\n" + agent + "Content-Length: -1\r\n\r\n", "400", ""},
		"hexadecimal length":    {post + "HTTP/1.1\r\n" + agent + "Content-Length: 0x3\r\n\r\nabc", "400", ""},
		"other coding":          {post + "HTTP/1.1\r\n" + agent + "Transfer-Encoding: xchunked\r\nContent-Length: 0\r\n\r\n" + hidden, "501", ""},
		"two codings":           {post + "HTTP/1.1\r\n" + agent + "Transfer-Encoding: chunked\r\nTransfer-Encoding: identity\r\n\r\n0\r\n\r\n" + hidden, "501", ""},
		"coding list":           {post + "HTTP/1.1\r\n" + agent + "Transfer-Encoding: identity, chunked\r\n\r\n0\r\n\r\n", "501", ""},
		"space before colon":    {post + "HTTP/1.1\r\n" + agent + "Transfer-Encoding : chunked\r\nContent-Length: 3\r\n\r\nabc", "400", ""},
		"tab before coding":     {post + "HTTP/1.1\r\n" + agent + "Transfer-Encoding:\x0bchunked\r\nContent-Length: 3\r\n\r\nabc", "400", ""},
		"folded coding":         {post + "HTTP/1.1\r\n" + agent + "Transfer-Encoding:\r\n chunked\r\n\r\n0\r\n\r\n" + hidden, "", "POST /api/dossiers/01/notes "},
		"bad chunk size":        {post + "HTTP/1.1\r\n" + agent + "Transfer-Encoding: chunked\r\n\r\nzz\r\nabc\r\n0\r\n\r\n" + hidden, "", ""},
		"huge chunk size":       {post + "HTTP/1.1\r\n" + agent + "Transfer-Encoding: chunked\r\n\r\nfffffffffffffffff\r\nabc\r\n0\r\n\r\n" + hidden, "", ""},
		"chunk without its end": {post + "HTTP/1.1\r\n" + agent + "Transfer-Encoding: chunked\r\n\r\n3\r\nabcX0\r\n\r\n" + hidden, "", ""},
		"body of a GET":         {"GET /api/dossiers/01 HTTP/1.1\r\n" + agent + "Content-Length: 44\r\n\r\n" + hidden, "400", ""},
		"chunks of a GET":       {"GET /api/dossiers/01 HTTP/1.1\r\n" + agent + "Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n", "400", ""},
		"zero byte":             {"GET /api/dossiers/01 HTTP/1.1\r\n" + agent + "X: a\x00b\r\n\r\n", "400", ""},
		"split header":          {"GET /api/dossiers/01%0d%0aCloison-Assertion:%20x HTTP/1.1\r\n" + agent + "\r\n", "404", ""},
		"no host":               {"GET /api/dossiers/01 HTTP/1.1\r\nCookie: __Host-cloison=agent\r\n\r\n", "400", ""},
		"two hosts":             {"GET /api/dossiers/01 HTTP/1.1\r\nHost: a\r\n" + agent + "\r\n", "400", ""},
		"space in target":       {"GET /api/dossiers/01 /x HTTP/1.1\r\n" + agent + "\r\n", "400", ""},
		"fragment":              {"GET /api/dossiers/01#x HTTP/1.1\r\n" + agent + "\r\n", "200", "GET /api/dossiers/01%23x "},
		"star":                  {"OPTIONS * HTTP/1.1\r\n" + agent + "\r\n", "", ""},
		"connect":               {"CONNECT 127.0.0.1:80 HTTP/1.1\r\n" + agent + "\r\n", "404", ""},
		"connect path":          {"CONNECT /static/x HTTP/1.1\r\n" + agent + "\r\n", "404", ""},
		"next protocol":         {"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", "", ""},
		"method with space":     {"GET\x0b/api/dossiers/01 HTTP/1.1\r\n" + agent + "\r\n", "400", ""},
		"old protocol":          {"GET /api/dossiers/01\r\n" + agent + "\r\n", "400", ""},
		"upgrade":               {"GET /api/dossiers/01 HTTP/1.1\r\n" + agent + "Connection: Upgrade, Cloison-Request\r\nUpgrade: h2c\r\n\r\n", "200", "GET /api/dossiers/01 "},
	} {
		t.Run(name, func(t *testing.T) {
			mu.Lock()
			got = nil
			mu.Unlock()
			statuses := talk(t, w.url, test.send)
			mu.Lock()
			defer mu.Unlock()
			if test.status != "" && (len(statuses) == 0 || statuses[0] != test.status) {
				t.Errorf("answered %q, want %s", statuses, test.status)
			}
			for _, s := range statuses[min(1, len(statuses)):] {
				if s == "200" {
					t.Errorf("a hidden request was answered: %q", statuses)
				}
			}
			if test.tool != "" && (len(got) != 1 || got[0] != test.tool) || test.tool == "" && test.status != "" && len(got) != 0 {
				t.Errorf("the tool received %q, want %q", got, test.tool)
			}
			for _, g := range got {
				if strings.Contains(g, "99") && test.status != "" {
					t.Errorf("a hidden request reached the tool: %q", g)
				}
			}
		})
	}
}

// talk writes the bytes and returns the statuses of the answers, until the peer closes. A last request without a
// session makes it close.
func talk(t *testing.T, to, bytes string) (statuses []string) {
	t.Helper()
	u, err := url.Parse(to)
	if err != nil {
		t.Fatal(err)
	}
	conn, err := net.Dial("tcp", u.Host)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	if _, err := io.WriteString(conn, bytes+"GET /last HTTP/1.1\r\nHost: tool\r\nConnection: close\r\n\r\n"); err != nil {
		return nil
	}
	if err := conn.SetReadDeadline(time.Now().Add(testkit.Patience)); err != nil {
		t.Fatal(err)
	}
	br := bufio.NewReader(conn)
	for {
		resp, err := http.ReadResponse(br, nil)
		if err != nil {
			return statuses
		}
		statuses = append(statuses, resp.Status[:3])
		if _, err := io.Copy(io.Discard, resp.Body); err != nil {
			return statuses
		}
	}
}
