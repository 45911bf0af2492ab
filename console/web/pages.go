package web

import (
	"io/fs"
	"maps"
	"net/http"
	"slices"
	"strings"

	"cloison"
	"cloison/access/directory"
	"cloison/access/signin"
	"cloison/access/signin/refusal"
	"cloison/internal/i18n"
)

// Part is a part of the console as data: the router, the menu and the table of rights read it.
type Part struct {
	Templates fs.FS // holds templates/NAME.html; templates/parts.html is read with each
	Pages     []Page
	Acts      []Act
	Forms     []Form
	Routes    []Route // of the console's host
	Doors     []Route // of every host
}

// Route is an address that is no page of the table.
type Route struct {
	Pattern string // as http.ServeMux reads it
	Serve   http.HandlerFunc
}

// Page is one line of a part's table: who may open which page, and what it shows. Show's result is read by the template
// of that name and by the JSON encoder.
type Page struct {
	Path     string
	Template string
	Who      directory.Role // any of them; zero: every account
	Open     bool           // without having shown the passkey in this session
	Show     func(*http.Request, Viewer) (View, error)
	Send     func(http.ResponseWriter, *http.Request, Page) // what its forms do; nil: they begin acts
}

// Add adds parts. The menu lists the paths of pages, in order.
func (s *Site) Add(menu []string, parts ...Part) error {
	for _, p := range parts {
		if err := s.templates.add(p.Templates); err != nil {
			return err
		}
		s.pages, s.routes = append(s.pages, p.Pages...), append(s.routes, p.Routes...)
		for _, a := range p.Acts {
			s.acts[a.Verb] = a
		}
		for _, f := range p.Forms {
			s.forms[f.Name] = f
		}
	}
	for _, path := range menu {
		at := slices.IndexFunc(s.pages, func(p Page) bool { return p.Path == path })
		if at < 0 {
			return cloison.Errorf(cloison.Internal, "menu: no page has the path %s", path)
		}
		s.inMenu = append(s.inMenu, s.pages[at])
	}
	return nil
}

// Pages, Acts and Forms are the tables of all parts.
func (s *Site) Pages() []Page             { return slices.Clone(s.pages) }
func (s *Site) Acts() map[signin.Verb]Act { return maps.Clone(s.acts) }
func (s *Site) Forms() map[string]Form    { return maps.Clone(s.forms) }

// Handler serves the pages, the acts and the other routes of the console's host.
func (s *Site) Handler() http.Handler {
	mux := http.NewServeMux()
	for _, p := range s.pages {
		mux.HandleFunc("GET "+p.Path, func(w http.ResponseWriter, r *http.Request) { s.serve(w, r, p) })
		send := p.Send
		if send == nil {
			send = s.begin
		}
		mux.HandleFunc("POST "+p.Path, func(w http.ResponseWriter, r *http.Request) { send(w, r, p) })
	}
	for _, r := range s.routes {
		mux.HandleFunc(r.Pattern, r.Serve)
	}
	mux.HandleFunc("POST /actes", func(w http.ResponseWriter, r *http.Request) { s.begin(w, r, Page{}) })
	mux.HandleFunc("POST /actes/{id}", s.finish)
	mux.HandleFunc("/", func(w http.ResponseWriter, r *http.Request) { s.Fail(w, r, NotFound()) })
	return s.Guard(mux)
}

// serve answers one page of the table.
func (s *Site) serve(w http.ResponseWriter, r *http.Request, p Page) {
	v, err := s.Viewer(r)
	if err == nil {
		err = p.MayOpen(v)
	}
	var view View
	if err == nil {
		view, err = p.Show(r, v)
	}
	switch {
	case err != nil && p.MayOpen(v) == nil && s.unfiltered(w, r, p, v, err):
	case err != nil:
		s.Fail(w, r, err)
	case WantsJSON(r):
		s.WriteJSON(w, r, http.StatusOK, view)
	default:
		s.Show(w, r, http.StatusOK, p.Template, v, view)
	}
}

// MayOpen says why the viewer may not open the page: a passkey first, so that a stolen cookie does not learn its
// owner's roles.
func (p Page) MayOpen(v Viewer) error {
	switch {
	case !p.Open && !v.Proved():
		return Refuse(cloison.Denied, Reason(refusal.PasskeyNeeded))
	case p.Who != 0 && !v.Has(p.Who):
		return Refuse(cloison.Denied, "no_role")
	}
	return nil
}

// SeeOther leads on to another page.
func SeeOther(w http.ResponseWriter, to string) {
	w.Header().Set("Location", to)
	w.WriteHeader(http.StatusSeeOther)
}

// menuGroup is the pages of one part of somebody's work.
type menuGroup struct {
	Key   i18n.Key // of its heading
	Items []menuItem
}

type menuItem struct {
	Path string
	Key  i18n.Key
	Here bool
}

// menu lists the pages that the viewer may open, by what they are about: his own work, his structure, the network. A
// group that would be empty is left out.
func (s *Site) menu(v Viewer, here string) []menuGroup {
	groups := []menuGroup{{Key: "menu.own"}, {Key: "menu.house"}, {Key: "menu.network"}}
	for _, p := range s.inMenu {
		if p.Who == 0 || v.Has(p.Who) {
			at, g := strings.TrimSuffix(p.Path, "{$}"), &groups[p.about(v)]
			g.Items = append(g.Items, menuItem{Path: at, Key: Family("menu.").Of(p.Template), Here: here == at || at != "/" && strings.HasPrefix(here, at+"/")})
		}
	}
	return slices.DeleteFunc(groups, func(g menuGroup) bool { return len(g.Items) == 0 })
}

// about is the group of a page, out of who may open it: one that an adviser has is somebody's own work, one that no
// structure has is the network's. Lists of accounts are about the structure for those who answer for one.
func (p Page) about(v Viewer) int {
	const own, structure, all = 0, 1, 2
	switch {
	case (p.Path == "/habilitations" || p.Path == "/exposition") && v.Has(NetworkRoles|StructureRoles):
		return structure
	case p.Who == 0, p.Who&(directory.Adviser|directory.Reception) != 0:
		return own
	case p.Who&StructureRoles != 0:
		return structure
	}
	return all
}
