package mapping

import (
	"encoding/json"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"cloison"
)

// fileRoute and listRoute are the mapping of the stand-in tool.
func fileRoute() Route {
	return Route{Match: "GET /api/dossiers/{id}", Operation: "read", Person: "id", Persons: "$", ID: "$.id",
		Fields: map[string][]string{"identity": {"$.nom", "$.prenom"}, "sex": {"$.sexe"}, "birth": {"$.naissance"},
			"nir": {"$.nir"}, "customer_id": {"$.identifiant"}, "postal": {"$.adresse"}, "email": {"$.courriel"},
			"phone": {"$.telephones"}, "status": {"$.statut", "$.inscription"}, "notes": {"$.notes"}},
		Plain: []string{"$.conseiller", "$.structure"}}
}

func listRoute() Route {
	return Route{Match: "GET /api/recherche", Operation: "search", Persons: "$.resultats[*]", ID: "$.id",
		Fields: map[string][]string{"identity": {"$.nom", "$.prenom"}, "birth": {"$.naissance"}, "postal": {"$.commune"}},
		Plain:  []string{"$.total", "$.page", "$.pages"}}
}

func mustEndpoint(t testing.TB, r Route) *Endpoint {
	t.Helper()
	compiled, errs := compileRoute(r)
	if len(errs) > 0 {
		t.Fatal(errs)
	}
	return compiled
}

func TestRead(t *testing.T) {
	file, list := mustEndpoint(t, fileRoute()), mustEndpoint(t, listRoute())
	for _, test := range []struct {
		endpoint *Endpoint
		answer   string
		want     string // ref:fields …
	}{
		{file, `{"id":"7","nom":"N","prenom":"","nir":null,"telephones":[]}`, "7:identity"},
		{file, `{"telephones":[""," "],"notes":[{"a":null}],"id":12}`, "12:phone,notes"},
		{file, `{"id":"\u0041\n"}`, "!no_id $"},
		{file, `{"id":"\u0041b","nom":"x"}`, "Ab:identity"},
		{file, ` null `, ""},
		{file, `{}`, "!no_id $"},
		{file, `{"nom":"x"}`, "!no_id $"},
		{file, `{"id":null}`, "!no_id $"},
		{file, `{"id":""}`, "!no_id $"},
		{file, `{"id":1.5}`, "!no_id $.id"},
		{file, `{"id":1e3}`, "!no_id $.id"},
		{file, `{"id":true}`, "!no_id $.id"},
		{file, `{"id":{}}`, "!no_id $.id"},
		{file, `{"id":"1","nouveau":"x"}`, "!unmapped $.nouveau"},
		{file, `{"id":"1","Nom":"x"}`, "!unmapped $.Nom"},
		{file, `{"id":"1","n\u006fm":"x"}`, "1:identity"},
		{file, `{"id":"1","camille@exemple.example":"x"}`, "!unmapped $.?"},
		{file, `{"id":"1","n\u006fm":"x","nom":""}`, "!duplicate $"},
		{file, `{"id":"1","id":"2"}`, "!duplicate $"},
		{file, `{"id":"1","notes":[{"a":1,"\u0061":2}]}`, "!duplicate $.notes"},
		{file, `[{"id":"1"}]`, "!shape $"},
		{file, `"x"`, "!shape $"},
		{file, ``, "!truncated $"},
		{file, `{"id":"1"`, "!truncated $"},
		{file, `{"id":"1"}}`, "!malformed $"},
		{file, `{"id":"1"} {}`, "!malformed $"},
		{file, "{\"id\":\"1\"}\x00", "!malformed $"},
		{file, "\ufeff{\"id\":\"1\"}", "!malformed $"},
		{file, "{\"id\":\"1\",\"nom\":\"Ren\xe9\"}", "!not_utf8 $.nom"},
		{file, `{"id":"1","nom":"\ud800"}`, "!malformed $.nom"},
		{file, `{"id":"1","notes":` + strings.Repeat("[", 20_000) + `}`, "!malformed $.notes"},
		{file, strings.Repeat("[", 100_000), "!malformed $"},
		{list, `{"total":2,"resultats":[{"id":"1","nom":"A"},{"id":2,"naissance":"2001-01-01"},{"id":"1","commune":"X"}]}`,
			"1:identity,postal 2:birth"},
		{list, `{"resultats":[]}`, ""},
		{list, `{"resultats":[null]}`, ""},
		{list, `{"resultats":null}`, ""},
		{list, `{"resultats":{}}`, "!shape $.resultats"},
		{list, `{"resultats":["x"]}`, "!shape $.resultats[*]"},
		{list, `{"resultats":[{"nom":"A"}]}`, "!no_id $.resultats[*]"},
		{list, `{"resultats":[{"id":"1","nir":"x"}]}`, "!unmapped $.resultats[*].nir"},
		{list, `{"suivants":[]}`, "!unmapped $.suivants"},
	} {
		got, f := NewReader().Read(test.endpoint, []byte(test.answer))
		var s []string
		if f != nil {
			s = []string{"!" + string(f.Kind), f.Path()}
		} else {
			for _, p := range got.Persons {
				s = append(s, string(p.Ref)+":"+p.Fields.String())
			}
		}
		if strings.Join(s, " ") != test.want {
			t.Errorf("%s\n got %s\nwant %s", test.answer, strings.Join(s, " "), test.want)
		}
	}
}

// FuzzRead compares the reader with encoding/json: what it accepts, the standard library reads alike, and nothing
// outside the mapping is in it.
func FuzzRead(f *testing.F) {
	for _, seed := range []string{`{"total":1,"resultats":[{"id":1,"nom":"é\u00e9\ud83d\ude00"},{"id":"2"}]}`, `{"resultats":[{"nom":{},"id":"1"} , null]}`,
		`{"resultats":[{"id":1,"id":2}]}`, `{"resultats":[{"id":"1","no\u006d":[1,{}]}]}`, `null`, `[]`, `{"resultats":[{"id":"\ud800"}]}`, "{}\v"} {
		f.Add([]byte(seed), uint64(5))
	}
	f.Fuzz(func(t *testing.T, answer []byte, shown uint64) {
		sh := mustEndpoint(t, listRoute())
		rd, fault := NewReader().Read(sh, answer)
		if fault != nil {
			return
		}
		var doc map[string]any
		if err := json.Unmarshal(answer, &doc); err != nil {
			t.Fatalf("%q was accepted: %v", answer, err)
		}
		persons := map[string]bool{}
		for key := range doc {
			if !slices.Contains([]string{"total", "page", "pages", "resultats"}, key) {
				t.Fatalf("%q: the name %q passed", answer, key)
			}
		}
		rows, _ := doc["resultats"].([]any)
		for _, row := range rows {
			if row == nil {
				continue
			}
			for key := range row.(map[string]any) {
				if !slices.Contains([]string{"id", "nom", "prenom", "naissance", "commune"}, key) {
					t.Fatalf("%q: the name %q passed", answer, key)
				}
			}
			switch id := row.(map[string]any)["id"].(type) {
			case string:
				persons[id] = true
			case float64:
			default:
				t.Fatalf("%q: the id %v passed", answer, id)
			}
		}
		permitted := make([]Permission, len(rd.Persons))
		for i, p := range rd.Persons {
			delete(persons, string(p.Ref))
			permitted[i].Shown = shown>>(i%64)&1 != 0
		}
		if len(persons) > 0 {
			t.Fatalf("%q: the persons %v were not found", answer, persons)
		}
		out, withheld := rd.Rewrite(nil, answer, permitted)
		var after map[string]any
		if err := json.Unmarshal(out, &after); err != nil {
			t.Fatalf("%q became %q: %v", answer, out, err)
		}
		left, _ := after["resultats"].([]any)
		if len(left)+withheld != len(rows) {
			t.Fatalf("%q became %q: %d withheld", answer, out, withheld)
		}
		for _, row := range left {
			m, _ := row.(map[string]any)
			for key, v := range m {
				if key != "id" && v != nil && v != "" && v != "••••••••" && fmt.Sprint(v) != "[]" && fmt.Sprint(v) != "map[]" {
					t.Fatalf("%q became %q: %s is not masked", answer, out, key)
				}
			}
		}
	})
}

// document draws an answer of the list route, well formed and mapped, with the persons in it.
func document(t *rapid.T) []byte {
	word := rapid.StringMatching(`[A-Za-zéèÀ" \\/\n😀]{0,6}`)
	rows := rapid.SliceOfN(rapid.Custom(func(t *rapid.T) string {
		id := rapid.IntRange(1, 6).Draw(t, "id")
		members := []string{fmt.Sprintf(`"id":%d`, id)}
		if rapid.Bool().Draw(t, "text") {
			members[0] = fmt.Sprintf(`"id": "%d"`, id)
		}
		for _, key := range []string{"nom", "prenom", "naissance", "commune"} {
			if rapid.Bool().Draw(t, key) {
				b, _ := json.Marshal(fmt.Sprintf("%s<%d>%s", key, id, word.Draw(t, "value")))
				value := rapid.SampledFrom([]string{string(b), "[" + string(b) + " ,null]", `{"x":` + string(b) + `}`, "null", `""`}).Draw(t, "kind")
				members = append(members, fmt.Sprintf("%q : %s", key, value))
			}
		}
		members = rapid.Permutation(members).Draw(t, "order")
		return "{" + strings.Join(members, rapid.SampledFrom([]string{",", " ,\n", ", "}).Draw(t, "comma")) + "}"
	}), 0, 8).Draw(t, "rows")
	comma := rapid.SampledFrom([]string{",", "\n,", " , "}).Draw(t, "comma")
	return []byte(`{"total":` + fmt.Sprint(len(rows)) + ` , "resultats":[ ` + strings.Join(rows, comma) + " ],\n\"page\":1}")
}

type listDoc struct {
	Total     int
	Page      int
	Resultats []map[string]any
}

func TestWhatLeavesIsExactlyWhatIsPermitted(t *testing.T) {
	sh := mustEndpoint(t, listRoute())
	category := map[string]cloison.Fields{"nom": cloison.Identity, "prenom": cloison.Identity, "naissance": cloison.Birth, "commune": cloison.Postal}
	rapid.Check(t, func(t *rapid.T) {
		answer := document(t)
		rd, f := NewReader().Read(sh, answer)
		if f != nil {
			t.Fatalf("%s: %v", answer, f)
		}
		permitted := make([]Permission, len(rd.Persons))
		of := map[string]Permission{}
		for i, p := range rd.Persons {
			if rapid.Bool().Draw(t, "shown") {
				permitted[i] = Permission{true, cloison.Fields(rapid.Uint32Range(0, 63).Draw(t, "fields"))}
			}
			of[string(p.Ref)] = permitted[i]
		}
		out, withheld := rd.Rewrite(nil, answer, permitted)
		var before, after listDoc
		if err := json.Unmarshal(answer, &before); err != nil {
			t.Fatal(err)
		}
		if err := json.Unmarshal(out, &after); err != nil {
			t.Fatalf("%s\nbecame\n%s\n%v", answer, out, err)
		}
		want := []map[string]any{}
		said := map[string]cloison.Fields{} // by the standard library's reading
		for _, row := range before.Resultats {
			id := fmt.Sprint(row["id"])
			for key, c := range category {
				if v, ok := row[key]; ok && v != nil && v != "" {
					said[id] |= c
					if !of[id].Fields.Has(c) {
						row[key] = "••••••••"
					}
				}
			}
			if of[id].Shown {
				want = append(want, row)
			}
		}
		if !reflect.DeepEqual(want, after.Resultats) || after.Total != before.Total || withheld != len(before.Resultats)-len(want) {
			t.Fatalf("%s\nbecame\n%s\nwant %v, %d withheld", answer, out, want, withheld)
		}
		for _, p := range rd.Persons {
			if said[string(p.Ref)] != p.Fields {
				t.Fatalf("%s: person %s says %v, read as %v", answer, string(p.Ref), said[string(p.Ref)], p.Fields)
			}
			if pm := of[string(p.Ref)]; !pm.Shown && strings.Contains(string(out), "<"+string(p.Ref)+">") {
				t.Fatalf("%s: a withheld person is in %s", answer, out)
			}
		}
	})
}
