package shared

import (
	"context"
	"errors"
	"strconv"
	"strings"

	"cloison"
	"cloison/access/directory"
)

// AccountColumns are the columns that AccountDest reads.
const AccountColumns = `id, structure, name, email, idp, sub, roles, state, created, created_by, approved_by, reenrolled_by,
	lineage, probation_until, awareness_until, managers_until, suspended_at, suspended_by, suspended_in, reason, last_seen, version`

// AccountDest lists where the columns of an account go.
func AccountDest(a *directory.Account) []any {
	return []any{(*int64)(&a.ID), (*string)(&a.Structure), (*string)(&a.Name), (*string)(&a.Email), &a.Binding.IdP,
		&a.Binding.Sub, (*uint16)(&a.Roles), (*uint8)(&a.State), &a.Created, (*int64)(&a.CreatedBy), (*int64)(&a.ApprovedBy),
		(*int64)(&a.ReenrolledBy), (*int64)(&a.Lineage), &a.ProbationUntil, &a.AwarenessUntil,
		&a.ManagersUntil, &a.SuspendedAt, (*int64)(&a.SuspendedBy), (*int64)(&a.SuspendedIn), &a.Reason,
		&a.LastSeen, &a.Version}
}

// AccountArgs are the account's columns in order, with that version, and the text that it is searched by. Personal
// texts are revealed: the driver would otherwise store their redacted form.
func AccountArgs(a directory.Account, version int64) []any {
	return []any{int64(a.ID), string(a.Structure), a.Name.Reveal(), a.Email.Reveal(), a.Binding.IdP, a.Binding.Sub,
		int64(a.Roles), int64(a.State), Optional(a.Created), int64(a.CreatedBy), int64(a.ApprovedBy), int64(a.ReenrolledBy),
		int64(a.Lineage), Optional(a.ProbationUntil), Optional(a.AwarenessUntil), Optional(a.ManagersUntil),
		Optional(a.SuspendedAt),
		int64(a.SuspendedBy), int64(a.SuspendedIn), a.Reason, Optional(a.LastSeen), version, a.Folded()}
}

// InsertAccount is the statement that takes AccountArgs.
const InsertAccount = "INSERT INTO account (" + AccountColumns + `, folded)
	VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21, $22, $23)`

// Account finds an account by its id.
func (db AccountStore) Account(ctx context.Context, id cloison.AccountID) (directory.Account, error) {
	return One(ctx, db.Engine, "account", Into(AccountDest), "SELECT "+AccountColumns+" FROM account WHERE id = $1", int64(id))
}

// AccountByBinding finds the account of one subject of one identity provider. The zero binding is no account's.
func (db AccountStore) AccountByBinding(ctx context.Context, b directory.Binding) (a directory.Account, err error) {
	err = db.Get(ctx, "account", "SELECT "+AccountColumns+" FROM account WHERE idp = $1 AND sub = $2 AND sub <> ''",
		[]any{b.IdP, b.Sub}, AccountDest(&a))
	return a, err
}

// Accounts lists a page of accounts.
func (db AccountStore) Accounts(ctx context.Context, structure cloison.StructureID, after cloison.AccountID, limit int) (
	[]directory.Account, error,
) {
	if structure == "" {
		return db.accounts(ctx, `$1 = 0::bigint OR (structure, id) > ((SELECT structure FROM account WHERE id = $1), $1)
			ORDER BY structure, id LIMIT $2`, int64(after), limit)
	}
	return db.accounts(ctx, "structure = $1 AND id > $2 ORDER BY id LIMIT $3", string(structure), int64(after), limit)
}

// AccountsByID finds accounts, whatever their number.
func (db AccountStore) AccountsByID(ctx context.Context, ids []cloison.AccountID) ([]directory.Account, error) {
	return db.accounts(ctx, "id = ANY($1)", Numbers(ids))
}

// AccountsByEmail finds accounts by address, through its index.
func (db AccountStore) AccountsByEmail(ctx context.Context, email cloison.Personal) ([]directory.Account, error) {
	return db.accounts(ctx, "lower(email) = lower($1) AND email <> '' ORDER BY id", email.Reveal())
}

// UpdateAccount replaces an account, and raises the fence.
func (db AccountStore) UpdateAccount(ctx context.Context, a directory.Account) error {
	return db.Change(ctx, func(t Tx) error {
		return t.ReplaceAccount(a)
	})
}

// InsertAccount stores a new account.
func (t Tx) InsertAccount(a directory.Account) error {
	err := t.Run(InsertAccount, AccountArgs(a, 1)...)
	if errors.Is(err, ErrExists) {
		return cloison.Errorf(cloison.Conflict, "that account, or one with that identity, exists already: %w", err)
	}
	return err
}

// UpdateAccount replaces an account whose version is still the one that was read.
func (t Tx) UpdateAccount(a directory.Account) error {
	n, err := t.Exec("UPDATE account SET ("+AccountColumns+`, folded) =
		($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, greatest(last_seen, $21), $22, $23)
		WHERE id = $1 AND version = $24`, append(AccountArgs(a, a.Version+1), a.Version)...)
	switch {
	case errors.Is(err, ErrExists):
		return cloison.Errorf(cloison.Conflict, "another account is bound to that identity already: %w", err)
	case err != nil || n > 0:
		return err
	}
	return t.staleOrGone("account", int64(a.ID))
}

// ReplaceAccount updates an account and, unless it is active, ends its sessions.
func (t Tx) ReplaceAccount(a directory.Account) error {
	err := t.UpdateAccount(a)
	if err == nil && a.State != directory.Active {
		_, err = t.EndSessions(a.ID, 0, a.Reason, a.SuspendedAt)
	}
	return err
}

// StillActive refuses what a cut account asked for or granted. Zero is the operator.
func (t Tx) StillActive(accounts ...cloison.AccountID) error {
	for _, id := range accounts {
		var active bool
		err := t.Row("SELECT EXISTS (SELECT 1 FROM account WHERE id = $1 AND state = $2)", int64(id),
			int64(directory.Active)).Scan(&active)
		if err != nil {
			return err
		}
		if !active && id != 0 {
			return Stale("account of who proposed or decided")
		}
	}
	return nil
}

// lockState reads an account's state, and keeps it until the transaction ends: a cut waits for this transaction, or
// this one for the cut and sees it.
func (t Tx) lockState(id cloison.AccountID) (state directory.State, err error) {
	err = t.Row("SELECT state FROM account WHERE id = $1 FOR SHARE", int64(id)).Scan((*uint8)(&state))
	return state, err
}

// staleOrGone is the error of an update that met no row with its version.
func (t Tx) staleOrGone(table string, id int64) error {
	there, err := t.Exists(table, id)
	switch {
	case err != nil:
		return err
	case !there:
		return NoSuch(table)
	}
	return Stale(table)
}

// Exists reports whether a table has a row with that id.
func (t Tx) Exists(table string, id int64) (there bool, err error) {
	err = t.Row("SELECT EXISTS (SELECT 1 FROM "+table+" WHERE id = $1)", id).Scan(&there)
	return there, err
}

// accounts lists the accounts of a condition, which may end with an order and a limit.
func (db *Engine) accounts(ctx context.Context, where string, args ...any) ([]directory.Account, error) {
	return List(ctx, db, Into(AccountDest), "SELECT "+AccountColumns+" FROM account WHERE "+where, args...)
}

// FindAccounts scans the folded column, within the structure when there is one: thirteen thousand accounts take a few
// milliseconds.
func (db AccountStore) FindAccounts(ctx context.Context, s directory.Search) ([]directory.Account, error) {
	key := map[directory.Order]string{directory.ByName: `folded COLLATE "C"`,
		directory.BySeen: "coalesce(last_seen, '-infinity')"}[s.By]
	if key == "" {
		key = "structure"
	}
	where, args := []string{"true"}, []any{}
	only := func(condition string, arg any) {
		args = append(args, arg)
		where = append(where, strings.ReplaceAll(condition, "?", "$"+strconv.Itoa(len(args))))
	}
	if s.Structure != "" {
		only("structure = ?", string(s.Structure))
	}
	if state, ok := directory.ParseState(s.State); ok {
		only("state = ?", int64(state))
	}
	if s.Roles != 0 {
		only("roles & ? <> 0", int64(s.Roles))
	}
	for _, word := range strings.Fields(directory.Fold(s.Words)) {
		only("strpos(folded, ?) > 0", word)
	}
	if s.After != 0 {
		only("("+key+", id) > (SELECT "+key+", id FROM account WHERE id = ?)", int64(s.After))
	}
	only("true ORDER BY "+key+", id LIMIT ?", s.Limit)
	return db.accounts(ctx, strings.Join(where, " AND "), args...)
}
