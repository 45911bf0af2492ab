package self_test

import (
	"strings"
	"testing"
	"time"

	"cloison"
	"cloison/access/directory"
	"cloison/access/explanation"
	"cloison/access/letters"
	"cloison/access/lifecycle"
	"cloison/internal/demo/network"
	"cloison/internal/testkit/consolekit"
	"cloison/ledger/journal"
)

// TestHomeSaysWhatWaits: the review of one's own structure, letters that did not leave, another officer's merger, files
// opened against the rule.
func TestHomeSaysWhatWaits(t *testing.T) {
	w := consolekit.New(t)
	manager, elsewhere := w.Enter(w.Agent(0, network.Manager, 0)), w.Enter(w.Agent(1, network.Manager, 0))
	officer, second := w.Enter(w.Agent(-1, network.Officer, 0)), w.Enter(w.Promote(w.Agent(-1, network.Approver, 1), directory.Officer))
	var home struct {
		Review  int `json:"review_waiting"`
		Letters int `json:"letters_troubled"`
		Mergers int `json:"mergers_to_decide"`
		Glasses int `json:"break_glasses"`
	}
	none := home
	for _, p := range []*consolekit.Person{manager, officer} {
		if p.JSON("/", &home); home != none {
			t.Errorf("before anything waits: %+v", home)
		}
	}
	w.OpensReview(manager.Account.Structure)
	now := time.Now().UTC()
	w.Must(w.DB.Post(w.Ctx, letters.Batch{Reader: "test", To: 1, Letters: []letters.Letter{{Key: "k", Kind: letters.OwnFactor, To: manager.Account.ID,
		As: letters.ToHolder, Address: "a@ml.example", Subject: "Sujet", Body: "Texte", State: letters.Unsent, Made: now, Due: now}}}))
	_, err := w.DB.Claim(w.Ctx, "sender", now, now.Add(time.Minute))
	w.Must(err)
	_, err = w.DB.Lapse(w.Ctx, now.Add(time.Hour), now.Add(-time.Hour))
	w.Must(err)
	w.Must(w.DB.AddMerger(w.Ctx, lifecycle.Merger{ID: cloison.NewActID(), Gone: manager.Account.Structure, Kept: elsewhere.Account.Structure,
		Since: now.AddDate(0, 0, 9), By: officer.Account.ID, Made: now, State: lifecycle.MergerOpen}, journal.Event{}))
	glass, err := w.Desk.Ask(w.Ctx, cloison.Caller{Account: w.AccountOf(w.Agent(0, network.Adviser, 0)).ID}, explanation.RequestAsk{Kind: explanation.BreakGlassRequest,
		Asked: w.AccountOf(w.Agent(0, network.Adviser, 1)).ID, Person: "1", Reason: "une urgence au guichet"})
	w.Must(err)
	_, err = w.Desk.Confirm(w.Ctx, cloison.Caller{Account: glass.Asked}, glass.ID, glass.Version)
	w.Must(err)

	for _, c := range []struct {
		p                                 *consolekit.Person
		letters, mergers, glasses, review bool
	}{{manager, false, false, false, true}, {elsewhere, false, false, false, false}, {officer, true, false, true, false}, {second, true, true, true, false}} {
		home = none
		c.p.JSON("/", &home)
		if (home.Letters == 1) != c.letters || (home.Mergers == 1) != c.mergers || (home.Glasses == 1) != c.glasses || (home.Review > 0) != c.review {
			t.Errorf("%s is told %+v, want %+v", c.p.Account.Roles, home, c)
		}
		page := c.p.Get("/", "text/html").Body
		for text, want := range map[string]bool{`href="/revues">Répondre`: c.review, "1 courriel n’est pas parti": c.letters, "1 fusion attend": c.mergers,
			"Bris de glace de la semaine": c.glasses} {
			if strings.Contains(page, text) != want {
				t.Errorf("%s: the page says %q: %t", c.p.Account.Roles, text, !want)
			}
		}
	}
}

// TestHomeNamesWhoLeftByAMachinesWord: the director's house and the officer see whom a machine's word alone did not
// stop, until somebody decides.
func TestHomeNamesWhoLeftByAMachinesWord(t *testing.T) {
	w := consolekit.New(t)
	manager, elsewhere, officer := w.Enter(w.Agent(0, network.Manager, 0)), w.Enter(w.Agent(1, network.Manager, 0)), w.Enter(w.Agent(-1, network.Officer, 0))
	gone := w.AccountOf(w.Agent(0, network.Adviser, 5))
	for range 2 {
		w.Must(w.DB.AddEvent(w.Ctx, journal.Event{At: time.Now(), Code: "leaver.held", Account: gone.ID}))
	}
	see := func(p *consolekit.Person, want bool) {
		t.Helper()
		page := p.Get("/", "text/html").Body
		if strings.Contains(page, "1 départ déclaré attend") != want || strings.Contains(page, gone.ID.String()) != want {
			t.Errorf("%s is told: %t", p.Account.Roles, !want)
		}
	}
	see(manager, true)
	see(officer, true)
	see(elsewhere, false)
	w.Must(w.Directory.Suspend(w.Ctx, cloison.Caller{Account: manager.Account.ID}, gone.ID, "left"))
	see(officer, false)
}
