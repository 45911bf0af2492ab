package storetest_test

import (
	"database/sql"
	"fmt"
	"path/filepath"
	"testing"
	"time"

	"cloison"
	"cloison/access/directory"
	"cloison/access/explanation"
	"cloison/incident/exposure"
	"cloison/store/postgres"
	"cloison/store/sqlite"
	"cloison/store/storetest"
)

// BenchmarkDisclosures streams one account's 200 000 rows out of a million on SQLite, most of them filed.
func BenchmarkDisclosures(b *testing.B) {
	path := filepath.Join(b.TempDir(), "cloison.db")
	db, err := sqlite.Open(b.Context(), path, sqlite.Options{Migrate: true})
	if err != nil {
		b.Fatal(err)
	}
	defer db.Close()
	raw, err := sql.Open("sqlite", "file:"+path+"?_pragma=synchronous(OFF)&_pragma=cache_size(-500000)")
	if err != nil {
		b.Fatal(err)
	}
	if _, err := raw.Exec(`WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 1000000)
		INSERT INTO disclosure (seq, at, account, structure, tool, operation, person, fields, explanation, session, request, nonce, filed)
		SELECT i, 1700000000000 + i * 3, iif(i % 5 = 0, 1, 2 + i % 9999), 'ML1', 'dossiers', 'read', printf('%08d', i * 7919 % 1600000), 127,
			'caseload', 1, 'r', zeroblob(16), i <= 999000 FROM n`); err != nil {
		b.Fatal(err)
	}
	raw.Close()
	for b.Loop() {
		n := 0
		err := db.Disclosures(b.Context(), 1, time.Time{}, time.Time{}, func(d exposure.Disclosed) error {
			if d.Fields&cloison.NIR != 0 {
				n++
			}
			return nil
		})
		if err != nil || n != 200_000 {
			b.Fatal(n, err)
		}
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/200_000, "ns/row")
}

// BenchmarkImportCaseload imports assignments in batches, as the command does: 13 000 agents in the order of an export.
func BenchmarkImportCaseload(b *testing.B) {
	pg, _ := openPostgres(b, postgres.Options{})
	for name, db := range map[string]storetest.All{"sqlite": openSQLite(b), "postgres": pg} {
		b.Run(name, func(b *testing.B) {
			if _, err := db.ImportStructures(b.Context(), []directory.Structure{{ID: "ML1"}}); err != nil {
				b.Fatal(err)
			}
			accounts := make([]directory.Account, 13_000)
			for i := range accounts {
				accounts[i] = directory.Account{Structure: "ML1", Binding: directory.Binding{IdP: "idp", Sub: fmt.Sprint(i)}}
			}
			if _, err := db.ImportAccounts(b.Context(), accounts); err != nil {
				b.Fatal(err)
			}
			const lines = 4000
			batch, n := make([]explanation.Assignment, lines), 0
			for b.Loop() {
				for i := range batch {
					batch[i] = explanation.Assignment{Binding: accounts[n/100%len(accounts)].Binding, Means: explanation.Caseload,
						Person: cloison.PersonRef(fmt.Sprintf("%08d", n*7919%1_600_000)), Since: time.UnixMilli(1_700_000_000_000)}
					n++
				}
				if _, err := db.ImportCaseload(b.Context(), batch); err != nil {
					b.Fatal(err)
				}
			}
			b.ReportMetric(float64(lines)*float64(b.N)/b.Elapsed().Seconds(), "lines/s")
		})
	}
}
