package app

import (
	"cloison/access/lifecycle"
)

// newTenure makes the stage that follows the life of accounts.
func (a *App) newLifecycle() *lifecycle.Lifecycle {
	p, caps := a.Config.Policy, a.Config.PolicySettings().Bound.Caps
	return lifecycle.New(a.Store, lifecycle.Settings{DormantAfter: a.Config.DormantAfter(), ReviewMonths: p.ReviewMonths,
		ReviewDays: p.ReviewDays, MedianFloor: caps.StructureFloor / max(1, caps.StructureFactor)}, a.Zone, a.Log, a.Now)
}
