package postgres

import (
	"context"
	"time"

	"cloison"
	"cloison/access/lifecycle"
	"cloison/store/shared"
)

// Postures counts by one pass over the accounts, and one over the open reviews (of which a structure has one at most);
// an account below Suspended can be used, or will be.
func (db *DB) Postures(ctx context.Context, structure cloison.StructureID, now, soon, idle time.Time) (list []lifecycle.Posture, err error) {
	err = db.each(ctx, `WITH k AS MATERIALIZED (SELECT account, count(*) AS n FROM passkey WHERE revoked IS NULL AND ($1 = ''::text
			OR account IN (SELECT id FROM account WHERE structure = $1)) GROUP BY account),
		c AS MATERIALIZED (SELECT a.structure,
			count(*) FILTER (WHERE state = `+shared.Active+`) AS active, count(*) FILTER (WHERE state = `+shared.Pending+`) AS pending, count(*) FILTER (WHERE state = `+shared.Suspended+`) AS suspended,
			count(*) FILTER (WHERE state < `+shared.Suspended+` AND probation_until > $2) AS probation,
			count(*) FILTER (WHERE state = `+shared.Active+` AND greatest(last_seen, created) <= $4 OR state = `+shared.Suspended+` AND reason = 'dormant') AS dormant,
			count(*) FILTER (WHERE state = `+shared.Active+` AND k.n >= 1) AS keyed, count(*) FILTER (WHERE state = `+shared.Active+` AND k.n >= 2) AS twice,
			count(*) FILTER (WHERE state = `+shared.Active+` AND awareness_until > $2) AS trained,
			count(*) FILTER (WHERE state = `+shared.Active+` AND awareness_until > $2 AND awareness_until <= $3) AS due,
			count(*) FILTER (WHERE state < `+shared.Suspended+` AND roles & `+shared.Readers+` <> 0) AS readers,
			count(*) FILTER (WHERE state < `+shared.Suspended+` AND roles & `+shared.Readers+` <> 0 AND (state = `+shared.Pending+` OR probation_until > $2)) AS newcomers
			FROM account a LEFT JOIN k ON k.account = a.id WHERE a.structure = $1 OR $1 = ''::text GROUP BY a.structure),
		r AS MATERIALIZED (SELECT structure, max(id) FILTER (WHERE closed IS NULL) AS id, max(due) FILTER (WHERE closed IS NULL) AS due,
			max(closed) AS closed FROM review WHERE structure = $1 OR $1 = ''::text GROUP BY structure),
		l AS MATERIALIZED (SELECT l.review, count(*) AS n FROM review_line l JOIN account a ON a.id = l.account
			WHERE l.review IN (SELECT id FROM r) AND l.verdict = '' AND a.state = `+shared.Active+` GROUP BY l.review)
		SELECT s.id, s.siret, s.label, s.network, s.area, s.commune, s.median_day, s.merged_into,
			coalesce(c.active, 0), coalesce(c.pending, 0), coalesce(c.suspended, 0), coalesce(c.probation, 0), coalesce(c.dormant, 0),
			coalesce(c.keyed, 0), coalesce(c.twice, 0), coalesce(c.trained, 0), coalesce(c.due, 0), coalesce(c.readers, 0),
			coalesce(c.newcomers, 0), coalesce(r.id, 0), r.due, coalesce(l.n, 0), r.closed
		FROM structure s LEFT JOIN c ON c.structure = s.id LEFT JOIN r ON r.structure = s.id LEFT JOIN l ON l.review = r.id
		WHERE s.id = $1 OR $1 = ''::text ORDER BY s.id`,
		[]any{string(structure), now, soon, idle}, func(row shared.Row) error {
			p, err := shared.Into(shared.PostureDest)(row)
			list = append(list, p)
			return err
		})
	return list, err
}
