package approval

import (
	"context"

	"cloison"
)

// checkStands refuses what is asked for a structure that is not there, or not any more.
func (ap *Approvals) checkStands(ctx context.Context, id cloison.StructureID) error {
	s, err := ap.directory.Structure(ctx, id)
	if err != nil {
		return err
	}
	return s.Stands()
}

// mergedMeanwhile puts the merger in the place of a Stale that it caused.
func (ap *Approvals) mergedMeanwhile(ctx context.Context, id cloison.StructureID, err error) error {
	if cloison.KindOf(err) != cloison.Stale {
		return err
	}
	if gone := ap.checkStands(ctx, id); gone != nil {
		return gone
	}
	return err
}
