package shared

import (
	"context"
	"maps"
	"slices"
	"time"

	"cloison"
	"cloison/access/provisioning/scim"
)

const resourceColumns = "client, id, account, external_id, user_name, given, family, deleted"

func resourceDest(r *scim.Resource) []any {
	return []any{&r.Client, &r.ID, (*int64)(&r.Account), &r.ExternalID, (*string)(&r.UserName), (*string)(&r.Given),
		(*string)(&r.Family), &r.Deleted}
}

// Resource finds what a client stored of one person.
func (db ResourceStore) Resource(ctx context.Context, client, id string) (scim.Resource, error) {
	return One(ctx, db.Engine, "resource", Into(resourceDest),
		"SELECT "+resourceColumns+" FROM source_resource WHERE client = $1 AND id = $2", client, id)
}

// Resources lists what a client stored.
func (db ResourceStore) Resources(ctx context.Context, client string) ([]scim.Resource, error) {
	return List(ctx, db.Engine, Into(resourceDest),
		"SELECT "+resourceColumns+" FROM source_resource WHERE client = $1 ORDER BY id", client)
}

// PutResource stores what a client sends of one person.
func (db ResourceStore) PutResource(ctx context.Context, r scim.Resource) error {
	return db.Tx(ctx, func(t Tx) error {
		return t.Run("INSERT INTO source_resource ("+resourceColumns+`) VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
			ON CONFLICT (client, id) DO UPDATE SET account = excluded.account, external_id = excluded.external_id,
			user_name = excluded.user_name, given = excluded.given, family = excluded.family, deleted = excluded.deleted`,
			r.Client, r.ID, int64(r.Account), r.ExternalID, r.UserName.Reveal(), r.Given.Reveal(), r.Family.Reveal(), r.Deleted)
	})
}

// Statements finds the digests of a client's statements.
func (db ResourceStore) Statements(ctx context.Context, client string, ids []string) (map[string][32]byte, error) {
	digests := map[string][32]byte{}
	err := db.Each(ctx, "SELECT id, digest FROM statement WHERE client = $1 AND id = ANY($2)", []any{client, ids},
		func(row Row) error {
			var id string
			var digest []byte
			if err := row.Scan(&id, &digest); err != nil {
				return err
			}
			if len(digest) != 32 {
				return cloison.Errorf(cloison.Internal, "reading a statement: its digest has %d bytes, want 32", len(digest))
			}
			digests[id] = [32]byte(digest)
			return nil
		})
	return digests, err
}

// AddStatements stores the digests of statements, in the order of their ids so that two requests never wait in a
// circle.
func (db ResourceStore) AddStatements(ctx context.Context, client string, at time.Time, digests map[string][32]byte) error {
	return db.Tx(ctx, func(t Tx) error {
		for _, id := range slices.Sorted(maps.Keys(digests)) {
			digest := digests[id]
			if err := t.Must(cloison.Errorf(cloison.Conflict, "another statement with that id is stored already"),
				`INSERT INTO statement (client, id, digest, stored) VALUES ($1, $2, $3, $4)
				ON CONFLICT (client, id) DO UPDATE SET stored = statement.stored WHERE statement.digest = excluded.digest`,
				client, id, digest[:], at); err != nil {
				return err
			}
		}
		return nil
	})
}
