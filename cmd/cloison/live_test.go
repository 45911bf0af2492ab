package main

import (
	"bytes"
	"context"
	"log/slog"
	"strings"
	"testing"
	"time"

	"cloison"
	"cloison/internal/app"
	"cloison/internal/demo"
	"cloison/internal/demo/network"
	"cloison/internal/drill"
	"cloison/internal/fakes/softkey"
	"cloison/internal/testkit"
)

// TestASuspensionReachesOpenPages: pages are open on the console and on a tool's origin; another process on the same
// database suspends the account, and both learn it. A program that stops lets those go that still listen, at once.
func TestASuspensionReachesOpenPages(t *testing.T) {
	t.Run("sqlite", func(t *testing.T) { suspensionReachesOpenPages(t, "") })
	t.Run("postgres", func(t *testing.T) {
		var server testkit.Postgres
		t.Cleanup(server.Stop)
		suspensionReachesOpenPages(t, server.Database(t, func(context.Context, string) error { return nil }))
	})
}

func suspensionReachesOpenPages(t *testing.T, postgres string) {
	var log bytes.Buffer // which a handler writes under its own lock; read once everything has ended
	w, err := demo.New(t.Context(), demo.Options{Dir: t.TempDir(), Persons: 2000, Postgres: postgres},
		slog.New(slog.NewTextHandler(&log, &slog.HandlerOptions{Level: slog.LevelWarn})), time.Now)
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(context.WithoutCancel(t.Context()))
	ended := make(chan error, 1)
	go func() { ended <- w.Run(ctx) }()
	defer w.Close()
	defer stop()
	if err := w.Load(ctx, func(string, int) {}); err != nil {
		t.Fatal(err)
	}
	who := enrolledAs(t, ctx, w, network.Adviser)
	replica, err := app.Open(ctx, w.App.Config, w.Log, time.Now, false)
	if err != nil {
		t.Fatal(err)
	}
	defer replica.Close()
	said := make(chan string, 2)
	listen := func(origin string, visit *drill.Visit, listening int) {
		go func() {
			_, body, _ := visit.Get(context.Background(), "/cloison/live") // until it ends
			said <- origin + ": " + string(body)
		}()
		testkit.Until(t, origin+" does not listen", func() bool { return w.Server.Signin.Listening() >= listening })
	}
	for i, origin := range []string{demo.Console, demo.Tool} {
		visit, err := drill.SignIn(ctx, w.URLs[origin], w.Actor(who))
		if err != nil {
			t.Fatal(err)
		}
		listen(origin, visit, i+1)
	}
	began := time.Now()
	if _, err := replica.Container().Cut(ctx, cloison.Operator(), who.Account.ID, time.Time{}, "operator"); err != nil {
		t.Fatal(err)
	}
	for range 2 {
		if line := <-said; !strings.Contains(line, "event: over\ndata: /cloison/fin\n") {
			t.Errorf("told %q", line)
		}
	}
	t.Logf("they learnt it after %s", time.Since(began))

	visit, err := drill.SignIn(ctx, w.URLs[demo.Tool], w.Actor(enrolledAs(t, ctx, w, network.Manager)))
	if err != nil {
		t.Fatal(err)
	}
	listen("another", visit, 1)
	stop()
	if err := <-ended; err != nil {
		t.Error(err)
	}
	if strings.Contains(log.String(), app.CutOff) {
		t.Error("an open page held the end up")
	}
	if line := <-said; strings.Contains(line, "event: over") {
		t.Errorf("a session that is not over was told so: %q", line)
	}
}

// enrolledAs is somebody of the first structure with that role, with a passkey.
func enrolledAs(t *testing.T, ctx context.Context, w *demo.World, role network.Role) demo.Person {
	t.Helper()
	people, err := w.Cast(ctx, w.MailStructure(0), role)
	if err != nil {
		t.Fatal(err)
	}
	p := people[role]
	p.Key = softkey.New()
	code, err := w.App.Approvals.IssueCode(ctx, p.Account.ID, false)
	if err != nil {
		t.Fatal(err)
	}
	if err := drill.Enrol(ctx, w.URLs[demo.Console], w.Actor(p), code); err != nil {
		t.Fatal(err)
	}
	return p
}
