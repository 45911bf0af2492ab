package web

import (
	"context"
	"embed"
	"log/slog"
	"net/http"
	"time"

	"cloison"
	"cloison/access/directory"
	"cloison/access/signin"
	"cloison/internal/i18n"
)

//go:embed fr.json en.json templates static
var files embed.FS

// Accounts is the accounts that pages name. Safe for concurrent use; an error carries a cloison.Kind.
type Accounts interface {
	Account(ctx context.Context, id cloison.AccountID) (directory.Account, error)
	// AccountsByID finds accounts by one query, in no order; those that are not there are left out.
	AccountsByID(ctx context.Context, ids []cloison.AccountID) ([]directory.Account, error)
	// Accounts lists those of a structure, by id, after one.
	Accounts(ctx context.Context, structure cloison.StructureID, after cloison.AccountID, limit int) ([]directory.Account, error)
}

// Tool is a business tool behind a gateway.
type Tool struct{ Name, URL string }

// Options is what a site uses. All but Tools, Theme and Operator is needed.
type Options struct {
	Accounts Accounts
	Signin   *signin.Signin
	Numbers  i18n.Params // of the settings that hold, which any phrase may name

	Theme    []byte // an operator's style sheet: see CheckTheme
	Operator string // the operator's name, beside ours

	URL   string // the console's own, as browsers know it, without a slash at the end
	Tools []Tool // where an adviser goes on
	Zone  *time.Location
	Log   *slog.Logger
	Now   func() time.Time
}

// Site is what all pages stand on: it finds the viewer, draws pages, and carries acts from their form to the passkey
// and back. Parts are added before it serves; then it is safe for concurrent use.
type Site struct {
	Options
	words     *i18n.Catalogue
	templates templates
	static    static
	pages     []Page
	inMenu    []Page // in its order
	acts      map[signin.Verb]Act
	forms     map[string]Form
	routes    []Route
}

// New reads the words and the pages that all parts share.
func New(o Options) (*Site, error) {
	s := &Site{Options: o, templates: templates{}, acts: map[signin.Verb]Act{}, forms: map[string]Form{}}
	var err error
	if s.words, err = i18n.Load(files); err != nil {
		return nil, err
	}
	if err = s.templates.add(files); err != nil {
		return nil, err
	}
	if s.static, err = loadStatic(); err != nil {
		return nil, err
	}
	if len(s.Theme) > 0 {
		if err := CheckTheme(s.Theme); err != nil {
			return nil, err
		}
		s.static.add("theme.css", s.Theme)
	}
	return s, nil
}

// Guard refuses what another site's page sends, and puts the headers of every page.
func (s *Site) Guard(next http.Handler) http.Handler {
	protection := http.NewCrossOriginProtection()
	protection.SetDenyHandler(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		s.Fail(w, r, Refuse(cloison.Denied, "cross_site"))
	}))
	inner := protection.Handler(next)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h := w.Header()
		h.Set("Cache-Control", "no-store")
		h.Set("X-Content-Type-Options", "nosniff")
		h.Set("Referrer-Policy", "same-origin") // forms come back to their page
		h.Set("Content-Security-Policy", pagePolicy)
		h.Set("Cross-Origin-Opener-Policy", "same-origin")
		h.Set("Cross-Origin-Resource-Policy", "same-origin")
		h.Set("Permissions-Policy", "camera=(), microphone=(), geolocation=()")
		h.Add("Vary", "Accept, Accept-Language, Cookie")
		inner.ServeHTTP(w, r)
	})
}

// pagePolicy lets a page load our own files and nothing else, and nobody frame it.
const pagePolicy = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; form-action 'self'; " +
	"frame-ancestors 'none'; base-uri 'none'"
