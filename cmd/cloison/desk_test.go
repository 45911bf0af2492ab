package main

import (
	"context"
	"encoding/json"
	"log/slog"
	"net/http"
	"os"
	"regexp"
	"strings"
	"testing"
	"time"
)

// TestTheDemoShowsHowACodeIsGot follows what the demo says to whoever visits it.
func TestTheDemoShowsHowACodeIsGot(t *testing.T) {
	w, err := newWorld(t.Context(), worldOptions{dir: t.TempDir(), persons: 4000}, slog.New(slog.DiscardHandler), time.Now)
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(context.WithoutCancel(t.Context()))
	ended := make(chan error, 1)
	go func() { ended <- w.run(ctx) }()
	defer w.close()
	defer func() { stop(); <-ended }()
	if err := w.load(ctx, func(string, int) {}); err != nil {
		t.Fatal(err)
	}
	var said strings.Builder
	e := &env{Program: &Program{Stdout: &said, Now: time.Now}, ctx: ctx}
	if err := (&demoCommand{}).visit(ctx, e, w); err != nil {
		t.Fatal(err)
	}
	line := regexp.MustCompile(`curl -s -H "Authorization: Bearer \$\(cat '(.+)'\)" -d '(.+)' (http://\S+)`).FindStringSubmatch(said.String())
	if line == nil {
		t.Fatalf("the demo says no command: %s", said.String())
	}
	secret, err := os.ReadFile(line[1])
	if err != nil {
		t.Fatal(err)
	}
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, line[3], strings.NewReader(line[2]))
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Authorization", "Bearer "+strings.TrimSpace(string(secret)))
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded") // curl's
	resp, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	var answer struct{ Code string }
	if err := json.NewDecoder(resp.Body).Decode(&answer); err != nil || len(answer.Code) != 8 {
		t.Errorf("%s: %d, a code of %d characters, %v", line[3], resp.StatusCode, len(answer.Code), err)
	}
}
