package directory_test

import (
	"strings"
	"testing"

	"cloison"
	"cloison/access/directory"
)

// source imports a machine's account as an operator does, and returns it.
func (w *world) source(structure, role string) directory.Account {
	w.Helper()
	name := role + "@" + strings.ToLower(structure) + ".example"
	_, refused, err := w.load(directory.AccountsFile, "structure,name,email,idp,sub,roles\n"+structure+",Annuaire,"+name+",,,"+role+"\n",
		directory.Options{})
	if err != nil || len(refused) > 0 {
		w.Fatal(refused, err)
	}
	found, err := w.db.AccountsByEmail(w.ctx, cloison.Personal(name))
	if err != nil || len(found) != 1 {
		w.Fatal(found, err)
	}
	return found[0]
}

// TestASourceIsNoPerson: a machine's account acts at once, and nobody ever signs in as it or is given its role.
func TestASourceIsNoPerson(t *testing.T) {
	w := newWorld(t, directory.Settings{})
	source := w.source("ML1", "source")
	if source.State != directory.Active || source.Binding != (directory.Binding{}) {
		t.Fatalf("a source is %s", source.State)
	}
	for _, line := range []string{"ML1,A,a@x.example,idp,sub9,source", "ML1,A,a@x.example,,,source adviser", "ML1,A,a@x.example,,,source network_source"} {
		_, refused, err := w.load(directory.AccountsFile, "structure,name,email,idp,sub,roles\n"+line+"\n", directory.Options{})
		if err != nil || len(refused) != 1 {
			t.Errorf("%s was imported: %v", line, err)
		}
	}
	if _, err := w.d.IssueCode(w.ctx, source.ID, false); cloison.KindOf(err) != cloison.Conflict {
		t.Errorf("a code for a source: %v", err)
	}
	for _, role := range []directory.Role{directory.Source, directory.NetworkSource, directory.Source | directory.Adviser} {
		_, err := w.d.Propose(w.ctx, w.by("officer"), directory.Ask{Kind: directory.NewAccount, Structure: "ML1", Name: "A",
			Email: "a@x.example", Roles: role})
		if cloison.KindOf(err) != cloison.Invalid {
			t.Errorf("an officer proposed %s: %v", role, err)
		}
	}
	if _, err := w.d.Propose(w.ctx, w.by("officer"), directory.Ask{Kind: directory.Rebind, Account: source.ID}); cloison.KindOf(err) != cloison.Conflict {
		t.Errorf("an officer asked for a code for a source: %v", err)
	}
}

// TestASourceComesBackAsOne: suspended and reinstated it is active again, not waiting for a code.
func TestASourceComesBackAsOne(t *testing.T) {
	w := newWorld(t, directory.Settings{})
	source := w.source("ML1", "source")
	if err := w.d.Suspend(w.ctx, w.by("officer"), source.ID, "suspicion"); err != nil {
		t.Fatal(err)
	}
	_, err := w.d.Propose(w.ctx, directory.Caller{Account: source.ID}, directory.Ask{Kind: directory.NewAccount, Structure: "ML1",
		Name: "A", Email: "a@x.example", Roles: directory.Adviser})
	wantBar(t, err, directory.NotActive)
	w.approve("approver", w.propose("officer", directory.Ask{Kind: directory.Reinstate, Account: source.ID}))
	if got := w.account(source.ID); got.State != directory.Active {
		t.Errorf("the source is %s", got.State)
	}
}

// TestASourceHasNoCourseToFollow: what a manager may do with a valid course a source may do without one, under the same
// daily number, and no more.
func TestASourceHasNoCourseToFollow(t *testing.T) {
	w := newWorld(t, directory.Settings{PerManager: 1})
	by := directory.Caller{Account: w.source("ML1", "source").ID}
	ask := directory.Ask{Kind: directory.NewAccount, Structure: "ML1", Name: "A", Email: "a@x.example", Roles: directory.Adviser}
	if _, err := w.d.Propose(w.ctx, by, ask); err != nil {
		t.Fatal(err)
	}
	wantBar(t, errorOf(w.d.Propose(w.ctx, by, ask)), directory.TooMany)
	ask.Roles = directory.Officer
	wantBar(t, errorOf(w.d.Propose(w.ctx, by, ask)), directory.Overseer)
	ask.Roles = directory.Manager
	wantBar(t, errorOf(w.d.Propose(w.ctx, by, ask)), directory.RoleNotGiven)
}

func errorOf[T any](_ T, err error) error { return err }

func TestAmend(t *testing.T) {
	w := newWorld(t, directory.Settings{})
	by, id := directory.Caller{Account: w.source("ML1", "source").ID}, w.who["adviser"].ID
	before := w.account(id)
	if err := w.d.Amend(w.ctx, by, id, " Nadia Exemple ", "Nadia@ML.example"); err != nil {
		t.Fatal(err)
	}
	a := w.account(id)
	if a.Name != "Nadia Exemple" || a.Email != "nadia@ml.example" || a.Binding != before.Binding || a.Roles != before.Roles ||
		a.State != before.State || a.ProbationUntil != before.ProbationUntil {
		t.Errorf("amended into %+v", a)
	}
	for range 2 {
		if err := w.d.Amend(w.ctx, by, id, "Nadia Exemple", ""); err != nil || w.account(id).Version != a.Version {
			t.Errorf("what holds already was stored again: %v", err)
		}
	}
	for name, email := range map[cloison.Personal]cloison.Personal{"a\nb": "", "": "nobody", "x": "a@b@c.example"} {
		if err := w.d.Amend(w.ctx, by, id, name, email); cloison.KindOf(err) != cloison.Invalid {
			t.Errorf("amended: %v", err)
		}
	}
	for _, who := range []string{"stranger", "near", "director"} {
		if err := w.d.Amend(w.ctx, by, w.who[who].ID, "X", ""); cloison.KindOf(err) != cloison.Denied {
			t.Errorf("%s was amended: %v", who, err)
		}
	}
	if err := w.d.Amend(w.ctx, w.by("adviser"), id, "X", ""); cloison.KindOf(err) != cloison.Denied {
		t.Errorf("an adviser took another name: %v", err)
	}
}
