package postgres

import (
	"context"
	"maps"
	"slices"
	"time"

	"github.com/jackc/pgx/v5"

	"cloison"
	"cloison/access/provisioning/scim"
)

const resourceColumns = "client, id, account, external_id, user_name, given, family, deleted"

func resourceDest(r *scim.Resource) []any {
	return []any{&r.Client, &r.ID, (*int64)(&r.Account), &r.ExternalID, (*string)(&r.UserName), (*string)(&r.Given),
		(*string)(&r.Family), &r.Deleted}
}

// Resource finds what a client said of one person.
func (db *DB) Resource(ctx context.Context, client, id string) (r scim.Resource, err error) {
	err = db.get(ctx, "resource", "SELECT "+resourceColumns+" FROM source_resource WHERE client = $1 AND id = $2", []any{client, id},
		resourceDest(&r))
	return r, err
}

// Resources lists what a client said.
func (db *DB) Resources(ctx context.Context, client string) (list []scim.Resource, err error) {
	err = db.each(ctx, "SELECT "+resourceColumns+" FROM source_resource WHERE client = $1 ORDER BY id", []any{client},
		func(rows pgx.Rows) error {
			var r scim.Resource
			err := rows.Scan(resourceDest(&r)...)
			list = append(list, r)
			return unavailable(err)
		})
	return list, err
}

// PutResource stores what a client says of one person.
func (db *DB) PutResource(ctx context.Context, r scim.Resource) error {
	return db.tx(ctx, func(t *tx) error {
		return t.run("INSERT INTO source_resource ("+resourceColumns+`) VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
			ON CONFLICT (client, id) DO UPDATE SET account = excluded.account, external_id = excluded.external_id,
			user_name = excluded.user_name, given = excluded.given, family = excluded.family, deleted = excluded.deleted`,
			r.Client, r.ID, int64(r.Account), r.ExternalID, r.UserName.Reveal(), r.Given.Reveal(), r.Family.Reveal(), r.Deleted)
	})
}

// Statements finds the digests of a client's statements.
func (db *DB) Statements(ctx context.Context, client string, ids []string) (map[string][32]byte, error) {
	found := map[string][32]byte{}
	err := db.each(ctx, "SELECT id, digest FROM statement WHERE client = $1 AND id = ANY($2)", []any{client, ids},
		func(rows pgx.Rows) error {
			var id string
			var digest []byte
			if err := rows.Scan(&id, &digest); err != nil {
				return unavailable(err)
			}
			if len(digest) != 32 {
				return cloison.Errorf(cloison.Internal, "the digest of a statement has %d bytes", len(digest))
			}
			found[id] = [32]byte(digest)
			return nil
		})
	return found, err
}

// AddStatements stores the digests of statements, in the order of their ids so that two requests never wait in a
// circle.
func (db *DB) AddStatements(ctx context.Context, client string, at time.Time, digests map[string][32]byte) error {
	return db.tx(ctx, func(t *tx) error {
		for _, id := range slices.Sorted(maps.Keys(digests)) {
			digest := digests[id]
			n, err := t.exec(`INSERT INTO statement (client, id, digest, stored) VALUES ($1, $2, $3, $4)
				ON CONFLICT (client, id) DO UPDATE SET stored = statement.stored WHERE statement.digest = excluded.digest`,
				client, id, digest[:], exact(at))
			if err != nil {
				return err
			}
			if n == 0 {
				return cloison.Errorf(cloison.Conflict, "another statement with that id is stored already")
			}
		}
		return nil
	})
}
