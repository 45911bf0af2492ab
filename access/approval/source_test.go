package approval_test

import (
	"testing"

	"cloison"
	"cloison/access/approval"
	"cloison/access/directory"
	"cloison/access/imports"
	"cloison/internal/testkit/testworld"
)

// TestASourceIsNoPerson: a machine's account is active at once; nobody signs in with it, and no proposal gives its
// role.
func TestASourceIsNoPerson(t *testing.T) {
	w := newWorld(t, approval.Settings{})
	source := w.Source("ML1", "source")
	if source.State != directory.Active || source.Binding != (directory.Binding{}) {
		t.Fatalf("a source is %s", source.State)
	}
	for _, line := range []string{"ML1,A,a@x.example,idp,sub9,source", "ML1,A,a@x.example,,,source adviser", "ML1,A,a@x.example,,,source network_source"} {
		_, refused, err := w.Load(imports.AccountsFile, "structure,name,email,idp,sub,roles\n"+line+"\n", imports.Options{})
		if err != nil || len(refused) != 1 {
			t.Errorf("%s was imported: %v", line, err)
		}
	}
	if _, err := w.Approvals.IssueCode(w.Ctx, source.ID, false); cloison.KindOf(err) != cloison.Conflict {
		t.Errorf("a code for a source: %v", err)
	}
	for _, role := range []directory.Role{directory.Source, directory.NetworkSource, directory.Source | directory.Adviser} {
		_, err := w.Approvals.Propose(w.Ctx, w.By("officer"), approval.Ask{Kind: approval.NewAccount, Structure: "ML1", Name: "A",
			Email: "a@x.example", Roles: role})
		if cloison.KindOf(err) != cloison.Invalid {
			t.Errorf("an officer proposed %s: %v", role, err)
		}
	}
	if _, err := w.Approvals.Propose(w.Ctx, w.By("officer"), approval.Ask{Kind: approval.Rebind, Account: source.ID}); cloison.KindOf(err) != cloison.Conflict {
		t.Errorf("an officer asked for a code for a source: %v", err)
	}
}

// TestASourceComesBackAsOne: a machine's account that is reinstated is active, not pending.
func TestASourceComesBackAsOne(t *testing.T) {
	w := newWorld(t, approval.Settings{})
	source := w.Source("ML1", "source")
	if err := w.Directory.Suspend(w.Ctx, w.By("officer"), source.ID, "suspicion"); err != nil {
		t.Fatal(err)
	}
	_, err := w.Approvals.Propose(w.Ctx, cloison.Caller{Account: source.ID}, approval.Ask{Kind: approval.NewAccount, Structure: "ML1",
		Name: "A", Email: "a@x.example", Roles: directory.Adviser})
	testworld.WantDenied(t, err, directory.NotActive)
	w.Approve("approver", w.Propose("officer", approval.Ask{Kind: approval.Reinstate, Account: source.ID}))
	if got := w.Account(source.ID); got.State != directory.Active {
		t.Errorf("the source is %s", got.State)
	}
}

// TestASourceHasNoCourseToFollow: a source needs no course to do what a manager does with one, within the same daily
// number.
func TestASourceHasNoCourseToFollow(t *testing.T) {
	w := newWorld(t, approval.Settings{PerManager: 1})
	by := cloison.Caller{Account: w.Source("ML1", "source").ID}
	ask := approval.Ask{Kind: approval.NewAccount, Structure: "ML1", Name: "A", Email: "a@x.example", Roles: directory.Adviser}
	if _, err := w.Approvals.Propose(w.Ctx, by, ask); err != nil {
		t.Fatal(err)
	}
	testworld.WantDenied(t, errorOf(w.Approvals.Propose(w.Ctx, by, ask)), directory.TooMany)
	ask.Roles = directory.Officer
	testworld.WantDenied(t, errorOf(w.Approvals.Propose(w.Ctx, by, ask)), directory.Overseer)
	ask.Roles = directory.Manager
	testworld.WantDenied(t, errorOf(w.Approvals.Propose(w.Ctx, by, ask)), directory.RoleNotGiven)
}

func errorOf[T any](_ T, err error) error { return err }
