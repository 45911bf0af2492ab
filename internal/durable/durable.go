// Package durable writes small files so that after a crash at any point the old or the new content is there, whole, and
// what was reported as written stays written. It is for Linux and other systems where a rename inside one directory is
// atomic and a directory can be synced.
package durable

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"syscall"
	"time"

	"cloison"
)

// WriteFile replaces the file's content and returns once content and name are on disk. A crash before that leaves the
// old file and perhaps a temporary one, named .<name>.tmp-*, that nobody reads.
func WriteFile(name string, data []byte, perm fs.FileMode) error {
	return write(name, data, perm, os.Rename)
}

// CreateSecret creates a file that only its owner can read and returns once it is on disk. A file that exists already
// is cloison.Conflict and keeps its content.
func CreateSecret(name string, data []byte) error {
	err := write(name, data, 0o600, func(tmp, name string) error {
		defer os.Remove(tmp)
		return os.Link(tmp, name) // unlike a rename, fails when the name exists
	})
	if errors.Is(err, fs.ErrExist) {
		return cloison.Errorf(cloison.Conflict, "%s exists already and is kept; move it away to make a new one", name)
	}
	return err
}

// ReadSecret reads a file that CreateSecret could have made. One that others may read or change, or that is not a plain
// file, is cloison.Denied.
func ReadSecret(name string) ([]byte, error) {
	f, err := os.Open(name)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	info, err := f.Stat() // of the opened file: the name may change hands in between
	if err != nil {
		return nil, err
	}
	if !info.Mode().IsRegular() || info.Mode().Perm()&0o077 != 0 {
		return nil, cloison.Errorf(cloison.Denied, "%s is %v: a secret must be a plain file of mode 0600 (chmod 600)", name, info.Mode())
	}
	data := make([]byte, min(info.Size(), maxSecret+1))
	if len(data) > maxSecret {
		return nil, cloison.Errorf(cloison.Invalid, "%s is larger than %d bytes: not a secret of ours", name, maxSecret)
	}
	if _, err := f.ReadAt(data, 0); err != nil {
		return nil, err
	}
	return data, nil
}

const maxSecret = 1 << 20

func write(name string, data []byte, perm fs.FileMode, publish func(tmp, name string) error) (err error) {
	dir, base := filepath.Split(filepath.Clean(name))
	if dir == "" {
		dir = "."
	}
	f, err := os.CreateTemp(dir, "."+base+".tmp-*") // 0600 from the first moment
	if err != nil {
		return err
	}
	defer func() {
		if err != nil {
			os.Remove(f.Name())
		}
	}()
	_, err = f.Write(data)
	err = errors.Join(err, f.Chmod(perm), f.Sync(), f.Close())
	if err != nil {
		return fmt.Errorf("writing %s: %w", name, err)
	}
	if err := publish(f.Name(), name); err != nil {
		return err
	}
	return SyncDir(dir)
}

// SyncDir makes durable the names that were made, changed or removed in the directory.
func SyncDir(dir string) error {
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}

// Lock takes the lock that the named file stands for, without waiting, and returns how to give it back. While somebody
// else has it, in this process or another, on this machine or on another one of the same network file system, Lock
// fails with cloison.Conflict. The kernel gives it back when the process dies. The file stays.
func Lock(name string) (unlock func() error, err error) {
	f, err := os.OpenFile(name, os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return nil, err
	}
	switch err := syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB); {
	case errors.Is(err, syscall.EWOULDBLOCK):
		f.Close()
		return nil, cloison.Errorf(cloison.Conflict, "%s is locked by another process", name)
	case err != nil:
		f.Close()
		return nil, fmt.Errorf("locking %s: %w", name, err)
	}
	return f.Close, nil
}

// LockDir takes the lock that the directory itself stands for, waits while somebody else has it, in this process or
// another on this machine, and returns how to give it back. Nothing is written. The kernel gives it back when the
// process dies. It fails when ctx ends first.
func LockDir(ctx context.Context, dir string) (unlock func() error, err error) {
	f, err := os.Open(dir)
	if err != nil {
		return nil, err
	}
	for {
		// Asked again and again: a flock that waits cannot be called off.
		switch err := syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB); {
		case err == nil:
			return f.Close, nil
		case !errors.Is(err, syscall.EWOULDBLOCK) && !errors.Is(err, syscall.EINTR):
			f.Close()
			return nil, fmt.Errorf("locking %s: %w", dir, err)
		}
		select {
		case <-ctx.Done():
			f.Close()
			return nil, fmt.Errorf("waiting for the lock of %s: %w", dir, ctx.Err())
		case <-time.After(lockEvery):
		}
	}
}

const lockEvery = 10 * time.Millisecond
