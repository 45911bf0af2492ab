package web

import (
	"fmt"
	"maps"
	"net/http"
	"strings"

	"cloison/access/directory"
	"cloison/internal/i18n"
)

const langCookie = "cloison-lang"

// LanguageOf is what the reader chose, else what the browser prefers, else French.
func LanguageOf(r *http.Request) i18n.Lang {
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

// Family is the keys of the catalogue that begin alike and end in a code: "state." in pending, active… A test knows the
// codes of each.
type Family string

// Of is the key of a code.
func (f Family) Of(code any) i18n.Key { return i18n.Key(string(f) + fmt.Sprint(code)) }

// Numbered says a title with a number, which has a form of its own for none: KEY_none.
func Numbered(s Say, key i18n.Key, n int) string {
	if n == 0 {
		return s(key + "_none")
	}
	return s(key, "n", n)
}

// Speak says a phrase of the console's catalogue; roles and keys among its parameters are said in the same language. The
// numbers of the settings need not be given: see Options.Numbers.
func (s *Site) Speak(l i18n.Lang, key i18n.Key, p i18n.Params) string {
	said := maps.Clone(s.Numbers)
	for name, value := range p {
		switch v := value.(type) {
		case i18n.Key:
			value = s.words.Say(l, v, s.Numbers)
		case directory.Role:
			value = s.roles(l, v.Names())
		}
		said[name] = value
	}
	return s.words.Say(l, key, said)
}

func (s *Site) roles(l i18n.Lang, names []string) string {
	words := make([]string, len(names))
	for i, n := range names {
		words[i] = s.words.Say(l, Family("role.").Of(n), nil)
	}
	return strings.Join(words, ", ")
}

// Words is the catalogue.
func (s *Site) Words() *i18n.Catalogue { return s.words }
