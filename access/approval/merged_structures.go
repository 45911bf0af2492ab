package approval

import (
	"context"

	"cloison"
)

// checkStands refuses a structure that does not exist, or that has been merged away.
func (ap *Approvals) checkStands(ctx context.Context, id cloison.StructureID) error {
	s, err := ap.directory.Structure(ctx, id)
	if err != nil {
		return err
	}
	return s.Stands()
}

// mergedMeanwhile replaces a Stale by the merger that caused it.
func (ap *Approvals) mergedMeanwhile(ctx context.Context, id cloison.StructureID, err error) error {
	if cloison.KindOf(err) != cloison.Stale {
		return err
	}
	if gone := ap.checkStands(ctx, id); gone != nil {
		return gone
	}
	return err
}
