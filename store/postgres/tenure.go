package postgres

import (
	"context"
	"time"

	"cloison"
	"cloison/directory"
)

// TouchAccount notes that an account is in use.
func (db *DB) TouchAccount(ctx context.Context, id cloison.AccountID, at, since time.Time) error {
	return db.tx(ctx, func(t *tx) error {
		return t.run(`UPDATE account SET last_seen = $2 WHERE id = $1 AND state = $4
			AND (last_seen IS NULL OR last_seen <= $2::timestamptz - interval '1 hour')
			AND greatest(last_seen, created) > $3`, int64(id), exact(at), exact(since), int32(directory.Active))
	})
}
