package i18n

import (
	"embed"
	"fmt"
	"io/fs"
	"maps"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/go-json-experiment/json"

	"cloison"
)

//go:embed fr.json en.json
var files embed.FS

// shared is the embedded catalogue, read once.
var shared = sync.OnceValue(func() *Catalogue {
	c, err := Load(files)
	if err != nil {
		panic(err) // the files are embedded and a test reads them
	}
	return c
})

// Params are what a phrase is filled with: whole numbers, time.Time, and text (string or fmt.Stringer).
type Params map[string]any

// Files are Cloison's own fr.json and en.json.
func Files() fs.FS { return files }

// Key names a phrase of a catalogue. A literal key has this type wherever it stands, so that a test can list every key of
// the code (testkit.Constants) and hold it to the catalogue.
type Key string

// Say says the phrase of that key in Cloison's own catalogue: the words of refusals and of machine answers.
func Say(l Lang, key Key, p Params) string { return shared().Say(l, key, p) }

// Has reports whether Cloison's own catalogue has the key.
func Has(key Key) bool { return shared().Has(key) }

// Catalogue holds phrases in every language. It is immutable.
type Catalogue struct {
	phrases [2]map[Key]entry
}

// entry is one phrase: its one text, or its plural forms.
type entry map[string]string

const only = ""

// UnmarshalJSON reads "text" or {"one": "text", "other": "texts"}.
func (e *entry) UnmarshalJSON(b []byte) error {
	if b[0] == '{' {
		return json.Unmarshal(b, (*map[string]string)(e))
	}
	var s string
	err := json.Unmarshal(b, &s)
	*e = entry{only: s}
	return err
}

// Load reads fr.json and en.json: objects from key to text, or to plural forms. Stages with words of their own embed
// such files. A key that stands twice is refused: one of its texts would never be said.
func Load(fsys fs.FS) (*Catalogue, error) {
	c := &Catalogue{}
	for _, l := range Languages() {
		b, err := fs.ReadFile(fsys, l.String()+".json")
		if err != nil {
			return nil, cloison.Errorf(cloison.Internal, "a message catalogue is missing: %w", err)
		}
		if err := json.Unmarshal(b, &c.phrases[l]); err != nil {
			return nil, cloison.Errorf(cloison.Internal, "the message catalogue %v.json: %w", l, err)
		}
	}
	return c, nil
}

// Has reports whether the key has a phrase.
func (c *Catalogue) Has(key Key) bool { return c.phrases[French][key] != nil }

// Keys lists all keys in order.
func (c *Catalogue) Keys() []Key { return slices.Sorted(maps.Keys(c.phrases[French])) }

// Say says the phrase of that key. A missing key is said as itself; a missing parameter stays as {name}.
func (c *Catalogue) Say(l Lang, key Key, p Params) string {
	e := c.phrases[l][key]
	if e == nil {
		return string(key)
	}
	text, plain := e[only]
	if !plain {
		n, _ := whole(p["n"])
		text = e[l.form(n)]
	}
	return fill(l, text, p)
}

// fill replaces each {name} and {name:half} of the text.
func fill(l Lang, text string, p Params) string {
	var b strings.Builder
	for {
		before, rest, ok := strings.Cut(text, "{")
		b.WriteString(before)
		inside, after, closed := strings.Cut(rest, "}")
		if !ok || !closed {
			return b.String()
		}
		name, half, _ := strings.Cut(inside, ":")
		if v, given := p[name]; given {
			b.WriteString(write(l, v, half))
		} else {
			b.WriteString("{" + inside + "}")
		}
		text = after
	}
}

func write(l Lang, v any, half string) string {
	if n, ok := whole(v); ok {
		return l.Number(n)
	}
	t, ok := v.(time.Time)
	switch {
	case ok && half == "date":
		return l.Date(t)
	case ok && half == "time":
		return l.Clock(t)
	case ok:
		return l.Time(t)
	}
	return fmt.Sprint(v)
}

// whole returns v as a whole number, if it is one.
func whole(v any) (int64, bool) {
	switch n := v.(type) {
	case int:
		return int64(n), true
	case int32:
		return int64(n), true
	case int64:
		return n, true
	}
	return 0, false
}
