package main

import (
	"context"
	"log/slog"
	"testing"
	"time"

	"cloison/drill"
	"cloison/internal/testkit"
)

// TestDrillOnPostgres plays the strongest attack on the second engine: what SQLite is shown to do in TestDemo.
func TestDrillOnPostgres(t *testing.T) {
	var server testkit.Postgres
	t.Cleanup(server.Stop)
	url := server.Database(t, func(context.Context, string) error { return nil })
	w, err := newWorld(t.Context(), worldOptions{dir: t.TempDir(), persons: 8000, postgres: url}, slog.New(slog.DiscardHandler), time.Now)
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(context.WithoutCancel(t.Context()))
	ended := make(chan error, 1)
	go func() { ended <- w.run(ctx) }()
	t.Cleanup(func() {
		stop()
		if err := <-ended; err != nil {
			t.Error(err)
		}
		w.close()
	})
	if err := w.load(ctx, func(string, int) {}); err != nil {
		t.Fatal(err)
	}
	stage, err := w.drillWorld(ctx)
	if err != nil {
		t.Fatal(err)
	}
	r, err := drill.Run(ctx, stage, "rgc-hijack", "accomplice", w.log)
	if err != nil {
		t.Fatal(err)
	}
	if !r.Pass || r.PersonsExposed == 0 || r.PersonsExposed > r.PersonsBound || r.PersonsBound > 60 {
		t.Errorf("%+v", r)
	}
}
