package people_test

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"cloison"
	"cloison/access/directory"
	"cloison/access/lifecycle"
	"cloison/internal/demo/network"
	"cloison/internal/testkit/consolekit"
	"cloison/ledger/journal"
)

// TestAReviewIsAnswered by the form of its page: each account by name, in one act.
func TestAReviewIsAnswered(t *testing.T) {
	w := consolekit.New(t)
	manager := w.Enter(w.Agent(0, network.Manager, 0))
	stays, leaves, other := w.AccountOf(w.Agent(0, network.Adviser, 2)), w.AccountOf(w.Agent(0, network.Adviser, 3)), w.AccountOf(w.Agent(1, network.Adviser, 0))
	r := w.OpensReview(manager.Account.Structure)
	page := manager.Get("/revues/"+r.ID.String(), "text/html")
	for _, want := range []string{stays.ID.String() + "=keep", leaves.ID.String() + "=leaves"} {
		if !strings.Contains(string(page.Body), want) {
			t.Errorf("the page offers no %s", want)
		}
	}
	for _, never := range []string{manager.Account.ID.String() + "=", other.ID.String()} {
		if strings.Contains(string(page.Body), never) {
			t.Errorf("the page offers %s", never)
		}
	}
	for _, wrong := range []string{"", "keep", stays.ID.String(), stays.ID.String() + "=lapsed", stays.ID.String() + "=keep," + stays.ID.String() + "=leaves"} {
		if a := manager.Begin("review", map[string]any{"review": r.ID, "answers": wrong}); a.Status != http.StatusBadRequest {
			t.Errorf("%q is answered by %d", wrong, a.Status)
		}
	}
	if a := manager.Begin("review", map[string]any{"review": r.ID, "answers": manager.Account.ID.String() + "=keep"}); a.Reason() != string(directory.Oneself) {
		t.Errorf("one's own: %d %s", a.Status, a.Reason())
	}
	manager.Act("review", map[string]any{"review": r.ID, "answers": stays.ID.String() + "=keep," + leaves.ID.String() + "=leaves"}, nil)
	if a, err := w.DB.Account(w.Ctx, leaves.ID); err != nil || a.State != directory.Closed {
		t.Errorf("who left is %s, %v", a.State, err)
	}
	got, err := w.Tenure.Review(w.Ctx, r.ID)
	if err != nil || got.Answers[lifecycle.Keep] != 1 || got.Answers[lifecycle.Leaves] != 1 {
		t.Errorf("%+v, %v", got, err)
	}
	var list struct {
		Structures []struct {
			ID      cloison.StructureID
			Waiting int `json:"review_waiting"`
			Reach   int `json:"reach_per_day"`
		}
	}
	manager.JSON("/structures", &list)
	if len(list.Structures) != 1 || list.Structures[0].ID != manager.Account.Structure || list.Structures[0].Waiting != got.Answers[lifecycle.Waiting] ||
		list.Structures[0].Reach > 300 || list.Structures[0].Reach == 0 {
		t.Errorf("its structure's posture: %+v", list)
	}
}

// TestDutyAndTransferAreSeen on the page of covers.
func TestDutyAndTransferAreSeen(t *testing.T) {
	w := consolekit.New(t)
	manager := w.Enter(w.Agent(0, network.Manager, 0))
	a, b := w.AccountOf(w.Agent(0, network.Adviser, 2)), w.AccountOf(w.Agent(0, network.Adviser, 3))
	manager.Act("duty", map[string]any{"for": a.ID, "until": time.Now().Add(3 * time.Hour).UTC().Format(time.RFC3339)}, nil)
	var moved struct{ Persons int }
	manager.Act("transfer", map[string]any{"from": a.ID, "to": b.ID}, &moved)
	if moved.Persons == 0 {
		t.Error("nobody changed hands")
	}
	if page := manager.Get("/remplacements", "text/html"); !strings.Contains(string(page.Body), a.Name.Reveal()) || page.Status != 200 {
		t.Errorf("the page of covers: %d", page.Status)
	}
}

// TestWhatIsAskedOfAMergedStructure: who goes on with the old name is told the new one; a stranger learns nothing of
// either.
func TestWhatIsAskedOfAMergedStructure(t *testing.T) {
	w := consolekit.New(t)
	w.Run()
	manager, officer, stranger := w.Enter(w.Agent(0, network.Manager, 0)), w.Enter(w.Agent(-1, network.Officer, 0)), w.Enter(w.Agent(1, network.Manager, 0))
	gone := manager.Account.Structure
	w.Must(w.DB.AddMerger(w.Ctx, lifecycle.Merger{ID: 9, Gone: gone, Kept: officer.Account.Structure, Since: time.Now(), By: officer.Account.ID, Made: time.Now(),
		State: lifecycle.MergerOpen}, journal.Event{At: time.Now(), Code: "merger.proposed"}))
	w.Must(w.DB.DecideMerger(w.Ctx, lifecycle.Merger{ID: 9, By: officer.Account.ID, State: lifecycle.MergerApproved, Decided: time.Now()}, journal.Event{At: time.Now(), Code: "merger.approved"}))
	w.Must(w.DB.Merge(w.Ctx, 9, time.Now(), journal.Event{At: time.Now(), Code: "merger.done"}))
	one := map[string]any{"kind": "new_account", "name": "Nom", "email": "n@exemple.example", "roles": "adviser", "structure": gone}
	list := map[string]any{"structure": gone, "list": "name;email;roles\nNom;n@exemple.example;adviser\n"}
	for name, c := range map[string]struct {
		who  *consolekit.Person
		want string
	}{"manager": {manager, "merged_away"}, "officer": {officer, "merged_away"}, "stranger": {stranger, "not_found"}} {
		for verb, subject := range map[string]any{"propose": one, "propose_list": list} {
			a := c.who.Begin(verb, subject)
			if a.Reason() != c.want || strings.Contains(a.Body, string(officer.Account.Structure)) != (c.want == "merged_away") {
				t.Errorf("%s, %s: %d %s", name, verb, a.Status, a.Body)
			}
		}
	}
	if page := officer.Get("/habilitations", "text/html").Body; strings.Contains(page, string(gone)+" – ") {
		t.Error("the officer may still choose the old name")
	}
}

// TestAMergerSaysWhichMachinesGrow: whoever approves a merger is told how many machines will speak for more people than
// before, and which.
func TestAMergerSaysWhichMachinesGrow(t *testing.T) {
	w := consolekit.New(t)
	first, second := w.Enter(w.Agent(-1, network.Officer, 0)), w.Enter(w.Promote(w.Central(3), directory.Officer))
	gone, kept := w.AccountOf(w.Agent(0, network.Adviser, 0)).Structure, w.AccountOf(w.Agent(1, network.Adviser, 0)).Structure
	for name, of := range map[string]cloison.StructureID{"Annuaire de l’une": gone, "Formations de l’autre": kept} {
		_, err := w.DB.ImportAccounts(w.Ctx, []directory.Account{{ID: cloison.NewAccountID(), Structure: of, Name: cloison.Personal(name),
			Email: cloison.Personal(string(of) + "@machine.example"), Roles: directory.Source, State: directory.Active, Created: time.Now()}})
		w.Must(err)
	}
	var asked struct{ Merger cloison.ActID }
	first.Act("merge", map[string]any{"gone": gone, "kept": kept, "since": time.Now().UTC().Format(time.RFC3339)}, &asked)
	page := second.Get("/structures/"+string(kept), "text/html").Body
	if !strings.Contains(page, "Annuaire de l’une") || !strings.Contains(page, "Formations de l’autre") {
		t.Error("the page does not name the machines of both")
	}
	if says := second.Act("merge_decide", map[string]any{"merger": asked.Merger, "verdict": "approve"}, nil); !strings.Contains(says, "2 systèmes d’identité") {
		t.Errorf("approved is %q", says)
	}
}
