package letters_test

import (
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"cloison"
	"cloison/access/approval"
	"cloison/access/directory"
	"cloison/access/letters"
	"cloison/ledger/journal"
)

// TestAClockThatWasAhead for a while does not silence the days' letters for as long as it was ahead.
func TestAClockThatWasAhead(t *testing.T) {
	w := open(t)
	honest := w.Clock.Now()
	w.add("ML1", "Alice Martin", directory.Adviser, func(a *directory.Account) { a.AwarenessUntil = honest.AddDate(0, 0, 20) })
	c := w.newStage(nil, letters.Settings{})
	w.Clock.Set(honest.AddDate(1, 1, 0))
	w.write(c)
	w.Clock.Set(honest.Add(time.Hour))
	if got := kinds(w.write(c)); !strings.Contains(got, "training") {
		t.Errorf("after the clock was set right, the day's letters are %q", got)
	}
	if n := len(w.outbox()); n != len(w.write(c)) {
		t.Error("the same letters came again")
	}
}

// TestTheOldAddressIsToldOfTheNew: after a change of address, be it in two steps or between two changes of the name,
// each address that the holder had gets one letter, and so does the director.
func TestTheOldAddressIsToldOfTheNew(t *testing.T) {
	w := open(t)
	alice := w.add("ML1", "Alice Martin", directory.Adviser)
	w.add("ML1", "Diane Durand", directory.Director)
	for _, to := range []cloison.Personal{"alice@ml.example", "step@ml.example", "step@ml.example", "thief@ml.example"} {
		a, err := w.DB.Account(t.Context(), alice)
		if err != nil {
			t.Fatal(err)
		}
		a.Email = to
		if err := w.DB.AmendAccount(t.Context(), a, w.Clock.Now()); err != nil {
			t.Fatal(err)
		}
		w.event(journal.Event{Code: "account.amended", Account: alice, Detail: map[string]string{"changed": "name,email"}})
	}
	told := map[string]int{}
	for _, l := range w.write(w.newStage(nil, letters.Settings{PerHour: 99})) {
		told[string(l.Kind)+" "+strings.TrimSuffix(l.Address.Reveal(), "@ml.example")]++
	}
	if want := map[string]int{"own_factor alice": 1, "own_factor step": 1, "own_factor thief": 4, "factor diane": 4}; !maps.Equal(told, want) {
		t.Errorf("told are %v, want %v", told, want)
	}
}

// TestHeldDeparturesAreTold to the director and to every officer, though the structure has a director.
func TestHeldDeparturesAreTold(t *testing.T) {
	w := open(t)
	alice := w.add("ML1", "Alice Martin", directory.Adviser)
	w.add("ML1", "Diane Durand", directory.Director)
	w.add("NET", "Oscar Officier", directory.Officer)
	w.event(journal.Event{Code: "leaver.held", Account: alice})
	if got := kinds(w.write(w.newStage(nil, letters.Settings{}))); got != "staff_suspended→director:diane staff_suspended→officer:oscar" {
		t.Errorf("told are %q", got)
	}
}

// TestTheDigestKeepsTheDistance: the letter counts no proposal that the approver may not decide on: its own, those of
// its lineage, of its own structure, or about itself. An approver that may decide on none gets no letter.
func TestTheDigestKeepsTheDistance(t *testing.T) {
	w := open(t)
	manager := w.add("ML1", "Max Manager", directory.Manager)
	anne := w.add("NET", "Anne Approuve", directory.Approver)
	w.add("ML1", "Henri House", directory.Approver)
	relative := w.add("NET", "Karl Kin", directory.Approver)
	w.add("NET", "Nadia Nouvelle", directory.Approver)
	of := func(id cloison.AccountID, change func(a *directory.Account)) {
		a, err := w.DB.Account(t.Context(), id)
		if err != nil {
			t.Fatal(err)
		}
		change(&a)
		if err := w.DB.UpdateAccount(t.Context(), a); err != nil {
			t.Fatal(err)
		}
	}
	of(relative, func(a *directory.Account) { a.CreatedBy = manager })
	for i, ask := range []approval.Proposal{{Kind: approval.NewAccount, Email: "one@ml.example"}, {Kind: approval.NewAccount, Email: "nadia@ml.example"},
		{Kind: approval.Rebind, Account: anne}} {
		ask.ID, ask.Structure, ask.Name, ask.Roles, ask.By, ask.State = cloison.NewActID(), "ML1", "Nom", directory.Adviser, manager, approval.Open
		ask.Made = w.Clock.Now().Add(time.Duration(i) * time.Minute)
		if err := w.DB.AddProposal(t.Context(), ask, w.Clock.Now(), 99, 99); err != nil {
			t.Fatal(err)
		}
	}
	var told []string
	for _, l := range w.write(w.newStage(nil, letters.Settings{})) {
		told = append(told, strings.TrimSuffix(l.Address.Reveal(), "@ml.example")+": "+l.Subject)
	}
	slices.Sort(told)
	if want := []string{"anne: 2 propositions attendent votre accord", "nadia: 2 propositions attendent votre accord"}; !slices.Equal(told, want) {
		t.Errorf("told are %q, want %q", told, want)
	}
}
