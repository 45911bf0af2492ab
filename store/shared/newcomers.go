package shared

import (
	"context"
	"time"

	"cloison"
	"cloison/access/approval"
	"cloison/access/directory"
)

// AddList counts and stores in one transaction, like AddProposal.
func (db ProposalStore) AddList(ctx context.Context, p approval.Proposal, since time.Time, maxMaker, maxStructure int,
	listSince time.Time) error {
	return db.Guarded(ctx, func(t Tx) error {
		var lists int
		err := t.Row(`SELECT count(*) FROM proposal WHERE structure = $1 AND kind = $2 AND state IN ('open', 'approved') AND made >= $3`,
			string(p.Structure), string(p.Kind), listSince).Scan(&lists)
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
			err := t.Run("INSERT INTO newcomer (proposal, line, name, email, roles, account) VALUES ($1, $2, $3, $4, $5, 0)",
				int64(p.ID), n.Line, n.Name.Reveal(), n.Email.Reveal(), int64(n.Roles))
			if err != nil {
				return err
			}
		}
		var asked int
		err = t.Row(`SELECT count(*) FROM newcomer n JOIN proposal p ON p.state = 'open' AND p.kind = 'new_account' AND p.structure = $1
			AND lower(n.email) = lower(p.email) WHERE n.proposal = $2`, string(p.Structure), int64(p.ID)).Scan(&asked)
		if err == nil && asked > 0 {
			return cloison.Errorf(cloison.Conflict, "%d of its lines are proposed already, and wait for their approver", asked)
		}
		return err
	})
}

// newcomers reads the lines of a list.
func (db ProposalStore) newcomers(ctx context.Context, id cloison.ActID) ([]approval.Colleague, error) {
	dest := func(n *approval.Colleague) []any {
		return []any{&n.Line, (*string)(&n.Name), (*string)(&n.Email), (*uint16)(&n.Roles), (*int64)(&n.Account)}
	}
	return List(ctx, db.Engine, Into(dest),
		"SELECT line, name, email, roles, account FROM newcomer WHERE proposal = $1 ORDER BY line", int64(id))
}

// ApproveList makes all of a list's accounts and codes, or none.
func (db ProposalStore) ApproveList(ctx context.Context, p approval.Proposal, accounts []directory.Account,
	codes []approval.Enrolment) error {
	return db.Change(ctx, func(t Tx) error {
		if err := t.endProposal(p); err != nil {
			return err
		}
		for i, a := range accounts {
			if err := t.InsertAccount(a); err != nil {
				return err
			}
			if err := t.addCode(codes[i]); err != nil {
				return err
			}
			err := t.Run("UPDATE newcomer SET account = $1 WHERE proposal = $2 AND line = $3", int64(a.ID), int64(p.ID),
				p.List[i].Line)
			if err != nil {
				return err
			}
		}
		return nil
	})
}

// Listed reports whether the account came by a list.
func (db ProposalStore) Listed(ctx context.Context, account cloison.AccountID) (bool, error) {
	return Value[bool](ctx, db.Engine, "SELECT EXISTS (SELECT 1 FROM newcomer WHERE account = $1 AND account <> 0)",
		int64(account))
}
