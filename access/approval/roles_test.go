package approval_test

import (
	"testing"

	"cloison/access/approval"
	"cloison/access/directory"
	"cloison/internal/testkit/testworld"
)

// TestOtherRoles changes roles under four eyes.
func TestOtherRoles(t *testing.T) {
	w := newWorld(t, approval.Settings{PerManager: 99, PerStructure: 99})
	ask := func(name string, roles directory.Role) approval.Ask {
		return approval.Ask{Kind: approval.NewRoles, Account: w.Who[name].ID, Roles: roles}
	}
	for _, c := range []struct {
		by, of string
		roles  directory.Role
		bar    directory.DenyReason
	}{
		{"manager", "colleague", directory.Adviser | directory.Manager, directory.RoleNotGiven},
		{"manager", "manager2", directory.Adviser, directory.RoleNotGiven},
		{"manager", "manager", directory.Adviser, directory.Oneself},
		{"manager", "director", directory.Adviser, directory.Overseer},
		{"manager", "stranger", directory.Reception, directory.OtherStructure},
		{"adviser", "colleague", directory.Reception, directory.NoRole},
		{"officer", "officer", directory.Adviser, directory.Oneself},
	} {
		_, err := w.Approvals.Propose(w.Ctx, w.By(c.by), ask(c.of, c.roles))
		testworld.WantDenied(t, err, c.bar)
	}
	for _, roles := range []directory.Role{0, directory.Source, directory.Adviser} {
		if _, err := w.Approvals.Propose(w.Ctx, w.By("officer"), ask("colleague", roles)); err == nil {
			t.Errorf("the roles %s are proposed to an adviser", roles)
		}
	}
	done := w.Approve("approver", w.Propose("manager", ask("colleague", directory.Adviser|directory.Reception)))
	if a := w.Account(w.Who["colleague"].ID); a.Roles != directory.Adviser|directory.Reception || a.State != directory.Active || !a.ProbationUntil.IsZero() || done.Code != "" {
		t.Errorf("the adviser became %+v, with the code %q", a, done.Code.Reveal())
	}
	p := w.Propose("officer", ask("manager2", directory.Manager|directory.Adviser))
	_, err := w.Approvals.Approve(w.Ctx, w.By("manager2"), p.ID, p.Version)
	testworld.WantDenied(t, err, directory.NoRole)
	w.Approve("approver", p)
	if a := w.Account(w.Who["manager2"].ID); !a.OnProbation(w.Clock.Now()) {
		t.Error("a manager who may read files from now on is no newcomer")
	}
}
