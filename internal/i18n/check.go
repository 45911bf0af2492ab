package i18n

import (
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"
)

// Check lists what is wrong with the catalogue: keys or parameters that one language lacks, plural forms that are
// missing, and French that breaks French typography. Every stage with a catalogue asks it in a test.
func (c *Catalogue) Check() (wrong []string) {
	for _, l := range Languages() {
		for key, e := range c.phrases[l] {
			other := c.phrases[1-l][key]
			if other == nil {
				wrong = append(wrong, fmt.Sprintf("%s: not in %v.json", key, 1-l))
			} else if a, b := params(e), params(other); !slices.Equal(a, b) {
				wrong = append(wrong, fmt.Sprintf("%s: the parameters are %v in %v and %v in %v", key, a, l, b, 1-l))
			}
			if _, plain := e[only]; !plain && (len(e) != 2 || e["one"] == "" || e["other"] == "") {
				wrong = append(wrong, fmt.Sprintf("%s: plural forms in %v.json: want one and other", key, l))
			}
			for _, text := range e {
				wrong = append(wrong, CheckText(string(key), l, text)...)
			}
		}
	}
	slices.Sort(wrong)
	return wrong
}

// params lists the parameters that a phrase uses in any of its forms.
func params(e entry) []string {
	names := map[string]bool{}
	for _, text := range e {
		for _, m := range placeholder.FindAllStringSubmatch(text, -1) {
			names[m[1]] = true
		}
	}
	return slices.Sorted(maps.Keys(names))
}

// placeholder finds the parameters of a text: {n}, {since:date}.
var placeholder = regexp.MustCompile(`\{([a-z_]+)(?::(?:date|time))?\}`)

// CheckText lists what is wrong with the typography of one text, which key names: what both languages share, then the
// French one (Imprimerie nationale, Lexique des règles typographiques).
func CheckText(key string, l Lang, text string) (wrong []string) {
	say := func(what string) { wrong = append(wrong, fmt.Sprintf("%s: %s in %v: %s", key, what, l, text)) }
	bare := placeholder.ReplaceAllString(text, "0")
	switch {
	case strings.TrimSpace(text) == "":
		say("nothing")
	case strings.Contains(bare, "'"), strings.Contains(bare, "..."):
		say("a typewriter's ' or ...: want ’ or …")
	case strings.ContainsAny(bare, "{}"):
		say("a brace that is no parameter")
	case strings.Contains(bare, "  "):
		say("two spaces")
	}
	if l != French {
		return wrong
	}
	if strings.Contains(bare, `"`) {
		say("straight quotes: want « »")
	}
	runes := []rune(bare)
	for i, r := range runes {
		var before, after rune
		if i > 0 {
			before = runes[i-1]
		}
		if i+1 < len(runes) {
			after = runes[i+1]
		}
		mark := strings.ContainsRune(";:!?»", r) && !strings.ContainsRune("!?", before)
		if mark && before != '\u202f' || r == '«' && after != '\u202f' {
			say(fmt.Sprintf("no narrow no-break space at %q", r))
		}
		if digit(before) && r == ' ' && digit(after) {
			say("a plain space in a number")
		}
	}
	return wrong
}

func digit(r rune) bool { return '0' <= r && r <= '9' }
