package durable_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"cloison"
	"cloison/internal/durable"
)

func TestWriteFileReplacesWhole(t *testing.T) {
	dir := t.TempDir()
	name := filepath.Join(dir, "checkpoint")
	for _, content := range []string{"first, longer", "second", ""} {
		if err := durable.WriteFile(name, []byte(content), 0o644); err != nil {
			t.Fatal(err)
		}
		got, err := os.ReadFile(name)
		if err != nil || string(got) != content {
			t.Fatalf("read %q, %v; want %q", got, err, content)
		}
	}
	if info, _ := os.Stat(name); info.Mode().Perm() != 0o644 {
		t.Errorf("mode %v, want 0644", info.Mode())
	}
	if names, _ := os.ReadDir(dir); len(names) != 1 {
		t.Errorf("%d files are left, want only the one written", len(names))
	}
}

// A reader that looks at any moment sees one of the contents, never a mix or a part.
func TestWriteFileIsAtomicForReaders(t *testing.T) {
	name := filepath.Join(t.TempDir(), "f")
	content := func(i int) []byte { return bytes.Repeat([]byte{byte('a' + i%2)}, 40_000+i%2) }
	if err := durable.WriteFile(name, content(0), 0o600); err != nil {
		t.Fatal(err)
	}
	var wg sync.WaitGroup
	wg.Go(func() {
		for i := range 50 {
			if err := durable.WriteFile(name, content(i), 0o600); err != nil {
				t.Error(err)
			}
		}
	})
	for range 500 {
		got, err := os.ReadFile(name)
		if err != nil || !bytes.Equal(got, content(0)) && !bytes.Equal(got, content(1)) {
			t.Fatalf("read %d bytes, %v: neither content", len(got), err)
		}
	}
	wg.Wait()
}

func TestWriteFileFailureKeepsOldAndLeavesNothing(t *testing.T) {
	dir := t.TempDir()
	target := filepath.Join(dir, "taken")
	if err := os.MkdirAll(filepath.Join(target, "inside"), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := durable.WriteFile(target, []byte("x"), 0o600); err == nil {
		t.Fatal("replaced a directory that is not empty")
	}
	if err := durable.WriteFile(filepath.Join(dir, "absent", "f"), nil, 0o600); err == nil {
		t.Fatal("wrote into a directory that does not exist")
	}
	if names, _ := os.ReadDir(dir); len(names) != 1 {
		t.Errorf("%d names are left, want 1", len(names))
	}
}

func TestSecret(t *testing.T) {
	dir := t.TempDir()
	name := filepath.Join(dir, "key")
	if err := durable.CreateSecret(name, []byte("s3cret")); err != nil {
		t.Fatal(err)
	}
	if err := durable.CreateSecret(name, []byte("other")); cloison.KindOf(err) != cloison.Conflict {
		t.Fatalf("second creation: %v, want a conflict", err)
	}
	if got, err := durable.ReadSecret(name); err != nil || string(got) != "s3cret" {
		t.Fatalf("read %q, %v", got, err)
	}
	if names, _ := os.ReadDir(dir); len(names) != 1 {
		t.Errorf("%d files are left, want 1", len(names))
	}
	for _, mode := range []os.FileMode{0o640, 0o604, 0o620, 0o601} {
		if err := os.Chmod(name, mode); err != nil {
			t.Fatal(err)
		}
		if _, err := durable.ReadSecret(name); cloison.KindOf(err) != cloison.Denied {
			t.Errorf("mode %v: %v, want denied", mode, err)
		}
	}
	if _, err := durable.ReadSecret(dir); cloison.KindOf(err) != cloison.Denied {
		t.Errorf("a directory: %v, want denied", err)
	}
}

// Of many who create the same secret at once exactly one wins, and its content stays.
func TestCreateSecretOnce(t *testing.T) {
	name := filepath.Join(t.TempDir(), "key")
	won := make(chan string, 16)
	var wg sync.WaitGroup
	for i := range 16 {
		wg.Go(func() {
			me := fmt.Sprint("writer ", i)
			if err := durable.CreateSecret(name, []byte(me)); err == nil {
				won <- me
			} else if cloison.KindOf(err) != cloison.Conflict {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	close(won)
	if len(won) != 1 {
		t.Fatalf("%d writers won, want 1", len(won))
	}
	if got, _ := durable.ReadSecret(name); string(got) != <-won {
		t.Errorf("the file holds %q, not the winner's", got)
	}
}

func TestLock(t *testing.T) {
	name := filepath.Join(t.TempDir(), "lock")
	unlock, err := durable.Lock(name)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := durable.Lock(name); cloison.KindOf(err) != cloison.Conflict {
		t.Fatalf("second lock: %v, want a conflict", err)
	}
	if err := unlock(); err != nil {
		t.Fatal(err)
	}
	again, err := durable.Lock(name)
	if err != nil {
		t.Fatalf("after unlocking: %v", err)
	}
	again()
}

func TestLockDir(t *testing.T) {
	dir := t.TempDir()
	unlock, err := durable.LockDir(t.Context(), dir)
	if err != nil {
		t.Fatal(err)
	}
	short, cancel := context.WithTimeout(t.Context(), 20*time.Millisecond)
	defer cancel()
	if _, err := durable.LockDir(short, dir); !errors.Is(err, context.DeadlineExceeded) {
		t.Fatalf("a second one, while the first holds it: %v", err)
	}
	waits := make(chan error)
	go func() {
		unlock, err := durable.LockDir(t.Context(), dir)
		if err == nil {
			err = unlock()
		}
		waits <- err
	}()
	select {
	case err := <-waits:
		t.Fatalf("it did not wait: %v", err)
	case <-time.After(30 * time.Millisecond):
	}
	if err := unlock(); err != nil {
		t.Fatal(err)
	}
	if err := <-waits; err != nil {
		t.Fatal(err)
	}
	if found, err := os.ReadDir(dir); err != nil || len(found) != 0 {
		t.Errorf("it left %v, %v", found, err)
	}
}
