package postgres

import (
	"context"
	"time"

	"cloison"
	"cloison/access/directory"
	"cloison/store/shared"
)

// Members reads a few columns of each account.
func (db *DB) Members(ctx context.Context, structure cloison.StructureID) ([]directory.Member, error) {
	where, args := "", []any{}
	if structure != "" {
		where, args = " WHERE structure = $1", []any{string(structure)}
	}
	var members []directory.Member
	err := db.each(ctx, "SELECT id, structure, lineage, roles, state, probation_until, greatest(last_seen, created) FROM account"+where+" ORDER BY id", args,
		func(row shared.Row) error {
			var m directory.Member
			err := row.Scan((*int64)(&m.ID), (*string)(&m.Structure), (*int64)(&m.Lineage), (*uint16)(&m.Roles), (*uint8)(&m.State),
				&m.ProbationUntil, &m.IdleSince)
			members = append(members, m)
			return err
		})
	return members, err
}

// ShownBy reads one day of one partition or two.
func (db *DB) ShownBy(ctx context.Context, from, until time.Time) (map[cloison.StructureID]int, error) {
	shown := map[cloison.StructureID]int{}
	err := db.each(ctx, "SELECT structure, count(DISTINCT person) FROM disclosure WHERE at >= $1 AND at < $2 GROUP BY structure",
		[]any{from, until}, func(row shared.Row) error {
			var id string
			var n int
			err := row.Scan(&id, &n)
			shown[cloison.StructureID(id)] = n
			return err
		})
	return shown, err
}
