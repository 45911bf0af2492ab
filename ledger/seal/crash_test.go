package seal_test

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
	"testing"
	"time"

	"golang.org/x/mod/sumdb/note"
	"k8s.io/klog/v2"

	"cloison/internal/testkit"
	"cloison/ledger/seal"
)

// The test binary is also the child that gets killed: with these set it commits and seals rows until then.
const (
	childDir  = "CLOISON_TEST_SEAL_DIR"
	childKill = "CLOISON_TEST_SEAL_KILL"
)

func TestMain(m *testing.M) {
	klog.LogToStderr(false) // Tessera's own log
	klog.SetOutput(io.Discard)
	if dir := os.Getenv(childDir); dir != "" {
		sealUntilKilled(dir, os.Getenv(childKill))
	}
	os.Exit(m.Run())
}

func sealUntilKilled(dir, where string) {
	t := &testing.T{} // only its Fatal is used, and ends the goroutine
	key, err := seal.LoadKey(filepath.Join(dir, "log.key"))
	if err != nil {
		panic(err)
	}
	b := &bench{sqliteLedger: openLedger(t, dir), dir: dir, key: key}
	var store seal.Store = b.sqliteLedger
	switch where {
	case "signing":
		b.key.Signer = &deadlySigner{Signer: key.Signer, left: 3 + rand.IntN(3)}
	case "before the mark", "after the mark":
		store = &deadlyStore{sqliteLedger: b.sqliteLedger, after: where == "after the mark", left: 1 + rand.IntN(3)}
	}
	s, err := seal.New(store, b.config("child"), testkit.Quiet(), time.Now)
	if err != nil {
		panic(err)
	}
	go func() { panic(fmt.Sprint("sealing ended: ", s.Run(context.Background()))) }()
	for ready := false; ; {
		if !ready && s.Stats().Leading {
			ready = true
			fmt.Println("ready")
		}
		b.commit(t, 1+rand.IntN(60))
		s.Wake()
		time.Sleep(time.Duration(2+rand.IntN(6)) * time.Millisecond)
	}
}

func die() { syscall.Kill(os.Getpid(), syscall.SIGKILL) }

type deadlySigner struct {
	note.Signer
	left int
}

func (d *deadlySigner) Sign(msg []byte) ([]byte, error) {
	if d.left--; d.left <= 0 {
		die()
	}
	return d.Signer.Sign(msg)
}

type deadlyStore struct {
	*sqliteLedger
	after bool
	left  int
}

func (d *deadlyStore) MarkSealed(ctx context.Context, m seal.Mark) error {
	if d.left--; d.left <= 0 && !d.after {
		die()
	}
	err := d.sqliteLedger.MarkSealed(ctx, m)
	if d.left <= 0 {
		die()
	}
	return err
}

// After a kill at any point, once and again, the log holds every row once and continues every mark that was stored.
func TestKilled(t *testing.T) {
	b := newBench(t)
	var marks [][]byte
	last := uint64(0)
	for round, where := range []string{"anywhere", "signing", "before the mark", "anywhere", "after the mark",
		"signing", "anywhere", "before the mark", "anywhere"} {
		child := exec.Command(os.Args[0])
		child.Env = append(os.Environ(), childDir+"="+b.dir, childKill+"="+where)
		child.Stderr = os.Stderr
		out, err := child.StdoutPipe()
		if err != nil {
			t.Fatal(err)
		}
		if err := child.Start(); err != nil {
			t.Fatal(err)
		}
		bufio.NewReader(out).ReadString('\n') // ready, or dead already
		if where == "anywhere" {
			time.Sleep(time.Duration(rand.IntN(100)) * time.Millisecond)
			child.Process.Kill()
		}
		var exit *exec.ExitError
		if err := child.Wait(); !errors.As(err, &exit) || exit.Sys().(syscall.WaitStatus).Signal() != syscall.SIGKILL {
			t.Fatalf("round %d, %s: the child ended with %v, not killed", round, where, err)
		}
		m, err := b.Sealed(context.Background())
		if err != nil {
			t.Fatal(err)
		}
		if m.Size < last {
			t.Fatalf("round %d, %s: the mark went back from %d to %d", round, where, last, m.Size)
		}
		if last = m.Size; last > 0 {
			marks = append(marks, m.Checkpoint)
		}
	}
	if len(marks) < 4 {
		t.Fatalf("only %d rounds sealed anything: the test is too hasty to find faults", len(marks))
	}
	b.sealAll(t, marks...)
}
