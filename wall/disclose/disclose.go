package disclose

import (
	"context"
	"log/slog"
	"slices"
	"sync/atomic"
	"time"

	"cloison"
	"cloison/access/directory"
	"cloison/rules/policy"
)

// Agent is the account that asks, with its session and how strongly that session was proved.
type Agent struct {
	Account cloison.AccountID
	Session policy.Session
}

// Request asks to show persons to an account: those in the tool's answer, in its order, each once.
type Request struct {
	Agent     Agent
	Tool      string
	Operation policy.Operation
	ID        string // for rows and logs: at most 32 characters, no personal data
	Persons   []Person
}

// Person is one person of the tool's answer.
type Person struct {
	Ref    cloison.PersonRef
	Fields cloison.Fields // categories that the answer holds of this person
	Reveal cloison.Fields // the ones of them to show in clear
}

// Answer says which persons may be shown. Decision.Persons are in the order of Request.Persons; the rows of those shown
// are durable.
type Answer struct {
	Decision policy.Decision
	Alarmed  bool // a stream reached a higher level, and an alarm is stored
}

// Options are what a Discloser uses. Those without a default are required.
type Options struct {
	Store        Store
	Directory    Directory
	Explanations Explanations
	Settings     policy.Settings
	Zone         *time.Location // in which days begin
	Log          *slog.Logger
	Now          func() time.Time
	// Uptime is a monotonic clock, which Now is compared with. Nil: the clock is never in doubt.
	Uptime func() time.Duration
	// ClockGain is how far Now may run ahead of Uptime before it is in doubt; 0: one minute.
	ClockGain time.Duration
	// DormantAfter is how long an account may stay unused before it is dormant; 0: directory.DormantAfter.
	DormantAfter time.Duration
	// Committed is called by the writer after each commit that stored rows or alarms. It must not block. Nil: no call.
	Committed func(alarms int)
}

// Discloser is the stage. Its methods are safe for concurrent use; Disclose answers only while Run is running.
type Discloser struct {
	Options
	facts   factCache
	queue   chan *queued
	stopped chan struct{}
	state   *writerState
	counts  counts
	fence   atomic.Pointer[cachedFence]
	guard   clockGuard

	quotas map[cloison.AccountID]refusalQuota
}

// New returns a Discloser. Its writer starts with Run.
func New(o Options) (*Discloser, error) {
	if err := o.Settings.Validate(); err != nil {
		return nil, err
	}
	if o.Committed == nil {
		o.Committed = func(int) {}
	}
	if o.DormantAfter <= 0 {
		o.DormantAfter = directory.DormantAfter
	}
	if o.ClockGain <= 0 {
		o.ClockGain = DefaultClockGain
	}
	d := &Discloser{
		Options: o,
		facts: factCache{directory: o.Directory, explanations: o.Explanations, entries: map[cloison.AccountID]*facts{},
			reading: map[cloison.AccountID]chan struct{}{}},
		queue:   make(chan *queued, maxGroup),
		stopped: make(chan struct{}),
		state:   newWriterState(),
		quotas:  map[cloison.AccountID]refusalQuota{},
	}
	if d.Uptime != nil {
		d.guard = clockGuard{began: true, wall: cloison.Timestamp(d.Now()), up: d.Uptime()}
	}
	return d, nil
}

// Admit decides whether a request may go to the tool at all. It discloses nothing and writes nothing; Disclose decides
// again what it permits.
func (d *Discloser) Admit(ctx context.Context, who Agent, tool string, op policy.Operation) (policy.Decision, error) {
	f, err := d.recentFacts(ctx, who.Account)
	if err != nil {
		return policy.Decision{}, err
	}
	at, doubt := d.decisionTime(ctx, cloison.Timestamp(d.Now()))
	return policy.Decide(d.Settings, d.policyFacts(f, who, tool, op, at, condition{ready: true, doubt: doubt})), nil
}

// Disclose decides on every person of the request, and makes the rows of the shown ones durable before it returns.
// After an error nobody may be shown: it is Unavailable when the ledger cannot record, Internal when the outcome is
// unknown.
func (d *Discloser) Disclose(ctx context.Context, r Request) (Answer, error) {
	if err := check(r); err != nil {
		return Answer{}, err
	}
	if _, err := d.recentFacts(ctx, r.Agent.Account); err != nil { // warm the cache here, not in the writer
		return Answer{}, err
	}
	return d.enqueue(ctx, &r)
}

// recentFacts returns facts at a fence that is at most fenceLife old. No commit rests on them: the writer reads the
// fence itself, and its commit is Stale when that has moved.
func (d *Discloser) recentFacts(ctx context.Context, id cloison.AccountID) (*facts, error) {
	now := d.Now()
	g := d.fence.Load()
	if g == nil || now.Sub(g.at).Abs() > fenceLife {
		gate, err := d.Store.Gate(ctx)
		if err != nil {
			return nil, err
		}
		g = &cachedFence{fence: gate.Fence, at: now}
		d.fence.Store(g)
	}
	f, err := d.facts.get(ctx, id, g.fence, now)
	if err != nil && cloison.KindOf(err) == cloison.NotFound {
		return &facts{}, nil // policy refuses an account that is not active
	}
	return f, err
}

// cachedFence is the gate's fence as it was at a time.
type cachedFence struct {
	fence int64
	at    time.Time
}

const fenceLife = 100 * time.Millisecond

func check(r Request) error {
	seen := make(map[cloison.PersonRef]bool, len(r.Persons))
	for _, p := range r.Persons {
		if err := p.Ref.Check(); err != nil {
			return err
		}
		if seen[p.Ref] {
			return cloison.Errorf(cloison.Invalid, "disclose: duplicate person in request; merge the fields of each person")
		}
		seen[p.Ref] = true
	}
	if len(r.ID) > 32 || len(r.Tool) == 0 || len(r.Tool) > 64 {
		return cloison.Errorf(cloison.Invalid, "disclose: bad request; the tool's name has 1 to 64 characters, the id at most 32")
	}
	return nil
}

// condition says whether the ledger can record, and whether its clock can be believed.
type condition struct {
	ready bool
	doubt bool // the clock jumped forward, and nothing confirms it
}

// policyFacts are the facts of a decision, without persons.
func (d *Discloser) policyFacts(f *facts, who Agent, tool string, op policy.Operation, at time.Time, c condition) policy.Facts {
	a := f.account
	return policy.Facts{
		Now: at, Ready: c.ready, ClockDoubt: c.doubt, Tool: tool, Operation: op, Session: who.Session,
		Account: policy.Account{
			ID: a.ID, Structure: a.Structure, State: policy.State(a.State.String()), SuspendedAt: a.SuspendedAt, SuspendedBy: a.SuspendedBy,
			Roles: rolesOf(a.Roles), ProbationUntil: a.ProbationUntil, AwarenessUntil: a.AwarenessUntil, ManagersUntil: a.ManagersUntil,
			Dormant: a.Dormant(at, d.DormantAfter), // the sweep may be late
		},
	}
}

func rolesOf(r directory.Role) []policy.Role {
	names := r.Names()
	roles := make([]policy.Role, len(names))
	for i, n := range names {
		roles[i] = policy.Role(n)
	}
	return slices.Clip(roles)
}
