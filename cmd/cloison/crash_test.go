package main

import (
	"bytes"
	"context"
	"encoding/json"
	"math/rand/v2"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"cloison/internal/app"
	"cloison/internal/config"
	"cloison/internal/demo"
	"cloison/internal/demo/network"
	"cloison/internal/drill"
	"cloison/internal/fakes/softkey"
	"cloison/internal/testkit"
	"cloison/ledger/seal"
)

// TestMain lets the test binary be the program: a child that can be killed.
func TestMain(m *testing.M) {
	if args := os.Getenv("CLOISON_CHILD"); args != "" {
		p := &Program{Stdin: os.Stdin, Stdout: os.Stdout, Stderr: os.Stderr, Now: time.Now}
		os.Exit(p.Run(context.Background(), strings.Split(args, " ")))
	}
	os.Exit(m.Run())
}

// child starts the program in a process of its own, which logs from that level on, and waits until it is ready.
func child(t *testing.T, config *config.Config, path, level string) (program *exec.Cmd, stderr *testkit.Log) {
	t.Helper()
	exe, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	c := exec.Command(exe)
	c.Env = append(os.Environ(), "CLOISON_CHILD=serve --log-level "+level+" --config "+path)
	stderr = &testkit.Log{}
	c.Stderr = stderr
	if err := c.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Process.Kill(); c.Wait() })
	t.Cleanup(func() {
		if t.Failed() {
			t.Logf("the program said: %s", stderr)
		}
	})
	testkit.Until(t, "the program is not ready", func() bool {
		answer, err := http.Get("http://" + config.Operations.Listen + "/readyz")
		if err != nil {
			return false
		}
		answer.Body.Close()
		return answer.StatusCode == http.StatusOK
	})
	return c, stderr
}

// TestKilledAnywhereNothingIsLost kills the serving program while agents read, again and again: everything that an
// agent received whole has its row, the numbers have no gap, and the ledger verifies (invariants 1, 6 and 7).
func TestKilledAnywhereNothingIsLost(t *testing.T) {
	rounds := 3
	if os.Getenv("CLOISON_LONG") != "" {
		rounds = 100
	}
	ctx, stop := context.WithCancel(t.Context())
	defer stop()
	w, config, err := demo.NewSurroundings(demo.Options{Dir: t.TempDir(), Persons: 4000}, testkit.Quiet(), time.Now)
	if err != nil {
		t.Fatal(err)
	}
	defer w.Close()
	ended := make(chan error, 1)
	house, err := app.Open(ctx, config, w.Log, time.Now, true)
	if err != nil {
		t.Fatal(err)
	}
	w.App = house
	go func() { ended <- w.RunSurroundings(ctx) }()
	if err := w.Load(ctx, func(string, int) {}); err != nil {
		t.Fatal(err)
	}
	for _, address := range []string{config.Console.Listen, config.Operations.Listen, config.Tools[0].Listen, config.Desk.Listen} {
		w.Ports[address].Close() // the child takes it
	}
	path := filepath.Join(w.Dir, "cloison.yaml")
	program, _ := child(t, config, path, "error")
	who, persons := enrolledAdviser(t, ctx, w)

	received := map[string]int{}
	var mu sync.Mutex
	for range rounds {
		visit, err := drill.SignIn(ctx, w.URLs[demo.Tool], who)
		if err != nil {
			t.Fatal(err)
		}
		var group sync.WaitGroup
		for range 4 {
			group.Go(func() {
				for {
					id := persons[rand.N(len(persons))]
					status, body, err := visit.Open(ctx, id)
					if err != nil {
						return // the program is dead
					}
					var file struct{ ID string }
					if status == http.StatusOK && json.Unmarshal(body, &file) == nil && file.ID == id {
						mu.Lock()
						received[id]++
						mu.Unlock()
					}
				}
			})
		}
		time.Sleep(rand.N(300*time.Millisecond) + 100*time.Millisecond)
		program.Process.Kill()
		program.Wait()
		group.Wait()
		program, _ = child(t, config, path, "error")
	}
	compareWithRows(t, ctx, w, received)
	stop()
	<-ended
}

// enrolledAdviser gives an adviser a passkey, and returns some of the persons whom they may read.
func enrolledAdviser(t *testing.T, ctx context.Context, w *demo.World) (drill.Actor, []string) {
	t.Helper()
	people, err := w.Cast(ctx, w.MailStructure(0), network.Adviser)
	if err != nil {
		t.Fatal(err)
	}
	p := people[network.Adviser]
	p.Key = softkey.New()
	code, err := w.App.Approvals.IssueCode(ctx, p.Account.ID, false)
	if err != nil {
		t.Fatal(err)
	}
	if err := drill.Enrol(ctx, w.URLs[demo.Console], w.Actor(p), code); err != nil {
		t.Fatal(err)
	}
	caseload, err := w.App.Explanations.Explanations(ctx, p.Account.ID, time.Now())
	if err != nil {
		t.Fatal(err)
	}
	var persons []string
	for ref := range caseload {
		if len(persons) < 15 { // below the presence lease
			persons = append(persons, string(ref))
		}
	}
	return w.Actor(p), persons
}

func compareWithRows(t *testing.T, ctx context.Context, w *demo.World, received map[string]int) {
	t.Helper()
	rows, total, next := map[string]int{}, 0, int64(1)
	for row, err := range seal.Stream(ctx, w.App.Store) {
		if err != nil {
			t.Fatal(err)
		}
		if row.Seq != next {
			t.Fatalf("row %d where %d is due", row.Seq, next)
		}
		next++
		rows[string(row.Person)]++
	}
	for id, n := range received {
		total += n
		if rows[id] < n {
			t.Errorf("an agent received a file %d times, %d rows say so", n, rows[id])
		}
	}
	if total == 0 {
		t.Fatal("nobody received anything: the test tried nothing")
	}
	t.Logf("%d files received, %d rows", total, next-1)
	var out bytes.Buffer
	p := &Program{Stdout: &out, Stderr: &out, Now: time.Now}
	testkit.Until(t, "not every row is sealed", func() bool {
		out.Reset()
		code := p.Run(ctx, []string{"--config", filepath.Join(w.Dir, "cloison.yaml"), "--json", "ledger", "verify"})
		var v struct{ Sealed, Pending int64 }
		if err := json.Unmarshal(out.Bytes(), &v); code != 0 || err != nil {
			t.Fatalf("verify: %d, %v: %s", code, err, out.String())
		}
		return v.Pending == 0 && v.Sealed == next-1
	})
}
