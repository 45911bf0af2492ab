package people_test

import (
	"bytes"
	"cloison"
	"cloison/internal/demo/network"
	"cloison/internal/testkit/consolekit"
	"mime/multipart"
	"net/http"
	"strings"
	"testing"
)

// upload sends a list as the page's form does.
func upload(p *consolekit.Person, accept, file string) consolekit.Answer {
	p.W.Helper()
	var b bytes.Buffer
	m := multipart.NewWriter(&b)
	part, err := m.CreateFormFile("file", "liste.csv")
	p.W.Must(err)
	part.Write([]byte(file))
	p.W.Must(m.Close())
	r, err := http.NewRequest("POST", p.W.URL+"/propositions/liste", &b)
	p.W.Must(err)
	r.Header.Set("Content-Type", m.FormDataContentType())
	r.Header.Set("Accept", accept)
	r.Header.Set("Sec-Fetch-Site", "same-origin")
	return p.Send(r)
}

// TestAListOfColleagues: read, proposed, shown in full with what it adds, approved once, and each enrols with their own
// code.
func TestAListOfColleagues(t *testing.T) {
	w := consolekit.New(t)
	w.Run()
	manager, approver := w.Enter(w.Agent(0, network.Manager, 0)), w.Enter(w.Agent(-1, network.Approver, 0))
	adviser := w.Enter(w.Agent(0, network.Adviser, 0))
	const evil = `<script>alert(1)</script>"'&`
	file := "nom;courriel;rôles\n\"" + strings.ReplaceAll(evil, `"`, `""`) + "\";a@exemple.example;conseiller\nB;b@exemple.example;accueil\n" +
		"C;<img src=x>;conseiller\nD;d@exemple.example;<b>\n"
	var list struct {
		List    string
		Lines   []struct{ Name string }
		Refused []struct {
			Line int
			Why  string
		}
	}
	manager.OK(upload(manager, "application/json", file), &list)
	if len(list.Lines) != 2 || list.Lines[0].Name != evil || len(list.Refused) != 2 || list.Refused[0].Line != 4 || list.Refused[1].Why != "roles" {
		t.Fatalf("read as %+v", list)
	}
	for _, page := range []consolekit.Answer{upload(manager, "text/html", file), manager.Form("/actes", "verb", "propose_list", "list", list.List)} {
		if page.Status != 200 || strings.Contains(page.Body, "<script>alert") || strings.Contains(page.Body, "<img src=x") {
			t.Errorf("%d: %s", page.Status, page.Body)
		}
	}
	for file, want := range map[string]string{strings.Repeat(file, 5000): "list_too_long", "nom;courriel;roles\n\xc9;e@f.example;accueil": "list_charset"} {
		if a := upload(manager, "application/json", file); a.Reason() != want {
			t.Errorf("%d %s, want %s", a.Status, a.Reason(), want)
		}
	}
	if a := upload(adviser, "application/json", file); a.Status != 403 {
		t.Errorf("an adviser's list: %d", a.Status)
	}
	if a := manager.Begin("propose_list", map[string]any{"list": list.List, "structure": approver.Account.Structure}); a.Status != 404 {
		t.Errorf("for another structure: %d %s", a.Status, a.Body)
	}

	var p struct {
		Proposal cloison.ActID
		Version  int64
	}
	if says := manager.Act("propose_list", map[string]any{"list": list.List}, &p); !strings.Contains(says, "2 collègues") {
		t.Errorf("said as %q", says)
	}
	var open struct {
		Proposals []struct {
			Lines    []struct{ Name, Email string }
			Marginal struct{ Today struct{ Persons int } }
		}
	}
	approver.JSON("/propositions", &open)
	if len(open.Proposals) != 1 || len(open.Proposals[0].Lines) != 2 || open.Proposals[0].Marginal.Today.Persons != 40 {
		t.Fatalf("the approver is shown %+v", open)
	}
	if page := approver.Get("/propositions", "text/html"); strings.Contains(page.Body, "<script>alert") || !strings.Contains(page.Body, "b@exemple.example") {
		t.Errorf("the page is %s", page.Body)
	}
	subject := map[string]any{"proposal": p.Proposal, "version": p.Version}
	var given struct {
		Codes []struct{ Email, Code string }
	}
	approver.Act("approve_list", subject, &given)
	if a := approver.Begin("approve_list", subject); a.Status != 409 {
		t.Errorf("a second approval: %d %s", a.Status, a.Body)
	}
	if len(given.Codes) != 2 || given.Codes[0].Code == given.Codes[1].Code {
		t.Fatalf("%d codes", len(given.Codes))
	}
	w.Provider.Add(consolekit.StandinAccount("b@exemple.example"))
	newcomer := w.Visitor()
	newcomer.Agent = network.Agent{Email: "b@exemple.example", Password: "x"}
	newcomer.SignIn()
	newcomer.Enrol(given.Codes[1].Code)
	if newcomer.Account.Lineage != manager.Account.ID {
		t.Errorf("the newcomer is of %v", newcomer.Account.Lineage)
	}
}

// TestAListSaysWhomItsLinesResemble: the approver reads it under each line, as with one colleague; who may not decide
// learns nothing of elsewhere.
func TestAListSaysWhomItsLinesResemble(t *testing.T) {
	w := consolekit.New(t)
	w.Run()
	at, away := w.Agent(0, network.Adviser, 0), w.Agent(1, network.Adviser, 0)
	manager, approver := w.Enter(w.Agent(0, network.Manager, 0)), w.Enter(w.Agent(-1, network.Approver, 0))
	list := "name,email,roles\n" + strings.ToUpper(at.Given+" "+at.Surname) + ",une@exemple.example,adviser\nAlex Exemple," + away.Email + ",adviser\nB,b@exemple.example,reception\n"
	manager.Act("propose_list", map[string]any{"list": list}, nil)
	var open struct {
		Proposals []struct {
			Lines []struct {
				Line int
				Like []struct{ Why, Name, State string }
			}
			Alike int `json:"lines_alike"`
		}
	}
	approver.JSON("/propositions", &open)
	p := open.Proposals[0]
	if p.Alike != 2 || p.Lines[0].Like[0].Why != "same_name" || p.Lines[1].Like[0].Why != "same_email" || p.Lines[1].Like[0].Name != away.Given+" "+away.Surname || len(p.Lines[2].Like) != 0 {
		t.Errorf("the approver is shown %+v", p)
	}
	page := approver.Get("/propositions", "text/html").Body
	if !strings.Contains(page, "2 lignes ressemblent") || !strings.Contains(page, "déjà une habilitation dans une autre structure") {
		t.Errorf("the page is %s", page)
	}
	if page := manager.Get("/propositions", "text/html").Body; strings.Contains(page, "dans une autre structure") || !strings.Contains(page, "1 ligne ressemble") {
		t.Errorf("the manager's page is %s", page)
	}
}
