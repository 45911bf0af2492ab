package console_test

import (
	"strings"
	"testing"

	"cloison"
	"cloison/access/directory"
	"cloison/internal/demo/network"
	"cloison/internal/testkit"
	"cloison/internal/testkit/consolekit"
)

// TestInARealBrowser signs in by the stand-in, enrols with a code, makes a passkey, shows it, opens every page, and
// approves, contains and exports by gestures.
func TestInARealBrowser(t *testing.T) {
	t.Parallel()
	w := consolekit.New(t)
	c, inspector := testkit.Chromium(t).Window("officer"), testkit.NewInspector(t)
	pages, state := func(name string) { w.Helper(); inspector.Inspect(c, name, true) }, func(name string) { w.Helper(); inspector.Inspect(c, name, false) }
	w.Run()
	officer := w.Agent(-1, network.Officer, 0)
	w.Promote(officer, directory.Officer|directory.Approver)
	code, err := w.Approvals.IssueCode(w.Ctx, w.AccountOf(officer).ID, false)
	w.Must(err)
	adviser := w.Enter(w.Agent(0, network.Adviser, 0))
	manager := w.Enter(w.Agent(0, network.Manager, 0))
	for name, email := range map[string]string{"Camille Exemple": "camille@exemple.example", "Dominique d’Exemple-Longnom de la Rochefoucauld": "dominique@exemple.example"} {
		manager.Act("propose", map[string]any{"kind": "new_account", "name": name, "email": email, "roles": "adviser"}, nil)
	}

	w.SignIn(c, officer, pages)
	pages("porte-2-cle")
	c.Open(w.At("/cloison/enrolement"))
	pages("enrolement-1-code")
	c.Fill(`input[name=code]`, "0000-0000-0000-0000")
	c.Press(`main button`)
	c.Until(".wrong", "Ce code n’existe pas")
	state("refus")
	c.Open(w.At("/cloison/enrolement"))
	c.Fill(`input[name=code]`, strings.ToLower(code.Reveal()))
	c.Press(`main button`)
	c.Visible(`form[data-passkey=create] button`)
	pages("enrolement-2-cle")
	c.Fill(`input[name=name]`, "ordinateur du bureau")
	c.Press(`form[data-passkey=create] button`)
	c.Until(consolekit.Title, "Confirmez que c’est bien vous")
	pages("presence")
	c.Press(`form[data-passkey=presence] button`)
	c.Until(consolekit.Title, "Tout est prêt")
	pages("porte-3-pret")

	own := w.Caseload(adviser.Account.ID, 8)
	w.Read(adviser, own...)
	c.Open(w.At("/propositions"))
	pages("propositions")
	c.Press(`form:has(input[value=approve]) button`)
	c.Until(consolekit.Title, "Confirmez par votre clé d’accès")
	state("geste")
	c.Press(`form[data-passkey=act] button`)
	c.Until(consolekit.Title, "est accordée")
	state("fait-code")
	if shown := c.Text("output"); len(shown) != 19 {
		t.Errorf("the code is shown as %q", shown)
	}

	for i := 0; i < 60; i++ {
		w.Read(adviser, cloison.PersonRef("inconnu-"+string(rune('a'+i%26))+string(rune('a'+i/26))))
	}
	w.Sealed(int64(len(own)))
	cuts := w.Cuts()
	_, err = w.Holds.Hold(w.Ctx, cloison.Operator(), "RG 26/00123")
	w.Must(err)
	c.Open(w.At("/habilitations"))
	pages("habilitations")
	all := map[string]string{"accueil": "/", "habilitation": "/habilitations/" + manager.Account.ID.String(), "suspendue": "/habilitations/" + adviser.Account.ID.String(),
		"exposition": "/exposition?structure=" + string(adviser.Account.Structure), "alarmes": "/alarmes", "confinements": "/confinements",
		"apercu": "/confinements/apercu?account=" + manager.Account.ID.String(), "registre": "/registre", "verification": "/registre/verification", "conservation": "/registre/conservation",
		"releve": "/releve?cut=" + cuts[0].ID.String(), "releve-vide": "/releve", "journal": "/journal", "reglages": "/reglages", "formation": "/cloison/training",
		"introuvable": "/rien", "raison": "/cloison/refusals/other_subject"}
	for name, path := range all {
		c.Open(w.At(path))
		pages(name)
	}
	c.Open(w.At("/confinements/apercu?account=" + manager.Account.ID.String()))
	c.Choose(`select[name=reason]`, "hijack")
	c.Press(`button.danger`)
	c.Until(consolekit.Title, "Confirmez par votre clé d’accès")
	c.Press(`form[data-passkey=act] button`)
	c.Until(consolekit.Title, "coupées")
	state("fait-confinement")
	c.Open(w.At("/cloison/"))
	c.Press(`form[action="/cloison/sortie"] button`)
	c.Until(consolekit.Title, "déconnecté")
	state("sortie")
	if faults := c.Faults(); len(faults) > 0 {
		t.Errorf("the pages' script failed: %v", faults)
	}
}
