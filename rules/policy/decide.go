package policy

import (
	"slices"

	"cloison/rules/limits"
)

// Decide makes the decision, except for caps and bound (see Decision.Charges). It is a pure function: the same
// arguments give the same Decision on any machine. Without persons it decides whether the request may go to the tool at
// all.
func Decide(s Settings, f Facts) Decision {
	if reasons := s.refusals(f); len(reasons) > 0 {
		return closed(Refuse, "", f, reasons)
	}
	if proof, reasons := s.stepUp(f); proof != "" {
		return closed(StepUp, proof, f, reasons)
	}
	d := Decision{Outcome: Permit, Persons: make([]PersonDecision, len(f.Persons))}
	for i, p := range f.Persons {
		d.Persons[i] = s.person(f, p)
	}
	return d.conclude(f.Operation.many())
}

// closed withholds every person for the same reasons.
func closed(v Outcome, proof Factor, f Facts, reasons []Reason) Decision {
	d := Decision{Outcome: v, Factor: proof, Reasons: reasons, Persons: make([]PersonDecision, len(f.Persons))}
	for i := range d.Persons {
		d.Persons[i].Withheld = reasons[0]
	}
	return d
}

// refusals lists the reasons that no factor removes, the most general first.
func (s Settings) refusals(f Facts) (reasons []Reason) {
	refuse := func(r Reason) { reasons = append(reasons, r) }
	if f.ClockDoubt {
		refuse(Reason{Code: ClockDoubt})
	}
	if !f.Ready || f.Now.IsZero() {
		refuse(Reason{Code: LedgerUnavailable})
	}
	if !f.Operation.known() || f.Operation == Plain && len(f.Persons) > 0 {
		refuse(Reason{Code: UnknownOperation})
	}
	a := f.Account
	switch {
	case a.State == Suspended:
		refuse(Reason{Code: IsSuspended, Since: a.SuspendedAt.UTC(), By: a.SuspendedBy})
	case a.State != Active || a.ID <= 0:
		refuse(Reason{Code: NotActive, State: a.State})
	case a.Dormant:
		refuse(Reason{Code: IsDormant})
	}
	if f.Operation == Plain {
		return reasons
	}
	if !a.has(Adviser) && !a.has(Reception) {
		refuse(Reason{Code: NoRole})
	}
	if !s.WithoutAwareness && !f.Now.Before(a.AwarenessUntil) {
		refuse(Reason{Code: Training, Course: Awareness, Until: a.AwarenessUntil.UTC()})
	}
	if !s.WithoutManagersCourse && a.has(Manager) && !f.Now.Before(a.ManagersUntil) {
		refuse(Reason{Code: Training, Course: ManagersCourse, Until: a.ManagersUntil.UTC()})
	}
	if n, limit := len(f.Persons), s.Bound.Caps.ListRows; n > limit {
		refuse(Reason{Code: TooManyRows, Count: n, Limit: limit})
	}
	return reasons
}

// stepUp returns the factor to ask for, when the session's is not strong enough.
func (s Settings) stepUp(f Facts) (Factor, []Reason) {
	weak := []Reason{{Code: WeakFactor}}
	switch f.Session.Assurance {
	case PhishingResistant:
		return "", nil
	case Weak, OwnPasskey:
		if f.Session.passkeyWithin(s.PasskeyFresh, f.Now) {
			return "", nil
		}
		return PasskeyFactor, weak
	default:
		return SignInFactor, weak
	}
}

// person decides on one person of the answer.
func (s Settings) person(f Facts, p Person) PersonDecision {
	by, many := s.strength(f, p.Explanation), f.Operation.many()
	o := PersonDecision{Unexplained: by != exogenous}
	switch {
	case f.Account.OnProbation(f.Now) && !(by == exogenous && opensOnProbation(p.Explanation.Means)):
		o.Withheld = Reason{Code: Probation, Until: f.Account.ProbationUntil.UTC()}
		o.Attempt = o.Unexplained && !many
	case by == exogenous:
	case by == unexplained || many:
		o.Withheld, o.Attempt = Reason{Code: NotExplained}, !many
	case f.Alarm >= limits.Hard:
		o.Withheld, o.Attempt = Reason{Code: BoundReached}, true
	case f.Alarm >= limits.Soft && !f.Session.passkeyWithin(s.SoftFresh, f.Now):
		o.Withheld = Reason{Code: SoftLevel}
	}
	if o.Shown() {
		hidden := s.masked()
		if f.Operation == Reveal {
			hidden &^= p.Reveal
		}
		o.Show, o.Mask = p.Fields&^hidden, p.Fields&hidden
	}
	return o
}

// strength is what an explanation opens.
type strength int

const (
	unexplained strength = iota // opens nothing
	own                         // self-granted: opens within the bound, and counts as none
	exogenous                   // made by somebody else, earlier: opens
)

func (s Settings) strength(f Facts, e Explanation) strength {
	if !e.Since.Before(f.Now) || !e.Until.IsZero() && !f.Now.Before(e.Until) {
		return unexplained
	}
	self := e.SelfGranted || e.Means == Self || e.By == f.Account.ID
	allowed := func(setting bool) strength {
		if setting {
			return own
		}
		return unexplained
	}
	switch e.Means {
	case BreakGlass: // a colleague must have confirmed it
		return allowed(s.BreakGlass && !self && e.By != 0)
	case Caseload, Appointment, Visit, GivenCode, Cover, Duty, Referral, Self:
		if self {
			return allowed(s.SelfGranted)
		}
		return exogenous
	default:
		return unexplained
	}
}

// opensOnProbation reports whether the means opens a file for a newcomer: its caseload and its appointments. A visit or
// a code does not: the approver agreed to what the caseload can lose, and a reception would add to it without limit.
func opensOnProbation(k Means) bool { return k == Caseload || k == Appointment }

// conclude sets the outcome by the persons. A list leaves without the withheld rows; any other answer leaves whole or
// not at all.
func (d Decision) conclude(many bool) Decision {
	d.Reasons = d.withheldReasons()
	if len(d.Reasons) == 0 {
		return d
	}
	asking := 0
	for _, r := range d.Reasons {
		if r.Code.asksPasskey() {
			asking++
		}
	}
	passkeyIsEnough := asking == len(d.Reasons)
	someRows := many && d.Withheld() < len(d.Persons)
	switch {
	case passkeyIsEnough && !someRows:
		d.Outcome, d.Factor = StepUp, PasskeyFactor
	case !many:
		d.Outcome = Refuse
	case asking > 0:
		d.Factor = PasskeyFactor
		fallthrough
	default:
		return d
	}
	for i := range d.Persons {
		if o := &d.Persons[i]; o.Shown() {
			o.Show, o.Mask, o.Withheld = 0, 0, Reason{Code: Incomplete}
		}
	}
	return d
}

// asksPasskey reports whether the passkey, used now, removes the reason.
func (c ReasonCode) asksPasskey() bool { return c == Presence || c == SoftLevel }

// withheldReasons lists the persons' reasons in their order, each once with its count.
func (d Decision) withheldReasons() (reasons []Reason) {
	for _, o := range d.Persons {
		if o.Shown() || o.Withheld.Code == Incomplete {
			continue
		}
		r := o.Withheld
		i := slices.IndexFunc(reasons, func(q Reason) bool { return q.Code == r.Code })
		if i < 0 {
			i, reasons = len(reasons), append(reasons, r)
		}
		reasons[i].Count++
	}
	return reasons
}
