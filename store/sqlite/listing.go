package sqlite

import (
	"context"
	"database/sql"
	"time"

	"cloison"
	"cloison/access/approval"
	"cloison/access/directory"
)

// AddList counts and stores in one transaction, like AddProposal.
func (db *DB) AddList(ctx context.Context, p approval.Proposal, since time.Time, maxMaker, maxStructure int, listSince time.Time) error {
	return db.tx(ctx, func(t *tx) error {
		var lists int
		err := t.row(`SELECT count(*) FROM proposal WHERE structure = ? AND kind = ? AND state IN ('open', 'approved') AND made >= ?`,
			string(p.Structure), string(p.Kind), millis(listSince)).Scan(&lists)
		switch {
		case err != nil:
			return err
		case lists > 0:
			return cloison.Errorf(cloison.Denied, "its structure made a list already: wait, or ask the officer")
		}
		if err := t.addProposal(p, since, maxMaker, maxStructure); err != nil {
			return err
		}
		for _, n := range p.List {
			err := t.run("INSERT INTO newcomer (proposal, line, name, email, roles, account) VALUES (?, ?, ?, ?, ?, 0)", int64(p.ID), n.Line,
				n.Name.Reveal(), n.Email.Reveal(), int64(n.Roles))
			if err != nil {
				return err
			}
		}
		var asked int
		err = t.row(`SELECT count(*) FROM newcomer n JOIN proposal p ON p.state = 'open' AND p.kind = 'new_account' AND p.structure = ?1
			AND n.email = p.email COLLATE NOCASE WHERE n.proposal = ?2`, string(p.Structure), int64(p.ID)).Scan(&asked)
		if err == nil && asked > 0 {
			return cloison.Errorf(cloison.Conflict, "%d of its lines are proposed already, and wait for their approver", asked)
		}
		return err
	})
}

// newcomers reads the lines of a list.
func (db *DB) newcomers(ctx context.Context, id cloison.ActID) (list []approval.Colleague, err error) {
	err = db.each(ctx, "SELECT line, name, email, roles, account FROM newcomer WHERE proposal = ? ORDER BY line", []any{int64(id)},
		func(rows *sql.Rows) error {
			var n approval.Colleague
			err := rows.Scan(&n.Line, &n.Name, &n.Email, &n.Roles, &n.Account)
			list = append(list, n)
			return unavailable(err)
		})
	return list, err
}

// ApproveList makes all of a list's accounts and codes, or none.
func (db *DB) ApproveList(ctx context.Context, p approval.Proposal, accounts []directory.Account, codes []approval.Enrolment) error {
	return db.tx(ctx, func(t *tx) error {
		if err := t.endProposal(p); err != nil {
			return err
		}
		for i, a := range accounts {
			if err := t.insertAccount(a); err != nil {
				return err
			}
			if err := t.addCode(codes[i]); err != nil {
				return err
			}
			err := t.run("UPDATE newcomer SET account = ? WHERE proposal = ? AND line = ?", int64(a.ID), int64(p.ID), p.List[i].Line)
			if err != nil {
				return err
			}
		}
		return t.raiseFence()
	})
}

// Listed reports whether the account came by a list.
func (db *DB) Listed(ctx context.Context, account cloison.AccountID) (listed bool, err error) {
	err = db.get(ctx, "account", "SELECT EXISTS (SELECT 1 FROM newcomer WHERE account = ? AND account <> 0)", []any{int64(account)},
		[]any{&listed})
	return listed, err
}
