package console_test

import (
	"bytes"
	"cloison/access/approval"
	"cloison/console"
	"cloison/internal/demo/network"
	"cloison/internal/testkit/consolekit"
	"maps"
	"mime/multipart"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"golang.org/x/net/html"
)

// filled is a form with somebody who may send it: where it stands, what is right in each field, and what is wrong.
type filled struct {
	p     *consolekit.Person
	path  string
	right url.Values
	wrong map[string]string
}

// filledForms knows every form of the console: one that is not here fails the test.
func filledForms(w *consolekit.World) map[string]filled {
	w.Helper()
	manager, approver := w.Enter(w.Agent(0, network.Manager, 0)), w.Enter(w.Agent(-1, network.Approver, 0))
	officer, reception := w.Enter(w.Agent(-1, network.Officer, 0)), w.Enter(w.Agent(0, network.Reception, 0))
	adviser, newcomer := w.Enter(w.Agent(0, network.Adviser, 0)), w.Visitor()
	newcomer.Agent = w.Agent(0, network.Adviser, 5)
	newcomer.SignIn()
	colleague, other := w.AccountOf(w.Agent(0, network.Adviser, 1)).ID.String(), w.AccountOf(w.Agent(0, network.Adviser, 2)).ID.String()
	elsewhere := string(w.AccountOf(w.Agent(1, network.Adviser, 0)).Structure)
	manager.Act("propose", map[string]any{"kind": "new_account", "name": "Camille Exemple", "email": "camille@exemple.example", "roles": "adviser"}, nil)
	review := w.OpensReview(manager.Account.Structure)
	attempt := adviser.Form("/formation/awareness").URL.Path
	soon, past := time.Now().Add(5*time.Hour).Format("2006-01-02T15:04"), time.Now().AddDate(0, 0, -3).Format("2006-01-02T15:04")
	self, long := adviser.Account.ID.String(), strings.Repeat("x", 201)
	of := func(pairs ...string) url.Values {
		v := url.Values{}
		for i := 0; i < len(pairs); i += 2 {
			v.Add(pairs[i], pairs[i+1])
		}
		return v
	}
	one := "/habilitations/" + colleague
	return map[string]filled{
		"new_account": {officer, "/habilitations", of("name", consolekit.Evil, "email", "zoe@exemple.example", "structure", elsewhere+" – Quelque part", "roles", "adviser", "roles", "reception"),
			map[string]string{"name": long, "email": "zoe@" + consolekit.Evil, "structure": "ML-nulle-part", "roles": "empereur"}},
		"new_roles": {manager, one, of("roles", "reception"), map[string]string{"roles": "empereur"}},
		"list":      {officer, "/propositions/liste", of("structure", elsewhere, "file", "nom;courriel;rôles\nZoé;zoe@exemple.example;conseiller\n"), map[string]string{"structure": "ML-nulle-part", "file": "x;y\n1;2\n"}},
		"refuse": {approver, "/propositions", of("reason", "duplicate", "note", "Déjà là </textarea>"+consolekit.Evil),
			map[string]string{"reason": "parce que", "note": strings.Repeat("é", approval.MaxNote+1)}},
		"suspend":      {manager, one, of("reason", "left"), map[string]string{"reason": "parce que"}},
		"suspend_self": {adviser, "/mon-espace/acces", of("reason", "lost_key"), map[string]string{"reason": "parce que"}},
		"contain":      {officer, "/confinements/apercu?account=" + colleague, of("reason", "hijack"), map[string]string{"reason": "parce que"}},
		"cover":        {manager, "/remplacements", of("of", self, "for", colleague, "until", soon), map[string]string{"for": self, "until": past}},
		"duty":         {manager, "/remplacements", of("for", colleague, "since", "", "until", soon), map[string]string{"since": "demain", "until": time.Now().AddDate(0, 0, 2).Format("2006-01-02T15:04")}},
		"transfer":     {manager, "/remplacements", of("from", self, "to", colleague, "since", soon), map[string]string{"to": self, "since": "demain"}},
		"merge":        {officer, "/structures/" + elsewhere, of("kept", string(manager.Account.Structure)+" – Ici", "since", soon[:10]), map[string]string{"kept": elsewhere, "since": past[:10]}},
		"review":       {manager, "/revues/" + review.ID.String(), of("answers", colleague+"=keep", "answers", ""), map[string]string{"answers": colleague + "=perhaps"}},
		"visit":        {reception, "/accueil-public", of("person", "21000004711", "adviser", self), map[string]string{"person": "de\u202etravers"}},
		"code":         {adviser, "/dossier", of("person", "21000004711", "code", "1234 5678"), map[string]string{"person": "de\u202etravers", "code": strings.Repeat("7", 33)}},
		"ask_cover":    {adviser, "/dossier", of("of", other, "since", "", "until", soon, "asked", colleague), map[string]string{"of": self, "since": "demain", "until": past}},
		"break_glass": {adviser, "/dossier", of("person", "21000004711", "reason", "La jeune attend au guichet </textarea>"+consolekit.Evil, "asked", colleague),
			map[string]string{"person": "de\u202etravers", "reason": "court"}},
		"rename_passkey": {adviser, "/mon-espace/acces", of("name", "bureau"), map[string]string{"name": long}},
		"hold":           {officer, "/registre/conservation", of("reference", consolekit.Evil), map[string]string{"reference": long}},
		"trace":          {officer, "/registre", of("person", "21000004711", "since", past, "until", soon), map[string]string{"person": long, "since": "hier", "until": "2020-01-01T00:00"}},
		"enrolment":      {newcomer, "/cloison/enrolement", of("code", "AAAA-BBBB-CCCC-DDDD"), map[string]string{"code": "0000-0000-0000-0000"}},
		"answer":         {adviser, attempt + "/1", of("choice", "1"), map[string]string{"choice": "la première"}},
	}
}

// TestEveryFormComesBackAsItWasTyped sends each form empty, with each field missing and with each field wrong.
func TestEveryFormComesBackAsItWasTyped(t *testing.T) {
	t.Parallel()
	w := consolekit.New(t)
	cases := filledForms(w)
	for name, fields := range console.Forms() {
		if fields[0].Filter {
			continue
		}
		one, ok := cases[name]
		if !ok {
			t.Errorf("the form %s is not tried: give it a line in filledForms", name)
			continue
		}
		fields = slices.DeleteFunc(fields, func(f console.Field) bool { return f.Who != 0 && one.p.Account.Roles&f.Who == 0 })
		var required []string
		for _, f := range fields {
			if f.Required {
				required = append(required, f.Name)
			}
		}
		if len(required) > 0 {
			returned(w, name, one, fields, url.Values{}, required...)
		}
		for _, f := range fields {
			sent := maps.Clone(one.right)
			if f.Required {
				sent.Del(f.Name)
				returned(w, name, one, fields, sent, f.Name)
			}
			if bad, ok := one.wrong[f.Name]; ok {
				sent[f.Name] = []string{bad}
				returned(w, name, one, fields, sent, f.Name)
			} else if f.Kind != "choice" {
				t.Errorf("%s: nothing wrong is typed into %s", name, f.Name)
			}
		}
	}
	for name := range cases {
		if _, ok := console.Forms()[name]; !ok {
			t.Errorf("there is no form %s", name)
		}
	}
}

// TestAFilterComesBackAsItWasTyped narrows each list by what is no time and no account.
func TestAFilterComesBackAsItWasTyped(t *testing.T) {
	t.Parallel()
	w := consolekit.New(t)
	officer := w.Enter(w.Agent(-1, network.Officer, 0))
	adviser := w.AccountOf(w.Agent(0, network.Adviser, 0)).ID.String()
	paths := map[string]string{"alarms": "/alarmes", "preview": "/confinements/apercu?account=" + adviser, "register": "/registre", "journal": "/journal", "roll": "/releve"}
	wrong := map[string][]string{"since": {"hier"}, "until": {"<i>demain"}, "account": {"Camille"}, "accounts": {adviser + " Camille", "a0000000000zz"}}
	for name, fields := range console.Forms() {
		path, ok := paths[name]
		if !fields[0].Filter {
			continue
		}
		if !ok {
			t.Errorf("the filter %s is not tried", name)
			continue
		}
		for _, f := range fields {
			for _, typed := range wrong[f.Name] {
				at := path + map[bool]string{true: "&", false: "?"}[strings.Contains(path, "?")] + f.Name + "=" + url.QueryEscape(typed)
				a := officer.Get(at, "text/html")
				page := consolekit.Parse(a.Body)
				summary := consolekit.Find(page, func(n *html.Node) bool { return consolekit.Attr(n, "role") == "alert" })
				marked := consolekit.Find(page, func(n *html.Node) bool { return consolekit.Attr(n, "aria-invalid") == "true" })
				if a.Status != http.StatusUnprocessableEntity || len(all(summary, "a")) != 1 || "#"+consolekit.Attr(marked, "id") != consolekit.Attr(all(summary, "a")[0], "href") ||
					consolekit.Attr(marked, "name") != f.Name || consolekit.Attr(marked, "value")+consolekit.Text(marked) != typed {
					t.Errorf("%s: %d, %q marked", at, a.Status, consolekit.Attr(marked, "name"))
				}
				if a := officer.Get(at, "application/json"); a.Status < 400 || a.Status >= 500 {
					t.Errorf("%s as JSON: %d", at, a.Status)
				}
			}
		}
	}
}

// returned sends the form, and holds the page that comes back against what it has to say: these fields are wrong, no
// other is, and all else stands as it was sent.
func returned(w *consolekit.World, name string, one filled, fields []console.Field, sent url.Values, wrong ...string) {
	w.Helper()
	fresh := one.p.Get(one.path, "text/html")
	blank := formWith(fresh.Body, name)
	if blank == nil {
		w.Errorf("%s does not stand on %s: %d", name, one.path, fresh.Status)
		return
	}
	hidden := url.Values{}
	for _, n := range all(blank, "input") {
		if consolekit.Attr(n, "type") == "hidden" {
			hidden.Set(consolekit.Attr(n, "name"), consolekit.Attr(n, "value"))
		}
	}
	said := sendForm(one.p, one.path, hidden, sent)
	where := name + " with " + sent.Encode()
	page := consolekit.Parse(said.Body)
	form := formWith(said.Body, name)
	if said.Status != http.StatusUnprocessableEntity || form == nil {
		w.Errorf("%s: %d, and the form is not there", where, said.Status)
		return
	}
	form = consolekit.Find(page, func(n *html.Node) bool { return n.Data == "form" && holds(n, name) && len(allWrong(n)) > 0 })
	if title := consolekit.Text(consolekit.Find(page, tag("title"))); !strings.HasPrefix(title, "Erreur\u202f: ") {
		w.Errorf("%s: the title is %q", where, title)
	}
	summary := consolekit.Find(page, func(n *html.Node) bool { return consolekit.Attr(n, "role") == "alert" })
	if summary == nil || !consolekit.Has(summary, "autofocus") || consolekit.Attr(summary, "tabindex") != "-1" || form == nil {
		w.Errorf("%s: no summary that takes the focus, or nothing marked", where)
		return
	}
	var linked []string
	for _, a := range all(summary, "a") {
		at := consolekit.Find(page, func(n *html.Node) bool { return "#"+consolekit.Attr(n, "id") == consolekit.Attr(a, "href") })
		if at == nil || consolekit.Attr(at, "aria-invalid") != "true" {
			w.Errorf("%s: the summary leads to %s, where nothing is marked", where, consolekit.Attr(a, "href"))
			continue
		}
		linked = append(linked, consolekit.Attr(at, "name"))
		holder := at
		if consolekit.Attr(at, "type") == "checkbox" || consolekit.Attr(at, "type") == "radio" {
			holder = consolekit.Parent(at, "fieldset")
		}
		why := consolekit.Find(page, func(n *html.Node) bool {
			return consolekit.Attr(n, "id") != "" && slices.Contains(strings.Fields(consolekit.Attr(holder, "aria-describedby")), consolekit.Attr(n, "id")) && consolekit.Attr(n, "class") == "wrong"
		})
		if why == nil || len(consolekit.Text(why)) < 10 || !strings.Contains(consolekit.Text(a), consolekit.Text(why)) {
			w.Errorf("%s: %s does not say what is wrong: %q, %q", where, consolekit.Attr(at, "name"), consolekit.Text(why), consolekit.Text(a))
		}
	}
	if !slices.Equal(linked, wrong) {
		w.Errorf("%s: told %v, want %v", where, linked, wrong)
	}
	for _, f := range fields {
		shown := consolekit.Values(form, f.Name)
		want := slices.DeleteFunc(slices.Clone(sent[f.Name]), func(s string) bool { return s == "" })
		if f.Kind == "ticks" || f.Kind == "table" || f.Kind == "choice" || f.Kind == "radio" { // what is no choice cannot be shown as chosen
			if slices.Contains(wrong, f.Name) {
				continue
			}
		}
		if f.Secret || f.Kind == "file" {
			want = nil
			if v := sent.Get(f.Name); f.Secret && v != "" && strings.Contains(said.Body, v) {
				w.Errorf("%s: the page repeats the secret", where)
			}
		}
		if !slices.Equal(shown, want) {
			w.Errorf("%s: %s shows %q, want %q", where, f.Name, shown, want)
		}
	}
	if consolekit.Find(page, func(n *html.Node) bool {
		return n.Data == "img" || n.Data == "script" && !strings.HasPrefix(consolekit.Attr(n, "src"), "/cloison/static/")
	}) != nil {
		w.Errorf("%s: what was typed is markup", where)
	}
}

// sendForm sends a form as a browser does: with a file when it has one.
func sendForm(p *consolekit.Person, path string, hidden, typed url.Values) consolekit.Answer {
	p.W.Helper()
	sent := maps.Clone(hidden)
	maps.Copy(sent, typed)
	var body bytes.Buffer
	kind := "application/x-www-form-urlencoded"
	if hidden.Get("form") == "list" {
		m := multipart.NewWriter(&body)
		for _, name := range slices.Backward(slices.Sorted(maps.Keys(sent))) { // the file last, as on the page
			if name == "file" && sent.Get(name) != "" {
				part, err := m.CreateFormFile(name, "liste.csv")
				p.W.Must(err)
				part.Write([]byte(sent.Get(name)))
				continue
			}
			p.W.Must(m.WriteField(name, sent.Get(name)))
		}
		p.W.Must(m.Close())
		kind = m.FormDataContentType()
	} else {
		body.WriteString(sent.Encode())
	}
	r, err := http.NewRequest("POST", p.W.URL+path, &body)
	p.W.Must(err)
	r.Header.Set("Content-Type", kind)
	r.Header.Set("Accept", "text/html")
	r.Header.Set("Sec-Fetch-Site", "same-origin")
	return p.Send(r)
}

// TestNoFieldStandsOutsideTheForms reads the templates: what people fill in is written by the one template of forms, is
// a filter of a list (which is sent by GET), or belongs to the gesture of a passkey.
func TestNoFieldStandsOutsideTheForms(t *testing.T) {
	control := regexp.MustCompile(`(?s)<form[^>]*>|</form>|<(?:input|select|textarea)[^>]*>`)
	names, err := filepath.Glob("*/templates/*.html")
	if err != nil || len(names) < 20 {
		t.Fatal(len(names), err)
	}
	for _, name := range names {
		b, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		open := ""
		for _, tag := range control.FindAllString(string(b), -1) {
			switch {
			case strings.HasPrefix(tag, "<form"), tag == "</form>":
				open = tag
			case strings.Contains(tag, `type="hidden"`), strings.Contains(open, `method="get"`), strings.Contains(open, "data-passkey="):
			case filepath.Base(name) == "parts.html", filepath.Base(name) == "review.html" && strings.Contains(tag, "$answers"):
			default:
				t.Errorf("%s: %s is no field of a form of forms.go", name, tag)
			}
		}
	}
}

func tag(name string) func(*html.Node) bool { return func(n *html.Node) bool { return n.Data == name } }

func all(n *html.Node, name string) (found []*html.Node) {
	if n == nil {
		return nil
	}
	for d := range n.Descendants() {
		if d.Type == html.ElementNode && d.Data == name {
			found = append(found, d)
		}
	}
	return found
}

func holds(form *html.Node, name string) bool {
	return consolekit.Find(form, func(n *html.Node) bool {
		return consolekit.Attr(n, "name") == "form" && consolekit.Attr(n, "value") == name
	}) != nil
}

func allWrong(n *html.Node) (found []*html.Node) {
	for d := range n.Descendants() {
		if consolekit.Attr(d, "aria-invalid") == "true" {
			found = append(found, d)
		}
	}
	return found
}

// formWith is the form of that name on a page.
func formWith(page, name string) *html.Node {
	return consolekit.Find(consolekit.Parse(page), func(n *html.Node) bool { return n.Data == "form" && holds(n, name) })
}
