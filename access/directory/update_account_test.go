package directory_test

import (
	"cloison/internal/testkit/testworld"
	"testing"

	"cloison"
)

func TestAmend(t *testing.T) {
	w := testworld.New(t, testworld.Options{})
	by, id := cloison.Caller{Account: w.Source("ML1", "source").ID}, w.Who["adviser"].ID
	before := w.Account(id)
	if err := w.Directory.Amend(w.Ctx, by, id, " Nadia Exemple ", "Nadia@ML.example"); err != nil {
		t.Fatal(err)
	}
	a := w.Account(id)
	if a.Name != "Nadia Exemple" || a.Email != "nadia@ml.example" || a.Binding != before.Binding || a.Roles != before.Roles ||
		a.State != before.State || a.ProbationUntil != before.ProbationUntil {
		t.Errorf("amended into %+v", a)
	}
	for range 2 {
		if err := w.Directory.Amend(w.Ctx, by, id, "Nadia Exemple", ""); err != nil || w.Account(id).Version != a.Version {
			t.Errorf("what holds already was stored again: %v", err)
		}
	}
	for name, email := range map[cloison.Personal]cloison.Personal{"a\nb": "", "": "nobody", "x": "a@b@c.example"} {
		if err := w.Directory.Amend(w.Ctx, by, id, name, email); cloison.KindOf(err) != cloison.Invalid {
			t.Errorf("amended: %v", err)
		}
	}
	for _, who := range []string{"stranger", "near", "director"} {
		if err := w.Directory.Amend(w.Ctx, by, w.Who[who].ID, "X", ""); cloison.KindOf(err) != cloison.Denied {
			t.Errorf("%s was amended: %v", who, err)
		}
	}
	if err := w.Directory.Amend(w.Ctx, w.By("adviser"), id, "X", ""); cloison.KindOf(err) != cloison.Denied {
		t.Errorf("an adviser took another name: %v", err)
	}
}
