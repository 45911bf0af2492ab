package console_test

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"cloison"
	"cloison/access/directory"
	"cloison/access/lifecycle"
	"cloison/internal/demo/network"
)

// opensReview opens a review of a structure.
func (w *world) opensReview(structure cloison.StructureID) lifecycle.Review {
	w.Helper()
	r := lifecycle.Review{ID: cloison.NewActID(), Structure: structure, Opened: time.Now(), Due: time.Now().AddDate(0, 0, 30)}
	w.must(w.db.OpenReview(w.ctx, r, directory.Event{At: time.Now(), Code: "review.opened", Act: r.ID}))
	return r
}

// TestAReviewIsAnswered by the form of its page: each account by name, in one act.
func TestAReviewIsAnswered(t *testing.T) {
	w := newWorld(t)
	manager := w.enter(w.agent(0, network.Manager, 0))
	stays, leaves, other := w.accountOf(w.agent(0, network.Adviser, 2)), w.accountOf(w.agent(0, network.Adviser, 3)), w.accountOf(w.agent(1, network.Adviser, 0))
	r := w.opensReview(manager.account.Structure)
	page := manager.get("/revues/"+r.ID.String(), "text/html")
	for _, want := range []string{stays.ID.String() + "=keep", leaves.ID.String() + "=leaves"} {
		if !strings.Contains(string(page.body), want) {
			t.Errorf("the page offers no %s", want)
		}
	}
	for _, never := range []string{manager.account.ID.String() + "=", other.ID.String()} {
		if strings.Contains(string(page.body), never) {
			t.Errorf("the page offers %s", never)
		}
	}
	for _, wrong := range []string{"", "keep", stays.ID.String(), stays.ID.String() + "=lapsed", stays.ID.String() + "=keep," + stays.ID.String() + "=leaves"} {
		if a := manager.begin("review", map[string]any{"review": r.ID, "answers": wrong}); a.status != http.StatusBadRequest {
			t.Errorf("%q is answered by %d", wrong, a.status)
		}
	}
	if a := manager.begin("review", map[string]any{"review": r.ID, "answers": manager.account.ID.String() + "=keep"}); a.reason() != string(directory.Oneself) {
		t.Errorf("one's own: %d %s", a.status, a.reason())
	}
	manager.act("review", map[string]any{"review": r.ID, "answers": stays.ID.String() + "=keep," + leaves.ID.String() + "=leaves"}, nil)
	if a, err := w.db.Account(w.ctx, leaves.ID); err != nil || a.State != directory.Closed {
		t.Errorf("who left is %s, %v", a.State, err)
	}
	got, err := w.tenure.Review(w.ctx, r.ID)
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
	manager.json("/structures", &list)
	if len(list.Structures) != 1 || list.Structures[0].ID != manager.account.Structure || list.Structures[0].Waiting != got.Answers[lifecycle.Waiting] ||
		list.Structures[0].Reach > 300 || list.Structures[0].Reach == 0 {
		t.Errorf("its structure's posture: %+v", list)
	}
}

// TestDutyAndTransferAreSeen on the page of covers.
func TestDutyAndTransferAreSeen(t *testing.T) {
	w := newWorld(t)
	manager := w.enter(w.agent(0, network.Manager, 0))
	a, b := w.accountOf(w.agent(0, network.Adviser, 2)), w.accountOf(w.agent(0, network.Adviser, 3))
	manager.act("duty", map[string]any{"for": a.ID, "until": time.Now().Add(3 * time.Hour).UTC().Format(time.RFC3339)}, nil)
	var moved struct{ Persons int }
	manager.act("transfer", map[string]any{"from": a.ID, "to": b.ID}, &moved)
	if moved.Persons == 0 {
		t.Error("nobody changed hands")
	}
	if page := manager.get("/remplacements", "text/html"); !strings.Contains(string(page.body), a.Name.Reveal()) || page.status != 200 {
		t.Errorf("the page of covers: %d", page.status)
	}
}

// TestWhatIsAskedOfAMergedStructure: who goes on with the old name is told the new one; a stranger learns nothing of
// either.
func TestWhatIsAskedOfAMergedStructure(t *testing.T) {
	w := newWorld(t)
	w.run()
	manager, officer, stranger := w.enter(w.agent(0, network.Manager, 0)), w.enter(w.agent(-1, network.Officer, 0)), w.enter(w.agent(1, network.Manager, 0))
	gone := manager.account.Structure
	w.must(w.db.AddMerger(w.ctx, lifecycle.Merger{ID: 9, Gone: gone, Kept: officer.account.Structure, Since: time.Now(), By: officer.account.ID, Made: time.Now(),
		State: lifecycle.MergerOpen}, directory.Event{At: time.Now(), Code: "merger.proposed"}))
	w.must(w.db.DecideMerger(w.ctx, lifecycle.Merger{ID: 9, By: officer.account.ID, State: lifecycle.MergerApproved, Decided: time.Now()}, directory.Event{At: time.Now(), Code: "merger.approved"}))
	w.must(w.db.Merge(w.ctx, 9, time.Now(), directory.Event{At: time.Now(), Code: "merger.done"}))
	one := map[string]any{"kind": "new_account", "name": "Nom", "email": "n@exemple.example", "roles": "adviser", "structure": gone}
	list := map[string]any{"structure": gone, "list": "name;email;roles\nNom;n@exemple.example;adviser\n"}
	for name, c := range map[string]struct {
		who  *person
		want string
	}{"manager": {manager, "merged_away"}, "officer": {officer, "merged_away"}, "stranger": {stranger, "not_found"}} {
		for verb, subject := range map[string]any{"propose": one, "propose_list": list} {
			a := c.who.begin(verb, subject)
			if a.reason() != c.want || strings.Contains(a.body, string(officer.account.Structure)) != (c.want == "merged_away") {
				t.Errorf("%s, %s: %d %s", name, verb, a.status, a.body)
			}
		}
	}
	if page := officer.get("/habilitations", "text/html").body; strings.Contains(page, string(gone)+" – ") {
		t.Error("the officer may still choose the old name")
	}
}

// TestAMergerSaysWhichMachinesGrow: whoever approves a merger is told how many machines will speak for more people than
// before, and which.
func TestAMergerSaysWhichMachinesGrow(t *testing.T) {
	w := newWorld(t)
	first, second := w.enter(w.agent(-1, network.Officer, 0)), w.enter(w.promote(w.central(3), directory.Officer))
	gone, kept := w.accountOf(w.agent(0, network.Adviser, 0)).Structure, w.accountOf(w.agent(1, network.Adviser, 0)).Structure
	for name, of := range map[string]cloison.StructureID{"Annuaire de l’une": gone, "Formations de l’autre": kept} {
		_, err := w.db.ImportAccounts(w.ctx, []directory.Account{{ID: cloison.NewAccountID(), Structure: of, Name: cloison.Personal(name),
			Email: cloison.Personal(string(of) + "@machine.example"), Roles: directory.Source, State: directory.Active, Created: time.Now()}})
		w.must(err)
	}
	var asked struct{ Merger cloison.ActID }
	first.act("merge", map[string]any{"gone": gone, "kept": kept, "since": time.Now().UTC().Format(time.RFC3339)}, &asked)
	page := second.get("/structures/"+string(kept), "text/html").body
	if !strings.Contains(page, "Annuaire de l’une") || !strings.Contains(page, "Formations de l’autre") {
		t.Error("the page does not name the machines of both")
	}
	if says := second.act("merge_decide", map[string]any{"merger": asked.Merger, "verdict": "approve"}, nil); !strings.Contains(says, "2 systèmes d’identité") {
		t.Errorf("approved is %q", says)
	}
}
