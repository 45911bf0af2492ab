package mapping

import (
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/goccy/go-yaml"
	"pgregory.net/rapid"

	"cloison"
)

func tool(routes ...Route) Tool {
	return Tool{Name: "dossiers", Upstream: "http://127.0.0.1:9000", Routes: routes}
}

func TestCompileSaysWhatIsWrong(t *testing.T) {
	with := func(change func(*Route)) Tool {
		r := fileRoute()
		r.Fields = map[string][]string{"identity": {"$.nom", "$.prenom"}}
		r.Plain = nil
		change(&r)
		return tool(r)
	}
	for _, test := range []struct {
		name string
		t    Tool
		want []string
	}{
		{"name", Tool{Name: "Dossiers", Upstream: "http://h", Routes: []Route{fileRoute()}}, []string{"name: want 1 to 32"}},
		{"upstream", Tool{Name: "d", Upstream: "localhost:9000", Routes: []Route{fileRoute()}}, []string{"upstream:", "http://host:port"}},
		{"password", Tool{Name: "d", Upstream: "http://u:p@h", Routes: []Route{fileRoute()}}, []string{"holds a password"}},
		{"path", Tool{Name: "d", Upstream: "http://h/app", Routes: []Route{fileRoute()}}, []string{"has a path"}},
		{"no routes", tool(), []string{"routes: there are none"}},
		{"two faults", Tool{Name: "D", Upstream: "x"}, []string{"name:", "upstream:", "routes:"}},
		{"headers", Tool{Name: "d", Upstream: "http://h", Headers: []string{"X-Forwarded-For"}, Routes: []Route{fileRoute()}}, []string{"never passes"}},
		{"underscore", Tool{Name: "d", Upstream: "http://h", Headers: []string{"Cloison_Assertion"}, Routes: []Route{fileRoute()}}, []string{"never passes"}},
		{"cookies", Tool{Name: "d", Upstream: "http://h", Cookies: []string{"__Host-cloison"}, Routes: []Route{fileRoute()}}, []string{"cookies:"}},
		{"method", with(func(r *Route) { r.Match = "get /x" }), []string{`"get" is none of GET`, "did you mean GET?"}},
		{"no path", with(func(r *Route) { r.Match = "/x" }), []string{"not a method and a path"}},
		{"segment", with(func(r *Route) { r.Match = "GET /a//b" }), []string{"cannot match"}},
		{"dots", with(func(r *Route) { r.Match = "GET /a/../b" }), []string{"cannot match"}},
		{"wild", with(func(r *Route) { r.Match = "GET /a/{id...}/b" }), []string{"is not {name}"}},
		{"ours", with(func(r *Route) { r.Match = "GET /cloison/x" }), []string{"Cloison's own"}},
		{"operation", with(func(r *Route) { r.Operation = "reed" }), []string{`"reed" is none of read`, "did you mean read?"}},
		{"one as list", with(func(r *Route) { r.Operation = "list" }), []string{"did you mean $[*]"}},
		{"list as read", with(func(r *Route) { r.Persons = "$.r[*]" }), []string{"did you mean list?"}},
		{"no persons", with(func(r *Route) { r.Persons = "" }), []string{"persons: missing"}},
		{"no id", with(func(r *Route) { r.ID = "" }), []string{"id: missing"}},
		{"many ids", with(func(r *Route) { r.ID = "$.ids[*]" }), []string{"a person has one id"}},
		{"no fields", with(func(r *Route) { r.Fields = nil }), []string{"fields: missing"}},
		{"category", with(func(r *Route) { r.Fields["identiy"] = []string{"$.x"} }), []string{"not a field category", "did you mean identity?"}},
		{"root", with(func(r *Route) { r.Fields["identity"] = []string{"nom"} }), []string{"must start with $"}},
		{"filter", with(func(r *Route) { r.Fields["identity"] = []string{"$.a[?@.x]"} }), []string{"only .name and [*]"}},
		{"descent", with(func(r *Route) { r.Fields["identity"] = []string{"$..nom"} }), []string{"there is no .."}},
		{"twice", with(func(r *Route) { r.Fields["nir"] = []string{"$.nom"} }), []string{"mapped already"}},
		{"inside", with(func(r *Route) { r.Fields["nir"] = []string{"$.nom.x"} }), []string{"mapped already"}},
		{"around", with(func(r *Route) { r.Fields["postal"] = []string{"$.a.b", "$.a"} }), []string{"mapped already"}},
		{"plain over field", with(func(r *Route) { r.Plain = []string{"$.nom"} }), []string{"mapped already"}},
		{"plain over id", with(func(r *Route) { r.Plain = []string{"$.id"} }), []string{"mapped already"}},
		{"plain over all", with(func(r *Route) { r.Plain = []string{"$"} }), []string{"mapped already"}},
		{"plain with fields", with(func(r *Route) { r.Operation = "plain" }), []string{"a plain route's answer is not read"}},
		{"write on whom", tool(Route{Match: "POST /a/{id...}", Operation: "write"}), []string{"person: missing", "person: id,", "person: none"}},
		{"write on no such", tool(Route{Match: "POST /a/{id}/b/{note}", Operation: "write", Person: "idd"}), []string{"has no {idd}", "did you mean id?"}},
		{"write on a literal", tool(Route{Match: "POST /a/{id}", Operation: "write", Person: "a"}), []string{"has no {a}"}},
		{"write without path", tool(Route{Match: "POST /a", Operation: "write", Person: "id"}), []string{"has no {id}"}},
		{"person of many segments", tool(Route{Match: "POST /a/{id...}", Operation: "write", Person: "id"}), []string{"is several segments"}},
		{"person of a list", with(func(r *Route) { r.Operation, r.Persons = "list", "$.r[*]" }), []string{"only a read or a write"}},
		{"person of a plain", tool(Route{Match: "GET /a/{id}", Operation: "plain", Person: "id"}), []string{"only a read or a write"}},
		{"limit", with(func(r *Route) { r.MaxAnswer = 1 << 40 }), []string{"64 MiB"}},
		{"same", tool(fileRoute(), Route{Match: "GET /api/dossiers/{autre}", Operation: "plain"}), []string{"same requests as"}},
	} {
		_, err := Compile(test.t)
		if err == nil || cloison.KindOf(err) != cloison.Invalid {
			t.Errorf("%s: %v", test.name, err)
			continue
		}
		for _, want := range test.want {
			if !strings.Contains(err.Error(), want) {
				t.Errorf("%s: %q is not in %q", test.name, want, err)
			}
		}
	}
}

func TestIDMayHaveACategory(t *testing.T) {
	r := Route{Match: "GET /x", Operation: "read", Persons: "$.p", ID: "$.nir", Fields: map[string][]string{"nir": {"$.nir"}}}
	answer := `{"p":{"nir":"000000000000000"}}`
	rd, f := NewReader().Read(mustEndpoint(t, r), []byte(answer))
	if f != nil || rd.Persons[0].Fields != cloison.NIR {
		t.Fatal(rd, f)
	}
	if out, _ := rd.Rewrite(nil, []byte(answer), []Permission{{Shown: true}}); string(out) != `{"p":{"nir":`+bullets+`}}` {
		t.Errorf("%s", out)
	}
}

func mustCompile(t testing.TB, routes ...Route) *Mapping {
	t.Helper()
	m, err := Compile(tool(routes...))
	if err != nil {
		t.Fatal(err)
	}
	return m
}

func plainRoute(match string) Route { return Route{Match: match, Operation: "plain"} }

func TestRoutes(t *testing.T) {
	m := mustCompile(t, fileRoute(), listRoute(), plainRoute("GET /"), plainRoute("GET /static/{path...}"),
		plainRoute("GET /api/dossiers/modeles"), plainRoute("POST /api/dossiers/{id}/notes"), plainRoute("GET /api/{quoi}/aide"))
	for path, want := range map[string]string{
		"GET /":                                    "GET /",
		"GET /static/a/b.js":                       "GET /static/{path...}",
		"GET /static/":                             "GET /static/{path...}",
		"GET /static":                              "",
		"GET /api/dossiers/12":                     "GET /api/dossiers/{id}",
		"GET /api/dossiers/modeles":                "GET /api/dossiers/modeles",
		"GET /api/dossiers/aide":                   "GET /api/dossiers/{id}",
		"GET /api/recherche":                       "GET /api/recherche",
		"GET /api/autre/aide":                      "GET /api/{quoi}/aide",
		"GET /api/dossiers/%C3%A9":                 "GET /api/dossiers/{id}",
		"POST /api/dossiers/1/notes":               "POST /api/dossiers/{id}/notes",
		"POST /api/dossiers/1":                     "",
		"GET /api/dossiers/":                       "",
		"GET /api/dossiers":                        "",
		"GET /API/recherche":                       "",
		"GET /api/Recherche":                       "",
		"GET /api/recherche/":                      "",
		"GET //api/recherche":                      "",
		"GET /api//recherche":                      "",
		"GET /api/./recherche":                     "",
		"GET /static/../api/recherche":             "",
		"GET /static/..":                           "",
		"GET /static/%2e%2e/api":                   "",
		"GET /static/%2E%2E%2Fapi":                 "",
		"GET /static/%252e":                        "",
		"GET /api%2frecherche":                     "",
		"GET /%61pi/recherche":                     "",
		"GET /api/recherche;x=1":                   "",
		"GET /api/dossiers/1;a":                    "",
		"GET /api/dossiers/1%3Ba":                  "",
		`GET /api\recherche`:                       "",
		"GET /static/%5c..":                        "",
		"GET /static/%00":                          "",
		"GET /static/%0a":                          "",
		"GET /static/%ff":                          "",
		"GET /static/%zz":                          "",
		"GET /static/%4":                           "",
		"GET /static/é":                            "",
		"GET /static/a b":                          "",
		"GET ":                                     "",
		"GET *":                                    "",
		"get /":                                    "",
		"GET /static/" + strings.Repeat("a", 5000): "",
	} {
		method, p, _ := strings.Cut(path, " ")
		got := ""
		if r := m.Find(method, p); r != nil {
			got = r.Match
		}
		if got != want {
			t.Errorf("%.60s finds %q, want %q", path, got, want)
		}
	}
}

// FuzzRoute: path.Clean, a server that decodes and one that decodes twice read a path that matches alike.
func FuzzRoute(f *testing.F) {
	for _, seed := range []string{"/static/a", "/static/%2e%2e/x", "/static/%C3%A9/b", "//static/", "/static/..;/x", "/static/%25%32%66"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, path string) {
		m := mustCompile(t, plainRoute("GET /static/{path...}"))
		if m.Find("GET", path) == nil {
			return
		}
		u, err := url.Parse("http://tool" + path)
		if err != nil || u.EscapedPath() != path {
			t.Fatalf("%q matches, and is forwarded as %q (%v)", path, u.EscapedPath(), err)
		}
		text := u.Path
		for range 2 { // decoding once more finds nothing new
			if strings.Contains(text, "//") || strings.Contains(text, "..") && strings.Contains("/"+text+"/", "/../") ||
				strings.ContainsAny(text, ";\\\x00%") || !strings.HasPrefix(text, "/static/") {
				t.Fatalf("%q matches, and reads %q", path, text)
			}
			if text, err = url.PathUnescape(text); err != nil {
				t.Fatal(err)
			}
		}
	})
}

// FuzzPath: a path that is accepted is written back from its steps.
func FuzzPath(f *testing.F) {
	for _, seed := range []string{"$", "$.a", "$.a[*].b", "$[*]", "$.a[*", "$..a", "$.é", "$.a\x80", "$['a']"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, s string) {
		steps, err := parsePath(s)
		if err != nil {
			if cloison.KindOf(err) != cloison.Invalid {
				t.Fatal(err)
			}
			return
		}
		back := "$"
		for _, step := range steps {
			if step != star {
				back += "."
			}
			back += step
		}
		if back != s {
			t.Fatalf("%q was read as %q", s, back)
		}
	})
}

// TestTrieKeepsPathsApart: in each set of paths that compiles, each leaf is found under its own path and category.
func TestTrieKeepsPathsApart(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		paths := rapid.SliceOfN(rapid.StringMatching(`\$(\.[ab]|\[\*\]){1,3}`), 1, 6).Draw(t, "paths")
		fields := map[string][]string{}
		for i, p := range paths {
			name := cloison.FieldNames()[i]
			fields[name] = append(fields[name], p)
		}
		r := Route{Match: "GET /x", Operation: "read", Persons: "$", ID: "$.id", Fields: fields}
		compiled, errs := compileRoute(r)
		if len(errs) > 0 {
			return
		}
		for i, p := range paths {
			steps, err := parsePath(p)
			if err != nil {
				t.Fatal(err)
			}
			n, ok := compiled.shape.root.at(steps)
			if !ok || n.fields != 1<<i || n.branch() {
				t.Fatalf("%v: %s leads to %v", paths, p, n.fields)
			}
		}
	})
}

// TestConfigBlock compiles the block that the documents show.
func TestConfigBlock(t *testing.T) {
	const block = `
name: dossiers
upstream: http://127.0.0.1:9000
timeout: 10s
routes:
  - match: GET /api/dossiers/{id}
    operation: read
    persons: $
    id: $.id
    fields: {identity: [$.nom, $.prenom], birth: [$.naissance], nir: [$.nir], customer_id: [$.identifiant],
             postal: [$.adresse], email: [$.courriel], phone: [$.telephones]}
  - match: GET /api/recherche
    operation: list
    persons: $.resultats[*]
    id: $.id
    fields: {identity: [$.nom, $.prenom], birth: [$.naissance]}
`
	var given Tool
	if err := yaml.UnmarshalWithOptions([]byte(block), &given, yaml.Strict()); err != nil {
		t.Fatal(err)
	}
	m, err := Compile(given)
	if err != nil {
		t.Fatal(err)
	}
	if r := m.Find("GET", "/api/recherche"); r == nil || r.shape == nil || !r.shape.list || m.Timeout != 10*time.Second {
		t.Errorf("%+v", m)
	}
}
