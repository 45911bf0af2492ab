package shared

import (
	"context"
	"time"

	"cloison"
	"cloison/access/lifecycle"
	"cloison/ledger/journal"
)

// AddMerger stores a merger unless one of its structures is taken.
func (db MergerStore) AddMerger(ctx context.Context, m lifecycle.Merger, e journal.Event) error {
	return db.Guarded(ctx, func(t Tx) error {
		if err := t.StillActive(m.By); err != nil {
			return err
		}
		var taken bool
		err := t.Row(`SELECT EXISTS (SELECT 1 FROM merger WHERE state IN ('open', 'approved') AND (gone IN ($1::text, $2::text) OR kept IN ($1::text, $2::text)))
			OR EXISTS (SELECT 1 FROM structure WHERE id IN ($1, $2) AND merged_into <> '')`, string(m.Gone),
			string(m.Kept)).Scan(&taken)
		switch {
		case err != nil:
			return err
		case taken:
			return cloison.Errorf(cloison.Conflict, "one of the two structures is in another merger")
		}
		err = t.Run(`INSERT INTO merger (id, gone, kept, since, made_by, made, state, decided_by, decided, done)
			VALUES ($1, $2, $3, $4, $5, $6, $7, 0, $8, $8)`, int64(m.ID), string(m.Gone), string(m.Kept), m.Since, int64(m.By),
			m.Made, string(m.State), Optional{})
		if err != nil {
			return err
		}
		return t.AddEvent(e)
	})
}

const mergerQuery = "SELECT id, gone, kept, since, made_by, made, state, decided_by, decided, done FROM merger "

func mergerDest(m *lifecycle.Merger) []any {
	return []any{(*int64)(&m.ID), (*string)(&m.Gone), (*string)(&m.Kept), &m.Since, (*int64)(&m.By), &m.Made, (*string)(&m.State),
		(*int64)(&m.DecidedBy), &m.Decided, &m.Done}
}

// Merger finds a merger by its id.
func (db MergerStore) Merger(ctx context.Context, id cloison.ActID) (lifecycle.Merger, error) {
	return One(ctx, db.Engine, "merger", Into(mergerDest), mergerQuery+"WHERE id = $1", int64(id))
}

// Mergers lists all mergers.
func (db MergerStore) Mergers(ctx context.Context) ([]lifecycle.Merger, error) {
	return List(ctx, db.Engine, Into(mergerDest), mergerQuery+"ORDER BY made DESC, id")
}

// DecideMerger decides once.
func (db MergerStore) DecideMerger(ctx context.Context, m lifecycle.Merger, e journal.Event) error {
	return db.Guarded(ctx, func(t Tx) error {
		if m.State == lifecycle.MergerApproved {
			if err := t.StillActive(m.By, m.DecidedBy); err != nil {
				return err
			}
		}
		if err := t.Must(cloison.Errorf(cloison.Conflict, "the merger %v is not open", m.ID),
			"UPDATE merger SET state = $1, decided_by = $2, decided = $3 WHERE id = $4 AND state = 'open'", string(m.State),
			int64(m.DecidedBy), m.Decided, int64(m.ID)); err != nil {
			return err
		}
		return t.AddEvent(e)
	})
}

// Merge makes one structure of two, in one transaction.
func (db MergerStore) Merge(ctx context.Context, id cloison.ActID, at time.Time, e journal.Event) error {
	return db.Guarded(ctx, func(t Tx) error {
		if err := t.Must(cloison.Errorf(cloison.Conflict, "the merger %v is not approved, or done", id),
			"UPDATE merger SET state = 'done', done = $1 WHERE id = $2 AND state = 'approved'", at, int64(id)); err != nil {
			return err
		}
		var gone, kept string
		if err := t.Row("SELECT gone, kept FROM merger WHERE id = $1", int64(id)).Scan(&gone, &kept); err != nil {
			return err
		}
		for _, statement := range mergeStatements() {
			if err := t.Run(statement, gone, kept); err != nil {
				return err
			}
		}
		if err := t.Run("UPDATE duty SET until = $3 WHERE structure IN ($1, $2) AND until > $3", kept, gone, at); err != nil {
			return err
		}
		err := t.Run("UPDATE review SET closed = $1 WHERE structure = $2 AND closed IS NULL", at, gone)
		if err != nil {
			return err
		}
		if err := t.RaiseFence(); err != nil {
			return err
		}
		return t.AddEvent(e)
	})
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
			AND NOT EXISTS (SELECT 1 FROM review k WHERE k.structure = $2 AND k.closed IS NULL)`,
		`UPDATE structure SET median_day = median_day + (SELECT median_day FROM structure g WHERE g.id = $1) WHERE id = $2`,
		"UPDATE desk_request SET structure = $2 WHERE structure = $1",
		"UPDATE desk_grant SET structure = $2 WHERE structure = $1",
		"UPDATE structure SET merged_into = $2 WHERE id = $1 OR merged_into = $1",
	}
}
