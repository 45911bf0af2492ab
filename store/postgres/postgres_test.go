package postgres_test

import (
	"context"
	"fmt"
	"os"
	"regexp"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"

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

func TestFaults(t *testing.T) {
	storetest.RunFaults(t, func(t *testing.T) storetest.Faulty {
		url := database(t)
		fault := &testkit.Fault{}
		proxied := regexp.MustCompile(`host=\S+`).ReplaceAllString(url, "host="+server.Proxy(t, fault))
		return storetest.Faulty{
			Open:   func(t *testing.T) storetest.All { return open(t, proxied, postgres.Options{Connections: 1}) },
			Direct: func(t *testing.T) storetest.All { return open(t, url, postgres.Options{}) },
			Arm:    fault.Arm, Disarm: fault.Disarm,
			Dump: func() string { return dump(t, url) },
		}
	})
}

// dump reads every table.
func dump(t *testing.T, url string) string {
	t.Helper()
	conn, err := pgx.Connect(t.Context(), url)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close(context.Background())
	var b strings.Builder
	for _, table := range texts(t, conn, `SELECT relname FROM pg_class WHERE relkind IN ('r', 'p') AND NOT relispartition
		AND relnamespace = 'public'::regnamespace AND relname NOT LIKE 'goose%' ORDER BY relname`) {
		fmt.Fprintln(&b, table, texts(t, conn, "SELECT t::text FROM "+table+" AS t ORDER BY 1"))
	}
	return b.String()
}

func texts(t *testing.T, conn *pgx.Conn, query string) []string {
	t.Helper()
	rows, err := conn.Query(t.Context(), query)
	if err != nil {
		t.Fatal(err)
	}
	list, err := pgx.CollectRows(rows, pgx.RowTo[string])
	if err != nil {
		t.Fatal(err)
	}
	return list
}
