package seal_test

import (
	"cloison/internal/testkit"
	"context"
	"os"
	"syscall"
	"testing"
)

// A disk that is full holds sealing up; room for the tiles lets it go on by itself, and nothing is lost or doubled.
func TestDiskFull(t *testing.T) {
	b := newBench(t)
	if err := os.Mkdir(b.logDir(), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := syscall.Mount("tmpfs", b.logDir(), "tmpfs", 0, "size=200k"); err != nil {
		t.Skipf("a small file system cannot be mounted here: %v", err)
	}
	t.Cleanup(func() { syscall.Unmount(b.logDir(), syscall.MNT_DETACH) })
	s := b.sealer(t, "one")
	stop := start(s)
	for rows := int64(300); s.Stats().Failures == 0; rows += 300 {
		b.commit(t, 300)
		s.Wake()
		testkit.Until(t, "rows are neither sealed nor held up", func() bool { return s.Stats().Size >= rows || s.Stats().Failures > 0 })
	}
	testkit.Until(t, "a full disk is no failure", func() bool { return s.Stats().Failures >= 3 })
	full, err := b.Sealed(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	b.verify(t, full.Checkpoint) // what is sealed is sound while the disk is full
	if err := syscall.Mount("tmpfs", b.logDir(), "tmpfs", syscall.MS_REMOUNT, "size=64m"); err != nil {
		t.Fatal(err)
	}
	b.commit(t, 300)
	b.waitSealed(t, full.Size+300)
	if err := stop(); err != nil {
		t.Fatal(err)
	}
	b.sealAll(t, full.Checkpoint)
}
