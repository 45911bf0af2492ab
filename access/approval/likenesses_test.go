package approval_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"testing"
	"time"

	"cloison"
	"cloison/access/approval"
	"cloison/access/directory"
	"cloison/internal/testkit/testworld"
	"cloison/store/storetest"
)

// TestAnAgentWhoIsThereIsNotProposedAnew tries the same address in other letters, in another structure, and after the
// agent left.
func TestAnAgentWhoIsThereIsNotProposedAnew(t *testing.T) {
	w := newWorld(t, approval.Settings{PerManager: 99, PerStructure: 99})
	ask := testworld.Newcomer()
	ask.Email = "Colleague@ML.example"
	_, err := w.Approvals.Propose(w.Ctx, w.By("manager"), ask)
	testworld.WantDenied(t, err, directory.AlreadyThere)
	ask.Structure = "ML2"
	p := w.Propose("manager3", ask)
	found, err := w.Approvals.Likenesses(w.Ctx, p)
	if err != nil || len(found) != 1 || found[0].Why != approval.SameEmail || found[0].Account.ID != w.Who["colleague"].ID {
		t.Errorf("the approver is shown %+v, %v", found, err)
	}
	_, err = w.Approvals.Propose(w.Ctx, w.By("manager3"), ask)
	testworld.WantKind(t, err, cloison.Conflict) // a double submit
	w.Change("colleague", func(a *directory.Account) { a.State = directory.Closed })
	ask.Structure = "ML1"
	p = w.Propose("manager", ask)
	w.Add("ML1", "colleague2", directory.Adviser)
	w.Change("colleague2", func(a *directory.Account) { a.Email = ask.Email })
	_, err = w.Approvals.Approve(w.Ctx, w.By("approver"), p.ID, p.Version)
	testworld.WantDenied(t, err, directory.AlreadyThere) // who came meanwhile
}

func TestLikenesses(t *testing.T) {
	w := newWorld(t, approval.Settings{PerManager: 99, PerStructure: 99})
	w.Add("ML1", "boss", directory.Director)
	w.Change("boss", func(a *directory.Account) { a.Name = "Directrice Locale" })
	for _, c := range []struct {
		name, email string
		want        approval.Resemblance
		of          string
	}{
		{"Camille Exemple", "camille@ml.example", "", ""},
		{"DIRECTOR", "camille2@ml.example", approval.SameName, "director"},
		{"Camille Exemple", "c0lleague@ml.example", approval.LikeEmail, "colleague"},
		{"Camille Exemple", "colleaque@ml.example", approval.LikeEmail, "colleague"},
		{"Camille Exemple", "co1league@ml.example", approval.LikeEmail, "colleague"},
		{"Camille Exemple", "аdviser@ml.example", approval.LikeEmail, "adviser"}, // its first letter is Cyrillic
		{"Camille Exemple", "colleague@rnl.example", approval.LikeEmail, "colleague"},
		{"Camille Exemple", "colleague+bis@ml.example", approval.LikeEmail, "colleague"}, // the same mailbox
		{"Camille Exemple", "coIleague+2025.12@ml.example", approval.LikeEmail, "colleague"},
		{"Locale, Directrice", "camille3@ml.example", approval.SameName, "boss"},
		{"DIRECTRICE locale", "camille4@ml.example", approval.SameName, "boss"},
	} {
		p := approval.Proposal{Kind: approval.NewAccount, Structure: "ML1", Name: cloison.Personal(c.name), Email: cloison.Personal(c.email)}
		found, err := w.Approvals.Likenesses(w.Ctx, p)
		switch {
		case err != nil:
			t.Fatal(err)
		case c.want == "" && len(found) > 0:
			t.Errorf("%s resembles %+v", c.email, found)
		case c.want != "" && (len(found) != 1 || found[0].Why != c.want || found[0].Account.ID != w.Who[c.of].ID):
			t.Errorf("%s, %s resembles %+v, want %s of %s", c.name, c.email, found, c.want, c.of)
		}
	}
}

// TestLikenessesOfAList: each line names the accounts that its colleague resembles, in the structure and, by address,
// elsewhere.
func TestLikenessesOfAList(t *testing.T) {
	w := newWorld(t, approval.Settings{})
	p := w.proposeList("manager", "nom;courriel;roles\nCamille Exemple;camille@ml.example;conseiller\nAlex Exemple;stranger@ml.example;conseiller\n"+
		"Dominique Exemple;c0lleague@ml.example;accueil\nDIRECTOR;ailleurs@ml.example;accueil\nAdviser;colleaque@ml.example;accueil\n")
	found, err := w.Approvals.Likenesses(w.Ctx, p)
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, f := range found {
		got = append(got, fmt.Sprint(f.Line, " ", f.Why, " ", f.Account.Name.Reveal()))
	}
	slices.Sort(got)
	want := []string{"3 same_email stranger", "4 like_email colleague", "5 same_name director", "6 like_email colleague", "6 same_name adviser"}
	if !slices.Equal(got, want) {
		t.Errorf("the approver is shown %q, want %q", got, want)
	}
	// Who waits in a list is not asked for again.
	ask := testworld.Newcomer()
	ask.Email = "CAMILLE@ml.example"
	_, err = w.Approvals.Propose(w.Ctx, w.By("manager2"), ask)
	testworld.WantKind(t, err, cloison.Conflict)
	if !errors.Is(err, directory.AlreadyAsked) {
		t.Errorf("refused as %v", err)
	}
}

// counted is a store that counts how often a structure is read.
type counted struct {
	storetest.All
	reads int
}

func (c *counted) Accounts(ctx context.Context, s cloison.StructureID, after cloison.AccountID, limit int) ([]directory.Account, error) {
	c.reads++
	return c.All.Accounts(ctx, s, after, limit)
}

// TestALongListReadsTheStructureOnce: 200 lines beside 900 accounts.
func TestALongListReadsTheStructureOnce(t *testing.T) {
	w := newWorld(t, approval.Settings{})
	var batch []directory.Account
	for i := range 900 {
		a := directory.Account{ID: cloison.NewAccountID(), Structure: "ML1", Name: cloison.Personal(fmt.Sprint("Agent ", i)), Roles: directory.Adviser,
			Email: cloison.Personal(fmt.Sprintf("agent%d@ml.example", i)), State: directory.Active, Binding: directory.Binding{IdP: "b", Sub: fmt.Sprint(i)}}
		a.Lineage = a.ID
		batch = append(batch, a)
	}
	if refused, err := w.DB.ImportAccounts(w.Ctx, batch); errors.Join(append(refused, err)...) != nil {
		t.Fatal(refused, err)
	}
	p := approval.Proposal{Kind: approval.NewAccounts, Structure: "ML1"}
	for i := range 200 {
		p.List = append(p.List, approval.Colleague{Line: i + 2, Name: cloison.Personal(fmt.Sprint("Camille ", i)), Email: cloison.Personal(fmt.Sprintf("camille%d@ml.example", i))})
	}
	store := &counted{All: w.DB}
	began := time.Now()
	found, err := approval.New(store, w.Directory, approval.Settings{}, w.Clock.Now).Likenesses(w.Ctx, p)
	if err != nil || len(found) != 0 || store.reads != 1 {
		t.Errorf("%d found, %v, after reading the structure %d times", len(found), err, store.reads)
	}
	t.Logf("in %v", time.Since(began))
}
