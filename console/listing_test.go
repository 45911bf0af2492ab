package console_test

import (
	"bytes"
	"mime/multipart"
	"net/http"
	"strings"
	"testing"

	"cloison"
	"cloison/internal/demo/network"
)

// upload sends a list as the page's form does.
func (p *person) upload(accept, file string) answer {
	p.w.Helper()
	var b bytes.Buffer
	m := multipart.NewWriter(&b)
	part, err := m.CreateFormFile("file", "liste.csv")
	p.w.must(err)
	part.Write([]byte(file))
	p.w.must(m.Close())
	r, err := http.NewRequest("POST", p.w.url+"/propositions/liste", &b)
	p.w.must(err)
	r.Header.Set("Content-Type", m.FormDataContentType())
	r.Header.Set("Accept", accept)
	r.Header.Set("Sec-Fetch-Site", "same-origin")
	return p.send(r)
}

// TestAListOfColleagues: read, proposed, shown in full with what it adds, approved once, and each enrols with their own
// code.
func TestAListOfColleagues(t *testing.T) {
	w := newWorld(t)
	w.run()
	manager, approver := w.enter(w.agent(0, network.Manager, 0)), w.enter(w.agent(-1, network.Approver, 0))
	adviser := w.enter(w.agent(0, network.Adviser, 0))
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
	manager.ok(manager.upload("application/json", file), &list)
	if len(list.Lines) != 2 || list.Lines[0].Name != evil || len(list.Refused) != 2 || list.Refused[0].Line != 4 || list.Refused[1].Why != "roles" {
		t.Fatalf("read as %+v", list)
	}
	for _, page := range []answer{manager.upload("text/html", file), manager.form("/actes", "verb", "propose_list", "list", list.List)} {
		if page.status != 200 || strings.Contains(page.body, "<script>alert") || strings.Contains(page.body, "<img src=x") {
			t.Errorf("%d: %s", page.status, page.body)
		}
	}
	for file, want := range map[string]string{strings.Repeat(file, 5000): "list_too_long", "nom;courriel;roles\n\xc9;e@f.example;accueil": "list_charset"} {
		if a := manager.upload("application/json", file); a.reason() != want {
			t.Errorf("%d %s, want %s", a.status, a.reason(), want)
		}
	}
	if a := adviser.upload("application/json", file); a.status != 403 {
		t.Errorf("an adviser's list: %d", a.status)
	}
	if a := manager.begin("propose_list", map[string]any{"list": list.List, "structure": approver.account.Structure}); a.status != 404 {
		t.Errorf("for another structure: %d %s", a.status, a.body)
	}

	var p struct {
		Proposal cloison.ActID
		Version  int64
	}
	if says := manager.act("propose_list", map[string]any{"list": list.List}, &p); !strings.Contains(says, "2 collègues") {
		t.Errorf("said as %q", says)
	}
	var open struct {
		Proposals []struct {
			Lines    []struct{ Name, Email string }
			Marginal struct{ Today struct{ Persons int } }
		}
	}
	approver.json("/propositions", &open)
	if len(open.Proposals) != 1 || len(open.Proposals[0].Lines) != 2 || open.Proposals[0].Marginal.Today.Persons != 40 {
		t.Fatalf("the approver is shown %+v", open)
	}
	if page := approver.get("/propositions", "text/html"); strings.Contains(page.body, "<script>alert") || !strings.Contains(page.body, "b@exemple.example") {
		t.Errorf("the page is %s", page.body)
	}
	subject := map[string]any{"proposal": p.Proposal, "version": p.Version}
	var given struct {
		Codes []struct{ Email, Code string }
	}
	approver.act("approve_list", subject, &given)
	if a := approver.begin("approve_list", subject); a.status != 409 {
		t.Errorf("a second approval: %d %s", a.status, a.body)
	}
	if len(given.Codes) != 2 || given.Codes[0].Code == given.Codes[1].Code {
		t.Fatalf("%d codes", len(given.Codes))
	}
	w.provider.Add(standinAccount("b@exemple.example"))
	newcomer := w.visitor()
	newcomer.agent = network.Agent{Email: "b@exemple.example", Password: "x"}
	newcomer.signIn()
	newcomer.enrol(given.Codes[1].Code)
	if newcomer.account.Lineage != manager.account.ID {
		t.Errorf("the newcomer is of %v", newcomer.account.Lineage)
	}
}

// TestAListSaysWhomItsLinesResemble: the approver reads it under each line, as with one colleague; who may not decide
// learns nothing of elsewhere.
func TestAListSaysWhomItsLinesResemble(t *testing.T) {
	w := newWorld(t)
	w.run()
	at, away := w.agent(0, network.Adviser, 0), w.agent(1, network.Adviser, 0)
	manager, approver := w.enter(w.agent(0, network.Manager, 0)), w.enter(w.agent(-1, network.Approver, 0))
	list := "name,email,roles\n" + strings.ToUpper(at.Given+" "+at.Surname) + ",une@exemple.example,adviser\nAlex Exemple," + away.Email + ",adviser\nB,b@exemple.example,reception\n"
	manager.act("propose_list", map[string]any{"list": list}, nil)
	var open struct {
		Proposals []struct {
			Lines []struct {
				Line int
				Like []struct{ Why, Name, State string }
			}
			Alike int `json:"lines_alike"`
		}
	}
	approver.json("/propositions", &open)
	p := open.Proposals[0]
	if p.Alike != 2 || p.Lines[0].Like[0].Why != "same_name" || p.Lines[1].Like[0].Why != "same_email" || p.Lines[1].Like[0].Name != away.Given+" "+away.Surname || len(p.Lines[2].Like) != 0 {
		t.Errorf("the approver is shown %+v", p)
	}
	page := approver.get("/propositions", "text/html").body
	if !strings.Contains(page, "2 lignes ressemblent") || !strings.Contains(page, "déjà une habilitation dans une autre structure") {
		t.Errorf("the page is %s", page)
	}
	if page := manager.get("/propositions", "text/html").body; strings.Contains(page, "dans une autre structure") || !strings.Contains(page, "1 ligne ressemble") {
		t.Errorf("the manager's page is %s", page)
	}
}
