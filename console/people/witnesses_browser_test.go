package people_test

import (
	"fmt"
	"testing"
	"time"

	"cloison"
	"cloison/access/approval"
	"cloison/access/directory"
	"cloison/access/letters"
	"cloison/internal/demo/network"
	"cloison/internal/testkit"
	"cloison/internal/testkit/consolekit"
)

// TestInARealBrowserAWitness signs a director in who is an officer too: looks at the letters, certifies a presence and
// reads the word.
func TestInARealBrowserAWitness(t *testing.T) {
	t.Parallel()
	w := consolekit.New(t)
	c, inspector := testkit.Chromium(t).Window("director"), testkit.NewInspector(t)
	state := func(name string) { w.Helper(); inspector.Inspect(c, name, false) }
	pages := func(name string) { w.Helper(); inspector.Inspect(c, name, true) }
	w.Run()
	me, lost, maker := w.Central(0), w.AccountOf(w.Central(1)), w.Central(2)
	w.Promote(me, directory.Officer|directory.Director)
	w.Promote(maker, directory.Manager)
	w.Promote(w.Central(1), directory.Adviser)
	w.Course(maker)
	granter := w.Promote(w.Agent(0, network.Adviser, 0), directory.Approver)
	code, err := w.Approvals.IssueCode(w.Ctx, w.AccountOf(me).ID, false)
	w.Must(err)

	w.SignIn(c, me, func(string) {})
	c.Open(w.At("/cloison/enrolement"))
	c.Fill(`input[name=code]`, code.Reveal())
	c.Press(`main button`)
	c.Visible(`form[data-passkey=create] button`)
	c.Press(`form[data-passkey=create] button`)
	c.Until(consolekit.Title, "Confirmez que c’est bien vous")
	c.Press(`form[data-passkey=presence] button`)
	c.Until(consolekit.Title, "Tout est prêt")

	c.Open(w.At("/temoins"))
	c.Until(consolekit.Title, "Personne")
	pages("temoins-vide")
	p, err := w.Approvals.Propose(w.Ctx, cloison.Caller{Account: w.AccountOf(maker).ID}, approval.Ask{Kind: approval.Rebind, Account: lost.ID})
	w.Must(err)
	_, err = w.Approvals.Approve(w.Ctx, cloison.Caller{Account: w.AccountOf(granter).ID}, p.ID, p.Version)
	w.Must(err)
	c.Open(w.At("/temoins"))
	pages("temoins")
	c.Press(`form:has(input[value=witness]) button`)
	c.Until(consolekit.Title, "Confirmez par votre clé d’accès")
	state("geste-temoin")
	c.Press(`form[data-passkey=act] button`)
	c.Until(consolekit.Title, "Vous certifiez")
	state("fait-temoin")
	if word := c.Text("output"); len(word) != 4 {
		t.Errorf("the word is shown as %q", word)
	}

	c.Open(w.At("/courriels"))
	pages("courriels-vide")
	fillOutbox(w, lost)
	c.Open(w.At("/courriels"))
	pages("courriels")
	c.Press(`form:has(input[value=resend]) button`)
	c.Until(consolekit.Title, "Confirmez par votre clé d’accès")
	c.Press(`form[data-passkey=act] button`)
	c.Until(consolekit.Title, "Le courriel repart")
	state("fait-courriel")
	if faults := c.Faults(); len(faults) > 0 {
		t.Errorf("the pages' script failed: %v", faults)
	}
}

// fillOutbox leaves one letter of each kind, in many states.
func fillOutbox(w *consolekit.World, to directory.Account) {
	w.Helper()
	now := time.Now().UTC()
	var list []letters.Letter
	for i, k := range letters.Kinds() {
		list = append(list, letters.Letter{Key: fmt.Sprint(i), Kind: k, Weight: letters.Warning, To: to.ID, As: letters.ToHolder,
			Address: "agent@ml.example", Subject: "Sujet", Body: "Texte", State: letters.Unsent, Made: now, Due: now})
	}
	w.Must(w.DB.Post(w.Ctx, letters.Batch{Reader: "test", To: 1, Letters: list}))
	for i := range 8 {
		l, err := w.DB.Claim(w.Ctx, "sender", now, now.Add(time.Minute))
		w.Must(err)
		l.State, l.Settled, l.Reply = letters.Sent, now, "250"
		if i%3 == 1 {
			l.State, l.Reply = letters.Failed, "550 5.1.1"
		}
		if i%3 == 2 {
			l.State, l.Reply = letters.Doubtful, "crash"
		}
		w.Must(w.DB.Settle(w.Ctx, l))
	}
}
