package console_test

import (
	"bytes"
	"mime/multipart"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"cloison/internal/demo/network"
)

// TestAnUploadIsBounded whatever its parts are called: what stands before the file is read as little as what is in it.
func TestAnUploadIsBounded(t *testing.T) {
	w := newWorld(t)
	manager := w.enter(w.agent(0, network.Manager, 0))
	var b bytes.Buffer
	m := multipart.NewWriter(&b)
	w.must(m.WriteField("junk", strings.Repeat("x", 1<<20)))
	part, err := m.CreateFormFile("file", "liste.csv")
	w.must(err)
	part.Write([]byte("nom;courriel;rôles\nA;a@exemple.example;conseiller\n"))
	w.must(m.Close())
	r, err := http.NewRequest("POST", w.url+"/propositions/liste", &b)
	w.must(err)
	r.Header.Set("Content-Type", m.FormDataContentType())
	r.Header.Set("Accept", "application/json")
	r.Header.Set("Sec-Fetch-Site", "same-origin")
	if a := manager.send(r); a.status < 400 || a.status >= 500 {
		t.Errorf("a mebibyte before the file: %d", a.status)
	}
}

// TestASearchIsBounded and tells nothing of accounts of other structures.
func TestASearchIsBounded(t *testing.T) {
	w := newWorld(t)
	manager := w.enter(w.agent(0, network.Manager, 0))
	for _, words := range []int{10, 500, 3000} {
		if a := manager.get("/habilitations?q="+url.QueryEscape(strings.Repeat("a ", words)), "application/json"); a.status != http.StatusOK {
			t.Errorf("%d words: %d %.200s", words, a.status, a.body)
		}
	}
	// Where the list goes on after a stranger would say between whom the stranger's name is.
	stranger := w.accountOf(w.agent(1, network.Adviser, 0))
	for _, by := range []string{"", "name", "seen"} {
		if a := manager.get("/habilitations?by="+by+"&after="+stranger.ID.String(), "application/json"); a.status != http.StatusNotFound {
			t.Errorf("after a stranger by %q: %d", by, a.status)
		}
	}
}
