package app

import (
	"encoding/json"
	stdlog "log"
	"log/slog"
	"net"
	"net/http"
	"strings"
	"testing"

	"cloison/internal/testkit"

	"k8s.io/klog/v2"
)

// TestLinesOfLibrariesQuoteNothing writes as libraries do, on every way to standard error that they have.
func TestLinesOfLibrariesQuoteNothing(t *testing.T) {
	var out testkit.Log
	NewLogger(&out, slog.LevelInfo)
	stdlog.Printf("Unsolicited response received on idle HTTP channel starting with %q; err=%v", "Exemple, Jeanne", nil)
	stdlog.Print("http: proxy error: Exemple Jeanne")
	slog.Error("request error for Exemple", "name", "Jeanne", slog.Group("who", "name", "Exemple"))
	slog.Default().With("name", "Jeanne").WithGroup("g").Warn("1 85 05 78 006 084 36")
	klog.Errorf("failed to read %q", "Exemple")
	for _, want := range []string{`"Unsolicited response received on idle"`, `"http: proxy error"`, `"request error for"`, `"failed to read"`, `"source":"log_test.go:`, `TestLinesOfLibraries`} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("%s is not in the log", want)
		}
	}
	for _, never := range []string{"Exemple", "Jeanne", "05 78"} {
		if strings.Contains(out.String(), never) {
			t.Errorf("%q is in the log", never)
		}
	}
	for line := range strings.Lines(out.String()) {
		var record struct{ Msg, Level string }
		if err := json.Unmarshal([]byte(line), &record); err != nil || record.Msg != libraryMessage || record.Level == "" {
			t.Errorf("%v: %s", err, line)
		}
	}
}

// TestAPanicIsAnErrorLine: with its stack and without its value. A handler that gives up its answer on purpose is none.
func TestAPanicIsAnErrorLine(t *testing.T) {
	var out testkit.Log
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	mux := http.NewServeMux()
	mux.HandleFunc("/panic", func(http.ResponseWriter, *http.Request) { panic("Exemple, Jeanne") })
	mux.HandleFunc("/fault", func(http.ResponseWriter, *http.Request) { var s []int; _ = s[len(s)] })
	mux.HandleFunc("/abort", func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) })
	go Serve(t.Context(), l, mux, slog.New(slog.NewJSONHandler(&out, nil)))
	for _, path := range []string{"/panic", "/fault", "/abort"} {
		if answer, err := http.Get("http://" + l.Addr().String() + path); err == nil {
			answer.Body.Close()
			t.Errorf("%s: answered with %d", path, answer.StatusCode)
		}
	}
	lines := strings.Split(strings.TrimSpace(out.String()), "\n")
	if len(lines) != 2 {
		t.Fatalf("%d lines:\n%s", len(lines), out.String())
	}
	for i, want := range []string{"panic of type string", "index out of range [0] with length 0"} {
		var record struct {
			Level, Msg, Err string
			Stack           []string
		}
		if err := json.Unmarshal([]byte(lines[i]), &record); err != nil || record.Level != "ERROR" || record.Msg != "handler panicked" ||
			!strings.Contains(record.Err, want) {
			t.Errorf("%v: %s", err, lines[i])
		}
		if len(record.Stack) == 0 || !strings.Contains(strings.Join(record.Stack, " "), "TestAPanicIsAnErrorLine.func") {
			t.Errorf("the stack is %v", record.Stack)
		}
	}
	if strings.Contains(out.String(), "Jeanne") {
		t.Error("the value of a panic is in the log")
	}
}
