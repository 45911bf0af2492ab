package proconnect

import (
	"bytes"
	"embed"
	"html/template"
	"log/slog"
	"net/http"

	"cloison/internal/demo/network"
)

//go:embed page
var pageFiles embed.FS

// pages writes the HTML.
type pages struct {
	templates *template.Template
	log       *slog.Logger
}

// form is what every page may show.
type form struct {
	Base                          string // path of the API
	Interaction, Email            string
	Provider, Organization, Code  string
	Error, ErrorCode, Description string
	Key                           bool // the second factor is a key, not a code by e-mail
}

func newPages(log *slog.Logger) (*pages, error) {
	t, err := template.ParseFS(pageFiles, "page/*.html")
	if err != nil {
		return nil, err
	}
	return &pages{t, log}, nil
}

func (p *pages) show(w http.ResponseWriter, r *http.Request, status int, name string, f form) {
	f.Base = basePath
	var out bytes.Buffer
	if err := p.templates.ExecuteTemplate(&out, name, f); err != nil {
		p.log.ErrorContext(r.Context(), "page not made", "page", name, "err", err)
		http.Error(w, "erreur interne", http.StatusInternalServerError)
		return
	}
	h := w.Header()
	h.Set("Content-Type", "text/html; charset=utf-8")
	h.Set("Cache-Control", "no-store")
	h.Set("Content-Security-Policy", "default-src 'none'; base-uri 'none'; frame-ancestors 'none'")
	h.Set("X-Content-Type-Options", "nosniff")
	w.WriteHeader(status)
	w.Write(out.Bytes()) // the client is gone if this fails
}

// refuse shows an error, with ProConnect's code for it when the sources give one.
func (p *pages) refuse(w http.ResponseWriter, r *http.Request, status int, code, description string) {
	p.show(w, r, status, "refus", form{ErrorCode: code, Description: description})
}

func (p *pages) expired(w http.ResponseWriter, r *http.Request) {
	p.refuse(w, r, http.StatusBadRequest, "", "Cette connexion a expiré ou a déjà servi. Revenez au service et recommencez.")
}

func providerName(idp string) string {
	switch idp {
	case network.IdentiteProvider:
		return "ProConnect Identité"
	case network.StrongProvider:
		return "le fournisseur d’identité de votre organisation"
	}
	return "le fournisseur d’identité « " + idp + " »"
}
