package sqlite

import (
	"context"
	"time"

	"cloison"
	"cloison/incident/contain"
	"cloison/store/shared"
)

// Descent reads the edges that leave the accounts, from the accounts themselves and from approved proposals. It names
// its indexes: most accounts have no maker, and the planner would conclude that it has to read them all.
func (db *DB) Descent(ctx context.Context, of []cloison.AccountID, since time.Time) ([]contain.Link, error) {
	var links []contain.Link
	err := db.each(ctx, `WITH source (id) AS (SELECT value FROM json_each(?1)),
		link (origin, target, how, at) AS (
			SELECT created_by, id, 'created', created FROM account INDEXED BY account_created_by WHERE created_by IN source
			UNION ALL SELECT approved_by, id, 'approved', created FROM account INDEXED BY account_approved_by WHERE approved_by IN source
			UNION ALL SELECT made_by, account,
				CASE kind WHEN 'rebind' THEN 're-enrolled' WHEN 'reinstate' THEN 'reinstated' WHEN 'new_roles' THEN 'changed' ELSE 'created' END, decided
				FROM proposal INDEXED BY proposal_maker WHERE made_by IN source AND state = 'approved'
			UNION ALL SELECT decided_by, account, 'approved', decided
				FROM proposal INDEXED BY proposal_decider WHERE decided_by IN source AND state = 'approved'
			UNION ALL SELECT decided_by, newcomer.account, 'approved', decided
				FROM proposal INDEXED BY proposal_decider JOIN newcomer ON proposal = proposal.id WHERE decided_by IN source AND state = 'approved')
		SELECT origin, how, max(at), `+shared.AccountColumns+` FROM link JOIN account ON account.id = target
		WHERE at >= ?2 AND origin <> 0 GROUP BY origin, target, how ORDER BY max(at), target, origin, how`, []any{shared.Numbers(of), since},
		func(row shared.Row) error {
			var l contain.Link
			err := row.Scan(append([]any{(*int64)(&l.From), &l.How, &l.At}, shared.AccountDest(&l.Account)...)...)
			l.To = l.Account.ID
			links = append(links, l)
			return err
		})
	return links, err
}
