package postgres

import (
	"context"
	"time"

	"github.com/jackc/pgx/v5"

	"cloison"
	"cloison/access/directory"
	"cloison/access/lifecycle"
)

// AddMerger stores a merger unless one of its structures is taken.
func (db *DB) AddMerger(ctx context.Context, m lifecycle.Merger, e directory.Event) error {
	return db.guarded(ctx, func(t *tx) error {
		if err := t.stillActive(m.By); err != nil {
			return err
		}
		var taken bool
		err := t.row(`SELECT EXISTS (SELECT FROM merger WHERE state IN ('open', 'approved') AND (gone IN ($1::text, $2::text) OR kept IN ($1::text, $2::text)))
			OR EXISTS (SELECT FROM structure WHERE id IN ($1, $2) AND merged_into <> '')`, string(m.Gone), string(m.Kept)).Scan(&taken)
		switch {
		case err != nil:
			return err
		case taken:
			return cloison.Errorf(cloison.Conflict, "one of the two structures is in another merger")
		}
		err = t.run(`INSERT INTO merger (id, gone, kept, since, made_by, made, state, decided_by, decided, done)
			VALUES ($1, $2, $3, $4, $5, $6, $7, 0, NULL, NULL)`, int64(m.ID), string(m.Gone), string(m.Kept), exact(m.Since), int64(m.By), exact(m.Made),
			string(m.State))
		if err != nil {
			return err
		}
		return t.addEvent(e)
	})
}

const mergerQuery = "SELECT id, gone, kept, since, made_by, made, state, decided_by, decided, done FROM merger "

func mergerDest(m *lifecycle.Merger) []any {
	return []any{(*int64)(&m.ID), (*string)(&m.Gone), (*string)(&m.Kept), (*moment)(&m.Since), (*int64)(&m.By), (*moment)(&m.Made), (*string)(&m.State), (*int64)(&m.DecidedBy), (*moment)(&m.Decided),
		(*moment)(&m.Done)}
}

// Merger finds a merger by its id.
func (db *DB) Merger(ctx context.Context, id cloison.ActID) (m lifecycle.Merger, err error) {
	err = db.get(ctx, "merger", mergerQuery+"WHERE id = $1", []any{int64(id)}, mergerDest(&m))
	return m, err
}

// Mergers lists all mergers.
func (db *DB) Mergers(ctx context.Context) (list []lifecycle.Merger, err error) {
	err = db.each(ctx, mergerQuery+"ORDER BY made DESC, id", nil, func(rows pgx.Rows) error {
		var m lifecycle.Merger
		err := rows.Scan(mergerDest(&m)...)
		list = append(list, m)
		return unavailable(err)
	})
	return list, err
}

// DecideMerger decides once.
func (db *DB) DecideMerger(ctx context.Context, m lifecycle.Merger, e directory.Event) error {
	return db.guarded(ctx, func(t *tx) error {
		if m.State == lifecycle.MergerApproved {
			if err := t.stillActive(m.By, m.DecidedBy); err != nil {
				return err
			}
		}
		n, err := t.exec("UPDATE merger SET state = $1, decided_by = $2, decided = $3 WHERE id = $4 AND state = 'open'", string(m.State),
			int64(m.DecidedBy), exact(m.Decided), int64(m.ID))
		if err != nil {
			return err
		}
		if n == 0 {
			return cloison.Errorf(cloison.Conflict, "the merger %v is not open", m.ID)
		}
		return t.addEvent(e)
	})
}

// Merge makes one structure of two, in one transaction.
func (db *DB) Merge(ctx context.Context, id cloison.ActID, at time.Time, e directory.Event) error {
	return db.guarded(ctx, func(t *tx) error {
		n, err := t.exec("UPDATE merger SET state = 'done', done = $1 WHERE id = $2 AND state = 'approved'", exact(at), int64(id))
		if err != nil {
			return err
		}
		if n == 0 {
			return cloison.Errorf(cloison.Conflict, "the merger %v is not approved, or done", id)
		}
		var gone, kept string
		if err := t.row("SELECT gone, kept FROM merger WHERE id = $1", int64(id)).Scan(&gone, &kept); err != nil {
			return err
		}
		for _, statement := range mergeStatements() {
			if err := t.run(statement, gone, kept); err != nil {
				return err
			}
		}
		if err := t.run("UPDATE duty SET until = $3 WHERE structure IN ($1, $2) AND until > $3", kept, gone, exact(at)); err != nil {
			return err
		}
		err = t.run("UPDATE review SET closed = $1 WHERE structure = $2 AND closed IS NULL", exact(at), gone)
		if err != nil {
			return err
		}
		if err := t.raiseFence(); err != nil {
			return err
		}
		return t.addEvent(e)
	})
}

// stillStands refuses as Stale what was decided for a structure that has become a name of another one since.
func (t *tx) stillStands(s cloison.StructureID) error {
	var gone bool
	err := t.row("SELECT EXISTS (SELECT 1 FROM structure WHERE id = $1 AND merged_into <> '')", string(s)).Scan(&gone)
	if err == nil && gone {
		err = stale("structure")
	}
	return err
}

// mergeStatements take the structure that goes and the one that stays. The lines of the open review go with it: to the
// other's, when that has one open, and else under its name.
func mergeStatements() []string {
	return []string{
		"UPDATE account SET structure = $2, version = version + 1 WHERE structure = $1",
		"UPDATE proposal SET structure = $2, version = version + 1 WHERE structure = $1 AND state = 'open'",
		`INSERT INTO review_line (review, account, verdict, at, made_by) SELECT k.id, l.account, l.verdict, l.at, l.made_by
			FROM review g JOIN review_line l ON l.review = g.id JOIN review k ON k.structure = $2 AND k.closed IS NULL
			WHERE g.structure = $1 AND g.closed IS NULL ON CONFLICT DO NOTHING`,
		`UPDATE review SET structure = $2 WHERE structure = $1 AND closed IS NULL
			AND NOT EXISTS (SELECT FROM review k WHERE k.structure = $2 AND k.closed IS NULL)`,
		`UPDATE structure SET median_day = median_day + (SELECT median_day FROM structure g WHERE g.id = $1) WHERE id = $2`,
		"UPDATE desk_request SET structure = $2 WHERE structure = $1",
		"UPDATE desk_grant SET structure = $2 WHERE structure = $1",
		"UPDATE structure SET merged_into = $2 WHERE id = $1 OR merged_into = $1",
	}
}
