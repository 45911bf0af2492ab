package tool

import (
	"cmp"
	"encoding/json"
	"net/http"
	"strconv"
	"strings"
	"time"

	"cloison"
	"cloison/internal/demo/network"
)

// row is a person in a list.
type row struct {
	ID      string `json:"id"`
	Nom     string `json:"nom"`
	Prenom  string `json:"prenom"`
	Naiss   string `json:"naissance"` // 2006-01-02
	Commune string `json:"commune"`
}

// list is a page of rows.
type list struct {
	Total  int   `json:"total"`
	Page   int   `json:"page"` // from 1
	Pages  int   `json:"pages"`
	Result []row `json:"resultats"`
}

// file is a person's whole file.
type file struct {
	ID          string   `json:"id"`
	Nom         string   `json:"nom"`
	Prenom      string   `json:"prenom"`
	Sexe        string   `json:"sexe"` // F or M
	Naiss       string   `json:"naissance"`
	NIR         string   `json:"nir"`
	Identifiant string   `json:"identifiant"`
	Adresse     string   `json:"adresse"`
	Courriel    string   `json:"courriel"`
	Telephones  []string `json:"telephones"`
	Statut      string   `json:"statut"`
	Inscription string   `json:"inscription"` // 2006-01-02
	Conseiller  string   `json:"conseiller"`  // the adviser's name; empty when nobody accompanies the person
	Structure   string   `json:"structure"`   // its label
	Notes       []note   `json:"notes"`
}

const (
	listFields = cloison.Identity | cloison.Birth | cloison.Postal
	fileFields = cloison.Identity | cloison.Sex | cloison.Birth | cloison.NIR | cloison.CustomerID | cloison.Postal |
		cloison.Email | cloison.Phone | cloison.Status | cloison.Notes
)

func newRow(p network.Person) row {
	return row{ID: p.ID, Nom: p.Surname, Prenom: p.Given, Naiss: p.Birth.Format(time.DateOnly), Commune: p.City}
}

func (t *Tool) search(w http.ResponseWriter, r *http.Request) {
	q := r.URL.Query()
	page, ok := t.page(w, r)
	if !ok {
		return
	}
	numbers, total := t.network.Find(q.Get("nom"), q.Get("commune"), (page-1)*pageSize, pageSize)
	t.list(w, r, numbers, total, page)
}

func (t *Tool) caseload(w http.ResponseWriter, r *http.Request) {
	page, ok := t.page(w, r)
	if !ok {
		return
	}
	numbers := t.held(r.URL.Query().Get("agent"))
	from := min((page-1)*pageSize, len(numbers))
	t.list(w, r, numbers[from:min(from+pageSize, len(numbers))], len(numbers), page)
}

func (t *Tool) list(w http.ResponseWriter, r *http.Request, numbers []int, total, page int) {
	answer := list{Total: total, Page: page, Pages: (total + pageSize - 1) / pageSize, Result: make([]row, 0, len(numbers))}
	for _, i := range numbers {
		answer.Result = append(answer.Result, newRow(t.network.Identity(i)))
	}
	t.answer(w, r, http.StatusOK, answer, listFields, numbers...)
}

// page reads the page's number, by default the first; a wrong one is answered here.
func (t *Tool) page(w http.ResponseWriter, r *http.Request) (page int, ok bool) {
	page, err := strconv.Atoi(cmp.Or(r.URL.Query().Get("page"), "1"))
	if err != nil || page < 1 || page > 10_000_000 {
		t.problem(w, r, http.StatusBadRequest, "Page inconnue", "« page » est un nombre à partir de 1.")
		return 0, false
	}
	return page, true
}

func (t *Tool) file(w http.ResponseWriter, r *http.Request) {
	i, ok := t.network.ByID(r.PathValue("id"))
	t.writeFile(w, r, i, ok)
}

func (t *Tool) byNIR(w http.ResponseWriter, r *http.Request) {
	i, ok := t.network.ByNIR(strings.ReplaceAll(r.PathValue("nir"), " ", ""))
	t.writeFile(w, r, i, ok)
}

func (t *Tool) writeFile(w http.ResponseWriter, r *http.Request, i int, ok bool) {
	if !ok {
		t.problem(w, r, http.StatusNotFound, "Dossier introuvable", "Aucun dossier ne porte ce numéro. Vérifiez-le, ou "+
			"cherchez par le nom.")
		return
	}
	p := t.network.Person(i)
	f := file{ID: p.ID, Nom: p.Surname, Prenom: p.Given, Sexe: p.Sex, Naiss: p.Birth.Format(time.DateOnly), NIR: p.NIR,
		Identifiant: p.ID, Adresse: p.Address(), Courriel: p.Email, Telephones: p.Phones, Statut: p.Status,
		Inscription: p.Registered.Format(time.DateOnly), Structure: t.network.Structure(p.Structure).Label, Notes: []note{}}
	if a, ok := t.holder(i); ok {
		f.Conseiller = a.Given + " " + a.Surname
	}
	t.mu.RLock()
	f.Notes = append(f.Notes, t.notes[i]...)
	t.mu.RUnlock()
	t.answer(w, r, http.StatusOK, f, fileFields, i)
}

// answer writes a document and counts it as served once all of it is written.
func (t *Tool) answer(w http.ResponseWriter, r *http.Request, status int, doc any, fields cloison.Fields, persons ...int) {
	body, err := json.Marshal(doc)
	if err != nil {
		t.warn(r.Context(), "answer not encoded", err)
		http.Error(w, "erreur interne", http.StatusInternalServerError)
		return
	}
	h := w.Header()
	h.Set("Content-Type", "application/json")
	h.Set("Cache-Control", "no-store")
	if t.opts.Fault != nil {
		if f := t.opts.Fault(r); f != FaultNone {
			f.spoil(w, status, body)
			return
		}
	}
	h.Set("Content-Length", strconv.Itoa(len(body)))
	w.WriteHeader(status)
	if _, err := w.Write(body); err != nil {
		t.warn(r.Context(), "answer not written", err)
		return
	}
	if t.opts.Account {
		t.served.add(caller(r), t.network, persons, fields)
	}
}

// problem answers an error as RFC 9457 has it.
func (t *Tool) problem(w http.ResponseWriter, r *http.Request, status int, title, detail string) {
	body, err := json.Marshal(map[string]any{"type": "about:blank", "status": status, "title": title, "detail": detail})
	if err != nil {
		t.warn(r.Context(), "problem not encoded", err)
		return
	}
	w.Header().Set("Content-Type", "application/problem+json")
	w.Header().Set("Cache-Control", "no-store")
	w.WriteHeader(status)
	if _, err := w.Write(body); err != nil {
		t.warn(r.Context(), "problem not written", err)
	}
}
