package limits_test

import (
	"math"
	"math/rand/v2"
	"testing"

	"pgregory.net/rapid"

	"cloison"
	"cloison/internal/testkit"
	"cloison/rules/limits"
)

// TestMain asks for more draws than rapid's hundred; -rapid.checks still decides.
func TestMain(m *testing.M) {
	testkit.Draws(3000)
	m.Run()
}

// TestPublishedBounds holds the published table (c = 60 000). The table of the method rounds the formula to the nearest
// whole number; a number of persons below 17.8 is at most 17.
func TestPublishedBounds(t *testing.T) {
	explained := [4]int{0, 60, 240, 3000}
	for _, row := range []struct {
		q0      float64
		formula [4]float64
		most    [4]int
	}{
		{0.02, [4]float64{3.3111, 10.6669, 21.3516, 107.1878}, [4]int{3, 10, 21, 107}},
		{0.05, [4]float64{4.3549, 17.7825, 35.5947, 227.3313}, [4]int{4, 17, 35, 227}},
		{0.10, [4]float64{5.7110, 25.9965, 59.0447, 442.3763}, [4]int{5, 25, 59, 442}},
		{0.25, [4]float64{9.6394, 52.9903, 144.4483, 1252.8119}, [4]int{9, 52, 144, 1252}},
	} {
		p := limits.DefaultDetector()
		p.Q0 = row.q0
		for i, e := range explained {
			formula := math.Inf(1)
			for _, f := range p.Stakes {
				formula = min(formula, (math.Log(5*p.Hard)+float64(e)*-math.Log(1-f))/math.Log(1+f/row.q0*(1-row.q0)))
			}
			if math.Abs(formula-row.formula[i]) > 1e-4 {
				t.Errorf("q0 %v, %d explained: the formula gives %.4f, not %v", row.q0, e, formula, row.formula[i])
			}
			if got := p.Most(limits.Stream{}, e); got != row.most[i] {
				t.Errorf("q0 %v, %d explained: at most %d unexplained, want %d", row.q0, e, got, row.most[i])
			}
		}
	}
}

// TestStepIsTheRecursion computes one unexplained and one explained person by hand: R ← (R + 1)·e.
func TestStepIsTheRecursion(t *testing.T) {
	p := limits.DefaultDetector()
	one := p.Step(limits.Stream{}, true)
	two := p.Step(one, false)
	for i, want := range [limits.Stakes][2]float64{{1.38, 2.3324}, {2.9, 3.51}, {6.7, 5.39}, {12.4, 5.36}, {18.1, 1.91}} {
		if math.Abs(one[i]-want[0]) > 1e-12 || math.Abs(two[i]-want[1]) > 1e-12 {
			t.Errorf("stake %v: %v, then %v, want %v", p.Stakes[i], one[i], two[i], want)
		}
	}
	if got := one.Statistic(); math.Abs(got-8.296) > 1e-12 {
		t.Errorf("the statistic is %v", got)
	}
}

// TestFreshSubjectIsStoppedAtTheFifth plays the simplest attack: every person unexplained.
func TestFreshSubjectIsStoppedAtTheFifth(t *testing.T) {
	p, s, n := limits.DefaultDetector(), limits.Stream{}, 0
	for !p.WouldCross(s) {
		s = p.Step(s, true)
		n++
	}
	if n != 4 || p.Level(s) != limits.Soft {
		t.Fatalf("%d unexplained persons, then %v", n, p.Level(s))
	}
}

func drawParams(t *rapid.T) limits.Detector {
	p := limits.DefaultDetector()
	if rapid.Bool().Draw(t, "own") {
		p.Q0 = rapid.Float64Range(0.005, 0.5).Draw(t, "q0")
		for i := range p.Stakes {
			p.Stakes[i] = rapid.Float64Range(0.01, 0.95).Draw(t, "stake")
		}
		p.Soft = rapid.Float64Range(1, 150).Draw(t, "soft")
		p.Hard = rapid.Float64Range(200, 1e6).Draw(t, "hard")
	}
	if err := p.Validate(); err != nil {
		t.Fatal(err)
	}
	return p
}

// drawStream is a state that a history leads to, below hard.
func drawStream(t *rapid.T, p limits.Detector) (s limits.Stream) {
	for _, x := range rapid.SliceOfN(rapid.Bool(), 0, 60).Draw(t, "history") {
		if !x || !p.WouldCross(s) {
			s = p.Step(s, x)
		}
	}
	return s
}

// TestMostBoundsEveryPath: no sequence below hard holds more than Most, and Most is monotone.
func TestMostBoundsEveryPath(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		p := drawParams(t)
		start := drawStream(t, p)
		s, u, e := start, 0, 0
		for _, x := range rapid.SliceOfN(rapid.Bool(), 0, 400).Draw(t, "path") {
			if x && p.WouldCross(s) {
				continue
			}
			if s = p.Step(s, x); x {
				u++
			} else {
				e++
			}
			if most := p.Most(start, e); u > most {
				t.Fatalf("%d unexplained among %d explained: Most said %d", u, e, most)
			}
		}
		worse := start
		worse[rapid.IntRange(0, limits.Stakes-1).Draw(t, "stake")] *= 2
		harder := p
		harder.Hard *= 2
		if p.Most(start, e+1) < p.Most(start, e) || p.Most(worse, e) > p.Most(start, e) || harder.Most(start, e) < p.Most(start, e) {
			t.Fatal("Most is not monotone")
		}
	})
}

// TestExplainedPersonsNeverTurnHard, from any state below hard, reachable or not.
func TestExplainedPersonsNeverTurnHard(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		p := drawParams(t)
		var s limits.Stream
		left := p.Hard * limits.Stakes * (1 - 1e-9)
		for i := range s {
			s[i] = left * rapid.Float64Range(0, 1).Draw(t, "share")
			left -= s[i]
		}
		if p.Level(s) == limits.Hard {
			t.Skip("rounding")
		}
		for range 200 {
			if s = p.Step(s, false); p.Level(s) == limits.Hard {
				t.Fatalf("an explained person made %v hard", s)
			}
		}
	})
}

// TestFalseAlarmsAreRare is guarantee A at its worst point, a conditional share of exactly q0, for a small c so that it
// can be measured: the mean run length is at least c, independent or clumped. The seed is fixed; the margin is four
// standard errors.
func TestFalseAlarmsAreRare(t *testing.T) {
	const runs, c = 3000, 200
	p := limits.DefaultDetector()
	p.Soft, p.Hard = 50, c
	rhythms := map[string]func(n int, state *float64, r *rand.Rand) float64{
		"independent": func(int, *float64, *rand.Rand) float64 { return p.Q0 },
		"quiet spells": func(n int, _ *float64, _ *rand.Rand) float64 {
			if n/40%2 == 0 {
				return 0
			}
			return p.Q0
		},
		"clumped": func(_ int, spell *float64, r *rand.Rand) float64 { // long spells of none, then spells at q0
			if r.Float64() < 0.05 {
				*spell = p.Q0 - *spell
			}
			return *spell
		},
	}
	for name, share := range rhythms {
		r := rand.New(rand.NewPCG(1, 12))
		var sum, squares float64
		for range runs {
			var s limits.Stream
			var state float64
			n := 0
			for p.Level(s) != limits.Hard {
				s = p.Step(s, r.Float64() < share(n, &state, r))
				n++
			}
			sum += float64(n)
			squares += float64(n) * float64(n)
		}
		mean := sum / runs
		margin := 4 * math.Sqrt((squares/runs-mean*mean)/runs)
		t.Logf("%s: mean run %.0f ± %.0f persons, c = %d", name, mean, margin, c)
		if mean-margin < c {
			t.Errorf("%s: mean run length %.0f ± %.0f, promised at least %d", name, mean, margin, c)
		}
	}
}

func TestParamsThatVoidAGuaranteeAreRefused(t *testing.T) {
	for name, change := range map[string]func(*limits.Detector){
		"zero":         func(p *limits.Detector) { *p = limits.Detector{} },
		"q0 zero":      func(p *limits.Detector) { p.Q0 = 0 },
		"q0 one":       func(p *limits.Detector) { p.Q0 = 1 },
		"q0 NaN":       func(p *limits.Detector) { p.Q0 = math.NaN() },
		"stake one":    func(p *limits.Detector) { p.Stakes[2] = 1 },
		"stake zero":   func(p *limits.Detector) { p.Stakes[0] = 0 },
		"stake NaN":    func(p *limits.Detector) { p.Stakes[4] = math.NaN() },
		"soft ≥ hard":  func(p *limits.Detector) { p.Soft = p.Hard },
		"soft NaN":     func(p *limits.Detector) { p.Soft = math.NaN() },
		"hard too low": func(p *limits.Detector) { p.Soft, p.Hard = 10, 50 },
		"hard too far": func(p *limits.Detector) { p.Hard = math.Inf(1) },
	} {
		p := limits.DefaultDetector()
		if change(&p); cloison.KindOf(p.Validate()) != cloison.Invalid {
			t.Errorf("%s: %v", name, p.Validate())
		}
	}
	if err := limits.Default().Validate(); err != nil {
		t.Error(err)
	}
	for name, change := range map[string]func(*limits.Caps){
		"negative":                  func(c *limits.Caps) { c.ListRows = -1 },
		"absurd":                    func(c *limits.Caps) { c.StructureFactor = 1 << 40 },
		"probation above adviser's": func(c *limits.Caps) { c.ProbationPerDay = c.AccountPerDay + 1 },
	} {
		b := limits.Default()
		if change(&b.Caps); cloison.KindOf(b.Validate()) != cloison.Invalid {
			t.Errorf("caps %s: %v", name, b.Validate())
		}
	}
}

func TestStateThatIsNoNumberIsHard(t *testing.T) {
	p := limits.DefaultDetector()
	for _, s := range []limits.Stream{{math.NaN()}, {math.Inf(1)}, {0, 0, 0, 0, 1e300}} {
		if p.Level(s) != limits.Hard || !p.WouldCross(s) || p.Most(s, 0) != 0 {
			t.Errorf("%v: %v, at most %d", s, p.Level(s), p.Most(s, 0))
		}
	}
	var zero limits.Detector
	if !zero.WouldCross(limits.Stream{}) || zero.Most(limits.Stream{}, 10) != 0 {
		t.Error("the zero Params admits something")
	}
}
