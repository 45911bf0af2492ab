package sqlite

import (
	"context"
	"database/sql"
	"maps"
	"slices"
	"time"

	"cloison"
	"cloison/access/provisioning/scim"
)

const resourceColumns = "client, id, account, external_id, user_name, given, family, deleted"

func resourceDest(r *scim.Resource) []any {
	return []any{&r.Client, &r.ID, &r.Account, &r.ExternalID, &r.UserName, &r.Given, &r.Family, &r.Deleted}
}

// Resource finds what a client said of one person.
func (db *DB) Resource(ctx context.Context, client, id string) (r scim.Resource, err error) {
	err = db.get(ctx, "resource", "SELECT "+resourceColumns+" FROM source_resource WHERE client = ? AND id = ?", []any{client, id},
		resourceDest(&r))
	return r, err
}

// Resources lists what a client said.
func (db *DB) Resources(ctx context.Context, client string) (list []scim.Resource, err error) {
	err = db.each(ctx, "SELECT "+resourceColumns+" FROM source_resource WHERE client = ? ORDER BY id", []any{client},
		func(rows *sql.Rows) error {
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
		return t.run("INSERT INTO source_resource ("+resourceColumns+`) VALUES (?, ?, ?, ?, ?, ?, ?, ?)
			ON CONFLICT (client, id) DO UPDATE SET account = excluded.account, external_id = excluded.external_id,
			user_name = excluded.user_name, given = excluded.given, family = excluded.family, deleted = excluded.deleted`,
			r.Client, r.ID, int64(r.Account), r.ExternalID, r.UserName.Reveal(), r.Given.Reveal(), r.Family.Reveal(), r.Deleted)
	})
}

// Statements finds the digests of a client's statements.
func (db *DB) Statements(ctx context.Context, client string, ids []string) (map[string][32]byte, error) {
	found := map[string][32]byte{}
	for _, id := range ids {
		var digest []byte
		err := db.get(ctx, "statement", "SELECT digest FROM statement WHERE client = ? AND id = ?", []any{client, id}, []any{&digest})
		switch {
		case err == nil && len(digest) == 32:
			found[id] = [32]byte(digest)
		case err == nil:
			return nil, cloison.Errorf(cloison.Internal, "the digest of a statement has %d bytes", len(digest))
		case cloison.KindOf(err) != cloison.NotFound:
			return nil, err
		}
	}
	return found, nil
}

// AddStatements stores the digests of statements, in the order of their ids.
func (db *DB) AddStatements(ctx context.Context, client string, at time.Time, digests map[string][32]byte) error {
	return db.tx(ctx, func(t *tx) error {
		for _, id := range slices.Sorted(maps.Keys(digests)) {
			digest := digests[id]
			n, err := t.exec(`INSERT INTO statement (client, id, digest, stored) VALUES (?, ?, ?, ?)
				ON CONFLICT (client, id) DO UPDATE SET stored = stored WHERE digest = excluded.digest`, client, id, digest[:], millis(at))
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
