package approval_test

import (
	"errors"
	"fmt"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"cloison"
	"cloison/access/approval"
	"cloison/access/directory"
)

// TestNobodyDecidesForTheirOwn draws graphs of makers, approvers and re-enrollers, and tries every approver on every
// open proposal. One who decides is not the proposal's maker, did not make the maker and was not made by it, is
// neither above nor below it at any depth, is of another lineage, and is not the subject. Every other approver may
// decide.
func TestNobodyDecidesForTheirOwn(t *testing.T) {
	w := newWorld(t, approval.Settings{})
	allowed, refused := 0, 0
	rapid.Check(t, func(t *rapid.T) {
		people := w.graph(t)
		for i, maker := range people {
			p := approval.Proposal{ID: cloison.NewActID(), Kind: approval.NewAccount, Structure: "ML1", Name: "N", Roles: directory.Adviser, By: maker.ID,
				Email: cloison.Personal(cloison.NewActID().String() + "@ml.example"), Made: w.Clock.Now(), State: approval.Open}
			about := rapid.SampledFrom(people).Draw(t, fmt.Sprint("about", i))
			if rapid.Bool().Draw(t, fmt.Sprint("known", i)) {
				p.Kind, p.Account, p.Structure = approval.Rebind, about.ID, about.Structure
			}
			if err := w.DB.AddProposal(w.Ctx, p, p.Made, 1<<30, 1<<30); err != nil {
				if cloison.KindOf(err) == cloison.Conflict {
					continue // the same is asked already
				}
				t.Fatal(err)
			}
			p.Version = 1
			for _, decider := range people {
				why := ownCause(people, p, maker, decider)
				err := w.Approvals.MayDecide(w.Ctx, cloison.Caller{Account: decider.ID}, p)
				var reason directory.DenyReason
				switch {
				case why == "" && err != nil:
					t.Fatalf("%+v may not decide on %+v: %v", decider, maker, err)
				case why != "" && !errors.As(err, &reason):
					t.Fatalf("%+v decides on what %+v asks, though %s: %v", decider, maker, why, err)
				case why == "":
					allowed++
				default:
					refused++
				}
			}
		}
	})
	if allowed == 0 || refused == 0 {
		t.Errorf("%d allowed, %d refused: the test shows nothing", allowed, refused)
	}
	t.Logf("%d allowed, %d refused", allowed, refused)
}

// ownCause returns in words why decider is not independent of maker, or "".
func ownCause(people []directory.Account, p approval.Proposal, maker, decider directory.Account) string {
	var under func(a directory.Account, top cloison.AccountID) bool
	under = func(a directory.Account, top cloison.AccountID) bool {
		return slices.ContainsFunc(people, func(b directory.Account) bool {
			return b.ID != a.ID && (b.ID == a.CreatedBy || b.ID == a.ReenrolledBy || b.ID == a.Lineage) && (b.ID == top || under(b, top))
		})
	}
	made := func(a, b directory.Account) bool {
		return b.CreatedBy == a.ID || b.ApprovedBy == a.ID || b.ReenrolledBy == a.ID
	}
	switch {
	case !decider.Roles.Has(directory.Approver):
		return "it is no approver"
	case decider.ID == maker.ID:
		return "it is its own proposal"
	case p.Account == decider.ID:
		return "it is about itself"
	case made(decider, maker):
		return "it made the maker"
	case made(maker, decider):
		return "the maker made it"
	case decider.Lineage == maker.Lineage, decider.ID == maker.Lineage, decider.Lineage == maker.ID:
		return "they are of one lineage"
	case under(maker, decider.ID), under(decider, maker.ID):
		return "one stands below the other"
	case decider.Structure == maker.Structure && !maker.Roles.Has(directory.Officer):
		return "they work together"
	}
	return ""
}

// graph stores accounts of two structures, each imported or made by earlier ones. What an account on probation makes is
// in the lineage of its root.
func (w *world) graph(t *rapid.T) []directory.Account {
	people := make([]directory.Account, rapid.IntRange(2, 6).Draw(t, "people"))
	for i := range people {
		draw := func(what string, n int) int { return rapid.IntRange(0, n).Draw(t, fmt.Sprint(what, i)) }
		id := cloison.NewAccountID()
		a := directory.Account{ID: id, Lineage: id, Structure: cloison.StructureID(fmt.Sprintf("ML%d", 1+draw("structure", 1))), Name: "N", State: directory.Active,
			Roles: []directory.Role{directory.Manager, directory.Approver, directory.Manager | directory.Approver, directory.Officer | directory.Approver}[draw("roles", 3)],
			Email: cloison.Personal(id.String() + "@ml.example"), Binding: directory.Binding{IdP: "idp", Sub: id.String()}, Created: w.Clock.Now().AddDate(-1, 0, 0)}
		if _, err := w.DB.ImportAccounts(w.Ctx, []directory.Account{a}); err != nil {
			t.Fatal(err)
		}
		stored, err := w.DB.Account(w.Ctx, id)
		if err != nil {
			t.Fatal(err)
		}
		if i > 0 && draw("made", 3) > 0 {
			maker := people[draw("maker", i-1)]
			stored.CreatedBy, stored.ApprovedBy, stored.Lineage = maker.ID, people[draw("approver", i-1)].ID, maker.ID
			if maker.OnProbation(w.Clock.Now()) {
				stored.Lineage = maker.Lineage
			}
			if draw("again", 2) == 0 {
				stored.ReenrolledBy = people[draw("re-enroller", i-1)].ID
			}
			if draw("fresh", 1) == 0 {
				stored.ProbationUntil = w.Clock.Now().AddDate(0, 0, 9)
			}
			if err := w.DB.UpdateAccount(w.Ctx, stored); err != nil {
				t.Fatal(err)
			}
		}
		people[i] = stored
	}
	return people
}
