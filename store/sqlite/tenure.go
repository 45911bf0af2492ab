package sqlite

import (
	"context"
	"time"

	"cloison"
	"cloison/directory"
)

// TouchAccount notes that an account is in use.
func (db *DB) TouchAccount(ctx context.Context, id cloison.AccountID, at, since time.Time) error {
	return db.tx(ctx, func(t *tx) error {
		return t.run(`UPDATE account SET last_seen = ?2 WHERE id = ?1 AND state = ?4 AND last_seen <= ?2 - 3600000
			AND max(last_seen, created) > ?3`, int64(id), millis(at), millis(since), int64(directory.Active))
	})
}
