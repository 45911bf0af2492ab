package sqlite

import (
	"context"
	"database/sql"
	"encoding/json"

	"cloison"
	"cloison/access/directory"
)

const accountColumns = `id, structure, name, email, idp, sub, roles, state, created, created_by, approved_by, reenrolled_by,
	lineage, probation_until, awareness_until, managers_until, suspended_at, suspended_by, suspended_in, reason, last_seen, version`

func scanAccount(row scanner) (a directory.Account, err error) {
	err = row.Scan(accountDest(&a)...)
	return a, err
}

func accountDest(a *directory.Account) []any {
	return []any{&a.ID, &a.Structure, &a.Name, &a.Email, &a.Binding.IdP, &a.Binding.Sub, &a.Roles, &a.State,
		(*moment)(&a.Created), &a.CreatedBy, &a.ApprovedBy, &a.ReenrolledBy, &a.Lineage, (*moment)(&a.ProbationUntil),
		(*moment)(&a.AwarenessUntil), (*moment)(&a.ManagersUntil), (*moment)(&a.SuspendedAt), &a.SuspendedBy, &a.SuspendedIn,
		&a.Reason, (*moment)(&a.LastSeen), &a.Version}
}

// accountArgs are the account's columns in order, with that version, and what it is searched by.
func accountArgs(a directory.Account, version int64) []any {
	return []any{int64(a.ID), string(a.Structure), a.Name.Reveal(), a.Email.Reveal(), a.Binding.IdP, a.Binding.Sub,
		int64(a.Roles), int64(a.State), millis(a.Created), int64(a.CreatedBy), int64(a.ApprovedBy), int64(a.ReenrolledBy),
		int64(a.Lineage), millis(a.ProbationUntil), millis(a.AwarenessUntil), millis(a.ManagersUntil), millis(a.SuspendedAt),
		int64(a.SuspendedBy), int64(a.SuspendedIn), a.Reason, millis(a.LastSeen), version, a.Folded()}
}

// Account finds an account by its id.
func (db *DB) Account(ctx context.Context, id cloison.AccountID) (a directory.Account, err error) {
	err = db.get(ctx, "account", "SELECT "+accountColumns+" FROM account WHERE id = ?", []any{int64(id)}, accountDest(&a))
	return a, err
}

// AccountsByID finds accounts, whatever their number.
func (db *DB) AccountsByID(ctx context.Context, ids []cloison.AccountID) (accounts []directory.Account, err error) {
	numbers := make([]int64, len(ids)) // an id's own JSON is its text
	for i, id := range ids {
		numbers[i] = int64(id)
	}
	list, err := json.Marshal(numbers)
	if err != nil {
		return nil, err
	}
	err = db.each(ctx, "SELECT "+accountColumns+" FROM account WHERE id IN (SELECT value FROM json_each(?))", []any{string(list)}, func(rows *sql.Rows) error {
		a, err := scanAccount(rows)
		accounts = append(accounts, a)
		return unavailable(err)
	})
	return accounts, err
}

// AccountByBinding finds the account of one subject of one identity provider. The zero binding is nobody's.
func (db *DB) AccountByBinding(ctx context.Context, b directory.Binding) (a directory.Account, err error) {
	err = db.get(ctx, "account", "SELECT "+accountColumns+" FROM account WHERE idp = ? AND sub = ? AND sub <> ''",
		[]any{b.IdP, b.Sub}, accountDest(&a))
	return a, err
}

// AccountsByEmail finds accounts by address, through its index.
func (db *DB) AccountsByEmail(ctx context.Context, email cloison.Personal) (accounts []directory.Account, err error) {
	err = db.each(ctx, "SELECT "+accountColumns+" FROM account WHERE email = ? COLLATE NOCASE AND email <> '' ORDER BY id",
		[]any{email.Reveal()}, func(rows *sql.Rows) error {
			a, err := scanAccount(rows)
			accounts = append(accounts, a)
			return unavailable(err)
		})
	return accounts, err
}

// Accounts lists a page of accounts.
func (db *DB) Accounts(ctx context.Context, structure cloison.StructureID, after cloison.AccountID, limit int) (
	[]directory.Account, error,
) {
	query, args := "SELECT "+accountColumns+" FROM account WHERE structure = ? AND id > ? ORDER BY id LIMIT ?",
		[]any{string(structure), int64(after), limit}
	if structure == "" {
		query, args = "SELECT "+accountColumns+` FROM account
			WHERE ?1 = 0 OR (structure, id) > ((SELECT structure FROM account WHERE id = ?1), ?1)
			ORDER BY structure, id LIMIT ?2`, []any{int64(after), limit}
	}
	var accounts []directory.Account
	err := db.each(ctx, query, args, func(rows *sql.Rows) error {
		a, err := scanAccount(rows)
		accounts = append(accounts, a)
		return unavailable(err)
	})
	return accounts, err
}

// UpdateAccount replaces an account, and raises the fence.
func (db *DB) UpdateAccount(ctx context.Context, a directory.Account) error {
	return db.tx(ctx, func(t *tx) error {
		if err := t.replaceAccount(a); err != nil {
			return err
		}
		return t.raiseFence()
	})
}

// replaceAccount updates an account and, unless it is active, ends its sessions.
func (t *tx) replaceAccount(a directory.Account) error {
	err := t.updateAccount(a)
	if err == nil && a.State != directory.Active {
		_, err = t.endSessions(a.ID, 0, a.Reason, a.SuspendedAt)
	}
	return err
}

func (t *tx) updateAccount(a directory.Account) error {
	args := append(accountArgs(a, a.Version+1), a.Version)
	n, err := t.exec("UPDATE account SET ("+accountColumns+`, folded) =
		(?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17, ?18, ?19, ?20, max(last_seen, ?21), ?22, ?23)
		WHERE id = ?1 AND version = ?24`, args...)
	switch {
	case exists(err):
		return cloison.Errorf(cloison.Conflict, "another account is bound to that identity already: %w", err)
	case err != nil || n > 0:
		return err
	}
	var there bool
	if err := t.row("SELECT count(*) FROM account WHERE id = ?", int64(a.ID)).Scan(&there); err != nil {
		return err
	}
	if !there {
		return cloison.Errorf(cloison.NotFound, "there is no such account")
	}
	return stale("account")
}

func (t *tx) insertAccount(a directory.Account) error {
	err := t.run("INSERT INTO account ("+accountColumns+`, folded)
		VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`, accountArgs(a, 1)...)
	if exists(err) {
		return cloison.Errorf(cloison.Conflict, "that account, or one with that identity, exists already: %w", err)
	}
	return err
}

const structureColumns = "id, siret, label, network, area, commune, median_day, merged_into"

func structureDest(s *directory.Structure) []any {
	return []any{&s.ID, &s.SIRET, &s.Label, &s.Network, &s.Area, &s.Commune, &s.MedianDay, &s.Into}
}

// Structure finds a structure by its id.
func (db *DB) Structure(ctx context.Context, id cloison.StructureID) (s directory.Structure, err error) {
	err = db.get(ctx, "structure", "SELECT "+structureColumns+" FROM structure WHERE id = ?", []any{string(id)}, structureDest(&s))
	return s, err
}

// Structures lists all structures by id.
func (db *DB) Structures(ctx context.Context) ([]directory.Structure, error) {
	var list []directory.Structure
	err := db.each(ctx, "SELECT "+structureColumns+" FROM structure ORDER BY id", nil, func(rows *sql.Rows) error {
		var s directory.Structure
		err := rows.Scan(structureDest(&s)...)
		list = append(list, s)
		return unavailable(err)
	})
	return list, err
}
