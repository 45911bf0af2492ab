package i18n

import (
	"strings"
	"time"

	"golang.org/x/text/feature/plural"
	"golang.org/x/text/language"
	"golang.org/x/text/message"
	"golang.org/x/text/number"
)

// Lang is a language that Cloison speaks. The zero value is French.
type Lang uint8

const (
	French Lang = iota
	English
)

// Languages lists them all, the original first.
func Languages() []Lang { return []Lang{French, English} }

// String returns the tag of RFC 5646: fr or en.
func (l Lang) String() string { return l.tag().String() }

func (l Lang) tag() language.Tag {
	if l == English {
		return language.English
	}
	return language.French
}

// For returns the language that an Accept-Language header (RFC 9110, 12.5.4) prefers; French when it has none of ours.
func For(acceptLanguage string) Lang {
	if acceptLanguage == "" || len(acceptLanguage) > 200 {
		return French
	}
	tags, quality, err := language.ParseAcceptLanguage(acceptLanguage)
	if err != nil {
		return French
	}
	for i, tag := range tags { // in order of preference
		if quality[i] <= 0 {
			continue
		}
		switch base, _ := tag.Base(); base.String() {
		case "fr":
			return French
		case "en":
			return English
		}
	}
	return French
}

const (
	narrow = "\u202f" // narrow no-break space: in numbers, inside « », before ; : ! ?
	solid  = "\u00a0" // no-break space
)

// Number writes a whole number in groups of three.
func (l Lang) Number(n int64) string {
	s := message.NewPrinter(l.tag()).Sprint(number.Decimal(n))
	return strings.ReplaceAll(s, solid, narrow) // CLDR has the narrow space since version 34
}

// Date writes the day: 3 décembre 2025, 3 December 2025. The zone is the time's own.
func (l Lang) Date(t time.Time) string {
	if l == English {
		return t.Format("2" + solid + "January 2006")
	}
	day := t.Format("2")
	if day == "1" {
		day = "1er"
	}
	return day + solid + months()[t.Month()-1] + t.Format(" 2006")
}

// Clock writes the time of day: 14 h 05, 14:05.
func (l Lang) Clock(t time.Time) string {
	if l == English {
		return t.Format("15:04")
	}
	return t.Format("15") + narrow + "h" + narrow + t.Format("04")
}

// Time writes day and time of day: 3 décembre 2025 à 14 h 05.
func (l Lang) Time(t time.Time) string {
	if l == English {
		return l.Date(t) + " at " + l.Clock(t)
	}
	return l.Date(t) + " à " + l.Clock(t)
}

func months() [12]string {
	return [12]string{"janvier", "février", "mars", "avril", "mai", "juin", "juillet", "août", "septembre", "octobre",
		"novembre", "décembre"}
}

// form returns the plural category of n (CLDR): one or other. The French category many (un million de…) is not used:
// our phrases write numbers in figures.
func (l Lang) form(n int64) string {
	if plural.Cardinal.MatchPlural(l.tag(), int(min(max(n, -n), 1000)), 0, 0, 0, 0) == plural.One {
		return "one"
	}
	return "other"
}
