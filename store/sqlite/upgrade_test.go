package sqlite_test

import (
	"database/sql"
	"os"
	"path/filepath"
	"strconv"
	"testing"
	"time"

	"github.com/pressly/goose/v3"

	"cloison/store/sqlite"
	"cloison/store/storetest"
)

// TestUpgrade migrates a database of the released schema, and finds its rows.
func TestUpgrade(t *testing.T) {
	path := filepath.Join(t.TempDir(), "cloison.db")
	pool, err := sql.Open("sqlite", path)
	if err != nil {
		t.Fatal(err)
	}
	storetest.Release(t, goose.DialectSQLite3, os.DirFS("migrations"), pool, func(at time.Time) string {
		if at.IsZero() {
			return "0"
		}
		return strconv.FormatInt(at.UnixMilli(), 10)
	})
	if err := pool.Close(); err != nil {
		t.Fatal(err)
	}
	storetest.CheckReleased(t, open(t, path, sqlite.Options{Migrate: true}))
}
