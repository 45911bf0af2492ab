package gateway_test

import (
	"context"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"cloison/wall/disclose"
)

// TestABrokenAnswerIsNotLogged has a tool write a person's name where HTTP has no place for it.
func TestABrokenAnswerIsNotLogged(t *testing.T) {
	for _, answer := range []string{
		"HTTP/1.1 200 OK\r\nDUPONT Abdonie\r\n\r\n",
		"DUPONT Abdonie\r\n\r\n",
		"HTTP/1.1 DUPONT Abdonie\r\n\r\n",
		"HTTP/1.1 200 OK\r\nContent-Length: DUPONT\r\n\r\n",
		"HTTP/1.1 200 OK\r\nTransfer-Encoding: DUPONT\r\n\r\n",
	} {
		w := newWorld(t, http.HandlerFunc(func(rw http.ResponseWriter, _ *http.Request) {
			conn, buf, err := rw.(http.Hijacker).Hijack()
			if err != nil {
				panic(err)
			}
			buf.WriteString(answer)
			buf.Flush()
			conn.Close()
		}))
		if a := w.do("GET", "/api/dossiers/01"); a.status != http.StatusBadGateway || strings.Contains(a.body, "DUPONT") {
			t.Errorf("%q: %d %s", answer, a.status, a.body)
		}
		if log := w.log.String(); strings.Contains(log, "DUPONT") || !strings.Contains(log, "the tool does not answer") {
			t.Errorf("%q: the log says %s", answer, log)
		}
	}
}

// panicking is a stage that panics.
type panicking struct {
	scripted
	panics func()
}

func (p *panicking) Disclose(context.Context, disclose.Request) (disclose.Answer, error) {
	p.panics()
	return disclose.Answer{}, nil
}

// TestAPanicIsAnErrorWithoutItsWords: a panic while an answer is in hand is one error line without what it quotes, and
// the agent gets nothing.
func TestAPanicIsAnErrorWithoutItsWords(t *testing.T) {
	for name, test := range map[string]struct {
		panics func()
		want   string
	}{
		"text":    {func() { panic("DUPONT Abdonie") }, "err=string"},
		"error":   {func() { panic(io.ErrUnexpectedEOF) }, "err=*errors.errorString"},
		"runtime": {func() { _ = []int{}[len(t.Name())] }, "index out of range"},
	} {
		log := &lockedBuffer{}
		server := httptest.NewServer(loggingGateway(t, files(), &panicking{panics: test.panics}, log))
		resp, err := http.Get(server.URL + "/api/dossiers/01")
		if err == nil {
			t.Errorf("%s: answered %d", name, resp.StatusCode)
			resp.Body.Close()
		}
		server.Close()
		if said := log.String(); !strings.Contains(said, "level=ERROR") || !strings.Contains(said, "panicked") || !strings.Contains(said, test.want) ||
			!strings.Contains(said, "log_attack_test.go") || strings.Contains(said, "DUPONT") {
			t.Errorf("%s: the log says %s", name, said)
		}
	}
	log := &lockedBuffer{}
	server := httptest.NewServer(loggingGateway(t, files(), &panicking{panics: func() { panic(http.ErrAbortHandler) }}, log))
	defer server.Close()
	if _, err := http.Get(server.URL + "/api/dossiers/01"); err == nil || log.String() != "" {
		t.Errorf("an aborted answer: %v, and the log says %s", err, log)
	}
}
