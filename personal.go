package cloison

import (
	"database/sql/driver"
	"fmt"
	"log/slog"
	"strings"
	"unicode"
	"unicode/utf8"
)

const redacted = "[redacted]"

// Personal is text about a person: a name, an address, an identifier. Its log, text, JSON and fmt forms are redacted,
// so that leaking it takes an explicit call to Reveal.
type Personal string

// Reveal returns the text itself. Each call is a place to look at in a review.
func (p Personal) Reveal() string { return string(p) }

// OneLine is the text on one line, without what a screen would not show as itself: control signs, bidirectional
// overrides, invisible signs.
func (p Personal) OneLine() Personal {
	text := strings.Map(func(c rune) rune {
		if unicode.IsSpace(c) {
			return ' '
		}
		if unicode.IsControl(c) || unicode.Is(unicode.Cf, c) || c == utf8.RuneError {
			return -1
		}
		return c
	}, string(p))
	return Personal(strings.Join(strings.Fields(text), " "))
}

func (p Personal) String() string               { return redacted }
func (p Personal) GoString() string             { return redacted }
func (p Personal) Format(f fmt.State, _ rune)   { fmt.Fprint(f, redacted) }
func (p Personal) LogValue() slog.Value         { return slog.StringValue(redacted) }
func (p Personal) MarshalText() ([]byte, error) { return []byte(redacted), nil }

// Value stores the text; the database is where personal data is kept on purpose.
func (p Personal) Value() (driver.Value, error) { return string(p), nil }

// LogValue redacts a person's reference in structured logs.
func (p PersonRef) LogValue() slog.Value { return slog.StringValue(redacted) }

// Secret is a credential, read from a file and shown to nobody. It redacts like Personal.
type Secret string

// Reveal returns the secret itself.
func (s Secret) Reveal() string { return string(s) }

func (s Secret) String() string               { return redacted }
func (s Secret) GoString() string             { return redacted }
func (s Secret) Format(f fmt.State, _ rune)   { fmt.Fprint(f, redacted) }
func (s Secret) LogValue() slog.Value         { return slog.StringValue(redacted) }
func (s Secret) MarshalText() ([]byte, error) { return []byte(redacted), nil }
