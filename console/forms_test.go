package console_test

import (
	"bytes"
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

	"cloison/access/approval"
	"cloison/console"
	"cloison/internal/demo/network"
)

// filled is a form with somebody who may send it: where it stands, what is right in each field, and what is wrong.
type filled struct {
	p     *person
	path  string
	right url.Values
	wrong map[string]string
}

// filledForms knows every form of the console: one that is not here fails the test.
func (w *world) filledForms() map[string]filled {
	w.Helper()
	manager, approver := w.enter(w.agent(0, network.Manager, 0)), w.enter(w.agent(-1, network.Approver, 0))
	officer, reception := w.enter(w.agent(-1, network.Officer, 0)), w.enter(w.agent(0, network.Reception, 0))
	adviser, newcomer := w.enter(w.agent(0, network.Adviser, 0)), w.visitor()
	newcomer.agent = w.agent(0, network.Adviser, 5)
	newcomer.signIn()
	colleague, other := w.accountOf(w.agent(0, network.Adviser, 1)).ID.String(), w.accountOf(w.agent(0, network.Adviser, 2)).ID.String()
	elsewhere := string(w.accountOf(w.agent(1, network.Adviser, 0)).Structure)
	manager.act("propose", map[string]any{"kind": "new_account", "name": "Camille Exemple", "email": "camille@exemple.example", "roles": "adviser"}, nil)
	review := w.opensReview(manager.account.Structure)
	attempt := adviser.form("/formation/awareness").url.Path
	soon, past := time.Now().Add(5*time.Hour).Format("2006-01-02T15:04"), time.Now().AddDate(0, 0, -3).Format("2006-01-02T15:04")
	self, long := adviser.account.ID.String(), strings.Repeat("x", 201)
	of := func(pairs ...string) url.Values {
		v := url.Values{}
		for i := 0; i < len(pairs); i += 2 {
			v.Add(pairs[i], pairs[i+1])
		}
		return v
	}
	one := "/habilitations/" + colleague
	return map[string]filled{
		"new_account": {officer, "/habilitations", of("name", evil, "email", "zoe@exemple.example", "structure", elsewhere+" – Quelque part", "roles", "adviser", "roles", "reception"),
			map[string]string{"name": long, "email": "zoe@" + evil, "structure": "ML-nulle-part", "roles": "empereur"}},
		"new_roles": {manager, one, of("roles", "reception"), map[string]string{"roles": "empereur"}},
		"list":      {officer, "/propositions/liste", of("structure", elsewhere, "file", "nom;courriel;rôles\nZoé;zoe@exemple.example;conseiller\n"), map[string]string{"structure": "ML-nulle-part", "file": "x;y\n1;2\n"}},
		"refuse": {approver, "/propositions", of("reason", "duplicate", "note", "Déjà là </textarea>"+evil),
			map[string]string{"reason": "parce que", "note": strings.Repeat("é", approval.MaxNote+1)}},
		"suspend":      {manager, one, of("reason", "left"), map[string]string{"reason": "parce que"}},
		"suspend_self": {adviser, "/mon-espace/acces", of("reason", "lost_key"), map[string]string{"reason": "parce que"}},
		"contain":      {officer, "/confinements/apercu?account=" + colleague, of("reason", "hijack"), map[string]string{"reason": "parce que"}},
		"cover":        {manager, "/remplacements", of("of", self, "for", colleague, "until", soon), map[string]string{"for": self, "until": past}},
		"duty":         {manager, "/remplacements", of("for", colleague, "since", "", "until", soon), map[string]string{"since": "demain", "until": time.Now().AddDate(0, 0, 2).Format("2006-01-02T15:04")}},
		"transfer":     {manager, "/remplacements", of("from", self, "to", colleague, "since", soon), map[string]string{"to": self, "since": "demain"}},
		"merge":        {officer, "/structures/" + elsewhere, of("kept", string(manager.account.Structure)+" – Ici", "since", soon[:10]), map[string]string{"kept": elsewhere, "since": past[:10]}},
		"review":       {manager, "/revues/" + review.ID.String(), of("answers", colleague+"=keep", "answers", ""), map[string]string{"answers": colleague + "=perhaps"}},
		"visit":        {reception, "/accueil-public", of("person", "21000004711", "adviser", self), map[string]string{"person": "de\u202etravers"}},
		"code":         {adviser, "/dossier", of("person", "21000004711", "code", "1234 5678"), map[string]string{"person": "de\u202etravers", "code": strings.Repeat("7", 33)}},
		"ask_cover":    {adviser, "/dossier", of("of", other, "since", "", "until", soon, "asked", colleague), map[string]string{"of": self, "since": "demain", "until": past}},
		"break_glass": {adviser, "/dossier", of("person", "21000004711", "reason", "La jeune attend au guichet </textarea>"+evil, "asked", colleague),
			map[string]string{"person": "de\u202etravers", "reason": "court"}},
		"rename_passkey": {adviser, "/mon-espace/acces", of("name", "bureau"), map[string]string{"name": long}},
		"hold":           {officer, "/registre/conservation", of("reference", evil), map[string]string{"reference": long}},
		"trace":          {officer, "/registre", of("person", "21000004711", "since", past, "until", soon), map[string]string{"person": long, "since": "hier", "until": "2020-01-01T00:00"}},
		"enrolment":      {newcomer, "/cloison/enrolement", of("code", "AAAA-BBBB-CCCC-DDDD"), map[string]string{"code": "0000-0000-0000-0000"}},
		"answer":         {adviser, attempt + "/1", of("choice", "1"), map[string]string{"choice": "la première"}},
	}
}

// TestEveryFormComesBackAsItWasTyped sends each form empty, with each field missing and with each field wrong.
func TestEveryFormComesBackAsItWasTyped(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	cases := w.filledForms()
	for name, fields := range console.Forms() {
		if fields[0].Filter {
			continue
		}
		one, ok := cases[name]
		if !ok {
			t.Errorf("the form %s is not tried: give it a line in filledForms", name)
			continue
		}
		fields = slices.DeleteFunc(fields, func(f console.Field) bool { return f.Who != 0 && one.p.account.Roles&f.Who == 0 })
		var required []string
		for _, f := range fields {
			if f.Required {
				required = append(required, f.Name)
			}
		}
		if len(required) > 0 {
			w.returned(name, one, fields, url.Values{}, required...)
		}
		for _, f := range fields {
			sent := maps.Clone(one.right)
			if f.Required {
				sent.Del(f.Name)
				w.returned(name, one, fields, sent, f.Name)
			}
			if bad, ok := one.wrong[f.Name]; ok {
				sent[f.Name] = []string{bad}
				w.returned(name, one, fields, sent, f.Name)
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
	w := newWorld(t)
	officer := w.enter(w.agent(-1, network.Officer, 0))
	adviser := w.accountOf(w.agent(0, network.Adviser, 0)).ID.String()
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
				a := officer.get(at, "text/html")
				page := parse(a.body)
				summary := find(page, func(n *html.Node) bool { return attr(n, "role") == "alert" })
				marked := find(page, func(n *html.Node) bool { return attr(n, "aria-invalid") == "true" })
				if a.status != http.StatusUnprocessableEntity || len(all(summary, "a")) != 1 || "#"+attr(marked, "id") != attr(all(summary, "a")[0], "href") ||
					attr(marked, "name") != f.Name || attr(marked, "value")+text(marked) != typed {
					t.Errorf("%s: %d, %q marked", at, a.status, attr(marked, "name"))
				}
				if a := officer.get(at, "application/json"); a.status < 400 || a.status >= 500 {
					t.Errorf("%s as JSON: %d", at, a.status)
				}
			}
		}
	}
}

// returned sends the form, and holds the page that comes back against what it has to say: these fields are wrong, no
// other is, and all else stands as it was sent.
func (w *world) returned(name string, one filled, fields []console.Field, sent url.Values, wrong ...string) {
	w.Helper()
	fresh := one.p.get(one.path, "text/html")
	blank := formWith(fresh.body, name)
	if blank == nil {
		w.Errorf("%s does not stand on %s: %d", name, one.path, fresh.status)
		return
	}
	hidden := url.Values{}
	for _, n := range all(blank, "input") {
		if attr(n, "type") == "hidden" {
			hidden.Set(attr(n, "name"), attr(n, "value"))
		}
	}
	said := one.p.sendForm(one.path, hidden, sent)
	where := name + " with " + sent.Encode()
	page := parse(said.body)
	form := formWith(said.body, name)
	if said.status != http.StatusUnprocessableEntity || form == nil {
		w.Errorf("%s: %d, and the form is not there", where, said.status)
		return
	}
	form = find(page, func(n *html.Node) bool { return n.Data == "form" && holds(n, name) && len(allWrong(n)) > 0 })
	if title := text(find(page, tag("title"))); !strings.HasPrefix(title, "Erreur\u202f: ") {
		w.Errorf("%s: the title is %q", where, title)
	}
	summary := find(page, func(n *html.Node) bool { return attr(n, "role") == "alert" })
	if summary == nil || !has(summary, "autofocus") || attr(summary, "tabindex") != "-1" || form == nil {
		w.Errorf("%s: no summary that takes the focus, or nothing marked", where)
		return
	}
	var linked []string
	for _, a := range all(summary, "a") {
		at := find(page, func(n *html.Node) bool { return "#"+attr(n, "id") == attr(a, "href") })
		if at == nil || attr(at, "aria-invalid") != "true" {
			w.Errorf("%s: the summary leads to %s, where nothing is marked", where, attr(a, "href"))
			continue
		}
		linked = append(linked, attr(at, "name"))
		holder := at
		if attr(at, "type") == "checkbox" || attr(at, "type") == "radio" {
			holder = parent(at, "fieldset")
		}
		why := find(page, func(n *html.Node) bool {
			return attr(n, "id") != "" && slices.Contains(strings.Fields(attr(holder, "aria-describedby")), attr(n, "id")) && attr(n, "class") == "wrong"
		})
		if why == nil || len(text(why)) < 10 || !strings.Contains(text(a), text(why)) {
			w.Errorf("%s: %s does not say what is wrong: %q, %q", where, attr(at, "name"), text(why), text(a))
		}
	}
	if !slices.Equal(linked, wrong) {
		w.Errorf("%s: told %v, want %v", where, linked, wrong)
	}
	for _, f := range fields {
		shown := values(form, f.Name)
		want := slices.DeleteFunc(slices.Clone(sent[f.Name]), func(s string) bool { return s == "" })
		if f.Kind == "ticks" || f.Kind == "table" || f.Kind == "choice" || f.Kind == "radio" { // what is no choice cannot be shown as chosen
			if slices.Contains(wrong, f.Name) {
				continue
			}
		}
		if f.Secret || f.Kind == "file" {
			want = nil
			if v := sent.Get(f.Name); f.Secret && v != "" && strings.Contains(said.body, v) {
				w.Errorf("%s: the page repeats the secret", where)
			}
		}
		if !slices.Equal(shown, want) {
			w.Errorf("%s: %s shows %q, want %q", where, f.Name, shown, want)
		}
	}
	if find(page, func(n *html.Node) bool {
		return n.Data == "img" || n.Data == "script" && !strings.HasPrefix(attr(n, "src"), "/cloison/static/")
	}) != nil {
		w.Errorf("%s: what was typed is markup", where)
	}
}

// sendForm sends a form as a browser does: with a file when it has one.
func (p *person) sendForm(path string, hidden, typed url.Values) answer {
	p.w.Helper()
	sent := maps.Clone(hidden)
	maps.Copy(sent, typed)
	var body bytes.Buffer
	kind := "application/x-www-form-urlencoded"
	if hidden.Get("form") == "list" {
		m := multipart.NewWriter(&body)
		for _, name := range slices.Backward(slices.Sorted(maps.Keys(sent))) { // the file last, as on the page
			if name == "file" && sent.Get(name) != "" {
				part, err := m.CreateFormFile(name, "liste.csv")
				p.w.must(err)
				part.Write([]byte(sent.Get(name)))
				continue
			}
			p.w.must(m.WriteField(name, sent.Get(name)))
		}
		p.w.must(m.Close())
		kind = m.FormDataContentType()
	} else {
		body.WriteString(sent.Encode())
	}
	r, err := http.NewRequest("POST", p.w.url+path, &body)
	p.w.must(err)
	r.Header.Set("Content-Type", kind)
	r.Header.Set("Accept", "text/html")
	r.Header.Set("Sec-Fetch-Site", "same-origin")
	return p.send(r)
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

func parse(page string) *html.Node {
	root, err := html.Parse(strings.NewReader(page))
	if err != nil {
		return &html.Node{}
	}
	return root
}

func attr(n *html.Node, name string) string {
	if n == nil {
		return ""
	}
	for _, a := range n.Attr {
		if a.Key == name {
			return a.Val
		}
	}
	return ""
}

func has(n *html.Node, name string) bool {
	return slices.ContainsFunc(n.Attr, func(a html.Attribute) bool { return a.Key == name })
}

func tag(name string) func(*html.Node) bool { return func(n *html.Node) bool { return n.Data == name } }

func find(n *html.Node, is func(*html.Node) bool) *html.Node {
	if n == nil {
		return nil
	}
	for d := range n.Descendants() {
		if d.Type == html.ElementNode && is(d) {
			return d
		}
	}
	return nil
}

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

func parent(n *html.Node, name string) *html.Node {
	for p := range n.Ancestors() {
		if p.Data == name {
			return p
		}
	}
	return nil
}

func text(n *html.Node) string {
	var b strings.Builder
	if n != nil {
		for d := range n.Descendants() {
			if d.Type == html.TextNode {
				b.WriteString(d.Data)
			}
		}
	}
	return strings.TrimSpace(b.String())
}

func holds(form *html.Node, name string) bool {
	return find(form, func(n *html.Node) bool { return attr(n, "name") == "form" && attr(n, "value") == name }) != nil
}

func allWrong(n *html.Node) (found []*html.Node) {
	for d := range n.Descendants() {
		if attr(d, "aria-invalid") == "true" {
			found = append(found, d)
		}
	}
	return found
}

// formWith is the form of that name on a page.
func formWith(page, name string) *html.Node {
	return find(parse(page), func(n *html.Node) bool { return n.Data == "form" && holds(n, name) })
}

// values is what stands in a field of a form.
func values(form *html.Node, name string) (shown []string) {
	for d := range form.Descendants() {
		switch {
		case attr(d, "name") == name && d.Data == "textarea":
			shown = append(shown, text(d))
		case attr(d, "name") == name && d.Data == "input" && (attr(d, "type") == "checkbox" || attr(d, "type") == "radio"):
			if has(d, "checked") {
				shown = append(shown, attr(d, "value"))
			}
		case attr(d, "name") == name && d.Data == "input":
			shown = append(shown, attr(d, "value"))
		case d.Data == "option" && has(d, "selected") && attr(parent(d, "select"), "name") == name:
			shown = append(shown, attr(d, "value"))
		}
	}
	return slices.DeleteFunc(shown, func(s string) bool { return s == "" })
}
