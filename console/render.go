package console

import (
	"bytes"
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"html/template"
	"io/fs"
	"net/http"
	"net/url"
	"path"
	"slices"
	"strconv"
	"strings"
	"time"

	"cloison"
	"cloison/access/directory"
	"cloison/access/signin"
	"cloison/internal/i18n"
)

//go:embed fr.json en.json templates static
var files embed.FS

func wordFiles() fs.FS { return files }

// templates are the pages by name, each with the layout.
type templates map[string]*template.Template

func parseTemplates() (templates, error) {
	names, err := fs.Glob(files, "templates/*.html")
	if err != nil {
		return nil, err
	}
	all := templates{}
	for _, name := range names {
		base := strings.TrimSuffix(path.Base(name), ".html")
		if base == "layout" || base == "parts" {
			continue
		}
		t, err := template.New("layout.html").Funcs(template.FuncMap{"node": nodeOf, "sheetOf": reviewsOf, "linesOf": linesOf}).ParseFS(files, "templates/layout.html", "templates/parts.html", name)
		if err != nil {
			return nil, cloison.Errorf(cloison.Internal, "the page %s: %w", base, err)
		}
		all[base] = t
	}
	return all, nil
}

// node is a branch of a tree with its sheet, for a template that calls itself.
type node struct {
	S *sheet
	B *branch
}

func nodeOf(s *sheet, b *branch) node { return node{s, b} }

// reviewTable is a list of reviews with its sheet, for the part that pages share.
type reviewTable struct {
	S *sheet
	R []reviewLine
}

func reviewsOf(s *sheet, lines []reviewLine) reviewTable { return reviewTable{s, lines} }

// say says a key of the catalogue in a reader's language; parameters are name, value, name, value…
type say func(key i18n.Key, pairs ...any) string

// titled is a view that answers its page's question in its title.
type titled interface{ title(say) string }

// sheet is what a template reads.
type sheet struct {
	Lang    i18n.Lang
	Title   string
	Who     party // the viewer; zero at the doors
	Menu    []menuGroup
	Leave   bool // there is a session to end
	View    any
	Switch  string // this page in the other language; empty when it cannot be had by its address
	Brand   string // the operator's name
	Style   string // addresses of the static files
	Theme   string // empty: ours
	Script  string
	Live    string
	path    string
	tried   *tried // a form that comes back
	forms   int    // written so far
	console *Console
	viewer  viewer
	now     time.Time
}

// Static is the address of one of our own files.
func (s *sheet) Static(name string) string { return s.console.static.address(name) }

// show writes a page. It is made whole before its first byte is sent.
func (c *Console) show(w http.ResponseWriter, r *http.Request, status int, name string, v viewer, view titled) {
	body, err := c.compose(r, name, v, view, nil)
	if err != nil {
		c.Log.ErrorContext(r.Context(), "a page was not made", "page", name, "err", err)
		http.Error(w, c.words.Say(languageOf(r), "page.broken", nil), http.StatusInternalServerError)
		return
	}
	c.write(w, r, status, body)
}

// compose makes a page, with the form that was tried on it, if one was.
func (c *Console) compose(r *http.Request, name string, v viewer, view titled, t *tried) ([]byte, error) {
	lang := languageOf(r)
	s := &sheet{Lang: lang, View: view, Brand: c.Operator, Style: c.static.address("cloison.css"), Script: c.static.address("passkey.js"), console: c,
		viewer: v, now: c.Now(), Live: c.static.address("live.js"), path: r.URL.Path, tried: t}
	if len(c.Theme) > 0 {
		s.Theme = c.static.address("theme.css")
	}
	if r.Method == http.MethodGet {
		q := r.URL.Query()
		q.Set("lang", (1 - lang).String())
		s.Switch = "?" + q.Encode()
	}
	if v.account.ID != 0 {
		s.Who, s.Leave = partyOf(v.account), true
		s.Menu = c.menu(v, r.URL.Path)
	}
	s.Title = view.title(s.say)
	if t, ok := view.(interface{ signedIn() bool }); ok {
		s.Leave = t.signedIn()
	}
	var b bytes.Buffer
	err := c.templates[name].Execute(&b, s)
	return b.Bytes(), err
}

func (c *Console) write(w http.ResponseWriter, r *http.Request, status int, body []byte) {
	if l := r.URL.Query().Get("lang"); l == "fr" || l == "en" {
		http.SetCookie(w, &http.Cookie{Name: langCookie, Value: l, Path: "/", MaxAge: 365 * 24 * 3600, SameSite: http.SameSiteLaxMode, HttpOnly: true})
	}
	h := w.Header()
	h.Set("Content-Type", "text/html; charset=utf-8")
	h.Set("Content-Language", languageOf(r).String())
	w.WriteHeader(status)
	w.Write(body) // the client is gone if this fails
}

// Say says a phrase to the page's reader, by a key that a template has made.
func (s *sheet) Say(key string, pairs ...any) string { return s.say(i18n.Key(key), pairs...) }

// say says a phrase to the page's reader.
func (s *sheet) say(key i18n.Key, pairs ...any) string {
	p := i18n.Params{}
	for i := 0; i+1 < len(pairs); i += 2 {
		p[fmt.Sprint(pairs[i])] = pairs[i+1]
	}
	return s.console.speak(s.Lang, key, p)
}

// Done says what an act has done.
func (s *sheet) Done(d *doneView) string {
	return s.console.speak(s.Lang, i18n.Key("done."+sentenceOf(d.Verb, d.Params)+".next"), d.Params)
}

// Number writes a whole number.
func (s *sheet) Number(n any) string { return s.Lang.Number(whole(n)) }

// Bar is the length of a bar of so many of most, in a box of 100.
func (s *sheet) Bar(n, most any) int64 {
	if whole(n) <= 0 || whole(most) <= 0 {
		return 0
	}
	return max(1, whole(n)*100/whole(most))
}

func whole(n any) int64 {
	switch n := n.(type) {
	case int:
		return int64(n)
	case int64:
		return n
	}
	return 0
}

// moment is a time in words, with its exact form.
type moment struct{ Machine, Exact, Words string }

// When writes a time: relative when it is today, exact on hover, always with its zone.
func (s *sheet) When(t time.Time) moment {
	if t.IsZero() {
		return moment{}
	}
	local := t.In(s.console.Gauge.Zone)
	m := moment{Machine: t.UTC().Format(time.RFC3339), Exact: s.Lang.Time(local) + local.Format(":05 MST"), Words: s.Lang.Time(local)}
	ago, today := s.now.Sub(t), s.now.In(s.console.Gauge.Zone).Format(time.DateOnly) == local.Format(time.DateOnly)
	switch {
	case ago >= 0 && ago < time.Minute:
		m.Words = s.say("ago.now")
	case ago > 0 && ago < time.Hour:
		m.Words = s.say("ago.minutes", "n", int(ago.Minutes()))
	case today:
		m.Words = s.say("ago.today", "at", local)
	case local.Equal(midnight(s.now.In(s.console.Gauge.Zone))):
		m.Words = s.say("ago.midnight")
	}
	return m
}

// midnight is when the day of a time ends.
func midnight(t time.Time) time.Time {
	y, m, d := t.Date()
	return time.Date(y, m, d+1, 0, 0, 0, 0, t.Location())
}

// Day writes a date.
func (s *sheet) Day(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return s.Lang.Date(t.In(s.console.Gauge.Zone))
}

// ID writes an account's identifier, or nothing for none.
func (s *sheet) ID(id cloison.AccountID) string {
	if id == 0 {
		return ""
	}
	return id.String()
}

// Field writes a time as <input type="datetime-local"> wants it.
func (s *sheet) Field(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.In(s.console.Gauge.Zone).Format("2006-01-02T15:04")
}

// Zone names the zone of typed times.
func (s *sheet) Zone() string { return s.console.Gauge.Zone.String() }

// Roles says roles in words.
func (s *sheet) Roles(names []string) string { return s.console.roles(s.Lang, names) }

// May reports whether the viewer may begin an act of that verb at all.
func (s *sheet) May(verb string) bool {
	a, ok := s.console.acts[signin.Verb(verb)]
	return ok && s.viewer.has(a.who)
}

// Is reports whether the viewer has one of these roles.
func (s *sheet) Is(roles string) bool {
	r, err := directory.ParseRoles(roles)
	return err == nil && s.viewer.has(r)
}

// Me is the viewer's own account.
func (s *sheet) Me() cloison.AccountID { return s.viewer.account.ID }

// Others are the parties but the viewer.
func (s *sheet) Others(all []party) []party {
	return slices.DeleteFunc(slices.Clone(all), func(p party) bool { return p.Account == s.Me() })
}

// Here reports whether this is the page of that path.
func (s *sheet) Here(path string) bool { return s.path == path }

// Device says which browser a session is in, as far as that is known.
func (s *sheet) Device(browser, system string) string {
	if browser == "other" || browser == "" {
		return s.say("access.device_unknown")
	}
	return s.say("access.device", "browser", label("browser."+browser), "system", label("system."+system))
}

// Code says a code of the directory's or the ledger's in words, if it is one of ours: under.CODE.
func (s *sheet) Code(under, code string) string {
	if key := i18n.Key(under + "." + code); s.console.words.Has(key) {
		return s.say(key)
	}
	return code
}

// Detail says a detail of the journal in words, if there are words for it.
func (s *sheet) Detail(name, value string) string {
	switch name {
	case "roles":
		if r, err := directory.ParseRoles(value); err == nil {
			return s.Roles(r.Names())
		}
	case "reason", "kind", "assurance":
		if key := i18n.Key(name + "." + value); s.console.words.Has(key) {
			return s.say(key)
		}
	case "age_seconds", "after_ms", "persons", "rows", "statistic", "stored", "accounts":
		if n, err := strconv.ParseInt(value, 10, 64); err == nil {
			return s.Number(n)
		}
	case "cut", "fresh", "new_device":
		if value == "true" {
			return s.say("detail.yes")
		}
	case "browser":
		name, system, _ := strings.Cut(value, " ")
		return s.Device(name, system)
	case "since", "until", "due":
		if t, err := time.Parse(time.RFC3339, value); err == nil {
			return s.When(t).Words
		}
	}
	return ""
}

// PageOf names the page of the menu that an address is of.
func (s *sheet) PageOf(path string) string {
	for _, g := range s.Menu {
		for _, i := range g.Items {
			if i.Path == path {
				return s.say(i18n.Key(i.Key))
			}
		}
	}
	return ""
}

// Why says why the viewer may not do something.
func (s *sheet) Why(code string) string {
	if s.console.knows(code) {
		return s.console.say(s.Lang, code, "detail", nil)
	}
	return code
}

const langCookie = "cloison-lang"

// languageOf is what the reader chose, else what the browser prefers, else French.
func languageOf(r *http.Request) i18n.Lang {
	chosen := r.URL.Query().Get("lang")
	if chosen == "" {
		if k, err := r.Cookie(langCookie); err == nil {
			chosen = k.Value
		}
	}
	switch chosen {
	case "fr":
		return i18n.French
	case "en":
		return i18n.English
	}
	return i18n.For(r.Header.Get("Accept-Language"))
}

// writeJSON writes a view.
func (c *Console) writeJSON(w http.ResponseWriter, r *http.Request, status int, view any) {
	b, err := json.Marshal(view)
	if err != nil {
		c.fail(w, r, err)
		return
	}
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	w.Write(append(b, '\n')) // the client is gone if this fails
}

// static are the files that every page loads, by name.
type static map[string]staticFile

type staticFile struct {
	body    []byte
	kind    string
	version string
}

func loadStatic() (static, error) {
	all := static{}
	entries, err := fs.ReadDir(files, "static")
	if err != nil {
		return nil, err
	}
	for _, e := range entries {
		b, err := fs.ReadFile(files, "static/"+e.Name())
		if err != nil {
			return nil, err
		}
		all.add(e.Name(), b)
	}
	return all, nil
}

// add puts a file under its name, its version out of what it holds.
func (s static) add(name string, b []byte) {
	kinds := map[string]string{".css": "text/css; charset=utf-8", ".js": "text/javascript; charset=utf-8", ".svg": "image/svg+xml"}
	sum := sha256.Sum256(b)
	s[name] = staticFile{b, kinds[path.Ext(name)], hex.EncodeToString(sum[:6])}
}

// address is where a file is, under the version that it has.
func (s static) address(name string) string {
	return "/cloison/static/" + name + "?v=" + url.QueryEscape(s[name].version)
}

func (c *Console) staticFile(w http.ResponseWriter, r *http.Request) {
	f, ok := c.static[r.PathValue("file")]
	if !ok {
		c.fail(w, r, notFound())
		return
	}
	w.Header().Set("Content-Type", f.kind)
	if r.URL.Query().Get("v") == f.version {
		w.Header().Set("Cache-Control", "public, max-age=31536000, immutable")
	}
	w.Write(f.body) // the client is gone if this fails
}
