package shared

import (
	"context"

	"cloison"
	"cloison/access/directory"
)

const structureColumns = "id, siret, label, network, area, commune, median_day, merged_into"

func structureDest(s *directory.Structure) []any {
	return []any{(*string)(&s.ID), &s.SIRET, &s.Label, &s.Network, &s.Area, &s.Commune, &s.MedianDay, (*string)(&s.Into)}
}

// Structure finds a structure by its id.
func (db StructureStore) Structure(ctx context.Context, id cloison.StructureID) (directory.Structure, error) {
	return One(ctx, db.Engine, "structure", Into(structureDest), "SELECT "+structureColumns+" FROM structure WHERE id = $1",
		string(id))
}

// Structures lists all structures by id.
func (db StructureStore) Structures(ctx context.Context) ([]directory.Structure, error) {
	return List(ctx, db.Engine, Into(structureDest), "SELECT "+structureColumns+" FROM structure ORDER BY id")
}

// stillStands refuses as Stale what was decided for a structure that has become a name of another one since.
func (t Tx) stillStands(s cloison.StructureID) error {
	var gone bool
	err := t.Row("SELECT EXISTS (SELECT 1 FROM structure WHERE id = $1 AND merged_into <> '')", string(s)).Scan(&gone)
	if err == nil && gone {
		err = Stale("structure")
	}
	return err
}
