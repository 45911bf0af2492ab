package sqlite_test

import (
	"database/sql"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	driver "modernc.org/sqlite"

	"cloison/internal/testkit"
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

func TestFaults(t *testing.T) {
	template := filepath.Join(t.TempDir(), "template.db")
	open(t, template, sqlite.Options{Migrate: true}).Close()
	storetest.RunFaults(t, func(t *testing.T) storetest.Faulty {
		path := filepath.Join(t.TempDir(), "cloison.db")
		b, err := os.ReadFile(template)
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, b, 0o600); err != nil {
			t.Fatal(err)
		}
		fault := &testkit.Fault{}
		return storetest.Faulty{
			Open: func(t *testing.T) storetest.All {
				return open(t, path, sqlite.Options{Driver: testkit.FaultDriver{Driver: &driver.Driver{}, Fault: fault}})
			},
			Direct: func(t *testing.T) storetest.All { return open(t, path, sqlite.Options{}) },
			Arm:    fault.Arm, Disarm: fault.Disarm,
			Dump: func() string { return dump(t, path) },
		}
	})
}

// dump reads every table.
func dump(t *testing.T, path string) string {
	t.Helper()
	db, err := sql.Open("sqlite", path)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	var b strings.Builder
	for _, table := range texts(t, db, "SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'goose%' ORDER BY name") {
		columns := texts(t, db, "SELECT name FROM pragma_table_info('"+table+"') ORDER BY cid")
		for i, c := range columns {
			columns[i] = "quote(" + c + ")"
		}
		fmt.Fprintln(&b, table, texts(t, db, "SELECT concat_ws(',', "+strings.Join(columns, ", ")+") FROM "+table))
	}
	return b.String()
}

func texts(t *testing.T, db *sql.DB, query string) (list []string) {
	t.Helper()
	rows, err := db.Query(query)
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	for rows.Next() {
		var s string
		if err := rows.Scan(&s); err != nil {
			t.Fatal(err)
		}
		list = append(list, s)
	}
	return list
}
