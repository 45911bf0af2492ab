package postgres_test

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"regexp"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"

	"cloison"
	"cloison/internal/testkit"
	"cloison/store/postgres"
	"cloison/store/storetest"
)

var server = testkit.Postgres{InMemory: true}

func TestMain(m *testing.M) {
	if url := os.Getenv("CLOISON_TEST_DISCLOSER"); url != "" { // the child that a crash test kills
		db, err := postgres.Open(context.Background(), url, postgres.Options{Connections: 2})
		if err == nil {
			err = storetest.Discloser(context.Background(), db, os.Getenv("CLOISON_TEST_NAME"), os.Stdout)
		}
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	if url := os.Getenv("CLOISON_TEST_KEEPER"); url != "" {
		db, err := postgres.Open(context.Background(), url, postgres.Options{Connections: 3})
		if err == nil {
			err = storetest.Keep(context.Background(), db, os.Getenv("CLOISON_TEST_LOG"), os.Getenv("CLOISON_TEST_DEATH"))
		}
		if err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		os.Exit(0)
	}
	code := m.Run()
	server.Stop()
	os.Exit(code)
}

// database makes an empty, migrated database.
func database(t testing.TB) (url string) {
	t.Helper()
	return server.Database(t, prepare)
}

func prepare(ctx context.Context, url string) error {
	db, err := postgres.Open(ctx, url, postgres.Options{Migrate: true})
	if err != nil {
		return err
	}
	return db.Close()
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

func discloser(url string) func(name string) *exec.Cmd {
	return func(name string) *exec.Cmd {
		c := exec.Command(os.Args[0])
		c.Env = append(os.Environ(), "CLOISON_TEST_DISCLOSER="+url, "CLOISON_TEST_NAME="+name)
		c.Stderr = os.Stderr
		return c
	}
}

// TestRetentionCrash kills who drops months, at each step.
func TestRetentionCrash(t *testing.T) {
	t.Parallel()
	url := database(t)
	storetest.RunRetentionCrash(t, func(t *testing.T) storetest.All { return open(t, url, postgres.Options{}) }, func(dir, death string) *exec.Cmd {
		c := exec.Command(os.Args[0])
		c.Env = append(os.Environ(), "CLOISON_TEST_KEEPER="+url, "CLOISON_TEST_LOG="+dir, "CLOISON_TEST_DEATH="+death)
		return c
	}, func() (names []string) {
		conn, err := pgx.Connect(t.Context(), url)
		if err != nil {
			t.Fatal(err)
		}
		defer conn.Close(context.Background())
		rows, err := conn.Query(t.Context(), "SELECT relname FROM pg_class WHERE relname = 'disclosure_2026_03'")
		if err == nil {
			names, err = pgx.CollectRows(rows, pgx.RowTo[string])
		}
		if err != nil {
			t.Fatal(err)
		}
		return names
	})
}

// TestCrash kills replicas that disclose, after the server ended their connections under them.
func TestCrash(t *testing.T) {
	t.Parallel()
	url := database(t)
	storetest.RunCrash(t, func(t *testing.T) storetest.All { return open(t, url, postgres.Options{}) }, discloser(url),
		func(t *testing.T) {
			conn, err := pgx.Connect(t.Context(), url)
			if err != nil {
				t.Fatal(err)
			}
			defer conn.Close(context.Background())
			if _, err := conn.Exec(t.Context(), `SELECT pg_terminate_backend(pid) FROM pg_stat_activity
				WHERE datname = current_database() AND pid <> pg_backend_pid()`); err != nil {
				t.Fatal(err)
			}
		})
}

// TestServerCrash kills the server itself under the replicas and starts it again. It has a server of its own.
func TestServerCrash(t *testing.T) {
	t.Parallel()
	var own testkit.Postgres
	t.Cleanup(own.Stop)
	url := own.Database(t, prepare)
	storetest.RunCrash(t, func(t *testing.T) storetest.All { return open(t, url, postgres.Options{}) }, discloser(url),
		func(t *testing.T) {
			own.Kill()
			if err := own.Start(); err != nil {
				t.Fatal(err)
			}
		})
}

func TestOpenRefuses(t *testing.T) {
	if _, err := postgres.Open(t.Context(), "://", postgres.Options{}); cloison.KindOf(err) != cloison.Invalid {
		t.Errorf("an address that is none: %v", err)
	}
	if _, err := postgres.Open(t.Context(), "host=/nowhere dbname=x", postgres.Options{}); cloison.KindOf(err) != cloison.Unavailable {
		t.Errorf("a server that is not there: %v", err)
	}
	for _, c := range []struct{ change, says string }{
		{"DELETE FROM goose_db_version WHERE version_id > 0", "cloison migrate"},
		{"INSERT INTO goose_db_version (version_id, is_applied) VALUES (9999, true)", "newer program"},
	} {
		url := database(t)
		conn, err := pgx.Connect(t.Context(), url)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := conn.Exec(t.Context(), c.change); err != nil {
			t.Fatal(err)
		}
		conn.Close(t.Context())
		_, err = postgres.Open(t.Context(), url, postgres.Options{})
		if err == nil || !strings.Contains(err.Error(), c.says) {
			t.Errorf("after %s: %v, want a word about %q", c.change, err, c.says)
		}
	}
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
