package disclose

import (
	"context"
	"crypto/rand"
	"errors"
	"maps"
	"slices"
	"time"

	"cloison"
	"cloison/access/explanation"
	"cloison/ledger"
	"cloison/rules/limits"
	"cloison/rules/policy"
)

// draft is one group's decisions before they are durable: rows, counters, refusals and alarms to commit, and what the
// writer's state takes over then.
type draft struct {
	at       time.Time
	day      int32
	commit   Commit
	counters map[Counted]Counter // as moved by the requests so far
	shown    map[personKey]bool
	refused  map[personKey]bool
	withheld bool // a counter withheld a person
}

// personKey names one person whom an account asked for through a tool.
type personKey struct {
	account cloison.AccountID
	tool    string
	person  cloison.PersonRef
}

// idle reports that there is nothing to commit: nobody is shown, and no refusal or alarm is recorded.
func (dr *draft) idle() bool {
	return len(dr.commit.Rows)+len(dr.commit.Refusals)+len(dr.commit.Alarms) == 0
}

// draft decides the group in order. Its error is about the ledger; the error of one request is in queued.err.
func (d *Discloser) draft(ctx context.Context, group []*queued) (*draft, error) {
	k := d.state
	if !k.open {
		gate, err := d.Store.Gate(ctx)
		if err != nil {
			return nil, err
		}
		k.gate, k.open = gate, true
	}
	now := cloison.Timestamp(d.Now())
	c := condition{ready: !now.Before(k.gate.LastAt.Add(-clockBack))}
	now, c.doubt = d.decisionTime(ctx, now)
	if !c.ready {
		d.Log.ErrorContext(ctx, "the clock is behind the ledger", "behind", k.gate.LastAt.Sub(now).String())
	}
	if now.Before(k.gate.LastAt) { // within clockBack: the clocks of replicas differ
		now = k.gate.LastAt
	}
	dr := &draft{
		at: now, day: dayOf(now, d.Zone), commit: Commit{Fence: k.gate.Fence, At: now},
		counters: make(map[Counted]Counter, 4*len(group)), shown: make(map[personKey]bool, len(group)), refused: map[personKey]bool{},
	}
	if err := d.prepare(ctx, group, now); err != nil {
		return nil, err
	}
	for _, w := range group {
		if w.err != nil {
			continue
		}
		if w.err = d.decide(ctx, dr, w, c); w.err != nil && !errors.Is(w.err, context.Canceled) {
			d.Log.WarnContext(ctx, "deciding a request failed", "err", w.err)
		}
	}
	return dr, nil
}

// prepare reads what the group needs and the state lacks: facts under the gate's fence, then counters. In this order
// both may be newer than the fence, and then the commit is Stale; they are never older.
func (d *Discloser) prepare(ctx context.Context, group []*queued, now time.Time) error {
	k := d.state
	missing := map[Counted]bool{}
	for _, w := range group {
		w.answer, w.err = Answer{}, w.ctx.Err() // a caller that has gone is shown nobody
		if w.err != nil {
			continue
		}
		f, err := d.facts.get(ctx, w.request.Agent.Account, k.gate.Fence, now)
		if err != nil && cloison.KindOf(err) != cloison.NotFound {
			return err
		}
		if w.facts = f; f == nil {
			w.facts = &facts{}
		}
		w.counted = countedBy(w)
		for _, s := range w.counted.all() {
			if _, known := k.counters[s]; !known {
				missing[s] = true
			}
		}
	}
	if len(missing) == 0 {
		return nil
	}
	counters, err := d.Store.Tallies(ctx, slices.Collect(maps.Keys(missing)))
	if err != nil {
		return err
	}
	for _, c := range counters {
		k.counters[c.Counted] = c
	}
	return nil
}

// decide takes one request through policy and bound, and adds what it changes to the draft.
func (d *Discloser) decide(ctx context.Context, dr *draft, w *queued, c condition) error {
	r, f, k := w.request, w.facts, d.state
	facts := d.policyFacts(f, r.Agent, r.Tool, r.Operation, dr.at, c)
	session := dr.counter(k, w.counted.session)
	if session.Version < 0 {
		facts.Session.Assurance = policy.NoAssurance // the session has ended, here or on another replica
	}
	today := k.day(r.Agent.Account, dr.day)
	if err := d.loadShown(ctx, today, r, dr); err != nil {
		return err
	}
	facts.Persons = dr.persons(r, f, today)
	standing := dr.standingOf(k, w)
	standing.Probation = facts.Account.OnProbation(dr.at)
	facts.Alarm = max(standing.Account.Level(d.Settings.Bound.Detector), standing.Lineage.Level(d.Settings.Bound.Detector),
		standing.Structure.Level(d.Settings.Bound.Detector))

	decision, learned := policy.Decide(d.Settings, facts), false
	dr.withheld = dr.withheld || facts.Alarm > limits.Calm
	if charges := decision.Charges(facts); len(charges.Persons) > 0 && session.Version >= 0 {
		outcome, err := d.Settings.Bound.Charge(dr.day, standing, charges)
		if err != nil {
			return err
		}
		decision = decision.Settle(d.Settings, facts, outcome.Verdicts)
		w.answer.Alarmed = d.applyResult(dr, w, outcome)
		dr.withheld = dr.withheld || slices.ContainsFunc(outcome.Verdicts, func(v limits.Verdict) bool { return v != limits.Admitted })
		before, err := standing.Account.Advance(dr.day)
		learned = err == nil && outcome.Next.Account.Attempts > before.Attempts
	}
	w.answer.Decision = decision
	d.record(dr, w, learned)
	return nil
}

// loadShown reads from the rows which persons the account was shown today through this tool: once a day, and after each
// stale commit.
func (d *Discloser) loadShown(ctx context.Context, today *accountDay, r *Request, dr *draft) error {
	if today.shown[r.Tool] != nil || len(r.Persons) == 0 {
		return nil
	}
	persons, err := d.Store.Shown(ctx, r.Agent.Account, r.Tool, startOf(dr.at, d.Zone))
	if err != nil {
		return err
	}
	today.shown[r.Tool] = make(map[cloison.PersonRef]bool, len(persons))
	for _, p := range persons {
		today.shown[r.Tool][p] = true
	}
	return nil
}

// applyResult puts the next tallies into the draft, and an alarm for each stream that rose. It reports whether one did.
func (d *Discloser) applyResult(dr *draft, w *queued, o limits.Result) bool {
	a, s := w.facts.account, w.counted
	subjects := [3]Counted{s.account, s.lineage, s.structure}
	tallies := [3]limits.Tally{o.Next.Account, o.Next.Lineage, o.Next.Structure}
	for i, s := range subjects {
		dr.put(d.state, s, tallies[i])
	}
	dr.put(d.state, s.session, o.Next.Session)
	for _, rise := range o.Rises {
		t := tallies[rise.Owner]
		dr.commit.Alarms = append(dr.commit.Alarms, Alarm{
			At: dr.at, Account: a.ID, Lineage: a.Lineage, Structure: a.Structure, Counted: subjects[rise.Owner],
			Level: rise.Level.String(), Statistic: rise.Statistic,
			Persons: int(t.Persons + t.Attempts), Unexplained: int(t.Unexplained + t.Attempts), Request: w.request.ID,
		})
	}
	return len(o.Rises) > 0
}

// record adds the rows of the persons shown, and the refusals of those asked for and not shown. Refusals are within the
// day's quota, but those that moved a stream are always recorded: they are few, and repeated refusals would else use up
// the quota and hide them.
func (d *Discloser) record(dr *draft, w *queued, learned bool) {
	r, a := w.request, w.facts.account
	for i, o := range w.answer.Decision.Persons {
		m := personKey{r.Agent.Account, r.Tool, r.Persons[i].Ref}
		switch {
		case o.Shown():
			row := ledger.Row{
				At: dr.at, Account: a.ID, Structure: a.Structure, Tool: r.Tool, Operation: string(r.Operation), Person: m.person,
				Fields: o.Show, Explanation: explanationText(w.facts.explained[m.person], o), Session: r.Agent.Session.ID, Request: r.ID,
			}
			rand.Read(row.Nonce[:])
			dr.commit.Rows = append(dr.commit.Rows, row)
			dr.shown[m] = true
		case o.Attempt:
			if learned {
				dr.refused[m] = true
			}
			fallthrough
		case r.Operation != policy.List && r.Operation != policy.Search:
			if learned || d.recordsRefusal(r.Agent.Account, dr.day) {
				dr.commit.Refusals = append(dr.commit.Refusals, Refusal{
					At: dr.at, Account: r.Agent.Account, Session: r.Agent.Session.ID, Tool: r.Tool, Operation: string(r.Operation),
					Person: m.person, Reason: string(o.Withheld.Code), Request: r.ID,
				})
			}
		}
	}
}

// explanationText is the explanation as a row holds it: the means, and the act behind it.
func explanationText(e explanation.Explanation, o policy.PersonDecision) string {
	text := string(e.Means)
	if text == "" {
		return "none"
	}
	if e.Ref != 0 {
		text += ":" + e.Ref.String()
	}
	if o.Unexplained {
		return "self:" + text
	}
	return text
}

// persons adds to each person of the answer its explanation, and whether the account was shown or refused it today, in
// this draft included.
func (dr *draft) persons(r *Request, f *facts, today *accountDay) []policy.Person {
	persons := make([]policy.Person, len(r.Persons))
	for i, p := range r.Persons {
		m := personKey{r.Agent.Account, r.Tool, p.Ref}
		persons[i] = policy.Person{
			Fields: p.Fields, Reveal: p.Reveal,
			ShownToday:   today.shown[r.Tool][p.Ref] || dr.shown[m],
			RefusedToday: today.refused[r.Tool][p.Ref] || dr.refused[m],
		}
		if e, ok := f.explained[p.Ref]; ok {
			persons[i].Explanation = policy.Explanation{
				Means: policy.Means(e.Means), By: e.By, SelfGranted: e.SelfGranted, Since: e.Since, Until: e.Until,
			}
		}
	}
	return persons
}

func (dr *draft) counter(k *writerState, s Counted) Counter {
	if c, ok := dr.counters[s]; ok {
		return c
	}
	return k.counters[s]
}

func (dr *draft) put(k *writerState, s Counted, t limits.Tally) {
	c := dr.counter(k, s)
	c.Counted, c.Tally = s, t
	dr.counters[s] = c
}

// standingOf is the request's four tallies as the draft has moved them so far.
func (dr *draft) standingOf(k *writerState, w *queued) limits.Standing {
	return limits.Standing{
		Account:   dr.counter(k, w.counted.account).Tally,
		Lineage:   dr.counter(k, w.counted.lineage).Tally,
		Structure: dr.counter(k, w.counted.structure).Tally,
		Session:   dr.counter(k, w.counted.session).Tally,
		MedianDay: w.facts.structure.MedianDay,
	}
}

// dayOf counts the days since 1970-01-01 in the zone.
func dayOf(t time.Time, zone *time.Location) int32 {
	y, m, d := t.In(zone).Date()
	return int32(time.Date(y, m, d, 0, 0, 0, 0, time.UTC).Unix() / 86400)
}

// startOf is when t's day begins in the zone.
func startOf(t time.Time, zone *time.Location) time.Time {
	y, m, d := t.In(zone).Date()
	return time.Date(y, m, d, 0, 0, 0, 0, zone)
}
