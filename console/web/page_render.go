package web

import (
	"bytes"
	"encoding/json"
	"html/template"
	"io/fs"
	"maps"
	"net/http"
	"path"
	"slices"
	"strings"

	"cloison"
)

// templates are the pages by name, each with the layout.
type templates map[string]*template.Template

// add reads the pages of one part.
func (all templates) add(from fs.FS) error {
	names, err := fs.Glob(from, "templates/*.html")
	if err != nil {
		return err
	}
	for _, name := range names {
		base := strings.TrimSuffix(path.Base(name), ".html")
		if base == "layout" || base == "parts" {
			continue
		}
		t, err := template.ParseFS(files, "templates/layout.html", "templates/parts.html")
		if err == nil && slices.Contains(names, "templates/parts.html") {
			t, err = t.ParseFS(from, "templates/parts.html")
		}
		if err == nil {
			t, err = t.ParseFS(from, name)
		}
		if err != nil {
			return cloison.Errorf(cloison.Internal, "parsing page %s: %w", base, err)
		}
		all[base] = t
	}
	return nil
}

// Templates are the pages by name.
func (s *Site) Templates() map[string]*template.Template { return maps.Clone(s.templates) }

// Show writes a page. It is made whole before its first byte is sent.
func (s *Site) Show(w http.ResponseWriter, r *http.Request, status int, name string, v Viewer, view View) {
	body, err := s.compose(r, name, v, view, nil)
	if err != nil {
		s.Log.ErrorContext(r.Context(), "rendering a page failed", "page", name, "err", err)
		http.Error(w, s.words.Say(LanguageOf(r), "page.broken", nil), http.StatusInternalServerError)
		return
	}
	s.write(w, r, status, body)
}

// compose makes a page, with the form that was tried on it, if one was.
func (s *Site) compose(r *http.Request, name string, v Viewer, view View, t *tried) ([]byte, error) {
	lang := LanguageOf(r)
	sheet := &Sheet{Lang: lang, View: view, Brand: s.Operator, Style: s.static.address("cloison.css"), Script: s.static.address("passkey.js"), site: s,
		viewer: v, now: s.Now(), Live: s.static.address("live.js"), path: r.URL.Path, tried: t}
	if len(s.Theme) > 0 {
		sheet.Theme = s.static.address("theme.css")
	}
	if r.Method == http.MethodGet {
		q := r.URL.Query()
		q.Set("lang", (1 - lang).String())
		sheet.Switch = "?" + q.Encode()
	}
	if v.Account.ID != 0 {
		sheet.Who, sheet.Leave = PartyOf(v.Account), true
		sheet.Menu = s.menu(v, r.URL.Path)
	}
	sheet.Title = view.Title(sheet.Say)
	if t, ok := view.(interface{ HasSession() bool }); ok {
		sheet.Leave = t.HasSession()
	}
	var b bytes.Buffer
	err := s.templates[name].Execute(&b, sheet)
	return b.Bytes(), err
}

func (s *Site) write(w http.ResponseWriter, r *http.Request, status int, body []byte) {
	if l := r.URL.Query().Get("lang"); l == "fr" || l == "en" {
		http.SetCookie(w, &http.Cookie{Name: langCookie, Value: l, Path: "/", MaxAge: 365 * 24 * 3600, SameSite: http.SameSiteLaxMode, HttpOnly: true})
	}
	h := w.Header()
	h.Set("Content-Type", "text/html; charset=utf-8")
	h.Set("Content-Language", LanguageOf(r).String())
	w.WriteHeader(status)
	w.Write(body) // the client is gone if this fails
}

// WriteJSON writes a view.
func (s *Site) WriteJSON(w http.ResponseWriter, r *http.Request, status int, view any) {
	b, err := json.Marshal(view)
	if err != nil {
		s.Fail(w, r, err)
		return
	}
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	w.Write(append(b, '\n')) // the client is gone if this fails
}
