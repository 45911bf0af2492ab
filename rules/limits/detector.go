package limits

import (
	"math"
	"slices"

	"cloison"
)

// Stakes is the number of bets of a Stream: small stakes detect a slow leak, large ones a sudden one.
const Stakes = 5

// Detector holds the parameters of the detector. The zero Detector is hard at once: nothing unexplained leaves.
type Detector struct {
	// Q0 is the highest share of unexplained persons in normal work: an upper bound, never an estimate.
	Q0 float64 `json:"q0"`
	// Stakes are the shares f of the detector's fortune that it bets, each in (0, 1).
	Stakes [Stakes]float64 `json:"stakes"`
	Soft   float64         `json:"soft"` // level at which the passkey is asked
	Hard   float64         `json:"hard"` // c: level that no unexplained disclosure may reach
}

// DefaultDetector is the detector without a setting. With Hard = 60 000 and 60 persons a week, 1 000 agents cause less
// than one false alarm a week.
func DefaultDetector() Detector {
	return Detector{Q0: 0.05, Stakes: [Stakes]float64{0.02, 0.1, 0.3, 0.6, 0.9}, Soft: 4000, Hard: 60000}
}

// Validate returns Invalid when a parameter voids a guarantee. The other methods of such a Detector refuse.
func (p Detector) Validate() error {
	if !(p.Q0 > 0 && p.Q0 < 1) {
		return cloison.Errorf(cloison.Invalid, "detector: q0 is %v: want a share above 0 and below 1, as 0.05", p.Q0)
	}
	least := 1.0
	for _, f := range p.Stakes {
		if !(f > 0 && f < 1) {
			return cloison.Errorf(cloison.Invalid, "detector: the stake %v is not above 0 and below 1", f)
		}
		least = min(least, f)
	}
	if !(p.Soft >= 1 && p.Soft < p.Hard) {
		return cloison.Errorf(cloison.Invalid, "detector: soft is %v: want at least 1 and below hard, %v", p.Soft, p.Hard)
	}
	// An explained person changes the sum of the R_f by Σ(1 − f) − Σ f·R_f: it raises the mean, by less than 1, only
	// while the mean is below 1/min f. So it never makes a subject hard.
	if p.Hard < 1+1/least || !(p.Hard <= 1e12) {
		return cloison.Errorf(cloison.Invalid, "detector: hard is %v: want between %v and 1e12", p.Hard, 1+1/least)
	}
	return nil
}

// Stream is the detector's state about one account, lineage or structure: R_f for each stake, in the order of
// Detector.Stakes. The zero Stream has seen nobody. Every R_f is finite and at least 0.
type Stream [Stakes]float64

// Statistic is the mean of the R_f. It is neither odds nor a probability; say it as "normal work reaches this level on
// average less than once in N disclosures".
func (s Stream) Statistic() float64 {
	var sum float64
	for _, r := range s {
		sum += r
	}
	return sum / Stakes
}

// Step takes one person into account. It is the e-Shiryaev–Roberts recursion of Shin, Ramdas and Rinaldo, "E-detectors:
// a nonparametric framework for sequential change detection" (arXiv 2203.03532), with the bet
//
//	e = 1 + (f/q0)·(x − q0), x = 1 when unexplained;  R_f ← (R_f + 1)·e
//
// Guarantee A. While P(x = 1 | past) ≤ q0, E[e | past] ≤ 1, so that mean(R_f) − n is a supermartingale over the n
// persons seen; by optional stopping the mean number of persons until the statistic reaches c is at least c.
//
// Products are rounded one by one (no fused multiply-add), so that every replica, on any processor, computes the same
// bits.
func (p Detector) Step(s Stream, unexplained bool) Stream {
	for i, f := range p.Stakes {
		s[i] = float64((s[i] + 1) * p.bet(f, unexplained))
	}
	return s
}

// bet is e of Step: above 1 for an unexplained person, 1 − f for an explained one.
func (p Detector) bet(f float64, unexplained bool) float64 {
	if !unexplained {
		return 1 - f
	}
	return 1 + float64(f/p.Q0)*float64(1-p.Q0)
}

// WouldCross reports whether one more unexplained person would take the stream to Hard.
func (p Detector) WouldCross(s Stream) bool { return p.Level(p.Step(s, true)) == Hard }

// Level is what the detector says of a stream.
type Level uint8

const (
	Calm Level = iota
	Soft       // ask for the passkey
	Hard       // nothing unexplained passes until a person has looked
)

// String returns the stable name: calm, soft or hard.
func (l Level) String() string { return levelNames()[min(l, Hard)] }

func levelNames() []string { return []string{"calm", "soft", "hard"} }

// MarshalText stores a level by its name.
func (l Level) MarshalText() ([]byte, error) { return []byte(l.String()), nil }

// UnmarshalText reads a name.
func (l *Level) UnmarshalText(b []byte) error {
	i := slices.Index(levelNames(), string(b))
	if i < 0 {
		return cloison.Errorf(cloison.Invalid, "read level: %q is unknown; want one of %v", b, levelNames())
	}
	*l = Level(i)
	return nil
}

// Level places the statistic. A state that is not a number is Hard.
func (p Detector) Level(s Stream) Level {
	switch m := s.Statistic(); {
	case !(m < p.Hard):
		return Hard
	case m < p.Soft:
		return Calm
	default:
		return Soft
	}
}

// Most is guarantee B: the most unexplained persons that can still be disclosed from state s without reaching Hard,
// while at most explained new explained persons are disclosed too, in any order, even one that an adversary chooses.
//
//	u < [ln(5c) − ln(R_f + 1) + e·|ln(1−f)|] / ln(1 + (f/q0)(1−q0))   for each stake f
//
// Proof. After at least one step R_f ≥ (R_f(now) + 1)·∏e, because dropping the later "+ 1" only lowers it. An
// unexplained person contributes 1 + (f/q0)(1−q0), an explained one 1 − f, a refused attempt a factor above 1. While
// the statistic stays below c, each of the five R_f stays below 5c. Hence (R_f + 1)·(1 + (f/q0)(1−q0))^u·(1−f)^e < 5c;
// take logarithms. The order of the factors plays no part, so neither do interleaving and adaptation; persons shown
// again on the same day take no step and are not new. ∎
func (p Detector) Most(s Stream, explained int) int {
	l := p.lines(s)
	return l.most(explained)
}

// lines are guarantee B, one line for each stake in the number e of explained persons: u < (room + e·slope) / gain.
type lines [Stakes]struct{ room, slope, gain float64 }

func (p Detector) lines(s Stream) (l lines) {
	top := math.Log(Stakes * p.Hard)
	for i, f := range p.Stakes {
		l[i].room, l[i].slope, l[i].gain = top-math.Log(s[i]+1), -math.Log1p(-f), math.Log(p.bet(f, true))
	}
	return l
}

// most is the greatest u below every line.
func (l *lines) most(explained int) int {
	const rounding = 1e-6 // far above what logarithms and a year of products can be off, and on the safe side
	most := math.Inf(1)
	for _, line := range l {
		most = math.Min(most, (line.room+float64(explained)*line.slope)/line.gain)
	}
	if !(most > 0) { // reached already, or not a number
		return 0
	}
	return int(math.Min(math.Ceil(most+rounding)-1, math.MaxInt32))
}

// crossing is about where u = most(persons − u).
func (l *lines) crossing(persons int) int {
	least := math.Inf(1)
	for _, line := range l {
		least = math.Min(least, (line.room+float64(persons)*line.slope)/(line.gain+line.slope))
	}
	if !(least > 0) {
		return 0
	}
	return int(math.Min(least, math.MaxInt32-2))
}
