package public_test

import (
	"cloison/access/directory"
	"cloison/internal/demo/network"
	"cloison/internal/testkit"
	"cloison/internal/testkit/consolekit"
	"testing"
	"time"
)

// TestTheOpenPageSeesTheSuspension: an adviser adds a second passkey and takes it away again, and sits before an open
// page when the account is suspended: the page goes to the reason by itself.
func TestTheOpenPageSeesTheSuspension(t *testing.T) {
	t.Parallel()
	w := consolekit.New(t)
	w.Run()
	w.Follow()
	c, inspector := testkit.Chromium(t).Window("adviser"), testkit.NewInspector(t)
	adviser := w.Agent(0, network.Adviser, 0)
	account := w.AccountOf(adviser)
	code, err := w.Approvals.IssueCode(w.Ctx, account.ID, false)
	w.Must(err)
	w.SignIn(c, adviser, func(string) {})
	c.Open(w.At("/cloison/enrolement"))
	c.Fill(`input[name=code]`, code.Reveal()+"\r")
	c.Visible(`form[data-passkey=create] button`)
	c.Press(`form[data-passkey=create] button`)
	c.Until(consolekit.Title, "Confirmez que c’est bien vous")
	c.Press(`form[data-passkey=presence] button`)
	c.Until(consolekit.Title, "Tout est prêt")
	w.Read(&consolekit.Person{W: w, Account: account}, w.Caseload(account.ID, 8)...)

	c.Open(w.At("/mon-espace"))
	inspector.Inspect(c, "mon-espace", true)
	c.Open(w.At("/mon-espace/acces"))
	c.Until(consolekit.Title, "1 clé d’accès, 1 session ouverte")
	inspector.Inspect(c, "mon-espace-acces-une", true)
	c.Plug()
	c.Fill(`form[data-passkey=add] input[name=name]`, "clé de secours")
	c.Press(`form[data-passkey=add] button`)
	c.Until(consolekit.Title, "2 clés d’accès")
	inspector.Inspect(c, "mon-espace-acces", true)
	c.Press(`.rows li:nth-child(2) summary`)
	c.Press(`.rows li:nth-child(2) form:has(input[value=remove_passkey]) button`)
	c.Until(consolekit.Title, "Confirmez par votre clé d’accès")
	inspector.Inspect(c, "geste-retrait", false)
	c.Press(`form[data-passkey=act] button`)
	c.Until(consolekit.Title, "est retirée")

	c.Open(w.At("/mon-espace"))
	testkit.Until(t, "the page does not listen", func() bool { return w.Signin.Listening() > 0 })
	account = w.AccountOf(adviser)
	account.State, account.Reason, account.SuspendedAt = directory.Suspended, "suspicion", time.Now()
	w.Must(w.DB.UpdateAccount(w.Ctx, account))
	cut := time.Now()
	c.Until(consolekit.Title, "Votre habilitation est suspendue")
	t.Logf("the page learnt it after %s", time.Since(cut))
	inspector.Inspect(c, "fin-suspendue", true)
	if faults := c.Faults(); len(faults) > 0 {
		t.Errorf("the pages' script failed: %v", faults)
	}
}
