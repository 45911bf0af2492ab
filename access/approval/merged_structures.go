package approval

import (
	"context"

	"cloison"
)

// standing refuses what is asked for a structure that is not there, or not any more.
func (ap *Approvals) standing(ctx context.Context, id cloison.StructureID) error {
	s, err := ap.directory.Structure(ctx, id)
	if err != nil {
		return err
	}
	return s.Stands()
}

// meanwhileMerged puts the merger in the place of a Stale that it caused.
func (ap *Approvals) meanwhileMerged(ctx context.Context, id cloison.StructureID, err error) error {
	if cloison.KindOf(err) != cloison.Stale {
		return err
	}
	if gone := ap.standing(ctx, id); gone != nil {
		return gone
	}
	return err
}
