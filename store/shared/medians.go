package shared

import (
	"context"

	"cloison"
	"cloison/access/lifecycle"
)

// AddDay stores a day's counts, with a zero for each structure without a disclosure.
func (db MedianStore) AddDay(ctx context.Context, day int32, persons map[cloison.StructureID]int) error {
	return db.Tx(ctx, func(t Tx) error {
		for id, n := range persons {
			err := t.Run("INSERT INTO structure_day (structure, day, persons, median) VALUES ($1, $2, $3, 0) ON CONFLICT DO NOTHING",
				string(id), day, n)
			if err != nil {
				return err
			}
		}
		err := t.Run(`INSERT INTO structure_day (structure, day, persons, median) SELECT id, $1::bigint, 0, 0 FROM structure
			WHERE merged_into = '' ON CONFLICT DO NOTHING`, day)
		if err != nil {
			return err
		}
		return t.Run("DELETE FROM structure_day WHERE day < $1", day-100)
	})
}

// Days lists counts.
func (db MedianStore) Days(ctx context.Context, since int32) ([]lifecycle.Day, error) {
	return List(ctx, db.Engine, Into(func(d *lifecycle.Day) []any {
		return []any{(*string)(&d.Structure), &d.Day, &d.Persons,
			&d.Median}
	}),
		"SELECT structure, day, persons, median FROM structure_day WHERE day >= $1 ORDER BY structure, day", since)
}

// SetMedians raises the fence once, when a median changed.
func (db MedianStore) SetMedians(ctx context.Context, day int32, medians map[cloison.StructureID]int) error {
	return db.Guarded(ctx, func(t Tx) error {
		var changed int64
		for id, m := range medians {
			n, err := t.Exec("UPDATE structure SET median_day = $2 WHERE id = $1 AND median_day <> $2", string(id), m)
			if err != nil {
				return err
			}
			changed += n
			if err := t.Run("UPDATE structure_day SET median = $3 WHERE structure = $1 AND day = $2", string(id), day,
				m); err != nil {
				return err
			}
		}
		if changed == 0 {
			return nil
		}
		return t.RaiseFence()
	})
}

// PostureDest lists where the columns of a structure's posture go; each engine counts them its own way.
func PostureDest(p *lifecycle.Posture) []any {
	return append(structureDest(&p.Structure), &p.Active, &p.Pending, &p.Suspended, &p.Probation, &p.Dormant, &p.WithKey, &p.WithTwo,
		&p.Trained, &p.Due, &p.Readers, &p.Newcomer, (*int64)(&p.Review), &p.ReviewDue, &p.Waiting, &p.ReviewedAt)
}
