package postgres

import (
	"context"
	"time"

	"github.com/jackc/pgx/v5"

	"cloison"
	"cloison/directory"
)

// CoursesEnding lists a page of accounts of which a course ends.
func (db *DB) CoursesEnding(ctx context.Context, from, until time.Time, after cloison.AccountID, limit int) (
	accounts []directory.Account, err error,
) {
	err = db.each(ctx, "SELECT "+accountColumns+` FROM account
		WHERE id > $1 AND state = $2 AND (awareness_until >= $3 AND awareness_until < $4 OR managers_until >= $3 AND managers_until < $4)
		ORDER BY id LIMIT $5`, []any{int64(after), int32(directory.Active), exact(from), exact(until), limit},
		func(rows pgx.Rows) error {
			var a directory.Account
			err := rows.Scan(accountDest(&a)...)
			accounts = append(accounts, a)
			return unavailable(err)
		})
	return accounts, err
}
