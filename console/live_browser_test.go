package console_test

import (
	"testing"
	"time"

	"cloison/access/directory"
	"cloison/internal/demo/network"
	"cloison/internal/testkit"
)

// TestTheOpenPageSeesTheSuspension: an adviser adds a second passkey and takes it away again, and sits before an open
// page when the account is suspended: the page goes to the reason by itself.
func TestTheOpenPageSeesTheSuspension(t *testing.T) {
	w := newWorld(t)
	w.run()
	w.follow()
	c, inspector := testkit.Chromium(t).Window("adviser"), testkit.NewInspector(t)
	adviser := w.agent(0, network.Adviser, 0)
	account := w.accountOf(adviser)
	code, err := w.approvals.IssueCode(w.ctx, account.ID, false)
	w.must(err)
	w.signIn(c, adviser, func(string) {})
	c.Open(w.at("/cloison/enrolement"))
	c.Fill(`input[name=code]`, code.Reveal()+"\r")
	c.Visible(`form[data-passkey=create] button`)
	c.Press(`form[data-passkey=create] button`)
	c.Until(title, "Confirmez que c’est bien vous")
	c.Press(`form[data-passkey=presence] button`)
	c.Until(title, "Tout est prêt")
	w.read(&person{w: w, account: account}, w.caseload(account.ID, 8)...)

	c.Open(w.at("/mon-espace"))
	inspector.Inspect(c, "mon-espace", true)
	c.Open(w.at("/mon-espace/acces"))
	c.Until(title, "1 clé d’accès, 1 session ouverte")
	inspector.Inspect(c, "mon-espace-acces-une", true)
	c.Plug()
	c.Fill(`form[data-passkey=add] input[name=name]`, "clé de secours")
	c.Press(`form[data-passkey=add] button`)
	c.Until(title, "2 clés d’accès")
	inspector.Inspect(c, "mon-espace-acces", true)
	c.Press(`.rows li:nth-child(2) summary`)
	c.Press(`.rows li:nth-child(2) form:has(input[value=remove_passkey]) button`)
	c.Until(title, "Confirmez par votre clé d’accès")
	inspector.Inspect(c, "geste-retrait", false)
	c.Press(`form[data-passkey=act] button`)
	c.Until(title, "est retirée")

	c.Open(w.at("/mon-espace"))
	for deadline := time.Now().Add(time.Minute); w.signin.Listening() == 0; time.Sleep(5 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatal("the page does not listen")
		}
	}
	account = w.accountOf(adviser)
	account.State, account.Reason, account.SuspendedAt = directory.Suspended, "suspicion", time.Now()
	w.must(w.db.UpdateAccount(w.ctx, account))
	cut := time.Now()
	c.Until(title, "Votre habilitation est suspendue")
	t.Logf("the page learnt it after %s", time.Since(cut))
	inspector.Inspect(c, "fin-suspendue", true)
	if faults := c.Faults(); len(faults) > 0 {
		t.Errorf("the pages' script failed: %v", faults)
	}
}
