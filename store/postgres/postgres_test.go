package postgres_test

import (
	"context"
	"os"
	"testing"

	"cloison/internal/testkit"
	"cloison/store/postgres"
	"cloison/store/storetest"
)

var server = testkit.Postgres{InMemory: true}

func TestMain(m *testing.M) {
	code := m.Run()
	server.Stop()
	os.Exit(code)
}

// database makes an empty, migrated database.
func database(t testing.TB) (url string) {
	t.Helper()
	return server.Database(t, func(ctx context.Context, url string) error {
		db, err := postgres.Open(ctx, url, postgres.Options{Migrate: true})
		if err != nil {
			return err
		}
		return db.Close()
	})
}

func open(t testing.TB, url string, o postgres.Options) *postgres.DB {
	t.Helper()
	db, err := postgres.Open(t.Context(), url, o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { db.Close() })
	return db
}

func TestContract(t *testing.T) {
	storetest.Run(t, func(t *testing.T) storetest.Open {
		url := database(t)
		return func(t *testing.T) storetest.All { return open(t, url, postgres.Options{}) }
	})
}
