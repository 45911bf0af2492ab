package console_test

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
)

// TestHomeSaysWhatWaits: the review of one's own structure, letters that did not leave, another officer's merger, files
// opened against the rule.
func TestHomeSaysWhatWaits(t *testing.T) {
	w := newWorld(t)
	manager, elsewhere := w.enter(w.agent(0, network.Manager, 0)), w.enter(w.agent(1, network.Manager, 0))
	officer, second := w.enter(w.agent(-1, network.Officer, 0)), w.enter(w.promote(w.agent(-1, network.Approver, 1), directory.Officer))
	var home struct {
		Review  int `json:"review_waiting"`
		Letters int `json:"letters_troubled"`
		Mergers int `json:"mergers_to_decide"`
		Glasses int `json:"break_glasses"`
	}
	none := home
	for _, p := range []*person{manager, officer} {
		if p.json("/", &home); home != none {
			t.Errorf("before anything waits: %+v", home)
		}
	}
	w.opensReview(manager.account.Structure)
	now := time.Now().UTC()
	w.must(w.db.Post(w.ctx, letters.Batch{Reader: "test", To: 1, Letters: []letters.Letter{{Key: "k", Kind: letters.OwnFactor, To: manager.account.ID,
		As: letters.ToHolder, Address: "a@ml.example", Subject: "Sujet", Body: "Texte", State: letters.Unsent, Made: now, Due: now}}}))
	_, err := w.db.Claim(w.ctx, "sender", now, now.Add(time.Minute))
	w.must(err)
	_, err = w.db.Lapse(w.ctx, now.Add(time.Hour), now.Add(-time.Hour))
	w.must(err)
	w.must(w.db.AddMerger(w.ctx, lifecycle.Merger{ID: cloison.NewActID(), Gone: manager.account.Structure, Kept: elsewhere.account.Structure,
		Since: now.AddDate(0, 0, 9), By: officer.account.ID, Made: now, State: lifecycle.MergerOpen}, directory.Event{}))
	glass, err := w.desk.Ask(w.ctx, directory.Caller{Account: w.accountOf(w.agent(0, network.Adviser, 0)).ID}, explanation.RequestAsk{Kind: explanation.BreakGlassRequest,
		Asked: w.accountOf(w.agent(0, network.Adviser, 1)).ID, Person: "1", Reason: "une urgence au guichet"})
	w.must(err)
	_, err = w.desk.Confirm(w.ctx, directory.Caller{Account: glass.Asked}, glass.ID, glass.Version)
	w.must(err)

	for _, c := range []struct {
		p                                 *person
		letters, mergers, glasses, review bool
	}{{manager, false, false, false, true}, {elsewhere, false, false, false, false}, {officer, true, false, true, false}, {second, true, true, true, false}} {
		home = none
		c.p.json("/", &home)
		if (home.Letters == 1) != c.letters || (home.Mergers == 1) != c.mergers || (home.Glasses == 1) != c.glasses || (home.Review > 0) != c.review {
			t.Errorf("%s is told %+v, want %+v", c.p.account.Roles, home, c)
		}
		page := c.p.get("/", "text/html").body
		for text, want := range map[string]bool{`href="/revues">Répondre`: c.review, "1 courriel n’est pas parti": c.letters, "1 fusion attend": c.mergers,
			"Bris de glace de la semaine": c.glasses} {
			if strings.Contains(page, text) != want {
				t.Errorf("%s: the page says %q: %t", c.p.account.Roles, text, !want)
			}
		}
	}
}

// TestHomeNamesWhoLeftByAMachinesWord: the director's house and the officer see whom a machine's word alone did not
// stop, until somebody decides.
func TestHomeNamesWhoLeftByAMachinesWord(t *testing.T) {
	w := newWorld(t)
	manager, elsewhere, officer := w.enter(w.agent(0, network.Manager, 0)), w.enter(w.agent(1, network.Manager, 0)), w.enter(w.agent(-1, network.Officer, 0))
	gone := w.accountOf(w.agent(0, network.Adviser, 5))
	for range 2 {
		w.must(w.db.AddEvent(w.ctx, directory.Event{At: time.Now(), Code: "leaver.held", Account: gone.ID}))
	}
	see := func(p *person, want bool) {
		t.Helper()
		page := p.get("/", "text/html").body
		if strings.Contains(page, "1 départ déclaré attend") != want || strings.Contains(page, gone.ID.String()) != want {
			t.Errorf("%s is told: %t", p.account.Roles, !want)
		}
	}
	see(manager, true)
	see(officer, true)
	see(elsewhere, false)
	w.must(w.dir.Suspend(w.ctx, directory.Caller{Account: manager.account.ID}, gone.ID, "left"))
	see(officer, false)
}
