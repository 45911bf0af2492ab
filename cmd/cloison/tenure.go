package main

import (
	"time"

	"cloison/tenure"
)

// newTenure makes the stage that follows the life of accounts.
func (h *house) newTenure() *tenure.Tenure {
	p, caps := h.config.Policy, h.config.policySettings().Bound.Caps
	return tenure.New(h.store, tenure.Settings{DormantAfter: h.config.dormantAfter(), ReviewMonths: p.ReviewMonths,
		ReviewDays: p.ReviewDays, MedianFloor: caps.StructureFloor / max(1, caps.StructureFactor)}, h.zone, h.log, h.now)
}

// dormantAfter is zero when the file says nothing.
func (c *Config) dormantAfter() time.Duration {
	return time.Duration(c.Policy.DormantDays) * 24 * time.Hour
}
