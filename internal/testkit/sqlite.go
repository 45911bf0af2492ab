package testkit

import (
	"context"
	"os"
	"path/filepath"
	"sync"
	"testing"

	"cloison/store/sqlite"
)

// SQLite returns the path of a database file of the test, with the schema of this program and nothing in it. The schema
// is made once for all tests of a binary: making it is most of the work of a small test.
func SQLite(t testing.TB) string {
	t.Helper()
	empty, err := emptySQLite()
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "cloison.db")
	if err := os.WriteFile(path, empty, 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

var emptySQLite = sync.OnceValues(func() ([]byte, error) {
	dir, err := os.MkdirTemp("", "cloison")
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(dir)
	path := filepath.Join(dir, "cloison.db")
	db, err := sqlite.Open(context.Background(), path, sqlite.Options{Migrate: true})
	if err != nil {
		return nil, err
	}
	if err := db.Close(); err != nil { // which moves everything from the write-ahead log into the file
		return nil, err
	}
	return os.ReadFile(path)
})
