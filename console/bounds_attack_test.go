package console_test

import (
	"bytes"
	"cloison/internal/demo/network"
	"cloison/internal/testkit/consolekit"
	"mime/multipart"
	"net/http"
	"net/url"
	"strings"
	"testing"
)

// TestAnUploadIsBounded whatever its parts are called: what stands before the file is read as little as what is in it.
func TestAnUploadIsBounded(t *testing.T) {
	w := consolekit.New(t)
	manager := w.Enter(w.Agent(0, network.Manager, 0))
	var b bytes.Buffer
	m := multipart.NewWriter(&b)
	w.Must(m.WriteField("junk", strings.Repeat("x", 1<<20)))
	part, err := m.CreateFormFile("file", "liste.csv")
	w.Must(err)
	part.Write([]byte("nom;courriel;rôles\nA;a@exemple.example;conseiller\n"))
	w.Must(m.Close())
	r, err := http.NewRequest("POST", w.URL+"/propositions/liste", &b)
	w.Must(err)
	r.Header.Set("Content-Type", m.FormDataContentType())
	r.Header.Set("Accept", "application/json")
	r.Header.Set("Sec-Fetch-Site", "same-origin")
	if a := manager.Send(r); a.Status < 400 || a.Status >= 500 {
		t.Errorf("a mebibyte before the file: %d", a.Status)
	}
}

// TestASearchIsBounded and tells nothing of accounts of other structures.
func TestASearchIsBounded(t *testing.T) {
	w := consolekit.New(t)
	manager := w.Enter(w.Agent(0, network.Manager, 0))
	for _, words := range []int{10, 500, 3000} {
		if a := manager.Get("/habilitations?q="+url.QueryEscape(strings.Repeat("a ", words)), "application/json"); a.Status != http.StatusOK {
			t.Errorf("%d words: %d %.200s", words, a.Status, a.Body)
		}
	}
	// Where the list goes on after a stranger would say between whom the stranger's name is.
	stranger := w.AccountOf(w.Agent(1, network.Adviser, 0))
	for _, by := range []string{"", "name", "seen"} {
		if a := manager.Get("/habilitations?by="+by+"&after="+stranger.ID.String(), "application/json"); a.Status != http.StatusNotFound {
			t.Errorf("after a stranger by %q: %d", by, a.Status)
		}
	}
}
