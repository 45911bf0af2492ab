package storetest

import (
	"context"
	"database/sql"
	"fmt"
	"io/fs"
	"testing"
	"time"

	"github.com/pressly/goose/v3"

	"cloison"
	"cloison/access/approval"
	"cloison/access/directory"
	"cloison/ledger"
)

// Release makes of an empty database one of the released schema, 0001, with a few rows. when writes a moment as the
// engine keeps it; "" is how it says never. first are statements that the engine needs before its rows.
func Release(t *testing.T, dialect goose.Dialect, migrations fs.FS, pool *sql.DB, when func(time.Time) string, first ...string) {
	t.Helper()
	p, err := goose.NewProvider(dialect, pool, migrations, goose.WithDisableGlobalRegistry(true))
	if err == nil {
		_, err = p.UpTo(t.Context(), 1)
	}
	if err != nil {
		t.Fatal(err)
	}
	never, at := when(time.Time{}), when(noon())
	for _, statement := range append(first,
		"INSERT INTO structure VALUES ('ML1', '1', 'Mission locale', 'n', 'a', 'c', 3)",
		fmt.Sprintf(`INSERT INTO account VALUES (41, 'ML1', 'Claire Exemple', 'claire@ml1.example', 'idp', 'claire', 1, 1, %[2]s, 0, 0, 0, 41, %[1]s, %[2]s, %[1]s,
			%[1]s, 0, 0, '', %[2]s, 5)`, never, at),
		fmt.Sprintf(`INSERT INTO proposal VALUES (42, 'new_account', 'ML1', 0, 'Camille', 'camille@ml1.example', 1, 41, %[2]s, 7, 'open', 0, %[1]s, '', 1)`, never, at),
		fmt.Sprintf("UPDATE gate SET next_seq = 2, fence = 3, last_at = %[1]s, opened_at = %[1]s", at),
	) {
		if _, err := pool.ExecContext(t.Context(), statement); err != nil {
			t.Fatalf("%s: %v", statement, err)
		}
	}
	_, err = pool.ExecContext(t.Context(), `INSERT INTO disclosure (seq, at, account, structure, tool, operation, person, fields, explanation, session, request, nonce)
		VALUES (1, `+at+`, 41, 'ML1', 'tool', 'file', 'p1', 1, 'caseload', 7, 'r', $1)`, make([]byte, len(ledger.Row{}.Nonce)))
	if err != nil {
		t.Fatal(err)
	}
}

// CheckReleased reads the rows of Release back from the schema of today.
func CheckReleased(t *testing.T, db All) {
	t.Helper()
	ctx := context.WithoutCancel(t.Context())
	a, err := db.Account(ctx, 41)
	want := directory.Account{ID: 41, Structure: "ML1", Name: "Claire Exemple", Email: "claire@ml1.example", Binding: directory.Binding{IdP: "idp", Sub: "claire"},
		Roles: directory.Adviser, State: directory.Active, Created: noon(), Lineage: 41, AwarenessUntil: noon(), LastSeen: noon(), Version: 5}
	if err != nil || a != want {
		t.Errorf("the account is %+v, %v", a, err)
	}
	found, err := db.FindAccounts(ctx, directory.Search{Words: "claire", Limit: 9})
	if err != nil || len(found) != 1 {
		t.Errorf("by its name are found %d, %v", len(found), err)
	}
	p, err := db.Proposal(ctx, 42)
	if err != nil || p.State != approval.Open || p.By != 41 || p.Name != "Camille" || !p.Made.Equal(noon()) || p.Version != 1 {
		t.Errorf("the proposal is %+v, %v", p, err)
	}
	rows, err := db.Rows(ctx, 0, 9)
	if err != nil || len(rows) != 1 || rows[0].Account != 41 || rows[0].Person != cloison.PersonRef("p1") || !rows[0].At.Equal(noon()) {
		t.Errorf("the ledger is %+v, %v", rows, err)
	}
	if g, err := db.Gate(ctx); err != nil || g.NextSeq != 2 || g.Fence < 3 {
		t.Errorf("the gate is %+v, %v", g, err)
	}
}
