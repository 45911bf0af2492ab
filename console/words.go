package console

import (
	"maps"
	"strings"

	"cloison/access/directory"
	"cloison/internal/i18n"
)

// numbered says a title with a number, which has a form of its own for none: KEY_none.
func numbered(s say, key i18n.Key, n int) string {
	if n == 0 {
		return s(key + "_none")
	}
	return s(key, "n", n)
}

// label is a parameter that is itself a phrase of the catalogue, by its key.
type label string

// speak says a phrase of the console's catalogue; roles and labels among its parameters are said in the same language.
// The numbers of the settings need not be given: see Console.numbers.
func (c *Console) speak(l i18n.Lang, key i18n.Key, p i18n.Params) string {
	said := maps.Clone(c.numbers)
	for name, value := range p {
		switch v := value.(type) {
		case label:
			value = c.words.Say(l, i18n.Key(v), c.numbers)
		case directory.Role:
			value = c.roles(l, v.Names())
		}
		said[name] = value
	}
	return c.words.Say(l, key, said)
}

func (c *Console) roles(l i18n.Lang, names []string) string {
	words := make([]string, len(names))
	for i, n := range names {
		words[i] = c.words.Say(l, i18n.Key("role."+n), nil)
	}
	return strings.Join(words, ", ")
}
