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

// Who is the account that asks, in which session, and how strongly that session was proved.
type Agent struct {
	Account cloison.AccountID
	Session policy.Session
}

// Request asks to show persons to an account: those that the tool's answer holds, in its order, each once.
type Request struct {
	Agent     Agent
	Tool      string
	Operation policy.Operation
	ID        string // of the request, for rows and logs: at most 32 characters, no personal data
	Persons   []Person
}

// Person is one person of the tool's answer.
type Person struct {
	Ref    cloison.PersonRef
	Fields cloison.Fields // categories that the answer holds of this person
	Reveal cloison.Fields // of them, those asked for in clear
}

// Answer says who leaves. Decision.Persons are in the order of Request.Persons; the rows of those shown are durable.
type Answer struct {
	Decision policy.Decision
	Alarmed  bool // a stream rose: whoever follows alarms may be woken
}

// Options are what a Discloser is made of. All are needed.
type Options struct {
	Store     Store
	Directory Directory
	Settings  policy.Settings
	Zone      *time.Location // in which days begin
	Log       *slog.Logger
	Now       func() time.Time
	// Uptime counts from any beginning, and is never set: the clock that Now is held against. Nil: nothing is.
	Uptime func() time.Duration
	// ClockGain is how far Now may run ahead of Uptime before it is in doubt; 0: one minute.
	ClockGain time.Duration
	// DormantAfter is for how long an account may be left unused and still be shown somebody; 0:
	// directory.DormantAfter.
	DormantAfter time.Duration
	// Committed is called after each commit that stored rows or alarms, from the writer: it must not wait. Nil: nobody
	// is told.
	Committed func(alarms int)
}

// Discloser is the stage. Its methods may be called from any goroutine; Run must run for Disclose to answer.
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

// New checks the settings and returns a Discloser whose writer is not yet running.
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
		o.ClockGain = clockGain
	}
	d := &Discloser{
		Options: o,
		facts: factCache{directory: o.Directory, entries: map[cloison.AccountID]*facts{},
			reading: map[cloison.AccountID]chan struct{}{}},
		queue:   make(chan *queued, maxGroup),
		stopped: make(chan struct{}),
		state:   newWriterState(),
		quotas:  map[cloison.AccountID]refusalQuota{},
	}
	if d.Uptime != nil {
		d.guard = clockGuard{began: true, wall: wall(d.Now()), up: d.Uptime()}
	}
	return d, nil
}

// wall is a time by the wall clock alone, as the ledger keeps it.
func wall(t time.Time) time.Time { return t.UTC().Truncate(time.Millisecond) }

// Admit decides whether a request may go to the tool at all, before the tool is asked. It reads at most the account,
// discloses nothing and writes nothing; what it permits, Disclose decides again.
func (d *Discloser) Admit(ctx context.Context, who Agent, tool string, op policy.Operation) (policy.Decision, error) {
	f, err := d.recentFacts(ctx, who.Account)
	if err != nil {
		return policy.Decision{}, err
	}
	at, doubt := d.decisionTime(ctx, wall(d.Now()))
	return policy.Decide(d.Settings, d.policyFacts(f, who, tool, op, at, condition{ready: true, doubt: doubt})), nil
}

// Disclose decides on every person of the request and makes the rows of those who are shown durable before it returns.
// It returns an error, and nobody may be shown, when the ledger cannot record (Unavailable) or the outcome is unknown
// (Internal).
func (d *Discloser) Disclose(ctx context.Context, r Request) (Answer, error) {
	if err := check(r); err != nil {
		return Answer{}, err
	}
	if _, err := d.recentFacts(ctx, r.Agent.Account); err != nil { // warms the cache here, not in the writer
		return Answer{}, err
	}
	return d.enqueue(ctx, &r)
}

// current returns facts that are at most a moment old. Nothing is disclosed on them: the writer decides again, and its
// commit fails when the fence has moved.
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
		return &facts{}, nil // an account that is not there is not active: policy says so
	}
	return f, err
}

// glance is the fence as it was a moment ago.
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
			return cloison.Errorf(cloison.Invalid, "a person is twice in one request: merge them first")
		}
		seen[p.Ref] = true
	}
	if len(r.ID) > 32 || len(r.Tool) == 0 || len(r.Tool) > 64 {
		return cloison.Errorf(cloison.Invalid, "a request needs a tool's name and an id of at most 32 characters")
	}
	return nil
}

// condition is whether the ledger can record, and by which time.
type condition struct {
	ready bool
	doubt bool // the clock was set forward, and nobody confirms it
}

// policyFacts are the facts of a decision, without persons.
func (d *Discloser) policyFacts(f *facts, who Agent, tool string, op policy.Operation, at time.Time, c condition) policy.Facts {
	a := f.account
	return policy.Facts{
		Now: at, Ready: c.ready, ClockDoubt: c.doubt, Tool: tool, Operation: op, Session: who.Session,
		Account: policy.Account{
			ID: a.ID, Structure: a.Structure, State: policy.State(a.State.String()), SuspendedAt: a.SuspendedAt, SuspendedBy: a.SuspendedBy,
			Roles: rolesOf(a.Roles), ProbationUntil: a.ProbationUntil, AwarenessUntil: a.AwarenessUntil, ManagersUntil: a.ManagersUntil,
			Dormant: a.Dormant(at, d.DormantAfter), // whether or not the sweep ran
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
