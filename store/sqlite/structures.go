package sqlite

import (
	"context"
	"database/sql"
	"time"

	"cloison"
	"cloison/access/directory"
	"cloison/store/shared"
)

// Members reads a few columns of each account.
func (db *DB) Members(ctx context.Context, structure cloison.StructureID) ([]directory.Member, error) {
	where, args := "", []any{}
	if structure != "" {
		where, args = " WHERE structure = ?", []any{string(structure)}
	}
	var members []directory.Member
	var m struct{ id, lineage, roles, state, probation, idle int64 }
	var in sql.RawBytes
	names := map[string]cloison.StructureID{} // no new string for each row
	dest := []any{&m.id, &in, &m.lineage, &m.roles, &m.state, &m.probation, &m.idle}
	err := db.each(ctx, "SELECT id, structure, lineage, roles, state, probation_until, max(last_seen, created) FROM account"+where+" ORDER BY id", args,
		func(row shared.Row) error {
			if err := row.Scan(dest...); err != nil {
				return err
			}
			name, ok := names[string(in)]
			if !ok {
				name = cloison.StructureID(in)
				names[string(name)] = name
			}
			members = append(members, directory.Member{ID: cloison.AccountID(m.id), Structure: name, Lineage: cloison.AccountID(m.lineage),
				Roles: directory.Role(m.roles), State: directory.State(m.state), ProbationUntil: instant(m.probation), IdleSince: instant(m.idle)})
			return nil
		})
	return members, err
}

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
		[]any{first, end}, func(row shared.Row) error {
			var id cloison.StructureID
			var n int
			err := row.Scan(&id, &n)
			shown[id] = n
			return err
		})
	return shown, err
}
