package tool_test

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"cloison"
	"cloison/internal/demo/network"
	"cloison/internal/fakes/tool"
)

// village is one small network for all tests: a Network never changes.
var village = sync.OnceValues(func() (*network.Network, error) {
	return network.New(network.Options{Seed: 1, Persons: 4000, Structures: 4, Agents: 60})
})

func start(t *testing.T, opts tool.Options) (*network.Network, *tool.Tool, string) {
	t.Helper()
	n, err := village()
	if err != nil {
		t.Fatal(err)
	}
	service := tool.New(n, opts)
	server := httptest.NewServer(service)
	t.Cleanup(server.Close)
	return n, service, server.URL
}

func get(t *testing.T, url string) (int, []byte) {
	t.Helper()
	resp, err := http.Get(url)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return resp.StatusCode, body
}

func decode[T any](t *testing.T, body []byte) T {
	t.Helper()
	var v T
	if err := json.Unmarshal(body, &v); err != nil {
		t.Fatalf("%v in %s", err, body)
	}
	return v
}

type list struct {
	Total, Page, Pages int
	Resultats          []map[string]string
}

func TestWhoeverReachesItSeesTheCountry(t *testing.T) {
	n, service, url := start(t, tool.Options{Account: true})
	seen, rows := make(map[string]bool), 0
	for page := 1; ; page++ {
		_, body := get(t, url+"/api/recherche?page="+strconv.Itoa(page))
		l := decode[list](t, body)
		for _, p := range l.Resultats {
			seen[p["id"]] = true
			rows++
		}
		if page == l.Pages {
			break
		}
	}
	if len(seen) != n.Persons() {
		t.Errorf("a walk over the pages shows %d persons of %d", len(seen), n.Persons())
	}
	served := service.Served().Persons()
	persons, counted := service.ServedCount()
	if len(served) != n.Persons() || persons != n.Persons() || counted != rows {
		t.Errorf("%d persons (%d listed), %d rows counted as served; %d and %d received", persons, len(served), counted, len(seen), rows)
	}
	if f := served[n.ID(0)]; f != cloison.Identity|cloison.Birth|cloison.Postal {
		t.Errorf("a list row counts as %v", f)
	}
}

func TestFile(t *testing.T) {
	n, service, url := start(t, tool.Options{Account: true})
	p := n.Person(42)
	_, byID := get(t, url+"/api/dossiers/"+p.ID)
	_, byNIR := get(t, url+"/api/nir/"+p.NIR)
	if !bytes.Equal(byID, byNIR) {
		t.Errorf("by id %s, by NIR %s", byID, byNIR)
	}
	f := decode[map[string]any](t, byID)
	for key, want := range map[string]string{"id": p.ID, "nom": p.Surname, "prenom": p.Given, "nir": p.NIR, "courriel": p.Email} {
		if f[key] != want {
			t.Errorf("%s is %q, want %q", key, f[key], want)
		}
	}
	if got := service.Served().Persons()[p.ID]; !got.Has(cloison.NIR | cloison.Phone | cloison.Email) {
		t.Errorf("a file counts as %v", got)
	}
	status, body := get(t, url+"/api/dossiers/12345678901")
	if problem := decode[map[string]any](t, body); status != 404 || problem["title"] != "Dossier introuvable" {
		t.Errorf("an unknown file: %d %s", status, body)
	}
}

func TestTransfersMakeExplanations(t *testing.T) {
	n, _, url := start(t, tool.Options{})
	a, ok := n.AgentWith(2, network.Adviser)
	if !ok {
		t.Fatal("no adviser in structure 2")
	}
	before := decode[list](t, second(get(t, url+"/api/portefeuille?agent="+a.Sub)))
	stranger := n.ID(0)
	post(t, url+"/api/portefeuille/transfert", map[string]any{"agent": a.Sub, "persons": []string{stranger}}, 200)
	after := decode[list](t, second(get(t, url+"/api/portefeuille?agent="+a.Sub)))
	if after.Total != before.Total+1 {
		t.Errorf("the caseload went from %d to %d", before.Total, after.Total)
	}
	_, feed := get(t, url+"/api/flux/portefeuilles.jsonl")
	line := decode[map[string]string](t, feed)
	if line["sub"] != a.Sub || line["idp"] != a.IdP || line["person"] != stranger {
		t.Errorf("feed: %s", feed)
	}
	f := decode[map[string]any](t, second(get(t, url+"/api/dossiers/"+stranger)))
	if f["conseiller"] != a.Given+" "+a.Surname {
		t.Errorf("after the transfer the adviser is %q", f["conseiller"])
	}
	post(t, url+"/api/dossiers/"+stranger+"/notes", map[string]any{"texte": "Reçu ce jour."}, 201)
	post(t, url+"/api/dossiers/"+stranger+"/notes", map[string]any{"texte": strings.Repeat("x", 3000)}, 400)
	post(t, url+"/api/portefeuille/transfert", map[string]any{"agent": a.Sub, "persons": []string{"1"}}, 400)
}

func TestServedTo(t *testing.T) {
	n, service, url := start(t, tool.Options{Account: true})
	assertion := "e30." + base64.RawURLEncoding.EncodeToString([]byte(`{"sub":"a0h3m9k2x7qre"}`)) + ".c2ln"
	for header, value := range map[string]string{"Cloison-Assertion": assertion, "Authorization": "Bearer x", "Accept": "*/*"} {
		req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, url+"/api/dossiers/"+n.ID(5), nil)
		if err != nil {
			t.Fatal(err)
		}
		req.Header.Set(header, value)
		resp, err := http.DefaultClient.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		resp.Body.Close()
	}
	served := service.Served()
	for _, who := range []string{"a0h3m9k2x7qre", "Bearer x", "127.0.0.1"} {
		if len(served[who]) != 1 {
			t.Errorf("%s was served %d persons", who, len(served[who]))
		}
	}
	if persons, rows := service.ServedCount(); persons != 1 || rows != 3 {
		t.Errorf("%d persons in %d rows", persons, rows)
	}
	if service.Reset(); len(service.Served()) != 0 {
		t.Error("the account outlives its reset")
	}
}

func TestPage(t *testing.T) {
	_, _, url := start(t, tool.Options{})
	for path, want := range map[string]string{"/": "Dossiers", "/static/dossiers.js": "Cloison-Withheld", "/static/dossiers.css": "color-scheme"} {
		if status, body := get(t, url+path); status != 200 || !strings.Contains(string(body), want) {
			t.Errorf("%s: %d, without %q", path, status, want)
		}
	}
	if _, body := get(t, url+"/"); bytes.Contains(body, []byte("<style")) || bytes.Contains(body, []byte("onclick")) {
		t.Error("the page has something inline, which its policy forbids")
	}
}

func TestFaults(t *testing.T) {
	var fault atomic.Int64
	n, service, url := start(t, tool.Options{Account: true, Fault: func(*http.Request) tool.Fault { return tool.Fault(fault.Load()) }})
	for f := tool.Truncated; f <= tool.WrongTypes; f++ {
		fault.Store(int64(f))
		resp, err := http.Get(url + "/api/dossiers/" + n.ID(1))
		if err != nil {
			continue // cut
		}
		body, err := io.ReadAll(io.LimitReader(resp.Body, 1<<20))
		rest, _ := io.Copy(io.Discard, resp.Body)
		resp.Body.Close()
		var doc struct {
			ID  string
			Nom string
		}
		clean := err == nil && resp.StatusCode == 200 && json.Unmarshal(body, &doc) == nil && doc.ID == n.ID(1)
		switch f {
		case tool.Huge:
			if rest < 63<<20 {
				t.Errorf("huge answer of %d bytes", int64(len(body))+rest)
			}
		case tool.UnmappedField:
			if !bytes.Contains(body, []byte("tuteur")) {
				t.Error("no unmapped field")
			}
		case tool.Latin1:
			if bytes.Equal(bytes.ToValidUTF8(body, nil), body) {
				t.Error("Latin-1 answer is valid UTF-8")
			}
		default:
			if clean {
				t.Errorf("fault %d leaves a clean answer: %s", f, body)
			}
		}
		if len(service.Served()) != 0 {
			t.Errorf("fault %d counts as served", f)
		}
	}
}

func second(_ int, body []byte) []byte { return body }

func post(t *testing.T, url string, doc any, want int) {
	t.Helper()
	body, err := json.Marshal(doc)
	if err != nil {
		t.Fatal(err)
	}
	resp, err := http.Post(url, "application/json", bytes.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	if resp.StatusCode != want {
		t.Errorf("POST %s: %d, want %d", url, resp.StatusCode, want)
	}
}

// Files that many move at once end in one caseload each, and every move is in the feed.
func TestTransfersAtOnce(t *testing.T) {
	n, _, url := start(t, tool.Options{Account: true})
	const movers, each = 8, 25
	agents := make([]string, movers)
	var done sync.WaitGroup
	for m := range movers {
		agents[m] = "sub-" + strconv.Itoa(m)
		done.Go(func() {
			for k := range each {
				post(t, url+"/api/portefeuille/transfert", map[string]any{"agent": agents[m], "persons": []string{n.ID(k)}}, 200)
				if resp, err := http.Get(url + "/api/dossiers/" + n.ID(k)); err == nil {
					resp.Body.Close()
				}
			}
		})
	}
	done.Wait()
	total := 0
	for _, sub := range agents {
		total += decode[list](t, second(get(t, url+"/api/portefeuille?agent="+sub))).Total
	}
	if total != each {
		t.Errorf("%d files moved are in %d caseloads", each, total)
	}
	_, feed := get(t, url+"/api/flux/portefeuilles.jsonl")
	if lines := bytes.Count(feed, []byte("\n")); lines != movers*each {
		t.Errorf("%d lines in the feed, want %d", lines, movers*each)
	}
}
