package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"cloison"
	"cloison/access/directory"
	"cloison/access/imports"
	"cloison/internal/demo"
	"cloison/internal/demo/network"
	"cloison/internal/fakes/proconnect"
	"cloison/internal/i18n"
	"cloison/internal/testkit"
)

// journey is the whole of Cloison in the whole of its world, and the windows of the people in it.
type journey struct {
	*testing.T
	w       *demo.World
	ctx     context.Context
	browser *testkit.Browser
	*testkit.Inspector
	toured map[string]bool // pages that were looked at, numbers left out
}

// newJourney serves a small world until the test ends.
func newJourney(t *testing.T) *journey {
	w, err := demo.New(t.Context(), demo.Options{Dir: t.TempDir(), Persons: 4000}, testkit.Quiet(), time.Now)
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(context.WithoutCancel(t.Context()))
	ended := make(chan error, 1)
	go func() { ended <- w.Run(ctx) }()
	t.Cleanup(func() {
		stop()
		if err := <-ended; err != nil {
			t.Error(err)
		}
		w.Close()
	})
	j := &journey{T: t, w: w, ctx: ctx, browser: testkit.Chromium(t), Inspector: testkit.NewInspector(t), toured: map[string]bool{}}
	j.must(w.Load(ctx, func(string, int) {}))
	return j
}

func (j *journey) must(err error) {
	j.Helper()
	if err != nil {
		j.Fatal(err)
	}
}

// tour opens every page that links lead to from where the window is, one of a kind, and inspects it.
func (j *journey) tour(w *testkit.Window, role string) {
	j.Helper()
	number := regexp.MustCompile(`/(?:[a-z][0-9a-hjkmnp-tv-z]{12}|[0-9]+)`)
	console := j.w.URLs[demo.Console]
	w.Open(console + "/")
	for todo := []string{"/"}; len(todo) > 0; todo = todo[1:] {
		path, _, _ := strings.Cut(todo[0], "?")
		kind := number.ReplaceAllString(path, "/n")
		if kind == "/" {
			kind += role // what waits differs
		}
		if j.toured[kind] {
			continue
		}
		j.toured[kind] = true
		w.Open(console + todo[0])
		j.Inspect(w, strings.Trim(strings.ReplaceAll(kind, "/", "-"), "-"), true)
		todo = append(todo, testkit.Eval[[]string](w, `[...document.querySelectorAll("a[href^='/']")].map((a) => a.getAttribute("href"))
			.filter((h) => !/^\/(ledger|registre\/[0-9]|cloison\/(static|sign))/.test(h))`)...)
	}
}

// signIn goes through the provider's pages, with password and whatever it asks next.
func (j *journey) signIn(w *testkit.Window, email, password, key string) {
	j.Helper()
	w.Open(j.w.URLs[demo.Console] + "/cloison/")
	w.Press(`a[href^="/cloison/signin"]`)
	w.Fill(`input[name=email]`, email+"\r")
	w.Fill(`input[name=password]`, password+"\r")
	w.Visible(`input[name=code]`)
	if key == "" {
		code, err := j.w.Code(email)
		j.must(err)
		key = code
	}
	w.Fill(`input[name=code]`, key+"\r")
	w.Until("main h1", "Il vous manque")
}

// enrol types the code that was handed over, makes a passkey and shows it; next is what the door says then.
func (j *journey) enrol(w *testkit.Window, code, next string) {
	j.Helper()
	w.Open(j.w.URLs[demo.Console] + "/cloison/enrolement")
	w.Fill(`input[name=code]`, code)
	w.Press(`main button`)
	w.Visible(`form[data-passkey=create] button`)
	w.Fill(`input[name=name]`, "poste de l’accueil")
	w.Press(`form[data-passkey=create] button`)
	w.Until("main h1", "Confirmez que c’est bien vous")
	w.Press(`form[data-passkey=presence] button`)
	w.Until("main h1", next)
}

// enter signs somebody of the cast in, with a code of the operator's.
func (j *journey) enter(p demo.Person) *testkit.Window {
	j.Helper()
	code, err := j.w.App.Approvals.IssueCode(j.ctx, p.Account.ID, false)
	j.must(err)
	w := j.browser.Window(p.Role)
	j.signIn(w, p.Agent.Email, p.Agent.Password, p.Agent.Key)
	j.enrol(w, code.Reveal(), "prêt")
	return w
}

// gesture approves the act that the page says.
func (j *journey) gesture(w *testkit.Window, done string) {
	j.Helper()
	w.Until("main h1", "Confirmez par votre clé d’accès")
	w.Press(`form[data-passkey=act] button`)
	w.Until("main h1", done)
}

// proposeByKeyboard asks for an adviser's account with the keyboard alone.
func (j *journey) proposeByKeyboard(w *testkit.Window, email string) {
	j.Helper()
	w.Open(j.w.URLs[demo.Console] + "/")
	w.Resize(390, 800) // a phone has its menu behind a button
	w.Tab(`button.opens`)
	w.Keys("\r")
	w.Tab(`nav a[href="/habilitations"]`)
	w.Keys("\r")
	w.Until("main h1", "habilitations")
	w.Resize(1280, 800)
	const form = `form:has(input[name=email]) `
	w.Tab(form + `input[name=name]`)
	w.Keys("Camille Exemple")
	w.Tab(form + `input[name=email]`)
	w.Keys(email)
	w.Tab(form + `input[name=roles][value=adviser]`)
	w.Keys(" ")
	w.Tab(form + `button`)
	w.Keys("\r")
	j.gestureByKeyboard(w, "est faite")
}

// approveByKeyboard says yes to the proposal on the page.
func (j *journey) approveByKeyboard(w *testkit.Window) {
	j.Helper()
	w.Tab(`form:has(input[value=approve]) button`)
	w.Keys("\r")
	j.gestureByKeyboard(w, "accordée")
}

func (j *journey) gestureByKeyboard(w *testkit.Window, done string) {
	j.Helper()
	w.Until("main h1", "Confirmez par votre clé d’accès")
	w.Visible(`form[data-passkey=act] button:enabled`)
	w.Tab(`form[data-passkey=act] button`)
	w.Keys("\r")
	w.Until("main h1", done)
}

// follow answers every situation of the awareness course as who knows it, and looks at the first of each page.
func (j *journey) follow(w *testkit.Window) {
	j.Helper()
	stage, err := j.w.App.Training()
	j.must(err)
	course, _ := stage.Course(directory.Awareness)
	right := map[string]bool{}
	for _, s := range course.Situations(i18n.French) {
		for _, c := range s.Choices {
			right[c.Text] = c.Best
		}
	}
	for n := range course.Len() {
		w.Visible(`fieldset.choices`)
		if n == 0 {
			j.Inspect(w, "formation-situation", true)
		}
		texts := testkit.Eval[[]string](w, `[...document.querySelectorAll("fieldset.choices label")].map((l) => l.textContent.trim())`)
		i := slices.IndexFunc(texts, func(text string) bool { return right[text] })
		if i < 0 {
			j.Fatalf("none of %q is right", texts)
		}
		w.Press(fmt.Sprintf(`fieldset.choices label:nth-of-type(%d) input`, i+1))
		w.Press(`form:has(fieldset.choices) button`)
		w.Until("main h1", "Oui, c’est le bon réflexe")
		if n == 0 {
			j.Inspect(w, "formation-explication", true)
		}
		w.Press(`main a.button`)
	}
	w.Until("main h1", "Réussi")
	j.Inspect(w, "formation-reussie", false)
}

// TestThePeople is a newcomer's first weeks, in a real browser each: proposed by the manager, approved by another
// person, enrolled by a code handed over, first file read in the tool's own page, training that ends and is done again,
// and a suspension that the open page shows at once.
func TestThePeople(t *testing.T) {
	j := newJourney(t)
	site := j.w.MailStructure(0)
	people, err := j.w.Cast(j.ctx, site, network.Manager, network.Approver, network.Officer)
	j.must(err)
	console := j.w.URLs[demo.Console]
	manager, approver, officer := j.enter(people[network.Manager]), j.enter(people[network.Approver]), j.enter(people[network.Officer])

	email := "camille.exemple@" + j.w.Network.Structure(site).Domain
	j.w.Provider.Add(proconnect.Account{Email: email, Given: "Camille", Usual: "Exemple", IdP: network.IdentiteProvider, Password: "x",
		Amr: []string{"pwd"}, Acr: "eidas1", MailCode: true})
	j.proposeByKeyboard(manager, email)
	j.Inspect(manager, "fait-proposition", false)
	approver.Open(console + "/propositions")
	j.Inspect(approver, "propositions-a-decider", true)
	j.approveByKeyboard(approver)
	code := approver.Text("output")

	newcomer := j.browser.Window("newcomer")
	j.signIn(newcomer, email, "x", "")
	j.enrol(newcomer, code, "sensibilisation")
	accounts, err := j.w.App.Store.AccountsByEmail(j.ctx, cloison.Personal(email))
	j.must(err)
	if len(accounts) != 1 || accounts[0].State != directory.Active {
		t.Fatalf("the newcomer is %v", accounts)
	}
	me := accounts[0]
	j.must(j.w.Attest(j.ctx, me.Binding.Sub))

	person := j.w.Network.Person(7)
	j.entrust(person.ID, me.Binding)
	newcomer.Open(j.w.URLs[demo.Tool])
	newcomer.Fill(`#recherche input[name=nom]`, person.Surname+"\r")
	newcomer.Press(`#liste tbody button`)
	newcomer.Until("#etat", "Dossier ouvert")
	if got := newcomer.Text("#dossier h2"); !strings.Contains(got, person.Surname) {
		t.Errorf("the file shown is %q's, want %q's", got, person.Surname)
	}

	me, err = j.w.App.Store.Account(j.ctx, me.ID)
	j.must(err)
	me.AwarenessUntil = time.Now().Add(-time.Minute) // six months later
	j.must(j.w.App.Store.UpdateAccount(j.ctx, me))
	newcomer.Press(`#liste tbody button`)
	newcomer.Until("#etat", "échue")
	newcomer.Press(`#etat a`)
	newcomer.Until("main h1", "Votre formation ouvre les dossiers")
	newcomer.Press(`main a.button`)
	newcomer.Until("main h1", "formation")
	newcomer.Press(`form[action="/formation/awareness"] button`)
	j.follow(newcomer)
	newcomer.Press(`main .acts a.button`) // back to where the refusal was
	newcomer.Fill(`#recherche input[name=nom]`, person.Surname+"\r")
	newcomer.Press(`#liste tbody button`)
	newcomer.Until("#etat", "Dossier ouvert")

	j.tour(officer, "officer")
	manager.Open(console + "/habilitations/" + me.ID.String())
	manager.Press(`details:has(input[value=suspend]) summary`)
	manager.Choose(`form:has(input[value=suspend]) select`, "suspicion")
	manager.Press(`form:has(input[value=suspend]) button`)
	j.gesture(manager, "suspendue")
	newcomer.Press(`#liste tbody button`)
	newcomer.Until("#etat", "n’êtes pas connecté")

	j.tour(manager, "manager")
	j.tour(approver, "approver")

	manager.Open(console + "/mon-espace")
	officer.Open(console + "/habilitations/" + people[network.Manager].Account.ID.String())
	officer.Press(`details:has(input[value=suspend]) summary`)
	officer.Choose(`form:has(input[value=suspend]) select`, "suspicion")
	officer.Press(`form:has(input[value=suspend]) button`)
	j.gesture(officer, "suspendue")
	manager.Until("main h1", "Votre habilitation est suspendue") // nobody touched the page
	j.Inspect(manager, "fin", true)

	for _, w := range []*testkit.Window{manager, approver, officer, newcomer} {
		if faults := w.Faults(); len(faults) > 0 {
			t.Error(strings.Join(faults, "\n"))
		}
	}
}

// entrust is the operator's import of one line: the person is of that agent's caseload from now on.
func (j *journey) entrust(person string, b directory.Binding) {
	j.Helper()
	line, err := json.Marshal(map[string]string{"idp": b.IdP, "sub": b.Sub, "person": person, "means": "caseload",
		"since": time.Now().Add(-time.Minute).UTC().Format(time.RFC3339)})
	j.must(err)
	sum, err := j.w.App.Imports.Import(j.ctx, imports.CaseloadFile, bytes.NewReader(line), imports.JSONL, imports.Options{
		Refused: func(_ int, reason string) { j.Error(reason) }})
	j.must(err)
	if sum.Stored != 1 {
		j.Errorf("%+v", sum)
	}
}
