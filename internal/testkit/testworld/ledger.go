package testworld

import (
	"context"
	"path/filepath"
	"time"

	"cloison"
	"cloison/internal/testkit"
	"cloison/ledger"
	"cloison/ledger/seal"
	"cloison/wall/disclose"
)

// Read commits n rows that say that somebody read about a person.
func (w *World) Read(name string, person cloison.PersonRef, n int) {
	w.Helper()
	a := w.Who[name]
	c := disclose.Commit{At: w.Now()}
	for range n {
		c.Rows = append(c.Rows, ledger.Row{At: c.At, Account: a.ID, Structure: a.Structure, Tool: "t", Operation: "read", Person: person,
			Fields: 1, Explanation: "caseload", Nonce: [16]byte{1}})
	}
	w.Commit(c)
}

// Commit commits c behind the fence of now.
func (w *World) Commit(c disclose.Commit) {
	w.Helper()
	gate, err := w.DB.Gate(w.Ctx)
	w.Must(err)
	c.Fence = gate.Fence
	_, err = w.DB.Commit(w.Ctx, c)
	w.Must(err)
}

// LogFiles makes a key, and returns it with the folder of a log that does not exist yet.
func (w *World) LogFiles() (dir string, key seal.Key) {
	w.Helper()
	dir = w.TempDir()
	key, err := seal.GenerateKey(filepath.Join(dir, "ledger.key"), "ledger.example/test")
	w.Must(err)
	return filepath.Join(dir, "log"), key
}

// Seal seals every row into the log.
func (w *World) Seal(dir string, key seal.Key) {
	w.Helper()
	s, err := seal.New(w.DB, seal.Config{Dir: dir, Key: key, Holder: "h", Pace: time.Millisecond, Poll: time.Millisecond}, testkit.Quiet(), w.Now)
	w.Must(err)
	next, err := w.DB.NextRow(w.Ctx)
	w.Must(err)
	ctx, stop := context.WithCancel(w.Ctx)
	ended := make(chan error, 1)
	go func() { ended <- s.Run(ctx) }()
	testkit.Until(w.TB, "a row is not sealed", func() bool { return s.Stats().Size >= next-1 || len(ended) > 0 })
	stop()
	w.Must(<-ended)
}
