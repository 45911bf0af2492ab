package directory_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"testing"
	"time"

	"cloison"
	"cloison/access/directory"
	"cloison/store/sqlite"
)

// TestAnAgentWhoIsThereIsNotProposedAnew tries the same address in other letters, in another structure, and after the
// agent left.
func TestAnAgentWhoIsThereIsNotProposedAnew(t *testing.T) {
	w := newWorld(t, directory.Settings{PerManager: 99, PerStructure: 99})
	ask := newcomer()
	ask.Email = "Colleague@ML.example"
	_, err := w.d.Propose(w.ctx, w.by("manager"), ask)
	wantBar(t, err, directory.AlreadyThere)
	ask.Structure = "ML2"
	p := w.propose("manager3", ask)
	found, err := w.d.Likenesses(w.ctx, p)
	if err != nil || len(found) != 1 || found[0].Why != directory.SameEmail || found[0].Account.ID != w.who["colleague"].ID {
		t.Errorf("the approver is shown %+v, %v", found, err)
	}
	_, err = w.d.Propose(w.ctx, w.by("manager3"), ask)
	wantKind(t, err, cloison.Conflict) // a double submit
	w.change("colleague", func(a *directory.Account) { a.State = directory.Closed })
	ask.Structure = "ML1"
	p = w.propose("manager", ask)
	w.add("ML1", "colleague2", directory.Adviser)
	w.change("colleague2", func(a *directory.Account) { a.Email = ask.Email })
	_, err = w.d.Approve(w.ctx, w.by("approver"), p.ID, p.Version)
	wantBar(t, err, directory.AlreadyThere) // who came meanwhile
}

func TestLikenesses(t *testing.T) {
	w := newWorld(t, directory.Settings{PerManager: 99, PerStructure: 99})
	w.add("ML1", "boss", directory.Director)
	w.change("boss", func(a *directory.Account) { a.Name = "Directrice Locale" })
	for _, c := range []struct {
		name, email string
		want        directory.Resemblance
		of          string
	}{
		{"Camille Exemple", "camille@ml.example", "", ""},
		{"DIRECTOR", "camille2@ml.example", directory.SameName, "director"},
		{"Camille Exemple", "c0lleague@ml.example", directory.LikeEmail, "colleague"},
		{"Camille Exemple", "colleaque@ml.example", directory.LikeEmail, "colleague"},
		{"Camille Exemple", "co1league@ml.example", directory.LikeEmail, "colleague"},
		{"Camille Exemple", "аdviser@ml.example", directory.LikeEmail, "adviser"}, // its first letter is Cyrillic
		{"Camille Exemple", "colleague@rnl.example", directory.LikeEmail, "colleague"},
		{"Camille Exemple", "colleague+bis@ml.example", directory.LikeEmail, "colleague"}, // the same mailbox
		{"Camille Exemple", "coIleague+2025.12@ml.example", directory.LikeEmail, "colleague"},
		{"Locale, Directrice", "camille3@ml.example", directory.SameName, "boss"},
		{"DIRECTRICE locale", "camille4@ml.example", directory.SameName, "boss"},
	} {
		p := directory.Proposal{Kind: directory.NewAccount, Structure: "ML1", Name: cloison.Personal(c.name), Email: cloison.Personal(c.email)}
		found, err := w.d.Likenesses(w.ctx, p)
		switch {
		case err != nil:
			t.Fatal(err)
		case c.want == "" && len(found) > 0:
			t.Errorf("%s resembles %+v", c.email, found)
		case c.want != "" && (len(found) != 1 || found[0].Why != c.want || found[0].Account.ID != w.who[c.of].ID):
			t.Errorf("%s, %s resembles %+v, want %s of %s", c.name, c.email, found, c.want, c.of)
		}
	}
}

// TestLikenessesOfAList names, line by line, whom each colleague resembles: in the house, and the same address
// elsewhere.
func TestLikenessesOfAList(t *testing.T) {
	w := newWorld(t, directory.Settings{})
	p := w.proposeList("manager", "nom;courriel;roles\nCamille Exemple;camille@ml.example;conseiller\nAlex Exemple;stranger@ml.example;conseiller\n"+
		"Dominique Exemple;c0lleague@ml.example;accueil\nDIRECTOR;ailleurs@ml.example;accueil\nAdviser;colleaque@ml.example;accueil\n")
	found, err := w.d.Likenesses(w.ctx, p)
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
	ask := newcomer()
	ask.Email = "CAMILLE@ml.example"
	_, err = w.d.Propose(w.ctx, w.by("manager2"), ask)
	wantKind(t, err, cloison.Conflict)
	if !errors.Is(err, directory.AlreadyAsked) {
		t.Errorf("refused as %v", err)
	}
}

// counted is a store that counts how often a structure is read.
type counted struct {
	*sqlite.DB
	reads int
}

func (c *counted) Accounts(ctx context.Context, s cloison.StructureID, after cloison.AccountID, limit int) ([]directory.Account, error) {
	c.reads++
	return c.DB.Accounts(ctx, s, after, limit)
}

// TestALongListReadsTheStructureOnce: 200 lines beside 900 accounts.
func TestALongListReadsTheStructureOnce(t *testing.T) {
	w := newWorld(t, directory.Settings{})
	var batch []directory.Account
	for i := range 900 {
		a := directory.Account{ID: cloison.NewAccountID(), Structure: "ML1", Name: cloison.Personal(fmt.Sprint("Agent ", i)), Roles: directory.Adviser,
			Email: cloison.Personal(fmt.Sprintf("agent%d@ml.example", i)), State: directory.Active, Binding: directory.Binding{IdP: "b", Sub: fmt.Sprint(i)}}
		a.Lineage = a.ID
		batch = append(batch, a)
	}
	if refused, err := w.db.ImportAccounts(w.ctx, batch); errors.Join(append(refused, err)...) != nil {
		t.Fatal(refused, err)
	}
	p := directory.Proposal{Kind: directory.NewAccounts, Structure: "ML1"}
	for i := range 200 {
		p.List = append(p.List, directory.Colleague{Line: i + 2, Name: cloison.Personal(fmt.Sprint("Camille ", i)), Email: cloison.Personal(fmt.Sprintf("camille%d@ml.example", i))})
	}
	store := &counted{DB: w.db}
	began := time.Now()
	found, err := directory.New(store, directory.Settings{}, slog.New(slog.DiscardHandler), w.clock.now).Likenesses(w.ctx, p)
	if err != nil || len(found) != 0 || store.reads != 1 {
		t.Errorf("%d found, %v, after reading the structure %d times", len(found), err, store.reads)
	}
	t.Logf("in %v", time.Since(began))
}

func TestPairsAreSeen(t *testing.T) {
	w := newWorld(t, directory.Settings{PerManager: 99, PerStructure: 99})
	n := 0
	grant := func(maker, approver string, times int) {
		for range times {
			n++
			ask := newcomer()
			ask.Email, ask.Structure = cloison.Personal(fmt.Sprintf("n%d@ml.example", n)), w.who[maker].Structure
			w.approve(approver, w.propose(maker, ask))
		}
	}
	grant("manager", "approver", 4)
	grant("manager2", "approver", 5)
	grant("manager2", "approver2", 2)
	pairs, err := w.d.Pairs(w.ctx)
	if err != nil || len(pairs) != 0 {
		t.Errorf("four, or five of seven: %+v, %v", pairs, err)
	}
	grant("manager", "approver", 1)
	pairs, err = w.d.Pairs(w.ctx)
	want := directory.Pair{Maker: w.who["manager"].ID, Decider: w.who["approver"].ID, Approved: 5, OfMaker: 5}
	if err != nil || len(pairs) != 1 || pairs[0] != want {
		t.Errorf("five of five: %+v, %v; want %+v", pairs, err, want)
	}
	asked, err := w.d.AskedBy(w.ctx, w.who["manager"].ID)
	if err != nil || asked != (directory.Asked{Day: 5, Month: 5, Approved: 5}) {
		t.Errorf("the manager asked %+v, %v", asked, err)
	}
	w.clock.add(91 * 24 * time.Hour)
	if pairs, err = w.d.Pairs(w.ctx); err != nil || len(pairs) != 0 {
		t.Errorf("after ninety days: %+v, %v", pairs, err)
	}
}

// TestOtherRoles changes roles under four eyes.
func TestOtherRoles(t *testing.T) {
	w := newWorld(t, directory.Settings{PerManager: 99, PerStructure: 99})
	ask := func(name string, roles directory.Role) directory.Ask {
		return directory.Ask{Kind: directory.NewRoles, Account: w.who[name].ID, Roles: roles}
	}
	for _, c := range []struct {
		by, of string
		roles  directory.Role
		bar    directory.Bar
	}{
		{"manager", "colleague", directory.Adviser | directory.Manager, directory.RoleNotGiven},
		{"manager", "manager2", directory.Adviser, directory.RoleNotGiven},
		{"manager", "manager", directory.Adviser, directory.Oneself},
		{"manager", "director", directory.Adviser, directory.Overseer},
		{"manager", "stranger", directory.Reception, directory.OtherStructure},
		{"adviser", "colleague", directory.Reception, directory.NoRole},
		{"officer", "officer", directory.Adviser, directory.Oneself},
	} {
		_, err := w.d.Propose(w.ctx, w.by(c.by), ask(c.of, c.roles))
		wantBar(t, err, c.bar)
	}
	for _, roles := range []directory.Role{0, directory.Source, directory.Adviser} {
		if _, err := w.d.Propose(w.ctx, w.by("officer"), ask("colleague", roles)); err == nil {
			t.Errorf("the roles %s are proposed to an adviser", roles)
		}
	}
	done := w.approve("approver", w.propose("manager", ask("colleague", directory.Adviser|directory.Reception)))
	if a := w.account(w.who["colleague"].ID); a.Roles != directory.Adviser|directory.Reception || a.State != directory.Active || !a.ProbationUntil.IsZero() || done.Code != "" {
		t.Errorf("the adviser became %+v, with the code %q", a, done.Code.Reveal())
	}
	p := w.propose("officer", ask("manager2", directory.Manager|directory.Adviser))
	_, err := w.d.Approve(w.ctx, w.by("manager2"), p.ID, p.Version)
	wantBar(t, err, directory.NoRole)
	w.approve("approver", p)
	if a := w.account(w.who["manager2"].ID); !a.OnProbation(w.clock.now()) {
		t.Error("a manager who may read files from now on is no newcomer")
	}
}
