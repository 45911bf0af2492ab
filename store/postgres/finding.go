package postgres

import (
	"context"
	"strconv"
	"strings"

	"github.com/jackc/pgx/v5"

	"cloison"
	"cloison/access/directory"
)

// FindAccounts scans the folded column, within the structure when there is one: thirteen thousand accounts take a few
// milliseconds.
func (db *DB) FindAccounts(ctx context.Context, s directory.Search) ([]directory.Account, error) {
	key := map[directory.Order]string{directory.ByName: `folded COLLATE "C"`, directory.BySeen: "coalesce(last_seen, '-infinity')"}[s.By]
	if key == "" {
		key = "structure"
	}
	where, args := []string{"true"}, []any{}
	only := func(condition string, arg any) {
		args = append(args, arg)
		where = append(where, strings.ReplaceAll(condition, "?", "$"+strconv.Itoa(len(args))))
	}
	if s.Structure != "" {
		only("structure = ?", string(s.Structure))
	}
	if state, ok := directory.ParseState(s.State); ok {
		only("state = ?", int32(state))
	}
	if s.Roles != 0 {
		only("roles & ? <> 0", int32(s.Roles))
	}
	for _, word := range strings.Fields(directory.Fold(s.Words)) {
		only("strpos(folded, ?) > 0", word)
	}
	if s.After != 0 {
		only("("+key+", id) > (SELECT "+key+", id FROM account WHERE id = ?)", int64(s.After))
	}
	only("true ORDER BY "+key+", id LIMIT ?", s.Limit)
	var accounts []directory.Account
	err := db.each(ctx, "SELECT "+accountColumns+" FROM account WHERE "+strings.Join(where, " AND "), args, func(rows pgx.Rows) error {
		var a directory.Account
		err := rows.Scan(accountDest(&a)...)
		accounts = append(accounts, a)
		return unavailable(err)
	})
	return accounts, err
}

// Members reads a few columns of each account.
func (db *DB) Members(ctx context.Context, structure cloison.StructureID) ([]directory.Member, error) {
	where, args := "", []any{}
	if structure != "" {
		where, args = " WHERE structure = $1", []any{string(structure)}
	}
	var members []directory.Member
	err := db.each(ctx, "SELECT id, structure, lineage, roles, state, probation_until, greatest(last_seen, created) FROM account"+where+" ORDER BY id", args,
		func(rows pgx.Rows) error {
			var m directory.Member
			err := rows.Scan((*int64)(&m.ID), (*string)(&m.Structure), (*int64)(&m.Lineage), (*uint16)(&m.Roles), (*uint8)(&m.State),
				(*moment)(&m.ProbationUntil), (*moment)(&m.IdleSince))
			members = append(members, m)
			return unavailable(err)
		})
	return members, err
}
