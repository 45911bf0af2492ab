package main

import (
	"time"

	"cloison/access/lifecycle"
)

// newTenure makes the stage that follows the life of accounts.
func (h *house) newTenure() *lifecycle.Tenure {
	p, caps := h.config.Policy, h.config.policySettings().Bound.Caps
	return lifecycle.New(h.store, lifecycle.Settings{DormantAfter: h.config.dormantAfter(), ReviewMonths: p.ReviewMonths,
		ReviewDays: p.ReviewDays, MedianFloor: caps.StructureFloor / max(1, caps.StructureFactor)}, h.zone, h.log, h.now)
}

// dormantAfter is zero when the file says nothing.
func (c *Config) dormantAfter() time.Duration {
	return time.Duration(c.Policy.DormantDays) * 24 * time.Hour
}
