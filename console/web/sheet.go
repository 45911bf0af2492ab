package web

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"cloison"
	"cloison/access/directory"
	"cloison/access/signin"
	"cloison/internal/i18n"
)

// Say says a key of the catalogue in a reader's language; parameters are name, value, name, value…
type Say func(key i18n.Key, pairs ...any) string

// View is a view that answers its page's question in its title.
type View interface{ Title(Say) string }

// Sheet is what a template reads.
type Sheet struct {
	Lang   i18n.Lang
	Title  string
	Who    Party // the viewer; zero at the doors
	Menu   []menuGroup
	Leave  bool // there is a session to end
	View   any
	Switch string // this page in the other language; empty when it cannot be had by its address
	Brand  string // the operator's name
	Style  string // addresses of the static files
	Theme  string // empty: ours
	Script string
	Live   string
	path   string
	tried  *tried // a form that comes back
	forms  int    // written so far
	site   *Site
	viewer Viewer
	now    time.Time
}

// Piece is a part of a view with its sheet, for a template that several pages or itself call.
type Piece struct {
	S *Sheet
	V any
}

// With makes a piece of a part of the view.
func (s *Sheet) With(v any) Piece { return Piece{s, v} }

// Has reports whether the catalogue has a key.
func (s *Sheet) Has(key i18n.Key) bool { return s.site.words.Has(key) }

// Static is the address of one of our own files.
func (s *Sheet) Static(name string) string { return s.site.static.address(name) }

// Say says a phrase to the page's reader.
func (s *Sheet) Say(key i18n.Key, pairs ...any) string {
	p := i18n.Params{}
	for i := 0; i+1 < len(pairs); i += 2 {
		p[fmt.Sprint(pairs[i])] = pairs[i+1]
	}
	return s.site.Speak(s.Lang, key, p)
}

// Done says what an act has done.
func (s *Sheet) Done(d *doneView) string {
	return s.site.Speak(s.Lang, Family("done.").Of(sentenceOf(d.Verb, d.Params)+".next"), d.Params)
}

// Key is the key of a code in a family.
func (s *Sheet) Key(f Family, code any) i18n.Key { return f.Of(code) }

// Number writes a whole number.
func (s *Sheet) Number(n any) string { return s.Lang.Number(whole(n)) }

// Bar is the length of a bar for n of most, in a box of 100.
func (s *Sheet) Bar(n, most any) int64 {
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
func (s *Sheet) When(t time.Time) moment {
	if t.IsZero() {
		return moment{}
	}
	local := t.In(s.site.Zone)
	m := moment{Machine: t.UTC().Format(time.RFC3339), Exact: s.Lang.Time(local) + local.Format(":05 MST"), Words: s.Lang.Time(local)}
	ago, today := s.now.Sub(t), s.now.In(s.site.Zone).Format(time.DateOnly) == local.Format(time.DateOnly)
	switch {
	case ago >= 0 && ago < time.Minute:
		m.Words = s.Say("ago.now")
	case ago > 0 && ago < time.Hour:
		m.Words = s.Say("ago.minutes", "n", int(ago.Minutes()))
	case today:
		m.Words = s.Say("ago.today", "at", local)
	case local.Equal(midnight(s.now.In(s.site.Zone))):
		m.Words = s.Say("ago.midnight")
	}
	return m
}

// midnight is when the day of a time ends.
func midnight(t time.Time) time.Time {
	y, m, d := t.Date()
	return time.Date(y, m, d+1, 0, 0, 0, 0, t.Location())
}

// Day writes a date.
func (s *Sheet) Day(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return s.Lang.Date(t.In(s.site.Zone))
}

// ID writes an account's identifier, or nothing for none.
func (s *Sheet) ID(id cloison.AccountID) string {
	if id == 0 {
		return ""
	}
	return id.String()
}

// Field writes a time as <input type="datetime-local"> wants it.
func (s *Sheet) Field(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.In(s.site.Zone).Format("2006-01-02T15:04")
}

// Zone names the zone of typed times.
func (s *Sheet) Zone() string { return s.site.Zone.String() }

// Roles says roles in words.
func (s *Sheet) Roles(names []string) string { return s.site.roles(s.Lang, names) }

// May reports whether the viewer may begin an act of that verb at all.
func (s *Sheet) May(verb string) bool {
	a, ok := s.site.acts[signin.Verb(verb)]
	return ok && s.viewer.Has(a.Who)
}

// Is reports whether the viewer has one of these roles.
func (s *Sheet) Is(roles string) bool {
	r, err := directory.ParseRoles(roles)
	return err == nil && s.viewer.Has(r)
}

// Me is the viewer's own account.
func (s *Sheet) Me() cloison.AccountID { return s.viewer.Account.ID }

// Others are the parties but the viewer.
func (s *Sheet) Others(all []Party) []Party {
	return slices.DeleteFunc(slices.Clone(all), func(p Party) bool { return p.Account == s.Me() })
}

// Here reports whether this is the page of that path.
func (s *Sheet) Here(path string) bool { return s.path == path }

// Device says which browser a session is in, as far as that is known.
func (s *Sheet) Device(browser, system string) string {
	if browser == "other" || browser == "" {
		return s.Say("access.device_unknown")
	}
	return s.Say("access.device", "browser", Family("browser.").Of(browser), "system", Family("system.").Of(system))
}

// Code says a code of the directory's or the ledger's in words, if it is one of ours: under.CODE.
func (s *Sheet) Code(under Family, code any) string {
	if key := under.Of(code); s.site.words.Has(key) {
		return s.Say(key)
	}
	return fmt.Sprint(code)
}

// Detail says a detail of the journal in words, if there are words for it.
func (s *Sheet) Detail(name, value string) string {
	switch name {
	case "roles":
		if r, err := directory.ParseRoles(value); err == nil {
			return s.Roles(r.Names())
		}
	case "reason", "kind", "assurance":
		if key := Family(name + ".").Of(value); s.site.words.Has(key) {
			return s.Say(key)
		}
	case "age_seconds", "after_ms", "persons", "rows", "statistic", "stored", "accounts":
		if n, err := strconv.ParseInt(value, 10, 64); err == nil {
			return s.Number(n)
		}
	case "cut", "fresh", "new_device":
		if value == "true" {
			return s.Say("detail.yes")
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
func (s *Sheet) PageOf(path string) string {
	for _, g := range s.Menu {
		for _, i := range g.Items {
			if i.Path == path {
				return s.Say(i.Key)
			}
		}
	}
	return ""
}

// Why says why the viewer may not do something.
func (s *Sheet) Why(code string) string {
	if s.site.Knows(code) {
		return s.site.SayRefusal(s.Lang, code, "detail", nil)
	}
	return code
}
