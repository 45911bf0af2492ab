package main

import (
	"bytes"
	"context"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"cloison/internal/app"
	"cloison/internal/demo"
	"cloison/internal/drill"
	"cloison/internal/testkit"
)

// TestNoAnswerOfAToolReachesTheLog: a tool sends a person's file that nobody asked for on a connection that is idle. Go's
// HTTP client then quotes it on Go's own log. The program says that it happened, and not what was in it.
func TestNoAnswerOfAToolReachesTheLog(t *testing.T) {
	ctx, stop := context.WithCancel(context.WithoutCancel(t.Context()))
	w, config, err := demo.NewSurroundings(demo.Options{Dir: t.TempDir(), Persons: 4000}, testkit.Quiet(), time.Now)
	if err != nil {
		t.Fatal(err)
	}
	if w.App, err = app.Open(ctx, config, w.Log, time.Now, true); err != nil {
		t.Fatal(err)
	}
	ended := make(chan error, 1)
	go func() { ended <- w.RunSurroundings(ctx) }()
	defer w.Close()
	defer func() { stop(); <-ended }()
	if err := w.Load(ctx, func(string, int) {}); err != nil {
		t.Fatal(err)
	}
	tool := httptest.NewServer(talkative(t, config.Tools[0].Upstream))
	defer tool.Close()
	path := filepath.Join(w.Dir, "cloison.yaml")
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, bytes.ReplaceAll(text, []byte(config.Tools[0].Upstream), []byte(tool.URL)), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, address := range []string{config.Console.Listen, config.Operations.Listen, config.Tools[0].Listen, config.Desk.Listen} {
		w.Ports[address].Close() // the child takes it
	}
	_, stderr := child(t, config, path, "info")
	who, persons := enrolledAdviser(t, ctx, w)
	visit, err := drill.SignIn(ctx, w.URLs[demo.Tool], who)
	if err != nil {
		t.Fatal(err)
	}
	if status, _, err := visit.Open(ctx, persons[0]); err != nil || status != http.StatusOK {
		t.Fatalf("the file was not shown: %d, %v", status, err)
	}
	const said = `"text":"Unsolicited response received on idle"`
	testkit.Until(t, "the log does not say what the tool did", func() bool { return strings.Contains(stderr.String(), said) })
	for _, part := range []string{"Exemple", "Jeanne", "2980199000000"} {
		if strings.Contains(stderr.String(), part) {
			t.Errorf("the log holds %s: %s", part, stderr)
		}
	}
}

// talkative forwards to the tool, and sends a file of its own after each answer.
func talkative(t *testing.T, upstream string) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		ask, err := http.NewRequestWithContext(r.Context(), r.Method, upstream+r.URL.RequestURI(), r.Body)
		if err != nil {
			t.Error(err)
			return
		}
		ask.Header = r.Header
		answer, err := http.DefaultClient.Do(ask)
		if err != nil {
			return // the test is over
		}
		defer answer.Body.Close()
		body, err := io.ReadAll(answer.Body)
		if err != nil {
			return
		}
		answer.Body, answer.ContentLength, answer.TransferEncoding = io.NopCloser(bytes.NewReader(body)), int64(len(body)), nil
		var conn net.Conn
		if conn, _, err = http.NewResponseController(w).Hijack(); err != nil {
			t.Error(err)
			return
		}
		defer conn.Close()
		answer.Write(conn)
		time.Sleep(time.Second) // until the connection is idle
		io.WriteString(conn, "Exemple Jeanne 2980199000000")
		time.Sleep(100 * time.Millisecond)
	})
}
