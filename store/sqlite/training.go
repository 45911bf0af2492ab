package sqlite

import (
	"context"
	"database/sql"
	"time"

	"cloison"
	"cloison/directory"
)

// CoursesEnding lists a page of accounts of which a course ends.
func (db *DB) CoursesEnding(ctx context.Context, from, until time.Time, after cloison.AccountID, limit int) (
	accounts []directory.Account, err error,
) {
	err = db.each(ctx, "SELECT "+accountColumns+` FROM account
		WHERE id > ?1 AND state = ?2 AND (awareness_until >= ?3 AND awareness_until < ?4 OR managers_until >= ?3 AND managers_until < ?4)
		ORDER BY id LIMIT ?5`, []any{int64(after), int64(directory.Active), millis(from), millis(until), limit},
		func(rows *sql.Rows) error {
			a, err := scanAccount(rows)
			accounts = append(accounts, a)
			return unavailable(err)
		})
	return accounts, err
}
