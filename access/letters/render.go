package letters

import (
	"embed"
	"strings"
	"text/template"
	"time"
	"unicode"

	"cloison"
	"cloison/access/directory"
	"cloison/internal/i18n"
)

//go:embed letters/*.tmpl
var letterFiles embed.FS

// renderer renders letters in one language.
type renderer struct {
	templates     *template.Template
	lang          i18n.Lang
	console, help string
	zone          *time.Location
}

// newRenderer reads the catalogue of "fr" or "en"; any other language is Invalid.
func newRenderer(lang, console, help string, zone *time.Location) (*renderer, error) {
	t, err := template.New("").Option("missingkey=error").ParseFS(letterFiles, "letters/"+lang+".tmpl")
	if err != nil {
		return nil, cloison.Errorf(cloison.Invalid, "language %q: want fr or en", lang)
	}
	return &renderer{templates: t, lang: i18n.For(lang), console: console, help: help, zone: zone}, nil
}

// facts are the values in a letter's template. Names are plain: see plain.
type facts struct {
	Own                    bool // the reader is the holder
	Who, Roles, Structure  string
	Maker, Approver, Actor string
	When, Since, Ends      string
	Giver, GiverStructure  string // whose caseload Who receives
	Change                 string // which of the template's variants
	Course                 string
	Days, Count            int
	Again, Cut             bool
	Lines                  []string
}

// write renders subject and body.
func (w *renderer) write(k Kind, f facts) (subject string, body cloison.Personal, err error) {
	var b strings.Builder
	if err := w.templates.ExecuteTemplate(&b, string(k)+".subject", f); err != nil {
		return "", "", cloison.Errorf(cloison.Internal, "the letter %s: %w", k, err)
	}
	subject = b.String()
	b.Reset()
	if err := w.templates.ExecuteTemplate(&b, string(k), f); err != nil {
		return "", "", cloison.Errorf(cloison.Internal, "the letter %s: %w", k, err)
	}
	frame := struct{ Text, Help, Console string }{b.String(), w.help, w.console}
	b.Reset()
	if err := w.templates.ExecuteTemplate(&b, "frame", frame); err != nil {
		return "", "", cloison.Errorf(cloison.Internal, "the letter %s: %w", k, err)
	}
	return subject, cloison.Personal(b.String()), nil
}

// roles names roles in words.
func (w *renderer) roles(r directory.Role) string {
	var words []string
	for _, name := range r.Names() {
		var b strings.Builder
		if w.templates.ExecuteTemplate(&b, "role."+name, nil) == nil {
			words = append(words, b.String())
		}
	}
	return strings.Join(words, ", ")
}

// when is an exact time, with its zone.
func (w *renderer) when(t time.Time) string {
	t = t.In(w.zone)
	return w.lang.Time(t) + t.Format(" (MST)")
}

// day is the date alone.
func (w *renderer) day(t time.Time) string { return w.lang.Date(t.In(w.zone)) }

// longestName is how much of a name a letter shows.
const longestName = 80

// plain makes a typed name harmless in a letter: one line of letters, digits and the signs of names, and nothing that a
// mail program turns into a link.
func plain(name cloison.Personal) string {
	runes := []rune(name.Reveal())
	var b strings.Builder
	for i, r := range runes {
		switch {
		case b.Len() >= longestName:
			return b.String() + "…"
		case unicode.IsLetter(r), unicode.IsMark(r), unicode.IsDigit(r), strings.ContainsRune("'’-(),", r):
			b.WriteRune(r)
		case r == '.' && (i+1 == len(runes) || strings.ContainsRune(" -)", runes[i+1])): // J.-P. Martin, and no host name
			b.WriteRune(r)
		default:
			b.WriteRune(' ')
		}
	}
	return strings.Join(strings.Fields(b.String()), " ")
}
