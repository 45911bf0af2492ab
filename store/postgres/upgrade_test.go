package postgres_test

import (
	"database/sql"
	"os"
	"testing"
	"time"

	_ "github.com/jackc/pgx/v5/stdlib"
	"github.com/pressly/goose/v3"

	"cloison/store/postgres"
	"cloison/store/storetest"
)

// TestUpgrade migrates a database of the released schema, and finds its rows.
func TestUpgrade(t *testing.T) {
	url := database(t)
	pool, err := sql.Open("pgx", url)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := pool.Exec("DROP SCHEMA public CASCADE; CREATE SCHEMA public"); err != nil { // empty again
		t.Fatal(err)
	}
	storetest.Release(t, goose.DialectPostgres, os.DirFS("migrations"), pool, func(at time.Time) string {
		if at.IsZero() {
			return "NULL"
		}
		return "'" + at.Format(time.RFC3339Nano) + "'"
	}, "CREATE TABLE disclosure_2026_03 PARTITION OF disclosure FOR VALUES FROM ('2026-03-01Z') TO ('2026-04-01Z')")
	if err := pool.Close(); err != nil {
		t.Fatal(err)
	}
	storetest.CheckReleased(t, open(t, url, postgres.Options{Migrate: true}))
}
