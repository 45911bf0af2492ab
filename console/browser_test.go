package console_test

import (
	"strings"
	"testing"

	"cloison"
	"cloison/access/directory"
	"cloison/internal/demo/network"
	"cloison/internal/testkit"
)

// at is an address of the console.
func (w *world) at(path string) string { return w.url + path }

// signIn goes through the provider's pages.
func (w *world) signIn(c *testkit.Window, a network.Agent, inspect func(name string)) {
	w.Helper()
	c.Open(w.at("/cloison/"))
	inspect("porte-1-connexion")
	c.Press(`a[href^="/cloison/signin"]`)
	c.Fill(`input[name=email]`, a.Email+"\r")
	c.Fill(`input[name=password]`, a.Password+"\r")
	c.Visible(`input[name=code]`)
	answer := a.Key
	if answer == "" {
		answer, _ = w.provider.CodeFor(a.Email)
	}
	c.Fill(`input[name=code]`, answer+"\r")
	c.Until(title, "Il vous manque")
}

const title = "main h1"

// TestInARealBrowser signs in by the stand-in, enrols with a code, makes a passkey, shows it, opens every page, and
// approves, contains and exports by gestures.
func TestInARealBrowser(t *testing.T) {
	w := newWorld(t)
	c, inspector := testkit.Chromium(t).Window("officer"), testkit.NewInspector(t)
	pages, state := func(name string) { w.Helper(); inspector.Inspect(c, name, true) }, func(name string) { w.Helper(); inspector.Inspect(c, name, false) }
	w.run()
	officer := w.agent(-1, network.Officer, 0)
	w.promote(officer, directory.Officer|directory.Approver)
	code, err := w.approvals.IssueCode(w.ctx, w.accountOf(officer).ID, false)
	w.must(err)
	adviser := w.enter(w.agent(0, network.Adviser, 0))
	manager := w.enter(w.agent(0, network.Manager, 0))
	for name, email := range map[string]string{"Camille Exemple": "camille@exemple.example", "Dominique d’Exemple-Longnom de la Rochefoucauld": "dominique@exemple.example"} {
		manager.act("propose", map[string]any{"kind": "new_account", "name": name, "email": email, "roles": "adviser"}, nil)
	}

	w.signIn(c, officer, pages)
	pages("porte-2-cle")
	c.Open(w.at("/cloison/enrolement"))
	pages("enrolement-1-code")
	c.Fill(`input[name=code]`, "0000-0000-0000-0000")
	c.Press(`main button`)
	c.Until(".wrong", "Ce code n’existe pas")
	state("refus")
	c.Open(w.at("/cloison/enrolement"))
	c.Fill(`input[name=code]`, strings.ToLower(code.Reveal()))
	c.Press(`main button`)
	c.Visible(`form[data-passkey=create] button`)
	pages("enrolement-2-cle")
	c.Fill(`input[name=name]`, "ordinateur du bureau")
	c.Press(`form[data-passkey=create] button`)
	c.Until(title, "Confirmez que c’est bien vous")
	pages("presence")
	c.Press(`form[data-passkey=presence] button`)
	c.Until(title, "Tout est prêt")
	pages("porte-3-pret")

	own := w.caseload(adviser.account.ID, 8)
	w.read(adviser, own...)
	c.Open(w.at("/propositions"))
	pages("propositions")
	c.Press(`form:has(input[value=approve]) button`)
	c.Until(title, "Confirmez par votre clé d’accès")
	state("geste")
	c.Press(`form[data-passkey=act] button`)
	c.Until(title, "est accordée")
	state("fait-code")
	if shown := c.Text("output"); len(shown) != 19 {
		t.Errorf("the code is shown as %q", shown)
	}

	for i := 0; i < 60; i++ {
		w.read(adviser, cloison.PersonRef("inconnu-"+string(rune('a'+i%26))+string(rune('a'+i/26))))
	}
	w.sealed(int64(len(own)))
	cuts := w.cuts()
	_, err = w.holds.Hold(w.ctx, directory.Operator(), "RG 26/00123")
	w.must(err)
	c.Open(w.at("/habilitations"))
	pages("habilitations")
	all := map[string]string{"accueil": "/", "habilitation": "/habilitations/" + manager.account.ID.String(), "suspendue": "/habilitations/" + adviser.account.ID.String(),
		"exposition": "/exposition?structure=" + string(adviser.account.Structure), "alarmes": "/alarmes", "confinements": "/confinements",
		"apercu": "/confinements/apercu?account=" + manager.account.ID.String(), "registre": "/registre", "verification": "/registre/verification", "conservation": "/registre/conservation",
		"releve": "/releve?cut=" + cuts[0].ID.String(), "releve-vide": "/releve", "journal": "/journal", "reglages": "/reglages", "formation": "/cloison/training",
		"introuvable": "/rien", "raison": "/cloison/refusals/other_subject"}
	for name, path := range all {
		c.Open(w.at(path))
		pages(name)
	}
	c.Open(w.at("/confinements/apercu?account=" + manager.account.ID.String()))
	c.Choose(`select[name=reason]`, "hijack")
	c.Press(`button.danger`)
	c.Until(title, "Confirmez par votre clé d’accès")
	c.Press(`form[data-passkey=act] button`)
	c.Until(title, "coupées")
	state("fait-confinement")
	c.Open(w.at("/cloison/"))
	c.Press(`form[action="/cloison/sortie"] button`)
	c.Until(title, "déconnecté")
	state("sortie")
	if faults := c.Faults(); len(faults) > 0 {
		t.Errorf("the pages' script failed: %v", faults)
	}
}
