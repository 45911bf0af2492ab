package config

import (
	"time"

	"cloison/access/directory"
	"cloison/access/explanation"
	"cloison/access/letters"
	"cloison/access/lifecycle"
	"cloison/access/provisioning"
	"cloison/access/training"
	"cloison/internal/i18n"
	"cloison/ledger/retention"
	"cloison/rules/policy"
	"cloison/wall/disclose"
)

// setDefaults fills in what the file leaves out, so that a Config says what holds. The numbers of a stage are the stage's
// own defaults: they are written there, and nowhere else.
func (c *Config) setDefaults() {
	orElse(&c.Console.Listen, "127.0.0.1:8080")
	orElse(&c.Console.URL, "http://localhost:8080")
	orElse(&c.Operations.Listen, "127.0.0.1:9464")
	if c.Store.PostgresURLFile == "" {
		orElse(&c.Store.SQLite, "cloison.db")
	}
	orElse(&c.Ledger.Directory, "log")
	orElse(&c.Ledger.Origin, "cloison.invalid/ledger")
	orElse(&c.Ledger.KeyFile, "ledger.key")
	orElse(&c.Ledger.RetentionMonths, retention.MonthsKept)
	orElse(&c.Ledger.ClockGain, disclose.DefaultClockGain)
	orElse(&c.Assertion.KeyFile, "assertion.key")
	orElse(&c.Passkeys.RPID, "localhost")
	orElse(&c.Passkeys.Name, "Cloison")
	orElse(&c.Sessions.Absolute, 4*time.Hour)
	orElse(&c.Sessions.Idle, 30*time.Minute)
	orElse(&c.Mail.Port, letters.SubmissionPort)
	orElse(&c.Mail.StartTLS, "required")
	orElse(&c.Mail.Language, i18n.French.String())
	orElse(&c.Intake.PerMinute, provisioning.DefaultPerMinute)
	orElse(&c.Timezone, "Europe/Paris")
	c.Desk.setDefaults()
	c.Policy.setDefaults()
	d := directory.Settings{}.Effective()
	orElse(&c.Policy.LeaversPerSite, d.LeaversPerStructure)
	orElse(&c.Policy.LeaversPerSource, d.LeaversPerSource)
	orElse(&c.Policy.AwarenessMonths, d.AwarenessMonths)
	orElse(&c.Policy.ManagersCourseMonths, d.CourseMonths)
	orElse(&c.Policy.TrainingSkew, d.CourseSkew)
	a := c.ApprovalSettings().Effective() // a longer probation lengthens that of lists
	orElse(&c.Policy.ProposalsPerManager, a.PerManager)
	orElse(&c.Policy.ProposalsPerSite, a.PerStructure)
	orElse(&c.Policy.ProbationDays, a.ProbationDays)
	orElse(&c.Policy.ListLines, a.ListLines)
	orElse(&c.Policy.ListProbationDays, a.ListProbationDays)
	orElse(&c.Policy.ListEveryDays, int(a.ListEvery/day))
}

func (c *Desk) setDefaults() {
	d := explanation.Settings{}.Effective()
	orElse(&c.KeyFile, "desk.key")
	orElse(&c.CodesPerMinute, explanation.DefaultCodesPerMinute)
	orElse(&c.CodeTries, d.CodeTries)
	orElse(&c.VisitsPerReception, d.VisitsPerReception)
	orElse(&c.VisitsPerStructure, d.VisitsPerStructure)
	orElse(&c.BreakGlassPerAccount, d.BreakGlassPerAccount)
	orElse(&c.BreakGlassPerStructure, d.BreakGlassPerStructure)
	orElse(&c.BreakGlassLife, d.BreakGlassLife)
}

// setDefaults fills in what does not depend on another key.
func (p *Policy) setDefaults() {
	bound := policy.Default().Bound
	orElse(&p.AccountPerDay, bound.Caps.AccountPerDay)
	orElse(&p.ProbationPerDay, bound.Caps.ProbationPerDay)
	orElse(&p.LineagePerDay, bound.Caps.LineagePerDay)
	orElse(&p.StructureFactor, bound.Caps.StructureFactor)
	orElse(&p.StructureFloor, bound.Caps.StructureFloor)
	orElse(&p.Presence, bound.Caps.PresencePersons)
	orElse(&p.ListRows, bound.Caps.ListRows)
	orElse(&p.UnexplainedShare, bound.Detector.Q0)
	orElse(&p.SoftLevel, bound.Detector.Soft)
	orElse(&p.HardLevel, bound.Detector.Hard)
	t := training.Settings{}.Effective()
	orElse(&p.TrainingPassMark, t.PassMark)
	orElse(&p.TrainingPerDay, t.PerDay)
	l := lifecycle.Settings{}.Effective()
	orElse(&p.DormantDays, int(l.DormantAfter/day))
	orElse(&p.ReviewMonths, l.ReviewMonths)
	orElse(&p.ReviewDays, l.ReviewDays)
}

const day = 24 * time.Hour

func orElse[T comparable](v *T, otherwise T) {
	if *v == *new(T) {
		*v = otherwise
	}
}
