package main

import (
	"bytes"
	"database/sql"
	"encoding/json"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	_ "modernc.org/sqlite" // the test changes a row behind everybody's back
)

// run runs one command line of the program and returns its exit code and what it wrote.
func run(t *testing.T, args ...string) (code int, stdout, stderr string) {
	t.Helper()
	var out, errs bytes.Buffer
	p := &Program{Stdin: strings.NewReader(""), Stdout: &out, Stderr: &errs, Now: time.Now}
	code = p.Run(t.Context(), args)
	return code, out.String(), errs.String()
}

// TestDemo is the product's promise on a small network: the unprotected tool loses thousands of files, Cloison none or
// a bounded few, and what it says of them is exact. It then changes one byte of one sealed row, and every command is
// tried on what the demo left.
func TestDemo(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "demo")
	code, out, errs := run(t, "demo", "--once", "--json", "--persons", "20000", "--dir", dir)
	if code != 0 {
		t.Fatalf("exit %d: %s\n%s", code, errs, out)
	}
	var report demoReport
	if err := json.Unmarshal([]byte(out), &report); err != nil {
		t.Fatalf("%v in %s", err, out)
	}
	if report.PersonsTotal != 20000 || len(report.Drills) != 3 {
		t.Fatalf("%+v", report)
	}
	for _, d := range report.Drills {
		if !d.Pass || !d.ExposureExact || !d.LedgerVerified || d.Unprotected == nil || d.Unprotected.PersonsExposed < 1000 || len(d.Phases) < 4 {
			t.Errorf("%s: %+v", d.Strength, d)
		}
		switch d.Strength {
		case "password", "session":
			if d.AccountsCreated != 0 || d.PersonsExposed > d.PresenceLease {
				t.Errorf("%s: %+v", d.Strength, d)
			}
		case "accomplice":
			if d.PersonsExposed == 0 || d.PersonsExposed > d.PersonsBound || d.PersonsBound > 60 || d.LineageCut != 3 || !d.Detected ||
				d.ContainedAfterMS == nil || d.ReadsAfterCut != 0 {
				t.Errorf("%s: %+v", d.Strength, d)
			}
		}
	}
	config := filepath.Join(dir, "cloison.yaml")
	t.Run("verbs", func(t *testing.T) { verbsAfterDemo(t, config) })
	t.Run("changed row", func(t *testing.T) { changedRow(t, dir, config) })
}

// verbsAfterDemo tries what an operator does next.
func verbsAfterDemo(t *testing.T, config string) {
	for _, c := range []struct {
		args []string
		code int
		want string // in standard output, or in standard error when the code is not 0
	}{
		{[]string{"check"}, 0, "It is in order"},
		{[]string{"--json", "check"}, 0, `"console.url"`},
		{[]string{"migrate"}, 0, ""},
		{[]string{"blast-radius", "--limit", "3"}, 0, "whole lineage"},
		{[]string{"--json", "blast-radius", "--limit", "3"}, 0, `"together"`},
		{[]string{"ledger", "verify"}, 0, "The ledger is whole"},
		{[]string{"ledger", "checkpoint"}, 0, "cloison.example/demo"},
		{[]string{"ledger", "prove", "1"}, 0, "cloison.example/demo"},
		{[]string{"ledger", "prove", "100000"}, 1, "row 100000"},
		{[]string{"enrol", "nobody"}, 2, "names no account"},
		{[]string{"enrol", "nobody@ml.example"}, 1, "cloison accounts lists all"},
		{[]string{"accounts", "--limit", "2"}, 0, "and others"},
		{[]string{"accounts", "--words", "zzzzzz"}, 0, "No account"},
		{[]string{"accounts", "--state", "tired"}, 2, "--state"},
		{[]string{"accounts", "--role", "king"}, 2, "--role"},
		{[]string{"enrol", "a00000000000z"}, 1, ""},
		{[]string{"contain", "a00000000000z", "--preview"}, 1, ""},
		{[]string{"exposure"}, 2, "at least one"},
		{[]string{"exposure", "--accounts", "a00000000000z", "--since", "yesterday"}, 2, "is not a moment"},
		{[]string{"drill", "list"}, 0, "rgc-hijack"},
		{[]string{"drill", "run", "nothing", "--persons", "4000"}, 2, `drill "nothing": unknown`},
		{[]string{"demo", "--persons", "3"}, 2, "at least 4 000"},
		{[]string{"fly"}, 2, "cloison --help"},
		{[]string{"--help"}, 0, "blast-radius"},
	} {
		code, out, errs := run(t, append([]string{"--config", config}, c.args...)...)
		said := out
		if c.code != 0 {
			said = errs
		}
		if code != c.code || !strings.Contains(said, c.want) {
			t.Errorf("cloison %s: exit %d, want %d and %q:\n%s%s", strings.Join(c.args, " "), code, c.code, c.want, out, errs)
		}
	}
	firstOfficer(t, config)
	rollOfCut(t, config)
}

// firstOfficer imports an officer of whom nobody knows the subject yet, finds the account and gives it a code by its address.
func firstOfficer(t *testing.T, config string) {
	t.Helper()
	verb := func(into any, args ...string) {
		t.Helper()
		code, out, errs := run(t, append([]string{"--config", config, "--json"}, args...)...)
		if code != 0 {
			t.Fatalf("cloison %s: exit %d\n%s%s", strings.Join(args, " "), code, out, errs)
		}
		if err := json.Unmarshal([]byte(out), into); err != nil {
			t.Fatalf("cloison %s: %v\n%s", strings.Join(args, " "), err, out)
		}
	}
	var listed struct {
		Accounts []listedAccount `json:"accounts"`
	}
	verb(&listed, "accounts", "--role", "officer", "--limit", "1")
	if len(listed.Accounts) != 1 || listed.Accounts[0].Sub == "" || !slices.Contains(listed.Accounts[0].Roles, "officer") {
		t.Fatalf("officers: %+v", listed.Accounts)
	}
	file := filepath.Join(t.TempDir(), "officer.csv")
	line := "structure,name,email,roles\n" + string(listed.Accounts[0].Structure) + ",Dominique Exemple,Premier.Officier@body.example,officer\n"
	if err := os.WriteFile(file, []byte(line), 0o600); err != nil {
		t.Fatal(err)
	}
	var anything any
	verb(&anything, "import", "accounts", file)
	var issued struct{ Account, Code string }
	verb(&issued, "enrol", "premier.officier@body.example")
	verb(&listed, "accounts", "--words", "premier.officier", "--state", "pending")
	if len(listed.Accounts) != 1 || listed.Accounts[0].ID.String() != issued.Account || issued.Code == "" {
		t.Errorf("enrolled %+v of %+v", issued, listed.Accounts)
	}
	if code, out, errs := run(t, "--config", config, "enrol", "premier.officier@body.example"); code != 0 ||
		!strings.Contains(out, "For Dominique Exemple, account "+issued.Account+": officer of ") {
		t.Errorf("exit %d, and nobody learns whose code it is:\n%s%s", code, out, errs)
	}
	verb(&listed, "accounts", "--role", "director", "--limit", "1")
	a, err := (&env{Program: &Program{Stderr: io.Discard, Now: time.Now}, ctx: t.Context(), configPath: config}).open()
	if err != nil {
		t.Fatal(err)
	}
	namesake, err := a.Store.Account(t.Context(), listed.Accounts[0].ID)
	if err == nil {
		namesake.Email = "PREMIER.officier@body.example" // no import lets it in; an approval can
		err = a.Store.UpdateAccount(t.Context(), namesake)
	}
	a.Close()
	if err != nil {
		t.Fatal(err)
	}
	if code, out, errs := run(t, "--config", config, "enrol", "premier.officier@body.example"); code != 1 ||
		!strings.Contains(errs, "2 accounts") || !strings.Contains(errs, issued.Account) || strings.Contains(errs, "body.example") {
		t.Errorf("an address of two: exit %d\n%s%s", code, out, errs)
	}
}

// rollOfCut draws the roll of the demo's cut by its number, as an officer would.
func rollOfCut(t *testing.T, config string) {
	h, err := (&env{Program: &Program{Stderr: io.Discard, Now: time.Now}, ctx: t.Context(), configPath: config}).open()
	if err != nil {
		t.Fatal(err)
	}
	cuts, err := h.Store.Cuts(t.Context())
	h.Close()
	if err != nil || len(cuts) != 1 {
		t.Fatal(cuts, err)
	}
	file := filepath.Join(t.TempDir(), "roll.csv")
	code, out, errs := run(t, "--config", config, "--json", "exposure", "--incident", cuts[0].ID.String(), "--roll", file)
	var roll struct{ Persons, Rows int64 }
	if err := json.Unmarshal([]byte(out), &roll); code != 0 || err != nil || roll.Persons != 40 || roll.Rows < 40 {
		t.Fatalf("exit %d, %v: %s%s", code, err, out, errs)
	}
	info, err := os.Stat(file)
	if err != nil || info.Mode().Perm() != 0o600 {
		t.Fatalf("the roll is personal data: %v, %v", info.Mode(), err)
	}
	if b, _ := os.ReadFile(file); bytes.Count(b, []byte("\n")) != 41 {
		t.Errorf("the roll has %d lines for 40 persons", bytes.Count(b, []byte("\n")))
	}
}

// changedRow changes one sealed row in the database and asks for the row by name.
func changedRow(t *testing.T, dir, config string) {
	db, err := sql.Open("sqlite", filepath.Join(dir, "cloison.db"))
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	if _, err := db.ExecContext(t.Context(), "UPDATE disclosure SET at = at + 1 WHERE seq = 7"); err != nil {
		t.Fatal(err)
	}
	if code, out, errs := run(t, "--config", config, "ledger", "verify"); code != 1 || !strings.Contains(out, "row 7: row changed") {
		t.Errorf("exit %d:\n%s%s", code, out, errs)
	}
	if _, err := db.ExecContext(t.Context(), "UPDATE disclosure SET at = at - 1 WHERE seq = 7; DELETE FROM disclosure WHERE seq = 9"); err != nil {
		t.Fatal(err)
	}
	if code, out, errs := run(t, "--config", config, "ledger", "verify"); code != 1 || !strings.Contains(out, "row 9: row missing") {
		t.Errorf("exit %d:\n%s%s", code, out, errs)
	}
}
