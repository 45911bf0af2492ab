package console_test

import (
	"fmt"
	"testing"
	"time"

	"cloison/access/approval"
	"cloison/access/directory"
	"cloison/access/letters"
	"cloison/internal/demo/network"
	"cloison/internal/testkit"
)

// TestInARealBrowserAWitness signs a director in who is an officer too: looks at the letters, certifies a presence and
// reads the word.
func TestInARealBrowserAWitness(t *testing.T) {
	w := newWorld(t)
	c, inspector := testkit.Chromium(t).Window("director"), testkit.NewInspector(t)
	state := func(name string) { w.Helper(); inspector.Inspect(c, name, false) }
	pages := func(name string) { w.Helper(); inspector.Inspect(c, name, true) }
	w.run()
	me, lost, maker := w.central(0), w.accountOf(w.central(1)), w.central(2)
	w.promote(me, directory.Officer|directory.Director)
	w.promote(maker, directory.Manager)
	w.promote(w.central(1), directory.Adviser)
	w.course(maker)
	granter := w.promote(w.agent(0, network.Adviser, 0), directory.Approver)
	code, err := w.approvals.IssueCode(w.ctx, w.accountOf(me).ID, false)
	w.must(err)

	w.signIn(c, me, func(string) {})
	c.Open(w.at("/cloison/enrolement"))
	c.Fill(`input[name=code]`, code.Reveal())
	c.Press(`main button`)
	c.Visible(`form[data-passkey=create] button`)
	c.Press(`form[data-passkey=create] button`)
	c.Until(title, "Confirmez que c’est bien vous")
	c.Press(`form[data-passkey=presence] button`)
	c.Until(title, "Tout est prêt")

	c.Open(w.at("/temoins"))
	c.Until(title, "Personne")
	pages("temoins-vide")
	p, err := w.approvals.Propose(w.ctx, directory.Caller{Account: w.accountOf(maker).ID}, approval.Ask{Kind: approval.Rebind, Account: lost.ID})
	w.must(err)
	_, err = w.approvals.Approve(w.ctx, directory.Caller{Account: w.accountOf(granter).ID}, p.ID, p.Version)
	w.must(err)
	c.Open(w.at("/temoins"))
	pages("temoins")
	c.Press(`form:has(input[value=witness]) button`)
	c.Until(title, "Confirmez par votre clé d’accès")
	state("geste-temoin")
	c.Press(`form[data-passkey=act] button`)
	c.Until(title, "Vous certifiez")
	state("fait-temoin")
	if word := c.Text("output"); len(word) != 4 {
		t.Errorf("the word is shown as %q", word)
	}

	c.Open(w.at("/courriels"))
	pages("courriels-vide")
	w.fillOutbox(lost)
	c.Open(w.at("/courriels"))
	pages("courriels")
	c.Press(`form:has(input[value=resend]) button`)
	c.Until(title, "Confirmez par votre clé d’accès")
	c.Press(`form[data-passkey=act] button`)
	c.Until(title, "Le courriel repart")
	state("fait-courriel")
	if faults := c.Faults(); len(faults) > 0 {
		t.Errorf("the pages' script failed: %v", faults)
	}
}

// fillOutbox leaves one letter of each kind, in many states.
func (w *world) fillOutbox(to directory.Account) {
	w.Helper()
	now := time.Now().UTC()
	var list []letters.Letter
	for i, k := range letters.Kinds() {
		list = append(list, letters.Letter{Key: fmt.Sprint(i), Kind: k, Weight: letters.Warning, To: to.ID, As: letters.ToHolder,
			Address: "agent@ml.example", Subject: "Sujet", Body: "Texte", State: letters.Unsent, Made: now, Due: now})
	}
	w.must(w.db.Post(w.ctx, letters.Batch{Reader: "test", To: 1, Letters: list}))
	for i := range 8 {
		l, err := w.db.Claim(w.ctx, "sender", now, now.Add(time.Minute))
		w.must(err)
		l.State, l.Settled, l.Reply = letters.Sent, now, "250"
		if i%3 == 1 {
			l.State, l.Reply = letters.Failed, "550 5.1.1"
		}
		if i%3 == 2 {
			l.State, l.Reply = letters.Doubtful, "crash"
		}
		w.must(w.db.Settle(w.ctx, l))
	}
}
