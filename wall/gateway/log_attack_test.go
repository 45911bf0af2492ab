package gateway_test

import (
	"net/http"
	"strings"
	"testing"
)

// TestABrokenAnswerIsNotLogged lets a tool write a person's name where it is not HTTP.
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
		if log := w.Logs.String(); strings.Contains(log, "DUPONT") || !strings.Contains(log, "the tool does not answer") {
			t.Errorf("%q: the log says %s", answer, log)
		}
	}
}
