package app

import (
	"cloison/access/lifecycle"
)

// newTenure makes the stage that follows the life of accounts.
func (h *App) newTenure() *lifecycle.Tenure {
	p, caps := h.Config.Policy, h.Config.PolicySettings().Bound.Caps
	return lifecycle.New(h.Store, lifecycle.Settings{DormantAfter: h.Config.DormantAfter(), ReviewMonths: p.ReviewMonths,
		ReviewDays: p.ReviewDays, MedianFloor: caps.StructureFloor / max(1, caps.StructureFactor)}, h.Zone, h.Log, h.Now)
}
