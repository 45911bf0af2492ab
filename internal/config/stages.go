package config

import (
	"time"

	"cloison/access/approval"
	"cloison/access/directory"
	"cloison/access/explanation"
	"cloison/rules/policy"
)

// DirectorySettings are what the file says to the directory.
func (c *Config) DirectorySettings() directory.Settings {
	p := c.Policy
	return directory.Settings{
		LeaversPerStructure: p.LeaversPerSite, LeaversPerSource: p.LeaversPerSource,
		AwarenessMonths: p.AwarenessMonths, CourseMonths: p.ManagersCourseMonths, CourseSkew: p.TrainingSkew,
	}
}

// ApprovalSettings are what the file says to the proposals.
func (c *Config) ApprovalSettings() approval.Settings {
	p := c.Policy
	return approval.Settings{
		PerManager: p.ProposalsPerManager, PerStructure: p.ProposalsPerSite, ProbationDays: p.ProbationDays,
		ListLines: p.ListLines, ListProbationDays: p.ListProbationDays, ListEvery: time.Duration(p.ListEveryDays) * day,
	}
}

// ExplanationSettings are what the file says to the desk.
func (c *Config) ExplanationSettings() explanation.Settings {
	d := c.Desk
	return explanation.Settings{
		VisitsPerReception: d.VisitsPerReception, VisitsPerStructure: d.VisitsPerStructure, CodeTries: d.CodeTries,
		BreakGlassPerAccount: d.BreakGlassPerAccount, BreakGlassPerStructure: d.BreakGlassPerStructure, BreakGlassLife: d.BreakGlassLife,
	}
}

// PolicySettings are what the file says to the rules.
func (c *Config) PolicySettings() policy.Settings {
	s, p := policy.Default(), c.Policy
	caps, detector := &s.Bound.Caps, &s.Bound.Detector
	caps.AccountPerDay, caps.ProbationPerDay, caps.LineagePerDay = p.AccountPerDay, p.ProbationPerDay, p.LineagePerDay
	caps.StructureFactor, caps.StructureFloor = p.StructureFactor, p.StructureFloor
	caps.PresencePersons, caps.ListRows = p.Presence, p.ListRows
	detector.Q0, detector.Soft, detector.Hard = p.UnexplainedShare, p.SoftLevel, p.HardLevel
	s.PasskeyFresh = c.Sessions.Absolute
	return s
}

// PublicURLs are all origins where browsers meet Cloison.
func (c *Config) PublicURLs() []string {
	urls := []string{c.Console.URL}
	for _, t := range c.Tools {
		urls = append(urls, t.URL)
	}
	return urls
}

// DormantAfter is how long an account may stay unused.
func (c *Config) DormantAfter() time.Duration {
	return time.Duration(c.Policy.DormantDays) * day
}
