package sqlite

import (
	"context"
	"time"

	"cloison"
	"cloison/access/lifecycle"
	"cloison/store/shared"
)

// Postures counts by one pass over the accounts and one over the index of their passkeys, which the cross join keeps in
// front; an account below Suspended can be used, or will be. The first pass is in the table's own order (+structure keeps
// it off the index), unless it is about one structure.
func (db *DB) Postures(ctx context.Context, structure cloison.StructureID, now, soon, idle time.Time) (list []lifecycle.Posture, err error) {
	of, keysOf := "GROUP BY +structure", ""
	if structure != "" {
		of, keysOf = "WHERE structure = ?1", "AND account IN (SELECT id FROM account WHERE structure = ?1)"
	}
	err = db.each(ctx, `WITH c AS MATERIALIZED (SELECT structure,
			count(*) FILTER (WHERE state = `+shared.Active+`) AS active, count(*) FILTER (WHERE state = `+shared.Pending+`) AS pending, count(*) FILTER (WHERE state = `+shared.Suspended+`) AS suspended,
			count(*) FILTER (WHERE state < `+shared.Suspended+` AND probation_until > ?2) AS probation,
			count(*) FILTER (WHERE state = `+shared.Active+` AND max(last_seen, created) <= ?4 OR state = `+shared.Suspended+` AND reason = 'dormant') AS dormant,
			count(*) FILTER (WHERE state = `+shared.Active+` AND awareness_until > ?2) AS trained,
			count(*) FILTER (WHERE state = `+shared.Active+` AND awareness_until > ?2 AND awareness_until <= ?3) AS due,
			count(*) FILTER (WHERE state < `+shared.Suspended+` AND roles & `+shared.Readers+` <> 0) AS readers,
			count(*) FILTER (WHERE state < `+shared.Suspended+` AND roles & `+shared.Readers+` <> 0 AND (state = `+shared.Pending+` OR probation_until > ?2)) AS newcomers
			FROM account `+of+`),
		k AS MATERIALIZED (SELECT structure, count(*) AS keyed, count(*) FILTER (WHERE keys > 1) AS twice
			FROM (SELECT account, count(*) AS keys FROM passkey WHERE revoked = 0 `+keysOf+` GROUP BY account)
			CROSS JOIN account a ON a.id = account WHERE state = `+shared.Active+` GROUP BY +structure)
		SELECT s.id, s.siret, s.label, s.network, s.area, s.commune, s.median_day, s.merged_into,
			coalesce(c.active, 0), coalesce(c.pending, 0), coalesce(c.suspended, 0), coalesce(c.probation, 0), coalesce(c.dormant, 0),
			coalesce(k.keyed, 0), coalesce(k.twice, 0), coalesce(c.trained, 0), coalesce(c.due, 0), coalesce(c.readers, 0),
			coalesce(c.newcomers, 0), coalesce(r.id, 0), coalesce(r.due, 0),
			(SELECT count(*) FROM review_line l JOIN account a ON a.id = l.account WHERE l.review = r.id AND l.verdict = '' AND a.state = `+shared.Active+`),
			coalesce((SELECT max(closed) FROM review o WHERE o.structure = s.id), 0)
		FROM structure s LEFT JOIN c ON c.structure = s.id LEFT JOIN k ON k.structure = s.id LEFT JOIN review r ON r.structure = s.id AND r.closed = 0
		WHERE s.id = ?1 OR ?1 = '' ORDER BY s.id`,
		[]any{string(structure), now, soon, idle}, func(row shared.Row) error {
			p, err := shared.Into(shared.PostureDest)(row)
			list = append(list, p)
			return err
		})
	return list, err
}
