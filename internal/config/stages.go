package config

import (
	"time"

	"cloison/access/approval"
	"cloison/access/directory"
	"cloison/access/explanation"
	"cloison/rules/policy"
)

// directorySettings, policySettings and the like turn the file's words into the stages' own.
func (c *Config) DirectorySettings() directory.Settings {
	return directory.Settings{
		LeaversPerStructure: c.Policy.LeaversPerSite, LeaversPerSource: c.Policy.LeaversPerSource,
		AwarenessMonths: c.Policy.AwarenessMonths, CourseMonths: c.Policy.ManagersCourseMonths, CourseSkew: c.Policy.TrainingSkew,
	}
}

func (c *Config) ApprovalSettings() approval.Settings {
	return approval.Settings{
		PerManager: c.Policy.ProposalsPerManager, PerStructure: c.Policy.ProposalsPerSite, ProbationDays: c.Policy.ProbationDays,
		ListLines: c.Policy.ListLines, ListProbationDays: c.Policy.ListProbationDays, ListEvery: time.Duration(c.Policy.ListEveryDays) * 24 * time.Hour,
	}
}

func (c *Config) ExplanationSettings() explanation.Settings {
	d := c.Desk
	return explanation.Settings{
		VisitsPerReception: d.VisitsPerReception, VisitsPerStructure: d.VisitsPerStructure, CodeTries: d.CodeTries,
		BreakGlassPerAccount: d.BreakGlassPerAccount, BreakGlassPerStructure: d.BreakGlassPerStructure, BreakGlassLife: d.BreakGlassLife,
	}
}

func (c *Config) PolicySettings() policy.Settings {
	s := policy.Default()
	set := func(to *int, v int) {
		if v != 0 {
			*to = v
		}
	}
	caps, p := &s.Bound.Caps, c.Policy
	set(&caps.AccountPerDay, p.AccountPerDay)
	set(&caps.ProbationPerDay, p.ProbationPerDay)
	set(&caps.LineagePerDay, p.LineagePerDay)
	set(&caps.StructureFactor, p.StructureFactor)
	set(&caps.StructureFloor, p.StructureFloor)
	set(&caps.PresencePersons, p.Presence)
	set(&caps.ListRows, p.ListRows)
	setShare := func(to *float64, v float64) {
		if v != 0 {
			*to = v
		}
	}
	params := &s.Bound.Detector
	setShare(&params.Q0, p.UnexplainedShare)
	setShare(&params.Soft, p.SoftLevel)
	setShare(&params.Hard, p.HardLevel)
	s.PasskeyFresh = c.Sessions.Absolute
	return s
}

// publicURLs are all places where browsers meet Cloison.
func (c *Config) PublicURLs() []string {
	urls := []string{c.Console.URL}
	for _, t := range c.Tools {
		urls = append(urls, t.URL)
	}
	return urls
}

// dormantAfter is zero when the file says nothing.
func (c *Config) DormantAfter() time.Duration {
	return time.Duration(c.Policy.DormantDays) * 24 * time.Hour
}
