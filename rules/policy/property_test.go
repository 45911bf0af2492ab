package policy_test

import (
	"fmt"
	"reflect"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"cloison"
	"cloison/internal/testkit"
	"cloison/rules/limits"
	"cloison/rules/policy"
)

// TestMain asks for more draws than rapid's hundred; -rapid.checks still decides.
func TestMain(m *testing.M) {
	testkit.Draws(3000)
	m.Run()
}

func drawTime(t *rapid.T, name string) time.Time {
	switch rapid.IntRange(0, 4).Draw(t, name+"?") {
	case 0:
		return time.Time{}
	case 1:
		return noon
	default:
		return noon.Add(time.Duration(rapid.IntRange(-400, 400).Draw(t, name)) * time.Hour)
	}
}

func drawFacts(t *rapid.T) policy.Facts {
	mostly := func(name string) bool { return rapid.IntRange(0, 19).Draw(t, name) < 17 } // rapid draws small numbers more often
	f := policy.Facts{
		Now: noon, Ready: mostly("ready"), Tool: "dossiers",
		Operation: rapid.SampledFrom([]policy.Operation{policy.Read, policy.List, policy.Search, policy.Reveal, policy.Write}).Draw(t, "operation"),
		Account: policy.Account{
			ID: me, Structure: "ML-0042", State: policy.Active,
			SuspendedAt: drawTime(t, "suspended at"), SuspendedBy: officer,
			Dormant:        !mostly("in use"),
			Roles:          []policy.Role{policy.Adviser},
			ProbationUntil: drawTime(t, "probation"),
			AwarenessUntil: noon.AddDate(0, 1, 0), ManagersUntil: noon.AddDate(0, 1, 0),
		},
		Session: policy.Session{
			ID:        8,
			Assurance: policy.PhishingResistant,
			PasskeyAt: drawTime(t, "passkey"),
		},
		Alarm: rapid.SampledFrom([]limits.Level{limits.Calm, limits.Calm, limits.Soft, limits.Hard}).Draw(t, "alarm"),
	}
	if !mostly("active") {
		f.Account.State = rapid.SampledFrom([]policy.State{policy.Pending, policy.Suspended, policy.Closed, ""}).Draw(t, "state")
	}
	if !mostly("trained") {
		f.Account.AwarenessUntil, f.Account.ManagersUntil = drawTime(t, "awareness"), drawTime(t, "course")
	}
	if !mostly("a reader") {
		roles := rapid.SampledFrom([]policy.Role{policy.Reception, policy.Manager, "officer"})
		f.Account.Roles = rapid.SliceOfNDistinct(roles, 1, 3, rapid.ID).Draw(t, "roles")
	}
	if !mostly("well proved") {
		f.Session.Assurance = rapid.SampledFrom([]policy.Assurance{policy.OwnPasskey, policy.Weak, policy.NoAssurance}).Draw(t, "assurance")
	}
	kinds := []policy.Means{policy.Caseload, policy.Appointment, policy.None, policy.Visit, policy.GivenCode, policy.Cover, policy.Duty,
		policy.Referral, policy.BreakGlass, policy.Self}
	for range rapid.IntRange(1, 5).Draw(t, "persons") {
		f.Persons = append(f.Persons, policy.Person{
			Fields:       cloison.Fields(rapid.Uint32Range(0, 1<<16-1).Draw(t, "fields")),
			Reveal:       cloison.Fields(rapid.Uint32Range(0, 1<<16-1).Draw(t, "reveal")),
			ShownToday:   rapid.Bool().Draw(t, "shown"),
			RefusedToday: rapid.Bool().Draw(t, "refused"),
			Explanation: policy.Explanation{
				Means:       rapid.SampledFrom(kinds).Draw(t, "kind"),
				By:          rapid.SampledFrom([]cloison.AccountID{0, me, colleague}).Draw(t, "by"),
				SelfGranted: !mostly("exogenous"),
				Since:       noon.Add(-time.Duration(rapid.IntRange(-1, 5).Draw(t, "since")+1) * time.Hour),
			},
		})
		if !mostly("open") {
			f.Persons[len(f.Persons)-1].Explanation.Until = drawTime(t, "until")
		}
	}
	return f
}

func drawSettings(t *rapid.T) policy.Settings {
	s := policy.Default()
	s.BreakGlass, s.SelfGranted = rapid.Bool().Draw(t, "break-glass"), rapid.Bool().Draw(t, "self-granted")
	s.WithoutAwareness, s.WithoutManagersCourse = rapid.Bool().Draw(t, "awareness"), rapid.Bool().Draw(t, "course")
	s.Masked = cloison.Fields(rapid.Uint32Range(0, 1<<16-1).Draw(t, "masked"))
	return s
}

// TestWhatAlwaysHolds, of any decision on any facts, before and after the bound.
func TestWhatAlwaysHolds(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s, f := drawSettings(t), drawFacts(t)
		before := policy.Decide(s, f)
		out, err := s.Bound.Charge(today, limits.Standing{Probation: f.Account.OnProbation(f.Now),
			Session: limits.Tally{Left: rapid.Int32Range(0, 4).Draw(t, "left")}}, before.Charges(f))
		if err != nil {
			t.Fatal(err)
		}
		for _, d := range []policy.Decision{before, before.Settle(s, f, out.Verdicts)} {
			if err := sound(s, f, d); err != nil {
				t.Fatalf("%v: %+v", err, d)
			}
		}
		if !reflect.DeepEqual(before, policy.Decide(s, f)) {
			t.Fatal("the same facts were decided twice, differently")
		}
		if f.Account.State == policy.Suspended && before.Outcome != policy.Refuse {
			t.Fatalf("a suspended account: %s", before.Outcome)
		}
	})
}

func sound(s policy.Settings, f policy.Facts, d policy.Decision) error {
	if len(d.Persons) != len(f.Persons) {
		return fmt.Errorf("%d outcomes of %d persons", len(d.Persons), len(f.Persons))
	}
	if d.Outcome != policy.Permit && (len(d.Reasons) == 0 || d.Withheld() != len(f.Persons)) {
		return fmt.Errorf("%s without a reason, or with a person", d.Outcome)
	}
	if (d.Outcome == policy.StepUp) != (d.Factor != "") && d.Outcome != policy.Permit {
		return fmt.Errorf("%s asks for %q", d.Outcome, d.Factor)
	}
	for i, o := range d.Persons {
		p := f.Persons[i]
		visible := cloison.Fields(0)
		if f.Operation == policy.Reveal {
			visible = p.Reveal
		}
		switch {
		case !o.Shown() && o.Show|o.Mask != 0:
			return fmt.Errorf("person %d is withheld and shown", i)
		case o.Shown() && (o.Show|o.Mask != p.Fields || o.Show&o.Mask != 0):
			return fmt.Errorf("person %d: %v is not split", i, p.Fields)
		case o.Show&(s.Masked|cloison.NIR)&^visible != 0:
			return fmt.Errorf("person %d: %v in clear", i, o.Show)
		case o.Shown() && o.Attempt:
			return fmt.Errorf("person %d is shown and an attempt", i)
		case o.Shown() && o.Unexplained && (f.Account.OnProbation(f.Now) || f.Operation == policy.List || f.Operation == policy.Search):
			return fmt.Errorf("person %d is unexplained and shown", i)
		}
	}
	return nil
}

// TestRestrictionsOnlyRestrict: no stricter fact or setting turns a refusal into a permission, or shows a person or a
// field that was not shown.
func TestRestrictionsOnlyRestrict(t *testing.T) {
	type restriction struct {
		name  string
		apply func(*policy.Settings, *policy.Facts, int)
	}
	fact := func(name string, apply func(*policy.Facts)) restriction {
		return restriction{name, func(_ *policy.Settings, f *policy.Facts, _ int) { apply(f) }}
	}
	setting := func(name string, apply func(*policy.Settings)) restriction {
		return restriction{name, func(s *policy.Settings, _ *policy.Facts, _ int) { apply(s) }}
	}
	explanation := func(name string, apply func(*policy.Explanation)) restriction {
		return restriction{name, func(_ *policy.Settings, f *policy.Facts, i int) {
			if len(f.Persons) > 0 {
				apply(&f.Persons[i%len(f.Persons)].Explanation)
			}
		}}
	}
	restrictions := []restriction{
		fact("suspended", func(f *policy.Facts) { f.Account.State = policy.Suspended }),
		fact("dormant", func(f *policy.Facts) { f.Account.Dormant = true }),
		fact("clock in doubt", func(f *policy.Facts) { f.ClockDoubt = true }),
		fact("not ready", func(f *policy.Facts) { f.Ready = false }),
		fact("awareness", func(f *policy.Facts) { f.Account.AwarenessUntil = noon.Add(-1) }),
		fact("managers' course", func(f *policy.Facts) { f.Account.ManagersUntil = time.Time{} }),
		fact("probation", func(f *policy.Facts) { f.Account.ProbationUntil = noon.Add(1) }),
		fact("roles", func(f *policy.Facts) { f.Account.Roles = nil }),
		fact("weak", func(f *policy.Facts) {
			if f.Session.Assurance != policy.NoAssurance {
				f.Session.Assurance = policy.Weak
			}
		}),
		fact("no proof", func(f *policy.Facts) { f.Session.Assurance = policy.NoAssurance }),
		fact("no passkey", func(f *policy.Facts) { f.Session.PasskeyAt = time.Time{} }),
		fact("alarm", func(f *policy.Facts) { f.Alarm = min(f.Alarm+1, limits.Hard) }),
		fact("nothing revealed", func(f *policy.Facts) {
			for i := range f.Persons {
				f.Persons[i].Reveal = 0
			}
		}),
		setting("break-glass", func(s *policy.Settings) { s.BreakGlass = false }),
		setting("self-granted", func(s *policy.Settings) { s.SelfGranted = false }),
		setting("awareness asked", func(s *policy.Settings) { s.WithoutAwareness = false }),
		setting("course asked", func(s *policy.Settings) { s.WithoutManagersCourse = false }),
		setting("rows", func(s *policy.Settings) { s.Bound.Caps.ListRows = 2 }),
		setting("passkey freshness", func(s *policy.Settings) { s.PasskeyFresh = time.Hour }),
		setting("soft freshness", func(s *policy.Settings) { s.SoftFresh = 0 }),
		setting("masks", func(s *policy.Settings) { s.Masked = 1<<16 - 1 }),
		setting("all of them", func(s *policy.Settings) { *s = policy.Settings{} }),
		explanation("none", func(e *policy.Explanation) { *e = policy.Explanation{} }),
		explanation("over", func(e *policy.Explanation) { e.Until = noon }),
		explanation("late", func(e *policy.Explanation) { e.Since = noon }),
		explanation("self-granted", func(e *policy.Explanation) { e.SelfGranted = true }),
		explanation("own", func(e *policy.Explanation) { e.By = me }),
	}
	drawn, permitted := 0, 0
	rapid.Check(t, func(t *rapid.T) {
		s, f := drawSettings(t), drawFacts(t)
		before := policy.Decide(s, f)
		if drawn++; before.Outcome == policy.Permit && before.Withheld() < len(f.Persons) {
			permitted++
		}
		r := rapid.SampledFrom(restrictions).Draw(t, "restriction")
		f.Persons = slices.Clone(f.Persons)
		r.apply(&s, &f, rapid.IntRange(0, 4).Draw(t, "person"))
		after := policy.Decide(s, f)
		if after.Outcome == policy.Permit && before.Outcome != policy.Permit {
			t.Fatalf("%s turned %+v into %+v", r.name, before, after)
		}
		for i, o := range after.Persons {
			if o.Shown() && !before.Persons[i].Shown() && before.Outcome == policy.Permit || o.Show&^before.Persons[i].Show != 0 {
				t.Fatalf("%s shows more of person %d: %+v became %+v", r.name, i, before, after)
			}
		}
	})
	if drawn >= 1000 && permitted < drawn/30 {
		t.Errorf("only %d of %d draws showed anybody: they prove little", permitted, drawn)
	}
}
