package policy_test

import (
	"slices"
	"testing"
	"time"

	"cloison"
	"cloison/rules/limits"
	"cloison/rules/policy"
)

// noon is the day of the breach that this program is made against.
var noon = time.Date(2025, 12, 1, 12, 0, 0, 0, time.UTC)

const (
	me        = cloison.AccountID(1001)
	colleague = cloison.AccountID(1002)
	officer   = cloison.AccountID(1003)
	file      = cloison.Identity | cloison.Birth | cloison.NIR | cloison.Email
)

// by is an explanation by those means, made by a colleague or, for imported means, by the operator's import.
func by(k policy.Means) policy.Explanation {
	e := policy.Explanation{Means: k, Since: noon.Add(-time.Hour)}
	switch k {
	case policy.Cover, policy.Duty, policy.Visit, policy.BreakGlass:
		e.By = colleague
	case policy.Self:
		e.By, e.SelfGranted = me, true
	}
	return e
}

// ordinary is an adviser who may open a file of the caseload.
func ordinary() policy.Facts {
	return policy.Facts{
		Now: noon, Ready: true, Tool: "dossiers", Operation: policy.Read,
		Account: policy.Account{
			ID: me, Structure: "ML-0042", State: policy.Active, Roles: []policy.Role{policy.Adviser},
			ProbationUntil: noon.AddDate(0, -6, 0), AwarenessUntil: noon.AddDate(0, 3, 0),
		},
		Session: policy.Session{ID: 7, Assurance: policy.PhishingResistant},
		Persons: []policy.Person{{Fields: file, Explanation: by(policy.Caseload)}},
	}
}

func codes(d policy.Decision) (cs []policy.ReasonCode) {
	for _, r := range d.Reasons {
		cs = append(cs, r.Code)
	}
	return cs
}

func TestOrdinaryWork(t *testing.T) {
	d := policy.Decide(policy.Default(), ordinary())
	want := policy.PersonDecision{Show: file &^ cloison.NIR, Mask: cloison.NIR}
	if d.Outcome != policy.Permit || len(d.Reasons) != 0 || d.Persons[0] != want {
		t.Fatalf("%+v", d)
	}
}

// TestEveryReason gives each reason once, with its parameters, and says whether a step-up is the way out.
func TestEveryReason(t *testing.T) {
	day := 24 * time.Hour
	unexplained := func(f *policy.Facts) { f.Persons[0].Explanation = policy.Explanation{} }
	breakGlass := func(f *policy.Facts) { f.Persons[0].Explanation = by(policy.BreakGlass) }
	newcomer := func(f *policy.Facts) { f.Account.ProbationUntil = noon.Add(9 * day) }
	for _, c := range []struct {
		name   string
		change func(*policy.Facts)
		want   policy.Reason
		proof  policy.Factor // of a step-up; none: refused
	}{
		{"clock in doubt", func(f *policy.Facts) { f.ClockDoubt = true }, policy.Reason{Code: policy.ClockDoubt}, ""},
		{"ledger closed", func(f *policy.Facts) { f.Ready = false }, policy.Reason{Code: policy.LedgerUnavailable}, ""},
		{"no time", func(f *policy.Facts) { f.Now = time.Time{} }, policy.Reason{Code: policy.LedgerUnavailable}, ""},
		{"operation", func(f *policy.Facts) { f.Operation = "export" }, policy.Reason{Code: policy.UnknownOperation}, ""},
		{"no operation", func(f *policy.Facts) { f.Operation = "" }, policy.Reason{Code: policy.UnknownOperation}, ""},
		{"a person in a plain answer", func(f *policy.Facts) { f.Operation = policy.Plain }, policy.Reason{Code: policy.UnknownOperation}, ""},
		{"suspended", func(f *policy.Facts) {
			f.Account.State, f.Account.SuspendedAt, f.Account.SuspendedBy = policy.Suspended, noon.Add(-day), officer
		}, policy.Reason{Code: policy.IsSuspended, Since: noon.Add(-day), By: officer}, ""},
		{"pending", func(f *policy.Facts) { f.Account.State = policy.Pending }, policy.Reason{Code: policy.NotActive, State: policy.Pending}, ""},
		{"closed", func(f *policy.Facts) { f.Account.State = policy.Closed }, policy.Reason{Code: policy.NotActive, State: policy.Closed}, ""},
		{"state of another version", func(f *policy.Facts) { f.Account.State = "active " }, policy.Reason{Code: policy.NotActive, State: "active "}, ""},
		{"no account", func(f *policy.Facts) { f.Account.ID = 0 }, policy.Reason{Code: policy.NotActive, State: policy.Active}, ""},
		{"dormant", func(f *policy.Facts) { f.Account.Dormant = true }, policy.Reason{Code: policy.IsDormant}, ""},
		{"no role", func(f *policy.Facts) { f.Account.Roles = nil }, policy.Reason{Code: policy.NoRole}, ""},
		{"awareness ends now", func(f *policy.Facts) { f.Account.AwarenessUntil = noon },
			policy.Reason{Code: policy.Training, Course: policy.Awareness, Until: noon}, ""},
		{"awareness never", func(f *policy.Facts) { f.Account.AwarenessUntil = time.Time{} },
			policy.Reason{Code: policy.Training, Course: policy.Awareness}, ""},
		{"managers' course", func(f *policy.Facts) {
			f.Account.Roles, f.Account.ManagersUntil = []policy.Role{policy.Manager, policy.Adviser}, noon.Add(-day)
		}, policy.Reason{Code: policy.Training, Course: policy.ManagersCourse, Until: noon.Add(-day)}, ""},
		{"too many rows", func(f *policy.Facts) {
			f.Operation, f.Persons = policy.List, slices.Repeat(f.Persons, 51)
		}, policy.Reason{Code: policy.TooManyRows, Count: 51, Limit: 50}, ""},
		{"weak factor", func(f *policy.Facts) { f.Session.Assurance = policy.Weak }, policy.Reason{Code: policy.WeakFactor}, policy.PasskeyFactor},
		{"passkey too old", func(f *policy.Facts) {
			f.Session = policy.Session{Assurance: policy.OwnPasskey, PasskeyAt: noon.Add(-4 * time.Hour)}
		}, policy.Reason{Code: policy.WeakFactor}, policy.PasskeyFactor},
		{"passkey in the future", func(f *policy.Facts) {
			f.Session = policy.Session{Assurance: policy.Weak, PasskeyAt: noon.Add(time.Second)}
		}, policy.Reason{Code: policy.WeakFactor}, policy.PasskeyFactor},
		{"no assurance", func(f *policy.Facts) { f.Session = policy.Session{PasskeyAt: noon} }, policy.Reason{Code: policy.WeakFactor}, policy.SignInFactor},
		{"unknown assurance", func(f *policy.Facts) { f.Session.Assurance = "biometric" }, policy.Reason{Code: policy.WeakFactor}, policy.SignInFactor},
		{"not explained", unexplained, policy.Reason{Code: policy.NotExplained, Count: 1}, ""},
		{"explanation over", func(f *policy.Facts) { f.Persons[0].Explanation.Until = noon }, policy.Reason{Code: policy.NotExplained, Count: 1}, ""},
		{"explanation made now", func(f *policy.Facts) { f.Persons[0].Explanation.Since = noon }, policy.Reason{Code: policy.NotExplained, Count: 1}, ""},
		{"explanation of an unknown kind", func(f *policy.Facts) { f.Persons[0].Explanation.Means = "friend" }, policy.Reason{Code: policy.NotExplained, Count: 1}, ""},
		{"break-glass nobody confirmed", func(f *policy.Facts) { breakGlass(f); f.Persons[0].Explanation.By = 0 }, policy.Reason{Code: policy.NotExplained, Count: 1}, ""},
		{"break-glass confirmed by oneself", func(f *policy.Facts) { breakGlass(f); f.Persons[0].Explanation.By = me }, policy.Reason{Code: policy.NotExplained, Count: 1}, ""},
		{"break-glass confirmed by an accomplice", func(f *policy.Facts) { breakGlass(f); f.Persons[0].Explanation.SelfGranted = true },
			policy.Reason{Code: policy.NotExplained, Count: 1}, ""},
		{"probation, unexplained", func(f *policy.Facts) { newcomer(f); unexplained(f) }, policy.Reason{Code: policy.Probation, Until: noon.Add(9 * day), Count: 1}, ""},
		{"probation, cover", func(f *policy.Facts) { newcomer(f); f.Persons[0].Explanation = by(policy.Cover) },
			policy.Reason{Code: policy.Probation, Until: noon.Add(9 * day), Count: 1}, ""},
		{"probation, break-glass", func(f *policy.Facts) { newcomer(f); breakGlass(f) }, policy.Reason{Code: policy.Probation, Until: noon.Add(9 * day), Count: 1}, ""},
		{"probation, visit", func(f *policy.Facts) { newcomer(f); f.Persons[0].Explanation = by(policy.Visit) },
			policy.Reason{Code: policy.Probation, Until: noon.Add(9 * day), Count: 1}, ""},
		{"probation, code", func(f *policy.Facts) { newcomer(f); f.Persons[0].Explanation = by(policy.GivenCode) },
			policy.Reason{Code: policy.Probation, Until: noon.Add(9 * day), Count: 1}, ""},
		{"soft level", func(f *policy.Facts) { breakGlass(f); f.Alarm = limits.Soft }, policy.Reason{Code: policy.SoftLevel, Count: 1}, policy.PasskeyFactor},
		{"hard level", func(f *policy.Facts) { breakGlass(f); f.Alarm = limits.Hard }, policy.Reason{Code: policy.BoundReached, Count: 1}, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			f := ordinary()
			c.change(&f)
			d := policy.Decide(policy.Default(), f)
			want := policy.Refuse
			if c.proof != "" {
				want = policy.StepUp
			}
			if d.Outcome != want || d.Factor != c.proof || !slices.Equal(d.Reasons, []policy.Reason{c.want}) {
				t.Errorf("%s %s %+v, want %s %s %+v", d.Outcome, d.Factor, d.Reasons, want, c.proof, c.want)
			}
			if d.Withheld() != len(f.Persons) {
				t.Errorf("%d of %d withheld", d.Withheld(), len(f.Persons))
			}
		})
	}
}

// TestRolesAndOperations is the whole table of roles and operations, for an explained person.
func TestRolesAndOperations(t *testing.T) {
	const yes, no = policy.Permit, policy.Refuse
	operations := []policy.Operation{policy.Read, policy.List, policy.Search, policy.Reveal, policy.Write, policy.Plain}
	for _, row := range []struct {
		roles []policy.Role
		want  [6]policy.Outcome
	}{
		{[]policy.Role{policy.Adviser}, [6]policy.Outcome{yes, yes, yes, yes, yes, yes}},
		{[]policy.Role{policy.Reception}, [6]policy.Outcome{yes, yes, yes, yes, yes, yes}},
		{[]policy.Role{policy.Manager}, [6]policy.Outcome{no, no, no, no, no, yes}},
		{[]policy.Role{policy.Manager, policy.Adviser}, [6]policy.Outcome{yes, yes, yes, yes, yes, yes}},
		{[]policy.Role{"director"}, [6]policy.Outcome{no, no, no, no, no, yes}},
		{[]policy.Role{"approver"}, [6]policy.Outcome{no, no, no, no, no, yes}},
		{[]policy.Role{"officer"}, [6]policy.Outcome{no, no, no, no, no, yes}},
		{[]policy.Role{"dpo"}, [6]policy.Outcome{no, no, no, no, no, yes}},
		{[]policy.Role{"auditor"}, [6]policy.Outcome{no, no, no, no, no, yes}},
		{[]policy.Role{"Adviser", "adviser,manager"}, [6]policy.Outcome{no, no, no, no, no, yes}},
		{nil, [6]policy.Outcome{no, no, no, no, no, yes}},
	} {
		for i, op := range operations {
			f := ordinary()
			f.Account.Roles, f.Account.ManagersUntil, f.Operation = row.roles, noon.AddDate(1, 0, 0), op
			if op == policy.Plain {
				f.Persons = nil
			}
			d := policy.Decide(policy.Default(), f)
			if d.Outcome != row.want[i] {
				t.Errorf("%v %s: %s %v, want %s", row.roles, op, d.Outcome, codes(d), row.want[i])
			}
			if d.Outcome == no && !slices.Equal(codes(d), []policy.ReasonCode{policy.NoRole}) {
				t.Errorf("%v %s is refused for %v", row.roles, op, codes(d))
			}
		}
	}
}

// TestExplanations is the whole table of means: what each opens, for an established account and for a newcomer, and
// whether it counts.
func TestExplanations(t *testing.T) {
	for _, c := range []struct {
		explanation       policy.Explanation
		read, list, probe bool // established: one file, a row; new account: one file
		counts            bool // as explained
	}{
		{by(policy.Caseload), true, true, true, true},
		{by(policy.Appointment), true, true, true, true},
		{by(policy.Visit), true, true, false, true},
		{by(policy.GivenCode), true, true, false, true},
		{by(policy.Cover), true, true, false, true},
		{by(policy.Duty), true, true, false, true},
		{by(policy.Referral), true, true, false, true},
		{by(policy.BreakGlass), true, false, false, false},
		{by(policy.Self), true, false, false, false},
		{policy.Explanation{Means: policy.Cover, By: colleague, SelfGranted: true}, true, false, false, false},
		{policy.Explanation{Means: policy.Visit, By: colleague, SelfGranted: true}, true, false, false, false},
		{policy.Explanation{Means: policy.Visit, By: me}, true, false, false, false},
		{policy.Explanation{Means: policy.GivenCode, SelfGranted: true}, true, false, false, false},
		{policy.Explanation{Means: policy.GivenCode, By: me}, true, false, false, false},
		{policy.Explanation{Means: policy.Duty, By: colleague, SelfGranted: true}, true, false, false, false},
		{policy.Explanation{Means: policy.Caseload, By: colleague, SelfGranted: true}, true, false, false, false}, // by a transfer
		{policy.Explanation{Means: policy.Caseload, By: colleague}, true, true, true, true},                       // likewise, of another's making
		{policy.Explanation{Means: policy.Caseload, By: me}, true, false, false, false},
		{policy.Explanation{Means: policy.Appointment, By: me}, true, false, false, false},
		{policy.Explanation{}, false, false, false, false},
	} {
		f := ordinary()
		f.Persons[0].Explanation = c.explanation
		read := policy.Decide(policy.Default(), f)
		f.Operation = policy.Search
		list := policy.Decide(policy.Default(), f)
		f.Operation, f.Account.ProbationUntil = policy.Read, noon.Add(time.Hour)
		probe := policy.Decide(policy.Default(), f)
		if got := [3]bool{read.Persons[0].Shown(), list.Persons[0].Shown(), probe.Persons[0].Shown()}; got != [3]bool{c.read, c.list, c.probe} {
			t.Errorf("%+v: %v, want %v", c.explanation, got, [3]bool{c.read, c.list, c.probe})
		}
		if read.Persons[0].Unexplained == c.counts {
			t.Errorf("%+v counts as explained: %v", c.explanation, !c.counts)
		}
		if list.Outcome != policy.Permit || list.Persons[0].Attempt {
			t.Errorf("%+v in a list: %+v", c.explanation, list)
		}
		if wantAttempt := !c.read && !c.counts; read.Persons[0].Attempt != wantAttempt {
			t.Errorf("%+v: attempt %v", c.explanation, read.Persons[0].Attempt)
		}
		if wantAttempt := !c.probe && !c.counts; probe.Persons[0].Attempt != wantAttempt {
			t.Errorf("%+v on probation: attempt %v", c.explanation, probe.Persons[0].Attempt)
		}
	}
}

func TestRevealIsFieldByFieldAndOfOneFile(t *testing.T) {
	s := policy.Default()
	s.Masked = cloison.Health
	for _, c := range []struct {
		operation    policy.Operation
		reveal, show cloison.Fields
	}{
		{policy.Reveal, cloison.NIR, cloison.Identity | cloison.NIR},
		{policy.Reveal, cloison.NIR | cloison.Health, cloison.Identity | cloison.NIR | cloison.Health},
		{policy.Reveal, 0, cloison.Identity},
		{policy.Reveal, cloison.Income, cloison.Identity},
		{policy.Read, cloison.NIR, cloison.Identity},
		{policy.Search, cloison.NIR, cloison.Identity},
		{policy.Write, cloison.NIR, cloison.Identity},
	} {
		f := ordinary()
		fields := cloison.Identity | cloison.NIR | cloison.Health
		f.Operation, f.Persons[0].Fields, f.Persons[0].Reveal = c.operation, fields, c.reveal
		o := policy.Decide(s, f).Persons[0]
		if o.Show != c.show || o.Mask != fields&^c.show {
			t.Errorf("%s revealing %v: shows %v, masks %v", c.operation, c.reveal, o.Show, o.Mask)
		}
	}
}

func TestSettingsOpenAndClose(t *testing.T) {
	for name, c := range map[string]struct {
		settings func(*policy.Settings)
		facts    func(*policy.Facts)
		want     policy.Outcome
	}{
		"no break-glass": {func(s *policy.Settings) { s.BreakGlass = false },
			func(f *policy.Facts) { f.Persons[0].Explanation = by(policy.BreakGlass) }, policy.Refuse},
		"nothing self-granted": {func(s *policy.Settings) { s.SelfGranted = false },
			func(f *policy.Facts) { f.Persons[0].Explanation = by(policy.Self) }, policy.Refuse},
		"awareness not asked": {func(s *policy.Settings) { s.WithoutAwareness = true },
			func(f *policy.Facts) { f.Account.AwarenessUntil = time.Time{} }, policy.Permit},
		"managers' course not asked": {func(s *policy.Settings) { s.WithoutManagersCourse = true },
			func(f *policy.Facts) { f.Account.Roles = append(f.Account.Roles, policy.Manager) }, policy.Permit},
		"fresh passkey makes up for a weak factor": {func(*policy.Settings) {},
			func(f *policy.Facts) {
				f.Session = policy.Session{Assurance: policy.Weak, PasskeyAt: noon.Add(-time.Hour)}
			}, policy.Permit},
		"passkey is never fresh": {func(s *policy.Settings) { s.PasskeyFresh = 0 },
			func(f *policy.Facts) { f.Session = policy.Session{Assurance: policy.OwnPasskey, PasskeyAt: noon} }, policy.StepUp},
		"soft level, passkey just used": {func(*policy.Settings) {},
			func(f *policy.Facts) {
				f.Alarm, f.Persons[0].Explanation = limits.Soft, by(policy.BreakGlass)
				f.Session.PasskeyAt = noon.Add(-time.Minute)
			}, policy.Permit},
		"hard level, caseload stays open": {func(*policy.Settings) {}, func(f *policy.Facts) { f.Alarm = limits.Hard }, policy.Permit},
		"zero settings":                   {func(s *policy.Settings) { *s = policy.Settings{} }, func(*policy.Facts) {}, policy.Refuse},
		"zero facts":                      {func(*policy.Settings) {}, func(f *policy.Facts) { *f = policy.Facts{} }, policy.Refuse},
		"before the answer is known":      {func(*policy.Settings) {}, func(f *policy.Facts) { f.Persons = nil }, policy.Permit},
	} {
		s, f := policy.Default(), ordinary()
		c.settings(&s)
		c.facts(&f)
		if d := policy.Decide(s, f); d.Outcome != c.want {
			t.Errorf("%s: %s %v", name, d.Outcome, codes(d))
		}
	}
	if s := policy.Default(); s.Validate() != nil {
		t.Error(s.Validate())
	}
	if s := (policy.Settings{Bound: limits.Default(), SoftFresh: -1}); cloison.KindOf(s.Validate()) != cloison.Invalid {
		t.Error("a negative duration is valid")
	}
}

func BenchmarkDecide(b *testing.B) {
	s, f := policy.Default(), ordinary()
	f.Operation, f.Persons = policy.List, slices.Repeat(f.Persons, 50)
	b.ReportAllocs()
	for b.Loop() {
		if policy.Decide(s, f).Outcome != policy.Permit {
			b.Fatal("refused")
		}
	}
}

// TestTheDeskAtEachLevel is what each explanation of the desk opens at each level of the detector, when somebody else
// made it, when it is self-granted, over or not begun. Somebody else's opens at every level; a self-granted one needs a
// fresh passkey at the soft level, and opens nothing at the hard level.
func TestTheDeskAtEachLevel(t *testing.T) {
	const yes, no, proof = policy.Permit, policy.Refuse, policy.StepUp
	for _, k := range []policy.Means{policy.Visit, policy.GivenCode, policy.Cover, policy.Duty, policy.Caseload} {
		for _, c := range []struct {
			name   string
			change func(*policy.Explanation)
			want   [3]policy.Outcome // calm, soft, hard
		}{
			{"somebody else's", func(*policy.Explanation) {}, [3]policy.Outcome{yes, yes, yes}},
			{"self-granted", func(e *policy.Explanation) { e.SelfGranted = true }, [3]policy.Outcome{yes, proof, no}},
			{"one's own", func(e *policy.Explanation) { e.By = me }, [3]policy.Outcome{yes, proof, no}},
			{"over", func(e *policy.Explanation) { e.Until = noon }, [3]policy.Outcome{no, no, no}},
			{"over by a moment later", func(e *policy.Explanation) { e.Until = noon.Add(1) }, [3]policy.Outcome{yes, yes, yes}},
			{"made at the read", func(e *policy.Explanation) { e.Since = noon }, [3]policy.Outcome{no, no, no}},
			{"made later", func(e *policy.Explanation) { e.Since = noon.Add(time.Hour) }, [3]policy.Outcome{no, no, no}},
		} {
			for level, want := range c.want {
				f := ordinary()
				f.Persons[0].Explanation, f.Alarm = by(k), limits.Level(level)
				c.change(&f.Persons[0].Explanation)
				d := policy.Decide(policy.Default(), f)
				if d.Outcome != want {
					t.Errorf("%s, %s, %v: %s %v, want %s", k, c.name, f.Alarm, d.Outcome, codes(d), want)
				}
				f.Account.ProbationUntil = noon.Add(1) // a newcomer: its caseload, whatever account gave it, and nothing of the desk
				onProbation := no
				if k == policy.Caseload && want == yes && !d.Persons[0].Unexplained {
					onProbation = yes
				}
				if n := policy.Decide(policy.Default(), f); n.Outcome != onProbation {
					t.Errorf("%s, %s, %v, on probation: %s %v, want %s", k, c.name, f.Alarm, n.Outcome, codes(n), onProbation)
				}
			}
		}
	}
}
