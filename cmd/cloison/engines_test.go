package main

import (
	"context"
	"io"
	"net/http"
	"regexp"
	"strings"
	"testing"
	"time"

	"cloison/internal/demo"
	"cloison/internal/drill"
	"cloison/internal/testkit"
)

// TestDrillOnPostgres plays the strongest attack on the second engine: what SQLite is shown to do in TestDemo.
func TestDrillOnPostgres(t *testing.T) {
	var server testkit.Postgres
	t.Cleanup(server.Stop)
	url := server.Database(t, func(context.Context, string) error { return nil })
	w, err := demo.New(t.Context(), demo.Options{Dir: t.TempDir(), Persons: 8000, Postgres: url}, testkit.Quiet(), time.Now)
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(context.WithoutCancel(t.Context()))
	ended := make(chan error, 1)
	go func() { ended <- w.Run(ctx) }()
	t.Cleanup(func() {
		stop()
		if err := <-ended; err != nil {
			t.Error(err)
		}
		w.Close()
	})
	if err := w.Load(ctx, func(string, int) {}); err != nil {
		t.Fatal(err)
	}
	stage, err := w.DrillWorld(ctx)
	if err != nil {
		t.Fatal(err)
	}
	r, err := drill.Run(ctx, stage, "rgc-hijack", "accomplice", w.Log)
	if err != nil {
		t.Fatal(err)
	}
	if !r.Pass || r.PersonsExposed == 0 || r.PersonsExposed > r.PersonsBound || r.PersonsBound > 60 {
		t.Errorf("%+v", r)
	}
	operationsAfterDrill(t, w.URLs[demo.Operations])
}

// operationsAfterDrill reads what an operator's machines read: it counts, and it names nobody.
func operationsAfterDrill(t *testing.T, url string) {
	for path, want := range map[string]string{"/metrics": "cloison_cuts_total 1", "/healthz": "ok", "/readyz": "ready"} {
		answer, err := http.Get(url + path)
		if err != nil {
			t.Fatal(err)
		}
		body, err := io.ReadAll(answer.Body)
		answer.Body.Close()
		if err != nil || answer.StatusCode != http.StatusOK || !strings.Contains(string(body), want) {
			t.Errorf("%s: %d without %q, %v", path, answer.StatusCode, want, err)
		}
		if m := regexp.MustCompile(`\b[ast][0-9a-hjkmnp-tv-z]{12}\b|\b[0-9]{11}\b|@`).Find(body); m != nil {
			t.Errorf("%s names somebody: %q", path, m)
		}
	}
}
