package console_test

import (
	"testing"
	"time"

	"github.com/chromedp/cdproto/webauthn"
	"github.com/chromedp/chromedp"

	"cloison/directory"
	"cloison/internal/standin/network"
)

// TestTheOpenPageSeesTheSuspension: an adviser adds a second passkey, and sits before an open page when the officer suspends the account: the
// page goes to the reason by itself.
func TestTheOpenPageSeesTheSuspension(t *testing.T) {
	w := newWorld(t)
	w.run()
	w.follow()
	c := w.chrome(t)
	adviser := w.agent(0, network.Adviser, 0)
	account := w.accountOf(adviser)
	code, err := w.dir.IssueCode(w.ctx, account.ID, false)
	w.must(err)
	c.signIn(adviser)
	c.titled("clé d’accès")
	c.open("/cloison/enrolement")
	c.fill(`input[name=code]`, code.Reveal())
	c.do(chromedp.Click(chromedp.CSS(`main button`)), chromedp.WaitEnabled(chromedp.CSS(`form[data-passkey=create] button`)))
	c.fill(`input[name=name]`, "ordinateur du bureau")
	c.press(`form[data-passkey=create] button`, "Confirmez que c’est bien vous")
	c.press(`form[data-passkey=presence] button`, "")
	c.titled("Tout est prêt")
	w.read(&person{w: w, account: account}, w.caseload(account.ID, 8)...)

	c.open("/mon-espace")
	c.fits("mon-espace")
	c.picture("mon-espace", true)
	c.open("/mon-espace/acces")
	c.titled("1 clé d’accès, 1 session ouverte")
	call(c, webauthn.AddVirtualAuthenticator, webauthn.AddVirtualAuthenticatorParams{Options: &webauthn.VirtualAuthenticatorOptions{
		Protocol: webauthn.AuthenticatorProtocolCtap2, Transport: webauthn.AuthenticatorTransportUsb, HasResidentKey: true,
		HasUserVerification: true, IsUserVerified: true, AutomaticPresenceSimulation: true}})
	c.fill(`form[data-passkey=add] input[name=name]`, "clé de secours")
	c.press(`form[data-passkey=add] button`, "2 clés d’accès")
	c.fits("mon-espace-acces")
	c.picture("mon-espace-acces", true)
	c.do(chromedp.Click(chromedp.CSS(`.rows li:nth-child(2) summary`)))
	c.press(`.rows li:nth-child(2) form:has(input[value=remove_passkey]) button`, "Confirmez par votre clé d’accès")
	c.picture("geste-retrait", false)
	c.press(`form[data-passkey=act] button`, "est retirée")

	c.open("/mon-espace")
	until(t, "the page does not listen", func() bool { return w.signin.Listening() > 0 })
	account = w.accountOf(adviser)
	account.State, account.Reason, account.SuspendedAt = directory.Suspended, "suspicion", time.Now()
	w.must(w.db.UpdateAccount(w.ctx, account))
	cut := time.Now()
	c.titled("Votre habilitation est suspendue")
	if took := time.Since(cut); took > 3*time.Second {
		t.Errorf("the page learnt it after %s", took)
	} else {
		t.Logf("the page learnt it after %s", took)
	}
	c.picture("fin-suspendue", true)
	c.mu.Lock()
	defer c.mu.Unlock()
	if len(c.faults) > 0 {
		t.Errorf("the pages' script failed: %v", c.faults)
	}
}

// until waits for a condition of another process.
func until(t testing.TB, what string, done func() bool) {
	t.Helper()
	for deadline := time.Now().Add(10 * time.Second); !done(); time.Sleep(5 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatal(what)
		}
	}
}
