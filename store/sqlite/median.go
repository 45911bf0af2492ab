package sqlite

import (
	"context"
	"database/sql"
	"time"

	"cloison"
	"cloison/access/lifecycle"
)

// ShownBy reads one stretch of the ledger: times grow with the rows' numbers.
func (db *DB) ShownBy(ctx context.Context, from, until time.Time) (map[cloison.StructureID]int, error) {
	first, err := db.FirstRow(ctx, from)
	if err != nil {
		return nil, err
	}
	end, err := db.FirstRow(ctx, until)
	if err != nil {
		return nil, err
	}
	shown := map[cloison.StructureID]int{}
	err = db.each(ctx, "SELECT structure, count(DISTINCT person) FROM disclosure WHERE seq >= ? AND seq < ? GROUP BY structure",
		[]any{first, end}, func(rows *sql.Rows) error {
			var id cloison.StructureID
			var n int
			err := rows.Scan(&id, &n)
			shown[id] = n
			return unavailable(err)
		})
	return shown, err
}

// AddDay stores a day's counts, with a zero for each structure that was shown nobody.
func (db *DB) AddDay(ctx context.Context, day int32, persons map[cloison.StructureID]int) error {
	return db.tx(ctx, func(t *tx) error {
		for id, n := range persons {
			err := t.run("INSERT INTO structure_day (structure, day, persons, median) VALUES (?, ?, ?, 0) ON CONFLICT DO NOTHING", string(id), day, n)
			if err != nil {
				return err
			}
		}
		err := t.run(`INSERT INTO structure_day (structure, day, persons, median) SELECT id, ?, 0, 0 FROM structure
			WHERE merged_into = '' ON CONFLICT DO NOTHING`, day)
		if err != nil {
			return err
		}
		return t.run("DELETE FROM structure_day WHERE day < ?", day-100)
	})
}

// Days lists counts.
func (db *DB) Days(ctx context.Context, since int32) (days []lifecycle.Day, err error) {
	err = db.each(ctx, "SELECT structure, day, persons, median FROM structure_day WHERE day >= ? ORDER BY structure, day", []any{since},
		func(rows *sql.Rows) error {
			var d lifecycle.Day
			err := rows.Scan(&d.Structure, &d.Day, &d.Persons, &d.Median)
			days = append(days, d)
			return unavailable(err)
		})
	return days, err
}

// SetMedians raises the fence once, when a median changed.
func (db *DB) SetMedians(ctx context.Context, day int32, medians map[cloison.StructureID]int) error {
	return db.tx(ctx, func(t *tx) error {
		var changed int64
		for id, m := range medians {
			n, err := t.exec("UPDATE structure SET median_day = ?2 WHERE id = ?1 AND median_day <> ?2", string(id), m)
			if err != nil {
				return err
			}
			changed += n
			if err := t.run("UPDATE structure_day SET median = ?3 WHERE structure = ?1 AND day = ?2", string(id), day, m); err != nil {
				return err
			}
		}
		if changed == 0 {
			return nil
		}
		return t.raiseFence()
	})
}
