package contain_test

import (
	"testing"
	"time"

	"pgregory.net/rapid"

	"cloison"
	"cloison/access/approval"
	"cloison/access/directory"
	"cloison/internal/testkit"
)

// step is one act of a random history: an approved proposal.
type step struct {
	kind            approval.ProposalKind
	by, decider, to int // indexes of accounts; to is a new one for NewAccount
	hour            int
	fresh           bool
}

const dayZero = 1_700_000_000_000 // of histories, in Unix milliseconds

func hour(h int) time.Time { return time.UnixMilli(dayZero + int64(h)*3_600_000).UTC() }

// TestPlanIsWhatIsReachable: for any history of creations, approvals, re-enrolments and reinstatements, with cycles,
// and any date, the plan holds exactly what a naive walk over the history reaches.
func TestPlanIsWhatIsReachable(t *testing.T) {
	w := open(t) // one store for all histories: none knows the accounts of another
	w.Clock.Set(hour(100))
	rapid.Check(t, func(rt *rapid.T) {
		w.TB = testkit.Property(t, rt)
		var people []directory.Account
		var history []step
		for range rapid.IntRange(1, 4).Draw(rt, "imported") {
			people = append(people, w.Account(w.add("ML1", cloison.NewActID().String(), directory.Adviser)))
		}
		for range rapid.IntRange(0, 12).Draw(rt, "acts") {
			s := step{
				kind: rapid.SampledFrom([]approval.ProposalKind{approval.NewAccount, approval.Rebind,
					approval.Reinstate}).Draw(rt, "kind"),
				by:      rapid.IntRange(0, len(people)-1).Draw(rt, "by"),
				decider: rapid.IntRange(0, len(people)-1).Draw(rt, "decider"),
				to:      rapid.IntRange(0, len(people)-1).Draw(rt, "to"),
				hour:    rapid.IntRange(0, 50).Draw(rt, "hour"),
				fresh:   rapid.Bool().Draw(rt, "fresh"),
			}
			if s.kind == approval.NewAccount {
				s.to = len(people)
			}
			people = w.happen(s, people)
			history = append(history, s)
		}
		named := rapid.IntRange(0, len(people)-1).Draw(rt, "named")
		since := rapid.IntRange(0, 51).Draw(rt, "since")

		want := reachable(people, history, named, since)
		p, err := w.c.Preview(w.Ctx, people[named].ID, hour(since))
		if err != nil {
			rt.Fatal(err)
		}
		got := map[cloison.AccountID]bool{}
		for i, b := range p.Accounts {
			if got[b.Account.ID] {
				rt.Fatalf("%s is planned twice", b.Account.ID)
			}
			if i > 0 && !got[b.From] {
				rt.Fatalf("%s comes before %s, who brought it in", b.Account.ID, b.From)
			}
			got[b.Account.ID] = true
		}
		for i, a := range people {
			if got[a.ID] != want[i] {
				rt.Fatalf("account %d: planned %v, reachable %v", i, got[a.ID], want[i])
			}
		}
		for _, l := range p.Review {
			if got[l.Account] || !got[l.Of] {
				rt.Fatalf("to look at: %+v", l)
			}
		}
	})
}

// happen writes an approved proposal into the store as directory does, at its hour and without its rules.
func (w *world) happen(s step, people []directory.Account) []directory.Account {
	at := hour(s.hour)
	p := approval.Proposal{ID: cloison.NewActID(), Kind: s.kind, Structure: "ML1", By: people[s.by].ID, Made: at,
		State: approval.Open}
	a := directory.Account{ID: cloison.NewAccountID(), Structure: "ML1", State: directory.Active,
		Roles:   directory.Adviser,
		Created: at, CreatedBy: people[s.by].ID, ApprovedBy: people[s.decider].ID, Lineage: people[s.by].ID}
	if s.kind != approval.NewAccount {
		a = people[s.to]
		p.Account = a.ID
	}
	if s.kind == approval.Rebind {
		a.ReenrolledBy, a.ApprovedBy, a.Lineage = people[s.by].ID, people[s.decider].ID, people[s.by].ID
	}
	if s.fresh && s.kind != approval.Reinstate {
		a.ProbationUntil = hour(200)
	}
	w.Must(w.DB.AddProposal(w.Ctx, p, at, 1<<30, 1<<30))
	p, err := w.DB.Proposal(w.Ctx, p.ID)
	if err != nil {
		w.Fatal(err)
	}
	p.State, p.DecidedBy, p.Decided, p.Account = approval.Approved, people[s.decider].ID, at, a.ID
	w.Must(w.DB.DecideProposal(w.Ctx, p, &a))
	if s.to == len(people) {
		return append(people, w.Account(a.ID))
	}
	people[s.to] = w.Account(a.ID)
	return people
}

// reachable is the oracle: up from fresh accounts to their makers, then down along every act since, until nothing is
// added.
func reachable(people []directory.Account, history []step, named, since int) map[int]bool {
	index := map[cloison.AccountID]int{}
	for i, a := range people {
		index[a.ID] = i
	}
	in := map[int]bool{named: true}
	grow := func(next func(i int)) {
		for before := 0; before < len(in); {
			before = len(in)
			for i := range people {
				if in[i] {
					next(i)
				}
			}
		}
	}
	grow(func(i int) {
		a := people[i]
		if !a.OnProbation(hour(100)) {
			return
		}
		if a.ReenrolledBy != 0 {
			in[index[a.ReenrolledBy]] = true
		}
		if a.CreatedBy != 0 && !a.Created.Before(hour(since)) {
			in[index[a.CreatedBy]] = true
		}
	})
	grow(func(i int) {
		for _, s := range history {
			if s.hour >= since && (s.by == i || s.decider == i) {
				in[s.to] = true
			}
		}
		for j, a := range people { // the last approver stands at the creation too
			if a.ApprovedBy == people[i].ID && !a.Created.Before(hour(since)) {
				in[j] = true
			}
		}
	})
	return in
}
