package app

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"cloison"
	"cloison/access/directory"
	"cloison/access/explanation"
	"cloison/internal/config"
	"cloison/internal/testkit/testworld"
	"cloison/wall/disclose"
)

// TestTheDeskFromAConfig asks for a code at the address that a config file names, and guesses others: a guess is
// evidence against who makes it, from the third of an hour on, and a right code opens the file.
func TestTheDeskFromAConfig(t *testing.T) {
	dir, credential := t.TempDir(), strings.Repeat("c", 32)
	write := func(name, text string) {
		t.Helper()
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	write("site", credential+"\n")
	write("cloison.yaml", "desk:\n  listen: 127.0.0.1:0\n  credential_file: site\n  key_file: desk.key\n")
	c, err := config.Load(filepath.Join(dir, "cloison.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	a, err := Open(t.Context(), c, slog.New(slog.DiscardHandler), time.Now, true)
	if err != nil {
		t.Fatal(err)
	}
	defer a.Close()
	key, err := a.ledgerKey()
	if err != nil {
		t.Fatal(err)
	}
	s := &Server{App: a, alarmed: make(chan struct{}, 1)}
	if err := s.makeDisclosure(key); err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(t.Context())
	ended := make(chan struct{})
	go func() { s.discloser.Run(ctx); close(ended) }()
	defer func() { stop(); <-ended }()
	d, codes, err := a.newDesk(s.discloser)
	if err != nil {
		t.Fatal(err)
	}
	thief, honest := deskAccount(t, a, "thief"), deskAccount(t, a, "honest")

	attempts := func(by cloison.Caller) int {
		counters, err := a.Store.Tallies(ctx, []disclose.Counted{disclose.CountedAccount(by.Account)})
		if err != nil {
			t.Fatal(err)
		}
		return int(counters[0].Tally.Attempts)
	}
	for i := range 5 {
		_, err := d.EnterCode(ctx, thief, cloison.PersonRef(fmt.Sprint("q", i)), "00000000")
		if want := max(0, i-1); cloison.KindOf(err) != cloison.Denied || attempts(thief) != want {
			t.Errorf("guess %d: %v, and %d attempts in the detector, want %d", i+1, err, attempts(thief), want)
		}
	}
	code := handedOut(t, a, codes, credential)
	if g, err := d.EnterCode(ctx, honest, "77", code); err != nil || g.Means != explanation.Code {
		t.Errorf("a code handed out: %+v, %v", g, err)
	}
	for range 4 { // of a person whom they meet already: a slip
		if _, err := d.EnterCode(ctx, honest, "77", "00000000"); cloison.KindOf(err) != cloison.Denied {
			t.Error(err)
		}
	}
	if n := attempts(honest); n != 0 {
		t.Errorf("%d attempts for slips with a person who is met already", n)
	}
}

// deskAccount is an established adviser with a live session.
func deskAccount(t *testing.T, program *App, name string) cloison.Caller {
	t.Helper()
	if _, err := program.Store.ImportStructures(t.Context(), []directory.Structure{{ID: "ML1", SIRET: "35600000000048", Label: "Un"}}); err != nil {
		t.Fatal(err)
	}
	a := testworld.AddAccount(t, program.Store, time.Now(), name)
	s := testworld.AddSession(t, program.Store, time.Now(), a, 20)
	return cloison.Caller{Account: a.ID, Session: s.ID}
}

// handedOut asks for the code of person 77 as the body's own site does.
func handedOut(t *testing.T, a *App, codes explanation.Codes, credential string) cloison.Secret {
	t.Helper()
	handler, err := a.newCodeEndpoint(codes)
	if err != nil || handler == nil {
		t.Fatal(handler, err)
	}
	r := httptest.NewRequest(http.MethodPost, explanation.CodesPath, strings.NewReader(`{"person":"77"}`))
	r.Header.Set("Authorization", "Bearer "+credential)
	w := httptest.NewRecorder()
	handler.ServeHTTP(w, r)
	var answer struct{ Code string }
	if err := json.Unmarshal(w.Body.Bytes(), &answer); err != nil || w.Code != http.StatusOK {
		t.Fatalf("%d %v", w.Code, err)
	}
	return cloison.Secret(answer.Code)
}
