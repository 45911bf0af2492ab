package sqlite_test

import (
	"context"
	"database/sql"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"

	driver "modernc.org/sqlite"

	"cloison"
	"cloison/internal/testkit"
	"cloison/store/sqlite"
	"cloison/store/storetest"
)

// TestMain lets the test binary be the child that a crash test kills.
func TestMain(m *testing.M) {
	if path := os.Getenv("CLOISON_TEST_DISCLOSER"); path != "" {
		db, err := sqlite.Open(context.Background(), path, sqlite.Options{})
		if err == nil {
			err = storetest.Discloser(context.Background(), db, os.Getenv("CLOISON_TEST_NAME"), os.Stdout)
		}
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	if path := os.Getenv("CLOISON_TEST_KEEPER"); path != "" {
		db, err := sqlite.Open(context.Background(), path, sqlite.Options{})
		if err == nil {
			err = storetest.Keep(context.Background(), db, os.Getenv("CLOISON_TEST_LOG"), os.Getenv("CLOISON_TEST_DEATH"))
		}
		if err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		os.Exit(0)
	}
	os.Exit(m.Run())
}

// TestRetentionCrash kills who drops rows, at each step.
func TestRetentionCrash(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "cloison.db")
	open(t, path, sqlite.Options{Migrate: true})
	storetest.RunRetentionCrash(t, func(t *testing.T) storetest.All { return open(t, path, sqlite.Options{}) }, keeper(path), nil)
}

func keeper(path string) func(dir, death string) *exec.Cmd {
	return func(dir, death string) *exec.Cmd {
		c := exec.Command(os.Args[0])
		c.Env = append(os.Environ(), "CLOISON_TEST_KEEPER="+path, "CLOISON_TEST_LOG="+dir, "CLOISON_TEST_DEATH="+death)
		return c
	}
}

func TestContract(t *testing.T) {
	storetest.Run(t, func(t *testing.T) storetest.Open {
		path := testkit.SQLite(t)
		return func(t *testing.T) storetest.All { return open(t, path, sqlite.Options{}) }
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

// TestCrash kills two processes that disclose into one file.
func TestCrash(t *testing.T) {
	path := testkit.SQLite(t)
	storetest.RunCrash(t, func(t *testing.T) storetest.All { return open(t, path, sqlite.Options{}) },
		func(name string) *exec.Cmd {
			c := exec.Command(os.Args[0])
			c.Env = append(os.Environ(), "CLOISON_TEST_DISCLOSER="+path, "CLOISON_TEST_NAME="+name)
			c.Stderr = os.Stderr
			return c
		}, func(*testing.T) {})
}

// TestFullDisk fills a small file system: commits are refused and lose nothing, and go on when there is room again.
func TestFullDisk(t *testing.T) {
	if os.Getuid() != 0 {
		t.Skip("only root can mount a small file system")
	}
	dir := t.TempDir()
	if err := syscall.Mount("tmpfs", dir, "tmpfs", 0, "size=3m"); err != nil {
		t.Skip("cannot mount a small file system here: ", err)
	}
	t.Cleanup(func() { _ = syscall.Unmount(dir, 0) })
	db := open(t, filepath.Join(dir, "cloison.db"), sqlite.Options{Migrate: true})
	defer db.Close() // before the file system goes
	filler := filepath.Join(dir, "filler")
	if err := os.WriteFile(filler, make([]byte, 1<<20), 0o600); err != nil {
		t.Fatal(err)
	}
	storetest.RunFull(t, db, func() {
		if err := os.Remove(filler); err != nil {
			t.Fatal(err)
		}
	})
}

func TestOpenRefuses(t *testing.T) {
	missing := filepath.Join(t.TempDir(), "missing.db")
	if _, err := sqlite.Open(t.Context(), missing, sqlite.Options{}); cloison.KindOf(err) != cloison.Unavailable {
		t.Errorf("a file that is not there: %v", err)
	}
	if _, err := os.Stat(missing); err == nil {
		t.Error("a file was created without being asked for")
	}
	text := filepath.Join(t.TempDir(), "text.db")
	if err := os.WriteFile(text, []byte(strings.Repeat("this is no database\n", 100)), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := sqlite.Open(t.Context(), text, sqlite.Options{Migrate: true}); cloison.KindOf(err) != cloison.Unavailable {
		t.Errorf("a file that is no database: %v", err)
	}
	for _, c := range []struct{ change, says string }{
		{"DELETE FROM goose_db_version WHERE version_id > 0", "cloison migrate"},
		{"INSERT INTO goose_db_version (version_id, is_applied) VALUES (9999, 1)", "newer program"},
	} {
		path := filepath.Join(t.TempDir(), "cloison.db")
		open(t, path, sqlite.Options{Migrate: true}).Close()
		db, err := sql.Open("sqlite", path)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := db.Exec(c.change); err != nil {
			t.Fatal(err)
		}
		db.Close()
		_, err = sqlite.Open(t.Context(), path, sqlite.Options{})
		if err == nil || !strings.Contains(err.Error(), c.says) {
			t.Errorf("after %s: %v, want a word about %q", c.change, err, c.says)
		}
	}
}

// TestMigrateTogether has several processes' worth of migrations at once.
func TestMigrateTogether(t *testing.T) {
	path := filepath.Join(t.TempDir(), "cloison.db")
	var group sync.WaitGroup
	for range 4 {
		group.Go(func() {
			db, err := sqlite.Open(t.Context(), path, sqlite.Options{Migrate: true})
			if err != nil {
				t.Error(err)
				return
			}
			db.Close()
		})
	}
	group.Wait()
}

func TestFaults(t *testing.T) {
	storetest.RunFaults(t, func(t *testing.T) storetest.Faulty {
		path := testkit.SQLite(t)
		fault := &testkit.Fault{}
		return storetest.Faulty{
			Open: func(t *testing.T) storetest.All {
				return open(t, path, sqlite.Options{Driver: testkit.FaultDriver{Driver: &driver.Driver{}, Fault: fault}})
			},
			Direct: func(t *testing.T) storetest.All { return open(t, path, sqlite.Options{}) },
			Arm:    fault.Arm, Disarm: fault.Disarm,
			Dump: dumper(t, path),
		}
	})
}

// dumper returns what reads every table, always in the same way: its one statement is prepared once.
func dumper(t *testing.T, path string) func() string {
	t.Helper()
	db, err := sql.Open("sqlite", path)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { db.Close() })
	lines := text(t, db.QueryRow(`SELECT group_concat(lines, ' UNION ALL ') FROM (
		SELECT format('SELECT concat_ws('','', %Q, %s) AS line FROM %s', m.name, group_concat('quote(' || p.name || ')'), m.name) AS lines
		FROM sqlite_schema AS m, pragma_table_info(m.name) AS p WHERE m.type = 'table' AND m.name NOT LIKE 'goose%' GROUP BY m.name)`))
	everything, err := db.Prepare("SELECT coalesce(group_concat(line, char(10)), '') FROM (" + lines + ")")
	if err != nil {
		t.Fatal(err)
	}
	return func() string { return text(t, everything.QueryRow()) }
}

func text(t *testing.T, row *sql.Row) (s string) {
	t.Helper()
	if err := row.Scan(&s); err != nil {
		t.Fatal(err)
	}
	return s
}
