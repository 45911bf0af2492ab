package sqlite_test

import (
	"path/filepath"
	"testing"

	"cloison/store/sqlite"
	"cloison/store/storetest"
)

func TestContract(t *testing.T) {
	storetest.Run(t, func(t *testing.T) storetest.Open {
		path := filepath.Join(t.TempDir(), "cloison.db")
		return func(t *testing.T) storetest.All { return open(t, path, sqlite.Options{Migrate: true}) }
	})
}

func open(t testing.TB, path string, o sqlite.Options) *sqlite.DB {
	t.Helper()
	db, err := sqlite.Open(t.Context(), path, o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { db.Close() })
	return db
}
