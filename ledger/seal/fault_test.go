package seal_test

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"golang.org/x/mod/sumdb/note"

	"cloison"
	"cloison/internal/testkit"
	"cloison/ledger/seal"
)

// A mark that fails, stored or not, holds nothing up for good and changes nothing in the log.
func TestMarkFails(t *testing.T) {
	for fail, name := range map[int32]string{1: "not stored", 2: "stored but reported failed"} {
		t.Run(name, func(t *testing.T) {
			b := newBench(t)
			s := b.sealer(t, "one")
			stop := start(s)
			for i := range 4 {
				b.failMark.Store(fail)
				b.commit(t, 100)
				s.Wake()
				b.waitSealed(t, uint64(100*(i+1)))
			}
			testkit.Until(t, "a failed mark is not counted", func() bool { return s.Stats().Failures >= 4 })
			if err := stop(); err != nil {
				t.Fatal(err)
			}
			b.sealAll(t)
		})
	}
}

// Of several sealers one works; another one takes over when it ends, or when it loses the lease.
func TestSealersCompete(t *testing.T) {
	b := newBench(t)
	sealers := []*seal.Sealer{b.sealer(t, "one"), b.sealer(t, "two"), b.sealer(t, "three")}
	stops := map[*seal.Sealer]func() error{}
	for _, s := range sealers {
		stops[s] = start(s)
	}
	leader := func(not *seal.Sealer) *seal.Sealer {
		var found *seal.Sealer
		testkit.Until(t, "nobody seals", func() bool {
			for s := range stops {
				if s != not && s.Stats().Leading {
					found = s
				}
			}
			return found != nil
		})
		return found
	}
	total := uint64(0)
	commit := func() {
		b.commit(t, 200)
		total += 200
		b.waitSealed(t, total)
	}
	commit()
	first := leader(nil)
	if err := stops[first](); err != nil {
		t.Fatal(err)
	}
	delete(stops, first)
	second := leader(first)
	commit()
	// The database's clock jumps: the lease is out and is taken while its holder still writes.
	if _, err := b.db.Exec(`UPDATE lease SET holder = 'somebody', until = until + 1000`); err != nil {
		t.Fatal(err)
	}
	testkit.Until(t, "the lease is lost, and its holder goes on", func() bool { return !second.Stats().Leading })
	commit()
	for s, stop := range stops {
		if err := stop(); err != nil {
			t.Errorf("%v: %v", s.Stats(), err)
		}
	}
	b.sealAll(t)
}

// Whatever the clocks do, rows are sealed and the mark's time does not go back.
func TestClockGoesBack(t *testing.T) {
	b := newBench(t)
	var offset atomic.Int64
	now := func() time.Time { return time.Now().Add(time.Duration(offset.Load())) }
	s, err := seal.New(b.sqliteLedger, b.config("one"), testkit.Quiet(), now)
	if err != nil {
		t.Fatal(err)
	}
	stop := start(s)
	b.commit(t, 10)
	b.waitSealed(t, 10)
	before, _ := b.Sealed(context.Background())
	offset.Store(-int64(48 * time.Hour))
	future := time.Now().Add(48 * time.Hour) // what the file's time is after a clock went back two days
	if err := os.Chtimes(filepath.Join(b.logDir(), "checkpoint"), future, future); err != nil {
		t.Fatal(err)
	}
	b.commit(t, 10)
	b.waitSealed(t, 20)
	after, _ := b.Sealed(context.Background())
	if after.At.Before(before.At) {
		t.Errorf("the mark's time went back from %v to %v", before.At, after.At)
	}
	if err := stop(); err != nil {
		t.Fatal(err)
	}
	b.sealAll(t)
}

// A log and a ledger that contradict each other stop the sealer, and nothing is signed.
func TestContradictions(t *testing.T) {
	exec := func(t *testing.T, b *bench, query string) {
		if _, err := b.db.Exec(query); err != nil {
			t.Fatal(err)
		}
	}
	for name, test := range map[string]struct {
		change func(*testing.T, *bench)
		want   string
	}{
		"row missing": {func(t *testing.T, b *bench) {
			b.commit(t, 5)
			exec(t, b, `DELETE FROM disclosure WHERE seq = 303`)
		}, "row 303 is missing"},
		"log lost": {func(t *testing.T, b *bench) {
			if err := os.RemoveAll(b.logDir()); err != nil {
				t.Fatal(err)
			}
		}, "restore the log"},
		"log's state lost": {func(t *testing.T, b *bench) {
			if err := os.RemoveAll(filepath.Join(b.logDir(), ".state")); err != nil {
				t.Fatal(err)
			}
		}, "restore the log"},
		"log of an older backup": {func(t *testing.T, b *bench) {
			old := filepath.Join(t.TempDir(), "old")
			if err := os.CopyFS(old, os.DirFS(b.logDir())); err != nil {
				t.Fatal(err)
			}
			b.commit(t, 100)
			b.sealAll(t)
			if err := errors.Join(os.RemoveAll(b.logDir()), os.CopyFS(b.logDir(), os.DirFS(old))); err != nil {
				t.Fatal(err)
			}
		}, "restore the log"},
		"another key": {func(t *testing.T, b *bench) {
			key, err := seal.GenerateKey(filepath.Join(t.TempDir(), "k"), origin)
			if err != nil {
				t.Fatal(err)
			}
			b.key = key
		}, "not signed"},
		"integrated row changed": {func(t *testing.T, b *bench) {
			b.integrateUnsigned(t, 20)
			exec(t, b, `UPDATE disclosure SET person = 'P000000000' WHERE seq = 310`)
		}, "not those of the log"},
		"integrated row lost": {func(t *testing.T, b *bench) {
			b.integrateUnsigned(t, 20)
			exec(t, b, `DELETE FROM disclosure WHERE seq > 310`)
		}, "no row 311"},
		"tile changed": {func(t *testing.T, b *bench) {
			name := filepath.Join(b.logDir(), "tile/0/001.p/44")
			data, err := os.ReadFile(name)
			if err != nil {
				t.Fatal(err)
			}
			data[3] ^= 1
			if err := os.WriteFile(name, data, 0o644); err != nil {
				t.Fatal(err)
			}
		}, "does not belong"},
	} {
		t.Run(name, func(t *testing.T) {
			b := newBench(t)
			b.commit(t, 300)
			b.sealAll(t)
			test.change(t, b)
			before, err := os.ReadFile(filepath.Join(b.logDir(), "checkpoint"))
			if err != nil && name != "log lost" {
				t.Fatal(err)
			}
			ctx, cancel := context.WithTimeout(t.Context(), testkit.Patience)
			defer cancel()
			err = b.sealer(t, "one").Run(ctx)
			if err == nil || cloison.KindOf(err) != cloison.Internal || !strings.Contains(err.Error(), test.want) {
				t.Errorf("got %v, want an internal error that says %q", err, test.want)
			}
			after, _ := os.ReadFile(filepath.Join(b.logDir(), "checkpoint"))
			if name != "log lost" && string(before) != string(after) || name == "log lost" && after != nil {
				t.Errorf("a checkpoint was signed all the same: %s", after)
			}
		})
	}
}

// integrateUnsigned commits n rows and lets a sealer die between integrating and signing them.
func (b *bench) integrateUnsigned(t *testing.T, n int) {
	t.Helper()
	b.commit(t, n)
	good := b.key
	b.key.Signer = failingSigner{good.Signer}
	if err := b.sealer(t, "dying").Run(t.Context()); err == nil {
		t.Fatal("sealed with a key that does not sign")
	}
	b.key = good
}

type failingSigner struct{ note.Signer }

func (failingSigner) Sign([]byte) ([]byte, error) { return nil, errors.New("the key is gone") }

func TestKeyFiles(t *testing.T) {
	file := filepath.Join(t.TempDir(), "log.key")
	made, err := seal.GenerateKey(file, origin)
	if err != nil {
		t.Fatal(err)
	}
	loaded, err := seal.LoadKey(file)
	if err != nil || loaded.Public != made.Public {
		t.Fatalf("loaded %+v, %v; made %+v", loaded, err, made)
	}
	v, err := loaded.Verifier()
	if err != nil {
		t.Fatal(err)
	}
	msg := []byte("text\n")
	if sig, err := loaded.Signer.Sign(msg); err != nil || !v.Verify(msg, sig) || v.Name() != origin {
		t.Errorf("the public half does not verify what the private half signs: %v", err)
	}
	if _, err := seal.GenerateKey(file, origin); cloison.KindOf(err) != cloison.Conflict {
		t.Errorf("over an existing key: %v", err)
	}
	for _, bad := range []string{"", "with space", "with+plus", "line\n"} {
		if _, err := seal.GenerateKey(file+"2", bad); err == nil || cloison.KindOf(err) != cloison.Invalid {
			t.Errorf("origin %q: %v", bad, err)
		}
	}
	if err := os.Chmod(file, 0o644); err != nil {
		t.Fatal(err)
	}
	if _, err := seal.LoadKey(file); cloison.KindOf(err) != cloison.Denied {
		t.Errorf("readable by all: %v", err)
	}
	for _, content := range []string{"", "PRIVATE+KEY+x", made.Public} {
		if err := os.WriteFile(file, []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
		os.Chmod(file, 0o600)
		if _, err := seal.LoadKey(file); err == nil || cloison.KindOf(err) != cloison.Invalid {
			t.Errorf("%q: %v", content, err)
		}
	}
}
