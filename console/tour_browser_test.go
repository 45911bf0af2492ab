package console_test

import (
	"cloison"
	"cloison/access/approval"
	"cloison/access/directory"
	"cloison/internal/demo/network"
	"cloison/internal/testkit"
	"cloison/internal/testkit/consolekit"
	"fmt"
	"strings"
	"testing"
	"time"
)

// tour is a real browser in which people come and sit down in turn, each with their own session.
type tour struct {
	*consolekit.World
	c    *testkit.Window
	look *testkit.Inspector
}

// sits gives the browser to somebody, at a page.
func (t tour) sits(p *consolekit.Person, path string) {
	t.Helper()
	p.Lend(t.c)
	t.c.Open(t.At(path))
}

// page inspects the page at an address in both languages; state one that a form led to.
func (t tour) page(name, path string) {
	t.Helper()
	t.c.Open(t.At(path))
	t.look.Inspect(t.c, name, true)
}

func (t tour) state(name string) { t.Helper(); t.look.Inspect(t.c, name, false) }

// signs approves the act on the page by somebody's key, and waits for what the page says then.
func (t tour) signs(p *consolekit.Person, done string) {
	t.Helper()
	t.c.Until(consolekit.Title, "Confirmez par votre clé d’accès")
	assertion, err := p.Key.Assert(t.URL, []byte(testkit.Eval[string](t.c, `document.querySelector("form[data-passkey=act]").dataset.options`)))
	t.Must(err)
	testkit.Eval[bool](t.c, fmt.Sprintf(`{ const f = document.querySelector("form[data-passkey=act]"); f.assertion.value = %q; f.submit(); true }`, assertion))
	t.c.Until(consolekit.Title, done)
}

// TestEveryPageWithSomethingOnIt inspects the pages of daily work when they are full, not when they are empty: a list
// of newcomers up to their codes, visits, requests and their answers, a review, a merger, people who approve each
// other.
func TestEveryPageWithSomethingOnIt(t *testing.T) {
	t.Parallel()
	w := consolekit.New(t)
	w.Run()
	c := testkit.Chromium(t).Window("everybody")
	c.Open(w.At("/cloison/"))
	w.Browser = testkit.Eval[string](c, "navigator.userAgent")
	around := tour{w, c, testkit.NewInspector(t)}
	officer := w.Enter(w.Promote(w.Agent(-1, network.Officer, 0), directory.Officer|directory.DPO))
	approver := w.Enter(w.Agent(-1, network.Approver, 0))
	manager := w.Enter(w.Agent(0, network.Manager, 0))
	adviser := w.Enter(w.Agent(0, network.Adviser, 0))
	colleague := w.Enter(w.Promote(w.Agent(0, network.Adviser, 2), directory.Adviser|directory.Director))
	reception := w.Enter(w.Promote(w.Agent(0, network.Adviser, 3), directory.Reception))

	around.newcomers(manager, approver)
	around.desk(reception, adviser, colleague)
	around.structures(officer, manager)
	around.mistakes(manager)
	around.refusal(manager, approver)
	around.sits(officer, "/")
	around.page("accueil-officier", "/")
	around.page("approbations", "/approbations")
	if faults := c.Faults(); len(faults) > 0 {
		t.Errorf("the pages' script failed: %v", faults)
	}
}

// newcomers are proposed in a list and accepted; and then one by one, until the same two have agreed too often.
func (t tour) newcomers(manager, approver *consolekit.Person) {
	t.Helper()
	t.sits(manager, "/propositions/liste")
	t.page("liste", "/propositions/liste")
	const file = "nom;courriel;rôles\\nCamille Exemple;camille@exemple.example;conseiller\\n" +
		"Dominique d’Exemple-Longnom de la Rochefoucauld;dominique.exemple-longnom@mission-locale.exemple.example;conseiller accueil\\n" +
		"Claude Exemple;claude@exemple.example;accueil\\nSacha;pas une adresse;conseiller\\n;x@exemple.example;directeur\\n"
	testkit.Eval[bool](t.c, `{ const d = new DataTransfer(); d.items.add(new File(["`+file+`"], "liste.csv", {type: "text/csv"}));
		document.querySelector("input[type=file]").files = d.files; true }`)
	t.c.Press(`form:has(input[type=file]) button`)
	t.c.Until(consolekit.Title, "3 collègues")
	t.state("liste-lue")
	t.c.Press(`form:has(input[value=propose_list]) button`)
	t.c.Until(consolekit.Title, "Confirmez par votre clé d’accès")
	t.state("geste-liste")
	t.signs(manager, "La liste est proposée")
	t.page("propositions-du-responsable", "/propositions")
	t.sits(approver, "/propositions")
	t.page("propositions-liste", "/propositions")
	t.c.Press(`form:has(input[value=approve_list]) button`)
	t.signs(approver, "La liste est acceptée")
	t.state("fait-liste-codes")
	for i := range 5 { // on earlier days
		made := time.Now().AddDate(0, 0, -3*i-2)
		p := approval.Proposal{ID: cloison.NewActID(), Kind: approval.NewAccount, Structure: manager.Account.Structure, Name: "Alix Exemple",
			Email: "alix@exemple.example", Roles: directory.Adviser, By: manager.Account.ID, Made: made, State: approval.Open}
		t.Must(t.DB.AddProposal(t.Ctx, p, made, 9, 9))
		p.State, p.DecidedBy, p.Decided, p.Version = approval.Approved, approver.Account.ID, made.Add(time.Hour), 1
		t.Must(t.DB.DecideProposal(t.Ctx, p, nil))
	}
}

// desk is a day at a structure's counter: a visit, a cover and a broken glass asked, confirmed and looked at.
func (t tour) desk(reception, adviser, colleague *consolekit.Person) {
	t.Helper()
	t.sits(reception, "/accueil-public")
	t.page("accueil-public-vide", "/accueil-public")
	t.c.Fill(`input[name=person]`, "21000004711")
	t.c.Choose(`select[name=adviser]`, adviser.Account.ID.String())
	t.c.Press(`form:has(input[value=visit]) button`)
	t.signs(reception, "La visite est enregistrée")
	t.state("fait-visite")
	t.page("accueil-public", "/accueil-public")

	t.sits(adviser, "/")
	t.page("accueil-conseiller", "/")
	absent := t.AccountOf(t.Agent(0, network.Adviser, 4))
	adviser.Act("ask_cover", map[string]any{"asked": colleague.Account.ID, "of": absent.ID, "until": time.Now().Add(48 * time.Hour).UTC().Format(time.RFC3339)}, nil)
	t.c.Open(t.At("/dossier"))
	t.c.Press(`details:has(input[value=break_glass]) summary`)
	t.c.Fill(`form:has(input[value=break_glass]) input[name=person]`, "21000000815")
	t.c.Fill(`textarea`, "Le jeune est au guichet, sans logement ce soir ; sa conseillère est en arrêt et l’hébergeur attend une réponse avant 18 h.")
	t.c.Choose(`form:has(input[value=break_glass]) select[name=asked]`, colleague.Account.ID.String())
	t.c.Press(`form:has(input[value=break_glass]) button`)
	t.c.Until(consolekit.Title, "Confirmez par votre clé d’accès")
	t.state("geste-bris-de-glace")
	t.signs(adviser, "Votre demande attend")
	t.state("fait-bris-de-glace")
	t.page("dossier", "/dossier")

	t.sits(colleague, "/")
	t.page("accueil-directeur", "/")
	t.page("confirmations", "/confirmations")
	t.c.Press(`.card:has(blockquote) form:has(input[value=confirm]) button`)
	t.signs(colleague, "Le dossier est ouvert")
	t.page("bris-de-glace", "/bris-de-glace")
	t.c.Open(t.At("/confirmations"))
	t.c.Press(`form:has(input[value=confirm]) button`)
	t.signs(colleague, "assure le remplacement")
	colleague.Act("duty", map[string]any{"for": adviser.Account.ID, "until": time.Now().Add(3 * time.Hour).UTC().Format(time.RFC3339)}, nil)
	t.page("remplacements", "/remplacements")
}

// structures are looked at from above, merged and reviewed.
func (t tour) structures(officer, manager *consolekit.Person) {
	t.Helper()
	review := t.OpensReview(manager.Account.Structure)
	other := t.AccountOf(t.Agent(1, network.Adviser, 0)).Structure
	officer.Act("merge", map[string]any{"gone": other, "kept": manager.Account.Structure, "since": time.Now().AddDate(0, 1, 0).UTC().Format(time.RFC3339)}, nil)
	t.sits(officer, "/structures")
	t.page("structures", "/structures")
	t.page("structure", "/structures/"+string(other))
	t.page("revues", "/revues")
	t.sits(manager, "/revues")
	t.page("revue", "/revues/"+review.ID.String())
	if top := testkit.Eval[float64](t.c, `{ scrollTo(0, 600); document.querySelector("thead th").getBoundingClientRect().top }`); top < -1 || top > 1 {
		t.Errorf("the table’s header went away with the page: it is at %v", top)
	}
	t.c.Press(`main form:has(input[value=review]) button`)
	t.c.Until(".wrong", "une réponse au moins")
	t.state("refus-revue")
	t.page("structure-du-responsable", "/structures/"+string(manager.Account.Structure))
}

// refusal is read by whoever proposed, with the note.
func (t tour) refusal(manager, approver *consolekit.Person) {
	t.Helper()
	var p struct {
		Proposal cloison.ActID
		Version  int64
	}
	manager.Act("propose", map[string]any{"kind": "new_account", "name": "Sacha Exemple", "email": "sacha@exemple.example", "roles": "adviser"}, &p)
	t.sits(approver, "/propositions")
	t.c.Press(`details:has(input[value=refuse]) summary`)
	t.state("refuser")
	t.c.Choose(`form:has(input[value=refuse]) select`, "duplicate")
	t.c.Fill(`textarea`, "Sacha a déjà une habilitation à Lyon : demandez-y son transfert.")
	t.c.Press(`form:has(input[value=refuse]) button`)
	t.signs(approver, "La proposition est refusée")
	t.sits(manager, "/propositions")
	t.page("propositions-refusees", "/propositions")
}

// mistakes are what a form that was filled in wrongly says.
func (t tour) mistakes(manager *consolekit.Person) {
	t.Helper()
	t.sits(manager, "/habilitations")
	t.c.Fill(`form:has(input[value=new_account]) input[name=name]`, "Camille Exemple")
	t.c.Fill(`form:has(input[value=new_account]) input[name=email]`, "camille@exemple")
	t.c.Press(`form:has(input[value=new_account]) input[value=adviser]`)
	t.c.Press(`form:has(input[value=new_account]) button`)
	t.c.Until(".wrong", "adresse entière")
	if at := testkit.Eval[string](t.c, `document.activeElement.getAttribute("role") + " " + document.title`); !strings.HasPrefix(at, "alert Erreur") {
		t.Errorf("the focus and the title are %q", at)
	}
	t.c.Press(`[role=alert] a`)
	if at := testkit.Eval[string](t.c, `{ const e = document.querySelector(":target"); e.name + " " + e.value }`); at != "email camille@exemple" {
		t.Errorf("the summary leads to %q", at)
	}
	t.state("refus-champ")
}
