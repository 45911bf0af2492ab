package postgres

import (
	"context"
	"time"

	"cloison"
	"cloison/incident/contain"
	"cloison/store/shared"
)

// Descent reads the edges that leave the accounts, from the accounts themselves and from approved proposals.
func (db *DB) Descent(ctx context.Context, of []cloison.AccountID, since time.Time) ([]contain.Link, error) {
	var links []contain.Link
	err := db.each(ctx, `WITH link (origin, target, how, at) AS (
			SELECT created_by, id, 'created', created FROM account WHERE created_by = ANY($1)
			UNION ALL SELECT approved_by, id, 'approved', created FROM account WHERE approved_by = ANY($1)
			UNION ALL SELECT made_by, account,
				CASE kind WHEN 'rebind' THEN 're-enrolled' WHEN 'reinstate' THEN 'reinstated' WHEN 'new_roles' THEN 'changed' ELSE 'created' END, decided
				FROM proposal WHERE made_by = ANY($1) AND state = 'approved'
			UNION ALL SELECT decided_by, account, 'approved', decided
				FROM proposal WHERE decided_by = ANY($1) AND state = 'approved'
			UNION ALL SELECT decided_by, newcomer.account, 'approved', decided
				FROM proposal JOIN newcomer ON proposal = proposal.id WHERE decided_by = ANY($1) AND state = 'approved')
		SELECT origin, how, latest, `+shared.AccountColumns+` FROM account JOIN (SELECT origin, target, how, max(at) AS latest FROM link
			WHERE at >= $2 AND origin <> 0 GROUP BY origin, target, how) AS l ON account.id = target
		ORDER BY latest, target, origin, how`, []any{shared.Numbers(of), since},
		func(row shared.Row) error {
			var l contain.Link
			err := row.Scan(append([]any{(*int64)(&l.From), &l.How, &l.At}, shared.AccountDest(&l.Account)...)...)
			l.To = l.Account.ID
			links = append(links, l)
			return err
		})
	return links, err
}
